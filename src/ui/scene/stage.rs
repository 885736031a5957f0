//! What stands on the stage and how it moves: between two true states pods glide, they never jump.
//!
//! [`Stage::show`] takes a new state, [`Stage::tick`] lets time pass. Both write down in [`Damage`] what has to be
//! drawn again; nothing else is.

mod diff;
mod effects;

pub(crate) use effects::{BEAT_MS, END_MS};
pub use effects::{Beat, Effects, Flight};

use super::geometry::{Point, ease_in_out, ease_out, lerp, progress};
use super::layout::{Census, Layout, Slot, View};
use super::palette::TINT_COUNT;
use crate::sim::btree::BTreeSet;
use crate::view::scene::{PodState, PodView, Scene};
use std::rc::Rc;

/// How long a pod glides, wall milliseconds.
const MOVE_MS: f64 = 520.0;
/// Pods set off one after another within this time, so that a crowd does not move as a block.
const STAGGER_MS: f64 = 140.0;
/// How long a pod takes to appear or to fade, wall milliseconds.
const FADE_MS: f64 = 280.0;

/// What of a pod its picture depends on, but for its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Look {
    /// The state drawn.
    pub state: PodState,
    /// The tint of its workload.
    pub tint: u8,
}

impl Look {
    fn of(pod: &PodView, now_ns: u64) -> Self {
        Self {
            state: pod.state_at(now_ns),
            tint: (pod.owner_key % TINT_COUNT) as u8,
        }
    }
}

/// A pod that glides or appears.
#[derive(Clone, Copy, Debug)]
pub struct Mover {
    /// The pod, by index.
    pub pod: u32,
    from: Point,
    from_cell: f64,
    /// When it set off, wall milliseconds.
    start_ms: f64,
    entering: bool,
}

impl Mover {
    fn end_ms(&self) -> f64 {
        self.start_ms + if self.entering { FADE_MS } else { MOVE_MS }
    }

    /// Where it is on its way to a slot.
    fn pose(&self, slot: Slot, wall_ms: f64) -> Pose {
        if self.entering {
            let t = progress(wall_ms, self.start_ms, self.start_ms + FADE_MS);
            return Pose {
                center: slot.center,
                cell: slot.cell * lerp(0.6, 1.0, ease_out(t)),
                opacity: t,
            };
        }
        let t = ease_in_out(progress(wall_ms, self.start_ms, self.start_ms + MOVE_MS));
        Pose {
            center: self.from.lerp(slot.center, t),
            cell: lerp(self.from_cell, slot.cell, t),
            opacity: 1.0,
        }
    }
}

/// A pod with clocks, and when one of them starts or ends next.
#[derive(Clone, Copy, Debug)]
struct Clocked {
    pod: u32,
    due_ns: u64,
}

/// Where a pod is at this moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// The middle of its cell, world units.
    pub center: Point,
    /// The width of its cell, world units.
    pub cell: f64,
    /// 0 to 1.
    pub opacity: f64,
}

/// A pod that is gone and still fading.
#[derive(Clone, Debug)]
pub struct Ghost {
    /// What it was.
    pub pod: Rc<PodView>,
    /// How it looked.
    pub look: Look,
    pose: Pose,
    start_ms: f64,
}

impl Ghost {
    /// Where it is at this moment.
    #[must_use]
    pub fn pose(&self, wall_ms: f64) -> Pose {
        let t = progress(wall_ms, self.start_ms, self.start_ms + FADE_MS);
        Pose {
            cell: self.pose.cell * lerp(1.0, 0.7, ease_out(t)),
            opacity: self.pose.opacity * (1.0 - t),
            ..self.pose
        }
    }
}

/// What has to be drawn again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// The whole ground.
    pub ground: bool,
    /// These blocks of it.
    pub blocks: BTreeSet<u32>,
    /// The pixels.
    pub pixels: bool,
    /// The overlay.
    pub overlay: bool,
    /// The world has another shape.
    pub bounds: bool,
}

impl Damage {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self {
            ground: true,
            pixels: true,
            overlay: true,
            ..Self::default()
        }
    }

    fn block(&mut self, block: u32) {
        self.pixels = true;
        self.overlay = true;
        if !self.ground {
            self.blocks.insert(block);
        }
    }
}

/// The stage.
#[derive(Debug)]
pub struct Stage {
    /// The state on show.
    pub scene: Rc<Scene>,
    /// Where everything stands.
    pub layout: Layout,
    /// What has to be drawn again. Whoever draws empties it.
    pub damage: Damage,
    /// Whether things jump rather than glide.
    pub reduced_motion: bool,
    view: View,
    aspect: f64,
    census: Census,
    /// What follows lies side by side in memory, pod by pod.
    looks: Vec<Look>,
    moving: Vec<bool>,
    /// Ascending by pod.
    movers: Vec<Mover>,
    ghosts: Vec<Ghost>,
    /// Ascending by pod.
    clocked: Vec<Clocked>,
    effects: Effects,
    now_ns: u64,
    empty: bool,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            scene: Rc::default(),
            layout: Layout::default(),
            damage: Damage::all(),
            reduced_motion: false,
            view: View::Nodes,
            aspect: 1.0,
            census: Census::default(),
            looks: Vec::new(),
            moving: Vec::new(),
            movers: Vec::new(),
            ghosts: Vec::new(),
            clocked: Vec::new(),
            effects: Effects::default(),
            now_ns: 0,
            empty: true,
        }
    }
}

impl Stage {
    /// Which view is on show.
    #[must_use]
    pub fn view(&self) -> View {
        self.view
    }

    /// The playing time on show, nanoseconds.
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        self.now_ns
    }

    /// Pods that glide or appear.
    #[must_use]
    pub fn movers(&self) -> &[Mover] {
        &self.movers
    }

    /// Pods that are gone and still fading.
    #[must_use]
    pub fn ghosts(&self) -> &[Ghost] {
        &self.ghosts
    }

    /// Requests in flight and pulses.
    #[must_use]
    pub fn effects(&self) -> &Effects {
        &self.effects
    }

    /// How the pod of this index looks.
    #[must_use]
    pub fn look(&self, pod: u32) -> Look {
        self.looks[pod as usize]
    }

    /// Whether the pod of this index stands in its slot.
    #[must_use]
    pub fn at_rest(&self, pod: u32) -> bool {
        !self.moving[pod as usize]
    }

    /// Where the pod of this index is.
    #[must_use]
    pub fn pose(&self, pod: u32, wall_ms: f64) -> Pose {
        let slot = self.layout.slot(pod as usize);
        if self.at_rest(pod) {
            return Pose {
                center: slot.center,
                cell: slot.cell,
                opacity: 1.0,
            };
        }
        let mover = self
            .movers
            .binary_search_by_key(&pod, |mover| mover.pod)
            .expect("who moves is among the movers");
        self.movers[mover].pose(slot, wall_ms)
    }

    /// Where a mover is.
    #[must_use]
    pub fn mover_pose(&self, mover: &Mover, wall_ms: f64) -> Pose {
        mover.pose(self.layout.slot(mover.pod as usize), wall_ms)
    }

    /// Whether anything moves by itself, with the playing time standing still.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        !self.movers.is_empty() || !self.ghosts.is_empty() || self.effects.is_active()
    }

    /// Lets time pass: pods arrive, ghosts vanish, clocks start and run out.
    pub fn tick(&mut self, now_ns: u64, wall_ms: f64) {
        if now_ns != self.now_ns {
            let back = now_ns < self.now_ns;
            self.now_ns = now_ns;
            self.damage.overlay = true;
            self.read_clocks(back);
        }
        self.effects.tick(&self.scene, now_ns, wall_ms, self.reduced_motion);
        self.damage.pixels |= !self.movers.is_empty() || !self.ghosts.is_empty();
        self.damage.overlay |= self.is_moving();
        self.ghosts.retain(|ghost| wall_ms < ghost.start_ms + FADE_MS);
        let Self {
            movers,
            moving,
            damage,
            layout,
            ..
        } = self;
        movers.retain(|mover| {
            let on_its_way = wall_ms < mover.end_ms();
            if !on_its_way {
                moving[mover.pod as usize] = false;
                damage.block(layout.block_of(mover.pod));
            }
            on_its_way
        });
    }

    /// A clock that starts or runs out changes how its pod looks. All are read after a jump back in time.
    fn read_clocks(&mut self, all: bool) {
        for clocked in self
            .clocked
            .iter_mut()
            .filter(|clocked| all || clocked.due_ns <= self.now_ns)
        {
            let pod = &self.scene.pods[clocked.pod as usize];
            clocked.due_ns = due_ns(pod, self.now_ns);
            let look = Look::of(pod, self.now_ns);
            if self.looks[clocked.pod as usize] != look {
                self.looks[clocked.pod as usize] = look;
                self.damage.block(self.layout.block_of(clocked.pod));
            }
        }
    }
}

/// When a clock of the pod starts or ends next.
fn due_ns(pod: &PodView, now_ns: u64) -> u64 {
    let instants = pod.arcs.iter().flat_map(|arc| [arc.from_ns, arc.until_ns]);
    instants.filter(|&instant| instant > now_ns).min().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::demo::{self, SECOND};

    fn stage_at(second: u64) -> Stage {
        let mut stage = Stage::default();
        stage.show(Rc::new(demo::scene(3, 40, second * SECOND)), View::Nodes, 1.6, 0.0);
        stage.tick(second * SECOND, 0.0);
        stage.damage = Damage::default();
        stage
    }

    #[test]
    fn the_first_scene_stands_still() {
        let stage = stage_at(20);
        assert!(stage.movers().is_empty() && stage.ghosts().is_empty());
        assert!((0..40).all(|pod| stage.at_rest(pod)));
    }

    #[test]
    fn pods_glide_from_view_to_view_and_arrive() {
        let mut stage = stage_at(20);
        let scene = stage.scene.clone();
        let before: Vec<Point> = (0..40).map(|pod| stage.pose(pod, 0.0).center).collect();
        stage.show(scene, View::Traffic, 1.6, 1000.0);
        assert_eq!(stage.movers().len(), 40);
        assert!(stage.damage.bounds && stage.damage.ground);
        for pod in 0..40 {
            assert!(
                stage.pose(pod, 1000.0).center.distance(before[pod as usize]) < 1e-6,
                "it starts where it was"
            );
            let (mid, end) = (stage.pose(pod, 1330.0), stage.layout.slot(pod as usize).center);
            assert!(
                mid.center.distance(end) < before[pod as usize].distance(end),
                "it comes nearer"
            );
        }
        stage.tick(20 * SECOND, 1000.0 + MOVE_MS + STAGGER_MS);
        assert!(stage.movers().is_empty());
        assert!((0..40).all(|pod| stage.pose(pod, 9000.0).center == stage.layout.slot(pod as usize).center));
    }

    #[test]
    fn nothing_is_drawn_again_when_nothing_changed() {
        let mut stage = stage_at(20);
        stage.tick(20 * SECOND, 60_000.0);
        stage.damage = Damage::default();
        let scene = stage.scene.clone();
        stage.show(scene, View::Nodes, 1.6, 60_500.0);
        stage.tick(20 * SECOND, 60_500.0);
        assert_eq!(stage.damage, Damage::default());
    }

    #[test]
    fn a_change_of_state_damages_its_block_alone() {
        let mut stage = stage_at(20);
        let mut scene = (*stage.scene).clone();
        let index = scene.pods.iter().position(|pod| pod.state == PodState::Ready).unwrap();
        let mut pod = (*scene.pods[index]).clone();
        pod.state = PodState::NotReady;
        scene.pods[index] = Rc::new(pod);
        stage.show(Rc::new(scene), View::Nodes, 1.6, 500.0);
        let block = stage.layout.slot(index).block;
        assert_eq!(stage.damage.blocks.iter().copied().collect::<Vec<_>>(), [block]);
        assert!(!stage.damage.ground && stage.damage.pixels);
    }

    #[test]
    fn a_pod_that_goes_fades_and_one_that_comes_appears() {
        let mut stage = stage_at(20);
        let mut scene = (*stage.scene).clone();
        let gone = scene.pods.remove(5);
        let mut fresh = PodView::new(9_999, "default".into(), "fresh".into());
        fresh.node = Some(0);
        scene.pods.push(Rc::new(fresh));
        stage.show(Rc::new(scene), View::Nodes, 1.6, 500.0);
        assert_eq!(stage.ghosts().len(), 1);
        assert_eq!(stage.ghosts()[0].pod.id, gone.id);
        assert_eq!(stage.pose(39, 500.0).opacity, 0.0);
        stage.tick(20 * SECOND, 5_000.0);
        assert!(stage.ghosts().is_empty());
        assert_eq!(stage.pose(39, 5_000.0).opacity, 1.0);
    }

    #[test]
    fn a_back_off_shows_from_its_start_to_its_end_without_a_new_scene() {
        let mut scene = demo::scene(3, 8, 20 * SECOND);
        let mut pod = (*scene.pods[2]).clone();
        pod.state = PodState::Error;
        pod.arcs = vec![crate::view::scene::ArcView {
            kind: crate::view::scene::ArcKind::Backoff,
            from_ns: 21 * SECOND,
            until_ns: 31 * SECOND,
        }];
        scene.pods[2] = Rc::new(pod);
        let mut stage = Stage::default();
        stage.show(Rc::new(scene), View::Nodes, 1.6, 0.0);
        for (second, want) in [
            (20, PodState::Error),
            (22, PodState::CrashLoopBackOff),
            (31, PodState::Error),
        ] {
            stage.tick(second * SECOND, 0.0);
            assert_eq!(stage.look(2).state, want, "at {second} s");
        }
    }

    #[test]
    fn with_reduced_motion_pods_are_there_at_once() {
        let mut stage = stage_at(20);
        stage.reduced_motion = true;
        let scene = stage.scene.clone();
        stage.show(scene, View::Traffic, 1.6, 500.0);
        assert!(stage.movers().is_empty());
    }
}
