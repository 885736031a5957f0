//! `kubectl describe`.

use super::{Context, Started};
use crate::api::Object;
use crate::kubectl::args::{Args, Flag, switch, value};
use crate::kubectl::{describe, errors, resource};

const FLAGS: [Flag; 6] = [
    switch("all-namespaces", 'A'),
    value("selector", 'l'),
    value("field-selector", ' '),
    value("filename", 'f'),
    switch("show-events", ' '),
    value("chunk-size", ' '),
];

// Models k8s.io/kubectl/pkg/cmd/describe/describe.go.
pub(super) fn run(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("describe", &FLAGS, words)?;
    let named = resource::named(&args.words)?;
    if named.kinds.is_empty() {
        return Err("error: You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.\n\n".to_owned());
    }
    context.output.stderr.push_str(resource::warning(&named.kinds));
    let mut objects: Vec<Object> = Vec::new();
    let mut problems = String::new();
    if named.names.is_empty() {
        let choice = resource::Choice::of(&args, &context.namespace)?;
        for kind in &named.kinds {
            objects.extend(choice.list(context.cluster, *kind).cloned());
        }
    }
    for (kind, name) in &named.names {
        match resource::get(context.cluster, *kind, &context.namespace, name) {
            Ok(object) => objects.push(object.clone()),
            Err(status) => problems.push_str(&errors::message(&status, "")),
        }
    }
    // Several objects are described without their events, unless these are asked for.
    let events = args.is_set("show-events") || objects.len() == 1;
    let texts: Vec<String> = objects
        .iter()
        .map(|object| describe::describe_with(context.cluster, object, events))
        .collect();
    context.output.stdout.push_str(&texts.join("\n\n"));
    if objects.is_empty() && problems.is_empty() {
        problems = format!("No resources found in {} namespace.\n", context.namespace);
        context.output.stderr.push_str(&problems);
        return Ok(None);
    }
    if !problems.is_empty() {
        context.output.stderr.push_str(&problems);
        context.output.code = Some(1);
    }
    Ok(None)
}
