//! Values as upstream's refusals show them: the internal structs of the API server written as JSON, with Go's field
//! names and order and with everything that is empty.

use crate::sim::Arrange;
use serde_json::{Map, Value};

use crate::api::names::BadValue;
use crate::api::schema::{self, Shape, Struct, TypeRef};

/// JSON with fields in an order of their own.
#[derive(Debug)]
pub(super) enum Tree {
    Plain(String),
    List(Vec<Self>),
    Fields(Vec<(String, Self)>),
}

/// Fields that stand elsewhere in the internal struct: those of the pod's security context that documents have in the
/// pod's spec, in their order.
const MOVED: [&str; 5] = [
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "shareProcessNamespace",
    "hostUsers",
];
/// Fields of documents that the internal struct does not have.
const DOCUMENT_ONLY: [&str; 1] = ["serviceAccount"];
/// The order of the fields in the internal PodSpec where it differs from the documents'.
const POD_SPEC_FIRST: [&str; 4] = ["volumes", "initContainers", "containers", "ephemeralContainers"];

/// Fields that stand after another one in the internal struct: struct, field, the one before.
const AFTER: [(&str, &str, &str); 6] = [
    ("PodSpec", "setHostnameAsFQDN", "subdomain"),
    ("PodSpec", "preemptionPolicy", "priority"),
    ("PodSpec", "overhead", "runtimeClassName"),
    ("PodSecurityContext", "fsGroupChangePolicy", "fsGroup"),
    ("Volume", "quobyte", "rbd"),
    ("VolumeSource", "quobyte", "rbd"),
];

/// The value, of the struct with this package and name, as a refusal shows it.
pub(super) fn bad_value(package: &str, name: &str, value: &Value) -> BadValue {
    let of = schema::struct_of(package, name);
    let text = of.map_or_else(|| value.to_string(), |of| structure(of, value).compact());
    BadValue::json(text)
}

/// The value, of the struct with this package and name, as an ordered tree.
pub(super) fn tree(package: &str, name: &str, value: &Value) -> Option<Tree> {
    schema::struct_of(package, name).map(|of| structure(of, value))
}

fn structure(of: Struct, value: &Value) -> Tree {
    if of.package() == "meta" {
        return meta(of, value);
    }
    let mut fields = Vec::new();
    for field in declared(of) {
        let there = value.get(field.json).filter(|value| !value.is_null());
        if let Some(inner) = field.inlined() {
            if let Tree::Fields(inlined) = structure(inner, value) {
                fields.extend(inlined);
            }
        } else if field.json == "metadata" {
            // The metadata is embedded: its fields stand in the struct itself.
            if let Some(Tree::Fields(embedded)) = there.map(|there| element(field.ty, there)) {
                fields.extend(embedded);
            }
        } else {
            let moved = moved_value(of, field.json, value);
            let value = moved.as_ref().or(there);
            fields.push((field.go_name(), shown(field.ty, value)));
        }
    }
    if of.name() == "PodSecurityContext" {
        let moved = MOVED.iter().rev().filter_map(|name| {
            let spec = schema::struct_of("core", "PodSpec")?;
            let field = spec.field(name)?;
            Some((field.go_name(), shown(field.ty, value.get(*name))))
        });
        for pair in moved {
            fields.insert(0, pair);
        }
    }
    Tree::Fields(fields)
}

/// The fields of a struct in the internal order.
fn declared(of: Struct) -> Vec<schema::Field> {
    let mut fields: Vec<_> = of.declared().collect();
    if of.name() == "PodSpec" {
        fields.retain(|field| !MOVED.contains(&field.json) && !DOCUMENT_ONLY.contains(&field.json));
        let rank = |json: &str| {
            POD_SPEC_FIRST
                .iter()
                .position(|name| *name == json)
                .unwrap_or(POD_SPEC_FIRST.len())
        };
        fields.arrange_by_key(|field| rank(field.json));
    }
    for (_, name, before) in AFTER.iter().filter(|(moved, ..)| *moved == of.name()) {
        let place = |name: &str| fields.iter().position(|field| field.json == name);
        if let (Some(from), Some(to)) = (place(name), place(before)) {
            let field = fields.remove(from);
            fields.insert(if from < to { to } else { to + 1 }, field);
        }
    }
    fields
}

/// The pod's security context with the fields that documents have beside it.
fn moved_value(of: Struct, json: &str, spec: &Value) -> Option<Value> {
    if of.name() != "PodSpec" || json != "securityContext" || !spec["securityContext"].is_object() {
        return None;
    }
    let mut context = spec["securityContext"].clone();
    for name in MOVED {
        if let Some(value) = spec.get(name) {
            context[name] = value.clone();
        }
    }
    Some(context)
}

/// A field's value, or what stands for its absence.
fn shown(ty: TypeRef, value: Option<&Value>) -> Tree {
    if let Some(value) = value {
        return element(ty, value);
    }
    if ty.is_pointer() {
        return Tree::Plain("null".to_owned());
    }
    match ty.shape() {
        Shape::Struct(of) => structure(of, &Value::Object(Map::new())),
        Shape::String => Tree::Plain("\"\"".to_owned()),
        Shape::Quantity => Tree::Plain("\"0\"".to_owned()),
        Shape::Int32 | Shape::Int64 | Shape::Float | Shape::IntOrString => Tree::Plain("0".to_owned()),
        Shape::Bool => Tree::Plain("false".to_owned()),
        _ => Tree::Plain("null".to_owned()),
    }
}

fn element(ty: TypeRef, value: &Value) -> Tree {
    match (ty.shape(), value) {
        (Shape::Struct(of), Value::Object(_)) => structure(of, value),
        (Shape::List(item), Value::Array(items)) => {
            Tree::List(items.iter().map(|value| element(item, value)).collect())
        }
        (Shape::Map(item), Value::Object(map)) => Tree::Fields(
            map.iter()
                .map(|(key, value)| (key.clone(), element(item, value)))
                .collect(),
        ),
        _ => Tree::Plain(value.to_string()),
    }
}

/// Structs of the meta group keep their JSON names and leave out what is empty.
fn meta(of: Struct, value: &Value) -> Tree {
    let mut fields = Vec::new();
    for field in of.fields() {
        match value.get(field.json).filter(|value| !value.is_null()) {
            Some(value) => fields.push((field.json.to_owned(), element(field.ty, value))),
            None if field.written_when_empty() => fields.push((field.json.to_owned(), shown(field.ty, None))),
            None => {}
        }
    }
    Tree::Fields(fields)
}

impl Tree {
    /// The JSON on one line.
    pub(super) fn compact(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::List(items) => format!("[{}]", join(items.iter().map(Self::compact))),
            Self::Fields(fields) => {
                format!(
                    "{{{}}}",
                    join(
                        fields
                            .iter()
                            .map(|(name, value)| format!("{}:{}", quoted(name), value.compact()))
                    )
                )
            }
        }
    }

    /// The JSON in lines, a space deeper for each level.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.write(0, String::new(), "", &mut lines);
        lines
    }

    fn write(&self, depth: usize, start: String, end: &str, lines: &mut Vec<String>) {
        let pad = " ".repeat(depth);
        match self {
            Self::Plain(text) => lines.push(format!("{start}{text}{end}")),
            Self::List(items) if items.is_empty() => lines.push(format!("{start}[]{end}")),
            Self::Fields(fields) if fields.is_empty() => lines.push(format!("{start}{{}}{end}")),
            Self::List(items) => {
                lines.push(format!("{start}["));
                for (index, item) in items.iter().enumerate() {
                    let comma = if index + 1 < items.len() { "," } else { "" };
                    item.write(depth + 1, " ".repeat(depth + 1), comma, lines);
                }
                lines.push(format!("{pad}]{end}"));
            }
            Self::Fields(fields) => {
                lines.push(format!("{start}{{"));
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index + 1 < fields.len() { "," } else { "" };
                    let start = format!("{}{}: ", " ".repeat(depth + 1), quoted(name));
                    value.write(depth + 1, start, comma, lines);
                }
                lines.push(format!("{pad}}}{end}"));
            }
        }
    }
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",")
}
