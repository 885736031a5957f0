//! Hashes of pod templates against those of a real control plane.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test of shared data"
)]

use std::fs;
use std::path::PathBuf;

use kubarium::api::template_hash::{controller_revision_hash, pod_template_hash, revision_data};
use kubarium::api::yaml::read;
use serde_json::Value;

fn shared() -> Option<PathBuf> {
    let Ok(folder) = std::env::var("KUBARIUM_SHARED") else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return None;
    };
    Some(PathBuf::from(folder))
}

/// Every object that a recorded watch shows whole.
fn recorded_objects(shared: &std::path::Path) -> Vec<Value> {
    let mut files: Vec<_> = fs::read_dir(shared.join("oracle/scenarios"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    let watches = files.iter().filter(|f| f.to_string_lossy().ends_with(".watch.jsonl"));
    let lines = watches.flat_map(|f| {
        fs::read_to_string(f)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    lines
        .filter_map(|line| serde_json::from_str::<Value>(&line).unwrap().get("object").cloned())
        .collect()
}

fn label<'a>(object: &'a Value, name: &str) -> &'a str {
    object["metadata"]["labels"][name].as_str().unwrap_or("")
}

#[test]
fn replica_sets_are_named_as_recorded() {
    let Some(shared) = shared() else { return };
    let objects = recorded_objects(&shared);
    let mut compared = 0;
    for set in objects.iter().filter(|o| o["kind"] == "ReplicaSet") {
        let want = label(set, "pod-template-hash");
        if want.is_empty() {
            continue;
        }
        let mut template = set["spec"]["template"].clone();
        template["metadata"]["labels"]
            .as_object_mut()
            .unwrap()
            .remove("pod-template-hash");
        assert_eq!(
            pod_template_hash(&template, None),
            want,
            "{} {template}",
            set["metadata"]["name"]
        );
        compared += 1;
    }
    println!("{compared} ReplicaSets compared");
    assert!(compared > 0);
}

#[test]
fn revisions_are_named_as_recorded() {
    let Some(shared) = shared() else { return };
    let (mut stateful, mut daemon) = (0, 0);
    for revision in recorded_objects(&shared)
        .iter()
        .filter(|o| o["kind"] == "ControllerRevision")
    {
        let mut template = revision["data"]["spec"]["template"].clone();
        template.as_object_mut().unwrap().remove("$patch");
        let data = revision_data(&template);
        assert_eq!(data, revision["data"]);
        let want = label(revision, "controller.kubernetes.io/hash");
        if want.is_empty() {
            assert_eq!(
                pod_template_hash(&template, None),
                label(revision, "controller-revision-hash"),
                "{template}"
            );
            daemon += 1;
        } else {
            assert_eq!(controller_revision_hash(&data, Some(0)), want, "{template}");
            stateful += 1;
        }
    }
    println!("{stateful} revisions of StatefulSets, {daemon} of DaemonSets compared");
    assert!(stateful > 0 && daemon > 0);
}

/// The recorded rollouts print the names of their ReplicaSets; the first one's template is the manifest's, defaulted.
#[test]
fn rollouts_name_their_first_replica_set_as_recorded() {
    let Some(shared) = shared() else { return };
    let rollouts = fs::read_to_string(shared.join("oracle/rollouts.jsonl")).unwrap();
    let mut compared = 0;
    for rollout in rollouts
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
    {
        let manifest = read(rollout["manifest"].as_str().unwrap());
        let template = defaulted(&manifest.documents[0].value["spec"]["template"]);
        let name = format!("replicaset.apps/web-{} ", pod_template_hash(&template, None));
        assert!(
            rollout["final"].as_str().unwrap().contains(&name),
            "{}: {name}",
            rollout["id"]
        );
        compared += 1;
    }
    println!("{compared} rollouts compared");
    assert!(compared > 0);
}

/// The few defaults that these small templates need.
fn defaulted(template: &Value) -> Value {
    let mut template = template.clone();
    let spec = &mut template["spec"];
    for (name, value) in [
        ("restartPolicy", "Always".into()),
        ("terminationGracePeriodSeconds", 30.into()),
        ("dnsPolicy", "ClusterFirst".into()),
        ("schedulerName", "default-scheduler".into()),
        ("securityContext", Value::Object(serde_json::Map::new())),
    ] {
        if spec[name].is_null() {
            spec[name] = value;
        }
    }
    let container = &mut spec["containers"][0];
    container["terminationMessagePath"] = "/dev/termination-log".into();
    container["terminationMessagePolicy"] = "File".into();
    container["imagePullPolicy"] = "IfNotPresent".into();
    for port in container["ports"].as_array_mut().into_iter().flatten() {
        port["protocol"] = "TCP".into();
    }
    if let Some(probe) = container["readinessProbe"].as_object_mut() {
        for (name, value) in [
            ("timeoutSeconds", 1),
            ("periodSeconds", 10),
            ("successThreshold", 1),
            ("failureThreshold", 3),
        ] {
            probe.entry(name).or_insert_with(|| value.into());
        }
        if let Some(get) = probe.get_mut("httpGet") {
            get["scheme"] = "HTTP".into();
        }
    } else {
        container.as_object_mut().unwrap().remove("readinessProbe");
    }
    template
}
