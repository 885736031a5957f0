//! Checks of the controllers' functions against cases of Kubernetes' own: JSON objects with a `subject`, inputs and `expect`.

mod autoscaler;
mod cronjob;
mod deployment;
mod disruption;
mod endpointslice;
mod job;
mod node;
mod replicaset;
mod world;

use serde_json::Value;

use crate::api::lean;
use crate::api::time::Time;

/// Runs one case. The subject says which function is meant.
///
/// # Errors
/// Where the function gives something else than is expected, or no function has that subject.
pub fn run_vector(case: &Value) -> Result<(), String> {
    let subject = case["subject"].as_str().unwrap_or_default();
    let (area, function) = subject.split_once('/').unwrap_or_default();
    match area {
        "autoscaler" => autoscaler::run(function, case),
        "cronjob" => cronjob::run(function, case),
        "deployment" => deployment::run(function, case),
        "disruption" => disruption::run(function, case),
        "endpointslice" => endpointslice::run(function, case),
        "job" => job::run(function, case),
        "node" => node::run(function, case),
        "replicaset" => replicaset::run(function, case),
        _ => Err(unknown(subject)),
    }
}

fn unknown(subject: &str) -> String {
    format!("no function is known as {subject}")
}

/// What was expected against what came out.
fn compare(what: &str, want: &Value, got: &Value) -> Result<(), String> {
    if want == got {
        Ok(())
    } else {
        Err(format!("{what}: want {want}, got {got}"))
    }
}

/// The struct that a JSON value describes; its zero value for none.
fn decode<T: lean::Lean>(value: &Value) -> Result<T, String> {
    if value.is_null() {
        return Ok(T::default());
    }
    lean::decode(value.clone()).map_err(|error| error.to_string())
}

/// The structs of a JSON list.
fn decode_list<T: lean::Lean>(value: &Value) -> Result<Vec<std::rc::Rc<T>>, String> {
    let items = value.as_array().into_iter().flatten();
    items.map(|item| decode(item).map(std::rc::Rc::new)).collect()
}

/// A number of the case that has to be there.
fn number(case: &Value, name: &str) -> Result<i32, String> {
    let number = case[name].as_i64().ok_or_else(|| format!("{name} is no number"))?;
    i32::try_from(number).map_err(|error| error.to_string())
}

/// The clock of the case, in nanoseconds.
fn now_ns(case: &Value) -> Result<i64, String> {
    match case["now"].as_str() {
        None => Ok(0),
        Some(text) => Time::parse(text).map(|time| time.0 * 1_000_000_000),
    }
}
