//! Manifests of others: each is applied to a fresh cluster that then runs for a while.

use crate::sim::btree::BTreeSet;
use std::fmt::Write;

use super::Budget;
use crate::api::yaml::{Code, Diagnostic, Severity};
use crate::scenario::{Options, Scenario};
use crate::sim::SimTime;

/// How long the cluster runs.
const RUN: SimTime = SimTime(60_000_000_000);

/// Applies a manifest and lets the cluster run. What Kubernetes refuses must be refused in its words.
pub(super) fn run(text: &str, budget: Budget<'_>) -> Result<(), String> {
    let scenario = with_namespaces(text);
    let (mut cluster, refused) = scenario.build(Options::default());
    while cluster.step(RUN) {
        budget.check(cluster.events())?;
    }
    let errors = scenario
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error);
    let strange: Vec<String> = errors
        .chain(&refused)
        .filter(|found| !is_of_kubernetes(found))
        .map(told)
        .collect();
    if strange.is_empty() {
        Ok(())
    } else {
        Err(strange.join("; "))
    }
}

/// A manifest with the namespaces that it uses and does not make.
#[must_use]
pub fn with_namespaces(text: &str) -> Scenario {
    let mut scenario = Scenario::read(&namespaces(&Scenario::read(text)));
    scenario.add(text);
    scenario
}

/// A manifest of the namespaces that a file uses and does not make.
fn namespaces(scenario: &Scenario) -> String {
    let documents = || scenario.manifests.iter().map(|document| &document.value);
    let made: BTreeSet<&str> = documents()
        .filter(|value| value["kind"] == "Namespace")
        .filter_map(|value| value["metadata"]["name"].as_str())
        .collect();
    let used: BTreeSet<&str> = documents()
        .filter_map(|value| value["metadata"]["namespace"].as_str())
        .collect();
    let mut text = String::new();
    for name in used.difference(&made).filter(|name| !EVER.contains(name)) {
        write!(
            text,
            "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name:?}\n"
        )
        .expect("a String takes all");
    }
    text
}

/// Namespaces that every cluster has.
const EVER: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Whether a refusal is one that Kubernetes gives too: a kind or version that v1.36 does not serve, a field that it does
/// not have, a value of another type, a rule of validation, and what a pod needs and the file does not bring.
fn is_of_kubernetes(found: &Diagnostic) -> bool {
    let said = |part: &str| found.message.contains(part);
    match found.code {
        Code::UnknownKind => said("no matches for kind"),
        Code::UnknownField => said("unknown field"),
        Code::WrongType => true,
        Code::Invalid => {
            said(" is invalid: ")
                || said("error looking up service account")
                || said("no PriorityClass with name")
                || said("pod rejected: RuntimeClass")
        }
        _ => false,
    }
}

fn told(found: &Diagnostic) -> String {
    format!(
        "{}:{} {:?} {}: {}",
        found.line, found.column, found.code, found.path, found.message
    )
}
