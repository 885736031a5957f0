//! The map.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::ops::{Index, RangeFrom};

use super::iter::{IntoIter, Iter, IterMut};

/// Where an entry is, or would be: its run, and its place there.
pub(super) type At = (usize, usize);

/// A sorted map.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BTreeMap<K, V> {
    /// The entries in order of their keys; no run is empty.
    pub(super) runs: Vec<Vec<(K, V)>>,
}

impl<K, V> BTreeMap<K, V> {
    /// Most entries of a run: about a page of them, whose move costs no more than a look-up.
    const RUN: usize = {
        let fit = 4096 / (size_of::<(K, V)>() + 1);
        if fit < 16 { 16 } else { fit }
    };

    /// An empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self { runs: Vec::new() }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runs.iter().map(Vec::len).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Drops all entries.
    pub fn clear(&mut self) {
        self.runs.clear();
    }

    /// The entries in order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter::new([].iter(), &self.runs)
    }

    /// The entries in order, their values to change.
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        IterMut::new([].iter_mut(), &mut self.runs)
    }

    /// The keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + Clone {
        self.iter().map(|(key, _)| key)
    }

    /// The values in order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + Clone {
        self.iter().map(|(_, value)| value)
    }

    /// The values in order of their keys, to change.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> {
        self.iter_mut().map(|(_, value)| value)
    }

    /// The keys in order, by value.
    pub fn into_keys(self) -> impl DoubleEndedIterator<Item = K> {
        self.into_iter().map(|(key, _)| key)
    }

    /// The values in order of their keys, by value.
    pub fn into_values(self) -> impl DoubleEndedIterator<Item = V> {
        self.into_iter().map(|(_, value)| value)
    }

    /// The first entry.
    #[must_use]
    pub fn first_key_value(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// The last entry.
    #[must_use]
    pub fn last_key_value(&self) -> Option<(&K, &V)> {
        self.iter().next_back()
    }

    /// Takes the first entry out.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        (!self.is_empty()).then(|| self.remove_at((0, 0)))
    }

    /// Takes the last entry out.
    pub fn pop_last(&mut self) -> Option<(K, V)> {
        let run = self.runs.len().checked_sub(1)?;
        Some(self.remove_at((run, self.runs[run].len() - 1)))
    }

    /// Drops the entries that `keep` does not want.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        for run in &mut self.runs {
            run.retain_mut(|(key, value)| keep(key, value));
        }
        self.runs.retain(|run| !run.is_empty());
    }

    pub(super) fn insert_at(&mut self, (mut run, mut item): At, entry: (K, V)) -> &mut V {
        match self.runs.get_mut(run) {
            None => self.runs.push(Vec::new()),
            Some(items) if items.len() >= Self::RUN => {
                // Keys that come in order fill their runs.
                let cut = if item == items.len() { item } else { items.len() / 2 };
                let tail = items.split_off(cut);
                self.runs.insert(run + 1, tail);
                if item >= cut {
                    (run, item) = (run + 1, item - cut);
                }
            }
            Some(_) => {}
        }
        let items = &mut self.runs[run];
        items.insert(item, entry);
        &mut items[item].1
    }

    pub(super) fn remove_at(&mut self, (run, item): At) -> (K, V) {
        let entry = self.runs[run].remove(item);
        if self.runs[run].is_empty() {
            self.runs.remove(run);
        }
        entry
    }
}

impl<K: Ord, V> BTreeMap<K, V> {
    /// Where the key is, or else where it would be.
    pub(super) fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<At, At>
    where
        K: Borrow<Q>,
    {
        let starts_before = |run: &Vec<(K, V)>| run.first().is_some_and(|(first, _)| first.borrow().cmp(key).is_le());
        let run = self.runs.partition_point(starts_before).saturating_sub(1);
        let items = self.runs.get(run).map_or(&[][..], Vec::as_slice);
        match items.binary_search_by(|(known, _)| known.borrow().cmp(key)) {
            Ok(item) => Ok((run, item)),
            Err(item) => Err((run, item)),
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (run, item) = self.find(key).ok()?;
        Some(&self.runs[run][item].1)
    }

    /// The value of a key, to change.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (run, item) = self.find(key).ok()?;
        Some(&mut self.runs[run][item].1)
    }

    /// The entry of a key.
    #[must_use]
    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        let (run, item) = self.find(key).ok()?;
        let (key, value) = &self.runs[run][item];
        Some((key, value))
    }

    /// Whether there is an entry of that key.
    #[must_use]
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }

    /// Sets the value of a key and gives the one that it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok((run, item)) => Some(std::mem::replace(&mut self.runs[run][item].1, value)),
            Err(at) => {
                self.insert_at(at, (key, value));
                None
            }
        }
    }

    /// Takes out the value of a key.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let at = self.find(key).ok()?;
        Some(self.remove_at(at).1)
    }

    /// The entries in order, from the key on.
    #[must_use]
    pub fn range(&self, from: RangeFrom<K>) -> Iter<'_, K, V> {
        let (Ok((run, item)) | Err((run, item))) = self.find(&from.start);
        match self.runs.get(run..) {
            Some([first, rest @ ..]) => Iter::new(first[item..].iter(), rest),
            _ => self.iter(),
        }
    }

    /// The entries in order, from the key on, their values to change.
    pub fn range_mut(&mut self, from: RangeFrom<K>) -> IterMut<'_, K, V> {
        let (Ok((run, item)) | Err((run, item))) = self.find(&from.start);
        match self.runs.get_mut(run..) {
            Some([first, rest @ ..]) => IterMut::new(first[item..].iter_mut(), rest),
            _ => IterMut::new([].iter_mut(), &mut []),
        }
    }
}

impl<K, V> Default for BTreeMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: std::fmt::Debug, V: std::fmt::Debug> std::fmt::Debug for BTreeMap<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

// As the standard map is hashed: state hashes do not tell how entries lie in runs.
impl<K: Hash, V: Hash> Hash for BTreeMap<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        for entry in self {
            entry.hash(state);
        }
    }
}

impl<K: Ord, V> Extend<(K, V)> for BTreeMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for BTreeMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for BTreeMap<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K, V> IntoIterator for BTreeMap<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.runs.into_iter().flatten()
    }
}

impl<'a, K, V> IntoIterator for &'a BTreeMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, K, V> IntoIterator for &'a mut BTreeMap<K, V> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<K: Ord + Borrow<Q>, Q: Ord + ?Sized, V> Index<&Q> for BTreeMap<K, V> {
    type Output = V;

    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("no entry of this key")
    }
}
