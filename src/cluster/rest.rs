//! The REST API as a client sees it: the API server's answers, and those that it has from the kubelets.

use serde_json::Value;

use super::Cluster;
use crate::api::core::Pod;
use crate::api::status::{Reason, Status};
use crate::api::{Resource, Str};
use crate::apiserver::rest::{Path, Request, Response};
use crate::kubelet::runtime::LogLine;
use crate::sim::SimTime;

impl Cluster {
    /// Answers a request of the Kubernetes REST API, as a person sends it. Takes no virtual time.
    pub fn request(&mut self, request: &Request) -> Response {
        if let Some(path) = log_path(request) {
            return match self.pod_log(&path, request) {
                Ok(text) => Response {
                    code: 200,
                    body: Value::String(text),
                },
                Err(status) => Response {
                    code: status.reason.code(),
                    body: status.encode(),
                },
            };
        }
        let caller = self.user();
        let response = self.api.request(&caller, request);
        self.route();
        response
    }

    // Models pkg/registry/core/pod/strategy.go LogLocation and pkg/kubelet GetKubeletContainerLogs
    fn pod_log(&self, path: &Path, request: &Request) -> Result<String, Status> {
        let key = path.key();
        let pod = self
            .api
            .get::<Pod>(&key.namespace, &key.name)
            .ok_or_else(|| Status::not_found(Pod::KIND, &key.name))?;
        let container = container(pod, request.param("container").unwrap_or_default())?;
        if pod.spec.node_name.is_empty() {
            return Ok(String::new());
        }
        let is_set = |name: &str| request.param(name).is_some_and(|value| value == "true" || value == "1");
        let logs = self
            .kubelets()
            .logs(&key.namespace, &key.name, &container, is_set("previous"))
            .map_err(|why| Status::new(Reason::BadRequest, why))?;
        let since = number(request, "sinceSeconds")?.map_or(SimTime::ZERO, |seconds| {
            SimTime(self.now.0.saturating_sub(seconds.saturating_mul(1_000_000_000)))
        });
        let lines: Vec<&LogLine> = logs.lines().filter(|line| line.at >= since).collect();
        let tail =
            number(request, "tailLines")?.map_or(usize::MAX, |lines| usize::try_from(lines).unwrap_or(usize::MAX));
        let mut text = String::new();
        for line in &lines[lines.len().saturating_sub(tail)..] {
            if is_set("timestamps") {
                text.push_str(&format!("{} ", self.api.micro_time(line.at)));
            }
            text.push_str(&line.text);
            if line.is_whole {
                text.push('\n');
            }
        }
        if let Some(limit) = number(request, "limitBytes")? {
            let mut cut = usize::try_from(limit).unwrap_or(usize::MAX).min(text.len());
            while !text.is_char_boundary(cut) {
                cut -= 1;
            }
            text.truncate(cut);
        }
        Ok(text)
    }
}

/// The path, when the request asks for the log of a pod.
fn log_path(request: &Request) -> Option<Path> {
    let path = Path::parse(&request.path)?;
    let asks = request.method == "GET" && path.kind == Pod::KIND && path.subresource.as_deref() == Some("log");
    asks.then_some(path)
}

// Models pkg/registry/core/pod/strategy.go validateContainer
fn container(pod: &Pod, wanted: &str) -> Result<Str, Status> {
    let spec = &pod.spec;
    let mut names = spec
        .init_containers
        .iter()
        .chain(spec.containers.iter())
        .map(|container| &container.name);
    let refuse = |why: String| Err(Status::new(Reason::BadRequest, why));
    let name = &pod.meta.name;
    if !wanted.is_empty() {
        return match names.find(|other| ***other == *wanted) {
            Some(found) => Ok(found.clone()),
            None => refuse(format!("container {wanted} is not valid for pod {name}")),
        };
    }
    if let [only] = &spec.containers[..] {
        return Ok(only.name.clone());
    }
    let all: Vec<&str> = names.map(|name| &**name).collect();
    refuse(format!(
        "a container name must be specified for pod {name}, choose one of: [{}]",
        all.join(" ")
    ))
}

/// A whole number of the query.
fn number(request: &Request, name: &str) -> Result<Option<u64>, Status> {
    let Some(text) = request.param(name) else {
        return Ok(None);
    };
    let refuse = |_| {
        Status::new(
            Reason::BadRequest,
            format!("{name}: {text:?} is no number of zero or more"),
        )
    };
    text.parse().map(Some).map_err(refuse)
}
