//! `kubectl rollout status`: how far a rollout is, told at each change until it is complete.
// Models k8s.io/kubectl/pkg/cmd/rollout/rollout_status.go

use std::collections::VecDeque;

use super::{Context, Started, Waiting};
use crate::api::apps::{DaemonSet, Deployment, StatefulSet};
use crate::api::meta::find_condition;
use crate::api::{Kind, Object};
use crate::apiserver::Key;
use crate::cluster::Cluster;
use crate::kubectl::args::Args;
use crate::kubectl::io::Output;
use crate::kubectl::{errors, resource};
use crate::sim::{Duration, SimTime};

/// How often a watching command looks.
const LOOK: Duration = Duration::from_millis(10);

/// A `rollout status` that follows some objects, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Watching {
    left: VecDeque<(Kind, Key)>,
    seen: Option<u64>,
    until: SimTime,
}

pub(super) fn status(context: &mut Context<'_>, args: &Args, names: &[(Kind, String)]) -> Started {
    let mut left = VecDeque::new();
    for (kind, name) in names {
        let object = resource::get(context.cluster, *kind, &context.namespace, name)
            .map_err(|status| errors::message(&status, ""))?;
        let (line, _) = progress(object)?;
        if !args.is_not_off("watch") {
            context.output.stdout.push_str(&line);
        }
        left.push_back((*kind, Key::of(object)));
    }
    if !args.is_not_off("watch") {
        return Ok(None);
    }
    let until = match args.get("timeout").map(crate::api::duration::parse_go_duration) {
        Some(Ok(ns)) if ns > 0 => context.cluster.now() + Duration(ns.unsigned_abs()),
        Some(Err(why)) => return Err(format!("error: invalid argument for \"--timeout\" flag: {why}\n")),
        _ => SimTime::NEVER,
    };
    let seen = None;
    Ok(Some(Waiting::Rollout(Watching { left, seen, until })))
}

impl Watching {
    pub(in crate::kubectl::commands) fn poll(&mut self, cluster: &Cluster, output: &mut Output) -> Option<SimTime> {
        match self.look(cluster, output) {
            Ok(()) if self.left.is_empty() => None,
            Ok(()) => Some(cluster.now() + LOOK),
            Err(problem) => {
                output.stderr.push_str(&problem);
                output.code = Some(1);
                None
            }
        }
    }

    /// Tells what is new; an error ends the watch.
    fn look(&mut self, cluster: &Cluster, output: &mut Output) -> Result<(), String> {
        while let Some((kind, key)) = self.left.front() {
            let object = cluster.api().get_object(*kind, key);
            let object = object.ok_or_else(|| "error: object has been deleted\n".to_owned())?;
            if cluster.now() >= self.until {
                return Err("error: timed out waiting for the condition\n".to_owned());
            }
            let version = object.meta().resource_version.0;
            if self.seen == Some(version) {
                return Ok(());
            }
            self.seen = Some(version);
            let (line, done) = progress(object)?;
            output.stdout.push_str(&line);
            if !done {
                return Ok(());
            }
            self.left.pop_front();
            self.seen = None;
        }
        Ok(())
    }
}

/// The line that tells how far a rollout is, and whether it is complete.
// Models k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go
fn progress(object: &Object) -> Result<(String, bool), String> {
    match object {
        Object::Deployment(deployment) => of_deployment(deployment),
        Object::DaemonSet(set) => of_daemon_set(set),
        Object::StatefulSet(set) => of_stateful_set(set),
        other => Err(format!(
            "error: no status viewer has been implemented for {}\n",
            super::group_kind(other.kind())
        )),
    }
}

const ROLLING_ONLY: &str = "error: rollout status is only available for RollingUpdate strategy type\n";

fn unobserved(what: &str) -> (String, bool) {
    (format!("Waiting for {what} spec update to be observed...\n"), false)
}

// Models DaemonSetStatusViewer.
fn of_daemon_set(set: &DaemonSet) -> Result<(String, bool), String> {
    let (name, status) = (&set.meta.name, &set.status);
    if &*set.spec.update_strategy.kind != "RollingUpdate" {
        return Err(ROLLING_ONLY.to_owned());
    }
    if set.meta.generation > status.observed_generation {
        return Ok(unobserved("daemon set"));
    }
    let head = format!("Waiting for daemon set \"{name}\" rollout to finish");
    let wanted = status.desired_number_scheduled;
    if status.updated_number_scheduled < wanted {
        let updated = status.updated_number_scheduled;
        return Ok((
            format!("{head}: {updated} out of {wanted} new pods have been updated...\n"),
            false,
        ));
    }
    if status.number_available < wanted {
        let available = status.number_available;
        return Ok((
            format!("{head}: {available} of {wanted} updated pods are available...\n"),
            false,
        ));
    }
    Ok((format!("daemon set \"{name}\" successfully rolled out\n"), true))
}

// Models StatefulSetStatusViewer.
fn of_stateful_set(set: &StatefulSet) -> Result<(String, bool), String> {
    let (status, strategy) = (&set.status, &set.spec.update_strategy);
    if &*strategy.kind != "RollingUpdate" {
        return Err(ROLLING_ONLY.to_owned());
    }
    if status.observed_generation == 0 || set.meta.generation > status.observed_generation {
        return Ok(unobserved("statefulset"));
    }
    let wanted = set.spec.replicas.unwrap_or(1);
    if status.ready_replicas < wanted {
        let missing = wanted - status.ready_replicas;
        return Ok((format!("Waiting for {missing} pods to be ready...\n"), false));
    }
    let updated = status.updated_replicas;
    if let Some(rolling) = &strategy.rolling_update {
        let to_update = wanted - rolling.partition.unwrap_or_default();
        if rolling.partition.is_some() && updated < to_update {
            let text = format!(
                "Waiting for partitioned roll out to finish: {updated} out of {to_update} new pods have been updated...\n"
            );
            return Ok((text, false));
        }
        let text = format!("partitioned roll out complete: {updated} new pods have been updated...\n");
        return Ok((text, true));
    }
    if status.update_revision != status.current_revision {
        let revision = &status.update_revision;
        let text =
            format!("waiting for statefulset rolling update to complete {updated} pods at revision {revision}...\n");
        return Ok((text, false));
    }
    let (current, revision) = (status.current_replicas, &status.current_revision);
    let text = format!("statefulset rolling update complete {current} pods at revision {revision}...\n");
    Ok((text, true))
}

// Models DeploymentStatusViewer.
fn of_deployment(deployment: &Deployment) -> Result<(String, bool), String> {
    let name = &deployment.meta.name;
    let status = &deployment.status;
    if deployment.meta.generation > status.observed_generation {
        return Ok(unobserved("deployment"));
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
