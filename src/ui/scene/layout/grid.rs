//! Grids of cells, and sizes that grow in steps so that a card keeps its shape while pods come and go.

use crate::ui::scene::geometry::{Point, Rect};

/// The width of a pod's cell at its usual size, world units.
pub const CELL: f64 = 76.0;
/// A cell's height over its width: below the pod there is room for its name.
pub const CELL_HEIGHT_RATIO: f64 = 1.02;

/// Rows of cells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Grid {
    /// The upper left corner, world units.
    pub origin: Point,
    /// Cells in a row.
    pub columns: u32,
    /// The width of a cell, world units.
    pub cell: f64,
}

impl Grid {
    /// The middle of a cell.
    #[must_use]
    pub fn center(self, index: u32) -> Point {
        let columns = self.columns.max(1);
        let (column, row) = (f64::from(index % columns), f64::from(index / columns));
        Point::new(
            self.origin.x + (column + 0.5) * self.cell,
            self.origin.y + (row + 0.5) * self.cell * CELL_HEIGHT_RATIO,
        )
    }

    /// The cell at a point, if the point lies in a column of this grid.
    #[must_use]
    pub fn cell_at(self, point: Point) -> Option<u32> {
        let column = ((point.x - self.origin.x) / self.cell).floor();
        let row = ((point.y - self.origin.y) / (self.cell * CELL_HEIGHT_RATIO)).floor();
        let inside = column >= 0.0 && row >= 0.0 && column < f64::from(self.columns);
        inside.then(|| row as u32 * self.columns + column as u32)
    }

    /// The grid that gets `count` cells into `room`, with cells of the usual size times `unit` at most.
    #[must_use]
    pub fn filling(room: Rect, count: u32, unit: f64) -> Self {
        let largest = CELL * unit;
        let count = f64::from(count.max(1));
        let mut cell = largest.min((room.w * room.h / (count * CELL_HEIGHT_RATIO)).sqrt());
        for _ in 0..64 {
            let columns = (room.w / cell).floor().max(1.0);
            let rows = (count / columns).ceil();
            if columns * cell <= room.w + 1e-9 && rows * cell * CELL_HEIGHT_RATIO <= room.h + 1e-9 {
                break;
            }
            cell *= 0.96;
        }
        Self {
            origin: Point::new(room.x, room.y),
            columns: (room.w / cell).floor().max(1.0) as u32,
            cell,
        }
    }
}

/// Room for at least `count` pods, in steps of about a half more.
#[must_use]
pub(super) fn size_class(count: u32) -> u32 {
    const CLASSES: [u32; 10] = [6, 12, 20, 30, 48, 70, 110, 160, 250, 500];
    CLASSES
        .into_iter()
        .find(|&class| class >= count)
        .unwrap_or_else(|| count.div_ceil(500) * 500)
}

/// Of 1 to `limit` columns, the number whose outcome is nearest to the wanted aspect.
pub(super) fn best_columns(limit: u32, aspect: f64, mut size: impl FnMut(u32) -> (f64, f64)) -> u32 {
    let error = |(w, h): (f64, f64)| ((w / h.max(1e-6)) / aspect).log2().abs();
    let mut best = (1, error(size(1)));
    for columns in 2..=limit {
        let candidate = error(size(columns));
        if candidate < best.1 {
            best = (columns, candidate);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_always_fits_its_room() {
        for (w, h) in [(460.0, 88.0), (88.0, 460.0), (30.0, 20.0)] {
            for count in [1, 2, 7, 8, 40, 999, 150_000] {
                let room = Rect::new(5.0, 5.0, w, h);
                let grid = Grid::filling(room, count, 1.0);
                let last = grid.center(count - 1);
                assert!(room.grown(1e-6).contains(last), "{count} in {w}x{h}: {grid:?}");
                assert!(grid.cell <= CELL);
                assert_eq!(grid.cell_at(last), Some(count - 1));
            }
        }
    }

    #[test]
    fn a_point_beside_the_grid_has_no_cell() {
        let grid = Grid {
            origin: Point::new(10.0, 10.0),
            columns: 3,
            cell: 10.0,
        };
        assert_eq!(grid.cell_at(Point::new(9.0, 15.0)), None);
        assert_eq!(grid.cell_at(Point::new(41.0, 15.0)), None);
        assert_eq!(grid.cell_at(Point::new(39.0, 22.0)), Some(5));
    }

    #[test]
    fn classes_grow_in_steps() {
        for (count, want) in [(0, 6), (6, 6), (7, 12), (110, 110), (501, 1000)] {
            assert_eq!(size_class(count), want);
        }
    }
}
