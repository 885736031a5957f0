//! Sets of completion indexes, as ranges in order.
// Models pkg/controller/job/indexed_job_utils.go

use crate::sim::Arrange;
use std::fmt::Write;

/// Ranges from the first to the last index, in order and apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::controller) struct Intervals(pub(in crate::controller) Vec<(i32, i32)>);

impl Intervals {
    /// Reads the form of a status; indexes from `completions` on are left out, and what cannot be read.
    // Models pkg/controller/job/indexed_job_utils.go parseIndexesFromString
    pub(in crate::controller) fn parse(text: &str, completions: i32) -> Self {
        let mut ranges: Vec<(i32, i32)> = Vec::new();
        for part in text.split(',') {
            let mut ends = part.split('-');
            let first = ends.next().and_then(|text| text.parse::<i32>().ok());
            let last = ends.next().map(|text| text.parse::<i32>().ok());
            let (Some(first), Some(last)) = (first, last.unwrap_or(first)) else {
                continue;
            };
            if first >= completions {
                break;
            }
            let last = last.min(completions - 1);
            match ranges.last_mut() {
                Some(before) if before.1 == first - 1 => before.1 = last,
                _ => ranges.push((first, last)),
            }
        }
        Self(ranges)
    }

    /// Both together.
    // Models pkg/controller/job/indexed_job_utils.go merge
    pub(in crate::controller) fn merge(&self, other: &Self) -> Self {
        let mut all: Vec<(i32, i32)> = self.0.iter().chain(&other.0).copied().collect();
        all.arrange();
        let mut merged: Vec<(i32, i32)> = Vec::with_capacity(all.len());
        for (first, last) in all {
            match merged.last_mut() {
                Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// With these indexes too.
    pub(in crate::controller) fn with(&self, indexes: impl IntoIterator<Item = i32>) -> Self {
        self.merge(&Self(indexes.into_iter().map(|index| (index, index)).collect()))
    }

    /// How many indexes.
    pub(super) fn total(&self) -> i32 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    pub(super) fn has(&self, index: i32) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&index))
    }

    /// How many indexes both have.
    pub(super) fn overlap(&self, other: &Self) -> i32 {
        let pairs = self.0.iter().flat_map(|a| other.0.iter().map(move |b| (a, b)));
        pairs.map(|(a, b)| (a.1.min(b.1) - a.0.max(b.0) + 1).max(0)).sum()
    }

    /// The first `count` indexes below `completions` that are not in it.
    // Models pkg/controller/job/indexed_job_utils.go firstPendingIndexes
    pub(in crate::controller) fn first_free(&self, count: i32, completions: i32) -> Vec<i32> {
        let count = usize::try_from(count).unwrap_or_default();
        let mut free = Vec::new();
        let mut candidate = 0;
        for (first, last) in self.0.iter().copied().chain([(completions, completions)]) {
            free.extend((candidate..first.min(completions)).take(count - free.len()));
            candidate = candidate.max(last + 1);
        }
        free
    }
}

impl std::fmt::Display for Intervals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (first, last)) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_char(',')?;
            }
            match last - first {
                0 => write!(f, "{first}")?,
                1 => write!(f, "{first},{last}")?,
                _ => write!(f, "{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_merged_and_written() {
        for (text, completions, more, want) in [
            ("", 5, vec![], ""),
            ("1", 5, vec![2], "1,2"),
            ("1,2", 5, vec![3], "1-3"),
            ("0-2,4", 9, vec![3, 7, 8], "0-4,7,8"),
            ("0,x,2-y,3", 9, vec![], "0,3"),
            ("2-8", 5, vec![0], "0,2-4"),
            ("5,6", 5, vec![], ""),
        ] {
            let got = Intervals::parse(text, completions).with(more);
            assert_eq!(got.to_string(), want, "{text}");
        }
    }

    #[test]
    fn free_indexes_come_from_below() {
        for (taken, count, completions, want) in [
            ("", 2, 5, vec![0, 1]),
            ("0,2", 2, 5, vec![1, 3]),
            ("0-4", 2, 5, vec![]),
            ("1", 9, 3, vec![0, 2]),
        ] {
            assert_eq!(
                Intervals::parse(taken, 9).first_free(count, completions),
                want,
                "{taken}"
            );
        }
    }
}
