//! Read model: plain structs for drawing and explaining.

pub mod scene;

pub mod engine;
mod explained;
mod keeper;
pub mod pod_status;
mod report;
mod requests;
mod say;
mod why;

pub use explained::{explained, explained_text};
pub use keeper::SceneKeeper;
pub use report::Report;
pub use requests::{outcome_json, outcome_text};
pub use say::{Language, Say};
pub use why::{Why, why};
