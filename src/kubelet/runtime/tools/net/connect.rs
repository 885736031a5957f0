//! `nc`, `ping`, `grpc_health_probe` and clients of databases: whether something is there.

use super::{CONNECT_PATIENCE, Kind, fail, seconds, start};
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::net::{EffectResult, GrpcOutcome, NetError};
use crate::kubelet::runtime::process::{Base, Step};
use crate::kubelet::runtime::servers;
use crate::kubelet::runtime::tools::{Args, Str};
use crate::sim::Duration;

/// `nc`, `telnet`: only whether a connection opens.
pub(crate) fn nc(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let listens = args
        .iter()
        .any(|arg| &**arg == "--listen" || arg.starts_with('-') && !arg.starts_with("--") && arg.contains('l'));
    let verbose = args.iter().any(|arg| arg.starts_with('-') && arg.contains('v'));
    let args = Args::new(args, "wpqsieWc");
    if listens {
        let keeps = args.has('k')
            || base
                .argv
                .iter()
                .any(|arg| matches!(&**arg, "--keep-open" | "-lk" | "-lkp"));
        let port = args
            .value('p')
            .map(Str::from)
            .or_else(|| args.operands.last().cloned())
            .and_then(|port| port.parse().ok());
        return match port {
            Some(port) => servers::start_listener(port, keeps),
            None => fail(base, sys, "nc: a port is needed\n", 1),
        };
    }
    let [host, port, ..] = args.operands.as_slice() else {
        return fail(base, sys, "Usage: nc [OPTIONS] HOST PORT\n", 1);
    };
    let Ok(port) = port.parse() else {
        let text = format!("nc: bad port '{port}'\n");
        return fail(base, sys, &text, 1);
    };
    let patience = args.value('w').map_or(CONNECT_PATIENCE, seconds);
    start(
        sys,
        Kind::Connect {
            host: host.clone(),
            port,
            patience,
            verbose,
        },
    )
}

pub(super) fn connect_answer(
    host: &str,
    port: u16,
    verbose: bool,
    result: &EffectResult,
    base: &mut Base,
    sys: &mut Sys<'_, '_>,
) -> Step {
    match result {
        EffectResult::Open { address } => {
            if verbose {
                let text = format!("{host} ({address}:{port}) open\n");
                sys.err(base, &text);
            }
            Step::Exit(0)
        }
        EffectResult::Failed(error) => {
            let text = match error {
                NetError::NoSuchHost { .. } => format!("nc: bad address '{host}'\n"),
                NetError::Refused { address } => format!("nc: {host} ({address}:{port}): Connection refused\n"),
                NetError::Timeout { address } => format!("nc: {host} ({address}:{port}): Connection timed out\n"),
                NetError::Unreachable { address } | NetError::Eof { address } => {
                    format!("nc: {host} ({address}:{port}): No route to host\n")
                }
            };
            fail(base, sys, &text, 1)
        }
        _ => Step::Exit(1),
    }
}

pub(crate) fn ping(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "cwWiIs");
    let Some(host) = args.operands.first() else {
        return fail(base, sys, "Usage: ping [OPTIONS] HOST\n", 1);
    };
    let count = args
        .value('c')
        .or(args.value('w'))
        .and_then(|count| count.parse().ok())
        .unwrap_or(u32::MAX);
    let patience = args
        .value('W')
        .or(args.value('w'))
        .map_or(Duration::from_secs(10), seconds);
    start(
        sys,
        Kind::Ping {
            host: host.clone(),
            left: count,
            sent: 0,
            received: 0,
            patience,
        },
    )
}

pub(crate) fn grpc_health_probe(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let value = |name: &str| {
        args.iter().enumerate().find_map(|(at, arg)| {
            let bare = arg.trim_start_matches('-');
            match bare.strip_prefix(name)?.strip_prefix('=') {
                Some(own) => Some(Str::from(own)),
                None => args.get(at + 1).cloned(),
            }
        })
    };
    let address = value("addr").unwrap_or_default();
    let (host, port) = address.rsplit_once(':').unwrap_or(("", ""));
    let Ok(port) = port.parse() else {
        return fail(base, sys, "error: --addr not specified\n", 1);
    };
    let host = if host.is_empty() {
        "localhost".into()
    } else {
        Str::from(host)
    };
    let patience = value("connect-timeout").map_or(Duration::from_secs(1), |text| seconds(&text));
    start(
        sys,
        Kind::Grpc {
            host,
            port,
            service: value("service").unwrap_or_default(),
            patience,
        },
    )
}

pub(super) fn grpc_answer(
    host: &str,
    port: u16,
    result: &EffectResult,
    base: &mut Base,
    sys: &mut Sys<'_, '_>,
) -> Step {
    match result {
        EffectResult::Grpc(GrpcOutcome::Serving) => {
            sys.out(base, "status: SERVING\n");
            Step::Exit(0)
        }
        EffectResult::Grpc(GrpcOutcome::NotServing) => {
            fail(base, sys, "service unhealthy (responded with \"NOT_SERVING\")\n", 4)
        }
        EffectResult::Grpc(GrpcOutcome::UnknownService) => fail(
            base,
            sys,
            "error: health rpc failed: rpc error: code = NotFound desc = unknown service\n",
            3,
        ),
        EffectResult::Grpc(GrpcOutcome::Unimplemented) => fail(
            base,
            sys,
            "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)\n",
            3,
        ),
        _ => {
            let text = format!("timeout: failed to connect service \"{host}:{port}\" within 1s\n");
            fail(base, sys, &text, 2)
        }
    }
}

/// Clients of databases: whether the server is there, and the answers that probes look for.
pub(crate) fn client(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let name = base.name().to_owned();
    let (port, host_flags, port_flags): (u16, &str, &str) = match name.as_str() {
        "mysql" | "mysqladmin" => (3306, "h", "P"),
        "redis-cli" => (6379, "h", "p"),
        "psql" | "pg_isready" => (5432, "h", "p"),
        "mongo" | "mongosh" => (27017, "h", "p"),
        "etcdctl" => (2379, "", ""),
        _ => (5672, "", ""),
    };
    let flag = |letters: &str, long: &str| {
        args.iter().enumerate().find_map(|(at, arg)| {
            if let Some(value) = arg.strip_prefix(&format!("--{long}=")) {
                return Some(Str::from(value));
            }
            let short = letters.chars().next().map(|letter| format!("-{letter}"))?;
            if **arg == *short || **arg == format!("--{long}") {
                return args.get(at + 1).cloned();
            }
            arg.strip_prefix(&short)
                .filter(|_| !arg.starts_with("--"))
                .map(Str::from)
        })
    };
    let host = flag(host_flags, "host").unwrap_or_else(|| "localhost".into());
    let host = if host.starts_with('/') {
        "localhost".into()
    } else {
        host
    };
    let port = flag(port_flags, "port")
        .and_then(|port| port.parse().ok())
        .unwrap_or(port);
    start(
        sys,
        Kind::Client {
            name: name.into(),
            host,
            port,
            args: args.to_vec(),
        },
    )
}

pub(super) fn client_answer(
    name: &str,
    host: &str,
    port: u16,
    args: &[Str],
    result: &EffectResult,
    base: &mut Base,
    sys: &mut Sys<'_, '_>,
) -> Step {
    let is_up = matches!(result, EffectResult::Open { .. });
    let line = args.join(" ").to_ascii_lowercase();
    if !is_up {
        let unknown = matches!(result, EffectResult::Failed(NetError::NoSuchHost { .. }));
        let (text, code) = match name {
            "mysql" if unknown => (format!("ERROR 2005 (HY000): Unknown MySQL server host '{host}' (-2)\n"), 1),
            "mysql" if host == "localhost" => ("ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)\n".to_owned(), 1),
            "mysql" => (format!("ERROR 2003 (HY000): Can't connect to MySQL server on '{host}:{port}' (111)\n"), 1),
            "mysqladmin" => (format!("mysqladmin: connect to server at '{host}' failed\nerror: 'Can't connect to MySQL server on '{host}:{port}' (111)'\n"), 1),
            "redis-cli" => (format!("Could not connect to Redis at {host}:{port}: Connection refused\n"), 1),
            "pg_isready" => {
                sys.out(base, &format!("{host}:{port} - no response\n"));
                return Step::Exit(2);
            }
            "psql" => (format!("psql: error: connection to server at \"{host}\", port {port} failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n"), 2),
            _ => (format!("{name}: connection to {host}:{port} failed\n"), 1),
        };
        return fail(base, sys, &text, code);
    }
    let text = match name {
        "mysqladmin" => "mysqld is alive\n".to_owned(),
        "mysql" if line.contains("select 1") => "1\n1\n".to_owned(),
        "redis-cli" if line.contains("ping") => "PONG\n".to_owned(),
        "redis-cli" => servers::redis(sys.kernel, sys.fs, args, port, sys.now),
        "pg_isready" => format!("{host}:{port} - accepting connections\n"),
        "psql" if line.contains("select 1") => " ?column? \n----------\n        1\n(1 row)\n\n".to_owned(),
        "mongo" | "mongosh" if line.contains("ping") => "{ ok: 1 }\n".to_owned(),
        "etcdctl" if line.contains("health") => format!("{host}:{port} is healthy: successfully committed proposal\n"),
        _ => String::new(),
    };
    sys.out(base, &text);
    Step::Exit(0)
}
