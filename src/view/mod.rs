//! Read model: plain structs for drawing and explaining.

pub mod scene;

mod report;

pub use report::Report;
