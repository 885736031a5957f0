//! Patches: JSON merge patch, JSON patch, strategic merge patch, and the patch that `kubectl apply` computes.

mod diff;
mod json_patch;
mod meta;
mod order;
mod strategic;

use std::fmt;

use serde_json::{Map, Value};

use super::schema::Struct;
use meta::Meta;

pub use json_patch::json_patch;

/// Why a patch cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatchError {
    /// The patch is malformed: 400.
    BadRequest(String),
    /// The patch does not fit the object: 422.
    Unprocessable(String),
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadRequest(message) | Self::Unprocessable(message) => f.write_str(message),
        }
    }
}

/// Puts a JSON merge patch (RFC 7386) into a value: maps merge, null removes, all else replaces.
pub fn merge_patch(original: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else {
        return patch.clone();
    };
    let mut merged = original.as_object().cloned().unwrap_or_default();
    for (key, change) in changes {
        if change.is_null() {
            merged.remove(key);
        } else {
            let before = merged.get(key).unwrap_or(&Value::Null);
            let after = merge_patch(before, change);
            merged.insert(key.clone(), after);
        }
    }
    Value::Object(merged)
}

/// Puts a strategic merge patch into an object of this type: as a merge patch, but lists of the type merge by their keys.
// Models k8s.io/apimachinery/pkg/util/strategicpatch StrategicMergeMapPatch
pub fn strategic_merge_patch(of: Struct, original: &Value, patch: &Value) -> Result<Value, PatchError> {
    let merged = strategic::merge_map(
        map_of(original),
        map_of(patch),
        Meta::Struct(of),
        strategic::Mode::Apply,
    )?;
    Ok(Value::Object(merged))
}

/// The strategic merge patch that brings the live object to what was written, removing what was written last time and is
/// no more. Parts that others set stay.
// Models k8s.io/apimachinery/pkg/util/strategicpatch CreateThreeWayMergePatch
pub fn three_way_strategic_patch(
    of: Struct,
    last_applied: &Value,
    modified: &Value,
    live: &Value,
) -> Result<Value, PatchError> {
    let (modified, meta) = (map_of(modified), Meta::Struct(of));
    let additions = diff::maps(&map_of(live), &modified, meta, diff::Options::additions())?;
    let deletions = diff::maps(&map_of(last_applied), &modified, meta, diff::Options::deletions())?;
    strategic::merge_map(deletions, additions, meta, strategic::Mode::Combine).map(Value::Object)
}

/// The same as a JSON merge patch, for kinds without a known type.
// Models k8s.io/apimachinery/pkg/util/jsonmergepatch CreateThreeWayJSONMergePatch
pub fn three_way_merge_patch(last_applied: &Value, modified: &Value, live: &Value) -> Value {
    let additions = only_nulls(&diff_merge_patch(live, modified), false);
    let deletions = only_nulls(&diff_merge_patch(last_applied, modified), true);
    merge_patch(&deletions, &additions)
}

/// The JSON merge patch that makes the second value of the first.
pub fn diff_merge_patch(from: &Value, to: &Value) -> Value {
    let (Value::Object(from), Value::Object(to)) = (from, to) else {
        return to.clone();
    };
    let mut patch = Map::new();
    for (key, value) in to {
        match from.get(key) {
            Some(before) if before == value => {}
            Some(before) => {
                patch.insert(key.clone(), diff_merge_patch(before, value));
            }
            None => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    for key in from.keys().filter(|key| !to.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    Value::Object(patch)
}

/// The nulls of a patch alone, or all but the nulls.
fn only_nulls(patch: &Value, nulls: bool) -> Value {
    let Value::Object(map) = patch else {
        return patch.clone();
    };
    let mut kept = Map::new();
    for (key, value) in map {
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                let inner = only_nulls(value, nulls);
                if inner.as_object().is_some_and(|inner| !inner.is_empty()) {
                    kept.insert(key.clone(), inner);
                }
            }
            value if value.is_null() == nulls => {
                kept.insert(key.clone(), value.clone());
            }
            _ => {}
        }
    }
    Value::Object(kept)
}

fn map_of(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests;
