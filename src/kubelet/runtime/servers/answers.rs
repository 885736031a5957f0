//! What servers answer.

use super::nginx::{Action, Config, Location};
use super::{Kind, Server};
use crate::kubelet::runtime::container::Host;
use crate::kubelet::runtime::fs;
use crate::kubelet::runtime::net::{HttpOutcome, HttpReply, HttpRequest, status_text};
use crate::kubelet::runtime::vfs::{Vfs, absolute};
use crate::sim::{Duration, SimTime};

/// How long the `liveness` server of the documentation is healthy.
const LIVENESS_GOOD: Duration = Duration::from_secs(10);

pub(super) fn answer(
    touch: &mut Touch,
    server: &mut Server,
    fs: &Vfs<'_>,
    host: &Host,
    request: &HttpRequest,
    now: SimTime,
) -> HttpOutcome {
    let path = request.path.split('?').next().unwrap_or("/").to_owned();
    let name = &host.spec.hostname;
    if server.grpc_ports.contains(&request.port) && server.kind != Kind::Any
        || matches!(server.kind, Kind::Tcp | Kind::Redis | Kind::Grpc)
    {
        return HttpOutcome::Eof;
    }
    let files = matches!(server.kind, Kind::Files { .. } | Kind::Nginx { .. });
    if path == "/fail" && !files {
        return HttpOutcome::Reply(HttpReply::text(500, "fail\n"));
    }
    let reply = match &server.kind {
        Kind::Nginx { locations, server } => nginx(locations, server, request, &path, fs),
        Kind::Files { root, server } => file(root, server, &path, fs),
        Kind::Text(text) => HttpReply::text(200, text.clone()).with_header("X-App-Name", "http-echo"),
        Kind::Hello(version) => HttpReply::text(200, format!("Hello, world!\nVersion: {version}\nHostname: {name}\n")),
        Kind::Echo => echo(host, request),
        Kind::EchoJson => echo_json(host, request),
        Kind::Whoami => whoami(host, request),
        Kind::Hostname => HttpReply::text(200, name.clone()),
        Kind::Netexec | Kind::Kuard => return switchable(touch, server, host, request, &path, now),
        Kind::Podinfo => return podinfo(server, host, request, &path),
        Kind::Liveness => {
            let age = now.since(server.started);
            if path == "/healthz" && age > LIVENESS_GOOD {
                HttpReply::text(500, format!("error: {}.{:09}", age.as_secs(), age.0 % 1_000_000_000))
            } else {
                HttpReply::text(
                    200,
                    if path == "/healthz" {
                        "ok".to_owned()
                    } else {
                        format!("{}s", age.as_secs())
                    },
                )
            }
        }
        Kind::Httpbin => httpbin(host, request, &path),
        Kind::Any => HttpReply::text(
            200,
            format!(
                "{} on {name}: {} {}\n",
                host.image.short_name, request.method, request.path
            ),
        ),
        Kind::Listener { .. } => return listener(touch, server),
        Kind::Tcp | Kind::Redis | Kind::Grpc => return HttpOutcome::Eof,
    };
    HttpOutcome::Reply(reply)
}

/// What a request does to the server's process.
#[derive(Default)]
pub(super) struct Touch {
    /// Ends it with this code.
    pub(super) exit: Option<i32>,
    /// It has something to do.
    pub(super) wakes: bool,
}

fn error_page(status: u16, server: &str) -> HttpReply {
    let words = format!("{status} {}", status_text(status));
    let body = format!(
        "<html>\r\n<head><title>{words}</title></head>\r\n<body>\r\n<center><h1>{words}</h1></center>\r\n<hr><center>{server}</center>\r\n</body>\r\n</html>\r\n"
    );
    HttpReply::html(status, body).with_header("Server", server)
}

fn file(root: &str, server: &str, path: &str, fs: &Vfs<'_>) -> HttpReply {
    let mut place = absolute(root, &format!("./{path}"));
    if !place.starts_with(root.trim_end_matches('/')) {
        return error_page(400, server);
    }
    let is_dir = fs.stat("/", &place).is_ok_and(fs::Node::is_dir);
    if is_dir {
        let index = format!("{}/index.html", place.trim_end_matches('/'));
        if fs.stat("/", &index).is_err() {
            // Python and busybox list a directory, nginx and httpd forbid it.
            if server.starts_with("SimpleHTTP") {
                let names = fs.list("/", &place).unwrap_or_default();
                let items: String = names
                    .iter()
                    .map(|name| format!("<li><a href=\"{name}\">{name}</a></li>\n"))
                    .collect();
                return HttpReply::html(
                    200,
                    format!("<h1>Directory listing for {path}</h1>\n<ul>\n{items}</ul>\n"),
                )
                .with_header("Server", server);
            }
            return error_page(if server == "httpd" { 404 } else { 403 }, server);
        }
        place = index;
    }
    match fs.read("/", &place) {
        Ok(content) => {
            let body = String::from_utf8_lossy(&content.bytes).into_owned();
            let kind = match place.rsplit('.').next() {
                Some("html" | "htm") => "text/html",
                Some("json") => "application/json",
                Some("css") => "text/css",
                Some("txt") => "text/plain",
                _ => "application/octet-stream",
            };
            let mut reply = HttpReply {
                status: 200,
                body: body.into(),
                ..HttpReply::default()
            };
            reply.headers = vec![("Server".into(), server.into()), ("Content-Type".into(), kind.into())];
            reply
        }
        Err(fs::FsError::PermissionDenied) => error_page(403, server),
        Err(_) if path == "/fail" => error_page(500, server),
        Err(_) => error_page(404, server),
    }
}

/// nginx's own document root.
const NGINX_ROOT: &str = "/usr/share/nginx/html";

fn nginx(locations: &[Location], server: &str, request: &HttpRequest, path: &str, fs: &Vfs<'_>) -> HttpReply {
    match Config::find(locations, request.port, path).map(|location| (&location.action, &location.path)) {
        None => file(NGINX_ROOT, server, path, fs),
        Some((Action::Root(root), _)) => file(root, server, path, fs),
        Some((Action::Alias(root), lead)) => file(root, server, &format!("/{}", &path[lead.len()..]), fs),
        Some((Action::Return(status @ (301 | 302 | 303 | 307 | 308), place), _)) => {
            error_page(*status, server).with_header("Location", place.clone())
        }
        Some((Action::Return(status, text), _)) if text.is_empty() => error_page(*status, server),
        Some((Action::Return(status, text), _)) => HttpReply::text(*status, text.clone()).with_header("Server", server),
        Some((Action::Proxy(target), lead)) => {
            // With a path in `proxy_pass` the location's own is replaced by it.
            let has_path = target.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
            let rest = if has_path {
                &request.path[lead.len()..]
            } else {
                &*request.path
            };
            let mut reply = HttpReply::text(200, "").with_header("Server", server);
            reply.calls.push(format!("{target}{rest}").into());
            reply
        }
    }
}

fn host_header(request: &HttpRequest) -> String {
    match request.header("Host") {
        Some(host) => host.to_owned(),
        None if request.port == 80 => request.host.to_string(),
        None => format!("{}:{}", request.host, request.port),
    }
}

fn echo(host: &Host, request: &HttpRequest) -> HttpReply {
    let headers: String = request
        .headers
        .iter()
        .map(|(name, value)| format!("\t{}={value}\n", name.to_ascii_lowercase()))
        .collect();
    let body = format!(
        "\n\nHostname: {}\n\nPod Information:\n\t-no pod information available-\n\nRequest Information:\n\tmethod={}\n\treal path={}\n\trequest_version=1.1\n\trequest_scheme=http\n\trequest_uri=http://{}{}\n\nRequest Headers:\n\thost={}\n{headers}\nRequest Body:\n\t{}\n",
        host.spec.hostname,
        request.method,
        request.path,
        host_header(request),
        request.path,
        host_header(request),
        if request.body.is_empty() {
            "-no body in request-"
        } else {
            &request.body
        }
    );
    HttpReply::text(200, body)
}

fn env<'h>(host: &'h Host, name: &str) -> &'h str {
    host.spec
        .env
        .iter()
        .rev()
        .find(|(known, _)| **known == *name)
        .map_or("", |(_, value)| value)
}

fn echo_json(host: &Host, request: &HttpRequest) -> HttpReply {
    let mut headers = serde_json::Map::new();
    for (name, value) in &request.headers {
        // Go writes names with capitals, and keeps the host elsewhere.
        let name = canonical(name);
        if name != "Host" {
            let values = headers.entry(name).or_insert_with(|| serde_json::json!([]));
            values
                .as_array_mut()
                .expect("made a list above")
                .push(serde_json::json!(&**value));
        }
    }
    let pod = if env(host, "POD_NAME").is_empty() {
        &host.spec.hostname
    } else {
        env(host, "POD_NAME")
    };
    let body = serde_json::json!({
        "path": &*request.path,
        "host": host_header(request),
        "method": &*request.method,
        "proto": "HTTP/1.1",
        "headers": headers,
        "namespace": env(host, "NAMESPACE"),
        "ingress": "",
        "service": env(host, "SERVICE_NAME"),
        "pod": pod,
    });
    json(200, &body)
}

/// A header's name as Go writes it.
// Models net/textproto CanonicalMIMEHeaderKey.
fn canonical(name: &str) -> String {
    let mut is_first = true;
    let letters = name.chars().map(|letter| {
        let written = if is_first {
            letter.to_ascii_uppercase()
        } else {
            letter.to_ascii_lowercase()
        };
        is_first = letter == '-';
        written
    });
    letters.collect()
}

fn json(status: u16, body: &serde_json::Value) -> HttpReply {
    let mut reply = HttpReply {
        status,
        body: format!("{body:#}\n").into(),
        ..HttpReply::default()
    };
    reply.headers = vec![("Content-Type".into(), "application/json".into())];
    reply
}

fn whoami(host: &Host, request: &HttpRequest) -> HttpReply {
    let headers: String = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect();
    let body = format!(
        "Hostname: {}\nIP: 127.0.0.1\nIP: {}\n{} {} HTTP/1.1\nHost: {}\n{headers}\n",
        host.spec.hostname,
        host.spec.ip,
        request.method,
        request.path,
        host_header(request)
    );
    HttpReply::text(200, body)
}

/// Servers whose health a request can switch, or that a request ends.
fn switchable(
    touch: &mut Touch,
    server: &mut Server,
    host: &Host,
    request: &HttpRequest,
    path: &str,
    now: SimTime,
) -> HttpOutcome {
    let query = request.path.split_once('?').map_or("", |(_, query)| query);
    let value = |name: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let name = &host.spec.hostname;
    let reply = match path {
        "/exit" => {
            touch.exit = Some(value("code").and_then(|code| code.parse().ok()).unwrap_or(0));
            touch.wakes = true;
            return HttpOutcome::Eof;
        }
        "/hostname" | "/hostName" => HttpReply::text(200, name.clone()),
        "/echo" => HttpReply::text(200, value("msg").unwrap_or("")),
        "/clientip" => HttpReply::text(
            200,
            request.header("X-Forwarded-For").unwrap_or("10.244.0.1").to_owned(),
        ),
        "/make-not-serving" => {
            server.is_unhealthy = true;
            HttpReply::text(200, "ok")
        }
        "/make-serving" => {
            server.is_unhealthy = false;
            HttpReply::text(200, "ok")
        }
        "/healthz" | "/healthy" | "/ready" | "/readyz" => {
            let status = if server.is_unhealthy { 500 } else { 200 };
            HttpReply::text(status, if status == 200 { "ok" } else { "unhealthy" })
        }
        "/healthy/api" | "/ready/api" if &*request.method == "PUT" => {
            server.is_unhealthy = request.body.contains("\"failNext\":-1") || request.body.contains("\"failNext\": -1");
            HttpReply::text(200, "ok")
        }
        _ if matches!(server.kind, Kind::Kuard) => HttpReply::html(
            200,
            format!("<!doctype html>\n<title>KUAR Demo</title>\n<h1>{name}</h1>\n"),
        ),
        "/" => HttpReply::text(
            200,
            format!("NOW: {}s since the start", now.since(server.started).as_secs()),
        ),
        _ => HttpReply::text(404, "404 page not found\n"),
    };
    HttpOutcome::Reply(reply)
}

fn status_in_path(path: &str, lead: &str) -> Option<u16> {
    path.strip_prefix(lead)?
        .split('/')
        .next()?
        .parse()
        .ok()
        .filter(|status| (100..600).contains(status))
}

fn podinfo(server: &mut Server, host: &Host, request: &HttpRequest, path: &str) -> HttpOutcome {
    let version = host.image.version();
    let reply = match path {
        "/" | "/api/info" => json(
            200,
            &serde_json::json!({"hostname": &*host.spec.hostname, "version": version, "message": format!("greetings from podinfo v{version}"), "goos": "linux", "goarch": "amd64", "runtime": "go1.25", "num_cpu": "4"}),
        ),
        "/healthz" => json(200, &serde_json::json!({"status": "OK"})),
        "/readyz" if server.is_unhealthy => json(503, &serde_json::json!({"status": "Service Unavailable"})),
        "/readyz" => json(200, &serde_json::json!({"status": "OK"})),
        "/readyz/disable" | "/readyz/enable" => {
            server.is_unhealthy = path.ends_with("disable");
            json(202, &serde_json::json!({"status": "OK"}))
        }
        "/version" => json(200, &serde_json::json!({"version": version, "commit": "unknown"})),
        "/echo" => HttpReply::text(202, request.body.clone()),
        "/metrics" => HttpReply::text(
            200,
            "# HELP promhttp_metric_handler_requests_total Total number of scrapes.\n",
        ),
        _ => match (
            status_in_path(path, "/status/"),
            path.strip_prefix("/delay/").and_then(|seconds| seconds.parse().ok()),
        ) {
            (Some(status), _) => json(status, &serde_json::json!({"status": status})),
            (_, Some(seconds)) => {
                let mut reply = json(200, &serde_json::json!({"delay": seconds}));
                reply.latency = Duration::from_secs(seconds);
                reply
            }
            _ => HttpReply::text(404, "404 page not found\n"),
        },
    };
    HttpOutcome::Reply(reply)
}

fn httpbin(host: &Host, request: &HttpRequest, path: &str) -> HttpReply {
    if let Some(status) = status_in_path(path, "/status/") {
        return HttpReply::text(status, "");
    }
    if let Some(seconds) = path.strip_prefix("/delay/").and_then(|seconds| seconds.parse().ok()) {
        let mut reply = echo_json(host, request);
        reply.latency = Duration::from_secs(seconds);
        return reply;
    }
    match path {
        "/" | "/get" | "/headers" | "/anything" | "/post" | "/put" | "/ip" | "/user-agent" | "/json" | "/hostname" => {
            echo_json(host, request)
        }
        _ => HttpReply::text(404, "404 page not found\n"),
    }
}

/// `nc -l`: what it read from its input is taken as an HTTP answer.
fn listener(touch: &mut Touch, server: &mut Server) -> HttpOutcome {
    let Kind::Listener { keeps, answer } = &server.kind else {
        return HttpOutcome::Eof;
    };
    let text = String::from_utf8_lossy(answer).replace("\r\n", "\n");
    if !keeps {
        server.is_over = true;
        touch.wakes = true;
    }
    let Some(rest) = text.strip_prefix("HTTP/") else {
        return if text.is_empty() {
            HttpOutcome::NoReply
        } else {
            HttpOutcome::Eof
        };
    };
    let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(200);
    let mut reply = HttpReply {
        status,
        body: body.into(),
        ..HttpReply::default()
    };
    reply.headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.into(), value.trim().into()))
        .collect();
    HttpOutcome::Reply(reply)
}
