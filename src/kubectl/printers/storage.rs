//! Volumes, claims and classes.

use serde_json::Value;

use super::row::Row;
use super::{Cell, Printer};

pub(super) const PRINTERS: &[Printer] = &[
    Printer {
        group: "",
        kind: "PersistentVolume",
        titles: &[
            "Name",
            "Capacity",
            "Access Modes",
            "Reclaim Policy",
            "Status",
            "Claim",
            "StorageClass",
            "VolumeAttributesClass",
            "Reason",
            "Age",
            "|VolumeMode",
        ],
        row: volume,
    },
    Printer {
        group: "",
        kind: "PersistentVolumeClaim",
        titles: &[
            "Name",
            "Status",
            "Volume",
            "Capacity",
            "Access Modes",
            "StorageClass",
            "VolumeAttributesClass",
            "Age",
            "|VolumeMode",
        ],
        row: claim,
    },
    Printer {
        group: "storage.k8s.io",
        kind: "StorageClass",
        titles: &[
            "Name",
            "Provisioner",
            "ReclaimPolicy",
            "VolumeBindingMode",
            "AllowVolumeExpansion",
            "Age",
        ],
        row: |row| {
            vec![
                row.name_marked("storageclass.kubernetes.io/is-default-class"),
                row.text("/provisioner"),
                row.text_or("/reclaimPolicy", "Delete"),
                row.text_or("/volumeBindingMode", "Immediate"),
                Cell::Bool(row.value.pointer("/allowVolumeExpansion") == Some(&Value::Bool(true))),
                row.age(),
            ]
        },
    },
    Printer {
        group: "storage.k8s.io",
        kind: "VolumeAttachment",
        titles: &["Name", "Attacher", "PV", "Node", "Attached", "Age"],
        row: |row| {
            let attached = row.value.pointer("/status/attached") == Some(&Value::Bool(true));
            vec![
                row.name(),
                row.text("/spec/attacher"),
                row.text("/spec/source/persistentVolumeName"),
                row.text("/spec/nodeName"),
                Cell::Bool(attached),
                row.age(),
            ]
        },
    },
];

/// `RWO,ROX`, each once.
fn modes(row: &Row<'_>, pointer: &str) -> Cell {
    let short = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let has = |mode: &str| row.list(pointer).iter().any(|other| other == mode);
    let texts: Vec<&str> = short
        .iter()
        .filter(|(mode, _)| has(mode))
        .map(|(_, text)| *text)
        .collect();
    Cell::Text(texts.join(","))
}

fn status(row: &Row<'_>) -> Cell {
    if row.object.meta().is_terminating() {
        Cell::Text("Terminating".to_owned())
    } else {
        row.text("/status/phase")
    }
}

fn class(row: &Row<'_>) -> Cell {
    match row.object.meta().annotation("volume.beta.kubernetes.io/storage-class") {
        Some(class) => Cell::Text(class.to_string()),
        None => row.text("/spec/storageClassName"),
    }
}

fn volume(row: &Row<'_>) -> Vec<Cell> {
    let claim = match row.value.pointer("/spec/claimRef") {
        Some(Value::Object(_)) => format!(
            "{}/{}",
            row.str("/spec/claimRef/namespace"),
            row.str("/spec/claimRef/name")
        ),
        _ => String::new(),
    };
    vec![
        row.name(),
        row.text_or("/spec/capacity/storage", "0"),
        modes(row, "/spec/accessModes"),
        row.text("/spec/persistentVolumeReclaimPolicy"),
        status(row),
        Cell::Text(claim),
        class(row),
        row.text_or("/spec/volumeAttributesClassName", "<unset>"),
        row.text("/status/reason"),
        row.age(),
        row.text_or("/spec/volumeMode", "<unset>"),
    ]
}

fn claim(row: &Row<'_>) -> Vec<Cell> {
    let bound = !row.str("/spec/volumeName").is_empty();
    let empty = || Cell::Text(String::new());
    vec![
        row.name(),
        status(row),
        row.text("/spec/volumeName"),
        if bound {
            row.text_or("/status/capacity/storage", "0")
        } else {
            empty()
        },
        if bound {
            modes(row, "/status/accessModes")
        } else {
            empty()
        },
        class(row),
        row.text_or("/spec/volumeAttributesClassName", "<unset>"),
        row.age(),
        row.text_or("/spec/volumeMode", "<unset>"),
    ]
}
