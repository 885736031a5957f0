//! Recordings of a real control plane, replayed.

use serde_json::Value;

use super::{Budget, NOT_APPLICABLE};
use crate::scheduler;

/// The group that a recorded scenario belongs to.
pub(super) fn group(scenario: &str) -> Option<String> {
    let scenario: Value = serde_json::from_str(scenario).ok()?;
    scenario["group"].as_str().map(str::to_owned)
}

pub(super) fn run_scenario(_scenario: &str, _watch: &str, _budget: Budget<'_>) -> Result<(), String> {
    Err(format!("{NOT_APPLICABLE}: no replay yet"))
}

pub(super) fn run_refusal(_case: &Value, _budget: Budget<'_>) -> Result<(), String> {
    Err(format!("{NOT_APPLICABLE}: no replay yet"))
}

pub(super) fn run_rollout(_case: &Value, _budget: Budget<'_>) -> Result<(), String> {
    Err(format!("{NOT_APPLICABLE}: no replay yet"))
}

/// Replays the pods of a recorded cluster through the scheduler.
pub(super) fn run_schedule(cluster: &Value) -> Result<(), String> {
    let compared = scheduler::conformance::run_recording(cluster)?;
    if compared.differences.is_empty() {
        Ok(())
    } else {
        Err(compared.differences.join("; "))
    }
}
