//! Marks on the timeline: warnings, ordinary events, and what the user did. They stay when one looks back.

use crate::sim::btree::BTreeSet;

use crate::sim::SimTime;
use crate::view::Glass;

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// An event of type `Normal`.
    Normal,
    /// An event of type `Warning`.
    Warning,
    /// Something that the user did.
    Action,
}

/// The marks of a session, at whole tenths of a second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    all: BTreeSet<(u64, Mark)>,
    revision: u64,
}

/// So many marks are kept; more could not be told apart.
const KEPT_MAX: usize = 2_000;
const GRAIN_NS: u64 = 100_000_000;

impl Marks {
    /// Takes in what happened since the last call.
    pub(super) fn note(&mut self, glass: Glass<'_>) {
        let revision = glass.revision();
        if revision <= self.revision || self.all.len() >= KEPT_MAX {
            self.revision = revision;
            return;
        }
        for (at_ns, warns) in glass.event_times_after(self.revision) {
            let kind = if warns { Mark::Warning } else { Mark::Normal };
            self.all.insert((at_ns / GRAIN_NS, kind));
        }
        self.revision = revision;
    }

    /// Marks something that the user did.
    pub(super) fn act(&mut self, at: SimTime) {
        self.all.insert((at.0 / GRAIN_NS, Mark::Action));
    }

    /// Another history begins: later marks go.
    pub(super) fn forget_after(&mut self, at: SimTime) {
        self.all.retain(|(grain, _)| *grain <= at.0 / GRAIN_NS);
        self.revision = 0;
    }

    /// All marks with their instants, nanoseconds.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Mark)> {
        self.all.iter().map(|(grain, mark)| (grain * GRAIN_NS, *mark))
    }
}
