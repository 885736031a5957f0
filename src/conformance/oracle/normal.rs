//! Takes out of objects and texts what differs from one run to the next.

use serde_json::{Map, Value};

use super::history::History;
use super::json::text;
use super::recorder::NODES;

/// The generated names of one side, the longest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    generated: Vec<(String, String)>,
    /// Images that could be pulled.
    images: crate::sim::btree::BTreeSet<String>,
    /// How the names of pods begin that ReplicaSets make.
    owners: Vec<String>,
}

/// The letters of generated names.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Fields that say nothing: identities and bookkeeping.
const DROPPED: [&str; 10] = [
    // A time that is there or not, depending on what a controller saw at once.
    "endpoints.kubernetes.io/last-change-trigger-time",
    "uid",
    "resourceVersion",
    "managedFields",
    "creationTimestamp",
    "containerID",
    "imageID",
    "nodePort",
    "selfLink",
    "healthCheckNodePort",
];
/// Fields of which only their presence says something.
const ADDRESSES: [&str; 6] = ["podIP", "podIPs", "hostIP", "hostIPs", "clusterIP", "clusterIPs"];
const TIMES: [&str; 10] = [
    "lastTransitionTime",
    "lastUpdateTime",
    "lastProbeTime",
    "startedAt",
    "finishedAt",
    "startTime",
    "deletionTimestamp",
    "completionTime",
    "lastScaleTime",
    "lastScheduleTime",
];

impl Names {
    pub(super) fn of(history: &History) -> Self {
        let mut names: Vec<(String, String)> = history
            .generated()
            .map(|(name, prefix)| (name.to_owned(), format!("{prefix}#")))
            .collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let sets = history.tracks.iter().filter(|track| track.kind == "ReplicaSet");
        let events = history.tracks.iter().filter(|track| track.kind == "Event");
        let told = events.filter_map(|track| track.versions.first()?.1.as_ref());
        let pulled = told.filter(|event| text(event, "/reason") == "Pulled");
        let images = pulled.filter_map(|event| text(event, "/message").split('"').nth(1).map(str::to_owned));
        Self {
            generated: names,
            images: images.collect(),
            owners: sets.map(|track| format!("{}-", track.name)).collect(),
        }
    }

    /// Whether a line tells how an image came to be there that could be pulled. Whether it was there already depends on
    /// the node, and that on what else ran.
    pub(super) fn tells_of_good_pull(&self, line: &str) -> bool {
        let is_pull = line.contains("Pulling image \"") || line.contains("Successfully pulled image \"");
        let is_there = line.contains("already present on machine");
        (is_pull || is_there) && line.split('"').nth(1).is_some_and(|image| self.images.contains(image))
    }

    /// A text without what differs.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = without_sizes(&text.replace(COMBINED, ""));
        for (name, plain) in &self.generated {
            if text.contains(name.as_str()) {
                text = text.replace(name.as_str(), plain);
            }
        }
        if let Some(at) = text.find("Successfully pulled image \"") {
            let end = text[at..].find("\" in ").map_or(text.len(), |end| at + end + 1);
            let rest = text[end..].find(" bytes.").map_or("", |bytes| &text[end + bytes + 7..]);
            text = format!("{}{rest}", &text[..end]);
        }
        // The recorder's runtime has words of its own for what cannot be executed.
        const EXEC_FAILED: &str = "OCI runtime exec failed: ";
        if text.contains(EXEC_FAILED) {
            let cut = |line: &str| match line.find(EXEC_FAILED) {
                Some(at) => format!("{}\n", &line[..at + EXEC_FAILED.len()]),
                None => format!("{line}\n"),
            };
            text = text.lines().map(cut).collect();
        }
        words(&self.unborn(&dates(&text)))
    }

    /// A text without the names of pods that were refused: they are generated too, from the names of their owners.
    fn unborn(&self, text: &str) -> String {
        const SUFFIX: usize = 5;
        let mut out = text.to_owned();
        for prefix in &self.owners {
            let mut from = 0;
            while let Some(at) = out[from..].find(prefix.as_str()).map(|at| from + at) {
                from = at + prefix.len();
                let suffix = out.get(from..from + SUFFIX);
                if suffix.is_some_and(|suffix| suffix.bytes().all(|byte| LETTERS.contains(&byte))) {
                    out.replace_range(from..from + SUFFIX, "#");
                }
            }
        }
        out
    }

    /// An object without what differs.
    pub(super) fn value(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let fields = map.iter().filter(|(key, _)| !DROPPED.contains(&key.as_str()));
                let fields = fields.map(|(key, value)| (self.key(key), self.field(key, value)));
                let mut fields: Map<String, Value> = fields.filter(|(key, value)| says_something(key, value)).collect();
                drop_generations(&mut fields);
                Value::Object(fields)
            }
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::String(text) => self.text(text).into(),
            other => other.clone(),
        }
    }

    fn key(&self, key: &str) -> String {
        if key.len() > 16 { self.text(key) } else { key.to_owned() }
    }

    fn field(&self, key: &str, value: &Value) -> Value {
        match value {
            Value::Null => Value::Null,
            _ if TIMES.contains(&key) => "TIME".into(),
            Value::String(text) if ADDRESSES.contains(&key) && text == "None" => "None".into(),
            _ if ADDRESSES.contains(&key) => "IP".into(),
            _ if key == "nodeName" => "NODE".into(),
            _ => self.value(value),
        }
    }
}

/// A recording's patches cannot tell null from absent, nor Go an empty list from none.
fn says_something(key: &str, value: &Value) -> bool {
    // The recorder has no cgroups: an amount that was not asked for is read as none.
    if matches!(key, "cpu" | "memory") && value == "0" {
        return false;
    }
    let is_empty_map = key == "annotations" && value.as_object().is_some_and(Map::is_empty);
    !(value.is_null() || value.as_array().is_some_and(Vec::is_empty) || is_empty_map)
}

/// How often these objects were written depends on how many changes a controller saw at once.
fn drop_generations(fields: &mut Map<String, Value>) {
    if !fields
        .get("kind")
        .is_some_and(|kind| kind == "EndpointSlice" || kind == "ReplicaSet")
    {
        return;
    }
    for (part, field) in [("metadata", "generation"), ("status", "observedGeneration")] {
        if let Some(part) = fields.get_mut(part).and_then(Value::as_object_mut) {
            part.remove(field);
        }
    }
}

/// How a message begins that stands for several: which of them are merged depends on the order of the first ten.
const COMBINED: &str = "(combined from similar events): ";

/// A message about a ReplicaSet's size without the sizes, which are compared by themselves.
fn without_sizes(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let sized = line.contains("Scaled up replica set ") || line.contains("Scaled down replica set ");
        match line.find(" from ").filter(|_| sized) {
            Some(at) => {
                out.push_str(&line[..at]);
                out.push_str(if line.ends_with('\n') { "\n" } else { "" });
            }
            None => out.push_str(line),
        }
    }
    out
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `Sun, 22 Nov 2026 23:12:31 +0000` becomes a word.
fn dates(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(", ") {
        let from = at.saturating_sub(3);
        let date = rest
            .get(from..at + 28)
            .filter(|date| date.ends_with(" +0000") && date.get(8..11).is_some_and(|month| MONTHS.contains(&month)));
        match date {
            Some(date) => {
                out.push_str(&rest[..from]);
                out.push_str("TIME");
                rest = &rest[from + date.len()..];
            }
            None => {
                out.push_str(&rest[..at + 2]);
                rest = &rest[at + 2..];
            }
        }
    }
    out + rest
}

/// Replaces words that differ from run to run: addresses, identities, times, nodes.
fn words(text: &str) -> String {
    let mut out = String::new();
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if end == 0 {
            let next = rest.chars().next().map_or(rest.len(), char::len_utf8);
            out.push_str(&rest[..next]);
            rest = &rest[next..];
        } else {
            out.push_str(&word(&rest[..end]));
            rest = &rest[end..];
        }
    }
    out
}

fn word(word: &str) -> String {
    if word.starts_with("kube-api-access-") {
        return "kube-api-access-#".to_owned();
    }
    if word.len() >= 20 && word.as_bytes()[10] == b'T' && word.ends_with('Z') && is_digits(&word[..4]) {
        return "TIME".to_owned();
    }
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if word.len() == 36 && word.bytes().filter(|byte| *byte == b'-').count() == 4 && is_hex(&word.replace('-', "")) {
        return "UID".to_owned();
    }
    if word.len() == 64 && is_hex(word) {
        return "ID".to_owned();
    }
    let parts: Vec<&str> = word.split(':').collect();
    let plain: Vec<String> = parts.iter().map(|part| address_or_node(part)).collect();
    plain.join(":")
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn address_or_node(word: &str) -> String {
    let bare = word.trim_end_matches('.');
    let octets: Vec<&str> = bare.split('.').collect();
    if word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return "ID".to_owned();
    }
    let replaced = if octets.len() == 4 && octets.iter().all(|octet| is_digits(octet)) {
        "IP"
    } else if NODES.contains(&bare) {
        "NODE"
    } else {
        return word.to_owned();
    };
    format!("{replaced}{}", &word[bare.len()..])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_taken_out() {
        let mut history = History::default();
        history.add(
            0,
            "Pod",
            "web-1-abcde",
            Some(json!({"metadata": {"generateName": "web-1-"}})),
        );
        let names = Names::of(&history);
        let cases = [
            ("pod/web-1-abcde on node-2.", "pod/web-1-# on NODE."),
            ("get http://10.244.1.7:80/x: 10.1.2", "get http://IP:80/x: 10.1.2"),
            ("at 2026-11-22T23:12:31Z", "at TIME"),
            ("Started: Sun, 22 Nov 2026 23:12:31 +0000\n, a", "Started: TIME\n, a"),
            ("pod(8787195c-3854-46a0-86d0-42836ffeee11)", "pod(UID)"),
            (
                "(combined from similar events): Scaled up replica set a from 1 to 2",
                "Scaled up replica set a",
            ),
            (
                "a Successfully pulled image \"x:1\" in 1.2s (1.2s including waiting). Image size: 5 bytes.\nb",
                "a Successfully pulled image \"x:1\"\nb",
            ),
        ];
        for (text, want) in cases {
            assert_eq!(names.text(text), want);
        }
        let object =
            json!({"metadata": {"uid": "u"}, "status": {"podIP": "10.0.0.1", "startTime": "t", "hostIP": null}});
        let want = json!({"metadata": {}, "status": {"podIP": "IP", "startTime": "TIME"}});
        assert_eq!(names.value(&object), want);
    }
}
