//! Read model: plain structs for drawing and explaining.

pub mod scene;

mod explained;
mod glass;
mod hops;
mod keeper;
pub mod pod_status;
mod report;
mod requests;
mod say;
mod why;

pub use crate::apiserver::Key;
pub use explained::{explained, explained_text};
pub use glass::{EventRow, EventRows, Glass, Listed, NodeScore, NodeVerdicts, SentRow, Verdicts, is_simulated};
pub use keeper::SceneKeeper;
pub use report::Report;
pub use requests::{outcome_json, outcome_text};
pub use say::{Language, Say};
pub use why::{Why, why};
