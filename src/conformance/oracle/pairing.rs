//! Pairs the objects of two sides so that they differ least in all.

/// The cheapest pairs of rows and columns, by the costs of each pair: as many as there are of the fewer, in the order of
/// the rows. The Hungarian algorithm with potentials: each row in turn finds the cheapest way to a free column.
pub(super) fn cheapest(costs: &[Vec<i64>]) -> Vec<(usize, usize)> {
    let columns = costs.first().map_or(0, Vec::len);
    if costs.len() > columns {
        let turned: Vec<Vec<i64>> = (0..columns)
            .map(|column| costs.iter().map(|row| row[column]).collect())
            .collect();
        let mut pairs: Vec<_> = cheapest(&turned).into_iter().map(|(a, b)| (b, a)).collect();
        pairs.sort_unstable();
        return pairs;
    }
    let mut table = Table {
        costs,
        of_rows: vec![0; costs.len()],
        of_columns: vec![0; columns],
        taken: vec![None; columns],
    };
    for row in 0..costs.len() {
        table.seat(row);
    }
    let seated = table.taken.iter().enumerate();
    let mut pairs: Vec<_> = seated.filter_map(|(column, row)| Some(((*row)?, column))).collect();
    pairs.sort_unstable();
    pairs
}

struct Table<'a> {
    costs: &'a [Vec<i64>],
    /// What is taken off the costs of each row and column, so that none is below zero and those of pairs are zero.
    of_rows: Vec<i64>,
    of_columns: Vec<i64>,
    /// The row that has each column.
    taken: Vec<Option<usize>>,
}

impl Table<'_> {
    /// Gives a row a column; those that have one already may move to another.
    fn seat(&mut self, first: usize) {
        let columns = self.taken.len();
        let mut nearest = vec![i64::MAX; columns];
        let mut from = vec![None; columns];
        let mut reached = vec![false; columns];
        let (mut row, mut last) = (first, None);
        loop {
            let mut next: Option<usize> = None;
            for column in (0..columns).filter(|column| !reached[*column]) {
                let cost = self.costs[row][column] - self.of_rows[row] - self.of_columns[column];
                if cost < nearest[column] {
                    (nearest[column], from[column]) = (cost, last);
                }
                if next.is_none_or(|next| nearest[column] < nearest[next]) {
                    next = Some(column);
                }
            }
            let Some(next) = next else { return };
            let step = nearest[next];
            self.of_rows[first] += step;
            for column in 0..columns {
                if reached[column] {
                    self.of_columns[column] -= step;
                    if let Some(row) = self.taken[column] {
                        self.of_rows[row] += step;
                    }
                } else {
                    nearest[column] -= step;
                }
            }
            reached[next] = true;
            last = Some(next);
            match self.taken[next] {
                Some(other) => row = other,
                None => break,
            }
        }
        while let Some(column) = last {
            last = from[column];
            self.taken[column] = last.map_or(Some(first), |before| self.taken[before]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_the_least() {
        let cases = [
            (vec![], vec![]),
            (vec![vec![1, 2], vec![1, 9]], vec![(0, 1), (1, 0)]),
            (
                vec![vec![4, 1, 3], vec![2, 0, 5], vec![3, 2, 2]],
                vec![(0, 1), (1, 0), (2, 2)],
            ),
            (vec![vec![5, 4, 1], vec![9, 3, 1]], vec![(0, 2), (1, 1)]),
            (vec![vec![7], vec![2], vec![3]], vec![(1, 0)]),
        ];
        for (costs, want) in cases {
            assert_eq!(cheapest(&costs), want, "{costs:?}");
        }
    }
}
