//! Sorted maps and sets: the interface of the standard ones in a fifth of their code.
//!
//! The download pays for each pair of key and value types anew, so what is done for each is short. A map is a list of
//! runs, each a sorted list of entries: a tree of two levels. To find a key is two binary searches, to insert one moves
//! at most a run, and the runs of the largest cluster are a few thousand.

mod entry;
mod iter;
mod map;
mod set;
#[cfg(test)]
mod tests;

pub use entry::{Entry, OccupiedEntry, VacantEntry};
pub use iter::{Iter, IterMut};
pub use map::BTreeMap;
pub use set::BTreeSet;
