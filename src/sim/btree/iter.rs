//! Iterators over runs of entries.

use std::slice;

/// The entries of a map by value.
pub(super) type IntoIter<K, V> = std::iter::Flatten<std::vec::IntoIter<Vec<(K, V)>>>;

/// The entries of a map.
pub struct Iter<'a, K, V> {
    front: slice::Iter<'a, (K, V)>,
    rest: slice::Iter<'a, Vec<(K, V)>>,
    back: slice::Iter<'a, (K, V)>,
}

impl<'a, K, V> Iter<'a, K, V> {
    pub(super) fn new(front: slice::Iter<'a, (K, V)>, rest: &'a [Vec<(K, V)>]) -> Self {
        let (rest, back) = (rest.iter(), [].iter());
        Self { front, rest, back }
    }
}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        let (front, rest, back) = (self.front.clone(), self.rest.clone(), self.back.clone());
        Self { front, rest, back }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        if self.front.len() == 0 {
            self.front = self
                .rest
                .next()
                .map_or_else(|| std::mem::take(&mut self.back), |run| run.iter());
        }
        self.front.next().map(|(key, value)| (key, value))
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.back.len() == 0 {
            let front = &mut self.front;
            self.back = self
                .rest
                .next_back()
                .map_or_else(|| std::mem::take(front), |run| run.iter());
        }
        self.back.next_back().map(|(key, value)| (key, value))
    }
}

/// The entries of a map, their values to change.
pub struct IterMut<'a, K, V> {
    front: slice::IterMut<'a, (K, V)>,
    rest: slice::IterMut<'a, Vec<(K, V)>>,
    back: slice::IterMut<'a, (K, V)>,
}

impl<'a, K, V> IterMut<'a, K, V> {
    pub(super) fn new(front: slice::IterMut<'a, (K, V)>, rest: &'a mut [Vec<(K, V)>]) -> Self {
        let (rest, back) = (rest.iter_mut(), [].iter_mut());
        Self { front, rest, back }
    }
}

impl<'a, K, V> Iterator for IterMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);

    fn next(&mut self) -> Option<Self::Item> {
        if self.front.len() == 0 {
            let back = &mut self.back;
            self.front = self
                .rest
                .next()
                .map_or_else(|| std::mem::take(back), |run| run.iter_mut());
        }
        self.front.next().map(|(key, value)| (&*key, value))
    }
}

impl<K, V> DoubleEndedIterator for IterMut<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.back.len() == 0 {
            let front = &mut self.front;
            self.back = self
                .rest
                .next_back()
                .map_or_else(|| std::mem::take(front), |run| run.iter_mut());
        }
        self.back.next_back().map(|(key, value)| (&*key, value))
    }
}
