//! Deployments, Jobs and CronJobs.

use serde_json::{Value, json};

use super::{head, number};
use crate::kubectl::args::Args;
use crate::kubectl::commands::Context;

/// The container's name that an image gives.
// Models create_deployment.go buildPodSpec; the suffix that makes some names unique is none here.
fn name_of(image: &str) -> String {
    let name = image.rsplit('/').next().unwrap_or(image);
    let name = name.split([':', '@']).next().unwrap_or(name);
    name.replace(['_', '.'], "-")
}

// Models create_deployment.go.
pub(super) fn deployment(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let images = args.all("image");
    if images.len() > 1 && !args.rest.is_empty() {
        return Err("cannot specify multiple --image options and command".to_owned());
    }
    let container = |image: &&str| {
        let mut container = json!({"image": image, "name": name_of(image), "resources": {}});
        if !args.rest.is_empty() {
            container["command"] = args.rest.as_slice().into();
        }
        container
    };
    let mut containers: Vec<Value> = images.iter().map(container).collect();
    if let Some(port) = number(args, "port")?.filter(|port| *port >= 0) {
        containers[0]["ports"] = json!([{"containerPort": port}]);
    }
    let mut deployment = head("apps/v1", "Deployment", name);
    deployment["metadata"]["labels"] = json!({"app": name});
    deployment["spec"] = json!({
        "replicas": number(args, "replicas")?.unwrap_or(1),
        "selector": {"matchLabels": {"app": name}},
        "strategy": {},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers}},
    });
    deployment["status"] = json!({});
    Ok(deployment)
}

fn job_spec(args: &Args, name: &str, image: &str, restart: &str) -> Value {
    let mut container = json!({"image": image, "name": name, "resources": {}});
    if !args.rest.is_empty() {
        container["command"] = args.rest.as_slice().into();
    }
    json!({"template": {"metadata": {}, "spec": {"containers": [container], "restartPolicy": restart}}})
}

// Models create_job.go.
pub(super) fn job(context: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    match (args.get("image"), args.get("from")) {
        (None, None) | (Some(_), Some(_)) => Err("either --image or --from must be specified".to_owned()),
        (None, Some(_)) if !args.rest.is_empty() => Err("cannot specify --from and command".to_owned()),
        (None, Some(from)) => job_from(context, from, name),
        (Some(image), None) => {
            let mut job = head("batch/v1", "Job", name);
            job["spec"] = job_spec(args, name, image, "Never");
            job["status"] = json!({});
            Ok(job)
        }
    }
}

// Models create_job.go createJobFromCronJob.
fn job_from(context: &Context<'_>, from: &str, name: &str) -> Result<Value, String> {
    let named = crate::kubectl::resource::named(&[from.to_owned()])
        .map_err(|why| why.trim_start_matches("error: ").trim_end().to_owned())?;
    let Some((kind, cron)) = named.names.first() else {
        return Err("from must be an existing cronjob".to_owned());
    };
    let found = crate::kubectl::resource::get(context.cluster, *kind, &context.namespace, cron);
    let cron = found.map_err(|status| status.message)?.encode();
    if cron["kind"] != "CronJob" {
        return Err(format!(
            "unknown object type *{}",
            cron["kind"].as_str().unwrap_or_default()
        ));
    }
    let template = &cron["spec"]["jobTemplate"];
    let mut job = head("batch/v1", "Job", name);
    let mut annotations = json!({"cronjob.kubernetes.io/instantiate": "manual"});
    for (key, value) in template["metadata"]["annotations"].as_object().into_iter().flatten() {
        annotations[key] = value.clone();
    }
    job["metadata"]["annotations"] = annotations;
    if template["metadata"]["labels"].is_object() {
        job["metadata"]["labels"] = template["metadata"]["labels"].clone();
    }
    job["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "batch/v1", "kind": "CronJob", "controller": true,
        "name": cron["metadata"]["name"], "uid": cron["metadata"]["uid"],
    }]);
    job["spec"] = template["spec"].clone();
    Ok(job)
}

// Models create_cronjob.go.
pub(super) fn cron_job(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let text = |flag: &str| args.get(flag).unwrap_or_default();
    let mut cron = head("batch/v1", "CronJob", name);
    let spec = job_spec(args, name, text("image"), args.get("restart").unwrap_or("OnFailure"));
    cron["spec"] = json!({
        "jobTemplate": {"metadata": {"name": name}, "spec": spec},
        "schedule": text("schedule"),
    });
    cron["status"] = json!({});
    Ok(cron)
}
