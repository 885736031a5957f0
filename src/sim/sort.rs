//! One sort for all types.
//!
//! The standard sorts are compiled anew for each type and order, at 3 to 7 KB of download each. Here one of them sorts
//! places, and what is left for each type is to compare two items and to swap them.

use std::cmp::Ordering;

/// Sorting, equals kept in their order.
pub trait Arrange<T> {
    /// Sorts by `order`.
    fn arrange_by(&mut self, order: impl FnMut(&T, &T) -> Ordering);

    /// Sorts by a key.
    fn arrange_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.arrange_by(|a, b| key(a).cmp(&key(b)));
    }

    /// Sorts by the items' own order.
    fn arrange(&mut self)
    where
        T: Ord,
    {
        self.arrange_by(T::cmp);
    }
}

impl<T> Arrange<T> for [T] {
    fn arrange_by(&mut self, mut order: impl FnMut(&T, &T) -> Ordering) {
        for (a, b) in swaps(self.len(), &mut |a, b| order(&self[a], &self[b])) {
            self.swap(a, b);
        }
    }
}

/// The swaps that sort a list of that length, whose items `order` compares by their places.
#[allow(clippy::disallowed_methods, reason = "this is the one use of the standard sort")]
fn swaps(len: usize, order: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<(usize, usize)> {
    let mut from: Vec<usize> = (0..len).collect();
    from.sort_by(|a, b| order(*a, *b));
    // Where each item goes.
    let mut to = vec![0; len];
    for (place, item) in from.into_iter().enumerate() {
        to[item] = place;
    }
    let mut swaps = Vec::new();
    for place in 0..len {
        while to[place] != place {
            let other = to[place];
            swaps.push((place, other));
            to.swap(place, other);
        }
    }
    swaps
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the standard sort is the judge")]
mod tests {
    use super::Arrange;
    use crate::sim::Stream;

    #[test]
    fn sorts_as_the_standard_sort() {
        let mut random = Stream::new(1, &["sort"]);
        for len in [0, 1, 2, 3, 10, 100, 1_000] {
            let list: Vec<(u64, u64)> = (0..len).map(|n| (random.below(len / 2 + 1), n)).collect();
            let (mut ours, mut theirs) = (list.clone(), list.clone());
            ours.arrange_by_key(|(key, _)| *key);
            theirs.sort_by_key(|(key, _)| *key);
            assert_eq!(ours, theirs, "{len} items by their keys");
            ours.reverse();
            ours.arrange();
            theirs.sort();
            assert_eq!(ours, theirs, "{len} items");
        }
    }
}
