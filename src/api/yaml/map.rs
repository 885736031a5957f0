//! The entries of a map: keys as JSON has them, keys given twice, and other maps merged in.

use crate::sim::btree::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::node::Node;
use super::place::{Inside, Place, Places};
use super::problem::Fault;

/// The entries of a map that is being read.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) values: Map<String, Value>,
    pub(super) places: BTreeMap<String, Places>,
    pub(super) size: usize,
    /// Keys that a merge put in, which the map's own may replace.
    merged: BTreeSet<String>,
    /// Keys given twice.
    pub(super) repeated: Vec<(String, Place)>,
}

impl Entries {
    /// Adds an entry. The key `<<` merges the maps that are its value.
    pub(super) fn add(&mut self, key: Node, mut value: Node) -> Result<(), Fault> {
        self.size += value.size;
        if key.merge {
            return merge(value, self);
        }
        let at = key.places.value;
        let name = key_text(&key.value).map_err(|message| Fault::meaning(message, key.mark))?;
        value.places.key = at;
        if self.values.insert(name.clone(), value.value).is_some() && !self.merged.remove(&name) {
            self.repeated.push((name.clone(), at));
        }
        self.places.insert(name, value.places);
        Ok(())
    }
}

/// Puts the entries of the map (or of each map of the list, the first one last) into the map that is being read.
// Models go.yaml.in/yaml/v2 decoder.merge
fn merge(from: Node, into: &mut Entries) -> Result<(), Fault> {
    match (from.value, from.places.inside) {
        (Value::Object(map), Inside::Map(at)) => {
            into.merged.extend(map.keys().cloned());
            into.values.extend(map);
            into.places.extend(at);
        }
        (Value::Array(maps), Inside::List(at)) if maps.iter().all(Value::is_object) => {
            for (value, places) in maps.into_iter().zip(at).rev() {
                merge(
                    Node {
                        value,
                        places,
                        mark: from.mark,
                        size: 0,
                        merge: false,
                    },
                    into,
                )?;
            }
        }
        _ => {
            return Err(Fault::meaning(
                "yaml: map merge requires map or sequence of maps as the value",
                from.mark,
            ));
        }
    }
    Ok(())
}

/// A map's key as JSON has it.
// Models sigs.k8s.io/yaml convertToJSONableObject
fn key_text(key: &Value) -> Result<String, String> {
    match key {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null => Err("unsupported map key of type: %!s(<nil>), key: <nil>".to_owned()),
        Value::Array(_) | Value::Object(_) => Err(format!("yaml: invalid map key: {}", go_syntax(key))),
    }
}

/// A value as Go's `%#v` prints it.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Object(map) => {
            let entries = map.iter().map(|(k, v)| format!("{k:?}:{}", go_syntax(v)));
            format!(
                "map[interface {{}}]interface {{}}{{{}}}",
                entries.collect::<Vec<_>>().join(", ")
            )
        }
        Value::Array(list) => {
            let items: Vec<_> = list.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        scalar => scalar.to_string(),
    }
}
