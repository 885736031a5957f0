//! Gateway API against facts about it.

mod answer;
mod precedence;
mod requests;
mod tests;
mod vectors;
mod world;

pub(super) use precedence::run as run_precedence;
pub(super) use requests::run as run_request;
pub(super) use tests::run as run_test;
pub(super) use vectors::run as run_vector;

/// The manifest that the conformance tests of Gateway API share.
pub(super) const BASE: &str = "corpus/gateway-api/conformance/base/manifests.yaml";
/// The column under which a row of tests holds the rows of its requests.
pub(super) const REQUESTS: &str = "rows of requests";
