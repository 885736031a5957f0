//! What the conformance tests of Gateway API say: of statuses by a table of facts, of requests by the rows of theirs.

use serde_json::Value;

use super::{REQUESTS, requests, world};
use crate::api::gateway::{GROUP, items, text};
use crate::api::{Kind, Object};
use crate::apiserver::Subresource;
use crate::cluster::Cluster;
use crate::conformance::csv::Row;
use crate::conformance::{Budget, NOT_APPLICABLE};
use crate::sim::{Duration, SimTime};

const FACTS: &str = include_str!("tests.txt");
const HOME: &str = "gateway-conformance-infra";
/// How long a change may take to be told.
const SETTLED: Duration = Duration::from_secs(5);

/// Checks all that is known of a test: the facts of its statuses, and its requests.
pub(in crate::conformance) fn run(row: &Row, objects: &[Value], budget: Budget<'_>) -> Result<(), String> {
    let test = row.get("test").map(String::as_str).unwrap_or_default();
    let facts: Vec<&str> = FACTS
        .lines()
        .filter(|line| line.split(' ').next() == Some(test))
        .collect();
    let rows = rows(row);
    let is_bump = test.ends_with("ObservedGenerationBump");
    if facts.is_empty() && rows.is_empty() && !is_bump {
        return Err(format!(
            "{NOT_APPLICABLE}: the test changes objects or infrastructure while it runs"
        ));
    }
    let mut cluster = world::cluster(objects, budget)?;
    for fact in &facts {
        check(&cluster, objects, fact).map_err(|why| format!("{fact}: {why}"))?;
    }
    if is_bump {
        bump(&mut cluster, test, objects, budget)?;
    }
    for row in &rows {
        requests::applies(row)?;
        requests::send(&mut cluster, row).map_err(|why| match why.strip_prefix(NOT_APPLICABLE) {
            Some(rest) => format!("{NOT_APPLICABLE}: one of its requests is not{rest}"),
            None => why,
        })?;
    }
    Ok(())
}

/// The rows of the test's requests.
fn rows(row: &Row) -> Vec<Row> {
    let all: Value = row
        .get(REQUESTS)
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let rows = items(&all).map(|one| {
        let cells = one.as_object().into_iter().flatten();
        cells
            .map(|(name, cell)| (name.clone(), text(cell).to_owned()))
            .collect()
    });
    rows.collect()
}

/// Checks one line of the table.
fn check(cluster: &Cluster, objects: &[Value], line: &str) -> Result<(), String> {
    let words: Vec<&str> = line.split(' ').collect();
    let [_, kind, name, rest @ ..] = words.as_slice() else {
        return Err("no fact".to_owned());
    };
    let (scope, facts) = match rest {
        [scope, facts @ ..] if scope.starts_with('@') => (&scope[1..], facts),
        facts => ("", facts),
    };
    let all: Vec<(String, String)> = match *name {
        // All of the manifest that are of the kind, and have the parent where one is told.
        "-" => own(objects, kind, scope),
        name => {
            let (namespace, name) = name.split_once('/').unwrap_or((HOME, name));
            vec![(namespace.to_owned(), name.to_owned())]
        }
    };
    if all.is_empty() {
        return Err("no such object".to_owned());
    }
    for (namespace, name) in all {
        let object = world::object(cluster, kind, &namespace, &name)?;
        for fact in facts {
            hold(&object, kind, scope, fact)?;
        }
    }
    Ok(())
}

fn own(objects: &[Value], kind: &str, parent: &str) -> Vec<(String, String)> {
    // The base manifest stands before that of the test.
    let is_meant = |object: &&Value| {
        object["kind"] == kind
            && (parent.is_empty() || items(&object["spec"]["parentRefs"]).any(|one| text(&one["name"]) == parent))
    };
    let named = objects.iter().filter(is_meant).map(|object| {
        let meta = &object["metadata"];
        (text(&meta["namespace"]).to_owned(), text(&meta["name"]).to_owned())
    });
    named.collect()
}

/// Whether a fact holds for an object, or for the part of its status that `scope` names.
fn hold(object: &Value, kind: &str, scope: &str, fact: &str) -> Result<(), String> {
    let status = &object["status"];
    let (part, name) = match kind {
        "Gateway" | "ListenerSet" => ("listeners", "/name"),
        "BackendTLSPolicy" => ("ancestors", "/ancestorRef/name"),
        _ => ("parents", "/parentRef/name"),
    };
    let place = if scope.is_empty() {
        status
    } else {
        let mut parts = items(&status[part]);
        let found = parts.find(|one| one.pointer(name).map(text) == Some(scope));
        found.ok_or_else(|| format!("nothing is told of {scope}"))?
    };
    let (what, want) = fact.split_once('=').ok_or("no fact")?;
    let same = |got: String| {
        if got == want {
            Ok(())
        } else {
            Err(format!("{what}: want {want}, got {got}"))
        }
    };
    match what {
        "attached" => same(place["attachedRoutes"].to_string()),
        "sets" => same(status["attachedListenerSets"].as_u64().unwrap_or_default().to_string()),
        "parents" => same(items(&status["parents"]).count().to_string()),
        "addresses" => same(items(&status["addresses"]).count().to_string()),
        "kinds" => {
            let kinds: Vec<&str> = items(&place["supportedKinds"]).map(|one| text(&one["kind"])).collect();
            same(kinds.join(","))
        }
        _ => {
            let found = items(&place["conditions"]).find(|one| text(&one["type"]) == what);
            let found = found.ok_or_else(|| format!("no condition {what}"))?;
            let (got, reason) = (text(&found["status"]), text(&found["reason"]));
            match want.split_once(':') {
                Some(_) => same(format!("{got}:{reason}")),
                None => same(got.to_owned()),
            }
        }
    }
}

/// Changes the spec of the object that the test is about: all conditions must follow its generation.
fn bump(cluster: &mut Cluster, test: &str, objects: &[Value], budget: Budget<'_>) -> Result<(), String> {
    let kinds = [
        "BackendTLSPolicy",
        "GatewayClass",
        "Gateway",
        "HTTPRoute",
        "GRPCRoute",
        "TLSRoute",
    ];
    let name = kinds.iter().find(|name| test.starts_with(**name)).ok_or("no kind")?;
    let (namespace, object) = own(objects, name, "").pop().ok_or("no object")?;
    let mut value = world::object(cluster, name, &namespace, &object)?;
    match *name {
        "Gateway" => value["spec"]["listeners"][0]["hostname"] = "changed.example.com".into(),
        "GatewayClass" => value["spec"]["description"] = "changed".into(),
        "BackendTLSPolicy" => value["spec"]["validation"]["hostname"] = "changed.example.com".into(),
        _ => value["spec"]["hostnames"] = serde_json::json!(["changed.example.com"]),
    }
    let kind = Kind::find(&format!("{GROUP}/v1"), name).ok_or("no kind")?;
    let changed = Object::decode(kind, value).map_err(|error| error.to_string())?;
    cluster
        .update(changed, Subresource::Main)
        .map_err(|status| status.message)?;
    let until = SimTime(cluster.now().0 + SETTLED.0);
    world::run_to(cluster, until, budget)?;
    let value = world::object(cluster, name, &namespace, &object)?;
    let status = &value["status"];
    let nested = ["listeners", "parents", "ancestors"]
        .iter()
        .flat_map(|part| items(&status[*part]));
    let all: Vec<&Value> = nested
        .chain([status])
        .flat_map(|part| items(&part["conditions"]))
        .collect();
    let generation = &value["metadata"]["generation"];
    match all.iter().find(|one| one["observedGeneration"] != *generation) {
        _ if all.is_empty() || *generation != 2 => Err("nothing has changed".to_owned()),
        Some(one) => Err(format!("generation {generation}, observed {one}")),
        None => Ok(()),
    }
}
