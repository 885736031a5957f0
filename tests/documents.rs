//! The documents of the corpus: read, checked, counted.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test of shared data"
)]

use kubarium::sim::btree::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kubarium::api::schema::check::check_documents;
use kubarium::api::schema::decode::findings;
use kubarium::api::schema::encode::encode;
use kubarium::api::schema::{self, kinds};
use kubarium::api::yaml::{self, Code, Severity};
use kubarium::sim::Stream;
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

/// Every document is read, and each one that is refused is refused for a reason that Kubernetes gives too.
#[test]
fn every_manifest_of_the_corpus_is_read_and_checked() {
    let Some(shared) = shared() else { return };
    let mut files = Vec::new();
    manifests(&shared.join("corpus"), &mut files);
    let (mut documents, mut refused) = (0, 0);
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for file in &files {
        let read = yaml::read(&fs::read_to_string(file).unwrap());
        documents += read.documents.len();
        let checked = check_documents(&read.documents);
        refused += usize::from(checked.iter().any(|d| d.severity == Severity::Error));
        for found in read.diagnostics.iter().chain(&checked) {
            let reason = match found.code {
                Code::UnknownKind => format!("{:?}: {}", found.code, found.message),
                code => format!("{code:?}: {}", found.message),
            };
            *reasons.entry(reason).or_default() += 1;
            if found.code != Code::UnknownKind {
                println!("{}:{found}", file.display());
            }
        }
    }
    println!(
        "{} files, {documents} documents, {refused} files with an error",
        files.len()
    );
    for (reason, count) in &reasons {
        println!("{count:5} {reason}");
    }
    let malformed = reasons.keys().filter(|reason| reason.starts_with("Syntax")).count();
    assert!(
        documents > 0 && malformed == 0,
        "another reader takes every file of the corpus"
    );
}

/// Every document of the corpus is written as YAML and read again, the same.
#[test]
fn what_is_written_is_read_back() {
    let Some(shared) = shared() else { return };
    let mut files = Vec::new();
    manifests(&shared.join("corpus"), &mut files);
    for file in &files {
        for document in yaml::read(&fs::read_to_string(file).unwrap()).documents {
            let again = yaml::read(&yaml::to_yaml(&document.value));
            assert_eq!(again.diagnostics, [], "{}", file.display());
            assert_eq!(again.documents[0].value, document.value, "{}", file.display());
        }
    }
}

/// Whatever is done to a file of the corpus, it is read or refused, and what is read is checked, in peace.
#[test]
fn broken_manifests_do_no_harm() {
    let Some(shared) = shared() else { return };
    let mut files = Vec::new();
    manifests(&shared.join("corpus"), &mut files);
    let mut random = Stream::new(7, &["tests", "documents", "mutations"]);
    let signs: Vec<char> = "\n\n  \t:-?,[]{}#&*!|>'\"%@`~\\\r\0\u{85}\u{2028}\u{feff}é😀0a<"
        .chars()
        .collect();
    let mut refused = 0;
    for file in &files {
        let text: Vec<char> = fs::read_to_string(file).unwrap().chars().take(4000).collect();
        for _ in 0..2 {
            let mut broken = text.clone();
            for _ in 0..=random.below(6) {
                let at = usize::try_from(random.below(broken.len() as u64)).unwrap();
                let end = (at + usize::try_from(random.below(12)).unwrap()).min(broken.len());
                let sign = signs[usize::try_from(random.below(signs.len() as u64)).unwrap()];
                match random.below(4) {
                    0 => broken[at] = sign,
                    1 => broken.insert(at, sign),
                    2 => broken.drain(at..end).for_each(drop),
                    _ => {
                        let copy = broken[at..end].to_vec();
                        broken.splice(at..at, copy);
                    }
                }
                broken.push('\n');
            }
            let read = yaml::read(&broken.iter().collect::<String>());
            refused += usize::from(!read.diagnostics.is_empty());
            check_documents(&read.documents);
            read.documents
                .iter()
                .for_each(|d| assert!(!yaml::to_yaml(&d.value).is_empty()));
        }
    }
    println!("{refused} of {} broken files refused", 2 * files.len());
    assert!(refused > 0);
}

/// The recorded refusals of kubectl and of the API server's decoder, word for word.
#[test]
fn recorded_refusals_read_the_same() {
    let Some(shared) = shared() else { return };
    let cases = fs::read_to_string(shared.join("oracle/errors.jsonl")).unwrap();
    let mut compared = 0;
    for case in cases.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let Some(manifest) = case["manifest"].as_str() else {
            continue;
        };
        let said = case["stderr"].as_str().unwrap();
        let read = yaml::read(manifest);
        let checked = check_documents(&read.documents);
        let found = read
            .diagnostics
            .iter()
            .chain(&checked)
            .find(|d| d.severity == Severity::Error);
        if said.contains("no objects passed") {
            continue;
        }
        let decoding = ["error: ", "Error from server (BadRequest)"]
            .iter()
            .any(|start| said.starts_with(start));
        assert_eq!(found.is_some(), decoding, "{}: {found:?}\n{said}", case["id"]);
        let Some(found) = found else { continue };
        let unknown: Vec<_> = checked
            .iter()
            .filter(|d| d.code == Code::UnknownField)
            .map(|d| d.message.as_str())
            .collect();
        let message = match found.code {
            Code::UnknownField => unknown.join(", "),
            _ => found.message.clone(),
        };
        assert!(said.contains(&message), "{}\n{message}\n{said}", case["id"]);
        compared += 1;
    }
    println!("{compared} refusals compared");
    assert!(compared > 0);
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

/// Every object that a recorded watch shows whole is known to the table: it decodes without a fault and encodes to itself.
#[test]
fn recorded_objects_are_as_the_table_says() {
    let Some(shared) = shared() else { return };
    let mut compared: BTreeMap<String, usize> = BTreeMap::new();
    for entry in fs::read_dir(shared.join("oracle/scenarios")).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().ends_with(".watch.jsonl") {
            continue;
        }
        for line in fs::read_to_string(&path).unwrap().lines() {
            let event: Value = serde_json::from_str(line).unwrap();
            let Some(object) = event.get("object") else { continue };
            let (api_version, kind) = (object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap());
            let info = kinds::find(api_version, kind).unwrap();
            let of = schema::struct_of(info.package, kind).unwrap();
            assert_eq!(findings(of, object), [], "{}", object["metadata"]["name"]);
            assert_eq!(
                encode(of, object),
                *object,
                "{}: {}",
                path.display(),
                object["metadata"]["name"]
            );
            *compared.entry(kind.to_owned()).or_default() += 1;
        }
    }
    println!("{compared:?}");
    assert!(!compared.is_empty());
}
