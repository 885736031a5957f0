//! `kubectl apply -f` and `kubectl create -f`.

use crate::sim::Arrange;
use serde_json::{Map, Value, json};

use super::documents::{Item, Problem, Strictness, each_document};
use super::{Context, Started, sources};
use crate::api::patch::{three_way_merge_patch, three_way_strategic_patch};
use crate::api::schema;
use crate::api::validation::warnings;
use crate::api::yaml;
use crate::api::{Kind, Object};
use crate::apiserver::Subresource;
use crate::kubectl::args::{Args, DRY_RUN, Flag, switch, value};
use crate::kubectl::resource;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

const FLAGS: [Flag; 11] = [
    value("raw", ' '),
    value("filename", 'f'),
    switch("recursive", 'R'),
    value("kustomize", 'k'),
    value("output", 'o'),
    DRY_RUN,
    Flag {
        name: "validate",
        letter: ' ',
        alone: Some("strict"),
    },
    value("field-manager", ' '),
    switch("force", ' '),
    switch("save-config", ' '),
    value("selector", 'l'),
];

// Models k8s.io/kubectl/pkg/cmd/apply/apply.go.
pub(super) fn apply(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("apply", &FLAGS, words)?;
    if args.get("filename").is_none() {
        return Err("error: must specify one of -f and -k\n".to_owned());
    }
    each_document(context, &args, "apply", apply_one)
}

// Models k8s.io/kubectl/pkg/cmd/create/create.go.
pub(super) fn create(context: &mut Context<'_>, words: &[String]) -> Started {
    if let Some(started) = super::generate::create(context, words) {
        return started;
    }
    let args = Args::parse("create", &FLAGS, words)?;
    if args.get("filename").is_none() {
        return Err("error: must specify one of -f and -k\n".to_owned());
    }
    if let Some(path) = args.get("raw") {
        let text = sources(context, &args)?.first().map_or("", |(_, text)| *text);
        let body = yaml::read(text)
            .documents
            .into_iter()
            .next()
            .map(|document| document.value);
        return super::raw::send(context, "POST", path, body);
    }
    each_document(context, &args, "create", create_one)
}

fn create_one(context: &mut Context<'_>, item: &Item<'_>) -> Result<(), Problem> {
    send_new(context, item, &item.value)
}

/// Creates the object, as the document or as an apply has it.
fn send_new(context: &mut Context<'_>, item: &Item<'_>, value: &Value) -> Result<(), Problem> {
    let doing = format!("error when creating \"{}\"", item.file);
    if let Some(words) = item.refusal(context, value) {
        let info = item.kind.info();
        let why = format!(
            "{0} in version \"{1}\" cannot be handled as a {0}: {words}",
            info.kind, info.version
        );
        return Err(Problem::bad_request(why, &doing));
    }
    let object = decode(context, item, value).map_err(|why| Problem::bad_request(why, &doing))?;
    if item.dry_run == "client" || item.dry_run == "server" {
        say(context, &object, "created", item.dry_run);
        return Ok(());
    }
    let created = context
        .cluster
        .create(object)
        .map_err(|status| Problem::Refused(status, doing))?;
    warn(context, &created, None);
    say(context, &created, "created", "none");
    Ok(())
}

fn apply_one(context: &mut Context<'_>, item: &Item<'_>) -> Result<(), Problem> {
    let meta = &item.value["metadata"];
    let text = |field: &str| meta[field].as_str().unwrap_or_default();
    let (name, own) = (text("name"), text("namespace"));
    if name.is_empty() {
        return Err(Problem::Said(no_name(item, text("generateName"))));
    }
    let namespace = if own.is_empty() { &context.namespace } else { own };
    let key = resource::key(item.kind, namespace, name);
    let modified = with_last_applied(&item.value, item.kind.info().namespaced.then_some(namespace));
    let Some(live) = context.cluster.api().get_object(item.kind, &key).cloned() else {
        return send_new(context, item, &modified);
    };
    let live_value = live.encode();
    let last = live.meta().annotation(LAST_APPLIED).cloned();
    if last.is_none() {
        warn_missing(context, &live);
    }
    let last: Value = last
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_else(|| json!({}));
    let patch = patch(item.kind, &last, &modified, &live_value)
        .map_err(|why| Problem::Said(format!("error when creating patch for \"{}\": {why}", item.file)))?;
    if patch == json!({}) {
        say(context, &live, "unchanged", item.dry_run);
        return Ok(());
    }
    let doing = format!(
        "error when applying patch:\n{patch}\nto:\nResource: \"{}\", GroupVersionKind: \"{}\"\nName: \"{}\", Namespace: \"{}\"\nfor: \"{}\": error when patching \"{}\"",
        resource_text(item.kind),
        kind_text(item.kind),
        key.name,
        key.namespace,
        item.file,
        item.file
    );
    let after = patched(item.kind, &live_value, &patch).map_err(Problem::Said)?;
    if let Some(words) = item.refusal(context, &after) {
        return Err(Problem::BadPatch(go_map(&patch), words));
    }
    let mut updated = decode(context, item, &after).map_err(|why| Problem::bad_request(why, &doing))?;
    updated.meta_mut().resource_version.0 = 0;
    if item.dry_run != "none" {
        say(context, &updated, "configured", item.dry_run);
        return Ok(());
    }
    let stored = context
        .cluster
        .update(updated, Subresource::Main)
        .map_err(|status| Problem::Refused(status, doing))?;
    warn(context, &stored, Some(&live));
    let is_same = stored.meta().resource_version == live.meta().resource_version;
    say(
        context,
        &stored,
        if is_same { "unchanged" } else { "configured" },
        "none",
    );
    Ok(())
}

fn no_name(item: &Item<'_>, base: &str) -> String {
    if base.is_empty() {
        return format!(
            "error when retrieving current configuration of:\nResource: \"{}\", GroupVersionKind: \"{}\"\nName: \"\", Namespace: \"{}\"\nfrom server for: \"{}\": resource name may not be empty",
            resource_text(item.kind),
            kind_text(item.kind),
            item.namespace,
            item.file
        );
    }
    format!("from {base}: cannot use generate name with apply")
}

/// What the server takes but warns about.
fn warn(context: &mut Context<'_>, stored: &Object, old: Option<&Object>) {
    let mut told: Vec<String> = Vec::new();
    for text in warnings(stored, old) {
        if !told.contains(&text) {
            context.output.stderr.push_str(&["Warning: ", &text, "\n"].concat());
            told.push(text);
        }
    }
}

/// A value as Go prints it with `%+v`.
fn go_map(value: &Value) -> String {
    let list = |parts: Vec<String>| parts.join(" ");
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", list(items.iter().map(go_map).collect())),
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| [key, ":", &go_map(value)].concat());
            let mut entries: Vec<String> = entries.collect();
            entries.arrange();
            format!("map[{}]", list(entries))
        }
        other => other.to_string(),
    }
}

/// The object as it is to be sent, in its namespace, without the fields that its kind has not.
fn decode(context: &Context<'_>, item: &Item<'_>, value: &Value) -> Result<Object, String> {
    let info = item.kind.info();
    let value = match schema::struct_of(info.package, info.kind) {
        Some(of) if item.strictness != Strictness::Strict => schema::encode::encode(of, value),
        _ => value.clone(),
    };
    let mut object = Object::decode(item.kind, value).map_err(|why| why.to_string())?;
    if info.namespaced && object.meta().namespace.is_empty() {
        object.meta_mut().namespace = context.namespace.as_str().into();
    }
    Ok(object)
}

/// The configuration that is applied, with itself in an annotation: what the next apply compares with.
/// `namespace` is where the object goes; none for kinds outside namespaces.
#[must_use]
pub fn with_last_applied(value: &Value, namespace: Option<&str>) -> Value {
    let mut plain = value.clone();
    let Some(map) = plain.as_object_mut() else { return plain };
    let meta = map.entry("metadata").or_insert_with(|| json!({}));
    let Some(meta) = meta.as_object_mut() else { return plain };
    if let Some(namespace) = namespace {
        meta.insert("namespace".to_owned(), json!(namespace));
    }
    let annotations = meta.entry("annotations").or_insert_with(|| Value::Object(Map::new()));
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.remove(LAST_APPLIED);
    }
    // The escapes of Go's encoder.
    let text = plain
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        + "\n";
    plain["metadata"]["annotations"][LAST_APPLIED] = json!(text);
    plain
}

/// What an object becomes when a later manifest of its name is applied over it: `modified`, that notes itself as what was
/// applied last.
///
/// # Errors
/// Where one of the two does not read.
pub fn applied_over(live: &Object, modified: &Value) -> Result<Object, String> {
    let kind = live.kind();
    let live_value = live.encode();
    let last = live.meta().annotation(LAST_APPLIED);
    let last: Value = last
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_else(|| json!({}));
    let patch = patch(kind, &last, modified, &live_value)?;
    let after = patched(kind, &live_value, &patch)?;
    let mut after = Object::decode(kind, after).map_err(|error| error.to_string())?;
    after.meta_mut().resource_version.0 = 0;
    Ok(after)
}

fn patch(kind: Kind, last: &Value, modified: &Value, live: &Value) -> Result<Value, String> {
    let info = kind.info();
    match schema::struct_of(info.package, info.kind) {
        Some(of) => three_way_strategic_patch(of, last, modified, live).map_err(|error| error.to_string()),
        None => Ok(three_way_merge_patch(last, modified, live)),
    }
}

fn patched(kind: Kind, live: &Value, patch: &Value) -> Result<Value, String> {
    let info = kind.info();
    match schema::struct_of(info.package, info.kind) {
        Some(of) => crate::api::patch::strategic_merge_patch(of, live, patch).map_err(|error| error.to_string()),
        None => Ok(crate::api::patch::merge_patch(live, patch)),
    }
}

fn resource_text(kind: Kind) -> String {
    let info = kind.info();
    format!("{}, Resource={}", info.api_version(), info.plural)
}

fn kind_text(kind: Kind) -> String {
    let info = kind.info();
    format!("{}, Kind={}", info.api_version(), info.kind)
}

fn warn_missing(context: &mut Context<'_>, live: &Object) {
    let info = live.kind().info();
    context.output.stderr.push_str(&format!(
        "Warning: resource {}/{} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply \
         should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The \
         missing annotation will be patched automatically.\n",
        info.plural,
        live.meta().name
    ));
}

/// `deployment.apps/web created`.
fn say(context: &mut Context<'_>, object: &Object, word: &str, dry_run: &str) {
    let tail = match dry_run {
        "client" => " (dry run)",
        "server" => " (server dry run)",
        _ => "",
    };
    context
        .output
        .stdout
        .push_str(&format!("{} {word}{tail}\n", resource::title(object)));
}
