//! Computes the strategic merge patch between two objects.

use crate::sim::Arrange;
use serde_json::{Map, Value, json};

use super::PatchError;
use super::meta::{FieldMeta, Meta};
use super::order::{DIRECTIVE, go_value, holds_maps, identity, require_key, sorted_like};
use super::strategic::{DELETE_FROM, RETAIN_KEYS, SET_ORDER, without_repeats};

/// What of the difference counts.
// Models k8s.io/apimachinery/pkg/util/strategicpatch DiffOptions
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    deletions: bool,
    additions: bool,
    /// List the keys that stay in the map at hand.
    retain_keys: bool,
}

impl Options {
    /// Changes and additions alone.
    pub(super) fn additions() -> Self {
        Self {
            deletions: false,
            additions: true,
            retain_keys: false,
        }
    }

    /// Deletions alone.
    pub(super) fn deletions() -> Self {
        Self {
            deletions: true,
            additions: false,
            retain_keys: false,
        }
    }
}

type Fields = Map<String, Value>;

/// The patch that makes the modified map of the original one.
// Models k8s.io/apimachinery/pkg/util/strategicpatch diffMaps
pub(super) fn maps(original: &Fields, modified: &Fields, at: Meta, options: Options) -> Result<Fields, PatchError> {
    let mut patch = Fields::new();
    for (key, value) in modified {
        match (original.get(key), value) {
            (Some(Value::Object(before)), Value::Object(after)) => {
                let Some(field) = field_or_equal(at, key, before == after)? else {
                    continue;
                };
                if field.replaces {
                    if options.additions {
                        patch.insert(key.clone(), value.clone());
                    }
                    continue;
                }
                let options = Options {
                    retain_keys: field.retains_keys,
                    ..options
                };
                let inner = maps(before, after, field.inner, options)?;
                if !inner.is_empty() {
                    patch.insert(key.clone(), Value::Object(inner));
                }
            }
            (Some(Value::Array(before)), Value::Array(after)) => {
                let Some(field) = field_or_equal(at, key, before == after)? else {
                    continue;
                };
                match field.merge_key {
                    Some(merge_key) => {
                        let options = Options {
                            retain_keys: field.retains_keys,
                            ..options
                        };
                        lists(before, after, field.inner, merge_key, options)?.put_into(&mut patch, key);
                    }
                    None if options.additions && before != after => {
                        patch.insert(key.clone(), value.clone());
                    }
                    None => {}
                }
            }
            (Some(before), value) if before == value => {}
            _ if options.additions => {
                patch.insert(key.clone(), value.clone());
            }
            _ => {}
        }
    }
    if options.deletions {
        let gone = original.keys().filter(|key| !modified.contains_key(*key));
        patch.extend(gone.map(|key| (key.clone(), Value::Null)));
    }
    if options.retain_keys {
        add_retained_keys(original, modified, &mut patch);
    }
    Ok(patch)
}

/// How the field merges. A field that the type has not is an error only where something changed.
fn field_or_equal(at: Meta, key: &str, equal: bool) -> Result<Option<FieldMeta>, PatchError> {
    match at.field(key) {
        Ok(field) => Ok(Some(field)),
        Err(_) if equal => Ok(None),
        Err(error) => Err(error),
    }
}

fn add_retained_keys(original: &Fields, modified: &Fields, patch: &mut Fields) {
    let kept: Vec<_> = modified
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, _)| json!(key))
        .collect();
    let more = original
        .iter()
        .any(|(key, value)| !value.is_null() && !modified.contains_key(key));
    if !kept.is_empty() && (!patch.is_empty() || more) {
        patch.insert(RETAIN_KEYS.to_owned(), Value::Array(kept));
    }
}

/// The parts of a patch that change a list.
#[derive(Default)]
struct ListPatch {
    changes: Vec<Value>,
    deleted: Vec<Value>,
    order: Vec<Value>,
}

impl ListPatch {
    fn put_into(self, patch: &mut Fields, key: &str) {
        for (prefix, list) in [("", self.changes), (DELETE_FROM, self.deleted), (SET_ORDER, self.order)] {
            if !list.is_empty() {
                patch.insert(format!("{prefix}{key}"), Value::Array(list));
            }
        }
    }
}

// Models k8s.io/apimachinery/pkg/util/strategicpatch diffLists
fn lists(before: &[Value], after: &[Value], at: Meta, key: &str, options: Options) -> Result<ListPatch, PatchError> {
    if before.is_empty() {
        let changes = if options.additions { after.to_vec() } else { Vec::new() };
        return Ok(ListPatch {
            changes,
            ..ListPatch::default()
        });
    }
    if !holds_maps(&[before, after])? {
        return Ok(lists_of_scalars(before, after, options));
    }
    let (changes, deletions) = lists_of_maps(before, after, at, key, options)?;
    let mut changes = sorted_like(changes, after, key);
    changes.extend(deletions);
    let same_order = before.len() == after.len()
        && before
            .iter()
            .zip(after)
            .all(|(b, a)| identity(b, key) == identity(a, key));
    let ordered = !changes.is_empty() || (options.additions && !same_order);
    let order = if ordered {
        after.iter().map(|item| json!({ key: item[key] })).collect()
    } else {
        Vec::new()
    };
    Ok(ListPatch {
        changes,
        deleted: Vec::new(),
        order,
    })
}

// Models k8s.io/apimachinery/pkg/util/strategicpatch diffListsOfScalars
fn lists_of_scalars(before: &[Value], after: &[Value], options: Options) -> ListPatch {
    let mut patch = ListPatch::default();
    if options.additions {
        let added: Vec<_> = after.iter().filter(|item| !before.contains(item)).cloned().collect();
        patch.changes = sorted_like(added, after, "");
    }
    if options.deletions {
        let mut gone: Vec<_> = before.iter().filter(|item| !after.contains(item)).cloned().collect();
        gone.arrange_by_key(go_value);
        patch.deleted = without_repeats(gone);
    }
    if (options.deletions && !patch.deleted.is_empty()) || (options.additions && before != after) {
        patch.order = after.to_vec();
    }
    patch
}

/// Changed and added items, and the directives that delete the others.
// Models k8s.io/apimachinery/pkg/util/strategicpatch diffListsOfMaps
fn lists_of_maps(
    before: &[Value],
    after: &[Value],
    at: Meta,
    key: &str,
    options: Options,
) -> Result<(Vec<Value>, Vec<Value>), PatchError> {
    let (before, after) = (by_key(before, key)?, by_key(after, key)?);
    let (mut changes, mut deletions) = (Vec::new(), Vec::new());
    let (mut olds, mut news) = (before.into_iter().peekable(), after.into_iter().peekable());
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => return Ok((changes, deletions)),
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(_), None) => std::cmp::Ordering::Less,
            (Some((old, _)), Some((new, _))) => old.cmp(new),
        };
        let old = if order.is_le() { olds.next() } else { None };
        let new = if order.is_ge() { news.next() } else { None };
        match (old, new) {
            (Some((_, old)), Some((_, new))) => {
                let mut inner = maps(&super::map_of(old), &super::map_of(new), at, options)?;
                if !inner.is_empty() {
                    inner.insert(key.to_owned(), new[key].clone());
                    changes.push(Value::Object(inner));
                }
            }
            (Some((_, old)), None) if options.deletions => {
                deletions.push(json!({ key: old[key], DIRECTIVE: "delete" }));
            }
            (None, Some((_, new))) if options.additions => changes.push(new.clone()),
            _ => {}
        }
    }
}

/// The items with the text of their keys, sorted by it.
fn by_key<'a>(items: &'a [Value], key: &str) -> Result<Vec<(String, &'a Value)>, PatchError> {
    let keyed = items.iter().map(|item| Ok((go_value(require_key(item, key)?), item)));
    let mut keyed = keyed.collect::<Result<Vec<_>, PatchError>>()?;
    keyed.arrange_by(|a, b| a.0.cmp(&b.0));
    Ok(keyed)
}
