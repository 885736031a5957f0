//! Cases of the Deployment controller.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{compare, decode, decode_list, now_ns, number, unknown};
use crate::api::apps::{Deployment, ReplicaSet};
use crate::api::core::Pod;
use crate::api::intstr::IntOrString;
use crate::api::meta::OwnerReference;
use crate::controller::deployment as controller;
use crate::controller::deployment::Sets;

pub(super) fn run(function: &str, case: &Value) -> Result<(), String> {
    let deployment: Deployment = decode(&case["deployment"])?;
    let expect = &case["expect"];
    match function {
        "cleanupUnhealthyReplicas" => {
            let mut sizes = sizes(&sets(case)?.old);
            let before = total(&sizes);
            controller::clean_up_unhealthy(&mut sizes, number(case, "maxCleanup")?);
            compare("cleaned", &expect["cleaned"], &json!(before - total(&sizes)))
        }
        "scaleDownOldReplicaSets" => scale_down_old(&deployment, case),
        "isComplete" => {
            let complete = controller::is_complete(&deployment, &deployment.status);
            compare("complete", &expect["complete"], &json!(complete))
        }
        "isTimedOut" => {
            let timed_out = controller::is_timed_out(&deployment, &deployment.status, now_ns(case)?);
            compare("timedOut", &expect["timedOut"], &json!(timed_out))
        }
        "resolveFenceposts" => fenceposts(case),
        "scaleFraction" => {
            let change = controller::fraction(&deployment, &decode(&case["replicaSet"])?);
            compare("change", &expect["change"], &json!(change))
        }
        "revisionHistory" => revision_history(deployment, case),
        "maxUnavailable" => compare(
            "maxUnavailable",
            &expect["maxUnavailable"],
            &json!(controller::max_unavailable(&deployment)),
        ),
        "minAvailable" => compare(
            "minAvailable",
            &expect["minAvailable"],
            &json!(controller::min_available(&deployment)),
        ),
        "newReplicaSetSize" => {
            let sets = sets(case)?;
            let new = sets.new.as_ref().ok_or("no new ReplicaSet")?;
            let size = controller::new_size(&deployment, sets.total_size(), controller::size(new));
            compare("newReplicas", &expect["newReplicas"], &json!(size))
        }
        "oldPodsRunning" => old_pods_running(case),
        "scale" => scale(&deployment, case),
        "reconcileNewReplicaSet" => {
            let sets = sets(case)?;
            let new = sets.new.as_ref().ok_or("no new ReplicaSet")?;
            let size = controller::reconcile_new(&deployment, &sets, new);
            compare("scaled", &expect["scaled"], &json!(size != controller::size(new)))?;
            compare("newReplicas", &expect["newReplicas"], &json!(size))
        }
        "reconcileOldReplicaSets" => {
            let sets = sets(case)?;
            let new = sets.new.as_ref().ok_or("no new ReplicaSet")?;
            let steps = controller::reconcile_old(&deployment, &sets, new);
            compare("scaled", &expect["scaled"], &json!(!steps.is_empty()))?;
            match (steps.last(), expect.get("oldReplicas")) {
                (Some((_, size)), Some(want)) => compare("oldReplicas", want, &json!(size)),
                _ => Ok(()),
            }
        }
        "replicaSetName" => {
            let text = |name: &str| case[name].as_str().unwrap_or_default();
            let name = controller::set_name(text("deploymentName"), text("hash"));
            compare("name", &expect["name"], &json!(*name))
        }
        _ => Err(unknown(function)),
    }
}

fn sets(case: &Value) -> Result<Sets, String> {
    let new = &case["newReplicaSet"];
    let new = if new.is_null() {
        None
    } else {
        Some(Rc::new(decode::<ReplicaSet>(new)?))
    };
    let old = decode_list(&case["oldReplicaSets"])?;
    Ok(Sets { new, old })
}

fn sizes(sets: &[Rc<ReplicaSet>]) -> Vec<(Rc<ReplicaSet>, i32)> {
    sets.iter().map(|set| (set.clone(), controller::size(set))).collect()
}

fn total(sizes: &[(Rc<ReplicaSet>, i32)]) -> i32 {
    sizes.iter().map(|(_, size)| size).sum()
}

fn scale_down_old(deployment: &Deployment, case: &Value) -> Result<(), String> {
    let sets = sets(case)?;
    let mut sizes = sizes(&sets.old);
    let available: i32 = sets.all().map(|set| set.status.available_replicas).sum();
    let steps = controller::scale_down_old(&mut sizes, available - controller::min_available(deployment));
    compare("scaled", &case["expect"]["scaled"], &json!(!steps.is_empty()))?;
    compare("oldReplicas", &case["expect"]["oldReplicas"], &json!(total(&sizes)))
}

fn fenceposts(case: &Value) -> Result<(), String> {
    let value = |name: &str| match &case[name] {
        Value::Null => None,
        Value::String(text) => Some(IntOrString::from(&**text)),
        other => Some(IntOrString::parse(&other.to_string())),
    };
    let (surge, unavailable) = (value("maxSurge"), value("maxUnavailable"));
    let got = controller::fenceposts(surge.as_ref(), unavailable.as_ref(), number(case, "replicas")?);
    let got = match got {
        Ok((surge, unavailable)) => json!({"maxSurge": surge, "maxUnavailable": unavailable}),
        Err(_) => json!({"error": true}),
    };
    compare("fenceposts", &case["expect"], &got)
}

fn revision_history(mut deployment: Deployment, case: &Value) -> Result<(), String> {
    deployment.spec.revision_history_limit = Some(number(case, "revisionHistoryLimit")?);
    let gone = controller::surplus_history(&deployment, &sets(case)?.old);
    let mut names: Vec<&str> = gone.iter().map(|set| &*set.meta.name).collect();
    names.sort_unstable();
    let expect = &case["expect"];
    if let Some(count) = expect.get("deletedCount") {
        compare("deletedCount", count, &json!(names.len()))?;
    }
    match expect.get("deleted") {
        Some(deleted) => compare("deleted", deleted, &json!(names)),
        None => Ok(()),
    }
}

fn old_pods_running(case: &Value) -> Result<(), String> {
    let with_uid = |value: &Value| -> Result<Rc<ReplicaSet>, String> {
        let mut set: ReplicaSet = decode(value)?;
        if let Some(uid) = value["uid"].as_str() {
            set.meta.uid = uid.into();
        }
        Ok(Rc::new(set))
    };
    let old = case["oldReplicaSets"].as_array().into_iter().flatten().map(with_uid);
    let new = Some(&case["newReplicaSet"]).filter(|new| !new.is_null()).map(with_uid);
    let sets = Sets {
        new: new.transpose()?,
        old: old.collect::<Result<_, _>>()?,
    };
    let pods = case["pods"].as_array().into_iter().flatten().map(|value| {
        let mut pod = Pod::default();
        pod.status.phase = value["phase"].as_str().unwrap_or_default().into();
        let uid = value["owner"].as_str().unwrap_or_default().into();
        pod.meta.owner_references = [OwnerReference {
            uid,
            controller: true,
            ..OwnerReference::default()
        }]
        .into();
        Rc::new(pod)
    });
    let running = controller::old_pods_running(&sets, &pods.collect::<Vec<_>>());
    compare("oldPodsRunning", &case["expect"]["oldPodsRunning"], &json!(running))
}

fn scale(deployment: &Deployment, case: &Value) -> Result<(), String> {
    let mut sets = sets(case)?;
    sets.old.sort_by_key(|set| set.meta.creation_timestamp);
    let mut sizes = serde_json::Map::new();
    for set in sets.all() {
        sizes.insert(set.meta.name.to_string(), json!(controller::size(set)));
    }
    for (set, size) in controller::scale(deployment, &sets).0 {
        sizes.insert(set.meta.name.to_string(), json!(size));
    }
    compare("replicas", &case["expect"]["replicas"], &Value::Object(sizes))
}
