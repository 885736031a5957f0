//! Cases of the disruption controller.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{compare, decode, now_ns, unknown};
use crate::api::core::Pod;
use crate::api::policy::PodDisruptionBudget;
use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, Caller};
use crate::controller::disruption::{Counts, expected};
use crate::sim::SimTime;

pub(super) fn run(function: &str, case: &Value) -> Result<(), String> {
    if function != "status" {
        return Err(unknown(function));
    }
    let mut api = ApiServer::new(0);
    for controller in case["controllers"].as_array().into_iter().flatten() {
        load(&mut api, controller)?;
    }
    let budget: PodDisruptionBudget = decode(&case["pdb"])?;
    let mut pods = Vec::new();
    for pod in case["pods"].as_array().into_iter().flatten() {
        let mut pod = pod.clone();
        complete_owners(&mut pod);
        pods.push(Rc::new(decode::<Pod>(&pod)?));
    }
    let want = &case["expect"];
    let found = match expected(&api, &budget, &pods) {
        Ok(found) => found,
        Err(why) => return compare("error", &want["error"], &json!(why)),
    };
    let status = Counts::of(&budget, &pods, &found, now_ns(case)?).status(&budget);
    for (name, got) in [
        ("disruptionsAllowed", status.disruptions_allowed),
        ("currentHealthy", status.current_healthy),
        ("desiredHealthy", status.desired_healthy),
        ("expectedPods", status.expected_pods),
    ] {
        compare(name, &want[name], &json!(got))?;
    }
    let Some(want) = want["disruptedPods"].as_array() else {
        return Ok(());
    };
    let mut want: Vec<&str> = want.iter().filter_map(Value::as_str).collect();
    want.sort_unstable();
    let got: Vec<&str> = status.disrupted_pods.keys().map(AsRef::as_ref).collect();
    compare("disruptedPods", &json!(want), &json!(got))
}

fn load(api: &mut ApiServer, value: &Value) -> Result<(), String> {
    let mut value = value.clone();
    complete_owners(&mut value);
    let name = value["kind"].as_str().unwrap_or_default();
    let kind = Kind::find(version_of(name), name).ok_or_else(|| format!("no kind {name}"))?;
    let object = Object::decode(kind, value).map_err(|error| error.to_string())?;
    let caller = Caller {
        actor: "user",
        now: SimTime::ZERO,
    };
    api.load(&caller, object).map(|_| ()).map_err(|status| status.message)
}

/// The cases leave out the versions of owners.
fn complete_owners(object: &mut Value) {
    let owners = object.pointer_mut("/metadata/ownerReferences");
    for owner in owners.and_then(Value::as_array_mut).into_iter().flatten() {
        if owner["apiVersion"].is_null() {
            owner["apiVersion"] = version_of(owner["kind"].as_str().unwrap_or_default()).into();
        }
    }
}

fn version_of(kind: &str) -> &'static str {
    if kind == "ReplicationController" {
        "v1"
    } else {
        "apps/v1"
    }
}
