//! The place of a key.

use super::map::{At, BTreeMap};

/// The place of a key, filled or not.
pub enum Entry<'a, K, V> {
    /// It has a value.
    Occupied(OccupiedEntry<'a, K, V>),
    /// It has none.
    Vacant(VacantEntry<'a, K, V>),
}

/// The place of a key that has a value.
pub struct OccupiedEntry<'a, K, V> {
    map: &'a mut BTreeMap<K, V>,
    at: At,
}

/// The place of a key that has none.
pub struct VacantEntry<'a, K, V> {
    map: &'a mut BTreeMap<K, V>,
    at: At,
    key: K,
}

impl<K: Ord, V> BTreeMap<K, V> {
    /// The place of a key, to fill or to change.
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        match self.find(&key) {
            Ok(at) => Entry::Occupied(OccupiedEntry { map: self, at }),
            Err(at) => Entry::Vacant(VacantEntry { map: self, at, key }),
        }
    }
}

impl<'a, K, V> Entry<'a, K, V> {
    /// The value, which is `value` where there was none.
    pub fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with(|| value)
    }

    /// The value, which is the default where there was none.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }

    /// The value, made now where there was none.
    pub fn or_insert_with(self, make: impl FnOnce() -> V) -> &'a mut V {
        match self {
            Self::Occupied(entry) => entry.into_mut(),
            Self::Vacant(entry) => entry.insert(make()),
        }
    }

    /// Changes the value, where there is one.
    #[must_use]
    pub fn and_modify(mut self, change: impl FnOnce(&mut V)) -> Self {
        if let Self::Occupied(entry) = &mut self {
            change(entry.get_mut());
        }
        self
    }
}

impl<'a, K, V> OccupiedEntry<'a, K, V> {
    /// The value.
    #[must_use]
    pub fn get(&self) -> &V {
        &self.map.runs[self.at.0][self.at.1].1
    }

    /// The value, to change.
    pub fn get_mut(&mut self) -> &mut V {
        &mut self.map.runs[self.at.0][self.at.1].1
    }

    /// The value, to change as long as the map is borrowed.
    #[must_use]
    pub fn into_mut(self) -> &'a mut V {
        &mut self.map.runs[self.at.0][self.at.1].1
    }

    /// Takes the value out.
    #[must_use]
    pub fn remove(self) -> V {
        self.map.remove_at(self.at).1
    }
}

impl<'a, K, V> VacantEntry<'a, K, V> {
    /// Gives the key a value.
    pub fn insert(self, value: V) -> &'a mut V {
        self.map.insert_at(self.at, (self.key, value))
    }
}
