//! From one state to the next: who came, who went, who looks different, who has to move.

use super::{Actor, Damage, FADE_MS, Ghost, Look, MOVE_MS, Pose, STAGGER_MS, Stage};
use crate::ui::scene::layout::{BlockKind, Layout, Slot, View};
use crate::view::scene::{PodView, Scene};
use std::rc::Rc;

/// How much of the picture a new state touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    /// Looks only.
    Looks,
    /// Who is there and where.
    Places,
}

impl Stage {
    /// Shows a state in a view, on a screen of this aspect.
    pub fn show(&mut self, scene: Rc<Scene>, view: View, aspect: f64, wall_ms: f64) {
        let same_frame = view == self.view && aspect == self.aspect && !self.empty;
        if same_frame && Rc::ptr_eq(&scene, &self.scene) {
            return;
        }
        self.damage.overlay = true;
        let change = if same_frame {
            change(&self.scene, &scene, view)
        } else {
            Change::Places
        };
        self.view = view;
        self.aspect = aspect;
        let before = std::mem::replace(&mut self.scene, scene);
        match change {
            Change::Looks => self.change_looks(&before),
            Change::Places => self.change_places(&before, wall_ms),
        }
        self.empty = false;
        self.list_clocks();
    }

    /// The same pods in the same places.
    fn change_looks(&mut self, before: &Scene) {
        let now_ns = self.now_ns;
        for (index, (old, new)) in before.pods.iter().zip(&self.scene.pods).enumerate() {
            if !Rc::ptr_eq(old, new) {
                self.actors[index].look = Look::of(new, now_ns);
                self.damage.block(self.layout.slots[index].block);
            }
        }
        for (index, block) in self.layout.blocks.iter().enumerate() {
            if block_changed(block.kind, before, &self.scene) {
                self.damage.block(index as u32);
            }
        }
    }

    /// Lays out anew; whoever stood elsewhere sets off.
    fn change_places(&mut self, before: &Scene, wall_ms: f64) {
        let layout = Layout::new(&self.scene, self.view, self.aspect);
        let still = self.empty || self.reduced_motion;
        let mut actors = Vec::with_capacity(self.scene.pods.len());
        self.movers.clear();
        let mut old = 0;
        for (index, pod) in self.scene.pods.iter().enumerate() {
            while before.pods.get(old).is_some_and(|gone| gone.id < pod.id) {
                ghost(
                    &mut self.ghosts,
                    &self.actors[old],
                    &before.pods[old],
                    self.layout.slots[old],
                    wall_ms,
                    still,
                );
                old += 1;
            }
            let slot = layout.slots[index];
            let known = before.pods.get(old).filter(|known| known.id == pod.id);
            let look = Look::of(pod, self.now_ns);
            let actor = if known.is_some() {
                old += 1;
                carry(self.actors[old - 1], self.layout.slots[old - 1], slot, index, wall_ms)
            } else {
                Actor {
                    look,
                    from: slot.center,
                    from_cell: slot.cell,
                    start_ms: wall_ms,
                    entering: true,
                }
            };
            let start_ms = if still { f64::NEG_INFINITY } else { actor.start_ms };
            if start_ms != f64::NEG_INFINITY {
                self.movers.push(index as u32);
            }
            actors.push(Actor {
                look,
                start_ms,
                ..actor
            });
        }
        for gone in old..before.pods.len() {
            ghost(
                &mut self.ghosts,
                &self.actors[gone],
                &before.pods[gone],
                self.layout.slots[gone],
                wall_ms,
                still,
            );
        }
        let bounds = self.damage.bounds || layout.bounds != self.layout.bounds;
        self.damage = Damage {
            bounds,
            ..Damage::all()
        };
        self.actors = actors;
        self.layout = layout;
    }

    fn list_clocks(&mut self) {
        self.clocked.clear();
        self.probed.clear();
        for (index, pod) in self.scene.pods.iter().enumerate() {
            if !pod.arcs.is_empty() {
                self.clocked.push(index as u32);
            }
            if !pod.probes.is_empty() {
                self.probed.push(index as u32);
            }
        }
        self.read_clocks();
    }
}

/// A pod that stays: on its way, or setting off.
fn carry(actor: Actor, old: Slot, new: Slot, index: usize, wall_ms: f64) -> Actor {
    if old.center == new.center && old.cell == new.cell {
        return actor;
    }
    let Pose { center, cell, .. } = super::pose(&actor, old, wall_ms);
    let share = (index as u32).wrapping_mul(0x9e37_79b9) >> 24;
    let start_ms = wall_ms + STAGGER_MS * f64::from(share) / 256.0;
    Actor {
        from: center,
        from_cell: cell,
        start_ms,
        entering: false,
        ..actor
    }
}

fn ghost(ghosts: &mut Vec<Ghost>, actor: &Actor, pod: &Rc<PodView>, slot: Slot, wall_ms: f64, still: bool) {
    // A crowd that vanishes at once, as on a reset, is not worth a farewell each.
    if still || ghosts.len() >= 500 {
        return;
    }
    let pose = super::pose(actor, slot, wall_ms);
    ghosts.push(Ghost {
        pod: pod.clone(),
        look: actor.look,
        pose,
        start_ms: wall_ms,
    });
}

fn change(before: &Scene, after: &Scene, view: View) -> Change {
    let nodes_moved = before.nodes.len() != after.nodes.len()
        || before
            .nodes
            .iter()
            .zip(&after.nodes)
            .any(|(a, b)| !Rc::ptr_eq(a, b) && a.id != b.id);
    let pods_moved = before.pods.len() != after.pods.len()
        || before
            .pods
            .iter()
            .zip(&after.pods)
            .any(|(a, b)| !Rc::ptr_eq(a, b) && (a.id != b.id || a.node != b.node));
    let routes_moved = view == View::Traffic
        && !(same(&before.services, &after.services) && same(&before.ingresses, &after.ingresses));
    if nodes_moved || pods_moved || routes_moved {
        Change::Places
    } else {
        Change::Looks
    }
}

fn same<T: PartialEq>(before: &[Rc<T>], after: &[Rc<T>]) -> bool {
    before.len() == after.len() && before.iter().zip(after).all(|(a, b)| Rc::ptr_eq(a, b) || a == b)
}

fn block_changed(kind: BlockKind, before: &Scene, after: &Scene) -> bool {
    match kind {
        BlockKind::Node(index) => !Rc::ptr_eq(&before.nodes[index as usize], &after.nodes[index as usize]),
        BlockKind::ControlPlane | BlockKind::Queue => {
            let (a, b) = (&before.control_plane, &after.control_plane);
            (a.revision, a.queue_active, a.queue_backoff, a.queue_unschedulable)
                != (b.revision, b.queue_active, b.queue_backoff, b.queue_unschedulable)
                || a.controllers != b.controllers
        }
        _ => false,
    }
}

const _: () = assert!(
    MOVE_MS > FADE_MS,
    "a pod that appears is there before its neighbours have arrived"
);
