//! `kubectl set image`, `env`, `resources`, `selector`, `serviceaccount`.

use serde_json::{Value, json};

use super::{Context, Started};
use crate::api::quantity::Quantity;
use crate::api::{Kind, Object};
use crate::apiserver::Subresource;
use crate::kubectl::args::{Args, DRY_RUN, Flag, switch, value};
use crate::kubectl::{errors, resource};

const FLAGS: [Flag; 8] = [
    value("requests", ' '),
    value("limits", ' '),
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
        Some((verb, rest)) if verb == "resources" => resources(context, rest),
        Some((verb, rest)) if verb == "selector" => selector(context, rest),
        Some((verb, rest)) if verb == "serviceaccount" || verb == "sa" => service_account(context, rest),
        Some((verb, _)) => Err(format!(
            "error: unknown command \"set {verb}\"\nSee 'kubectl set -h' for help and examples\n"
        )),
        None => {
            Err("error: you must specify a subcommand: env, image, resources, selector, serviceaccount\n".to_owned())
        }
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

// Models k8s.io/kubectl/pkg/cmd/set/set_resources.go.
fn resources(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("set resources", &FLAGS, words)?;
    let names = resource::named(&args.words)?.names;
    if args.get("requests").is_none() && args.get("limits").is_none() {
        return Err(
            "error: you must specify an update to requests or limits (in the form of --requests/--limits)\n".to_owned(),
        );
    }
    let mut amounts: Vec<(&str, String, String)> = Vec::new();
    for part in ["limits", "requests"] {
        for statement in args.all(part) {
            let pair = statement.split_once('=').filter(|(_, amount)| !amount.contains('='));
            let (name, amount) = pair
                .ok_or_else(|| format!("error: Invalid argument syntax {statement}, expected <resource>=<value>\n"))?;
            Quantity::parse(amount).map_err(|why| format!("error: {why}\n"))?;
            amounts.push((part, name.to_owned(), amount.to_owned()));
        }
    }
    let only = args.get("containers").unwrap_or("*").to_owned();
    each_template(context, names, "resource requirements updated", |containers| {
        let mut found = false;
        let chosen = containers
            .iter_mut()
            .filter(|container| only == "*" || container["name"] == json!(only));
        for container in chosen {
            found = true;
            for (part, name, amount) in &amounts {
                container["resources"][*part][name] = json!(amount);
            }
        }
        if found {
            return Ok(());
        }
        Err(format!("error: unable to find container named {only}\n"))
    })
}

// Models k8s.io/kubectl/pkg/cmd/set/set_selector.go.
fn selector(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("set selector", &FLAGS, words)?;
    let Some((text, targets)) = args.words.split_last().filter(|(text, _)| text.contains('=')) else {
        return Err("error: one selector is required\n".to_owned());
    };
    let mut labels = json!({});
    for pair in text.split(',') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        labels[key] = json!(value.trim_start_matches('='));
    }
    each_spec(
        context,
        resource::named(targets)?.names,
        "selector updated",
        &|kind, value| {
            if kind.info().kind != "Service" {
                return Err("error: setting a selector is only supported for Services\n".to_owned());
            }
            value["spec"]["selector"] = labels.clone();
            Ok(())
        },
    )
}

// Models k8s.io/kubectl/pkg/cmd/set/set_serviceaccount.go.
fn service_account(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("set serviceaccount", &FLAGS, words)?;
    let Some((account, targets)) = args.words.split_last().filter(|(_, targets)| !targets.is_empty()) else {
        return Err("error: serviceaccount is required\n".to_owned());
    };
    each_spec(
        context,
        resource::named(targets)?.names,
        "serviceaccount updated",
        &|kind, value| {
            let spec = pod_spec(kind, value)?;
            spec.insert("serviceAccountName".to_owned(), json!(account));
            spec.insert("serviceAccount".to_owned(), json!(account));
            Ok(())
        },
    )
}

/// The spec of an object's pods.
fn pod_spec(kind: Kind, value: &mut Value) -> Result<&mut serde_json::Map<String, Value>, String> {
    let path = match (kind.info().kind, value.pointer("/spec/jobTemplate").is_some()) {
        ("Pod", _) => "/spec",
        (_, true) => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let spec = value.pointer_mut(path).and_then(Value::as_object_mut);
    spec.ok_or_else(|| format!("error: {} has no pod template\n", resource::title_of(kind, &name)))
}

/// Changes the containers of each object's pod template and updates it.
fn each_template(
    context: &mut Context<'_>,
    names: Vec<(Kind, String)>,
    word: &str,
    change: impl Fn(&mut Vec<&mut Value>) -> Result<(), String>,
) -> Started {
    each_spec(context, names, word, &|kind, value| {
        let mut containers: Vec<&mut Value> = Vec::new();
        for (field, list) in pod_spec(kind, value)?.iter_mut() {
            if field == "containers" || field == "initContainers" {
                containers.extend(list.as_array_mut().into_iter().flatten());
            }
        }
        change(&mut containers)
    })
}

/// Changes each object in its JSON form and updates it.
fn each_spec(
    context: &mut Context<'_>,
    names: Vec<(Kind, String)>,
    word: &str,
    change: &dyn Fn(Kind, &mut Value) -> Result<(), String>,
) -> Started {
    for (kind, name) in names {
        let object = resource::get(context.cluster, kind, &context.namespace, &name)
            .map_err(|status| errors::message(&status, ""))?;
        let mut value = object.encode();
        change(kind, &mut value)?;
        let changed = Object::decode(kind, value).map_err(|why| format!("error: {why}\n"))?;
        let before = changed.meta().resource_version;
        let stored = context.cluster.update(changed, Subresource::Main).map_err(|status| {
            let what = word.trim_end_matches('d');
            format!("error: failed to patch {what} to pod template: {}\n", status.message)
        })?;
        if stored.meta().resource_version != before {
            context
                .output
                .stdout
                .push_str(&format!("{} {word}\n", resource::title(&stored)));
        }
    }
    Ok(None)
}
