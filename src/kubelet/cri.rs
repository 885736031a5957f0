//! The runtime of one pod: its containers' processes.

use std::collections::BTreeMap;

use crate::api::Str;
use crate::client::Delays;
use crate::sim::{Duration, SimTime};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ContainerSpec {
    pub image: Str,
    pub command: Vec<Str>,
    pub args: Vec<Str>,
    pub env: Vec<(Str, Str)>,
    pub working_dir: Str,
    pub ports: Vec<u16>,
    pub hostname: Str,
    pub ip: Str,
    pub memory_limit_bytes: u64,
    pub termination_message_path: Str,
    pub completes: bool,
    pub epoch_unix_s: i64,
    pub seed: u64,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Term,
    Kill,
}
impl Signal {
    pub fn parse(t: &str) -> Option<Self> {
        match t {
            "SIGTERM" => Some(Self::Term),
            "SIGKILL" => Some(Self::Kill),
            _ => None,
        }
    }
}
#[derive(Clone, Debug)]
pub(super) struct Exit {
    pub code: i32,
    pub reason: Str,
    pub message: Str,
    pub at: SimTime,
}
#[derive(Clone, Debug)]
pub(super) struct StartError {
    pub code: i32,
    pub message: String,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExecId(pub u32);
#[derive(Clone, Debug, Default)]
pub(super) struct ExecResult {
    pub stdout: String,
    pub stderr: String,
    pub exit_code: i32,
}
#[derive(Clone, Debug, Default)]
pub(super) struct HttpRequest {
    pub method: Str,
    pub scheme: Str,
    pub host: Str,
    pub port: u16,
    pub path: Str,
    pub headers: Vec<(Str, Str)>,
    pub body: Str,
}
impl HttpRequest {
    pub fn get(host: &str, port: u16, path: &str) -> Self {
        Self {
            method: "GET".into(),
            scheme: "http".into(),
            host: host.into(),
            port,
            path: path.into(),
            headers: vec![],
            body: "".into(),
        }
    }
}
#[derive(Clone, Debug, Default)]
pub(super) struct HttpReply {
    pub status: u16,
    pub body: Str,
    pub latency: Duration,
}
pub(super) enum HttpOutcome {
    Reply(HttpReply),
    Refused,
    NoReply,
    Eof,
}
pub(super) enum TcpOutcome {
    Open,
    Refused,
}
pub(super) enum GrpcOutcome {
    Serving,
    NotServing,
    UnknownService,
    Unimplemented,
    Refused,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Processes {
    list: BTreeMap<Str, (ContainerSpec, Option<SimTime>, i32, Option<Exit>)>,
}

impl Processes {
    pub(super) fn start(&mut self, id: &Str, spec: ContainerSpec, now: SimTime) -> Result<(), StartError> {
        let all: Vec<Str> = spec.command.iter().chain(&spec.args).cloned().collect();
        let text = all.join(" ");
        let mut ends = None;
        let mut code = 0;
        if let Some(rest) = text.split("sleep ").nth(1) {
            ends = rest
                .split([';', ' '])
                .next()
                .and_then(|n| n.parse::<u64>().ok())
                .map(|s| now + Duration::from_secs(s));
        }
        if let Some(rest) = text.split("exit ").nth(1) {
            code = rest.parse().unwrap_or(0);
            if ends.is_none() {
                ends = Some(now + Duration::from_millis(20));
            }
        }
        self.list.insert(id.clone(), (spec, ends, code, None));
        Ok(())
    }
    pub(super) fn advance(&mut self, now: SimTime) {
        for (_, ends, code, exit) in self.list.values_mut() {
            if let Some(at) = *ends {
                if at <= now {
                    *ends = None;
                    *exit = Some(Exit {
                        code: *code,
                        reason: if *code == 0 { "Completed" } else { "Error" }.into(),
                        message: "".into(),
                        at,
                    });
                }
            }
        }
    }
    pub(super) fn next_wake(&self) -> Option<SimTime> {
        self.list.values().filter_map(|c| c.1).min()
    }
    pub(super) fn poll_exit(&mut self, id: &Str) -> Option<Exit> {
        self.list.get_mut(id)?.3.take()
    }
    pub(super) fn signal(&mut self, id: &Str, signal: Signal, now: SimTime) {
        if let Some(c) = self.list.get_mut(id) {
            match signal {
                Signal::Kill => {
                    c.1 = Some(now);
                    c.2 = 137;
                }
                Signal::Term => {
                    if c.0.command.is_empty() {
                        c.1 = Some(now + Duration::from_millis(100));
                        c.2 = 0;
                    }
                }
            }
        }
    }
    pub(super) fn stop_signal(&self, _id: &Str) -> Signal {
        Signal::Term
    }
    pub(super) fn exec(&mut self, _id: &Str, _command: &[Str], _now: SimTime) -> Result<ExecId, StartError> {
        Ok(ExecId(0))
    }
    pub(super) fn exec_result(&mut self, _id: &Str, _exec: ExecId) -> Option<ExecResult> {
        Some(ExecResult::default())
    }
    pub(super) fn kill_exec(&mut self, _id: &Str, _exec: ExecId, _now: SimTime) {}
    pub(super) fn http(&mut self, request: &HttpRequest, _now: SimTime) -> HttpOutcome {
        if &*request.path == "/fail" {
            return HttpOutcome::Reply(HttpReply {
                status: 500,
                ..Default::default()
            });
        }
        if self.list.values().any(|c| c.0.ports.contains(&request.port)) {
            HttpOutcome::Reply(HttpReply {
                status: 200,
                ..Default::default()
            })
        } else {
            HttpOutcome::Refused
        }
    }
    pub(super) fn tcp(&self, port: u16, _now: SimTime) -> TcpOutcome {
        if self.list.values().any(|c| c.0.ports.contains(&port)) {
            TcpOutcome::Open
        } else {
            TcpOutcome::Refused
        }
    }
    pub(super) fn grpc(&self, _port: u16, _service: &str, _now: SimTime) -> GrpcOutcome {
        GrpcOutcome::Refused
    }
    pub(super) fn logs(&self, _id: &Str) -> String {
        String::new()
    }
    pub(super) fn remove_process(&mut self, id: &Str) {
        if let Some(c) = self.list.get_mut(id) {
            c.1 = None;
        }
    }
    pub(super) fn remove(&mut self, id: &Str) {
        self.list.remove(id);
    }
}

pub(super) fn image_reference(image: &str) -> Result<String, String> {
    let name = if image.contains(':') {
        image.to_owned()
    } else {
        format!("{image}:latest")
    };
    Ok(if name.contains('/') {
        name
    } else {
        format!("docker.io/library/{name}")
    })
}
pub(super) fn pull_time(image: &str, _present: bool, delays: &Delays) -> Duration {
    if image.contains("broken") {
        delays.image_pull_error
    } else {
        delays.image_pull
    }
}
pub(super) fn pull(image: &str) -> Result<(String, i64), String> {
    if image.contains("broken") {
        let r = image_reference(image)?;
        return Err(format!(
            "rpc error: code = NotFound desc = failed to pull and unpack image \"{r}\": failed to resolve image: {r}: not found"
        ));
    }
    Ok((format!("{image}@sha256:0"), 30_000_000))
}
