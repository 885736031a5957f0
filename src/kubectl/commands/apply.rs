//! `kubectl apply -f` and `kubectl create -f`.

use serde_json::{Map, Value, json};

use super::{Context, Started, sources};
use crate::api::patch::{three_way_merge_patch, three_way_strategic_patch};
use crate::api::schema::{self, check::check_documents};
use crate::api::yaml::{self, Code, Diagnostic, Document, Severity};
use crate::api::{Kind, Object};
use crate::apiserver::Subresource;
use crate::kubectl::args::{Args, DRY_RUN, Flag, switch, value};
use crate::kubectl::{errors, resource};

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

/// A document that can be sent, and how the command was called.
struct Item<'a> {
    file: &'a str,
    value: Value,
    kind: Kind,
    dry_run: &'a str,
}

type Do = fn(&mut Context<'_>, Item<'_>) -> Result<(), String>;

/// Does `act` for each document; one that fails does not stop the others.
fn each_document(context: &mut Context<'_>, args: &Args, verb: &str, act: Do) -> Started {
    let texts = owned(sources(context, args)?);
    let mut count = 0;
    let mut failed = false;
    for (file, text) in &texts {
        let found = yaml::read(text);
        let checks = check_documents(&found.documents);
        failed |= tell_unreadable(context, file, &found.diagnostics);
        for document in found.documents {
            count += 1;
            let item = readable(&document, &checks, file, verb, args);
            if let Err(problem) = item.and_then(|item| act(context, item)) {
                context.output.stderr.push_str(&problem);
                failed = true;
            }
        }
    }
    if count == 0 && !failed {
        return Err(format!("error: no objects passed to {verb}\n"));
    }
    context.output.code = Some(i32::from(failed));
    Ok(None)
}

fn owned(texts: Vec<(&str, &str)>) -> Vec<(String, String)> {
    texts
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect()
}

/// Tells of documents that are no YAML; says whether there were any.
fn tell_unreadable(context: &mut Context<'_>, file: &str, diagnostics: &[Diagnostic]) -> bool {
    let mut failed = false;
    for found in diagnostics.iter().filter(|found| found.severity == Severity::Error) {
        context
            .output
            .stderr
            .push_str(&format!("error: error parsing {file}: {}\n", found.message));
        failed = true;
    }
    failed
}

/// A document that client and server can decode, or the words of the one that cannot.
fn readable<'a>(
    document: &Document,
    checks: &[Diagnostic],
    file: &'a str,
    verb: &str,
    args: &'a Args,
) -> Result<Item<'a>, String> {
    let lines = document.places.lines();
    let own: Vec<&Diagnostic> = checks
        .iter()
        .filter(|found| found.severity == Severity::Error && lines.contains(&found.line))
        .collect();
    let text = |pointer: &str| {
        document
            .value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let first = |code: Code| own.iter().find(|found| found.code == code);
    if let Some(found) = first(Code::NotAnObject) {
        let tail = "if you choose to ignore these errors, turn validation off with --validate=false";
        return Err(format!(
            "error: error validating \"{file}\": {}; {tail}\n",
            found.message
        ));
    }
    if let Some(found) = first(Code::Metadata) {
        return Err(format!("error: unable to decode \"{file}\": {}\n", found.message));
    }
    if let Some(found) = first(Code::UnknownKind) {
        return Err(format!(
            "error: resource mapping not found for name: \"{}\" namespace: \"{}\" from \"{file}\": {}\nensure CRDs are installed first\n",
            text("/metadata/name"),
            text("/metadata/namespace"),
            found.message
        ));
    }
    let kind = Kind::find(text("/apiVersion"), text("/kind"))
        .ok_or_else(|| format!("error: unable to decode \"{file}\"\n"))?;
    let doing = if verb == "apply" || verb == "create" {
        "creating"
    } else {
        verb
    };
    if let Some(problem) = undecodable(&own, kind) {
        return Err(format!(
            "Error from server (BadRequest): error when {doing} \"{file}\": {problem}\n"
        ));
    }
    Ok(Item {
        file,
        value: document.value.clone(),
        kind,
        dry_run: args.get("dry-run").unwrap_or("none"),
    })
}

/// What the server's decoder says of a document that it cannot take.
fn undecodable(own: &[&Diagnostic], kind: Kind) -> Option<String> {
    let info = kind.info();
    let of = |code: Code| {
        own.iter()
            .filter(move |found| found.code == code)
            .map(|found| found.message.as_str())
    };
    let words = match of(Code::WrongType).next() {
        Some(first) => first.to_owned(),
        None => {
            let unknown: Vec<&str> = of(Code::UnknownField).collect();
            if unknown.is_empty() {
                return None;
            }
            format!("strict decoding error: {}", unknown.join(", "))
        }
    };
    Some(format!(
        "{0} in version \"{1}\" cannot be handled as a {0}: {words}",
        info.kind, info.version
    ))
}

fn create_one(context: &mut Context<'_>, item: Item<'_>) -> Result<(), String> {
    let doing = format!("error when creating \"{}\"", item.file);
    let object = decode(context, &item)?;
    if item.dry_run == "client" || item.dry_run == "server" {
        say(context, &object, "created", item.dry_run);
        return Ok(());
    }
    match context.cluster.create(object) {
        Ok(created) => {
            say(context, &created, "created", "none");
            Ok(())
        }
        Err(status) => Err(errors::message(&status, &doing)),
    }
}

fn apply_one(context: &mut Context<'_>, item: Item<'_>) -> Result<(), String> {
    let object = decode(context, &item)?;
    if object.meta().name.is_empty() {
        return Err("error: error when retrieving current configuration: resource name may not be empty\n".to_owned());
    }
    let key = resource::key(item.kind, &object.meta().namespace, &object.meta().name);
    let namespace = item.kind.info().namespaced.then_some(&*object.meta().namespace);
    let modified = with_last_applied(&item.value, namespace);
    let Some(live) = context.cluster.api().get_object(item.kind, &key).cloned() else {
        return create_one(
            context,
            Item {
                value: modified,
                ..item
            },
        );
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
        .map_err(|why| format!("error: error when creating patch for \"{}\": {why}\n", item.file))?;
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
    let after = patched(item.kind, &live_value, &patch).map_err(|why| format!("error: {why}\n"))?;
    let mut updated =
        Object::decode(item.kind, after).map_err(|why| format!("Error from server (BadRequest): {doing}: {why}\n"))?;
    updated.meta_mut().resource_version.0 = 0;
    if item.dry_run != "none" {
        say(context, &updated, "configured", item.dry_run);
        return Ok(());
    }
    match context.cluster.update(updated, Subresource::Main) {
        Ok(stored) => {
            let word = if stored.meta().resource_version == live.meta().resource_version {
                "unchanged"
            } else {
                "configured"
            };
            say(context, &stored, word, "none");
            Ok(())
        }
        Err(status) => Err(errors::message(&status, &doing)),
    }
}

/// The object as it is to be sent, in its namespace.
fn decode(context: &Context<'_>, item: &Item<'_>) -> Result<Object, String> {
    let mut object = Object::decode(item.kind, item.value.clone()).map_err(|why| {
        format!(
            "Error from server (BadRequest): error when creating \"{}\": {why}\n",
            item.file
        )
    })?;
    if item.kind.info().namespaced && object.meta().namespace.is_empty() {
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
