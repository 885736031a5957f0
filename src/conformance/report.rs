//! The table of verdicts, the file of cases, and the floors below which no subject may fall.

use crate::sim::btree::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::{Case, Verdict};

/// How many cases of a group passed, failed, and do not apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Passed.
    pub passed: u32,
    /// Failed.
    pub failed: u32,
    /// Not applicable.
    pub other: u32,
}

/// The counts by group.
#[must_use]
pub fn counts(cases: &[Case]) -> BTreeMap<String, Count> {
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for case in cases {
        let count = counts.entry(case.group.clone()).or_default();
        match case.verdict {
            Verdict::Passed => count.passed += 1,
            Verdict::Failed => count.failed += 1,
            Verdict::NotApplicable => count.other += 1,
        }
    }
    counts
}

/// The counts as a table for people.
#[must_use]
pub fn table(counts: &BTreeMap<String, Count>) -> String {
    let width = counts
        .keys()
        .map(String::len)
        .max()
        .unwrap_or_default()
        .max("subject".len());
    let mut text = format!("{:width$}  passed  failed  n/a    total\n", "subject");
    let mut all = Count::default();
    let line = |name: &str, count: &Count| {
        let Count { passed, failed, other } = count;
        format!(
            "{name:width$}  {passed:6}  {failed:6}  {other:5}  {:5}\n",
            passed + failed + other
        )
    };
    for (group, count) in counts {
        text.push_str(&line(group, count));
        all.passed += count.passed;
        all.failed += count.failed;
        all.other += count.other;
    }
    text.push_str(&line("all", &all));
    text
}

/// The cases as JSON.
#[must_use]
pub fn json(cases: &[Case]) -> Value {
    let case = |case: &Case| {
        json!({
            "id": case.id, "file": case.file, "subject": case.subject, "verdict": case.verdict.name(), "why": case.why,
        })
    };
    json!({"cases": cases.iter().map(case).collect::<Vec<_>>()})
}

/// The groups that fell below their floor, in the words for people. A line of `floors` is a group and a count.
#[must_use]
pub fn fallen(counts: &BTreeMap<String, Count>, floors: &str) -> Vec<String> {
    let mut fallen = Vec::new();
    for line in floors.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let floor = line
            .rsplit_once(' ')
            .and_then(|(group, floor)| Some((group.trim(), floor.parse::<u32>().ok()?)));
        let Some((group, floor)) = floor else {
            fallen.push(format!("no floor: {line}"));
            continue;
        };
        let passed = counts.get(group).copied().unwrap_or_default().passed;
        if passed < floor {
            fallen.push(format!("{group}: {passed} passed, {floor} before"));
        }
    }
    fallen
}

/// The floors that the counts set.
#[must_use]
pub fn floors(counts: &BTreeMap<String, Count>) -> String {
    let mut text = "# Cases that passed, by subject. A run on the same data must not fall below.\n".to_owned();
    for (group, count) in counts.iter().filter(|(_, count)| count.passed > 0) {
        writeln!(text, "{group} {}", count.passed).expect("a String takes all");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_below_its_floor_is_told() {
        let case = |group: &str, verdict| Case {
            id: String::new(),
            file: String::new(),
            subject: group.to_owned(),
            group: group.to_owned(),
            verdict,
            why: String::new(),
        };
        let cases = [
            case("a", Verdict::Passed),
            case("a", Verdict::Failed),
            case("b", Verdict::Passed),
        ];
        let counts = counts(&cases);
        assert_eq!(fallen(&counts, &floors(&counts)), Vec::<String>::new());
        assert_eq!(
            fallen(&counts, "# x\n\na 2\nb 1\nc 1\nd"),
            ["a: 1 passed, 2 before", "c: 0 passed, 1 before", "no floor: d",]
        );
        assert!(
            table(&counts).ends_with("all           2       1      0      3\n"),
            "{}",
            table(&counts)
        );
    }
}
