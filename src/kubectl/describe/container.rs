//! Containers of pods and templates.

use super::Page;
use crate::api::core::{
    Container, ContainerPort, ContainerState, ContainerStatus, EnvVar, EnvVarSource, Pod, Probe, ResourceRequirements,
};
use crate::api::quantity::Quantity;
use crate::sim::Arrange;

/// Describes containers; `pod` gives the values of fields, and is none for templates. `space` goes before each line.
// Models describeContainers.
pub(super) fn describe(
    page: &mut Page,
    title: &str,
    containers: &[Container],
    statuses: &[ContainerStatus],
    pod: Option<&Pod>,
    space: &str,
) {
    let none = if containers.is_empty() { " <none>" } else { "" };
    page.write(0, &format!("{space}{title}:{none}\n"));
    for container in containers {
        let status = statuses.iter().find(|status| status.name == container.name);
        basics(page, container, status, space);
        lines(page, "Command", &container.command);
        lines(page, "Args", &container.args);
        if let Some(status) = status {
            states(page, status);
        }
        resources(page, &container.resources, 2);
        let probes = [
            ("Liveness", &container.liveness_probe),
            ("Readiness", &container.readiness_probe),
            ("Startup", &container.startup_probe),
        ];
        for (title, probe) in probes {
            if let Some(probe) = probe {
                page.pair(2, title, &probe_text(probe));
            }
        }
        env_from(page, container);
        env(page, container, pod);
        mounts(page, container);
    }
}

fn basics(page: &mut Page, container: &Container, status: Option<&ContainerStatus>, space: &str) {
    let indent = if space.is_empty() { "" } else { " " };
    page.write(1, &format!("{indent}{}:\n", container.name));
    if let Some(status) = status {
        page.pair(2, "Container ID", &status.container_id);
    }
    page.pair(2, "Image", &container.image);
    if let Some(status) = status {
        page.pair(2, "Image ID", &status.image_id);
    }
    ports(page, "Port", container, |port| port.container_port);
    ports(page, "Host Port", container, |port| port.host_port);
}

fn ports(page: &mut Page, title: &str, container: &Container, number: fn(&ContainerPort) -> i32) {
    let text = |port: &ContainerPort| {
        let name = if port.name.is_empty() {
            String::new()
        } else {
            format!(" ({})", port.name)
        };
        format!("{}/{}{name}", number(port), port.protocol)
    };
    let texts: Vec<String> = container.ports.iter().map(text).collect();
    match texts.as_slice() {
        [] => page.pair(2, title, "<none>"),
        [single] => page.pair(2, title, single),
        many => page.pair(2, &format!("{title}s"), &many.join(", ")),
    }
}

fn lines(page: &mut Page, title: &str, words: &[crate::api::Str]) {
    if words.is_empty() {
        return;
    }
    page.write(2, &format!("{title}:\n"));
    for line in words.iter().flat_map(|word| word.split('\n')) {
        page.write(3, &format!("{line}\n"));
    }
}

fn states(page: &mut Page, status: &ContainerStatus) {
    state(page, "State", &status.state);
    if status.last_state.terminated.is_some() {
        state(page, "Last State", &status.last_state);
    }
    page.pair(2, "Ready", if status.ready { "True" } else { "False" });
    page.pair(2, "Restart Count", &status.restart_count.to_string());
}

// Models describeStatus.
fn state(page: &mut Page, title: &str, state: &ContainerState) {
    if let Some(running) = &state.running {
        page.pair(2, title, "Running");
        page.pair(3, "Started", &running.started_at.unwrap_or_default().rfc1123z());
    } else if let Some(ended) = state.terminated.as_ref().filter(|_| state.waiting.is_none()) {
        page.pair(2, title, "Terminated");
        for (title, text) in [("Reason", &ended.reason), ("Message", &ended.message)] {
            if !text.is_empty() {
                page.pair(3, title, text);
            }
        }
        page.pair(3, "Exit Code", &ended.exit_code.to_string());
        if ended.signal > 0 {
            page.pair(3, "Signal", &ended.signal.to_string());
        }
        page.pair(3, "Started", &ended.started_at.unwrap_or_default().rfc1123z());
        page.pair(3, "Finished", &ended.finished_at.unwrap_or_default().rfc1123z());
    } else {
        page.pair(2, title, "Waiting");
        if let Some(waiting) = state.waiting.as_ref().filter(|waiting| !waiting.reason.is_empty()) {
            page.pair(3, "Reason", &waiting.reason);
        }
    }
}

/// Limits and requests.
pub(super) fn resources(page: &mut Page, resources: &ResourceRequirements, level: usize) {
    for (title, list) in [("Limits", &resources.limits), ("Requests", &resources.requests)] {
        if !list.is_empty() {
            page.write(level, &format!("{title}:\n"));
            for (name, amount) in list.iter() {
                page.pair(level + 1, name, &amount.to_string());
            }
        }
    }
}

// Models DescribeProbe.
fn probe_text(probe: &Probe) -> String {
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        probe.initial_delay_seconds,
        probe.timeout_seconds,
        probe.period_seconds,
        probe.success_threshold,
        probe.failure_threshold
    );
    if let Some(exec) = &probe.exec {
        return format!("exec [{}] {attributes}", exec.command.join(" "));
    }
    if let Some(http) = &probe.http_get {
        let slash = if http.path.starts_with('/') || http.path.is_empty() {
            ""
        } else {
            "/"
        };
        return format!(
            "http-get {}://{}:{}{slash}{} {attributes}",
            http.scheme.to_ascii_lowercase(),
            http.host,
            http.port,
            http.path
        );
    }
    if let Some(tcp) = &probe.tcp_socket {
        return format!("tcp-socket {}:{} {attributes}", tcp.host, tcp.port);
    }
    if let Some(grpc) = &probe.grpc {
        return format!(
            "grpc <pod>:{} {} {attributes}",
            grpc.port,
            grpc.service.as_deref().unwrap_or_default()
        );
    }
    format!("unknown {attributes}")
}

fn env_from(page: &mut Page, container: &Container) {
    if container.env_from.is_empty() {
        return;
    }
    page.write(2, "Environment Variables from:\n");
    for source in container.env_from.iter() {
        let (kind, reference) = match (&source.config_map_ref, &source.secret_ref) {
            (Some(reference), _) => ("ConfigMap", reference),
            (None, Some(reference)) => ("Secret", reference),
            (None, None) => continue,
        };
        let prefix = if source.prefix.is_empty() {
            String::new()
        } else {
            format!(" with prefix '{}'", source.prefix)
        };
        page.write(
            3,
            &format!("{}\t{kind}{prefix}\tOptional: {}\n", reference.name, reference.optional),
        );
    }
}

// Models describeContainerEnvVars.
fn env(page: &mut Page, container: &Container, pod: Option<&Pod>) {
    let none = if container.env.is_empty() { "\t<none>" } else { "" };
    page.write(2, &format!("Environment:{none}\n"));
    for variable in container.env.iter() {
        match &variable.value_from {
            Some(source) => sourced(page, variable, source, container, pod),
            None => {
                for (index, line) in variable.value.split('\n').enumerate() {
                    let name = if index == 0 {
                        format!("{}:", variable.name)
                    } else {
                        String::new()
                    };
                    page.write(3, &format!("{name}\t{line}\n"));
                }
            }
        }
    }
}

fn sourced(page: &mut Page, variable: &EnvVar, source: &EnvVarSource, container: &Container, pod: Option<&Pod>) {
    let name = &variable.name;
    if let Some(field) = &source.field_ref {
        let value = pod.map(|pod| field_value(pod, &field.field_path)).unwrap_or_default();
        page.pair(
            3,
            name,
            &format!("{value} ({}:{})", field.api_version, field.field_path),
        );
    } else if let Some(resource) = &source.resource_field_ref {
        page.pair(
            3,
            name,
            &format!(
                "{} ({})",
                resource_value(container, &resource.resource),
                resource.resource
            ),
        );
    } else if let Some(key) = &source.secret_key_ref {
        page.pair(
            3,
            name,
            &format!(
                "<set to the key '{}' in secret '{}'>\tOptional: {}",
                key.key, key.name, key.optional
            ),
        );
    } else if let Some(key) = &source.config_map_key_ref {
        page.pair(
            3,
            name,
            &format!(
                "<set to the key '{}' of config map '{}'>\tOptional: {}",
                key.key, key.name, key.optional
            ),
        );
    }
}

/// The value of a field of the metadata; others are the kubelet's to know.
fn field_value(pod: &Pod, path: &str) -> String {
    match path {
        "metadata.name" => pod.meta.name.to_string(),
        "metadata.namespace" => pod.meta.namespace.to_string(),
        "metadata.uid" => pod.meta.uid.to_string(),
        _ => String::new(),
    }
}

fn resource_value(container: &Container, resource: &str) -> String {
    let amount = match resource.split_once('.') {
        Some(("limits", name)) => container.resources.limits.get(name),
        Some(("requests", name)) => container.resources.requests.get(name),
        _ => None,
    };
    let units = amount.map_or(0, |amount: &Quantity| amount.value());
    if units == 0 && matches!(resource, "limits.cpu" | "limits.memory") {
        "node allocatable".to_owned()
    } else {
        units.to_string()
    }
}

fn mounts(page: &mut Page, container: &Container) {
    let none = if container.volume_mounts.is_empty() {
        "\t<none>"
    } else {
        ""
    };
    page.write(2, &format!("Mounts:{none}\n"));
    let mut mounts: Vec<_> = container.volume_mounts.iter().collect();
    mounts.arrange_by(|a, b| a.mount_path.cmp(&b.mount_path));
    for mount in mounts {
        let access = if mount.read_only { "ro" } else { "rw" };
        let path = if mount.sub_path.is_empty() {
            String::new()
        } else {
            format!(",path={:?}", mount.sub_path)
        };
        page.write(
            3,
            &format!("{} from {} ({access}{path})\n", mount.mount_path, mount.name),
        );
    }
}
