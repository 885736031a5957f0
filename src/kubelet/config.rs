//! What a container is run with: environment, command, mounts.

use serde_json::Value;

use super::agent::{Host, PodAgent, pod_text};
use super::cri::ContainerSpec;
use super::environment::{Lookup, Vars, expand};
use super::names;
use super::runtime::{Image, User};
use crate::api::Str;
use crate::api::core::{Container, Pod};
use crate::api::lean::Rest;
use crate::api::quantity::Quantity;

/// The container as the runtime takes it.
///
/// # Errors
/// With the words of the container's waiting state, when something that it refers to is not there.
// Models pkg/kubelet/kuberuntime generateContainerConfig
pub(super) fn container_spec(
    host: &Host<'_, '_>,
    agent: &PodAgent,
    container: &Container,
    image: &Image,
    attempt: i32,
) -> Result<ContainerSpec, String> {
    let pod = &agent.pod;
    verify_not_root(pod, container, image)?;
    let lookup = Lookup {
        ctx: host.ctx,
        pod,
        container,
        pod_ip: agent.pod_ip(host),
        host_ip: host.node.ip.clone(),
    };
    let env = lookup.environment()?;
    let vars: Vars = env.iter().cloned().collect();
    let expand_all = |texts: &[Str]| texts.iter().map(|text| expand(text, &vars).into()).collect();
    let ports = container
        .ports
        .iter()
        .filter_map(|port| u16::try_from(port.container_port).ok())
        .collect();
    let limit = |name| limit(pod, container, name);
    let mut stream = host
        .ctx
        .stream(&pod.meta.uid, &format!("container-{}-{attempt}", container.name));
    Ok(ContainerSpec {
        image: container.image.clone(),
        command: expand_all(&container.command),
        args: expand_all(&container.args),
        env,
        working_dir: container.working_dir.clone(),
        ports,
        mounts: super::mounts::mounts(agent, container, &vars),
        behaviour: host.stock.rules.behaviour(pod, container),
        stdin: container.rest.get("stdin").is_some_and(|stdin| stdin == true),
        tty: container.rest.get("tty").is_some_and(|tty| tty == true),
        read_only_root: read_only_root(pod, container),
        user: user(pod, container),
        hostname: names::hostname(pod, &host.node.name),
        domain: names::domain(pod),
        host_aliases: names::host_aliases(pod),
        resolv_conf: names::resolv_conf(pod),
        ip: lookup.pod_ip,
        memory_limit_bytes: limit("memory").map_or(0, |q| u64::try_from(q.value()).unwrap_or_default()),
        cpu_limit_milli: limit("cpu").map_or(0, |q| u32::try_from(q.milli_value()).unwrap_or_default()),
        termination_message_path: container.termination_message_path.clone(),
        completes: completes(pod, container),
        epoch_unix_s: host
            .ctx
            .api
            .wall_ns(crate::sim::SimTime::ZERO)
            .div_euclid(1_000_000_000),
        seed: stream.next_u64(),
        ..ContainerSpec::default()
    })
}

/// A limit of the container, or else of the pod as a whole.
fn limit<'a>(pod: &'a Pod, container: &'a Container, name: &str) -> Option<&'a Quantity> {
    let of_pod = || pod.spec.resources.as_ref()?.limits.get(name);
    container.resources.limits.get(name).or_else(of_pod)
}

/// A field of the security context of the container, or else of the pod.
fn security<'a>(pod: &'a Pod, container: &'a Container, field: &str) -> Option<&'a Value> {
    let of = |rest: &'a Rest| rest.get("securityContext")?.get(field);
    of(&container.rest).or_else(|| of(&pod.spec.rest))
}

/// A number in the security context.
fn security_id(pod: &Pod, container: &Container, field: &str) -> Option<u32> {
    let number = security(pod, container, field)?.as_u64()?;
    u32::try_from(number).ok()
}

/// The user that the security context says.
fn user(pod: &Pod, container: &Container) -> Option<User> {
    let uid = security_id(pod, container, "runAsUser")?;
    let gid = security_id(pod, container, "runAsGroup").unwrap_or_default();
    let more = security(pod, container, "supplementalGroups").and_then(Value::as_array);
    let numbers = more.into_iter().flatten().filter_map(Value::as_u64);
    let groups = security_id(pod, container, "fsGroup").into_iter();
    let groups = groups
        .chain(numbers.filter_map(|number| u32::try_from(number).ok()))
        .collect();
    Some(User { uid, gid, groups })
}

/// Who must not be root and would be.
// Models pkg/kubelet/kuberuntime verifyRunAsNonRoot
fn verify_not_root(pod: &Pod, container: &Container, image: &Image) -> Result<(), String> {
    if security(pod, container, "runAsNonRoot") != Some(&Value::Bool(true)) {
        return Ok(());
    }
    let why = match security_id(pod, container, "runAsUser") {
        Some(0) => "container's runAsUser breaks non-root policy",
        None if image.user.uid == 0 => "container has runAsNonRoot and image will run as root",
        _ => return Ok(()),
    };
    let (pod, name) = (pod_text(pod), &container.name);
    Err(format!("{why} (pod: \"{pod}\", container: {name})"))
}

fn read_only_root(pod: &Pod, container: &Container) -> bool {
    security(pod, container, "readOnlyRootFilesystem") == Some(&Value::Bool(true))
}

/// Whether a container is meant to end by itself.
fn completes(pod: &Pod, container: &Container) -> bool {
    let is_init = pod.spec.init_containers.iter().any(|init| init.name == container.name);
    if is_init {
        return !super::restart::is_sidecar(container);
    }
    matches!(&*pod.spec.restart_policy, "Never" | "OnFailure")
}
