//! Merges a strategic merge patch into an object, or two patches into one.

use serde_json::{Map, Value};

use super::PatchError;
use super::meta::{FieldMeta, Meta};
use super::order::{DIRECTIVE, go_value, holds_maps, index, merged, partition, require_key};

/// Names that begin so list the values to delete from a list of scalars.
pub(super) const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
/// Names that begin so list a list's items in their order.
pub(super) const SET_ORDER: &str = "$setElementOrder/";
/// Lists the keys of a map that stay.
pub(super) const RETAIN_KEYS: &str = "$retainKeys";

/// What the patch is merged into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// An object: directives are carried out and gone.
    Apply,
    /// Another patch: directives stay.
    Combine,
}

type Fields = Map<String, Value>;

/// Merges the patch into the original.
// Models k8s.io/apimachinery/pkg/util/strategicpatch mergeMap
pub(super) fn merge_map(mut original: Fields, mut patch: Fields, at: Meta, mode: Mode) -> Result<Fields, PatchError> {
    if let Some(directive) = patch.get(DIRECTIVE) {
        return match directive.as_str() {
            Some("replace") => {
                patch.remove(DIRECTIVE);
                Ok(patch)
            }
            Some("delete") => Ok(Fields::new()),
            _ => Err(unknown_directive(directive, &Value::Object(patch.clone()))),
        };
    }
    retain_keys(&mut original, &mut patch, mode)?;
    merge_ordered_lists(&mut original, &mut patch, at, mode)?;
    for (key, value) in patch {
        merge_entry(&mut original, key, value, at, mode)?;
    }
    Ok(original)
}

fn unknown_directive(directive: &Value, map: &Value) -> PatchError {
    PatchError::Unprocessable(format!(
        "unknown patch type: {} in map: {}",
        go_value(directive),
        go_value(map)
    ))
}

fn bad(message: &str) -> PatchError {
    PatchError::BadRequest(message.to_owned())
}

/// Carries out `$retainKeys`.
// Models k8s.io/apimachinery/pkg/util/strategicpatch applyRetainKeysDirective
fn retain_keys(original: &mut Fields, patch: &mut Fields, mode: Mode) -> Result<(), PatchError> {
    let Some(retained) = patch.remove(RETAIN_KEYS) else {
        return Ok(());
    };
    let format_error = || bad("invalid patch format of retainKeys");
    if mode == Mode::Combine {
        let kept = original.entry(RETAIN_KEYS).or_insert_with(|| retained.clone());
        return if *kept == retained { Ok(()) } else { Err(format_error()) };
    }
    let names = retained.as_array().ok_or_else(format_error)?;
    let listed = |key: &String| names.iter().any(|name| name == key);
    let directive = |key: &String| key.starts_with(DELETE_FROM) || key.starts_with(SET_ORDER);
    if patch
        .iter()
        .any(|(key, value)| !value.is_null() && !directive(key) && !listed(key))
    {
        return Err(format_error());
    }
    original.retain(|key, _| listed(key));
    Ok(())
}

/// Merges the lists whose order the patch sets.
// Models k8s.io/apimachinery/pkg/util/strategicpatch mergePatchIntoOriginal
fn merge_ordered_lists(original: &mut Fields, patch: &mut Fields, at: Meta, mode: Mode) -> Result<(), PatchError> {
    let names: Vec<String> = patch.keys().filter(|key| key.starts_with(SET_ORDER)).cloned().collect();
    for directive in names {
        let order = patch.remove(&directive).unwrap_or_default();
        let format_error = || bad("invalid patch format of setElementOrder list");
        if mode == Mode::Combine {
            let kept = original.entry(directive.clone()).or_insert_with(|| order.clone());
            if *kept != order {
                return Err(format_error());
            }
        }
        let Value::Array(order) = order else {
            return Err(format_error());
        };
        let name = directive.trim_start_matches(SET_ORDER).to_owned();
        let (before, change) = (take_list(original, &name)?, take_list(patch, &name)?);
        let field = at.field(&name)?;
        let key = field.merge_key.unwrap_or("");
        check_order(change.as_deref().unwrap_or(&[]), &order, key)?;
        let server_order = before.clone().unwrap_or_default();
        let list = match (before, change) {
            (None, None) => continue,
            (Some(list), None) => list,
            (None, Some(list)) => list.into_iter().filter_map(without_directives).collect(),
            (Some(list), Some(change)) => merge_list(list, change, field, false, mode)?,
        };
        let (in_patch, server_only) = partition(list, &order, key)?;
        let list = merged(in_patch, server_only, &order, &server_order, key);
        original.insert(name, Value::Array(list));
    }
    Ok(())
}

fn take_list(map: &mut Fields, name: &str) -> Result<Option<Vec<Value>>, PatchError> {
    match map.remove(name) {
        None => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list)),
        Some(other) => {
            let message = format!(
                "expected a []interface {{}}, but received a {}",
                crate::api::yaml::json_type(&other)
            );
            Err(PatchError::Unprocessable(message))
        }
    }
}

/// The items of a patch must stand in the order that it sets.
// Models k8s.io/apimachinery/pkg/util/strategicpatch validatePatchWithSetOrderList
fn check_order(patch: &[Value], order: &[Value], key: &str) -> Result<(), PatchError> {
    if order.is_empty() {
        return Ok(());
    }
    let mut rest = order.iter();
    for item in patch.iter().filter(|item| item.get(DIRECTIVE).is_none()) {
        if !rest.any(|ordered| index(std::slice::from_ref(ordered), item, key).is_some()) {
            let (patch, order) = (go_value(&Value::from(patch)), go_value(&Value::from(order)));
            let message =
                format!("The order in patch list:\n{patch}\n doesn't match $setElementOrder list:\n{order}\n");
            return Err(PatchError::Unprocessable(message));
        }
    }
    Ok(())
}

/// Merges one entry of the patch.
fn merge_entry(original: &mut Fields, key: String, change: Value, at: Meta, mode: Mode) -> Result<(), PatchError> {
    let (key, deletes) = match key.strip_prefix(DELETE_FROM) {
        Some(_) if mode == Mode::Combine => {
            original.insert(key, change);
            return Ok(());
        }
        Some(name) => (name.to_owned(), true),
        None => (key, false),
    };
    if change.is_null() {
        original.remove(&key);
        if mode == Mode::Apply {
            return Ok(());
        }
    }
    let before = original.remove(&key);
    let merged = match (before, change) {
        (Some(Value::Object(before)), Value::Object(change)) => {
            let field = at.field(&key)?;
            let merged = if field.replaces {
                change
            } else {
                merge_map(before, change, field.inner, mode)?
            };
            Some(Value::Object(merged))
        }
        (Some(Value::Array(before)), Value::Array(change)) => Some(Value::Array(merge_list(
            before,
            change,
            at.field(&key)?,
            deletes,
            mode,
        )?)),
        (before, _) if deletes => before,
        (_, change) => without_directives(if mode == Mode::Apply {
            without_nulls(change)
        } else {
            change
        }),
    };
    if let Some(merged) = merged {
        original.insert(key, merged);
    }
    Ok(())
}

/// A patch value that is taken as it is; none when it only deletes.
// Models k8s.io/apimachinery/pkg/util/strategicpatch removeDirectives
fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(map) if map.contains_key(DIRECTIVE) => None,
        Value::Object(map) => {
            let kept = map
                .into_iter()
                .filter_map(|(key, value)| Some((key, without_directives(value)?)));
            Some(Value::Object(kept.collect()))
        }
        Value::Array(items) => Some(Value::Array(items.into_iter().filter_map(without_directives).collect())),
        scalar => Some(scalar),
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        scalar => scalar,
    }
}

/// Merges or replaces a list, or deletes from it.
// Models k8s.io/apimachinery/pkg/util/strategicpatch mergeSliceHandler, mergeSlice
fn merge_list(
    original: Vec<Value>,
    patch: Vec<Value>,
    field: FieldMeta,
    deletes: bool,
    mode: Mode,
) -> Result<Vec<Value>, PatchError> {
    let key = match field.merge_key {
        None if !deletes => return Ok(patch),
        key => key.unwrap_or(""),
    };
    let order = patch.clone();
    let server_order;
    let merged_items = if holds_maps(&[&original, &patch])? {
        if key.is_empty() {
            let message = format!("cannot merge lists without merge key for {}", field.inner.name());
            return Err(PatchError::Unprocessable(message));
        }
        let (kept, changes) = carry_out_directives(original, patch, key)?;
        server_order = kept.clone();
        merge_items(kept, changes, key, field.inner, mode)?
    } else {
        if deletes {
            return Ok(original.into_iter().filter(|item| !patch.contains(item)).collect());
        }
        server_order = original.clone();
        without_repeats(original.into_iter().chain(patch).collect())
    };
    let (in_patch, server_only) = partition(merged_items, &order, key)?;
    Ok(merged(in_patch, server_only, &order, &server_order, key))
}

/// Carries out `$patch: delete` and `$patch: replace` among the items of the patch.
// Models k8s.io/apimachinery/pkg/util/strategicpatch mergeSliceWithSpecialElements
fn carry_out_directives(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    key: &str,
) -> Result<(Vec<Value>, Vec<Value>), PatchError> {
    let (mut changes, mut replaces) = (Vec::new(), false);
    for item in patch {
        match item.get(DIRECTIVE) {
            None => changes.push(item),
            Some(directive) if directive == "delete" => {
                let wanted = require_key(&item, key)?;
                original.retain(|other| other.get(key) != Some(wanted));
            }
            Some(directive) if directive == "replace" => replaces = true,
            Some(directive) if directive == "merge" => {
                return Err(PatchError::Unprocessable(
                    "merging lists cannot yet be specified in the patch".to_owned(),
                ));
            }
            Some(directive) => return Err(unknown_directive(directive, &item)),
        }
    }
    if replaces {
        return Ok((changes, Vec::new()));
    }
    Ok((original, changes))
}

/// Merges maps with the same key; others are added.
fn merge_items(
    mut items: Vec<Value>,
    changes: Vec<Value>,
    key: &str,
    at: Meta,
    mode: Mode,
) -> Result<Vec<Value>, PatchError> {
    for change in changes {
        require_key(&change, key)?;
        match (index(&items, &change, key), change) {
            (Some(found), Value::Object(change)) => {
                let before = super::map_of(&items[found]);
                items[found] = Value::Object(merge_map(before, change, at, mode)?);
            }
            (_, change) => items.push(change),
        }
    }
    Ok(items)
}

/// Each value once; the last one takes the place of one that came before.
// Models k8s.io/apimachinery/pkg/util/strategicpatch deduplicateScalars
pub(super) fn without_repeats(mut items: Vec<Value>) -> Vec<Value> {
    let mut first = 0;
    while first < items.len() {
        let mut second = first + 1;
        while second < items.len() {
            if items[first] == items[second] {
                items.swap_remove(second);
            } else {
                second += 1;
            }
        }
        first += 1;
    }
    items
}
