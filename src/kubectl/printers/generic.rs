//! Kinds without a printer of their own: name and age.

use super::{Cell, Options, Table, column};
use crate::api::duration::human_duration;
use crate::api::time::Time;
use crate::api::{Kind, Object};

pub(super) fn table(_kind: Kind, objects: &[&Object], options: Options<'_>) -> Table {
    let row = |object: &&Object| {
        let meta = object.meta();
        vec![
            Cell::Text(meta.name.to_string()),
            Cell::Text(age(meta.creation_timestamp, options.now)),
        ]
    };
    Table {
        columns: vec![column("Name"), column("Age")],
        rows: objects.iter().map(row).collect(),
    }
}

/// The time since, as `kubectl` shows it.
pub(super) fn age(since: Option<Time>, now: Time) -> String {
    since.map_or_else(|| "<unknown>".to_owned(), |since| human_duration(now.0 - since.0))
}
