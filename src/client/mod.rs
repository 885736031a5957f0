//! What components share: their context, work queues with back-off, the event recorder, messages.

mod component;
mod context;
mod delays;
mod event_series;
pub mod gateway;
mod message;
mod reconciler;
mod recorder;
mod workqueue;

pub use component::{Component, ComponentId};
pub use context::{Ctx, Event};
pub use delays::Delays;
pub use event_series::{Note, SeriesRecorder};
pub use message::{ContainerFault, Message};
pub use reconciler::{Reconciler, calls_since, work};
pub use recorder::{Recorder, Severity};
pub use workqueue::WorkQueue;
