//! The player: speed, budgeted stepping, seek, fork, undo, the log of commands, save and load.

mod command;
mod history;
mod player;
#[cfg(test)]
mod tests;
mod world;

pub use command::{Command, CommandError};
pub use player::{Player, Progress, Speed};
pub use world::World;
