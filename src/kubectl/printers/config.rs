//! ConfigMaps, Secrets, accounts and bindings.

use serde_json::Value;

use super::row::Row;
use super::{Cell, Printer};

const BINDING_TITLES: &[&str] = &["Name", "Role", "Age", "|Users", "|Groups", "|ServiceAccounts"];

pub(super) const PRINTERS: &[Printer] = &[
    Printer {
        group: "",
        kind: "ConfigMap",
        titles: &["Name", "Data", "Age"],
        row: |row| {
            vec![
                row.name(),
                Cell::Number(keys(row, "/data") + keys(row, "/binaryData")),
                row.age(),
            ]
        },
    },
    Printer {
        group: "",
        kind: "Secret",
        titles: &["Name", "Type", "Data", "Age"],
        row: |row| {
            vec![
                row.name(),
                row.text("/type"),
                Cell::Number(keys(row, "/data")),
                row.age(),
            ]
        },
    },
    Printer {
        group: "rbac.authorization.k8s.io",
        kind: "RoleBinding",
        titles: BINDING_TITLES,
        row: binding,
    },
    Printer {
        group: "rbac.authorization.k8s.io",
        kind: "ClusterRoleBinding",
        titles: BINDING_TITLES,
        row: binding,
    },
];

fn keys(row: &Row<'_>, pointer: &str) -> i64 {
    let map = row.value.pointer(pointer).and_then(Value::as_object);
    map.map_or(0, |map| i64::try_from(map.len()).unwrap_or(i64::MAX))
}

fn binding(row: &Row<'_>) -> Vec<Cell> {
    let subjects = |kind: &str| {
        let chosen = row.list("/subjects").iter().filter(|subject| subject["kind"] == kind);
        let name = |subject: &Value| {
            let text = |field: &str| subject[field].as_str().unwrap_or_default().to_owned();
            if kind == "ServiceAccount" {
                format!("{}/{}", text("namespace"), text("name"))
            } else {
                text("name")
            }
        };
        Cell::Text(chosen.map(name).collect::<Vec<_>>().join(", "))
    };
    vec![
        row.name(),
        Cell::Text(format!("{}/{}", row.str("/roleRef/kind"), row.str("/roleRef/name"))),
        row.age(),
        subjects("User"),
        subjects("Group"),
        subjects("ServiceAccount"),
    ]
}
