//! Reading a scenario: its document, its manifests, and what is wrong with them and where.

use serde_json::Value;

use super::document::{ScenarioDocument, ScenarioSpec};
use super::rates;
use crate::api::duration::parse_go_duration;
use crate::api::lean;
use crate::api::quantity::Quantity;
use crate::api::schema;
use crate::api::yaml::{self, Code, Diagnostic, Document, Places, Severity};
use crate::network::{Origin, Url};

/// The `apiVersion` of scenario documents.
const API_VERSION: &str = "kubarium.dev/v1";

/// A scenario as it was written.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    /// The text.
    pub text: String,
    /// Name of the scenario; empty where the text has no `Scenario` document.
    pub name: String,
    /// What the `Scenario` document says.
    pub spec: ScenarioSpec,
    /// The manifests, in order.
    pub manifests: Vec<Document>,
    /// Where the `Scenario` document stands in the text.
    places: Places,
    /// What is wrong with the text. Documents with errors are among the manifests still, but are not applied.
    pub diagnostics: Vec<Diagnostic>,
}

impl Scenario {
    /// Reads a text. One bad document does not lose the others.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut scenario = Self {
            text: text.to_owned(),
            ..Self::default()
        };
        scenario.add(text);
        scenario
    }

    /// Reads one more text, as of a second file.
    pub fn add(&mut self, text: &str) {
        let found = yaml::read(text);
        self.diagnostics.extend(found.diagnostics);
        let (own, manifests): (Vec<_>, Vec<_>) = found.documents.into_iter().partition(is_own);
        for document in own {
            self.take(&document);
        }
        self.diagnostics.extend(schema::check::check_documents(&manifests));
        self.manifests.extend(manifests);
    }

    /// Whether something is wrong that Kubernetes, or this project, refuses.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// A complaint about the field at `path` of the `Scenario` document.
    #[must_use]
    pub fn complaint(&self, path: &str, problem: String) -> Diagnostic {
        Diagnostic::error(Code::Invalid, problem, self.places.nearest(path).value).at_path(path)
    }

    fn take(&mut self, document: &Document) {
        if !self.name.is_empty() {
            let problem = "only one Scenario document is taken; this one is left out";
            self.diagnostics
                .push(Diagnostic::error(Code::Invalid, problem, document.places.value));
            return;
        }
        let mut found = check(document);
        let usable = found.iter().all(|diagnostic| diagnostic.code == Code::UnknownField);
        if usable {
            match lean::decode::<ScenarioDocument>(document.value.clone()) {
                Ok(own) => {
                    self.name = own.meta.name.to_string();
                    self.spec = own.spec;
                    self.places = document.places.clone();
                }
                Err(error) => {
                    let place = document.places.nearest(&error.path).value;
                    found.push(Diagnostic::error(Code::WrongType, error.to_string(), place).at_path(error.path));
                }
            }
        }
        self.diagnostics.append(&mut found);
    }
}

fn is_own(document: &Document) -> bool {
    document
        .value
        .get("apiVersion")
        .and_then(Value::as_str)
        .is_some_and(|version| version.starts_with("kubarium.dev/"))
}

fn check(document: &Document) -> Vec<Diagnostic> {
    let text = |name: &str| document.value.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("apiVersion") != API_VERSION || text("kind") != "Scenario" {
        let problem = format!(
            "no matches for kind {:?} in version {:?}",
            text("kind"),
            text("apiVersion")
        );
        let hint = "this project's own kind is Scenario in kubarium.dev/v1";
        return vec![Diagnostic::error(Code::UnknownKind, problem, document.places.value).with_hint(hint)];
    }
    let mut found = schema::check::check_own(document, "Scenario");
    each_text(&document.value, "", &mut |path, name, text| {
        let problem = match name {
            "at" | "for" | "after" | "latency" | "pull" | "start" if !path.contains("until") => {
                parse_go_duration(text).err().map(|why| format!("no duration: {why}"))
            }
            "cpu" if path.starts_with("spec.behaviours") => {
                parse_go_duration(text).err().map(|why| format!("no duration: {why}"))
            }
            "rate" => rates::parse_rate(text).err(),
            "from" if path.starts_with("spec.traffic") => Origin::parse(text).err(),
            "to" if path.starts_with("spec.traffic") => Url::parse(text).err(),
            "growth" => rates::parse_growth(text).err(),
            "cpu" | "memory" => Quantity::parse(text).err().map(|why| why.to_string()),
            _ => None,
        };
        if let Some(problem) = problem {
            let place = document.places.nearest(path).value;
            found.push(Diagnostic::error(Code::Invalid, problem, place).at_path(path));
        }
    });
    found
}

/// Visits every text in a value with its path and the name of its field.
fn each_text(value: &Value, path: &str, visit: &mut dyn FnMut(&str, &str, &str)) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let inner_path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                if let Value::String(text) = inner {
                    visit(&inner_path, name, text);
                }
                each_text(inner, &inner_path, visit);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                each_text(inner, &format!("{path}[{index}]"), visit);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "apiVersion: kubarium.dev/v1\nkind: Scenario\nmetadata: {name: a}\nspec:\n";

    #[test]
    fn faults_are_told_with_their_place() {
        let cases = [
            ("  sead: 3\n", "5:3 unknown field \"spec.sead\""),
            (
                "  traffic:\n  - {from: internet, to: x, rate: fast}\n",
                "6:35 no rate: \"fast\" (write it as 20/s)",
            ),
            (
                "  traffic:\n  - {from: moon, to: x, rate: 1/s}\n",
                "6:12 \"moon\" sends no requests: write internet, pod/NAME, pod/NAMESPACE/NAME or node/NAME",
            ),
            (
                "  timeline:\n  - {at: soon, kubectl: get pods}\n",
                "6:10 no duration: time: invalid duration \"soon\"",
            ),
        ];
        for (spec, want) in cases {
            let scenario = Scenario::read(&format!("{HEAD}{spec}"));
            let found: Vec<String> = scenario
                .diagnostics
                .iter()
                .map(|d| format!("{}:{} {}", d.line, d.column, d.message))
                .collect();
            assert_eq!(found, [want], "{spec}");
        }
    }

    #[test]
    fn a_scenario_keeps_its_manifests_and_its_numbers() {
        let text = format!(
            "{HEAD}  seed: 9\n  nodes: [{{count: 2, cpu: \"4\"}}]\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: x}}\n"
        );
        let scenario = Scenario::read(&text);
        assert_eq!(
            (scenario.name.as_str(), scenario.spec.seed, scenario.manifests.len()),
            ("a", Some(9), 1)
        );
        assert_eq!(scenario.spec.nodes[0].count, Some(2));
        assert!(scenario.diagnostics.is_empty(), "{:?}", scenario.diagnostics);
    }
}
