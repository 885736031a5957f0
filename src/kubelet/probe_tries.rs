//! The requests of probes and hooks, and what their answers amount to.

use std::rc::Rc;

use super::agent::{Host, PodAgent};
use super::cri::{GrpcOutcome, HttpOutcome, HttpRequest, TcpOutcome};
use super::probes::Outcome;
use crate::api::Str;
use crate::api::core::{Container, HttpGetAction};
use crate::api::duration::go_duration;
use crate::api::intstr::IntOrString;
use crate::sim::Duration;

/// A shorter latency of a probe does not show.
const NOTICEABLE: Duration = Duration::from_millis(20);

impl PodAgent {
    /// The pod's address: its node's, in the node's network.
    pub(super) fn pod_ip(&self, host: &Host<'_, '_>) -> Str {
        if self.pod.spec.host_network {
            host.node.ip.clone()
        } else {
            self.view.ip.clone()
        }
    }

    /// A request of the kubelet to a container.
    pub(super) fn http_get(
        &mut self,
        host: &mut Host<'_, '_>,
        container: &Container,
        get: &HttpGetAction,
    ) -> Result<HttpOutcome, String> {
        let request = self.http_request(host, container, get)?;
        Ok(self.processes.http(&request, &mut host.stock.volumes, host.ctx.now))
    }

    /// The request of a probe, the same for all tries on one container.
    fn probe_request(
        &mut self,
        host: &Host<'_, '_>,
        index: usize,
        container: &Container,
        get: &HttpGetAction,
    ) -> Result<Rc<HttpRequest>, String> {
        if let Some(request) = &self.probes.workers[index].request {
            return Ok(request.clone());
        }
        let request = Rc::new(self.http_request(host, container, get)?);
        self.probes.workers[index].request = Some(request.clone());
        Ok(request)
    }

    fn http_request(
        &self,
        host: &Host<'_, '_>,
        container: &Container,
        get: &HttpGetAction,
    ) -> Result<HttpRequest, String> {
        let port = resolve_port(&get.port, container)?;
        let address = if get.host.is_empty() {
            self.pod_ip(host)
        } else {
            get.host.clone()
        };
        let path = if get.path.starts_with('/') {
            get.path.to_string()
        } else {
            format!("/{}", get.path)
        };
        let mut request = HttpRequest::get(&address, port, &path);
        request.scheme = if get.scheme.eq_ignore_ascii_case("https") {
            "https"
        } else {
            "http"
        }
        .into();
        request.headers.push(("User-Agent".into(), "kube-probe/1.36".into()));
        request.headers.push(("Accept".into(), "*/*".into()));
        request.headers.extend(
            get.http_headers
                .iter()
                .map(|header| (header.name.clone(), header.value.clone())),
        );
        Ok(request)
    }

    // Models pkg/probe/http DoHTTPProbe
    pub(super) fn probe_http(
        &mut self,
        host: &mut Host<'_, '_>,
        index: usize,
        container: &Container,
        get: &HttpGetAction,
    ) -> (Outcome, Duration) {
        let request = match self.probe_request(host, index, container, get) {
            Ok(request) => request,
            Err(error) => return (Outcome::Error(error), Duration::ZERO),
        };
        let timeout = self.probes.workers[index].timeout();
        let address = || format!("{}:{}", request.host, request.port);
        let url = || format!("{}://{}{}", request.scheme, address(), request.path);
        let late = || {
            let url = url();
            let text =
                format!("Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
            (Outcome::Failure(text), timeout)
        };
        match self.processes.http(&request, &mut host.stock.volumes, host.ctx.now) {
            HttpOutcome::Reply(reply) if reply.latency > timeout => late(),
            HttpOutcome::Reply(reply) => {
                let outcome = match reply.status {
                    200..=299 => Outcome::Success,
                    300..=399 => Outcome::Warning(format!("Probe terminated redirects, Response body: {}", reply.body)),
                    status => Outcome::Failure(format!("HTTP probe failed with statuscode: {status}")),
                };
                // What takes less than that is not told apart from an answer at once.
                let takes = if reply.latency < NOTICEABLE {
                    Duration::ZERO
                } else {
                    reply.latency
                };
                (outcome, takes)
            }
            HttpOutcome::Refused => {
                let text = format!("Get \"{}\": dial tcp {}: connect: connection refused", url(), address());
                (Outcome::Failure(text), Duration::ZERO)
            }
            HttpOutcome::Eof => (Outcome::Failure(format!("Get \"{}\": EOF", url())), Duration::ZERO),
            HttpOutcome::NoReply => late(),
        }
    }

    pub(super) fn probe_tcp(
        &self,
        host: &Host<'_, '_>,
        container: &Container,
        port: &IntOrString,
        to: &Str,
    ) -> Outcome {
        let port = match resolve_port(port, container) {
            Ok(port) => port,
            Err(error) => return Outcome::Error(error),
        };
        let address = if to.is_empty() { self.pod_ip(host) } else { to.clone() };
        match self.processes.tcp(port, host.ctx.now) {
            TcpOutcome::Open => Outcome::Success,
            TcpOutcome::Refused => Outcome::Failure(format!("dial tcp {address}:{port}: connect: connection refused")),
        }
    }

    // Models pkg/probe/grpc Probe
    pub(super) fn probe_grpc(
        &self,
        host: &Host<'_, '_>,
        port: i32,
        service: &str,
        timeout: Duration,
    ) -> (Outcome, Duration) {
        let Ok(number) = u16::try_from(port) else {
            return (Outcome::Error(format!("invalid port number: {port}")), Duration::ZERO);
        };
        let address = format!("{}:{port}", self.pod_ip(host));
        let text = match self.processes.grpc(number, service, host.ctx.now) {
            GrpcOutcome::Serving => return (Outcome::Success, Duration::ZERO),
            GrpcOutcome::NotServing => "service unhealthy (responded with \"NOT_SERVING\")".to_owned(),
            GrpcOutcome::UnknownService => {
                "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service".to_owned()
            }
            GrpcOutcome::Unimplemented => format!(
                "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service grpc.health.v1.Health{service}"
            ),
            GrpcOutcome::Refused => {
                let seconds = seconds_text(timeout.as_secs());
                let text = format!(
                    "timeout: failed to connect service \"{address}\" within {seconds}: context deadline exceeded"
                );
                return (Outcome::Failure(text), timeout);
            }
        };
        (Outcome::Failure(text), Duration::ZERO)
    }
}

/// The number of a port that may be given by name.
// Models pkg/probe ResolveContainerPort
fn resolve_port(port: &IntOrString, container: &Container) -> Result<u16, String> {
    let number = match port {
        IntOrString::Int(number) => *number,
        IntOrString::String(name) => {
            let named = container.ports.iter().find(|known| known.name == *name);
            match (named, name.parse()) {
                (Some(port), _) => port.container_port,
                (None, Ok(number)) => number,
                (None, Err(_)) => return Err(format!("port {name} not found")),
            }
        }
    };
    u16::try_from(number)
        .ok()
        .filter(|n| *n > 0)
        .ok_or_else(|| format!("invalid port number: {number}"))
}

/// Go's form of whole seconds.
pub(super) fn seconds_text(seconds: u64) -> String {
    go_duration(i64::try_from(seconds * 1_000_000_000).unwrap_or(i64::MAX))
}

/// The outcome of a probe that a person makes fail.
pub(super) fn made_to_fail(spec: &crate::api::core::Probe) -> Outcome {
    let text = if spec.http_get.is_some() {
        "HTTP probe failed with statuscode: 503"
    } else if spec.grpc.is_some() {
        "service unhealthy (responded with \"NOT_SERVING\")"
    } else if spec.tcp_socket.is_some() {
        "dial tcp: connect: connection refused"
    } else {
        ""
    };
    Outcome::Failure(text.to_owned())
}
