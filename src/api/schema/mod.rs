//! The fields of every kind, as a table.
