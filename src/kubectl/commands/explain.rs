//! `kubectl explain`: the fields of a kind, from the table of fields. Descriptions are not in that table.
// Models k8s.io/kubectl/pkg/explain/v2/templates/plaintext.tmpl.

use super::{Context, Started};
use crate::api::schema::{Shape, Struct, TypeRef, struct_of};
use crate::kubectl::args::{Args, Flag, switch, value};
use crate::kubectl::resource;

const FLAGS: [Flag; 3] = [
    switch("recursive", ' '),
    value("api-version", ' '),
    value("output", 'o'),
];

const DESCRIPTION: &str =
    "DESCRIPTION:\n    <not in this simulator: see https://kubernetes.io/docs/reference/kubernetes-api/>\n\n";
/// Values of a field that a list of fields shows.
const VALUES_MAX: usize = 4;

pub(super) fn explain(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("explain", &FLAGS, words)?;
    let usage = |why: &str| format!("error: {why}\nSee 'kubectl explain -h' for help and examples\n");
    let [path] = args.words.as_slice() else {
        return Err(usage(if args.words.is_empty() {
            "you must specify the type of resource to explain"
        } else {
            "we accept only this format: explain RESOURCE"
        }));
    };
    let mut steps = path.split('.');
    let kind = resource::kind(steps.next().unwrap_or_default())?;
    let info = kind.info();
    let out = &mut context.output.stdout;
    if !info.group.is_empty() {
        out.push_str(&format!("GROUP:      {}\n", info.group));
    }
    out.push_str(&format!("KIND:       {}\nVERSION:    {}\n\n", info.kind, info.version));
    let top = struct_of(info.package, info.kind);
    let mut here = top.map(Shape::Struct);
    let steps: Vec<&str> = steps.collect();
    for (index, step) in steps.iter().enumerate() {
        let field = here.and_then(inner_struct).and_then(|of| of.field(step));
        let Some(field) = field else {
            return Err(format!("error: field \"{step}\" does not exist\n"));
        };
        if index + 1 == steps.len() {
            out.push_str(&format!("FIELD: {step} <{}>\n", type_of(field.ty)));
            let mut values: Vec<&str> = field.ty.values().collect();
            values.sort_unstable();
            if !values.is_empty() {
                out.push_str(&format!("ENUM:\n    {}\n", values.join("\n    ")));
            }
            out.push('\n');
        }
        here = Some(field.ty.shape());
    }
    out.push_str(DESCRIPTION);
    if let Some(of) = here.and_then(inner_struct) {
        out.push_str("FIELDS:\n");
        list(out, of, args.is_set("recursive"), &mut Vec::new());
    }
    out.push('\n');
    Ok(None)
}

/// The struct that a value holds, itself or in a list or map.
fn inner_struct(shape: Shape) -> Option<Struct> {
    match shape {
        Shape::Struct(of) => Some(of),
        Shape::List(of) | Shape::Map(of) => inner_struct(of.shape()),
        _ => None,
    }
}

/// The fields of a struct, by name; `above` are the structs that it stands in.
fn list(out: &mut String, of: Struct, recursive: bool, above: &mut Vec<Struct>) {
    if above.contains(&of) {
        return;
    }
    let indent = "  ".repeat(above.len() + 1);
    let mut fields = of.fields();
    fields.sort_by_key(|field| field.json);
    above.push(of);
    for field in fields {
        let required = if field.required() { " -required-" } else { "" };
        out.push_str(&format!("{indent}{}\t<{}>{required}\n", field.json, type_of(field.ty)));
        let mut values: Vec<&str> = field.ty.values().collect();
        values.sort_unstable();
        if !values.is_empty() {
            let more = if values.len() > VALUES_MAX { ", ...." } else { "" };
            values.truncate(VALUES_MAX);
            out.push_str(&format!("{indent}enum: {}{more}\n", values.join(", ")));
        }
        if recursive {
            if let Some(inner) = inner_struct(field.ty.shape()) {
                list(out, inner, true, above);
            }
        } else {
            out.push_str(&format!("{indent}  <no description>\n\n"));
        }
    }
    above.pop();
}

/// A type as OpenAPI names it.
fn type_of(ty: TypeRef) -> String {
    let plain = match ty.shape() {
        Shape::String | Shape::Bytes | Shape::Time | Shape::MicroTime | Shape::Duration => "string",
        Shape::Int32 | Shape::Int64 => "integer",
        Shape::Bool => "boolean",
        Shape::Float => "number",
        Shape::Quantity => "Quantity",
        Shape::IntOrString => "IntOrString",
        Shape::Any => "Object",
        Shape::List(of) => return format!("[]{}", type_of(of)),
        Shape::Map(of) => return format!("map[string]{}", type_of(of)),
        Shape::Struct(of) => of.name(),
    };
    plain.to_owned()
}
