//! Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs, autoscalers.

use serde_json::Value;

use super::row::Row;
use super::{Cell, Printer};
use crate::api::duration::human_duration;

const REPLICA_TITLES: &[&str] = &[
    "Name",
    "Desired",
    "Current",
    "Ready",
    "Age",
    "|Containers",
    "|Images",
    "|Selector",
];

pub(super) const PRINTERS: &[Printer] = &[
    Printer {
        group: "apps",
        kind: "Deployment",
        titles: &[
            "Name",
            "Ready",
            "Up-to-date",
            "Available",
            "Age",
            "|Containers",
            "|Images",
            "|Selector",
        ],
        row: |row| {
            let [names, images] = row.containers("/spec/template/spec/containers");
            vec![
                row.name(),
                ratio(row.int("/status/readyReplicas"), row.int("/spec/replicas")),
                row.number("/status/updatedReplicas"),
                row.number("/status/availableReplicas"),
                row.age(),
                names,
                images,
                row.selector("/spec/selector"),
            ]
        },
    },
    Printer {
        group: "apps",
        kind: "ReplicaSet",
        titles: REPLICA_TITLES,
        row: |row| replicas(row, row.selector("/spec/selector")),
    },
    Printer {
        group: "",
        kind: "ReplicationController",
        titles: REPLICA_TITLES,
        row: |row| replicas(row, row.labels("/spec/selector")),
    },
    Printer {
        group: "apps",
        kind: "StatefulSet",
        titles: &["Name", "Ready", "Age", "|Containers", "|Images"],
        row: |row| {
            let [names, images] = row.containers("/spec/template/spec/containers");
            vec![
                row.name(),
                ratio(row.int("/status/readyReplicas"), row.int("/spec/replicas")),
                row.age(),
                names,
                images,
            ]
        },
    },
    Printer {
        group: "apps",
        kind: "DaemonSet",
        titles: &[
            "Name",
            "Desired",
            "Current",
            "Ready",
            "Up-to-date",
            "Available",
            "Node Selector",
            "Age",
            "|Containers",
            "|Images",
            "|Selector",
        ],
        row: daemon_set,
    },
    Printer {
        group: "apps",
        kind: "ControllerRevision",
        titles: &["Name", "Controller", "Revision", "Age"],
        row: |row| {
            vec![
                row.name(),
                Cell::Text(controller(row)),
                row.number("/revision"),
                row.age(),
            ]
        },
    },
    Printer {
        group: "batch",
        kind: "Job",
        titles: &[
            "Name",
            "Status",
            "Completions",
            "Duration",
            "Age",
            "|Containers",
            "|Images",
            "|Selector",
        ],
        row: job,
    },
    Printer {
        group: "batch",
        kind: "CronJob",
        titles: &[
            "Name",
            "Schedule",
            "Timezone",
            "Suspend",
            "Active",
            "Last Schedule",
            "Age",
            "|Containers",
            "|Images",
            "|Selector",
        ],
        row: cron_job,
    },
    Printer {
        group: "autoscaling",
        kind: "HorizontalPodAutoscaler",
        titles: &["Name", "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"],
        row: autoscaler,
    },
];

fn ratio(part: i64, whole: i64) -> Cell {
    Cell::Text(format!("{part}/{whole}"))
}

fn replicas(row: &Row<'_>, selector: Cell) -> Vec<Cell> {
    let [names, images] = row.containers("/spec/template/spec/containers");
    vec![
        row.name(),
        row.number("/spec/replicas"),
        row.number("/status/replicas"),
        row.number("/status/readyReplicas"),
        row.age(),
        names,
        images,
        selector,
    ]
}

fn daemon_set(row: &Row<'_>) -> Vec<Cell> {
    let [names, images] = row.containers("/spec/template/spec/containers");
    vec![
        row.name(),
        row.number("/status/desiredNumberScheduled"),
        row.number("/status/currentNumberScheduled"),
        row.number("/status/numberReady"),
        row.number("/status/updatedNumberScheduled"),
        row.number("/status/numberAvailable"),
        row.labels("/spec/template/spec/nodeSelector"),
        row.age(),
        names,
        images,
        row.selector("/spec/selector"),
    ]
}

/// `daemonset.apps/agent`.
fn controller(row: &Row<'_>) -> String {
    let Some(owner) = row.object.meta().controller() else {
        return "<none>".to_owned();
    };
    let kind = owner.kind.to_ascii_lowercase();
    match owner.api_version.split_once('/') {
        Some((group, _)) => format!("{kind}.{group}/{}", owner.name),
        None => format!("{kind}/{}", owner.name),
    }
}

fn job(row: &Row<'_>) -> Vec<Cell> {
    let [names, images] = row.containers("/spec/template/spec/containers");
    let succeeded = row.int("/status/succeeded");
    let parallelism = row.int("/spec/parallelism");
    let completions = match row.value.pointer("/spec/completions").and_then(Value::as_i64) {
        Some(wanted) => format!("{succeeded}/{wanted}"),
        None if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        None => format!("{succeeded}/1"),
    };
    let duration = match (row.time("/status/startTime"), row.time("/status/completionTime")) {
        (None, _) => String::new(),
        (Some(start), end) => human_duration(end.unwrap_or(row.now).0 - start.0),
    };
    vec![
        row.name(),
        Cell::Text(job_status(row).to_owned()),
        Cell::Text(completions),
        Cell::Text(duration),
        row.age(),
        names,
        images,
        row.selector("/spec/selector"),
    ]
}

fn job_status(row: &Row<'_>) -> &'static str {
    if row.is_true("Complete") {
        "Complete"
    } else if row.is_true("Failed") {
        "Failed"
    } else if row.object.meta().is_terminating() {
        "Terminating"
    } else if row.is_true("Suspended") {
        "Suspended"
    } else if row.is_true("FailureTarget") {
        "FailureTarget"
    } else if row.is_true("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    }
}

fn cron_job(row: &Row<'_>) -> Vec<Cell> {
    let template = "/spec/jobTemplate/spec/template/spec/containers";
    let [names, images] = row.containers(template);
    let last = if row.str("/status/lastScheduleTime").is_empty() {
        "<none>".to_owned()
    } else {
        row.since("/status/lastScheduleTime")
    };
    let suspend = match row.value.pointer("/spec/suspend").and_then(Value::as_bool) {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    };
    vec![
        row.name(),
        row.text("/spec/schedule"),
        row.text_or("/spec/timeZone", "<none>"),
        Cell::Text(suspend.to_owned()),
        Cell::Number(i64::try_from(row.list("/status/active").len()).unwrap_or(i64::MAX)),
        Cell::Text(last),
        row.age(),
        names,
        images,
        row.selector("/spec/jobTemplate/spec/selector"),
    ]
}

fn autoscaler(row: &Row<'_>) -> Vec<Cell> {
    let min = row.value.pointer("/spec/minReplicas").and_then(Value::as_i64);
    vec![
        row.name(),
        Cell::Text(format!(
            "{}/{}",
            row.str("/spec/scaleTargetRef/kind"),
            row.str("/spec/scaleTargetRef/name")
        )),
        Cell::Text(targets(row)),
        Cell::Text(min.map_or_else(|| "<unset>".to_owned(), |min| min.to_string())),
        row.number("/spec/maxReplicas"),
        row.number("/status/currentReplicas"),
        row.age(),
    ]
}

/// Metrics of an autoscaler that are shown.
const TARGETS_MAX: usize = 2;

// Models formatHPAMetrics.
fn targets(row: &Row<'_>) -> String {
    let specs = row.list("/spec/metrics");
    if specs.is_empty() {
        return "<none>".to_owned();
    }
    let current = row.list("/status/currentMetrics");
    let texts: Vec<String> = specs
        .iter()
        .enumerate()
        .map(|(index, spec)| target(spec, current.get(index)))
        .collect();
    let shown = texts.iter().take(TARGETS_MAX).cloned().collect::<Vec<_>>().join(", ");
    if texts.len() > TARGETS_MAX {
        format!("{shown} + {} more...", texts.len() - TARGETS_MAX)
    } else {
        shown
    }
}

fn target(spec: &Value, current: Option<&Value>) -> String {
    let (field, averaged) = match spec["type"].as_str() {
        Some("External") => ("external", true),
        Some("Pods") => ("pods", false),
        Some("Object") => ("object", true),
        Some("Resource") => ("resource", false),
        Some("ContainerResource") => ("containerResource", false),
        _ => return "<unknown type>".to_owned(),
    };
    let wanted = &spec[field]["target"];
    let now = current
        .map(|current| &current[field]["current"])
        .filter(|now| now.is_object());
    let amount = |name: &str| match now.map(|now| &now[name]) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => "<unknown>".to_owned(),
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let average = &wanted["averageValue"];
    match field {
        "resource" | "containerResource" if average.is_null() => {
            let percent = |value: &Value| value.as_i64().map(|percent| format!("{percent}%"));
            let now = now
                .and_then(|now| percent(&now["averageUtilization"]))
                .unwrap_or_else(|| "<unknown>".to_owned());
            let goal = percent(&wanted["averageUtilization"]).unwrap_or_else(|| "<auto>".to_owned());
            format!("{}: {now}/{goal}", spec[field]["name"].as_str().unwrap_or_default())
        }
        "resource" | "containerResource" => {
            format!(
                "{}: {}/{}",
                spec[field]["name"].as_str().unwrap_or_default(),
                amount("averageValue"),
                text(average)
            )
        }
        "pods" => format!("{}/{}", amount("averageValue"), text(average)),
        _ if averaged && !average.is_null() => format!("{}/{} (avg)", amount("averageValue"), text(average)),
        _ => format!("{}/{}", amount("value"), text(&wanted["value"])),
    }
}
