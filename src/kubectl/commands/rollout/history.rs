//! `kubectl rollout history` and `kubectl rollout undo`: the revisions that were, and the way back.
// Models k8s.io/kubectl/pkg/polymorphichelpers/history.go, rollback.go

use crate::sim::Arrange;
use std::rc::Rc;

use serde_json::Value;

use super::{Context, LAST_APPLIED, Started, update};
use crate::api::core::PodTemplateSpec;
use crate::api::lean::Field;
use crate::api::meta::ObjectMeta;
use crate::api::template_hash::revision_data;
use crate::api::{Kind, Object};
use crate::cluster::Cluster;
use crate::kubectl::args::Args;
use crate::kubectl::{errors, resource};

const REVISION: &str = "deployment.kubernetes.io/revision";
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
// Models k8s.io/kubectl/pkg/cmd/rollout/rollout_undo.go.
const APPLIED_BEFORE: &str = "was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.";

/// A revision: its number, the metadata of what keeps it, and its template.
struct Revision {
    number: i64,
    meta: ObjectMeta,
    template: Value,
}

/// The revisions of an object, the lowest number first.
fn revisions(cluster: &Cluster, owner: &Object) -> Vec<Revision> {
    let owned = cluster.api().owned_by(&owner.meta().uid);
    let read = |object: &Object| match object {
        Object::ReplicaSet(set) => Some(Revision {
            number: set.meta.annotation(REVISION)?.parse().ok()?,
            meta: set.meta.clone(),
            template: object.encode()["spec"]["template"].take(),
        }),
        Object::Dynamic(revision) if revision.kind.info().kind == "ControllerRevision" => Some(Revision {
            number: revision.body.get("revision")?.as_i64()?,
            meta: revision.meta.clone(),
            template: without_directive(revision.body.get("data")?.pointer("/spec/template")?.clone()),
        }),
        _ => None,
    };
    let mut revisions: Vec<Revision> = owned.filter_map(read).collect();
    revisions.arrange_by_key(|revision| revision.number);
    revisions
}

fn without_directive(mut template: Value) -> Value {
    if let Some(fields) = template.as_object_mut() {
        fields.remove("$patch");
    }
    template
}

/// An object whose revisions are kept.
fn versioned(context: &Context<'_>, kind: Kind, name: &str, helper: &str) -> Result<Object, String> {
    let object = resource::get(context.cluster, kind, &context.namespace, name)
        .map_err(|status| errors::message(&status, ""))?;
    match object {
        Object::Deployment(_) | Object::DaemonSet(_) | Object::StatefulSet(_) => Ok(object.clone()),
        other => Err(format!(
            "error: no {helper} has been implemented for \"{}\"\n",
            super::group_kind(other.kind())
        )),
    }
}

pub(super) fn undo(context: &mut Context<'_>, args: &Args, kind: Kind, name: &str) -> Started {
    let to = args.number("rollout undo", "to-revision")?.unwrap_or(0);
    let object = versioned(context, kind, name, "rollbacker")?;
    if let Object::Deployment(deployment) = &object
        && deployment.spec.paused
    {
        return Err(format!(
            "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume deployment/{name}' and try again\n"
        ));
    }
    if object.meta().annotation(LAST_APPLIED).is_some() {
        let title = format!("{}/{name}", kind.info().plural);
        context
            .output
            .stderr
            .push_str(&format!("Warning: resource {title} {APPLIED_BEFORE}\n"));
    }
    let mut all = revisions(context.cluster, &object);
    let index = if to > 0 {
        let found = all.iter().position(|revision| revision.number == to);
        found.ok_or_else(|| format!("error: unable to find specified revision {to} in history\n"))?
    } else {
        all.len().checked_sub(2).ok_or_else(|| match &object {
            Object::Deployment(_) => format!("error: no rollout history found for deployment \"{name}\"\n"),
            _ => "error: no last revision to roll back to\n".to_owned(),
        })?
    };
    let target = all.swap_remove(index);
    let mut template = target.template;
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove("pod-template-hash");
    }
    let mut value = object.encode();
    if revision_data(&value["spec"]["template"]) == revision_data(&template) {
        // What was asked for is told, not what was found.
        let number = if matches!(object, Object::Deployment(_)) {
            target.number
        } else {
            to
        };
        context.output.stdout.push_str(&format!(
            "{} skipped rollback (current template already matches revision {number})\n",
            resource::title(&object)
        ));
        return Ok(None);
    }
    value["spec"]["template"] = template;
    let mut changed = Object::decode(kind, value).map_err(|why| format!("error: {why}\n"))?;
    if matches!(object, Object::Deployment(_)) {
        take_annotations(&mut changed, &target.meta);
    }
    update(context, changed, "rolled back")
}

/// The annotations of a revision come back too, but for those that are the Deployment's own.
// Models pkg/controller/deployment/util SetDeploymentAnnotationsTo.
fn take_annotations(object: &mut Object, from: &ObjectMeta) {
    let own = |key: &str| key.starts_with("deployment.kubernetes.io/") || key == LAST_APPLIED;
    let meta = object.meta_mut();
    let mut annotations = (*meta.annotations).clone();
    annotations.retain(|key, _| own(key));
    let theirs = from.annotations.iter().filter(|(key, _)| !own(key));
    annotations.extend(theirs.map(|(key, value)| (key.clone(), value.clone())));
    meta.annotations = Rc::new(annotations);
}

pub(super) fn history(context: &mut Context<'_>, args: &Args, kind: Kind, name: &str) -> Started {
    let object = versioned(context, kind, name, "history viewer")?;
    let all = revisions(context.cluster, &object);
    let title = resource::title(&object);
    let mut text = format!("{title} \n");
    if all.is_empty() {
        text.push_str("No rollout history found.\n");
    } else if let Some(wanted) = args.number("rollout history", "revision")?.filter(|wanted| *wanted > 0) {
        let found = all.iter().find(|revision| revision.number == wanted);
        let found = found.ok_or_else(|| "error: unable to find the specified revision\n".to_owned())?;
        let mut template = PodTemplateSpec::default();
        template
            .set(found.template.clone())
            .map_err(|_| format!("error: unable to parse history {}\n", found.meta.name))?;
        if let Some(cause) = found.meta.annotation(CHANGE_CAUSE) {
            template.meta.set_annotation(CHANGE_CAUSE, cause);
        }
        text = format!("{title} with revision #{wanted}\n");
        text.push_str(&crate::kubectl::describe::pod_template(&template));
        if !matches!(object, Object::Deployment(_)) {
            text.push('\n');
        }
    } else {
        text.push_str("REVISION  CHANGE-CAUSE\n");
        for revision in &all {
            let cause = revision.meta.annotation(CHANGE_CAUSE).map_or("<none>", |cause| cause);
            text.push_str(&format!("{:<10}{cause}\n", revision.number));
        }
        text.push('\n');
    }
    context.output.stdout.push_str(&text);
    Ok(None)
}
