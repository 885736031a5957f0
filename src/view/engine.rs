//! The engine as the page may see it: by shared reference, to read. What changes the world is a command of the session.

pub use crate::apiserver::{Key, Verb};
pub use crate::cluster::Cluster;
pub use crate::scheduler::framework::PluginName;
pub use crate::scheduler::{FilterVerdict, explain};
