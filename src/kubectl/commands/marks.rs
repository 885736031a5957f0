//! `kubectl label`, `annotate`, `patch`.

use std::rc::Rc;

use serde_json::Value;

use super::{Context, Started};
use crate::api::labels::Labels;
use crate::api::{Kind, Object, names, patch, schema};
use crate::apiserver::Subresource;
use crate::kubectl::args::{Args, Flag, switch, value};
use crate::kubectl::{errors, resource};

const FLAGS: [Flag; 6] = [
    switch("overwrite", ' '),
    switch("all", ' '),
    value("selector", 'l'),
    switch("list", ' '),
    value("field-selector", ' '),
    value("resource-version", ' '),
];

/// Labels or annotations: their names in messages, and how to reach them.
struct Marks {
    verb: &'static str,
    word: &'static str,
    done: [&'static str; 3],
    get: fn(&Object) -> Rc<Labels>,
    set: fn(&mut Object, Labels),
    check: fn(&str) -> Vec<String>,
}

// Models k8s.io/kubectl/pkg/cmd/label/label.go.
pub(super) fn label(context: &mut Context<'_>, words: &[String]) -> Started {
    let marks = Marks {
        verb: "label",
        word: "label",
        done: ["labeled", "unlabeled", "not labeled"],
        get: |object| object.meta().labels.clone(),
        set: |object, labels| object.meta_mut().labels = Rc::new(labels),
        check: names::is_valid_label_value,
    };
    mark(context, words, &marks)
}

// Models k8s.io/kubectl/pkg/cmd/annotate/annotate.go.
pub(super) fn annotate(context: &mut Context<'_>, words: &[String]) -> Started {
    let marks = Marks {
        verb: "annotate",
        word: "annotation",
        done: ["annotated", "annotated", "annotated"],
        get: |object| object.meta().annotations.clone(),
        set: |object, annotations| object.meta_mut().annotations = Rc::new(annotations),
        check: |_| Vec::new(),
    };
    mark(context, words, &marks)
}

fn mark(context: &mut Context<'_>, words: &[String], marks: &Marks) -> Started {
    let args = Args::parse(marks.verb, &FLAGS, words)?;
    let is_change = |word: &String| word.find('=').is_some_and(|at| at > 0) || (word.ends_with('-') && word != "-");
    let place = args
        .words
        .iter()
        .skip(1)
        .position(is_change)
        .map_or(args.words.len(), |place| place + 1);
    let (targets, changes) = args.words.split_at(place);
    if changes.is_empty() {
        return Err(format!("error: at least one {} update is required\n", marks.word));
    }
    for change in changes {
        let value = change.split_once('=').map_or("", |(_, value)| value);
        if let Some(why) = (marks.check)(value).first() {
            return Err(format!("error: invalid {} value: {change:?}: {why}\n", marks.word));
        }
    }
    let objects = objects(context, &args, targets)?;
    for object in objects {
        let (after, done) = changed(&object, changes, &args, marks)?;
        let title = resource::title(&object);
        let mut next = object;
        (marks.set)(&mut next, after);
        next.meta_mut().resource_version.0 = 0;
        context
            .cluster
            .update(next, Subresource::Main)
            .map_err(|status| errors::message(&status, ""))?;
        context.output.stdout.push_str(&format!("{title} {done}\n"));
    }
    Ok(None)
}

/// The marks after the changes, and the word for what was done.
fn changed(object: &Object, changes: &[String], args: &Args, marks: &Marks) -> Result<(Labels, &'static str), String> {
    let before = (marks.get)(object);
    let mut after = (*before).clone();
    let mut only_removed = true;
    for change in changes {
        match change.split_once('=') {
            Some((key, value)) => {
                only_removed = false;
                let there = before.get(key).filter(|there| ***there != *value);
                if let Some(there) = there.filter(|_| !args.is_set("overwrite")) {
                    return Err(format!(
                        "error: '{key}' already has a value ({there}), and --overwrite is false\n"
                    ));
                }
                after.insert(key.into(), value.into());
            }
            None => {
                after.remove(change.trim_end_matches('-'));
            }
        }
    }
    let done = match (after == *before, only_removed) {
        (true, _) => marks.done[2],
        (false, true) => marks.done[1],
        (false, false) => marks.done[0],
    };
    Ok((after, done))
}

fn objects(context: &Context<'_>, args: &Args, words: &[String]) -> Result<Vec<Object>, String> {
    let named = resource::named(words)?;
    if named.names.is_empty() {
        if !args.is_set("all") && args.get("selector").is_none() {
            return Err("error: resource(s) were provided, but no name was specified\n".to_owned());
        }
        let choice = resource::Choice::of(args, &context.namespace)?;
        return Ok(named
            .kinds
            .iter()
            .flat_map(|kind| choice.list(context.cluster, *kind))
            .cloned()
            .collect());
    }
    let get = |(kind, name): &(Kind, String)| resource::get(context.cluster, *kind, &context.namespace, name).cloned();
    named
        .names
        .iter()
        .map(|entry| get(entry).map_err(|status| errors::message(&status, "")))
        .collect()
}

const PATCH_FLAGS: [Flag; 5] = [
    value("patch", 'p'),
    value("type", ' '),
    value("subresource", ' '),
    value("filename", 'f'),
    value("patch-file", ' '),
];

// Models k8s.io/kubectl/pkg/cmd/patch/patch.go.
pub(super) fn run_patch(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("patch", &PATCH_FLAGS, words)?;
    let text = args
        .get("patch")
        .ok_or("error: must specify --patch or --patch-file containing the contents of the patch\n")?;
    let read = crate::api::yaml::read(text).documents.into_iter().next();
    let body = read
        .map(|document| document.value)
        .ok_or_else(|| format!("error: unable to parse {text:?}\n"))?;
    for object in objects(context, &args, &args.words)? {
        let before = object.meta().resource_version;
        let after = patched(&args, &object, &body)?;
        let mut next =
            Object::decode(object.kind(), after).map_err(|why| format!("Error from server (BadRequest): {why}\n"))?;
        next.meta_mut().resource_version.0 = 0;
        let part = if args.get("subresource") == Some("status") {
            Subresource::Status
        } else {
            Subresource::Main
        };
        let stored = context
            .cluster
            .update(next, part)
            .map_err(|status| errors::message(&status, ""))?;
        let tail = if stored.meta().resource_version == before {
            " (no change)"
        } else {
            ""
        };
        context
            .output
            .stdout
            .push_str(&format!("{} patched{tail}\n", resource::title(&stored)));
    }
    Ok(None)
}

fn patched(args: &Args, object: &Object, body: &Value) -> Result<Value, String> {
    let info = object.kind().info();
    let before = object.encode();
    let result = match args.get("type").unwrap_or("strategic") {
        "json" => patch::json_patch(&before, body),
        "merge" => Ok(patch::merge_patch(&before, body)),
        "strategic" => match schema::struct_of(info.package, info.kind) {
            Some(of) => patch::strategic_merge_patch(of, &before, body),
            None => Ok(patch::merge_patch(&before, body)),
        },
        other => {
            return Err(format!(
                "error: --type must be one of [json merge strategic], not \"{other}\"\n"
            ));
        }
    };
    result.map_err(|error| format!("Error from server (BadRequest): {error}\n"))
}
