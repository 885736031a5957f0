//! `kubectl rollout status|undo|history|restart|pause|resume`.

mod history;
mod status;

use std::rc::Rc;

use serde_json::json;

use super::{Context, Started, Waiting};
use crate::api::{Kind, Object};
use crate::apiserver::Subresource;
use crate::kubectl::args::{Args, DRY_RUN, Flag, switch, value};
use crate::kubectl::{errors, resource};

pub(crate) use status::Watching;

const FLAGS: [Flag; 6] = [
    switch("watch", 'w'),
    value("timeout", ' '),
    value("revision", ' '),
    value("to-revision", ' '),
    value("selector", 'l'),
    DRY_RUN,
];

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What `kubectl rollout` alone prints.
const HELP: &str = "Manage the rollout of one or many resources.
        
 Valid resource types include:

  *  deployments
  *  daemonsets
  *  statefulsets

Examples:
  # Rollback to the previous deployment
  kubectl rollout undo deployment/abc
  
  # Check the rollout status of a daemonset
  kubectl rollout status daemonset/foo
  
  # Restart a deployment
  kubectl rollout restart deployment/abc
  
  # Restart deployments with the 'app=nginx' label
  kubectl rollout restart deployment --selector=app=nginx

Available Commands:
  history       View rollout history
  pause         Mark the provided resource as paused
  restart       Restart a resource
  resume        Resume a paused resource
  status        Show the status of the rollout
  undo          Undo a previous rollout

Usage:
  kubectl rollout SUBCOMMAND [options]

Use \"kubectl rollout <command> --help\" for more information about a given command.
Use \"kubectl options\" for a list of global command-line options (applies to all commands).
";

pub(super) fn rollout(context: &mut Context<'_>, words: &[String]) -> Started {
    let Some((verb, rest)) = words.split_first() else {
        context.output.stdout.push_str(HELP);
        context.output.code = Some(1);
        return Ok(None);
    };
    let act: fn(&mut Context<'_>, &Args, Kind, &str) -> Started = match verb.as_str() {
        // It alone waits, and goes through its objects by itself.
        "status" => |_, _, _, _| Ok(None),
        "undo" => history::undo,
        "history" => history::history,
        "restart" => restart,
        "pause" => |context, _, kind, name| set_paused(context, kind, name, true),
        "resume" => |context, _, kind, name| set_paused(context, kind, name, false),
        _ => {
            let line = words.join(" ");
            return Err(format!(
                "error: unknown command \"{line}\"\nSee 'kubectl rollout -h' for help and examples\n"
            ));
        }
    };
    let args = Args::parse(&format!("rollout {verb}"), &FLAGS, rest)?;
    let named = resource::named(&args.words)?;
    if named.kinds.is_empty() {
        return Err("error: required resource not specified\n".to_owned());
    }
    let mut names = named.names;
    if names.is_empty() {
        let choice = resource::Choice::of(&args, &context.namespace)?;
        for kind in named.kinds {
            let objects = choice.list(context.cluster, kind);
            names.extend(objects.map(|object| (kind, object.meta().name.to_string())));
        }
    }
    if names.is_empty() {
        let text = format!("No resources found in {} namespace.\n", context.namespace);
        context.output.stderr.push_str(&text);
        return Ok(None);
    }
    if verb == "status" {
        return status::status(context, &args, &names);
    }
    for (kind, name) in &names {
        act(context, &args, *kind, name)?;
    }
    Ok(None)
}

/// `ReplicaSet.apps`, as Go prints a group and a kind.
fn group_kind(kind: Kind) -> String {
    let info = kind.info();
    if info.group.is_empty() {
        info.kind.to_owned()
    } else {
        format!("{}.{}", info.kind, info.group)
    }
}

fn restart(context: &mut Context<'_>, _args: &Args, kind: Kind, name: &str) -> Started {
    let object = resource::get(context.cluster, kind, &context.namespace, name)
        .map_err(|status| errors::message(&status, ""))?;
    let mut value = object.encode();
    if value.pointer("/spec/template").is_none() {
        return Err(format!(
            "error: {} restarting is not supported\n",
            resource::title_of(kind, name)
        ));
    }
    if value.pointer("/spec/paused") == Some(&json!(true)) {
        return Err(format!(
            "error: {} can't restart paused deployment (run rollout resume first)\n",
            resource::title_of(kind, name)
        ));
    }
    let now = context.cluster.api().time(context.cluster.now()).to_string();
    let template = &mut value["spec"]["template"];
    if template["metadata"]["annotations"].is_null() {
        template["metadata"]["annotations"] = json!({});
    }
    template["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = json!(now);
    let changed = Object::decode(kind, value).map_err(|why| format!("error: {why}\n"))?;
    update(context, changed, "restarted")
}

fn set_paused(context: &mut Context<'_>, kind: Kind, name: &str, paused: bool) -> Started {
    let object = resource::get(context.cluster, kind, &context.namespace, name)
        .map_err(|status| errors::message(&status, ""))?;
    let title = format!("{}.{} \"{name}\"", kind.info().plural, kind.info().group);
    let Object::Deployment(deployment) = object else {
        let title = title.replacen(". \"", " \"", 1);
        let verb = if paused { "pausing" } else { "resuming" };
        return Err(format!("error: {title} {verb} is not supported\n"));
    };
    if deployment.spec.paused == paused {
        let state = if paused { "already paused" } else { "not paused" };
        return Err(format!("error: {title} is {state}\n"));
    }
    let mut changed = (**deployment).clone();
    changed.spec.paused = paused;
    update(
        context,
        Object::Deployment(Rc::new(changed)),
        if paused { "paused" } else { "resumed" },
    )
}

/// Writes an object over what is there, and says so.
fn update(context: &mut Context<'_>, mut changed: Object, word: &str) -> Started {
    changed.meta_mut().resource_version.0 = 0;
    let stored = context
        .cluster
        .update(changed, Subresource::Main)
        .map_err(|status| errors::message(&status, ""))?;
    context
        .output
        .stdout
        .push_str(&format!("{} {word}\n", resource::title(&stored)));
    Ok(None)
}
