//! Simulated containers: image catalogue, processes, shell, file systems.
//!
//! The kubelet resolves an image in an [`ImageStore`], fills in a [`ContainerSpec`], and drives a [`Container`] by virtual
//! time. Nothing here knows the API's objects, and nothing happens by itself.
//!
//! | file | what |
//! |---|---|
//! | `container` | the door: start, signals, exec, requests, effects |
//! | `kernel`, `process` | processes that wait or run, pipes, open files, signals |
//! | `shell/`, `tools/` | `sh` and the usual tools |
//! | `servers/` | what listens and what it answers |
//! | `fs`, `vfs` | persistent file trees; the view with volumes mounted |
//! | `images`, `catalogue`, `image_ref` | which images exist and what is in them |
//! | `cursor` | what the parsers share |
//! | `behaviour` | what a scenario says a container does |
//!
//! A container's own files start fresh with each start; volumes live in [`Volumes`], with whoever owns the pods.

mod behaviour;
mod catalogue;
mod container;
mod cursor;
mod fs;
mod image_ref;
mod images;
mod kernel;
mod logs;
mod net;
mod process;
mod servers;
mod shell;
mod spec;
mod tools;
mod vfs;

#[cfg(test)]
mod tests;

pub use behaviour::{Behaviour, ExitAfter, HttpOverride, MemoryUse};
pub use container::{Container, ExecError};
pub use fs::{Content, Device, FileSystem, FsError, Kind, Meta, Node};
pub use image_ref::{ImageRef, InvalidImageName};
pub use images::{Image, ImageError, ImageStore};
pub use logs::{LogLine, Logs};
pub use net::{
    Effect, EffectId, EffectRequest, EffectResult, GrpcOutcome, HttpOutcome, HttpReply, HttpRequest, NetError,
    TcpOutcome, parse_url, status_text,
};
pub use spec::{ContainerSpec, ExecId, ExecResult, Exit, OutputStream, Signal, StartError};
pub use vfs::{Mount, User, VolumeId, Volumes};

/// The string type shared with the API's objects.
type Str = std::rc::Rc<str>;
