//! What several test files share.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file is a crate of its own and uses a part of this"
)]

pub mod invariants;
pub mod stories;
pub mod world;
