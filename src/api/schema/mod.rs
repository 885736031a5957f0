//! The kinds that the API server serves and the fields of every one, as tables.

pub mod kinds;
pub mod removed;
