//! The order of merged lists.

use serde_json::Value;

use super::PatchError;

/// Marks a map of a patch as one that deletes, replaces or merges.
pub(super) const DIRECTIVE: &str = "$patch";

/// What makes two items of a list the same: the value of the key, or the whole item when the key is empty.
pub(super) fn identity<'a>(item: &'a Value, key: &str) -> Option<&'a Value> {
    if key.is_empty() { Some(item) } else { item.get(key) }
}

/// Where the item stands in the list.
pub(super) fn index(list: &[Value], item: &Value, key: &str) -> Option<usize> {
    let wanted = identity(item, key);
    list.iter().position(|other| identity(other, key) == wanted)
}

/// The items in the order of another list; those that a patch deletes come last.
// Models k8s.io/apimachinery/pkg/util/strategicpatch normalizeSliceOrder
pub(super) fn sorted_like(items: Vec<Value>, order: &[Value], key: &str) -> Vec<Value> {
    let (deleted, mut kept): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| !key.is_empty() && is_deletion(item));
    let before = |a: &Value, b: &Value| match (index(order, a, key), index(order, b, key)) {
        (Some(a), Some(b)) => a < b,
        _ => true,
    };
    for end in 1..kept.len() {
        let mut at = end;
        while at > 0 && before(&kept[at], &kept[at - 1]) {
            kept.swap(at, at - 1);
            at -= 1;
        }
    }
    kept.extend(deleted);
    kept
}

fn is_deletion(item: &Value) -> bool {
    item.get(DIRECTIVE).is_some_and(|directive| directive == "delete")
}

/// Merges the patch's items, in their order, with those that only the server has, in theirs.
// Models k8s.io/apimachinery/pkg/util/strategicpatch normalizeElementOrder
pub(super) fn merged(
    patch: Vec<Value>,
    server_only: Vec<Value>,
    patch_order: &[Value],
    server_order: &[Value],
    key: &str,
) -> Vec<Value> {
    let mut right = sorted_like(patch, patch_order, key).into_iter().peekable();
    let mut left = sorted_like(server_only, server_order, key).into_iter().peekable();
    let mut all = Vec::new();
    while let (Some(l), Some(r)) = (left.peek(), right.peek()) {
        let left_first = match (index(server_order, l, key), index(server_order, r, key)) {
            (Some(l), Some(r)) => l < r,
            _ => false,
        };
        all.extend(if left_first { left.next() } else { right.next() });
    }
    all.extend(left);
    all.extend(right);
    all
}

/// Splits the items into those that the list has and those that it has not.
pub(super) fn partition(items: Vec<Value>, list: &[Value], key: &str) -> Result<(Vec<Value>, Vec<Value>), PatchError> {
    for item in &items {
        require_key(item, key)?;
    }
    Ok(items.into_iter().partition(|item| index(list, item, key).is_some()))
}

/// The item's merge key, which it must have.
pub(super) fn require_key<'a>(item: &'a Value, key: &str) -> Result<&'a Value, PatchError> {
    identity(item, key).ok_or_else(|| {
        PatchError::Unprocessable(format!(
            "map: {} does not contain declared merge key: {key}",
            go_value(item)
        ))
    })
}

/// Whether the items of the lists are maps. Lists of lists, and lists of both maps and scalars, are refused.
// Models k8s.io/apimachinery/pkg/util/strategicpatch sliceElementType
pub(super) fn holds_maps(lists: &[&[Value]]) -> Result<bool, PatchError> {
    let refuse = |message: &str| Err(PatchError::Unprocessable(message.to_owned()));
    let mut items = lists.iter().flat_map(|list| list.iter()).peekable();
    let maps = items.peek().is_some_and(|item| item.is_object());
    for item in items {
        if item.is_array() {
            return refuse("lists of lists are not supported");
        }
        if item.is_object() != maps {
            return refuse("list element types are not identical");
        }
    }
    Ok(maps)
}

/// A value as Go's `%v` prints it.
pub(super) fn go_value(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_value).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let entries: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{key}:{}", go_value(value)))
                .collect();
            format!("map[{}]", entries.join(" "))
        }
        other => other.to_string(),
    }
}
