//! Runs the shared vectors of `admission/` and `quota/`.

use serde_json::{Value, json};

use super::limit_ranger::rules;
use super::quota::usage::usage;
use crate::api::core::conformance::same_amounts;
use crate::api::core::{Pod, Service};
use crate::api::lean::{self, Lean};
use crate::api::storage::PersistentVolumeClaim;
use crate::api::time::Time;
use crate::api::{Dynamic, Kind, Object, Resource};

/// Compares one vector with what admission does.
///
/// # Errors
/// What differs; it starts with `not applicable:` where the subject is not admission's.
pub fn run_vector(case: &Value) -> Result<(), String> {
    let expect = &case["expect"];
    let now = Time::parse(case["now"].as_str().unwrap_or_default()).unwrap_or_default();
    match case["subject"].as_str().unwrap_or_default() {
        "admission/limitRange" => limit_range(case),
        "admission/limitRangePVC" => {
            let range = dynamic(case, "limitRange")?;
            let claim = lean::decode(case["pvc"].clone()).map_err(|error| error.to_string())?;
            verdict(rules::check_claim(&range.body, &claim), expect)
        }
        "quota/podUsage" => same_amounts(&usage(&typed::<Pod>(case, "pod")?, now), &expect["usage"]),
        "quota/serviceUsage" => same_amounts(&usage(&typed::<Service>(case, "service")?, now), &expect["usage"]),
        "quota/pvcUsage" => {
            let claim = typed::<PersistentVolumeClaim>(case, "pvc")?;
            same_amounts(&usage(&claim, now), &expect["usage"])
        }
        subject => Err(format!("not applicable: {subject}")),
    }
}

fn limit_range(case: &Value) -> Result<(), String> {
    let range = dynamic(case, "limitRange")?;
    let mut pod: Pod = lean::decode(case["pod"].clone()).map_err(|error| error.to_string())?;
    rules::set_defaults(&range.body, &mut pod);
    let wrong = rules::check_pod(&range.body, &pod.spec);
    let expect = &case["expect"];
    if let Some(want) = expect.get("spec").filter(|_| wrong.is_empty()) {
        // Both through the structs, so that what is always written stands in both.
        let want: Pod = lean::decode(json!({"spec": want})).map_err(|error| error.to_string())?;
        if *want.spec != *pod.spec {
            let (got, want) = (lean::encode(&*pod.spec), lean::encode(&*want.spec));
            return Err(format!("got {}, want {}", Value::Object(got), Value::Object(want)));
        }
    }
    verdict(wrong, expect)
}

/// The refusals, each of which must stand in the expected message, and no more.
fn verdict(wrong: Vec<String>, expect: &Value) -> Result<(), String> {
    let allowed = expect["allowed"] == json!(true);
    let message = expect["message"].as_str();
    let told = wrong
        .iter()
        .all(|sentence| message.is_none_or(|message| message.contains(sentence)));
    let count = message.map_or(wrong.len(), |message| message.matches("$error").count().max(1));
    if allowed == wrong.is_empty() && told && (allowed || count == wrong.len()) {
        Ok(())
    } else {
        Err(format!("got {wrong:?}, want {expect}"))
    }
}

fn typed<T: Resource + Lean>(case: &Value, field: &str) -> Result<Object, String> {
    let object: T = lean::decode(case[field].clone()).map_err(|error| error.to_string())?;
    Ok(object.into_object())
}

fn dynamic(case: &Value, field: &str) -> Result<Dynamic, String> {
    let object =
        Object::decode(Kind::named("", "LimitRange"), case[field].clone()).map_err(|error| error.to_string())?;
    match object {
        Object::Dynamic(object) => Ok((*object).clone()),
        other => Err(format!("a {} is typed now", other.kind().info().kind)),
    }
}
