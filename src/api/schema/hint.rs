//! What may help someone whose document is refused.

use serde_json::Value;

use super::decode::{Fault, Finding};
use super::kinds::{self, KINDS};
use super::removed;
use super::types::{Shape, Struct, TypeRef};

/// For a kind that is not served under this version.
pub(super) fn for_kind(api_version: &str, kind: &str) -> String {
    if let Some(gone) = removed::removed(api_version, kind) {
        return match gone.instead {
            "" => format!("removed in Kubernetes {}", gone.removed_in),
            instead => format!("removed in Kubernetes {}: use {instead}", gone.removed_in),
        };
    }
    if let Some(info) = KINDS.iter().find(|k| k.kind == kind) {
        let (group, _) = kinds::split_api_version(api_version);
        if group == info.group || !group.contains('.') || group.ends_with(".k8s.io") {
            return format!("{kind} is in {}", info.api_version());
        }
        return String::new();
    }
    let names = KINDS.iter().filter(|k| k.api_version() == api_version).map(|k| k.kind);
    nearest(kind, names).map_or_else(String::new, |name| format!("did you mean {name}?"))
}

/// For a field that its struct has not: one with a similar name, or the place where it belongs.
pub(super) fn for_field(finding: &Finding) -> String {
    let fields = finding.holder.fields();
    if let Some(name) = nearest(&finding.name, fields.iter().map(|f| f.json)) {
        return format!("did you mean {name:?}?");
    }
    let below = fields
        .iter()
        .find(|f| struct_in(f.ty).is_some_and(|s| s.field(&finding.name).is_some()));
    below.map_or_else(String::new, |f| format!("it belongs under {:?}", f.json))
}

fn struct_in(ty: TypeRef) -> Option<Struct> {
    match ty.shape() {
        Shape::Struct(of) => Some(of),
        Shape::List(item) => struct_in(item),
        _ => None,
    }
}

/// For a value of the wrong type.
pub(super) fn for_value(finding: &Finding, value: Option<&Value>) -> String {
    let to_string = finding.fault == Fault::Type && finding.message.ends_with("of type string");
    match value {
        Some(Value::Bool(_) | Value::Number(_)) if to_string => "put it in quotes to make it a string".to_owned(),
        _ if finding.message.contains("quantities must match") => "write e.g. 500m, 0.5, 128Mi or 1Gi".to_owned(),
        Some(value) if finding.fault == Fault::Type && finding.message.contains("of type []") && !value.is_array() => {
            "this is a list: begin each item with \"- \"".to_owned()
        }
        _ => String::new(),
    }
}

/// What a CustomResourceDefinition's schema calls the type.
pub(super) fn schema_type(ty: &TypeRef) -> &'static str {
    match ty.shape() {
        Shape::Int32 | Shape::Int64 => "integer",
        Shape::Bool => "boolean",
        Shape::Float => "number",
        Shape::List(_) => "array",
        Shape::Map(_) | Shape::Struct(_) | Shape::Any => "object",
        _ => "string",
    }
}

/// The name that differs from the word by the fewest letters, when that is few enough to be a slip.
fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = match word.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        6..=10 => 2,
        _ => 3,
    };
    let scored = names.map(|name| (distance(&word.to_ascii_lowercase(), &name.to_ascii_lowercase()), name));
    scored
        .filter(|(d, _)| *d <= most)
        .min_by_key(|(d, _)| *d)
        .map(|(_, name)| name)
}

/// Letters to insert, remove, replace or swap to get from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_swaps_as_one() {
        for (a, b, want) in [
            ("", "", 0),
            ("a", "", 1),
            ("contianers", "containers", 1),
            ("imge", "image", 1),
            ("ab", "cd", 2),
        ] {
            assert_eq!(distance(a, b), want, "{a} {b}");
        }
        assert_eq!(
            nearest("conatinerport", ["hostPort", "containerPort"].into_iter()),
            Some("containerPort")
        );
        assert_eq!(nearest("foo", ["hostPort", "name"].into_iter()), None);
    }
}
