//! What a command reads and what it prints.

use crate::sim::btree::BTreeMap;

/// What a command can read: files by name, and standard input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Files {
    /// Texts by file name.
    pub named: BTreeMap<String, String>,
    /// What `-f -` reads.
    pub stdin: String,
}

/// What a command printed so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code; none while the command waits.
    pub code: Option<i32>,
}
