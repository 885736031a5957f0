//! Finds records in the table of fields, where it stands.

use std::cmp::Ordering;

/// The table, its records sorted by key.
pub(super) const TABLE: &str = include_str!("types.txt");

/// Finds the record with the key `package.name`: its first line and the lines under it.
pub(super) fn record(package: &str, name: &str) -> Option<(&'static str, &'static str)> {
    let (mut low, mut high) = (0, TABLE.len());
    while low < high {
        let start = record_start(low + (high - low) / 2);
        let (head, end) = record_at(start);
        let key = head.split(' ').next().unwrap_or(head);
        let order = match key.split_once('.') {
            Some((p, n)) => p.cmp(package).then(n.cmp(name)),
            None => key.cmp(package),
        };
        match order {
            Ordering::Equal => {
                return Some((head, TABLE[start + head.len()..end].trim_start_matches('\n')));
            }
            Ordering::Less => low = end,
            Ordering::Greater => high = start,
        }
    }
    None
}

/// Start of the record that holds the byte at `at`.
fn record_start(at: usize) -> usize {
    let bytes = TABLE.as_bytes();
    let mut start = at;
    while start > 0 && !(bytes[start - 1] == b'\n' && bytes[start] != b' ') {
        start -= 1;
    }
    start
}

/// First line of the record at `start`, and where the record ends.
fn record_at(start: usize) -> (&'static str, usize) {
    let rest = &TABLE[start..];
    let head = rest.lines().next().unwrap_or("");
    let mut end = start + head.len() + 1;
    while TABLE.as_bytes().get(end) == Some(&b' ') {
        end += TABLE[end..].find('\n').map_or(TABLE.len() - end, |n| n + 1);
    }
    (head, end.min(TABLE.len()))
}

/// Package, type and values of a record that names a type.
pub(super) fn alias(head: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (key, rest) = head.split_once(' ')?;
    let (text, values) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((key.split_once('.')?.0, text, values))
}
