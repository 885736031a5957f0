//! Read model: plain structs for drawing and explaining.

pub mod scene;

mod keeper;
pub mod pod_status;
mod report;

pub use keeper::SceneKeeper;
pub use report::Report;
