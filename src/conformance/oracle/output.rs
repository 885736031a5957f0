//! Compares what commands printed.

use serde_json::Value;

use super::normal::Names;
use super::recording::Step;
use super::replay::{Outcome, is_read, is_table};
use super::slack::Slack;
use crate::api::yaml;
use crate::kubectl::Output;

/// What lines may differ by.
#[derive(Clone, Copy, Debug, Default)]
struct Leeway {
    /// Statuses were held back for so many seconds before.
    held_s: i64,
    /// So many pods' statuses were held back then.
    held_pods: i64,
    /// What times may differ by, in seconds.
    slack_s: i64,
    /// Other scenarios ran at the same time, on the same nodes.
    others: bool,
    /// Which pods are left was a choice among some that were alike.
    siblings: bool,
}

/// The differences of one step. What a command that reads printed may be that of any of its looks.
pub(super) fn compare(
    step: &Step,
    (names, own_names): (&Names, &Names),
    outcome: Option<&Outcome>,
    slack: &Slack,
) -> Vec<String> {
    let last = step.at + step.took;
    let leeway = Leeway {
        held_s: slack.held_before(last) / 1000,
        held_pods: slack.held_pods(step.at, last),
        slack_s: slack.at(last) / 1000,
        others: slack.others_ran(),
        siblings: slack.has_chosen(step.at),
    };
    let Some(outcome) = outcome.filter(|outcome| !outcome.outputs.is_empty()) else {
        return vec![format!("[{}] {}: no output", step.at, step.command)];
    };
    let mut first = None;
    for output in &outcome.outputs {
        let differences = differences(step, names, output, own_names, leeway);
        if differences.is_empty() {
            return differences;
        }
        first.get_or_insert(differences);
        if !is_read(step) {
            break;
        }
    }
    if is_table(step) && each_line_was_printed(step, names, &outcome.outputs, own_names, leeway) {
        return Vec::new();
    }
    let told = first.unwrap_or_default();
    told.into_iter()
        .map(|difference| format!("[{}] {}: {difference}", step.at, step.command))
        .collect()
}

fn differences(step: &Step, names: &Names, output: &Output, own_names: &Names, leeway: Leeway) -> Vec<String> {
    let mut differences = Vec::new();
    if !step.stopped && output.code.map(i64::from) != Some(step.code) {
        let code = output.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        differences.push(format!("code {code}, not {}", step.code));
    }
    let stdout = if step.body.is_some() {
        same_answers(&names.text(&step.stdout), &own_names.text(&output.stdout))
    } else if step.command.contains("-o yaml") || step.command.contains("-o json\n") {
        same_documents(&step.stdout, names, &output.stdout, own_names)
    } else {
        same_lines(
            step,
            names,
            &names.text(&step.stdout),
            &own_names.text(&output.stdout),
            leeway,
        )
    };
    differences.extend(stdout);
    if names.text(&step.stderr) != own_names.text(&output.stderr) {
        differences.push(format!(
            "stderr\n      want {:?}\n      got  {:?}",
            step.stderr, output.stderr
        ));
    }
    differences
}

/// Two answers of the API.
fn same_answers(want: &str, got: &str) -> Option<String> {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    (read(want) != read(got)).then(|| format!("answer\n      want {want}\n      got  {got}"))
}

/// Whether each recorded line was printed at one of the looks. Objects that change at the same time for different reasons
/// (a Deployment, its ReplicaSets and its pods) are seldom all at the recorded point at one instant.
fn each_line_was_printed(step: &Step, names: &Names, outputs: &[Output], own_names: &Names, leeway: Leeway) -> bool {
    let printed: Vec<String> = outputs
        .iter()
        .flat_map(|output| lines(&own_names.text(&output.stdout)))
        .collect();
    let errors_agree = outputs
        .iter()
        .any(|output| names.text(&step.stderr) == own_names.text(&output.stderr));
    let want = lines(&names.text(&step.stdout));
    errors_agree
        && want.iter().all(|line| {
            printed
                .iter()
                .any(|other| same_words(line, other, leeway) || same_counts(line, other, leeway))
        })
}

/// Whether two rows of a workload say the same but for one pod more or less.
fn same_counts(want: &str, got: &str, leeway: Leeway) -> bool {
    let is_workload = want.starts_with("deployment.apps/") || want.starts_with("replicaset.apps/");
    let number = |word: &str| word.split('/').next().and_then(|number| number.parse::<i64>().ok());
    let (a, b): (Vec<&str>, Vec<&str>) = (want.split(' ').collect(), got.split(' ').collect());
    let near = |(a, b): (&&str, &&str)| {
        same_words(a, b, leeway) || number(a).zip(number(b)).is_some_and(|(a, b)| (a - b).abs() <= 1)
    };
    is_workload && a.len() == b.len() && a.iter().zip(&b).all(near)
}

/// Compares YAML by its documents: what was generated makes the order of a list's items random.
fn same_documents(want: &str, names: &Names, got: &str, own_names: &Names) -> Option<String> {
    let read = |text: &str, names: &Names| {
        let value = yaml::read(text)
            .documents
            .into_iter()
            .next()
            .map(|document| document.value)
            .unwrap_or_default();
        let mut value = names.value(&value);
        if let Some(items) = value["items"].as_array_mut() {
            items.sort_by_cached_key(Value::to_string);
        }
        value
    };
    let (want, got) = (read(want, names), read(got, own_names));
    let mut differences = Vec::new();
    differing("", &want, &got, &mut differences);
    (!differences.is_empty()).then(|| differences.join("; "))
}

/// The fields in which two values differ.
fn differing(path: &str, want: &Value, got: &Value, differences: &mut Vec<String>) {
    match (want, got) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: crate::sim::btree::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                differing(&format!("{path}.{key}"), &want[key], &got[key], differences);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (want, got)) in a.iter().zip(b).enumerate() {
                differing(&format!("{path}[{index}]"), want, got, differences);
            }
        }
        _ if want == got => {}
        _ => differences.push(format!("{path}: want {want}, got {got}")),
    }
}

/// Compares texts line by line; the lines of generated names may come in another order, and ages differ.
fn same_lines(step: &Step, names: &Names, want: &str, got: &str, leeway: Leeway) -> Option<String> {
    let (mut want, mut got) = (lines(want), lines(got));
    if step.command.contains(" describe node") && leeway.others {
        want.retain(|line| !tells_of_others(line));
        got.retain(|line| !tells_of_others(line));
    }
    let noise = |line: &String| super::events::is_noise(line) || names.tells_of_good_pull(line);
    want.retain(|line| !noise(line));
    got.retain(|line| !noise(line));
    once_each_step(&mut want);
    once_each_step(&mut got);
    if step.background || step.command.contains(" rollout status") {
        want.dedup();
        got.dedup();
        if step.command.contains(" rollout status") {
            return same_progress(&want, &got);
        }
        if same_watch(&want, &got, leeway) {
            return None;
        }
        // Where statuses were held back, several became one, and some came after the end.
        let told = |line: &String| got.iter().any(|other| same_words(line, other, leeway));
        if leeway.held_s > 0 && want.iter().all(told) {
            return None;
        }
    }
    let in_order = want.len() == got.len() && want.iter().zip(&got).all(|(want, got)| same_words(want, got, leeway));
    if in_order {
        return None;
    }
    let (mut left, mut unmatched) = (got.clone(), Vec::new());
    for line in &want {
        match left.iter().position(|other| same_words(line, other, leeway)) {
            Some(index) => {
                left.remove(index);
            }
            None => unmatched.push(line.clone()),
        }
    }
    // Events of one second, and of one age, are in the order of their names.
    let random = step.command.contains("events")
        || step.command.contains("describe")
        || want.iter().any(|line| line.contains('#'));
    if unmatched.is_empty() && left.is_empty() && random {
        return None;
    }
    if unmatched.is_empty() && left.is_empty() {
        return Some(format!(
            "lines in another order\n      want {}\n      got  {}",
            want.join("\n           "),
            got.join("\n           ")
        ));
    }
    Some(format!(
        "\n      want {}\n      got  {}",
        unmatched.join("\n           "),
        left.join("\n           ")
    ))
}

/// Whether a line of a node's description tells of all its pods: what they ask for, or how many they are.
fn tells_of_others(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let is_share = |word: &&&str| word.starts_with('(') && word.ends_with("%)");
    let shares = words.iter().filter(is_share).count();
    shares == 4 || (shares == 2 && words.len() == 5) || line.starts_with("Non-terminated Pods:")
}

/// The words of each line, but for empty lines.
fn lines(text: &str) -> Vec<String> {
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect()
}

/// Whether two watches tell the same of each object. Which of several objects is told of first is a race.
fn same_watch(want: &[String], got: &[String], leeway: Leeway) -> bool {
    let name = |line: &String| line.split(' ').next().unwrap_or_default().to_owned();
    let names: crate::sim::btree::BTreeSet<String> = want.iter().chain(got).map(name).collect();
    names.iter().all(|object| {
        let of =
            |lines: &[String]| -> Vec<String> { lines.iter().filter(|line| name(line) == *object).cloned().collect() };
        let (want, got) = (of(want), of(got));
        is_part(&want, &got, leeway) || is_part(&got, &want, leeway)
    })
}

/// Whether the lines of a watch are those of another, some of them left out but for the first and the last: what lasts a
/// moment is one event of a watch or none.
fn is_part(part: &[String], whole: &[String], leeway: Leeway) -> bool {
    let ends = |lines: &[String]| Some((lines.first()?.clone(), lines.last()?.clone()));
    let ends_agree = ends(part)
        .zip(ends(whole))
        .is_some_and(|(a, b)| same_words(&a.0, &b.0, leeway) && same_words(&a.1, &b.1, leeway));
    let mut rest = whole.iter();
    ends_agree
        && part
            .iter()
            .all(|line| rest.any(|other| same_words(line, other, leeway)))
}

/// A rollout's steps are compared as the sizes of its ReplicaSets: of the events about them one of each sort is kept.
fn once_each_step(lines: &mut Vec<String>) {
    let mut seen = crate::sim::btree::BTreeSet::new();
    lines.retain(
        |line| match line.find("Scaled ").filter(|_| line.contains("ScalingReplicaSet")) {
            Some(at) => seen.insert(line[at..].to_owned()),
            None => true,
        },
    );
}

/// How far a rollout came is told at each event of the watch, so that a step may be told here and not there: the last
/// line must be the same, and the sorts of lines those of the other side, some of them left out, in the same order.
fn same_progress(want: &[String], got: &[String]) -> Option<String> {
    let sorts = |lines: &[String]| {
        let mut sorts: Vec<String> = lines
            .iter()
            .map(|line| line.chars().filter(|c| !c.is_ascii_digit()).collect())
            .collect();
        sorts.dedup();
        sorts
    };
    let subset = |part: &[String], whole: &[String]| {
        let mut whole = whole.iter();
        part.iter().all(|item| whole.any(|other| other == item))
    };
    let (a, b) = (sorts(want), sorts(got));
    let same = want.last() == got.last() && (subset(&a, &b) || subset(&b, &a));
    (!same).then(|| {
        format!(
            "\n      want {}\n      got  {}",
            want.join("\n           "),
            got.join("\n           ")
        )
    })
}

/// Whether two lines say the same: their words but for ages, which may differ by some seconds, and by those for which
/// statuses were held back.
fn same_words(want: &str, got: &str, leeway: Leeway) -> bool {
    let (mut want, mut got): (Vec<&str>, Vec<&str>) = (want.split(' ').collect(), got.split(' ').collect());
    // When a warning was last repeated depends on the phases of probes and of back-off.
    let repeated = [
        "BackOff",
        "Unhealthy",
        "Failed",
        "FailedScheduling",
        "FailedMount",
        "FailedCreate",
    ]
    .iter()
    .any(|reason| want.contains(reason));
    // How often is compared by the events themselves.
    if repeated && want.len() != got.len() {
        let count = |words: &mut Vec<&str>| {
            if let Some(at) = words.iter().position(|word| word.starts_with("(x")) {
                words.drain(at..(at + 3).min(words.len()));
            }
        };
        count(&mut want);
        count(&mut got);
    }
    // The row of a pod of which several are alike may be that of another one; a node is as old as its cluster.
    let siblings = want[0] == "NODE" || (leeway.siblings && want[0].ends_with('#'));
    let counts_pods = leeway.held_pods > 0 && want[0] == "Replicas:";
    let words_agree = |(want, got): (&&str, &&str)| {
        let ages_agree = || {
            age(want)
                .zip(age(got))
                .is_some_and(|(a, b)| repeated || siblings || (a - b).abs() <= 1 + leeway.slack_s)
        };
        let times = |word: &str| word.strip_prefix("(x").and_then(|count| count.parse::<i64>().ok());
        let counts_agree = || {
            times(want)
                .zip(times(got))
                .is_some_and(|(a, b)| (a - b).abs() <= 1 + a / 8)
        };
        // How many pods are ready, where statuses were held back.
        let pods_agree = || {
            let (a, b) = (want.parse::<i64>(), got.parse::<i64>());
            a.ok()
                .zip(b.ok())
                .is_some_and(|(a, b)| (a - b).abs() <= leeway.held_pods)
        };
        want == got || ages_agree() || counts_agree() || (counts_pods && pods_agree())
    };
    want.len() == got.len() && want.iter().zip(&got).all(words_agree)
}

/// The seconds of an age as kubectl prints it, with what may stand around it: `2m3s`, `(5s`, `45s)`.
fn age(word: &str) -> Option<i64> {
    let word = word.trim_start_matches('(').trim_end_matches([')', ',']);
    let (mut seconds, mut number, mut any) = (0, String::new(), false);
    for c in word.chars() {
        let unit = match c {
            '0'..='9' => {
                number.push(c);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        seconds += number.parse::<i64>().ok()? * unit;
        number.clear();
        any = true;
    }
    (any && number.is_empty()).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_may_differ_a_little() {
        let cases = [
            ("web-# 1/1 Running 0 8s", "web-# 1/1 Running 0 9s", true),
            ("web-# 1/1 Running 0 8s", "web-# 1/1 Running 0 80s", false),
            (
                "web-# 1/1 Running 1 (3s ago) 2m8s",
                "web-# 1/1 Running 1 (5s ago) 2m6s",
                true,
            ),
            ("web-# 1/1 Running 1 8s", "web-# 1/1 Running 0 8s", false),
        ];
        let leeway = Leeway {
            slack_s: 1,
            ..Leeway::default()
        };
        for (want, got, same) in cases {
            assert_eq!(same_words(want, got, leeway), same, "{want} / {got}");
        }
    }
}
