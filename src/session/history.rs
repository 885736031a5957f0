//! Checkpoints: copies of the world at instants that lie further apart the older they are.

use super::world::World;
use crate::sim::SimTime;

/// A copy of the world, and how many commands of the log it has seen.
#[derive(Clone, Debug)]
pub(super) struct Checkpoint {
    pub(super) world: World,
    pub(super) done: u64,
}

/// The checkpoints of a session, oldest first. The first one is the start and stays.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    kept: Vec<Checkpoint>,
}

/// Events between two checkpoints.
pub(super) const SPACING_EVENTS: u64 = 20_000;
/// Checkpoints that are kept.
const KEPT_MAX: usize = 32;

impl History {
    /// A history that holds a copy of the start.
    pub(super) fn starting_with(world: &World) -> Self {
        let mut history = Self::default();
        history.keep(Checkpoint {
            world: world.clone(),
            done: 0,
        });
        history
    }

    /// Keeps a copy, thinning the older ones when there are too many.
    pub(super) fn keep(&mut self, checkpoint: Checkpoint) {
        self.kept.push(checkpoint);
        if self.kept.len() > KEPT_MAX {
            self.thin();
        }
    }

    /// Whether it is time for another copy.
    pub(super) fn wants(&self, world: &World) -> bool {
        let last = self
            .kept
            .last()
            .map_or(0, |checkpoint| checkpoint.world.cluster.events());
        world.cluster.events() >= last + SPACING_EVENTS
    }

    /// The last copy at or before `at`.
    pub(super) fn before(&self, at: SimTime) -> Option<&Checkpoint> {
        self.kept
            .iter()
            .rev()
            .find(|checkpoint| checkpoint.world.cluster.now() <= at)
    }

    /// Forgets what came after `at`.
    pub(super) fn cut(&mut self, at: SimTime) {
        self.kept.retain(|checkpoint| checkpoint.world.cluster.now() <= at);
    }

    /// Drops every second copy of the older half; the start stays.
    fn thin(&mut self) {
        let half = self.kept.len() / 2;
        let mut index = 0;
        self.kept.retain(|_| {
            index += 1;
            index > half || index % 2 == 1
        });
    }
}
