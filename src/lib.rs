//! Kubarium: a Kubernetes (v1.36) cluster under glass.
//!
//! # The house
//!
//! One package, layers from the bottom up; a module names only what stands below it.
//!
//! | layer | module | what |
//! |---|---|---|
//! | 0 | [`sim`] | virtual clock, event queue, seeded randomness. Knows no Kubernetes |
//! | 1 | [`api`] | the objects: types, schema, YAML, defaults, validation |
//! | 2 | [`apiserver`] | the store: revisions, watches, optimistic concurrency, admission. The only writer |
//! | 3 | [`client`] | what components share: context, work queues, back-off, event recorder |
//! | 4 | [`scheduler`] [`kubelet`] [`controller`] [`network`] [`storage`] | components, siblings that never name each other |
//! | 5 | [`cluster`] | wiring only: builds the components, routes events, takes commands |
//! | 6 | [`view`] | read model: plain structs for drawing and explaining |
//! | 7 | [`kubectl`] | commands, printers, describe |
//! | 8 | [`scenario`] | scenario documents, links, lessons and their checks |
//! | 9 | [`session`] | the player: speed, stepping, seek, fork, undo, command log |
//! | 10 | [`conformance`] | the engine against facts about Kubernetes |
//! | 11 | `embed`, `ui` | faces: the only code that knows the web |
//!
//! # The rules
//!
//! 1. A module names only lower modules. Component siblings never name each other. Only `cluster` knows them all.
//! 2. Below `embed` and `ui`: no web crate, no wall clock, no thread, no async, no global state, no float in stored
//!    state, no iteration over a hash map.
//! 3. Only `apiserver` stores and writes objects. Objects are immutable behind `Rc`; an update makes a new one.
//! 4. All time comes from the event in hand, all randomness from a stream of (component, object, purpose).
//!    Integers only, no `usize` in state, so that native and wasm agree.
//! 5. Watch deliveries and reactions are scheduled with a modelled delay, never called inline.
//! 6. The UI changes the world only by a `session` command and reads only `view`.
//!
//! `tests/tidy.rs` reads the sources and checks what a text can check of these.

pub mod sim;

pub mod api;

pub mod apiserver;

pub mod client;

pub mod controller;
pub mod kubelet;
pub mod network;
pub mod scheduler;
pub mod storage;

pub mod cluster;

pub mod view;

pub mod kubectl;

pub mod scenario;

pub mod session;

pub mod conformance;

#[cfg(feature = "embed")]
pub mod embed;

#[cfg(feature = "ui")]
pub mod ui;
