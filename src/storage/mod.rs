//! Volumes and claims: what binds them, makes volumes, protects what is used.

mod attachdetach;
mod binder;
pub mod conformance;
mod ephemeral;
pub mod matching;
mod place;
mod protection;
mod provisioner;

pub use attachdetach::AttachDetachController;
pub use binder::PersistentVolumeController;
pub use ephemeral::EphemeralController;
pub use protection::ProtectionController;
pub use provisioner::Provisioners;

/// What a driver says whose storage system does not answer.
const UNAVAILABLE: &str = "rpc error: code = Unavailable desc = the storage system does not answer";
