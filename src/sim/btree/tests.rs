//! The map against the standard one, step by step.
#![allow(clippy::disallowed_types, reason = "the standard map is the judge")]

use std::collections;
use std::hash::{Hash, Hasher};

use super::{BTreeMap, BTreeSet};
use crate::sim::{StableHasher, Stream};

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = StableHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

fn same(map: &BTreeMap<u32, u64>, judge: &collections::BTreeMap<u32, u64>) {
    assert_eq!(map.len(), judge.len());
    assert_eq!(map.is_empty(), judge.is_empty());
    assert!(map.iter().eq(judge.iter()));
    assert!(map.iter().rev().eq(judge.iter().rev()));
    assert_eq!(map.first_key_value(), judge.first_key_value());
    assert_eq!(map.last_key_value(), judge.last_key_value());
    assert_eq!(hash(map), hash(judge));
    assert!(map.runs.iter().all(|run| !run.is_empty()));
}

#[test]
fn does_as_the_standard_map() {
    for (keys, seed) in [(40, 1), (2_000, 2), (100_000, 3)] {
        let mut random = Stream::new(seed, &["btree"]);
        let (mut map, mut judge) = (BTreeMap::new(), collections::BTreeMap::new());
        for step in 0..4_000_u64 {
            let key = u32::try_from(random.below(keys)).unwrap();
            match random.below(8) {
                0..=3 => assert_eq!(map.insert(key, step), judge.insert(key, step)),
                4 | 5 => assert_eq!(map.remove(&key), judge.remove(&key)),
                6 => {
                    *map.entry(key).or_default() +=
                        *judge.entry(key).and_modify(|n| *n += 1).or_insert(1) - *map.get(&key).unwrap_or(&0);
                }
                _ => assert_eq!(map.get_mut(&key), judge.get_mut(&key)),
            }
            assert_eq!(map.contains_key(&key), judge.contains_key(&key));
            assert!(map.range(key..).take(3).eq(judge.range(key..).take(3)));
            assert!(map.range_mut(key..).take(3).eq(judge.range_mut(key..).take(3)));
            if step % 500 == 0 {
                same(&map, &judge);
            }
        }
        map.retain(|key, _| key % 3 == 0);
        judge.retain(|key, _| key % 3 == 0);
        same(&map, &judge);
        assert_eq!((map.pop_first(), map.pop_last()), (judge.pop_first(), judge.pop_last()));
        map.values_mut().chain(judge.values_mut()).for_each(|value| *value += 1);
        same(&map, &judge);
        assert!(map.into_iter().eq(judge));
    }
}

#[test]
fn iterates_from_both_ends() {
    let map: BTreeMap<u32, u32> = (0..5_000).map(|n| (n, n)).collect();
    assert!(map.runs.len() > 3);
    let mut keys = map.range(4_000..).map(|(key, _)| *key);
    for step in 0..500 {
        assert_eq!(
            (keys.next(), keys.next_back()),
            (Some(4_000 + step), Some(4_999 - step))
        );
    }
    assert_eq!((keys.next(), keys.next_back()), (None, None));
    assert_eq!(map.range(6_000..).next(), None);
    assert_eq!(map.range(0..).next(), Some((&0, &0)));
}

#[test]
fn sets_keep_one_of_each() {
    let left = BTreeSet::from(["b", "a", "c", "a"]);
    let right: BTreeSet<&str> = ["c", "d"].into_iter().collect();
    assert_eq!(format!("{left:?}"), r#"{"a", "b", "c"}"#);
    assert!(left.intersection(&right).eq(&["c"]));
    assert!(left.difference(&right).eq(&["a", "b"]));
    assert_eq!((left.first(), left.last()), (Some(&"a"), Some(&"c")));
    assert_eq!(hash(&left), hash(&collections::BTreeSet::from(["a", "b", "c"])));
}
