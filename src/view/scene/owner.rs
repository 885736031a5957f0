//! Workloads as they are drawn: what owns pods, and the arithmetic of each.

use super::Str;
use crate::api::Kind;
use crate::view::{Say, Why};

/// A workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerView {
    /// Stable for the life of the workload.
    pub id: u64,
    /// Its kind.
    pub kind: Kind,
    /// The namespace.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    /// The workload above it: its owner, or the autoscaler that sets its size.
    pub parent: Option<u64>,
    /// The revision it stands for; zero where there is none.
    pub revision: u64,
    /// How it is, as short as can be: `2/3`.
    pub remark: Str,
    /// How it fares.
    pub mood: Mood,
    /// Its arithmetic, a line each.
    pub facts: Vec<Fact>,
}

impl OwnerView {
    /// Why it is as it is: how it fares, and its arithmetic.
    #[must_use]
    pub fn why(&self) -> Why {
        let key = match self.mood {
            Mood::Good => "why.owner-good",
            Mood::Busy => "why.owner-busy",
            Mood::Bad => "why.owner-bad",
            Mood::Idle => "why.owner-idle",
        };
        Why {
            sentence: Say::plain(key).with("remark", &self.remark),
            evidence: self.facts.iter().map(|fact| fact.say.clone()).collect(),
        }
    }
}

/// How a workload fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should be.
    Good,
    /// On its way there.
    Busy,
    /// It will not get there by itself.
    Bad,
    /// It wants no pods.
    Idle,
}

/// A line of arithmetic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it says.
    pub say: Say,
    /// The same as a bar.
    pub gauge: Option<Gauge>,
}

/// A bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauge {
    /// What counts fully.
    pub strong: u32,
    /// What comes on top of it and is on its way out.
    pub weak: u32,
    /// A mark that is not to be passed one way or the other; none where it is at an end.
    pub mark: u32,
    /// What the whole bar stands for.
    pub full: u32,
}
