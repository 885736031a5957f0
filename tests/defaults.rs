//! What the API server makes of the manifests of the recorded scenarios, against what the real one made of them.
//!
//! The data lies outside the repository, in the folder that `KUBARIUM_SHARED` names. Without the variable the test says
//! so and passes; with it, a missing file is a failure.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that reads the shared data where it stands, and says what it ran"
)]

use kubarium::sim::btree::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kubarium::api::Kind;
use kubarium::api::yaml;
use kubarium::apiserver::rest::Request;
use kubarium::apiserver::{ApiServer, Caller};
use kubarium::sim::SimTime;
use serde_json::{Value, json};

const USER: Caller = Caller {
    actor: "user",
    now: SimTime(0),
};

fn shared() -> Option<PathBuf> {
    let Ok(folder) = std::env::var("KUBARIUM_SHARED") else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return None;
    };
    Some(PathBuf::from(folder))
}

fn json_lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn post(server: &mut ApiServer, namespace: &str, object: &Value) -> Value {
    let version = object["apiVersion"].as_str().unwrap();
    let kind = Kind::find(version, object["kind"].as_str().unwrap()).unwrap();
    let info = kind.info();
    let group = if info.group.is_empty() {
        "/api/v1".to_owned()
    } else {
        format!("/apis/{version}")
    };
    let place = if info.namespaced {
        format!("/namespaces/{namespace}")
    } else {
        String::new()
    };
    let request = Request {
        method: "POST".to_owned(),
        path: format!("{group}{place}/{}", info.plural),
        body: Some(object.clone()),
        ..Request::default()
    };
    server.request(&USER, &request).body
}

/// Takes out what differs from cluster to cluster.
fn strip(value: &mut Value) {
    let Value::Object(map) = value else {
        value.as_array_mut().into_iter().flatten().for_each(strip);
        return;
    };
    for variable in [
        "uid",
        // Those that protect volumes in use come with the controllers that take them off again.
        "finalizers",
        "clusterIP",
        "clusterIPs",
        "nodePort",
        "creationTimestamp",
        "lastTransitionTime",
        "lastPhaseTransitionTime",
        "controller-uid",
        "batch.kubernetes.io/controller-uid",
        "resourceVersion",
        "healthCheckNodePort",
    ] {
        map.remove(variable);
    }
    if map
        .get("name")
        .and_then(Value::as_str)
        .is_some_and(|name| name.starts_with("kube-api-access-"))
    {
        map.insert("name".to_owned(), json!("kube-api-access"));
    }
    map.remove("kubectl.kubernetes.io/last-applied-configuration");
    map.values_mut().for_each(strip);
    map.retain(|key, value| key != "annotations" || value.as_object().is_none_or(|map| !map.is_empty()));
}

/// The paths at which two values differ.
fn differences(path: &str, got: &Value, want: &Value, found: &mut Vec<String>) {
    match (got, want) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: kubarium::sim::btree::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let at = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or(json!("<absent>"));
                differences(&format!("{path}.{key}"), &at(a), &at(b), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}[{index}]"), a, b, found);
            }
        }
        _ if got == want => {}
        _ => found.push(format!("{path}: got {got}, want {want}")),
    }
}

/// Every manifest of the recorded scenarios is stored as the real API server stored it, to the last default.
#[test]
fn recorded_objects_are_stored_the_same() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("oracle/scenarios");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    let (mut compared, mut wrong) = (BTreeMap::<String, usize>::new(), Vec::new());
    for path in names.iter().filter(|path| path.to_string_lossy().ends_with(".json")) {
        let scenario: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let namespace = scenario["namespace"].as_str().unwrap();
        let mut recorded = BTreeMap::new();
        for event in json_lines(&path.with_extension("watch.jsonl")) {
            let key = (
                event["kind"].as_str().unwrap().to_owned(),
                event["name"].as_str().unwrap().to_owned(),
            );
            if event["type"] == "ADDED" && event.get("object").is_some() && event["t"].as_f64() > Some(0.1) {
                recorded.entry(key).or_insert(event["object"].clone());
            }
        }
        let mut server = ApiServer::new(1);
        post(
            &mut server,
            "",
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}),
        );
        // Classes come before the pods that name them.
        let mut files: Vec<_> = scenario["manifests"].as_object().unwrap().iter().collect();
        files.sort_by_key(|(_, text)| !text.as_str().is_some_and(|text| text.contains("kind: PriorityClass")));
        for (file, text) in files {
            for document in yaml::read(text.as_str().unwrap()).documents {
                let object = document.value;
                // An eviction, which the recorder sends by itself.
                if object["kind"] == "Eviction" {
                    continue;
                }
                let (kind, name) = (object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str());
                let mut got = post(&mut server, namespace, &object);
                let Some(want) = name.and_then(|name| recorded.remove(&(kind.to_owned(), name.to_owned()))) else {
                    continue;
                };
                let mut want = want.clone();
                strip(&mut got);
                strip(&mut want);
                *compared.entry(kind.to_owned()).or_default() += 1;
                let mut found = Vec::new();
                differences("", &got, &want, &mut found);
                if !found.is_empty() {
                    wrong.push(format!(
                        "{} {file} {kind} {name:?}\n  {}",
                        path.display(),
                        found.join("\n  ")
                    ));
                }
            }
        }
    }
    println!("compared {compared:?}");
    assert!(!compared.is_empty());
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}
