//! `kubectl set image` and `kubectl set env`.

use serde_json::{Value, json};

use super::{Context, Started};
use crate::api::{Kind, Object};
use crate::apiserver::Subresource;
use crate::kubectl::args::{Args, DRY_RUN, Flag, switch, value};
use crate::kubectl::{errors, resource};

const FLAGS: [Flag; 6] = [
    value("containers", 'c'),
    value("selector", 'l'),
    switch("all", ' '),
    switch("local", ' '),
    DRY_RUN,
    switch("overwrite", ' '),
];

pub(super) fn set(context: &mut Context<'_>, words: &[String]) -> Started {
    match words.split_first() {
        Some((verb, rest)) if verb == "image" => image(context, rest),
        Some((verb, rest)) if verb == "env" => env(context, rest),
        Some((verb, _)) => Err(format!(
            "error: unknown command \"set {verb}\"\nSee 'kubectl set -h' for help and examples\n"
        )),
        None => Err("error: you must specify a subcommand: image, env\n".to_owned()),
    }
}

/// Splits `deployment/web web=nginx:1` into the objects and the assignments.
fn split(args: &Args) -> Result<(Vec<(Kind, String)>, Vec<(String, String)>), String> {
    let (pairs, names): (Vec<&String>, Vec<&String>) = args
        .words
        .iter()
        .partition(|word| word.contains('=') || word.ends_with('-'));
    let names: Vec<String> = names.into_iter().cloned().collect();
    let pairs = pairs.into_iter().map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), value.to_owned())
    });
    Ok((resource::named(&names)?.names, pairs.collect()))
}

// Models k8s.io/kubectl/pkg/cmd/set/set_image.go.
fn image(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("set image", &FLAGS, words)?;
    let (names, images) = split(&args)?;
    if names.is_empty() {
        return Err(
            "error: one or more resources must be specified as <resource> <name> or <resource>/<name>\n".to_owned(),
        );
    }
    if images.is_empty() {
        return Err("error: at least one image update is required\n".to_owned());
    }
    each_template(context, names, "image updated", |containers| {
        for (name, image) in &images {
            let mut found = false;
            for container in containers
                .iter_mut()
                .filter(|container| name == "*" || container["name"] == json!(name))
            {
                container["image"] = json!(image);
                found = true;
            }
            if !found {
                return Err(format!("error: unable to find container named \"{name}\"\n"));
            }
        }
        Ok(())
    })
}

// Models k8s.io/kubectl/pkg/cmd/set/set_env.go.
fn env(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("set env", &FLAGS, words)?;
    let (names, variables) = split(&args)?;
    if names.is_empty() {
        return Err(
            "error: one or more resources must be specified as <resource> <name> or <resource>/<name>\n".to_owned(),
        );
    }
    let only = args.get("containers").unwrap_or("*").to_owned();
    each_template(context, names, "env updated", |containers| {
        for container in containers
            .iter_mut()
            .filter(|container| only == "*" || container["name"] == json!(only))
        {
            for (name, value) in &variables {
                set_variable(container, name, value);
            }
        }
        Ok(())
    })
}

fn set_variable(container: &mut Value, name: &str, value: &str) {
    let mut list = container["env"].as_array().cloned().unwrap_or_default();
    if let Some(gone) = name.strip_suffix('-') {
        list.retain(|variable| variable["name"] != json!(gone));
    } else if let Some(there) = list.iter_mut().find(|variable| variable["name"] == json!(name)) {
        *there = json!({"name": name, "value": value});
    } else {
        list.push(json!({"name": name, "value": value}));
    }
    container["env"] = Value::Array(list);
}

/// Changes the containers of each object's pod template and updates it.
fn each_template(
    context: &mut Context<'_>,
    names: Vec<(Kind, String)>,
    word: &str,
    change: impl Fn(&mut Vec<&mut Value>) -> Result<(), String>,
) -> Started {
    for (kind, name) in names {
        let object = resource::get(context.cluster, kind, &context.namespace, &name)
            .map_err(|status| errors::message(&status, ""))?;
        let mut value = object.encode();
        let path = match (kind.info().kind, value.pointer("/spec/jobTemplate").is_some()) {
            ("Pod", _) => "/spec",
            (_, true) => "/spec/jobTemplate/spec/template/spec",
            _ => "/spec/template/spec",
        };
        let Some(Value::Object(spec)) = value.pointer_mut(path) else {
            return Err(format!(
                "error: {} has no pod template\n",
                resource::title_of(kind, &name)
            ));
        };
        let mut containers: Vec<&mut Value> = Vec::new();
        for (field, list) in spec.iter_mut() {
            if field == "containers" || field == "initContainers" {
                containers.extend(list.as_array_mut().into_iter().flatten());
            }
        }
        change(&mut containers)?;
        let changed = Object::decode(kind, value).map_err(|why| format!("error: {why}\n"))?;
        let before = changed.meta().resource_version;
        let stored = context
            .cluster
            .update(changed, Subresource::Main)
            .map_err(|status| errors::message(&status, ""))?;
        if stored.meta().resource_version != before {
            context
                .output
                .stdout
                .push_str(&format!("{} {word}\n", resource::title(&stored)));
        }
    }
    Ok(None)
}
