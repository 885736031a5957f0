//! Runs the shared vectors of `resources/` and `pod/`.

use serde_json::{Value, json};

use super::{Pod, ResourceList, pod_limits, pod_requests, qos_class};
use crate::api::lean::{self, Field};
use crate::api::time::Time;

/// Compares one vector with what the engine says.
///
/// # Errors
/// What differs; it starts with `not applicable:` where the subject is not ours.
pub fn run_vector(case: &Value) -> Result<(), String> {
    let subject = case["subject"].as_str().unwrap_or_default();
    let pod = || lean::decode::<Pod>(case["pod"].clone()).map_err(|error| error.to_string());
    let expect = &case["expect"];
    match subject {
        "resources/qosClass" => same(&json!(qos_class(&pod()?.spec)), &expect["qosClass"]),
        "resources/podRequests" => same_amounts(&pod_requests(&pod()?.spec), &expect["requests"]),
        "resources/podLimits" => same_amounts(&pod_limits(&pod()?.spec), &expect["limits"]),
        "pod/isTerminal" => {
            let mut pod = Pod::default();
            pod.status.phase = case["phase"].as_str().unwrap_or_default().into();
            same(&json!(pod.is_finished()), &expect["terminal"])
        }
        "pod/isAvailable" => {
            let now = case["now"].as_str().unwrap_or_default();
            let now = Time::parse(now)?;
            let seconds = case["minReadySeconds"].as_i64().unwrap_or_default();
            same(&json!(pod()?.is_available(seconds, now)), &expect["available"])
        }
        _ => Err(format!("not applicable: {subject}")),
    }
}

fn same(got: &Value, want: &Value) -> Result<(), String> {
    if got == want {
        Ok(())
    } else {
        Err(format!("got {got}, want {want}"))
    }
}

/// Compares amounts by value: `1000m` is `1`.
pub fn same_amounts(got: &ResourceList, want: &Value) -> Result<(), String> {
    let mut wanted = ResourceList::new();
    wanted.set(want.clone()).map_err(|error| error.to_string())?;
    let is_same = got.len() == wanted.len() && got.iter().all(|(name, amount)| wanted.get(name) == Some(amount));
    if is_same {
        Ok(())
    } else {
        Err(format!("got {}, want {want}", got.get_always()))
    }
}
