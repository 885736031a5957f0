//! The documents of the corpus: read, checked, counted.

#![allow(clippy::disallowed_methods, reason = "tests read the shared data where it stands")]

use std::fs;
use std::path::{Path, PathBuf};

use kubarium::api::yaml;
use serde_json::{Value, json};

/// The folder of shared test data; none when it is not given.
fn shared() -> Option<PathBuf> {
    let Ok(folder) = std::env::var("KUBARIUM_SHARED") else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return None;
    };
    Some(PathBuf::from(folder))
}

fn manifests(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            manifests(&path, found);
        } else if path
            .extension()
            .is_some_and(|e| e == "yaml" || e == "yml" || e == "json")
        {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn every_manifest_of_the_corpus_is_read() {
    let Some(shared) = shared() else { return };
    let mut files = Vec::new();
    manifests(&shared.join("corpus"), &mut files);
    let (mut documents, mut refused) = (0, Vec::new());
    for file in &files {
        let read = yaml::read(&fs::read_to_string(file).unwrap());
        documents += read.documents.len();
        refused.extend(read.diagnostics.iter().map(|d| format!("{}:{d}", file.display())));
    }
    println!("{} files, {documents} documents", files.len());
    for line in &refused {
        println!("{line}");
    }
    assert!(documents > 0);
}

/// What kubectl printed as YAML in the recorded scenarios is read and written again, the same to the byte.
#[test]
fn recorded_yaml_is_written_the_same() {
    let Some(shared) = shared() else { return };
    let mut files = Vec::new();
    manifests(&shared.join("oracle/scenarios"), &mut files);
    let mut compared = 0;
    for file in files {
        let scenario: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for step in scenario["steps"].as_array().unwrap() {
            let (command, printed) = (step["cmd"].as_str().unwrap_or(""), step["out"].as_str().unwrap_or(""));
            if !command.ends_with("-o yaml") || printed.is_empty() {
                continue;
            }
            let read = yaml::read(printed);
            assert_eq!(read.diagnostics, []);
            let objects: Vec<Value> = read.documents.into_iter().map(|d| d.value).collect();
            let value = if printed.contains("\nkind: List\n") {
                json!({"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {"resourceVersion": ""}})
            } else {
                objects[0].clone()
            };
            assert_eq!(yaml::to_yaml(&value), printed, "{}: {command}", file.display());
            compared += 1;
        }
    }
    println!("{compared} outputs compared");
    assert!(compared > 0);
}
