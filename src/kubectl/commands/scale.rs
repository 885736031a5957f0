//! `kubectl scale`.

use serde_json::json;

use super::{Context, Started};
use crate::api::Object;
use crate::apiserver::Subresource;
use crate::kubectl::args::{Args, Flag, switch, value};
use crate::kubectl::{errors, resource};

const FLAGS: [Flag; 6] = [
    value("replicas", ' '),
    value("current-replicas", ' '),
    value("selector", 'l'),
    switch("all", ' '),
    value("timeout", ' '),
    value("resource-version", ' '),
];

// Models k8s.io/kubectl/pkg/cmd/scale/scale.go.
pub(super) fn scale(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("scale", &FLAGS, words)?;
    let Some(replicas) = args.number("scale", "replicas")? else {
        return Err("error: required flag(s) \"replicas\" not set\n".to_owned());
    };
    if replicas < 0 {
        return Err(
            "error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0\n".to_owned(),
        );
    }
    let expected = args.number("scale", "current-replicas")?.filter(|count| *count >= 0);
    let named = resource::named(&args.words)?;
    if named.names.is_empty() {
        return Err("error: no objects passed to scale\n".to_owned());
    }
    for (kind, name) in named.names {
        let object = resource::get(context.cluster, kind, &context.namespace, &name)
            .map_err(|status| errors::message(&status, ""))?;
        let mut value = object.encode();
        let Some(current) = value.pointer("/spec/replicas").and_then(serde_json::Value::as_i64) else {
            return Err("Error from server (NotFound): the server could not find the requested resource\n".to_owned());
        };
        if let Some(expected) = expected.filter(|expected| *expected != current) {
            return Err(format!("error: Expected replicas to be {expected}, was {current}\n"));
        }
        value["spec"]["replicas"] = json!(replicas);
        let scaled = Object::decode(kind, value).map_err(|why| format!("error: {why}\n"))?;
        let stored = context
            .cluster
            .update(scaled, Subresource::Main)
            .map_err(|status| errors::message(&status, ""))?;
        context
            .output
            .stdout
            .push_str(&format!("{} scaled\n", resource::title(&stored)));
    }
    Ok(None)
}
