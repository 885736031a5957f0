//! `kubectl rollout status|undo|history|restart|pause|resume`.

use std::rc::Rc;

use serde_json::json;

use super::{Context, Started, Waiting};
use crate::api::apps::{Deployment, ReplicaSet};
use crate::api::meta::find_condition;
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{Key, Subresource};
use crate::cluster::Cluster;
use crate::kubectl::args::{Args, DRY_RUN, Flag, switch, value};
use crate::kubectl::invocation::Output;
use crate::kubectl::{errors, resource};
use crate::sim::{Duration, SimTime};

const FLAGS: [Flag; 6] = [
    switch("watch", 'w'),
    value("timeout", ' '),
    value("revision", ' '),
    value("to-revision", ' '),
    value("selector", 'l'),
    DRY_RUN,
];

const REVISION: &str = "deployment.kubernetes.io/revision";
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
// Models k8s.io/kubectl/pkg/cmd/rollout/rollout_undo.go.
const APPLIED_BEFORE: &str = "was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.";
/// How often a watching command looks.
const LOOK: Duration = Duration::from_millis(10);

pub(super) fn rollout(context: &mut Context<'_>, words: &[String]) -> Started {
    let Some((verb, rest)) = words.split_first() else {
        return Err("error: you must specify a subcommand: history, pause, restart, resume, status, undo\n".to_owned());
    };
    let act: fn(&mut Context<'_>, &Args, Kind, &str) -> Started = match verb.as_str() {
        "status" => status,
        "undo" => undo,
        "history" => history,
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
    let Some((kind, name)) = named.names.first().cloned() else {
        return Err("error: required resource not specified\n".to_owned());
    };
    act(context, &args, kind, &name)
}

fn deployment(context: &Context<'_>, kind: Kind, name: &str, verb: &str) -> Result<Rc<Deployment>, String> {
    let object = resource::get(context.cluster, kind, &context.namespace, name)
        .map_err(|status| errors::message(&status, ""))?;
    Deployment::of(object)
        .cloned()
        .ok_or_else(|| format!("error: {} {verb} is not supported\n", resource::title_of(kind, name)))
}

/// A `rollout status` that follows a Deployment.
#[derive(Clone, Debug)]
pub(crate) struct Watching {
    key: Key,
    seen: Option<u64>,
    until: SimTime,
}

fn status(context: &mut Context<'_>, args: &Args, kind: Kind, name: &str) -> Started {
    let deployment = deployment(context, kind, name, "status")?;
    let key = Key::of(&Object::Deployment(deployment.clone()));
    if !args.is_not_off("watch") {
        let (line, _) = progress(&deployment)?;
        context.output.stdout.push_str(&line);
        return Ok(None);
    }
    let until = match args.get("timeout").map(crate::api::duration::parse_go_duration) {
        Some(Ok(ns)) if ns > 0 => context.cluster.now() + Duration(ns.unsigned_abs()),
        Some(Err(why)) => return Err(format!("error: invalid argument for \"--timeout\" flag: {why}\n")),
        _ => SimTime::NEVER,
    };
    Ok(Some(Waiting::Rollout(Watching { key, seen: None, until })))
}

impl Watching {
    pub(super) fn poll(&mut self, cluster: &Cluster, output: &mut Output) -> Option<SimTime> {
        let Some(deployment) = cluster.api().get_key::<Deployment>(&self.key) else {
            output.stderr.push_str("error: object has been deleted\n");
            output.code = Some(1);
            return None;
        };
        if cluster.now() >= self.until {
            output.stderr.push_str("error: timed out waiting for the condition\n");
            output.code = Some(1);
            return None;
        }
        let version = deployment.meta.resource_version.0;
        if self.seen != Some(version) {
            self.seen = Some(version);
            match progress(deployment) {
                Ok((line, done)) => {
                    output.stdout.push_str(&line);
                    if done {
                        return None;
                    }
                }
                Err(problem) => {
                    output.stderr.push_str(&problem);
                    output.code = Some(1);
                    return None;
                }
            }
        }
        Some(cluster.now() + LOOK)
    }
}

/// The line that tells how far a rollout is, and whether it is complete.
// Models k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go DeploymentStatusViewer.
fn progress(deployment: &Deployment) -> Result<(String, bool), String> {
    let name = &deployment.meta.name;
    let status = &deployment.status;
    if deployment.meta.generation > status.observed_generation {
        return Ok((
            "Waiting for deployment spec update to be observed...\n".to_owned(),
            false,
        ));
    }
    if find_condition(&status.conditions, "Progressing")
        .is_some_and(|condition| &*condition.reason == "ProgressDeadlineExceeded")
    {
        return Err(format!("error: deployment \"{name}\" exceeded its progress deadline\n"));
    }
    let wanted = deployment.spec.replicas.unwrap_or(1);
    let head = format!("Waiting for deployment \"{name}\" rollout to finish");
    let line = if status.updated_replicas < wanted {
        format!(
            "{head}: {} out of {wanted} new replicas have been updated...\n",
            status.updated_replicas
        )
    } else if status.replicas > status.updated_replicas {
        format!(
            "{head}: {} old replicas are pending termination...\n",
            status.replicas - status.updated_replicas
        )
    } else if status.available_replicas < status.updated_replicas {
        format!(
            "{head}: {} of {} updated replicas are available...\n",
            status.available_replicas, status.updated_replicas
        )
    } else {
        return Ok((format!("deployment \"{name}\" successfully rolled out\n"), true));
    };
    Ok((line, false))
}

/// The ReplicaSets of a Deployment with their revisions, oldest first.
fn revisions(cluster: &Cluster, deployment: &Deployment) -> Vec<(i64, Rc<ReplicaSet>)> {
    let owned = cluster.api().owned_by(&deployment.meta.uid).filter_map(ReplicaSet::of);
    let mut sets: Vec<_> = owned
        .filter_map(|set| Some((set.meta.annotation(REVISION)?.parse::<i64>().ok()?, set.clone())))
        .collect();
    sets.sort_by_key(|(revision, _)| *revision);
    sets
}

// Models k8s.io/kubectl/pkg/polymorphichelpers/rollback.go DeploymentRollbacker.
fn undo(context: &mut Context<'_>, args: &Args, kind: Kind, name: &str) -> Started {
    let to = args.number("rollout undo", "to-revision")?.unwrap_or(0);
    let deployment = deployment(context, kind, name, "undo")?;
    if deployment.spec.paused {
        return Err(format!(
            "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume deployment/{name}' and try again\n"
        ));
    }
    if deployment.meta.annotation(LAST_APPLIED).is_some() {
        context
            .output
            .stderr
            .push_str(&format!("Warning: resource deployments/{name} {APPLIED_BEFORE}\n"));
    }
    let sets = revisions(context.cluster, &deployment);
    let target = if to > 0 {
        let found = sets.iter().find(|(revision, _)| *revision == to);
        found.ok_or_else(|| format!("error: unable to find specified revision {to} in history\n"))?
    } else {
        let before_last = sets.len().checked_sub(2).and_then(|index| sets.get(index));
        before_last.ok_or_else(|| format!("error: no rollout history found for deployment \"{name}\"\n"))?
    };
    let mut template = target.1.spec.template.clone();
    Rc::make_mut(&mut template.meta.labels).remove("pod-template-hash");
    if template == deployment.spec.template {
        context.output.stdout.push_str(&format!(
            "deployment.apps/{name} skipped rollback (current template already matches revision {})\n",
            target.0
        ));
        return Ok(None);
    }
    let mut changed = (*deployment).clone();
    changed.spec.template = template;
    // The annotations of the revision come back too, but for those that are the Deployment's own.
    // Models pkg/controller/deployment/util SetDeploymentAnnotationsTo.
    let own = |key: &str| key.starts_with("deployment.kubernetes.io/") || key == LAST_APPLIED;
    let mut annotations = (*changed.meta.annotations).clone();
    annotations.retain(|key, _| own(key));
    annotations.extend(
        target
            .1
            .meta
            .annotations
            .iter()
            .filter(|(key, _)| !own(key))
            .map(|(key, value)| (key.clone(), value.clone())),
    );
    changed.meta.annotations = Rc::new(annotations);
    update(context, changed, "rolled back")
}

// Models k8s.io/kubectl/pkg/polymorphichelpers/history.go DeploymentHistoryViewer.
fn history(context: &mut Context<'_>, args: &Args, kind: Kind, name: &str) -> Started {
    let deployment = deployment(context, kind, name, "history")?;
    let sets = revisions(context.cluster, &deployment);
    let mut text = format!("deployment.apps/{name} \n");
    if let Some(wanted) = args.number("rollout history", "revision")?.filter(|wanted| *wanted > 0) {
        let found = sets.iter().find(|(revision, _)| *revision == wanted);
        let (_, set) = found.ok_or_else(|| "error: unable to find the specified revision\n".to_owned())?;
        text = format!("deployment.apps/{name} with revision #{wanted}\n");
        text.push_str(&crate::kubectl::describe::pod_template(&set.spec.template));
    } else {
        let cause = |set: &ReplicaSet| {
            set.meta
                .annotation(CHANGE_CAUSE)
                .map_or("<none>".to_owned(), ToString::to_string)
        };
        text.push_str("REVISION  CHANGE-CAUSE\n");
        for (revision, set) in &sets {
            text.push_str(&format!("{revision:<10}{}\n", cause(set)));
        }
        text.push('\n');
    }
    context.output.stdout.push_str(&text);
    Ok(None)
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
    let stored = context
        .cluster
        .update(changed, Subresource::Main)
        .map_err(|status| errors::message(&status, ""))?;
    context
        .output
        .stdout
        .push_str(&format!("{} restarted\n", resource::title(&stored)));
    Ok(None)
}

fn set_paused(context: &mut Context<'_>, kind: Kind, name: &str, paused: bool) -> Started {
    let word = if paused { "paused" } else { "resumed" };
    let deployment = deployment(context, kind, name, if paused { "pausing" } else { "resuming" })?;
    if deployment.spec.paused == paused {
        let state = if paused { "already paused" } else { "not paused" };
        return Err(format!("error: deployments.apps \"{name}\" is {state}\n"));
    }
    let mut changed = (*deployment).clone();
    changed.spec.paused = paused;
    update(context, changed, word)
}

fn update(context: &mut Context<'_>, mut changed: Deployment, word: &str) -> Started {
    changed.meta.resource_version.0 = 0;
    let stored = context
        .cluster
        .update(changed.into_object(), Subresource::Main)
        .map_err(|status| errors::message(&status, ""))?;
    context
        .output
        .stdout
        .push_str(&format!("{} {word}\n", resource::title(&stored)));
    Ok(None)
}
