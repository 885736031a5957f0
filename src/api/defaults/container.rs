//! Containers, their probes and hooks.

use std::rc::Rc;

use super::fill;
use crate::api::core::{Container, EnvVar, GrpcAction, HttpGetAction, Lifecycle, Probe, ResourceRequirements};
use crate::api::quantity::Quantity;

// Models SetDefaults_Container and what it reaches.
pub(super) fn default_container(container: &mut Container) {
    if container.image_pull_policy.is_empty() {
        container.image_pull_policy = pull_policy(&container.image).into();
    }
    fill(&mut container.termination_message_path, "/dev/termination-log");
    fill(&mut container.termination_message_policy, "File");
    if !container.ports.is_empty() {
        Rc::make_mut(&mut container.ports)
            .iter_mut()
            .for_each(|port| fill(&mut port.protocol, "TCP"));
    }
    if !container.env.is_empty() {
        Rc::make_mut(&mut container.env).iter_mut().for_each(default_variable);
    }
    round_resources(&mut container.resources);
    for probe in [
        &mut container.liveness_probe,
        &mut container.readiness_probe,
        &mut container.startup_probe,
    ] {
        if let Some(there) = probe.as_mut().map(Rc::make_mut) {
            default_probe(there);
        }
    }
    if let Some(there) = container.lifecycle.as_mut().map(Rc::make_mut) {
        default_lifecycle(there);
    }
}

/// `Always` for an image without a tag or with the tag `latest`, unless it has a digest.
pub(super) fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or(image);
    if image.contains('@') {
        return "IfNotPresent";
    }
    match name.split_once(':') {
        Some((_, tag)) if tag != "latest" => "IfNotPresent",
        _ => "Always",
    }
}

fn default_variable(variable: &mut EnvVar) {
    if let Some(source) = &mut variable.value_from
        && let Some(field) = &mut Rc::make_mut(source).field_ref
    {
        fill(&mut field.api_version, "v1");
    }
    if let Some(source) = &mut variable.value_from
        && let Some(resource) = &mut Rc::make_mut(source).resource_field_ref
    {
        resource.divisor.get_or_insert_with(Quantity::default);
    }
}

// Models SetDefaults_Probe.
fn default_probe(probe: &mut Probe) {
    let set = |field: &mut i32, default: i32| {
        if *field == 0 {
            *field = default;
        }
    };
    set(&mut probe.timeout_seconds, 1);
    set(&mut probe.period_seconds, 10);
    set(&mut probe.success_threshold, 1);
    set(&mut probe.failure_threshold, 3);
    if let Some(there) = probe.http_get.as_mut() {
        default_http_get(there);
    }
    if let Some(GrpcAction { service, .. }) = &mut probe.grpc {
        service.get_or_insert_with(|| "".into());
    }
}

// Models SetDefaults_HTTPGetAction.
fn default_http_get(action: &mut HttpGetAction) {
    fill(&mut action.path, "/");
    fill(&mut action.scheme, "HTTP");
}

fn default_lifecycle(lifecycle: &mut Lifecycle) {
    for handler in [&mut lifecycle.post_start, &mut lifecycle.pre_stop]
        .into_iter()
        .flatten()
    {
        if let Some(there) = handler.http_get.as_mut() {
            default_http_get(there);
        }
    }
}

/// Nothing finer than a thousandth.
// Models SetDefaults_ResourceList.
fn round_resources(resources: &mut ResourceRequirements) {
    for list in [&mut resources.limits, &mut resources.requests] {
        if !list.is_empty() {
            Rc::make_mut(list).values_mut().for_each(|amount| {
                amount.round_up(-3);
            });
        }
    }
}

/// What a limit allows is requested, where nothing is.
pub(super) fn requests_from_limits(container: &mut Container) {
    let resources = &mut container.resources;
    for (name, limit) in resources.limits.iter() {
        if !resources.requests.contains_key(name) {
            Rc::make_mut(&mut resources.requests).insert(name.clone(), limit.clone());
        }
    }
}

/// A container in the node's network takes the node's ports.
// Models defaultHostNetworkPorts.
pub(super) fn default_host_ports(container: &mut Container) {
    if container.ports.is_empty() {
        return;
    }
    for port in Rc::make_mut(&mut container.ports) {
        if port.host_port == 0 {
            port.host_port = port.container_port;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::pull_policy;

    #[test]
    fn images_without_a_fixed_tag_are_always_pulled() {
        let cases = [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("nginx:1.27", "IfNotPresent"),
            ("registry:5000/nginx", "Always"),
            ("registry:5000/nginx:1", "IfNotPresent"),
            ("nginx@sha256:0123", "IfNotPresent"),
        ];
        for (image, want) in cases {
            assert_eq!(pull_policy(image), want, "{image}");
        }
    }
}
