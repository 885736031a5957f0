//! Pods and pod templates.

use super::row::Row;
use super::{Cell, Printer};
use crate::api::Object;
use crate::api::duration::human_duration;
use crate::view::pod_status::summary;

pub(super) const PRINTERS: &[Printer] = &[
    Printer {
        group: "",
        kind: "Pod",
        titles: &[
            "Name",
            "Ready",
            "Status",
            "Restarts",
            "Age",
            "|IP",
            "|Node",
            "|Nominated Node",
            "|Readiness Gates",
        ],
        row: pod,
    },
    Printer {
        group: "",
        kind: "PodTemplate",
        titles: &["Name", "Containers", "Images", "Pod Labels"],
        row: |row| {
            let [names, images] = row.containers("/template/spec/containers");
            vec![row.name(), names, images, row.labels("/template/metadata/labels")]
        },
    },
];

fn pod(row: &Row<'_>) -> Vec<Cell> {
    let Object::Pod(pod) = row.object else {
        return vec![row.name()];
    };
    let line = summary(pod);
    let restarts = match line.last_restart.filter(|_| line.restarts != 0) {
        Some(at) => format!("{} ({} ago)", line.restarts, human_duration(row.now.0 - at.0)),
        None => line.restarts.to_string(),
    };
    let ip = row
        .list("/status/podIPs")
        .first()
        .and_then(|ip| ip["ip"].as_str())
        .unwrap_or("<none>")
        .to_owned();
    vec![
        row.name(),
        Cell::Text(format!("{}/{}", line.ready, line.total)),
        Cell::Text(line.status),
        Cell::Text(restarts),
        row.age(),
        Cell::Text(ip),
        row.text_or("/spec/nodeName", "<none>"),
        row.text_or("/status/nominatedNodeName", "<none>"),
        Cell::Text(gates(row)),
    ]
}

/// How many of the conditions that readiness also waits for are true.
fn gates(row: &Row<'_>) -> String {
    let gates = row.list("/spec/readinessGates");
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let open = gates
        .iter()
        .filter(|gate| gate["conditionType"].as_str().is_some_and(|kind| row.is_true(kind)));
    format!("{}/{}", open.count(), gates.len())
}
