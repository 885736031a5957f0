//! The engine against facts about Kubernetes that others wrote down: vectors, manifests, recordings.
//!
//! A folder of facts holds `vectors/*.jsonl`, `corpus/` with its `facts/*.csv`, and `oracle/`. [`jobs`] makes one [`Job`]
//! of each fact; [`Job::run`] gives its [`Case`] with a verdict; [`report`] sums them up. This module takes texts: only
//! the command line reads files.
#![allow(
    clippy::disallowed_types,
    reason = "facts are checked in several threads, which share their manifests"
)]

pub mod corpus;
mod csv;
mod facts;
mod gateway;
mod jobs;
mod netpol;
pub mod oracle;
pub mod report;
pub mod values;
mod vectors;

pub use jobs::{Job, jobs};

/// What became of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every expectation in it was compared and holds.
    Passed,
    /// One does not hold.
    Failed,
    /// It is about something that the engine does not have.
    NotApplicable,
}

impl Verdict {
    /// Its name in the report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// A fact and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its name within its file.
    pub id: String,
    /// Its file, relative to the folder.
    pub file: String,
    /// What it is about.
    pub subject: String,
    /// The row of the table that counts it: the subject, or for a manifest the folder of its source.
    pub group: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, where it did not pass.
    pub why: String,
}

/// How runners begin to say that a fact is about something that the engine does not have.
const NOT_APPLICABLE: &str = "not applicable";

/// What is said of a subject that no runner knows.
fn no_such_subject() -> Result<(), String> {
    Err(format!("{NOT_APPLICABLE}: no such subject yet"))
}

/// What bounds a case: virtual time may pass only so fast, and real time is asked of the caller.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    /// Events that a case may take.
    pub events: u64,
    /// Whether the case has run for too long.
    pub expired: &'a dyn Fn() -> bool,
}

impl Budget<'_> {
    /// An error where a case has taken too much, `events` since its start.
    fn check(&self, events: u64) -> Result<(), String> {
        if events > self.events {
            return Err(format!("endless: more than {} events", self.events));
        }
        if events.is_multiple_of(256) && (self.expired)() {
            return Err(format!("endless: out of time after {events} events"));
        }
        Ok(())
    }
}
