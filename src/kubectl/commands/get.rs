//! `kubectl get`.

use serde_json::{Value, json};

use super::columns::Columns;
use super::{Context, Started};
use crate::api::yaml::to_yaml;
use crate::api::{Kind, Object};
use crate::kubectl::args::{Args, Flag, switch, value};
use crate::kubectl::jsonpath::Template;
use crate::kubectl::printers::{self, Layout};
use crate::kubectl::{errors, resource};

const FLAGS: [Flag; 15] = [
    value("raw", ' '),
    switch("all-namespaces", 'A'),
    value("output", 'o'),
    value("selector", 'l'),
    value("field-selector", ' '),
    switch("show-labels", ' '),
    value("label-columns", 'L'),
    switch("no-headers", ' '),
    value("sort-by", ' '),
    switch("watch", 'w'),
    switch("ignore-not-found", ' '),
    switch("show-kind", ' '),
    value("filename", 'f'),
    switch("show-managed-fields", ' '),
    value("chunk-size", ' '),
];

const FORMATS: &str = "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml";

// Models k8s.io/kubectl/pkg/cmd/get/get.go.
pub(super) fn get(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("get", &FLAGS, words)?;
    if let Some(path) = args.get("raw") {
        return super::raw::send(context, "GET", path, None);
    }
    let output = args.get("output").unwrap_or_default().to_owned();
    let named = resource::named(&args.words)?;
    if named.kinds.is_empty() {
        return Err(NO_RESOURCE.to_owned());
    }
    let template = output.strip_prefix("jsonpath=").map(Template::parse).transpose();
    let template = template.map_err(|why| format!("error: error parsing jsonpath {output}, {why}\n"))?;
    let columns = output.strip_prefix("custom-columns=").map(Columns::parse).transpose()?;
    if template.is_none() && columns.is_none() && !matches!(output.as_str(), "" | "wide" | "json" | "yaml" | "name") {
        return Err(format!(
            "error: unable to match a printer suitable for the output format \"{output}\", allowed formats are: {FORMATS}\n"
        ));
    }
    context.output.stderr.push_str(resource::warning(&named.kinds));
    let (groups, problems) = find(context, &args, &named)?;
    if args.is_set("watch") && problems.is_empty() && matches!(output.as_str(), "" | "wide") {
        let objects: Vec<Object> = groups.into_iter().flat_map(|(_, objects)| objects).collect();
        let all: Vec<&Object> = objects.iter().collect();
        let layout = layout(&args, named.kinds[0], &all, named.kinds.len() > 1, output == "wide");
        return super::watch::start(context, &args, &named, &objects, layout);
    }
    let text = match output.as_str() {
        _ if template.is_some() => {
            let document = document(&groups, &named);
            template.iter().map(|template| template.print(&document)).collect()
        }
        _ if columns.is_some() => {
            let objects = groups.iter().flat_map(|(_, objects)| objects);
            let values: Vec<Value> = objects.map(Object::encode).collect();
            let titles = !args.is_set("no-headers");
            columns.iter().map(|columns| columns.print(&values, titles)).collect()
        }
        "json" => indented(&document(&groups, &named)),
        "yaml" => to_yaml(&document(&groups, &named)),
        "name" => groups
            .iter()
            .flat_map(|(_, objects)| objects)
            .map(|object| format!("{}\n", resource::title(object)))
            .collect(),
        _ => tables(context, &args, &groups, output == "wide"),
    };
    let empty = groups.iter().all(|(_, objects)| objects.is_empty());
    if empty
        && named.names.is_empty()
        && template.is_none()
        && columns.is_none()
        && !matches!(output.as_str(), "json" | "yaml")
    {
        context.output.stderr.push_str(&nothing(context, &args, &named.kinds));
    } else {
        context.output.stdout.push_str(&text);
    }
    if !problems.is_empty() {
        context.output.stderr.push_str(&problems);
        context.output.code = Some(1);
    }
    Ok(None)
}

const NO_RESOURCE: &str = "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples\n";

type Groups = Vec<(Kind, Vec<Object>)>;

/// The objects by kind, and what could not be found.
fn find(context: &Context<'_>, args: &Args, named: &resource::Named) -> Result<(Groups, String), String> {
    let mut groups: Groups = named.kinds.iter().map(|kind| (*kind, Vec::new())).collect();
    let mut problems = String::new();
    if named.names.is_empty() {
        let choice = resource::Choice::of(args, &context.namespace)?;
        for (kind, objects) in &mut groups {
            objects.extend(choice.list(context.cluster, *kind).cloned());
        }
        return Ok((groups, problems));
    }
    for (kind, name) in &named.names {
        match resource::get(context.cluster, *kind, &context.namespace, name) {
            Ok(object) => groups
                .iter_mut()
                .filter(|(other, _)| other == kind)
                .for_each(|(_, objects)| objects.push(object.clone())),
            Err(_) if args.is_set("ignore-not-found") => {}
            Err(status) => problems.push_str(&errors::message(&status, "")),
        }
    }
    Ok((groups, problems))
}

/// One named object by itself, all else as a list.
fn document(groups: &Groups, named: &resource::Named) -> Value {
    let items: Vec<Value> = groups
        .iter()
        .flat_map(|(_, objects)| objects)
        .map(Object::encode)
        .collect();
    match items.as_slice() {
        [single] if named.names.len() == 1 => single.clone(),
        _ => json!({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}),
    }
}

/// JSON with four spaces a level and the escapes of Go's encoder, as kubectl writes it.
pub(super) fn indented(value: &Value) -> String {
    let mut text = String::new();
    for line in format!("{value:#}").lines() {
        let inner = line.trim_start_matches(' ');
        text.extend(std::iter::repeat_n(' ', 2 * (line.len() - inner.len())));
        text.push_str(
            &inner
                .replace('<', "\\u003c")
                .replace('>', "\\u003e")
                .replace('&', "\\u0026"),
        );
        text.push('\n');
    }
    text
}

/// The tables of all kinds that have rows, with an empty line between them.
fn tables(context: &Context<'_>, args: &Args, groups: &Groups, wide: bool) -> String {
    let filled: Vec<_> = groups.iter().filter(|(_, objects)| !objects.is_empty()).collect();
    let several = groups.len() > 1;
    let mut texts = Vec::new();
    for (kind, objects) in filled {
        let objects: Vec<&Object> = objects.iter().collect();
        let now = context.cluster.api().time(context.cluster.now());
        let table = printers::table(*kind, &objects, now, wide);
        let layout = layout(args, *kind, &objects, several, wide);
        texts.push(printers::render(&table, &layout));
    }
    texts.join("\n")
}

fn layout(args: &Args, kind: Kind, objects: &[&Object], several: bool, wide: bool) -> Layout {
    let label = |object: &Object, key: &str| object.meta().label(key).map(ToString::to_string);
    let mut after = Vec::new();
    for key in args.all("label-columns") {
        let title = key.rsplit('/').next().unwrap_or(key).to_ascii_uppercase();
        after.push((
            title,
            objects
                .iter()
                .map(|object| label(object, key).unwrap_or_default())
                .collect(),
        ));
    }
    if args.is_set("show-labels") {
        let all = |object: &&Object| crate::api::labels::format_labels(&object.meta().labels);
        after.push(("LABELS".to_owned(), objects.iter().map(all).collect()));
    }
    let namespaces = || {
        objects
            .iter()
            .map(|object| object.meta().namespace.to_string())
            .collect()
    };
    Layout {
        wide,
        no_headers: args.is_set("no-headers"),
        prefix: if several || args.is_set("show-kind") {
            format!("{}/", resource::qualified(kind))
        } else {
            String::new()
        },
        before: (args.is_set("all-namespaces") && kind.info().namespaced)
            .then(|| ("NAMESPACE".to_owned(), namespaces())),
        after,
    }
}

fn nothing(context: &Context<'_>, args: &Args, kinds: &[Kind]) -> String {
    if args.is_set("ignore-not-found") {
        return String::new();
    }
    if args.is_set("all-namespaces") || kinds.iter().all(|kind| !kind.info().namespaced) {
        return "No resources found\n".to_owned();
    }
    format!("No resources found in {} namespace.\n", context.namespace)
}
