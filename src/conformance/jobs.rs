//! From files to facts, and from a fact to its case.

use crate::sim::btree::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::Value;

use super::csv::{self, Row};
use super::{Budget, Case, NOT_APPLICABLE, Verdict, corpus, facts, gateway, netpol, no_such_subject, oracle, vectors};

/// One fact, to be checked.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its file, relative to the folder.
    pub file: String,
    /// Its name within the file.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// The row of the table that counts it.
    pub group: String,
    work: Work,
}

#[derive(Clone, Debug)]
enum Work {
    Vector(Value),
    Row {
        row: Row,
        /// The objects of the manifests that it speaks of.
        objects: Result<Arc<[Value]>, String>,
    },
    Manifest(String),
    Scenario {
        scenario: String,
        watch: String,
    },
    Refusal(Value),
    Rollout(Value),
    Schedule(Value),
    /// A line or file that cannot be read, and why.
    Unreadable(String),
}

/// The facts of a folder, by file name and in the order of each file.
#[must_use]
pub fn jobs(files: &BTreeMap<String, String>) -> Vec<Job> {
    let mut jobs = Vec::new();
    for (file, text) in files {
        let name = file.rsplit('/').next().unwrap_or_default();
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        match (file.split('/').next(), ending) {
            (Some("vectors"), "jsonl") => vectors_of(file, text, &mut jobs),
            (Some("corpus"), "csv") if file.starts_with("corpus/facts/") => rows_of(file, name, files, &mut jobs),
            (Some("corpus"), "yaml" | "yml" | "json") => jobs.push(manifest(file, name, text)),
            (Some("oracle"), "json") if file.starts_with("oracle/scenarios/") => {
                let watch = files.get(&format!("oracle/scenarios/{stem}.watch.jsonl"));
                jobs.push(scenario(file, stem, text, watch));
            }
            (Some("oracle"), "jsonl") if !name.ends_with(".watch.jsonl") => lines_of(file, stem, text, &mut jobs),
            _ => {}
        }
    }
    jobs
}

/// The lines of a file of JSON values, each with its number from 1.
fn each_line(text: &str) -> impl Iterator<Item = (String, Result<Value, String>)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| {
        let value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"));
        ((index + 1).to_string(), value)
    })
}

fn name_in(value: &Value, field: &str, or: String) -> String {
    value[field].as_str().map_or(or, str::to_owned)
}

fn vectors_of(file: &str, text: &str, jobs: &mut Vec<Job>) {
    for (number, value) in each_line(text) {
        let (id, subject, work) = match value {
            Ok(value) => (
                name_in(&value, "id", number),
                name_in(&value, "subject", "none".to_owned()),
                Work::Vector(value),
            ),
            Err(why) => (number, file.to_owned(), Work::Unreadable(why)),
        };
        let (file, group) = (file.to_owned(), subject.clone());
        jobs.push(Job {
            file,
            id,
            subject,
            group,
            work,
        });
    }
}

fn rows_of(file: &str, name: &str, files: &BTreeMap<String, String>, jobs: &mut Vec<Job>) {
    let mut library = netpol::Library::new(files);
    let requests = file.replace("gateway_conformance_tests", "gateway_conformance_requests");
    let requests = files
        .get(&requests)
        .filter(|_| requests != file)
        .map(|text| csv::rows(text));
    for (index, mut row) in csv::rows(&files[file]).into_iter().enumerate() {
        if let Some(requests) = &requests {
            let own = requests.iter().filter(|request| request.get("test") == row.get("test"));
            let cells = |row: &Row| {
                row.iter()
                    .map(|(name, cell)| (name.clone(), Value::from(cell.as_str())))
                    .collect()
            };
            let own: Value = own.map(|row| Value::Object(cells(row))).collect();
            row.insert(gateway::REQUESTS.to_owned(), own.to_string());
        }
        let objects = library.objects(&row);
        jobs.push(Job {
            file: file.to_owned(),
            id: (index + 1).to_string(),
            subject: name.to_owned(),
            group: file.to_owned(),
            work: Work::Row { row, objects },
        });
    }
}

fn manifest(file: &str, name: &str, text: &str) -> Job {
    let source: Vec<&str> = file.split('/').take(2).collect();
    Job {
        file: file.to_owned(),
        id: file.strip_prefix("corpus/").unwrap_or(file).to_owned(),
        subject: name.to_owned(),
        group: source.join("/"),
        work: Work::Manifest(text.to_owned()),
    }
}

fn scenario(file: &str, name: &str, text: &str, watch: Option<&String>) -> Job {
    let group = oracle::group(text).unwrap_or_else(|| "unknown".to_owned());
    let work = watch.map_or_else(
        || Work::Unreadable("its watch events are missing".to_owned()),
        |watch| Work::Scenario {
            scenario: text.to_owned(),
            watch: watch.clone(),
        },
    );
    Job {
        file: file.to_owned(),
        id: name.to_owned(),
        subject: format!("oracle/{group}"),
        group: format!("oracle/{group}"),
        work,
    }
}

fn lines_of(file: &str, stem: &str, text: &str, jobs: &mut Vec<Job>) {
    for (number, value) in each_line(text) {
        let id = value
            .as_ref()
            .map_or(number.clone(), |value| name_in(value, "id", number));
        let work = match (stem, value) {
            (_, Err(why)) => Work::Unreadable(why),
            ("errors", Ok(value)) => Work::Refusal(value),
            ("rollouts", Ok(value)) => Work::Rollout(value),
            ("schedule", Ok(value)) => Work::Schedule(value),
            (_, Ok(value)) => Work::Vector(value),
        };
        let subject = format!("oracle/{stem}");
        let (file, group) = (file.to_owned(), subject.clone());
        jobs.push(Job {
            file,
            id,
            subject,
            group,
            work,
        });
    }
}

impl Job {
    /// Checks the fact. A panic is a failure.
    #[must_use]
    pub fn run(&self, budget: Budget<'_>) -> Case {
        let result = catch_unwind(AssertUnwindSafe(|| self.check(budget)))
            .unwrap_or_else(|panic| Err(format!("panic: {}", panic_text(panic.as_ref()))));
        let (verdict, why) = match result {
            Ok(()) => (Verdict::Passed, String::new()),
            Err(why) => match why.strip_prefix(NOT_APPLICABLE) {
                Some(rest) => (Verdict::NotApplicable, rest.trim_start_matches([':', ' ']).to_owned()),
                None => (Verdict::Failed, why),
            },
        };
        Case {
            id: self.id.clone(),
            file: self.file.clone(),
            subject: self.subject.clone(),
            group: self.group.clone(),
            verdict,
            why,
        }
    }

    fn check(&self, budget: Budget<'_>) -> Result<(), String> {
        match &self.work {
            Work::Vector(vector) if self.file.starts_with("vectors/") => vectors::run(&self.subject, vector),
            Work::Vector(_) => no_such_subject(),
            Work::Row { row, objects } => {
                facts::run(&self.subject, row, objects.as_deref().map_err(Clone::clone), budget)
            }
            Work::Manifest(text) => corpus::run(text, budget),
            Work::Scenario { scenario, watch } => oracle::run_scenario(scenario, watch, budget),
            Work::Refusal(case) => oracle::run_refusal(case, budget),
            Work::Rollout(case) => oracle::run_rollout(case, budget),
            Work::Schedule(case) => oracle::run_schedule(case),
            Work::Unreadable(why) => Err(why.clone()),
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> BTreeMap<String, String> {
        list.iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn every_fact_is_a_case_and_a_bad_one_fails() {
        let files = files(&[
            (
                "vectors/intstr.jsonl",
                "{\"id\":\"a\",\"subject\":\"intstr/parse\",\"text\":\"5\",\"expect\":{\"type\":\"int\",\"value\":6}}\nno JSON\n",
            ),
            ("vectors/later.jsonl", "{\"id\":\"b\",\"subject\":\"later/on\"}\n"),
            ("corpus/facts/later.csv", "a,b\n1,2\n"),
            ("corpus/some/README.md", "no fact"),
            ("oracle/scenarios/x.json", "{\"group\":\"pod\"}"),
            ("oracle/later.jsonl", "{\"id\":\"c\"}"),
        ]);
        let budget = Budget {
            events: 1,
            expired: &|| false,
        };
        let cases: Vec<Case> = jobs(&files).iter().map(|job| job.run(budget)).collect();
        let got: Vec<(&str, &str, Verdict)> = cases
            .iter()
            .map(|case| (case.id.as_str(), case.subject.as_str(), case.verdict))
            .collect();
        let want = [
            ("1", "later.csv", Verdict::NotApplicable),
            ("c", "oracle/later", Verdict::NotApplicable),
            ("x", "oracle/pod", Verdict::Failed),
            ("a", "intstr/parse", Verdict::Failed),
            ("2", "vectors/intstr.jsonl", Verdict::Failed),
            ("b", "later/on", Verdict::NotApplicable),
        ];
        assert_eq!(got, want);
    }
}
