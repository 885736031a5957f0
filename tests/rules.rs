//! Runs the shared vectors of validation, admission and resources, and the recorded refusals.
//!
//! The data lies outside the repository, in the folder that `KUBARIUM_SHARED` names. Without the variable the tests say
//! so and pass; with it, a missing file is a failure.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that reads the shared data where it stands, and says what it ran"
)]

use kubarium::sim::btree::BTreeMap;
use std::path::PathBuf;

use kubarium::api::{Kind, yaml};
use kubarium::apiserver::rest::Request;
use kubarium::apiserver::{ApiServer, Caller};
use kubarium::sim::SimTime;
use kubarium::{api, apiserver};
use serde_json::Value;

fn shared() -> Option<PathBuf> {
    let Ok(folder) = std::env::var("KUBARIUM_SHARED") else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return None;
    };
    Some(PathBuf::from(folder))
}

/// Runs all vectors of a file; those of subjects that others answer for are counted apart.
fn run(file: &str, run_vector: fn(&Value) -> Result<(), String>) {
    let Some(shared) = shared() else { return };
    let path = shared.join("vectors").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let count = counts.entry(case["subject"].as_str().unwrap().to_owned()).or_default();
        match run_vector(&case) {
            Ok(()) => count[0] += 1,
            Err(why) if why.starts_with("not applicable:") => count[1] += 1,
            Err(why) => wrong.push(format!("{}: {why}", case["id"])),
        }
    }
    println!("{file} [passed, not applicable]: {counts:?}");
    assert!(!counts.is_empty());
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn admission_vectors() {
    run("admission.jsonl", apiserver::conformance::run_vector);
}

#[test]
fn resource_vectors() {
    run("resources.jsonl", api::core::conformance::run_vector);
}

#[test]
fn pod_vectors() {
    run("pod.jsonl", api::core::conformance::run_vector);
}

#[test]
fn validation_vectors() {
    run("validation.jsonl", api::validation::conformance::run_vector);
}

/// Sends a document as `kubectl apply` does, without the wrapping; gives the answer's code and body.
fn send(server: &mut ApiServer, method: &str, namespace: &str, object: &Value) -> (u16, Value) {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let kind = Kind::find(version, object["kind"].as_str().unwrap_or_default()).unwrap();
    let info = kind.info();
    let group = if info.group.is_empty() {
        "/api/v1".to_owned()
    } else {
        format!("/apis/{version}")
    };
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or(namespace);
    let place = if info.namespaced {
        format!("/namespaces/{namespace}")
    } else {
        String::new()
    };
    let name = match method {
        "POST" => String::new(),
        _ => format!("/{}", object["metadata"]["name"].as_str().unwrap_or_default()),
    };
    let request = Request {
        method: method.to_owned(),
        path: format!("{group}{place}/{}{name}", info.plural),
        query: vec![("fieldValidation".to_owned(), "Strict".to_owned())],
        content_type: "application/strategic-merge-patch+json".to_owned(),
        body: Some(object.clone()),
    };
    let user = Caller {
        actor: "user",
        now: SimTime(0),
    };
    let response = server.request(&user, &request);
    (response.code, response.body)
}

/// What kubectl prints of a refusal.
fn printed(status: &Value) -> String {
    let (reason, message) = (status["reason"].as_str().unwrap(), status["message"].as_str().unwrap());
    if reason != "Invalid" {
        return format!("Error from server ({reason}): error when creating \"bad.yaml\": {message}");
    }
    let details = &status["details"];
    let mut causes: Vec<String> = Vec::new();
    for cause in details["causes"].as_array().unwrap() {
        let line = format!(
            "{}: {}",
            cause["field"].as_str().unwrap(),
            cause["message"].as_str().unwrap()
        );
        if !causes.contains(&line) {
            causes.push(line);
        }
    }
    let head = format!(
        "The {} {} is invalid: ",
        details["kind"].as_str().unwrap(),
        details["name"]
    );
    match causes.as_slice() {
        [one] => format!("{head}{one}"),
        several => format!("{head}\n* {}", several.join("\n* ")),
    }
}

/// Cases whose refusal comes from the client: from reading the file, or from its own arguments.
fn is_from_client(case: &Value) -> bool {
    let said = case["stderr"].as_str().unwrap_or_default();
    case["manifest"].is_null() || said.starts_with("error: ")
}

/// The recorded refusals of the API server, word for word.
#[test]
fn recorded_refusals() {
    let Some(shared) = shared() else { return };
    let text = std::fs::read_to_string(shared.join("oracle/errors.jsonl")).unwrap();
    let (mut passed, mut others, mut wrong) = (0, 0, Vec::new());
    for case in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if is_from_client(&case) {
            others += 1;
            continue;
        }
        let mut server = ApiServer::new(1);
        let namespace = case["namespace"].as_str().unwrap_or("default");
        let home = serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        send(&mut server, "POST", namespace, &home);
        let mut method = "POST";
        if let Some(before) = case["before"].as_str() {
            for document in yaml::read(before).documents {
                let (code, body) = send(&mut server, "POST", namespace, &document.value);
                assert_eq!(code, 201, "{}: {body}", case["id"]);
            }
            method = "PATCH";
        }
        let mut said = String::new();
        for document in yaml::read(case["manifest"].as_str().unwrap()).documents {
            let (code, body) = send(&mut server, method, namespace, &document.value);
            if code >= 300 {
                said = printed(&body);
            }
        }
        let want = case["stderr"].as_str().unwrap();
        let accepted = case["rc"] == 0;
        if (accepted && said.is_empty()) || (!accepted && !said.is_empty() && want.contains(said.trim_end())) {
            passed += 1;
        } else {
            wrong.push(format!("{}\n  got  {said}\n  want {want}", case["id"]));
        }
    }
    println!(
        "errors.jsonl: {passed} passed, {} failed, {others} not applicable",
        wrong.len()
    );
    assert!(passed > 0);
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

fn manifests(folder: &std::path::Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy();
        if path.is_dir() {
            manifests(&path, found);
        } else if [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end)) {
            found.push(path);
        }
    }
    found.sort();
}

/// The namespaces that the documents name, those first that they make themselves.
fn make_namespaces(server: &mut ApiServer, documents: &[yaml::Document]) {
    let mut names = vec!["default".to_owned(), "kube-system".to_owned()];
    let own = documents
        .iter()
        .filter(|document| document.value["kind"] == "Namespace");
    let made: Vec<&str> = own
        .filter_map(|document| document.value["metadata"]["name"].as_str())
        .collect();
    names.extend(
        documents
            .iter()
            .filter_map(|document| document.value["metadata"]["namespace"].as_str())
            .map(str::to_owned),
    );
    names.retain(|name| !made.contains(&name.as_str()));
    for name in names {
        send(
            server,
            "POST",
            "",
            &serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        );
    }
}

/// Every manifest of the corpus is accepted, or refused for a reason that Kubernetes gives: each file alone, in a fresh
/// server. Prints the refusals by their reason.
#[test]
fn the_corpus_is_taken() {
    let Some(shared) = shared() else { return };
    let mut files = Vec::new();
    manifests(&shared.join("corpus"), &mut files);
    let (mut taken, mut unknown, mut refused) = (0, 0, BTreeMap::<String, Vec<String>>::new());
    for file in &files {
        let documents = yaml::read(&std::fs::read_to_string(file).unwrap()).documents;
        let mut server = ApiServer::new(1);
        make_namespaces(&mut server, &documents);
        for document in &documents {
            let object = &document.value;
            let text = |name: &str| object[name].as_str().unwrap_or_default();
            if Kind::find(text("apiVersion"), text("kind")).is_none() {
                unknown += 1;
                continue;
            }
            let (code, body) = send(&mut server, "POST", "default", object);
            if code < 300 {
                taken += 1;
                continue;
            }
            let message = body["message"].as_str().unwrap();
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            let reason = message.replace(name, "NAME");
            let place = file.strip_prefix(&shared).unwrap();
            refused.entry(reason).or_default().push(place.display().to_string());
        }
    }
    let count: usize = refused.values().map(Vec::len).sum();
    println!(
        "{} files: {taken} objects taken, {count} refused, {unknown} of kinds not served",
        files.len()
    );
    for (reason, places) in &refused {
        println!("{:4} {reason}\n       {}", places.len(), places[0]);
    }
    assert!(taken > 0);
}
