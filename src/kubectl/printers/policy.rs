//! Budgets, quotas, priorities.

use serde_json::Value;

use super::row::Row;
use super::{Cell, Printer};

pub(super) const PRINTERS: &[Printer] = &[
    Printer {
        group: "policy",
        kind: "PodDisruptionBudget",
        titles: &["Name", "Min Available", "Max Unavailable", "Allowed Disruptions", "Age"],
        row: |row| {
            vec![
                row.name(),
                bound(row, "/spec/minAvailable"),
                bound(row, "/spec/maxUnavailable"),
                row.number("/status/disruptionsAllowed"),
                row.age(),
            ]
        },
    },
    Printer {
        group: "",
        kind: "ResourceQuota",
        titles: &["Name", "Request", "Limit", "Age"],
        row: |row| vec![row.name(), quota(row, false), quota(row, true), row.age()],
    },
    Printer {
        group: "scheduling.k8s.io",
        kind: "PriorityClass",
        titles: &["Name", "Value", "Global-Default", "Age", "|PreemptionPolicy"],
        row: |row| {
            let global = row.value.pointer("/globalDefault") == Some(&Value::Bool(true));
            vec![
                row.name(),
                row.number("/value"),
                Cell::Bool(global),
                row.age(),
                row.text("/preemptionPolicy"),
            ]
        },
    },
];

fn bound(row: &Row<'_>, pointer: &str) -> Cell {
    Cell::Text(match row.value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => "N/A".to_owned(),
    })
}

/// What is used of each bound, those on limits apart.
fn quota(row: &Row<'_>, limits: bool) -> Cell {
    let hard = row.value.pointer("/status/hard").and_then(Value::as_object);
    let used = |name: &str| {
        row.value
            .pointer("/status/used")
            .and_then(|used| used[name].as_str())
            .unwrap_or("0")
            .to_owned()
    };
    let texts: Vec<String> = hard
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with("limits.") == limits)
        .map(|(name, bound)| format!("{name}: {}/{}", used(name), bound.as_str().unwrap_or_default()))
        .collect();
    Cell::Text(texts.join(", "))
}
