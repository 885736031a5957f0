//! The player: speed, budgeted stepping, seek, fork, undo, the log of commands, save and load.

mod call;
mod command;
mod history;
mod player;
mod running;
#[cfg(test)]
mod tests;
mod world;

pub use call::{ApiRequest, Exec, Place};
pub use command::{Command, CommandError, Machine};
pub use player::{Player, Progress, Speed};
pub use running::NOT_STARTED;
pub use world::{World, pack_files};
