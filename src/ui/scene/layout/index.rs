//! From an id to its place in a list.

/// Places by id: at once where ids are small and dense, as those of the engine are, else by bisection.
pub(super) struct IdIndex {
    ids: Vec<u64>,
    table: Vec<u32>,
}

impl IdIndex {
    /// The places of ids that ascend.
    pub(super) fn new(ids: impl Iterator<Item = u64>) -> Self {
        let ids: Vec<u64> = ids.collect();
        let id_max = ids.last().copied().unwrap_or(0);
        if id_max >= 8 * ids.len() as u64 + 64 {
            return Self { ids, table: Vec::new() };
        }
        let mut table = vec![u32::MAX; id_max as usize + 1];
        for (place, id) in ids.iter().enumerate() {
            table[*id as usize] = place as u32;
        }
        Self { ids, table }
    }

    /// The place of an id.
    pub(super) fn find(&self, id: u64) -> Option<u32> {
        if self.table.is_empty() {
            return self.ids.binary_search(&id).ok().map(|place| place as u32);
        }
        self.table
            .get(usize::try_from(id).ok()?)
            .copied()
            .filter(|&place| place != u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scattered_and_dense_ids_are_found() {
        let scattered = IdIndex::new([3, 900, u64::MAX].into_iter());
        for (id, want) in [(3, Some(0)), (900, Some(1)), (u64::MAX, Some(2)), (4, None)] {
            assert_eq!(scattered.find(id), want);
        }
        let dense = IdIndex::new([3, 5].into_iter());
        for (id, want) in [(3, Some(0)), (5, Some(1)), (4, None), (99, None), (u64::MAX, None)] {
            assert_eq!(dense.find(id), want);
        }
        assert_eq!(IdIndex::new(std::iter::empty()).find(0), None);
    }
}
