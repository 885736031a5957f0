//! A value on the way from tokens to a document.

use serde_json::Value;

use super::cursor::Mark;
use super::place::Places;

/// A value, its places, and what the maps and aliases around it need to know.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) places: Places,
    pub(super) mark: Mark,
    /// How many values it holds, itself included.
    pub(super) size: usize,
    /// It is the word `<<`, which merges other maps as a key.
    pub(super) merge: bool,
}
