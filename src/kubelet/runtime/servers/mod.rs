//! Simulated servers: what listens, what it answers, how it ends.
//!
//! A server is a process like any other, but it takes no step: requests are answered from its kind, the container's files
//! and the time. So a cluster full of idle servers costs nothing.

mod answers;
mod nginx;
mod start;

use super::Str;
use super::container::Host;
use super::kernel::{Input, Kernel, Sys};
use super::net::{GrpcOutcome, HttpOutcome, HttpReply, HttpRequest, TcpOutcome};
use super::process::{Base, Process, Program, Step, Wait};
use super::tools;
use super::vfs::Vfs;
use crate::sim::{Arrange, Duration, SimTime};
pub(crate) use start::{is_server, start, start_app, start_listener};

/// Which server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// By its configuration files.
    Nginx {
        locations: Vec<nginx::Location>,
        server: Str,
    },
    /// Serves files below a directory: httpd, python, busybox httpd.
    Files {
        root: Str,
        server: Str,
    },
    /// Answers every request with a text.
    Text(Str),
    /// `hello-app` and its version.
    Hello(Str),
    /// Tells the request back as text.
    Echo,
    /// Tells the request back as JSON.
    EchoJson,
    Whoami,
    Hostname,
    /// agnhost `netexec`.
    Netexec,
    /// Healthy for ten seconds.
    Liveness,
    Kuard,
    Podinfo,
    Httpbin,
    /// A gRPC server with the health service.
    Grpc,
    /// Answers 200 everywhere but on `/fail`.
    Any,
    /// A database or queue: takes connections, speaks no HTTP.
    Tcp,
    Redis,
    /// `nc -l`: what it read is its answer.
    Listener {
        keeps: bool,
        answer: Vec<u8>,
    },
}

/// A running server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Server {
    pub(crate) kind: Kind,
    pub(crate) ports: Vec<u16>,
    /// Ports that speak gRPC.
    pub(crate) grpc_ports: Vec<u16>,
    pub(crate) ready_at: SimTime,
    pub(crate) started: SimTime,
    /// The exit code after TERM; none: does not handle it.
    pub(crate) stop_code: Option<i32>,
    /// Switched by requests: the health that it reports.
    pub(crate) is_unhealthy: bool,
    pub(crate) memory_bytes: u64,
    /// `nc -l` has served its one connection.
    pub(crate) is_over: bool,
    /// It has its ports.
    pub(crate) is_bound: bool,
}

impl Server {
    pub(crate) fn step(&mut self, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        if self.is_over {
            return Step::Exit(0);
        }
        if !std::mem::replace(&mut self.is_bound, true) {
            let held = held(sys.kernel);
            let is_taken = |port: &&u16| held.contains(port) || sys.kernel.taken_ports.contains(port);
            if let Some(port) = self.ports.iter().find(is_taken) {
                return self.fail_to_bind(*port, base, sys);
            }
        }
        let Kind::Listener { answer, .. } = &mut self.kind else {
            return Step::Wait(Wait::Forever);
        };
        match sys.read(base, 0, usize::MAX) {
            Input::Bytes(bytes) => {
                answer.extend(bytes);
                Step::Ready
            }
            Input::Zeros(_) | Input::End => Step::Wait(Wait::Forever),
            Input::Wait(wait) => Step::Wait(wait),
        }
    }

    /// Another process has the port: it says so and ends.
    fn fail_to_bind(&self, port: u16, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        match &self.kind {
            Kind::Nginx { .. } => {
                let failed = format!("nginx: [emerg] bind() to 0.0.0.0:{port} failed (98: Address already in use)\n");
                sys.err(base, &failed.repeat(5));
                sys.err(base, "nginx: [emerg] still could not bind()\n");
                return tools::after(sys, NGINX_TRIES, 1);
            }
            Kind::Files { .. } => {
                let text = "(98)Address already in use: AH00072: make_sock: could not bind to address";
                sys.err(
                    base,
                    &format!("{text} 0.0.0.0:{port}\nno listening sockets available, shutting down\n"),
                );
            }
            Kind::Redis => sys.err(
                base,
                &format!("# Warning: Could not create server TCP listening socket *:{port}: bind: Address already in use\n# Failed listening on port {port} (tcp), aborting.\n"),
            ),
            _ => sys.err(base, &format!("listen tcp :{port}: bind: address already in use\n")),
        }
        Step::Exit(1)
    }

    pub(crate) const fn stop_code(&self) -> Option<i32> {
        self.stop_code
    }

    fn listens(&self, port: u16, now: SimTime) -> bool {
        now >= self.ready_at && self.ports.contains(&port)
    }
}

fn servers(kernel: &Kernel) -> impl Iterator<Item = (&Process, &Server)> {
    kernel.processes().filter_map(|process| match &process.program {
        Program::Server(server) => Some((process, &**server)),
        _ => None,
    })
}

/// How long nginx tries to get its ports.
const NGINX_TRIES: Duration = Duration::from_millis(2500);

/// Ports that servers have, whether they listen yet or not.
pub(crate) fn held(kernel: &Kernel) -> Vec<u16> {
    let bound = servers(kernel).filter(|(_, server)| server.is_bound);
    bound.flat_map(|(_, server)| server.ports.iter().copied()).collect()
}

/// Ports on which something listens.
pub(crate) fn listening(kernel: &Kernel, now: SimTime) -> Vec<u16> {
    let mut ports: Vec<u16> = servers(kernel)
        .filter(|(_, server)| now >= server.ready_at)
        .flat_map(|(_, server)| server.ports.clone())
        .collect();
    ports.arrange();
    ports.dedup();
    ports
}

/// Whether something listens on `port`.
pub(crate) fn listens(kernel: &Kernel, port: u16, now: SimTime) -> bool {
    servers(kernel).any(|(_, server)| server.listens(port, now))
}

/// When the last server that still starts will listen.
pub(crate) fn ready_at(kernel: &Kernel) -> Option<SimTime> {
    servers(kernel).map(|(_, server)| server.ready_at).max()
}

/// A connection, opened and closed.
pub(crate) fn tcp(kernel: &Kernel, port: u16, now: SimTime) -> TcpOutcome {
    if listens(kernel, port, now) {
        TcpOutcome::Open
    } else {
        TcpOutcome::Refused
    }
}

/// A gRPC health check.
pub(crate) fn grpc_health(kernel: &Kernel, host: &Host, port: u16, service: &str, now: SimTime) -> GrpcOutcome {
    let Some((_, server)) = servers(kernel).find(|(_, server)| server.listens(port, now)) else {
        return GrpcOutcome::Refused;
    };
    let scripted = host
        .spec
        .behaviour
        .as_ref()
        .and_then(|behaviour| behaviour.status("grpc", now.since(host.started)));
    if let Some(status) = scripted {
        return if status < 400 {
            GrpcOutcome::Serving
        } else {
            GrpcOutcome::NotServing
        };
    }
    let speaks = server.grpc_ports.contains(&port) || matches!(server.kind, Kind::Any);
    match speaks {
        false => GrpcOutcome::Unimplemented,
        true if server.is_unhealthy => GrpcOutcome::NotServing,
        true if service == "no-such-service" => GrpcOutcome::UnknownService,
        true => GrpcOutcome::Serving,
    }
}

/// An HTTP request to one of the container's ports.
pub(crate) fn http(kernel: &mut Kernel, fs: &Vfs<'_>, host: &Host, request: &HttpRequest, now: SimTime) -> HttpOutcome {
    let age = now.since(host.started);
    let path = request.path.split('?').next().unwrap_or("/");
    let behaviour = host.spec.behaviour.as_ref();
    let scripted = behaviour.and_then(|behaviour| behaviour.status(path, age));
    let found = kernel.process_mut(
        |process| matches!(&process.program, Program::Server(server) if server.listens(request.port, now)),
    );
    let mut outcome = match (scripted, found) {
        (Some(status), found) if found.is_some() || host.spec.ports.contains(&request.port) => HttpOutcome::Reply(
            HttpReply::text(status, format!("{}\n", super::net::status_text(status))),
        ),
        (_, None) => return HttpOutcome::Refused,
        (_, Some(process)) => answer(process, fs, host, request, now),
    };
    if let (HttpOutcome::Reply(reply), Some(behaviour)) = (&mut outcome, behaviour) {
        reply.latency = reply.latency + behaviour.latency.unwrap_or(Duration::ZERO);
        reply.calls.extend(behaviour.calls.iter().cloned());
    }
    if let HttpOutcome::Reply(reply) = &mut outcome
        && reply.latency == Duration::ZERO
    {
        reply.latency = Duration::from_millis(1);
    }
    outcome
}

fn answer(process: &mut Process, fs: &Vfs<'_>, host: &Host, request: &HttpRequest, now: SimTime) -> HttpOutcome {
    let Program::Server(server) = &mut process.program else {
        return HttpOutcome::Refused;
    };
    let mut touch = answers::Touch::default();
    let outcome = answers::answer(&mut touch, server, fs, host, request, now);
    if let Some(code) = touch.exit {
        process.program = Program::Sleep { until: now, code };
    }
    if touch.wakes {
        process.wait = Wait::Ready;
    }
    outcome
}

/// What `redis-cli` prints for a command to this container's server.
pub(crate) fn redis(kernel: &Kernel, fs: &Vfs<'_>, args: &[Str], port: u16, now: SimTime) -> String {
    let is_here = servers(kernel).any(|(_, server)| server.kind == Kind::Redis && server.listens(port, now));
    let words: Vec<String> = args.iter().map(|arg| arg.to_ascii_lowercase()).collect();
    let Some(at) = words.iter().position(|word| word == "config").filter(|_| is_here) else {
        return "OK\n".to_owned();
    };
    let name = words.get(at + 2).cloned().unwrap_or_default();
    // The configuration file that the server was started with.
    let process = servers(kernel)
        .find(|(_, server)| server.kind == Kind::Redis)
        .map(|(process, _)| process);
    let file = process.and_then(|process| process.base.argv.iter().find(|arg| arg.ends_with(".conf")).cloned());
    let text = file
        .and_then(|path| fs.read("/", &path).ok())
        .map(|content| String::from_utf8_lossy(&content.bytes).into_owned())
        .unwrap_or_default();
    let set = text
        .lines()
        .find_map(|line| line.trim().strip_prefix(&name).map(|rest| rest.trim().to_owned()));
    let value = match (set, name.as_str()) {
        (Some(value), "maxmemory") => size_text(&value),
        (Some(value), _) => value,
        (None, "maxmemory") => "0".to_owned(),
        (None, "maxmemory-policy") => "noeviction".to_owned(),
        (None, _) => return "\n".to_owned(),
    };
    format!("{name}\n{value}\n")
}

/// `2mb` in bytes.
fn size_text(value: &str) -> String {
    let lower = value.to_ascii_lowercase();
    let end = lower.find(|c: char| !c.is_ascii_digit()).unwrap_or(lower.len());
    let number: u64 = lower[..end].parse().unwrap_or(0);
    let scale = match &lower[end..] {
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => 1,
    };
    (number * scale).to_string()
}
