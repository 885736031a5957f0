//! Runs the shared vectors of the plain values: quantities, numbers or texts, durations, labels, names.
//!
//! The data lies outside the repository, in the folder that `KUBARIUM_SHARED` names. Without the variable the tests say
//! so and pass; with it, a missing file is a failure.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that reads the shared data where it stands, and says what it ran"
)]

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use kubarium::api::Str;
use kubarium::api::duration::{human_duration, short_human_duration};
use kubarium::api::intstr::IntOrString;
use kubarium::api::labels::{Labels, Operator, Requirement, Selector, parse_labels};
use kubarium::api::names::{self, Path};
use kubarium::api::quantity::Quantity;
use serde_json::{Value, json};

/// The vectors of one file, or nothing where there is no shared data.
fn vectors(file: &str) -> Option<Vec<Value>> {
    let Ok(shared) = std::env::var("KUBARIUM_SHARED") else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return None;
    };
    let path = FilePath::new(&shared).join("vectors").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Runs `check` on each vector but those of `foreign` subjects, and fails with all that went wrong. `check` gives what
/// it got and what it wants, or nothing if it does not know the subject. Prints how many passed, by subject.
fn run(file: &str, foreign: &[&str], check: impl Fn(&str, &Value) -> Option<(Value, Value)>) {
    let Some(vectors) = vectors(file) else { return };
    let mut passed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for vector in &vectors {
        let subject = text(vector, "subject");
        if foreign.contains(&subject) {
            continue;
        }
        match check(subject, vector) {
            Some((got, want)) if got == want => *passed.entry(subject).or_default() += 1,
            Some((got, want)) => wrong.push(format!("got {got}, want {want}: {vector}")),
            None => wrong.push(format!("unknown subject: {vector}")),
        }
    }
    println!("{file}: {passed:?}");
    assert!(!vectors.is_empty(), "{file} is empty");
    assert!(wrong.is_empty(), "{file}: {} wrong\n{}", wrong.len(), wrong.join("\n"));
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field]
        .as_str()
        .unwrap_or_else(|| panic!("no text {field} in {vector}"))
}

fn number(vector: &Value, field: &str) -> i64 {
    vector[field]
        .as_i64()
        .unwrap_or_else(|| panic!("no number {field} in {vector}"))
}

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// `a` of a vector after a change by its `b`, against the result it wants.
fn arithmetic(vector: &Value, change: fn(&mut Quantity, &Value)) -> Option<(Value, Value)> {
    let mut result = quantity(text(vector, "a"));
    change(&mut result, &vector["b"]);
    let same = result == quantity(text(&vector["expect"], "result"));
    Some((
        json!({"result": result.to_string(), "same": same}),
        json!({"result": result.to_string(), "same": true}),
    ))
}

#[test]
fn quantities() {
    run("quantity.jsonl", &[], |subject, vector| {
        let expect = &vector["expect"];
        match subject {
            "quantity/parse" => {
                let parsed = Quantity::parse(text(vector, "text"));
                let valid = match (&parsed, expect["equals"].as_str()) {
                    (Ok(got), Some(want)) => *got == quantity(want),
                    (parsed, _) => parsed.is_ok(),
                };
                Some((valid.into(), expect["valid"].clone()))
            }
            "quantity/canonical" => Some((
                quantity(text(vector, "text")).to_string().into(),
                expect["canonical"].clone(),
            )),
            "quantity/compare" => {
                let order = quantity(text(vector, "a")).cmp(&quantity(text(vector, "b")));
                Some(((order as i64).into(), expect["cmp"].clone()))
            }
            "quantity/add" => arithmetic(vector, |a, b| a.add(&quantity(b.as_str().unwrap()))),
            "quantity/sub" => arithmetic(vector, |a, b| a.sub(&quantity(b.as_str().unwrap()))),
            "quantity/mul" => arithmetic(vector, |a, b| a.mul(b.as_i64().unwrap())),
            "quantity/roundUp" => {
                let mut result = quantity(text(vector, "text"));
                let exact = result.round_up(i32::try_from(number(vector, "scale")).unwrap());
                Some((json!({"result": result.to_string(), "exact": exact}), expect.clone()))
            }
            _ => None,
        }
    });
}

#[test]
fn numbers_or_texts() {
    run("intstr.jsonl", &[], |subject, vector| match subject {
        "intstr/parse" => {
            let got = match IntOrString::parse(text(vector, "text")) {
                IntOrString::Int(n) => json!({"type": "int", "value": n}),
                IntOrString::String(text) => json!({"type": "string", "value": &*text}),
            };
            Some((got, vector["expect"].clone()))
        }
        "intstr/scaled" => {
            let value = match &vector["input"] {
                Value::String(text) => IntOrString::from(text.as_str()),
                n => IntOrString::Int(i32::try_from(n.as_i64().unwrap()).unwrap()),
            };
            let got = match value.scaled(number(vector, "total"), vector["roundUp"].as_bool().unwrap()) {
                Ok(value) => json!({"value": value}),
                Err(_) => json!({"error": true}),
            };
            Some((got, vector["expect"].clone()))
        }
        _ => None,
    });
}

#[test]
fn durations() {
    run("duration.jsonl", &[], |subject, vector| {
        let seconds = number(vector, "nanoseconds") / 1_000_000_000;
        let got = match subject {
            "duration/humanDuration" => human_duration(seconds),
            "duration/shortHumanDuration" => short_human_duration(seconds),
            _ => return None,
        };
        Some((got.into(), vector["expect"]["text"].clone()))
    });
}

fn labels(value: &Value) -> Labels {
    let pairs = value.as_object().unwrap().iter();
    pairs
        .map(|(key, value)| (Str::from(key.as_str()), Str::from(value.as_str().unwrap())))
        .collect()
}

/// A requirement from a vector, or nothing if it is not legal.
fn requirement(value: &Value) -> Option<Requirement> {
    let operator = match text(value, "operator") {
        "!" => Operator::DoesNotExist,
        "=" => Operator::Equals,
        "==" => Operator::DoubleEquals,
        "in" => Operator::In,
        "!=" => Operator::NotEquals,
        "notin" => Operator::NotIn,
        "exists" => Operator::Exists,
        "gt" => Operator::GreaterThan,
        "lt" => Operator::LessThan,
        _ => return None,
    };
    let values = value["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_str().unwrap().into())
        .collect();
    Requirement::new(text(value, "key").into(), operator, values, &Path::NIL).ok()
}

#[test]
fn labels_and_selectors() {
    run("labels.jsonl", &[], |subject, vector| {
        let expect = &vector["expect"];
        match subject {
            "labels/parse" => {
                let got = match Selector::parse(text(vector, "selector")) {
                    Ok(selector) => json!({"valid": true, "canonical": selector.to_string()}),
                    Err(_) => json!({"valid": false}),
                };
                Some((got, expect.clone()))
            }
            "labels/match" => {
                let selector = Selector::parse(text(vector, "selector")).unwrap();
                Some((
                    selector.matches(&labels(&vector["labels"])).into(),
                    expect["match"].clone(),
                ))
            }
            "labels/requirement" => Some((requirement(vector).is_some().into(), expect["valid"].clone())),
            "labels/requirementsMatch" => {
                let requirements = vector["requirements"].as_array().unwrap();
                let selector = Selector::new(requirements.iter().map(|value| requirement(value).unwrap()).collect());
                Some((
                    selector.matches(&labels(&vector["labels"])).into(),
                    expect["match"].clone(),
                ))
            }
            "labels/parseSet" => {
                let parsed = parse_labels(text(vector, "text"));
                let same = match (&parsed, expect.get("labels")) {
                    (Ok(got), Some(want)) => *got == labels(want),
                    (parsed, _) => parsed.is_ok(),
                };
                Some((same.into(), expect["valid"].clone()))
            }
            _ => None,
        }
    });
}

/// Subjects that judge whole objects, which are not plain values.
const WHOLE_OBJECTS: [&str; 5] = [
    "validation/ingress",
    "validation/ingressClass",
    "validation/ingressCreate",
    "validation/ingressPath",
    "validation/networkPolicy",
];

/// Whether a value is legal by the rule of a subject, or nothing if there is no such rule.
fn is_legal(subject: &str, value: &Value) -> Option<bool> {
    let rule: fn(&str) -> Vec<String> = match subject {
        "validation/IsConfigMapKey" => names::is_config_map_key,
        "validation/IsDNS1035Label" => names::is_dns1035_label,
        "validation/IsDNS1123Label" => names::is_dns1123_label,
        "validation/IsDNS1123Subdomain" => names::is_dns1123_subdomain,
        "validation/IsHTTPHeaderName" => names::is_http_header_name,
        "validation/IsQualifiedName" => names::is_qualified_name,
        "validation/IsRelaxedEnvVarName" => names::is_relaxed_env_var_name,
        "validation/IsValidLabelValue" => names::is_valid_label_value,
        "validation/IsValidPercent" => names::is_valid_percent,
        "validation/IsValidPortName" => names::is_valid_port_name,
        "validation/IsWildcardDNS1123Subdomain" => names::is_wildcard_dns1123_subdomain,
        "validation/IsValidPortNum" => return Some(names::is_valid_port_num(value.as_i64().unwrap()).is_empty()),
        "validation/IsFullyQualifiedDomainName" => {
            let errors = names::is_fully_qualified_domain_name(&Path::NIL, value.as_str().unwrap());
            return Some(errors.is_empty());
        }
        _ => return None,
    };
    Some(rule(value.as_str().unwrap()).is_empty())
}

#[test]
fn names_and_short_texts() {
    run("validation.jsonl", &WHOLE_OBJECTS, |subject, vector| {
        let valid = vector["expect"]["valid"].as_bool().unwrap();
        let values = vector["values"].as_array().unwrap();
        let legal: Option<Vec<bool>> = values.iter().map(|value| is_legal(subject, value)).collect();
        Some((json!(legal?), json!(vec![valid; values.len()])))
    });
}
