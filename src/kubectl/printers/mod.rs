//! Tables as the server computes them for `kubectl get`.
// Models pkg/printers/internalversion/printers.go.

mod generic;
mod layout;

use crate::api::time::Time;
use crate::api::{Kind, Object};
use crate::cluster::Cluster;

pub use layout::{Layout, render};

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its title, as the server writes it; kubectl prints it in capitals.
    pub title: &'static str,
    /// Whether it is shown with `-o wide` only.
    pub wide: bool,
}

/// A cell: most are texts, some are numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
}

/// Columns and rows of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// A row for each object, in the order of the objects.
    pub rows: Vec<Vec<Cell>>,
}

/// What printers look at besides the object.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The wall clock.
    pub now: Time,
    /// Objects that a row may count; none for objects from elsewhere.
    pub cluster: Option<&'a Cluster>,
}

/// The table of objects of one kind.
#[must_use]
pub fn table(kind: Kind, objects: &[&Object], options: Options<'_>) -> Table {
    generic::table(kind, objects, options)
}

/// A column that is always shown.
pub(super) const fn column(title: &'static str) -> Column {
    Column { title, wide: false }
}
