//! From one state to the next: who came, who went, who looks different, who has to move.

use super::{Clocked, Damage, FADE_MS, Ghost, Look, MOVE_MS, Mover, Pose, STAGGER_MS, Stage, due_ns};
use crate::sim::Arrange;
use crate::ui::scene::layout::{BlockKind, Census, Layout, Slot, View, owners_differ};
use crate::view::scene::Scene;
use std::rc::Rc;

/// A crowd that vanishes at once, as on a reset, is not worth a farewell each.
const GHOSTS_MAX: usize = 500;

/// How much of the picture a new state touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// Looks only.
    Looks,
    /// Who is there and where.
    Places,
}

/// What becomes of the pods of the last state.
#[derive(Default)]
struct Turnover {
    census: Census,
    looks: Vec<Look>,
    /// For each pod its index in the last state, or none for a newcomer.
    before: Vec<Option<u32>>,
    /// Pods that are new or changed.
    fresh: Vec<u32>,
    /// Indexes in the last state.
    gone: Vec<u32>,
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
    }

    /// The same pods in the same places.
    fn change_looks(&mut self, before: &Scene) {
        let mut fresh = Vec::new();
        for (index, (old, new)) in before.pods.iter().zip(&self.scene.pods).enumerate() {
            if !Rc::ptr_eq(old, new) {
                let pod = index as u32;
                fresh.push(pod);
                self.looks[index] = Look::of(new, self.now_ns);
                self.damage.block(self.layout.block_of(pod));
            }
        }
        for (index, block) in self.layout.blocks.iter().enumerate() {
            if block_changed(block.kind, before, &self.scene) {
                self.damage.block(index as u32);
            }
        }
        let mut clocked = std::mem::take(&mut self.clocked);
        clocked.retain(|clocked| fresh.binary_search(&clocked.pod).is_err());
        clocked.extend(fresh.iter().filter_map(|&pod| self.clock_of(pod)));
        clocked.arrange_by_key(|clocked| clocked.pod);
        self.clocked = clocked;
    }

    /// Lays out anew; whoever stood elsewhere sets off.
    fn change_places(&mut self, before: &Scene, wall_ms: f64) {
        let turnover = self.turnover(before);
        let layout = Layout::with_census(&self.scene, &turnover.census, self.view, self.aspect);
        let still = self.empty || self.reduced_motion;
        if !still {
            self.say_farewell(before, &turnover.gone, wall_ms);
        }
        let movers = if still {
            Vec::new()
        } else {
            self.set_off(&turnover, &layout, wall_ms)
        };
        self.moving.clear();
        self.moving.resize(self.scene.pods.len(), false);
        movers.iter().for_each(|mover| self.moving[mover.pod as usize] = true);
        self.clocked = self.carry_clocks(&turnover);
        let bounds = self.damage.bounds || layout.bounds != self.layout.bounds;
        self.damage = Damage {
            bounds,
            ..Damage::all()
        };
        self.movers = movers;
        self.looks = turnover.looks;
        self.census = turnover.census;
        self.layout = layout;
    }

    /// Compares by pointer first: most pods are the same, and are not looked at.
    fn turnover(&self, before: &Scene) -> Turnover {
        let count = self.scene.pods.len();
        let mut turnover = Turnover {
            census: Census::with_capacity(count),
            ..Turnover::default()
        };
        turnover.looks.reserve(count);
        turnover.before.reserve(count);
        let mut old = 0;
        for (index, pod) in self.scene.pods.iter().enumerate() {
            let is_same = |old: usize| before.pods.get(old).is_some_and(|known| Rc::ptr_eq(known, pod));
            while !is_same(old) && self.census.ids.get(old).is_some_and(|&id| id < pod.id) {
                turnover.gone.push(old as u32);
                old += 1;
            }
            let same = is_same(old);
            if same {
                turnover.census.copy(&self.census, old);
                turnover.looks.push(self.looks[old]);
            } else {
                turnover.fresh.push(index as u32);
                turnover.census.push(pod);
                turnover.looks.push(Look::of(pod, self.now_ns));
            }
            let known = same || self.census.ids.get(old).is_some_and(|&id| id == pod.id);
            turnover.before.push(known.then_some(old as u32));
            old += usize::from(known);
        }
        turnover.gone.extend(old as u32..before.pods.len() as u32);
        turnover
    }

    fn say_farewell(&mut self, before: &Scene, gone: &[u32], wall_ms: f64) {
        let room = GHOSTS_MAX.saturating_sub(self.ghosts.len());
        for &old in gone.iter().take(room) {
            let (pose, pod) = (self.pose(old, wall_ms), before.pods[old as usize].clone());
            self.ghosts.push(Ghost {
                pod,
                look: self.looks[old as usize],
                pose,
                start_ms: wall_ms,
            });
        }
    }

    /// Who has to move, ascending by pod.
    fn set_off(&self, turnover: &Turnover, layout: &Layout, wall_ms: f64) -> Vec<Mover> {
        let mut movers = Vec::new();
        for (index, before) in turnover.before.iter().enumerate() {
            let (pod, slot) = (index as u32, layout.slot(index));
            let Some(old) = *before else {
                let Slot { center, cell, .. } = slot;
                movers.push(Mover {
                    pod,
                    from: center,
                    from_cell: cell,
                    start_ms: wall_ms,
                    entering: true,
                });
                continue;
            };
            let old_slot = self.layout.slot(old as usize);
            if old_slot.center != slot.center || old_slot.cell != slot.cell {
                let Pose { center, cell, .. } = self.pose(old, wall_ms);
                let start_ms = wall_ms + stagger_ms(pod);
                movers.push(Mover {
                    pod,
                    from: center,
                    from_cell: cell,
                    start_ms,
                    entering: false,
                });
            } else if !self.at_rest(old)
                && let Ok(mover) = self.movers.binary_search_by_key(&old, |mover| mover.pod)
            {
                movers.push(Mover {
                    pod,
                    ..self.movers[mover]
                });
            }
        }
        movers
    }

    /// Clocks of pods that are the same go on; those of the others are read anew.
    fn carry_clocks(&self, turnover: &Turnover) -> Vec<Clocked> {
        let mut known = self.clocked.iter().peekable();
        let mut fresh = turnover.fresh.iter().peekable();
        let mut clocked = Vec::new();
        for (index, before) in turnover.before.iter().enumerate() {
            let pod = index as u32;
            if fresh.next_if_eq(&&pod).is_some() {
                clocked.extend(self.clock_of(pod));
            } else if let Some(old) = *before {
                while known.next_if(|known| known.pod < old).is_some() {}
                clocked.extend(
                    known
                        .next_if(|known| known.pod == old)
                        .map(|known| Clocked { pod, ..*known }),
                );
            }
        }
        clocked
    }

    fn clock_of(&self, pod: u32) -> Option<Clocked> {
        let view = &self.scene.pods[pod as usize];
        (!view.arcs.is_empty()).then(|| Clocked {
            pod,
            due_ns: due_ns(view, self.now_ns),
        })
    }
}

/// How long a pod waits before it sets off.
fn stagger_ms(pod: u32) -> f64 {
    let share = pod.wrapping_mul(0x9e37_79b9) >> 24;
    STAGGER_MS * f64::from(share) / 256.0
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
            .any(|(a, b)| !Rc::ptr_eq(a, b) && (a.id != b.id || a.node != b.node || a.owner != b.owner));
    let routes_moved = view == View::Traffic
        && !(same(&before.services, &after.services) && same(&before.ingresses, &after.ingresses));
    let owners_moved = view == View::Owners && owners_differ(before, after);
    if nodes_moved || pods_moved || routes_moved || owners_moved {
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
        BlockKind::Owner(index) => !Rc::ptr_eq(&before.owners[index as usize], &after.owners[index as usize]),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::demo::{Demo, SECOND};

    /// A cluster whose pods come, go and change, sharing what stays the same.
    fn history() -> Vec<(u64, Rc<Scene>)> {
        let mut demo = Demo::new(4, 90);
        let step = |step: u64| {
            let now_ns = step * SECOND / 2;
            demo.refresh(now_ns, 40);
            let mut scene = demo.scene(now_ns);
            scene.pods.retain(|pod| !(pod.id + step / 5).is_multiple_of(7));
            (now_ns, Rc::new(scene))
        };
        (0..60).map(step).collect()
    }

    #[test]
    fn step_by_step_comes_to_the_same_as_at_once() {
        for view in View::ALL {
            let mut stage = Stage::default();
            for (now_ns, scene) in history() {
                let wall_ms = now_ns as f64 / 1e6;
                stage.show(scene.clone(), view, 1.6, wall_ms);
                stage.tick(now_ns, wall_ms);
                let mut fresh = Stage::default();
                fresh.show(scene, view, 1.6, wall_ms);
                fresh.tick(now_ns, wall_ms);
                assert_eq!(stage.looks, fresh.looks, "at {now_ns}");
                assert_eq!(stage.layout, fresh.layout, "at {now_ns}");
                assert_eq!(stage.census, fresh.census, "at {now_ns}");
                let clocks = |stage: &Stage| {
                    stage
                        .clocked
                        .iter()
                        .map(|clocked| (clocked.pod, clocked.due_ns))
                        .collect::<Vec<_>>()
                };
                assert_eq!(clocks(&stage), clocks(&fresh), "at {now_ns}");
                let moving: Vec<u32> = (0..stage.moving.len() as u32)
                    .filter(|&pod| !stage.at_rest(pod))
                    .collect();
                assert_eq!(moving, stage.movers.iter().map(|mover| mover.pod).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn nobody_jumps() {
        let mut stage = Stage::default();
        let mut last: Vec<(u64, crate::ui::scene::geometry::Point)> = Vec::new();
        for (now_ns, scene) in history() {
            let wall_ms = now_ns as f64 / 1e6;
            stage.show(scene, View::Nodes, 1.6, wall_ms);
            for (index, pod) in stage.scene.pods.iter().enumerate() {
                if let Some((_, before)) = last.iter().find(|(id, _)| *id == pod.id) {
                    assert!(
                        stage.pose(index as u32, wall_ms).center.distance(*before) < 1e-6,
                        "{} at {now_ns}",
                        pod.name
                    );
                }
            }
            stage.tick(now_ns, wall_ms);
            let later_ms = wall_ms + 500.0;
            stage.tick(now_ns, later_ms);
            last = stage
                .scene
                .pods
                .iter()
                .enumerate()
                .map(|(index, pod)| (pod.id, stage.pose(index as u32, later_ms).center))
                .collect();
        }
    }
}
