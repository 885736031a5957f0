//! Changes of headers.

use serde_json::Value;

use crate::api::Str;
use crate::api::gateway::{items, text};

/// Headers in order.
pub type Headers = Vec<(Str, Str)>;

/// A change of headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The header has this value and no other.
    Set(Str, Str),
    /// The header has this value too.
    Add(Str, Str),
    /// There is no such header.
    Remove(Str),
}

impl Edit {
    /// Makes the change. The case of names does not matter.
    pub fn apply(&self, headers: &mut Headers) {
        match self {
            Self::Set(name, value) => {
                headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                headers.push((name.clone(), value.clone()));
            }
            Self::Add(name, value) => headers.push((name.clone(), value.clone())),
            Self::Remove(name) => headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name)),
        }
    }
}

/// The changes of a header modifier.
// Models the Gateway API, HTTPHeaderFilter.
#[must_use]
pub(super) fn edits(filter: &Value) -> Vec<Edit> {
    let pair = |entry: &Value| (Str::from(text(&entry["name"])), Str::from(text(&entry["value"])));
    let set = items(&filter["set"])
        .map(pair)
        .map(|(name, value)| Edit::Set(name, value));
    let add = items(&filter["add"])
        .map(pair)
        .map(|(name, value)| Edit::Add(name, value));
    let remove = items(&filter["remove"]).map(|name| Edit::Remove(text(name).into()));
    set.chain(add).chain(remove).collect()
}

/// The first value of a header.
#[must_use]
pub(super) fn value<'a>(headers: &'a [(Str, Str)], name: &str) -> Option<&'a Str> {
    let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_set_added_and_removed_whatever_their_case() {
        let filter = serde_json::json!({
            "set": [{"name": "X-Set", "value": "new"}],
            "add": [{"name": "x-add", "value": "b"}],
            "remove": ["X-REMOVE"],
        });
        let mut headers: Headers = [
            ("x-set", "old"),
            ("X-Add", "a"),
            ("x-remove", "gone"),
            ("other", "stays"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
        edits(&filter).iter().for_each(|edit| edit.apply(&mut headers));
        let got: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(
            got,
            [("X-Add", "a"), ("other", "stays"), ("X-Set", "new"), ("x-add", "b")]
        );
    }
}
