//! Starting servers: their ports from flags and environment, their logs, their checks.

use super::nginx::Config;
use super::{Kind, Server, Step, Str, Sys};
use crate::kubelet::runtime::images::App;
use crate::kubelet::runtime::process::{Base, Program};
use crate::kubelet::runtime::spec::OutputStream;
use crate::kubelet::runtime::tools;
use crate::sim::{Arrange, Duration, SimTime};

/// How long a program of which nothing is known runs where it is meant to end.
const ONE_SHOT: Duration = Duration::from_secs(3);

impl Server {
    fn new(kind: Kind, ports: Vec<u16>, sys: &Sys<'_, '_>) -> Self {
        let behaviour = sys.host.spec.behaviour.as_ref();
        let delay = behaviour
            .and_then(|behaviour| behaviour.start)
            .unwrap_or(sys.host.image.start);
        Self {
            kind,
            ports,
            grpc_ports: Vec::new(),
            ready_at: sys.now + delay,
            started: sys.now,
            stop_code: Some(0),
            is_unhealthy: false,
            memory_bytes: sys.host.image.memory_bytes,
            is_over: false,
            is_bound: false,
        }
    }

    fn run(self) -> Step {
        Step::Become(Program::Server(Box::new(self)))
    }
}

/// The value of a flag: `--name=value`, `-name value`.
fn flag(args: &[Str], names: &[&str]) -> Option<Str> {
    args.iter().enumerate().find_map(|(at, arg)| {
        let bare = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-'))?;
        match bare.split_once('=') {
            Some((name, value)) => names.contains(&name).then(|| value.into()),
            None => names
                .contains(&bare)
                .then(|| args.get(at + 1).cloned().unwrap_or_default()),
        }
    })
}

/// The port at the end of `8080`, `:8080`, `0.0.0.0:8080`, `http://0.0.0.0:2379`.
fn port_of(text: &str) -> Option<u16> {
    let last = text.trim_end_matches('/').rsplit(':').next()?;
    last.parse().ok().filter(|port| *port > 0)
}

fn flag_port(args: &[Str], names: &[&str]) -> Option<u16> {
    flag(args, names).and_then(|text| text.split(',').next().and_then(port_of))
}

/// Ports that flags of an unknown program name: anything about listening, ports, addresses.
fn ports_in_flags(args: &[Str]) -> Vec<u16> {
    let mut ports = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        let Some(bare) = arg.strip_prefix('-') else { continue };
        let (name, value) = match bare.split_once('=') {
            Some((name, value)) => (name, Some(Str::from(value))),
            None => (bare, args.get(at + 1).cloned()),
        };
        let about = ["listen", "port", "addr", "bind"]
            .iter()
            .any(|word| name.contains(word));
        let about_others = !name.contains("listen")
            && [
                "connect",
                "backend",
                "upstream",
                "server-addr",
                "proxy",
                "target",
                "remote",
                "url",
                "advertise",
            ]
            .iter()
            .any(|word| name.contains(word));
        if about && !about_others {
            ports.extend(value.iter().flat_map(|value| value.split(',')).filter_map(port_of));
        }
    }
    ports
}

fn env_port(base: &Base) -> Option<u16> {
    base.var("PORT").and_then(|port| port.parse().ok())
}

/// Declared ports, those in flags and in `PORT`, and else the image's.
fn app_ports(base: &Base, sys: &Sys<'_, '_>) -> Vec<u16> {
    let mut ports = sys.host.spec.ports.clone();
    ports.extend(ports_in_flags(base.argv.get(1..).unwrap_or_default()));
    ports.extend(env_port(base));
    if ports.is_empty() {
        ports.extend_from_slice(&sys.host.image.ports);
    }
    ports.arrange();
    ports.dedup();
    ports
}

fn log(base: &mut Base, sys: &mut Sys<'_, '_>, text: &str) {
    sys.out(base, text);
}

/// Starts the image's own program.
pub(crate) fn start_app(base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
    if base.in_exec {
        return Step::Exit(0);
    }
    let argv = std::rc::Rc::clone(&base.argv);
    let args = argv.get(1..).unwrap_or_default();
    let app = sys.host.image.app;
    if app == App::Unknown {
        let name = base.name().to_ascii_lowercase();
        let ends = [
            "migrate", "install", "init", "setup", "check", "create", "update", "wait", "clone", "config", "build",
            "test", "chown",
        ];
        let one_shot = base.pid != 1 && ends.iter().any(|word| name.contains(word));
        let asks = args
            .iter()
            .any(|arg| matches!(&**arg, "--version" | "--help" | "-version" | "version"));
        // What listens, or what a scenario speaks of, is no job.
        let spec = &sys.host.spec;
        let is_job = spec.completes && spec.ports.is_empty() && spec.behaviour.is_none();
        if is_job || one_shot || asks {
            return tools::after(sys, if asks { Duration::ZERO } else { ONE_SHOT }, 0);
        }
    }
    start_known_app(app, args, base, sys)
}

fn start_known_app(app: App, args: &[Str], base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
    match app {
        App::Unknown | App::Any => {
            let ports = app_ports(base, sys);
            Server::new(Kind::Any, ports, sys).run()
        }
        App::Pause => Step::Become(Program::Idle {
            graceful: true,
            memory_bytes: 1 << 20,
            cpu_milli: 0,
        }),
        App::Nginx => nginx(args, base, sys),
        App::Httpd => {
            log(
                base,
                sys,
                "[mpm_event:notice] AH00489: Apache/2.4.62 (Unix) configured -- resuming normal operations\n",
            );
            let kind = Kind::Files {
                root: "/usr/local/apache2/htdocs".into(),
                server: "Apache/2.4.62 (Unix)".into(),
            };
            Server::new(kind, vec![80], sys).run()
        }
        App::Redis => redis(args, base, sys),
        App::Postgres => database(base, sys, 5432, "POSTGRES"),
        App::Mysql => database(base, sys, 3306, "MYSQL"),
        App::Tcp => {
            let mut ports = ports_in_flags(args);
            ports.extend_from_slice(&sys.host.image.ports);
            Server::new(Kind::Tcp, ports, sys).run()
        }
        App::Etcd => {
            let port = flag_port(args, &["listen-client-urls"]).unwrap_or(2379);
            let peer = flag_port(args, &["listen-peer-urls"]).unwrap_or(2380);
            let mut server = Server::new(Kind::Any, vec![port, peer], sys);
            server.grpc_ports = vec![port];
            server.run()
        }
        App::Agnhost => agnhost(args, base, sys),
        App::Grpc => {
            let ports = app_ports(base, sys);
            let mut server = Server::new(Kind::Grpc, ports.clone(), sys);
            server.grpc_ports = ports;
            server.run()
        }
        App::HttpEcho | App::Hello | App::Whoami => greeter(app, args, base, sys),
        App::Kuard => simple(Kind::Kuard, vec![8080], sys),
        App::Podinfo => podinfo(args, base, sys),
        App::Liveness => simple(Kind::Liveness, vec![8080], sys),
        App::ServeHostname => simple(Kind::Hostname, vec![9376], sys),
        App::Echo | App::EchoJson | App::Httpbin | App::TestWebserver => {
            let ports = app_ports(base, sys);
            let kind = match app {
                App::Echo => Kind::Echo,
                App::EchoJson => Kind::EchoJson,
                App::Httpbin => Kind::Httpbin,
                _ => Kind::Any,
            };
            let mut server = Server::new(kind, ports, sys);
            server.grpc_ports = flag_port(args, &["grpc"]).into_iter().collect();
            server.run()
        }
        App::Shell => Step::Exit(0),
    }
}

/// Small servers that tell who they are.
fn greeter(app: App, args: &[Str], base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
    match app {
        App::HttpEcho => {
            let text = flag(args, &["text"])
                .or_else(|| base.var("ECHO_TEXT").map(Str::from))
                .unwrap_or_else(|| "hello-world".into());
            let port = flag_port(args, &["listen"]).unwrap_or(5678);
            let text = format!("{text}\n");
            simple(Kind::Text(text.into()), vec![port], sys)
        }
        App::Hello => {
            let version = if sys.host.image.tag().starts_with('2') {
                "2.0.0"
            } else {
                "1.0.0"
            };
            let port = env_port(base).unwrap_or(8080);
            log(base, sys, &format!("Server listening on port {port}\n"));
            simple(Kind::Hello(version.into()), vec![port], sys)
        }
        _ => {
            let port = flag_port(args, &["port"])
                .or_else(|| base.var("WHOAMI_PORT_NUMBER").and_then(port_of))
                .unwrap_or(80);
            simple(Kind::Whoami, vec![port], sys)
        }
    }
}

fn simple(kind: Kind, ports: Vec<u16>, sys: &Sys<'_, '_>) -> Step {
    Server::new(kind, ports, sys).run()
}

fn nginx(args: &[Str], base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
    match args.first().map(|arg| &**arg) {
        Some("-v" | "-V") => {
            let text = format!("nginx version: nginx/{}\n", sys.host.image.version());
            sys.err(base, &text);
            return Step::Exit(0);
        }
        Some("-t" | "-T") => {
            sys.err(base, "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n");
            return Step::Exit(0);
        }
        Some("-s") => {
            let verb = args.get(1).map_or("", |verb| verb);
            let master = sys
                .kernel
                .processes()
                .find(|process| matches!(process.program, Program::Server(_)))
                .map(|process| process.base.pid);
            let Some(pid) = master else {
                sys.err(base, "nginx: [error] invalid PID number \"\" in \"/run/nginx.pid\"\n");
                return Step::Exit(1);
            };
            if matches!(verb, "quit" | "stop") {
                sys.send_signal(pid, crate::kubelet::runtime::spec::Signal::Quit);
            }
            return Step::Exit(0);
        }
        _ => {}
    }
    let Config { mut ports, locations } = Config::read(sys.fs);
    if ports.is_empty() {
        ports.push(if sys.host.image.is_unprivileged() { 8080 } else { 80 });
    }
    if base.pid == 1 {
        let version = sys.host.image.version();
        let text = format!(
            "[notice] 1#1: using the \"epoll\" event method\n[notice] 1#1: nginx/{version}\n[notice] 1#1: start worker processes\n"
        );
        sys.logs.write(sys.now, OutputStream::Stderr, text.as_bytes());
    }
    let server = Server::new(
        Kind::Nginx {
            locations,
            server: format!("nginx/{}", sys.host.image.version()).into(),
        },
        ports,
        sys,
    );
    // Without `daemon off` nginx goes on in the background.
    let stays = base.pid == 1 || args.iter().any(|arg| arg.contains("daemon off"));
    if stays {
        return server.run();
    }
    let mut child = base.fork();
    child.parent = 1;
    sys.spawn(child, Program::Server(Box::new(server)));
    Step::Exit(0)
}

fn redis(args: &[Str], base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
    let mut port = flag_port(args, &["port"]);
    if let Some(path) = args.first().filter(|arg| !arg.starts_with('-')) {
        match sys.fs.read(&base.cwd, path) {
            Ok(content) => {
                let text = String::from_utf8_lossy(&content.bytes).into_owned();
                port = port.or_else(|| {
                    text.lines()
                        .find_map(|line| line.trim().strip_prefix("port "))
                        .and_then(port_of)
                });
            }
            Err(error) => {
                let text = format!("Fatal error, can't open config file '{path}': {error}\n");
                sys.err(base, &text);
                return Step::Exit(1);
            }
        }
    }
    log(base, sys, "* Ready to accept connections tcp\n");
    let usual = if base.var("SENTINEL").is_some() { 26379 } else { 6379 };
    simple(Kind::Redis, vec![port.unwrap_or(usual)], sys)
}

/// A database that wants a password before its first start.
fn database(base: &mut Base, sys: &mut Sys<'_, '_>, port: u16, prefix: &str) -> Step {
    let names: &[&str] = if prefix == "POSTGRES" {
        &[
            "POSTGRES_PASSWORD",
            "POSTGRES_PASSWORD_FILE",
            "POSTGRES_HOST_AUTH_METHOD",
        ]
    } else {
        &[
            "MYSQL_ROOT_PASSWORD",
            "MYSQL_ROOT_PASSWORD_FILE",
            "MYSQL_ALLOW_EMPTY_PASSWORD",
            "MYSQL_RANDOM_ROOT_PASSWORD",
            "MARIADB_ROOT_PASSWORD",
            "MARIADB_ROOT_PASSWORD_FILE",
            "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
            "MARIADB_RANDOM_ROOT_PASSWORD",
            "MARIADB_ROOT_PASSWORD_HASH",
        ]
    };
    let is_set = names
        .iter()
        .any(|name| base.var(name).is_some_and(|value| !value.is_empty()));
    let is_known = sys.host.image.is_official();
    if is_known && !is_set && base.pid == 1 {
        let text = if prefix == "POSTGRES" {
            "Error: Database is uninitialized and superuser password is not specified.\n       You must specify POSTGRES_PASSWORD to a non-empty value for the\n       superuser. For example, \"-e POSTGRES_PASSWORD=password\" on \"docker run\".\n"
        } else {
            "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n    You need to specify one of the following as an environment variable:\n    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - MYSQL_RANDOM_ROOT_PASSWORD\n"
        };
        sys.err(base, text);
        return Step::Exit(1);
    }
    let text = if prefix == "POSTGRES" {
        "LOG:  database system is ready to accept connections\n"
    } else {
        "[System] [Server] mysqld: ready for connections.\n"
    };
    sys.err(base, text);
    let port = flag_port(base.argv.get(1..).unwrap_or_default(), &["port", "P", "p"]).unwrap_or(port);
    simple(Kind::Tcp, vec![port], sys)
}

fn agnhost(args: &[Str], base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
    let verb = args.first().map_or("", |verb| verb);
    let http_port = || flag_port(args, &["http-port", "port"]).unwrap_or(8080);
    match verb {
        "pause" => Step::Become(Program::Idle {
            graceful: true,
            memory_bytes: 2 << 20,
            cpu_milli: 0,
        }),
        "liveness" => simple(Kind::Liveness, vec![8080], sys),
        "netexec" => {
            log(
                base,
                sys,
                &format!(
                    "Started HTTP server on port {}\nStarted UDP server on port  8081\n",
                    http_port()
                ),
            );
            simple(Kind::Netexec, vec![http_port()], sys)
        }
        "serve-hostname" => simple(Kind::Hostname, vec![flag_port(args, &["port"]).unwrap_or(9376)], sys),
        "test-webserver" => simple(Kind::Any, vec![flag_port(args, &["port"]).unwrap_or(80)], sys),
        "grpc-health-checking" => {
            let port = flag_port(args, &["port"]).unwrap_or(5000);
            let http = flag_port(args, &["http-port"]).unwrap_or(8080);
            let mut server = Server::new(Kind::Netexec, vec![port, http], sys);
            server.grpc_ports = vec![port];
            server.run()
        }
        "porter" => {
            // SERVE_PORT_80=text: one port for each such variable.
            let ports = base
                .env
                .keys()
                .filter_map(|name| name.strip_prefix("SERVE_PORT_")?.parse().ok())
                .collect();
            simple(Kind::Any, ports, sys)
        }
        "stress" => {
            let cpus = flag(args, &["cpus"])
                .and_then(|count| count.parse::<u32>().ok())
                .unwrap_or(0);
            Step::Become(Program::Idle {
                graceful: false,
                memory_bytes: 10 << 20,
                cpu_milli: cpus.saturating_mul(1000),
            })
        }
        "" | "mounttest" | "logs-generator" | "nettest" => {
            let ports = app_ports(base, sys);
            simple(Kind::Any, ports, sys)
        }
        "--help" | "help" | "--version" => Step::Exit(0),
        verb if verb.starts_with('-') => {
            let ports = app_ports(base, sys);
            simple(Kind::Any, ports, sys)
        }
        verb => {
            let text = format!("Error: unknown command \"{verb}\" for \"app\"\nRun 'app --help' for usage.\n");
            sys.err(base, &text);
            Step::Exit(1)
        }
    }
}

fn podinfo(args: &[Str], base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
    let port = flag_port(args, &["port"])
        .or_else(|| base.var("PODINFO_PORT").and_then(port_of))
        .unwrap_or(9898);
    let mut ports = vec![port];
    ports.extend(flag_port(args, &["port-metrics"]));
    ports.extend(flag_port(args, &["secure-port"]));
    let grpc = flag_port(args, &["grpc-port"]);
    ports.extend(grpc);
    log(
        base,
        sys,
        &format!("{{\"level\":\"info\",\"msg\":\"Starting HTTP Server.\",\"addr\":\":{port}\"}}\n"),
    );
    let mut server = Server::new(Kind::Podinfo, ports, sys);
    server.grpc_ports = grpc.into_iter().collect();
    server.run()
}

/// Whether a program's name is that of a server that needs no files of its pod to start.
pub(crate) fn is_server(name: &str) -> bool {
    const SERVERS: [&str; 9] = [
        "nginx",
        "httpd-foreground",
        "postgres",
        "mysqld",
        "mariadbd",
        "mongod",
        "etcd",
        "agnhost",
        "pause",
    ];
    SERVERS.contains(&name)
}

/// Starts a server by its program's name; none when the name is not known.
pub(crate) fn start(name: &str, base: &mut Base, sys: &mut Sys<'_, '_>) -> Option<Step> {
    let argv = std::rc::Rc::clone(&base.argv);
    let args = argv.get(1..).unwrap_or_default();
    let app = match name {
        "nginx" => App::Nginx,
        "httpd-foreground" | "apache2-foreground" | "apachectl" => App::Httpd,
        "redis-server" => App::Redis,
        "postgres" => App::Postgres,
        "mysqld" | "mariadbd" => App::Mysql,
        "mongod" | "memcached" | "rabbitmq-server" => App::Tcp,
        "etcd" => App::Etcd,
        "agnhost" => App::Agnhost,
        "pause" => App::Pause,
        "httpd" if sys.host.image.app == App::Httpd => App::Httpd,
        "httpd" => return Some(busybox_httpd(args, base, sys)),
        "python" | "python3" => return Some(python(args, base, sys)),
        "node" | "java" | "ruby" | "php" | "dotnet" => return Some(language(name, args, base, sys)),
        _ => return None,
    };
    Some(start_known_app(app, args, base, sys))
}

fn busybox_httpd(args: &[Str], base: &Base, sys: &mut Sys<'_, '_>) -> Step {
    let parsed = tools::Args::new(args, "phcr");
    let port = parsed.value('p').and_then(port_of).unwrap_or(80);
    let root = tools::absolute_path(base, parsed.value('h').unwrap_or("."));
    let mut server = Server::new(
        Kind::Files {
            root: root.into(),
            server: "httpd".into(),
        },
        vec![port],
        sys,
    );
    server.stop_code = None;
    if parsed.has('f') {
        return server.run();
    }
    let mut child = base.fork();
    child.parent = 1;
    sys.spawn(child, Program::Server(Box::new(server)));
    Step::Exit(0)
}

fn python(args: &[Str], base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
    let module = args
        .iter()
        .position(|arg| &**arg == "-m")
        .and_then(|at| args.get(at + 1))
        .cloned()
        .unwrap_or_default();
    if matches!(&*module, "http.server" | "SimpleHTTPServer") {
        let port = args
            .iter()
            .filter_map(|arg| arg.parse().ok())
            .next_back()
            .unwrap_or(8000);
        let root = flag(args, &["directory", "d"]).unwrap_or_else(|| base.cwd.clone());
        sys.out(
            base,
            &format!("Serving HTTP on 0.0.0.0 port {port} (http://0.0.0.0:{port}/) ...\n"),
        );
        let mut server = Server::new(
            Kind::Files {
                root,
                server: "SimpleHTTP/0.6 Python/3".into(),
            },
            vec![port],
            sys,
        );
        server.stop_code = None;
        return server.run();
    }
    language("python3", args, base, sys)
}

/// An interpreter with a program of which nothing is known: a server on the declared ports. Alone it would read its
/// program from standard input: nothing.
fn language(name: &str, args: &[Str], base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
    let version = args
        .iter()
        .any(|arg| matches!(&**arg, "--version" | "-V" | "-version" | "-v"));
    if version {
        let text = format!("{name} {}\n", sys.host.image.version());
        sys.out(base, &text);
        return Step::Exit(0);
    }
    if args.is_empty() || sys.host.spec.completes || base.in_exec {
        return tools::after(
            sys,
            if args.is_empty() || base.in_exec {
                Duration::ZERO
            } else {
                ONE_SHOT
            },
            0,
        );
    }
    if args.iter().any(|arg| matches!(&**arg, "-c" | "-e")) {
        let text = format!("{name}: programs in this language are not simulated\n");
        sys.err(base, &text);
        return Step::Exit(1);
    }
    let ports = app_ports(base, sys);
    let mut server = Server::new(Kind::Any, ports, sys);
    server.stop_code = (name == "java").then_some(143);
    server.run()
}

/// `nc -l`.
pub(crate) fn start_listener(port: u16, keeps: bool) -> Step {
    let server = Server {
        kind: Kind::Listener {
            keeps,
            answer: Vec::new(),
        },
        ports: vec![port],
        grpc_ports: Vec::new(),
        ready_at: SimTime::ZERO,
        started: SimTime::ZERO,
        stop_code: None,
        is_unhealthy: false,
        memory_bytes: 0,
        is_over: false,
        is_bound: false,
    };
    server.run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_found_in_flags() {
        let cases: [(&[&str], &[u16]); 6] = [
            (&["--web.listen-address=0.0.0.0:9100"], &[9100]),
            (&["-listen", ":8080", "-connect", "db:5432"], &[8080]),
            (&["--port", "8080", "--port", "3333", "--grpc", "17070"], &[8080, 3333]),
            (
                &["--listen-client-urls", "http://0.0.0.0:2379,http://127.0.0.1:4001"],
                &[2379, 4001],
            ),
            (&["--backend-url=http://backend:9898/echo"], &[]),
            (&["--verbose", "8080"], &[]),
        ];
        for (args, want) in cases {
            let args: Vec<Str> = args.iter().map(|arg| Str::from(*arg)).collect();
            assert_eq!(ports_in_flags(&args), want, "{args:?}");
        }
    }
}
