//! Nodes, namespaces, events.

use crate::sim::btree::BTreeSet;

use super::row::Row;
use super::{Cell, Printer};

const ROLE: &str = "node-role.kubernetes.io/";
const ROLE_OLD: &str = "kubernetes.io/role";

pub(super) const PRINTERS: &[Printer] = &[
    Printer {
        group: "",
        kind: "Node",
        titles: &[
            "Name",
            "Status",
            "Roles",
            "Age",
            "Version",
            "|Internal-IP",
            "|External-IP",
            "|OS-Image",
            "|Kernel-Version",
            "|Container-Runtime",
        ],
        row: node,
    },
    Printer {
        group: "",
        kind: "Namespace",
        titles: &["Name", "Status", "Age"],
        row: |row| vec![row.name(), row.text("/status/phase"), row.age()],
    },
    Printer {
        group: "",
        kind: "Event",
        titles: &[
            "Last Seen",
            "Type",
            "Reason",
            "Object",
            "|Subobject",
            "|Source",
            "Message",
            "|First Seen",
            "|Count",
            "|Name",
        ],
        row: event,
    },
    Printer {
        group: "coordination.k8s.io",
        kind: "Lease",
        titles: &["Name", "Holder", "Age"],
        row: |row| vec![row.name(), row.text("/spec/holderIdentity"), row.age()],
    },
];

fn node(row: &Row<'_>) -> Vec<Cell> {
    let has_ready = row
        .list("/status/conditions")
        .iter()
        .any(|condition| condition["type"] == "Ready");
    let mut status = match (has_ready, row.is_true("Ready")) {
        (false, _) => "Unknown",
        (true, true) => "Ready",
        (true, false) => "NotReady",
    }
    .to_owned();
    if row.value.pointer("/spec/unschedulable") == Some(&true.into()) {
        status.push_str(",SchedulingDisabled");
    }
    let architecture = row.str("/status/nodeInfo/architecture");
    let kernel = match (row.str("/status/nodeInfo/kernelVersion"), architecture) {
        ("", "") => "<unknown>".to_owned(),
        ("", architecture) => format!("<unknown> ({architecture})"),
        (kernel, "") => kernel.to_owned(),
        (kernel, architecture) => format!("{kernel} ({architecture})"),
    };
    vec![
        row.name(),
        Cell::Text(status),
        Cell::Text(roles(row)),
        row.age(),
        row.text("/status/nodeInfo/kubeletVersion"),
        address(row, "InternalIP"),
        address(row, "ExternalIP"),
        row.text_or("/status/nodeInfo/osImage", "<unknown>"),
        Cell::Text(kernel),
        row.text_or("/status/nodeInfo/containerRuntimeVersion", "<unknown>"),
    ]
}

fn address(row: &Row<'_>, kind: &str) -> Cell {
    let found = row
        .list("/status/addresses")
        .iter()
        .find(|address| address["type"] == kind);
    Cell::Text(
        found
            .and_then(|address| address["address"].as_str())
            .unwrap_or("<none>")
            .to_owned(),
    )
}

fn roles(row: &Row<'_>) -> String {
    let labels = &row.object.meta().labels;
    let role = |(key, value): (&crate::api::Str, &crate::api::Str)| match key.strip_prefix(ROLE) {
        Some(role) if !role.is_empty() => Some(role.to_owned()),
        _ => (&**key == ROLE_OLD && !value.is_empty()).then(|| value.to_string()),
    };
    let roles: BTreeSet<String> = labels.iter().filter_map(role).collect();
    if roles.is_empty() {
        "<none>".to_owned()
    } else {
        roles.into_iter().collect::<Vec<_>>().join(",")
    }
}

// Models printEvent.
fn event(row: &Row<'_>) -> Vec<Cell> {
    let since = |pointer: &str| row.time(pointer).map(|_| row.since(pointer));
    let first = since("/firstTimestamp")
        .or_else(|| since("/eventTime"))
        .unwrap_or_else(|| "<unknown>".to_owned());
    let last = match row.value.pointer("/series") {
        Some(series) if !series.is_null() => {
            since("/series/lastObservedTime").unwrap_or_else(|| "<unknown>".to_owned())
        }
        _ => since("/lastTimestamp").unwrap_or_else(|| first.clone()),
    };
    let count = match row.value.pointer("/series") {
        Some(series) if !series.is_null() => row.int("/series/count"),
        _ => row.int("/count").max(1),
    };
    let kind = row.str("/involvedObject/kind").to_ascii_lowercase();
    let name = row.str("/involvedObject/name");
    vec![
        Cell::Text(last),
        row.text("/type"),
        row.text("/reason"),
        Cell::Text(if name.is_empty() {
            kind
        } else {
            format!("{kind}/{name}")
        }),
        row.text("/involvedObject/fieldPath"),
        Cell::Text(source(row)),
        Cell::Text(row.str("/message").trim().to_owned()),
        Cell::Text(first),
        Cell::Number(count),
        row.name(),
    ]
}

/// `kubelet, node-1`.
fn source(row: &Row<'_>) -> String {
    let or = |first: &str, second: &str| {
        let text = row.str(first);
        if text.is_empty() {
            row.str(second).to_owned()
        } else {
            text.to_owned()
        }
    };
    let component = or("/source/component", "/reportingComponent");
    let host = or("/source/host", "/reportingInstance");
    if host.is_empty() {
        component
    } else {
        format!("{component}, {host}")
    }
}
