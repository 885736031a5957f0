//! Cases of the ReplicaSet controller.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{compare, decode, decode_list, now_ns, number, unknown};
use crate::api::apps::ReplicaSet;
use crate::api::core::Pod;
use crate::api::lean::Field;
use crate::api::status::{Reason, Status};
use crate::api::time::Time;
use crate::controller::replicaset::{calculate_status, pods_to_delete, sort_for_deletion};
use crate::controller::{pods, tally};

pub(super) fn run(function: &str, case: &Value) -> Result<(), String> {
    match function {
        "deleteOrder" => delete_order(case),
        "deleteOrderList" => delete_order_list(case),
        "podsToDelete" => to_delete(case),
        "status" => status(case),
        "slowStart" => slow_start(case),
        _ => Err(unknown(function)),
    }
}

fn ranked(value: &Value) -> Result<(Rc<Pod>, u32), String> {
    let rank = u32::try_from(value["rank"].as_u64().unwrap_or_default()).map_err(|error| error.to_string())?;
    Ok((Rc::new(decode::<Pod>(&value["pod"])?), rank))
}

/// Both ways round: of equal pods the one stays first that was.
fn delete_order(case: &Value) -> Result<(), String> {
    let (a, b) = (ranked(&case["a"])?, ranked(&case["b"])?);
    let now_ns = now_ns(case)?;
    let a_first = |pods: Vec<_>| Rc::ptr_eq(&sort_for_deletion(pods, now_ns)[0].0, &a.0);
    let first = match (a_first(vec![a.clone(), b.clone()]), a_first(vec![b, a.clone()])) {
        (true, true) => "a",
        (false, false) => "b",
        _ => "neither",
    };
    compare("first", &case["expect"]["first"], &json!(first))
}

fn delete_order_list(case: &Value) -> Result<(), String> {
    let items = case["pods"].as_array().into_iter().flatten();
    let pods = items.map(|item| {
        if item.get("pod").is_some() {
            ranked(item)
        } else {
            Ok((Rc::new(decode(item)?), 0))
        }
    });
    let pods: Vec<(Rc<Pod>, u32)> = pods.collect::<Result<_, String>>()?;
    let backwards = pods.iter().rev().cloned().collect();
    for pods in [pods, backwards] {
        let sorted = sort_for_deletion(pods, now_ns(case)?);
        let names: Vec<&str> = sorted.iter().map(|(pod, _)| &*pod.meta.name).collect();
        compare("order", &case["expect"]["order"], &json!(names))?;
    }
    Ok(())
}

fn to_delete(case: &Value) -> Result<(), String> {
    let pods = decode_list::<Pod>(&case["pods"])?;
    let related = if case["related"].is_null() {
        pods.clone()
    } else {
        decode_list(&case["related"])?
    };
    let count = usize::try_from(number(case, "count")?).map_err(|error| error.to_string())?;
    let gone = pods_to_delete(pods, &related, count, now_ns(case)?);
    let mut names: Vec<&str> = gone.iter().map(|pod| &*pod.meta.name).collect();
    names.sort_unstable();
    if let Some(want) = case["expect"].get("countByName") {
        let mut counts = serde_json::Map::new();
        for name in &names {
            let count = counts.get(*name).and_then(Value::as_u64).unwrap_or_default();
            counts.insert((*name).to_owned(), json!(count + 1));
        }
        return compare("countByName", want, &Value::Object(counts));
    }
    let want = case["expect"]["deleted"].as_array().into_iter().flatten();
    let mut want: Vec<&str> = want.filter_map(Value::as_str).collect();
    want.sort_unstable();
    compare("deleted", &json!(want), &json!(names))
}

fn status(case: &Value) -> Result<(), String> {
    let set: ReplicaSet = decode(&case["replicaSet"])?;
    let now_ns = now_ns(case)?;
    let pods = decode_list::<Pod>(&case["pods"])?;
    let owned = tally::Owned::of_pods(&set, pods.iter().map(|pod| &**pod)).ok_or("the selector cannot be read")?;
    let counts = owned.counts(set.spec.min_ready_seconds, now_ns);
    let error = case["error"]
        .as_str()
        .map(|message| Status::new(Reason::InternalError, message));
    let status = calculate_status(&set, &counts, error.as_ref(), Time(now_ns / 1_000_000_000));
    let mut got = status.get_always();
    let want = &case["expect"]["status"];
    if let Value::Object(fields) = &mut got {
        // Absent and zero are the same in the expectations.
        fields.retain(|name, value| want.get(name).is_some() || !(value.is_null() || *value == json!(0)));
    }
    compare("status", want, &got)
}

fn slow_start(case: &Value) -> Result<(), String> {
    let limit = case["callLimit"].as_u64().unwrap_or(u64::MAX);
    let mut calls = 0;
    let (successes, result) = pods::slow_start(case["count"].as_u64().unwrap_or_default(), || {
        calls += 1;
        if calls > limit {
            Err(Status::new(Reason::InternalError, "limit"))
        } else {
            Ok(())
        }
    });
    let got = json!({"successes": successes, "calls": calls, "error": result.is_err()});
    compare("slowStart", &case["expect"], &got)
}
