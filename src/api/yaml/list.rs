//! Opens lists: `kind: List`, `kind: PodList` and anything else with `items`.

use serde_json::Value;

use super::place::Inside;
use super::{Code, Diagnostic, Document};

/// The items of a list, or the document itself when it is none. Items of a typed list inherit kind and apiVersion.
///
/// Models k8s.io/apimachinery/pkg/apis/meta/v1/unstructured unstructuredJSONScheme.decodeToList
pub(super) fn open(mut document: Document) -> Result<Vec<Document>, Diagnostic> {
    let Some(items) = document.value.get_mut("items").map(Value::take) else {
        return Ok(vec![document]);
    };
    let items = match items {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        other => {
            let message = format!(
                "json: cannot unmarshal {} into Go struct field decodeList.items of type []json.RawMessage",
                super::json_type(&other)
            );
            let place = document.places.nearest("items").value;
            return Err(Diagnostic::error(Code::Metadata, message, place).at_path("items"));
        }
    };
    let text = |name| {
        document
            .value
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let item_kind = kind.strip_suffix("List").unwrap_or(&kind);
    let mut opened = Vec::new();
    for (index, mut value) in items.into_iter().enumerate() {
        if let Some(map) = value
            .as_object_mut()
            .filter(|m| !m.contains_key("kind") && !m.contains_key("apiVersion"))
        {
            map.insert("kind".to_owned(), Value::from(item_kind));
            map.insert("apiVersion".to_owned(), Value::from(api_version.as_str()));
        }
        let places = match document.places.get("items").map(|p| &p.inside) {
            Some(Inside::List(list)) => list.get(index).cloned(),
            _ => None,
        };
        opened.extend(open(Document {
            value,
            places: places.unwrap_or_default(),
        })?);
    }
    Ok(opened)
}
