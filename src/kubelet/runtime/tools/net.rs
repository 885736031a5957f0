//! Tools that ask the network.

use super::super::kernel::Sys;
use super::super::net::{
    EffectRequest, EffectResult, GrpcOutcome, HttpOutcome, HttpReply, HttpRequest, NetError, TcpOutcome, parse_url,
    status_text,
};
use super::super::process::{Base, Program, Step, Wait};
use super::super::servers;
use super::{Args, Str};
use crate::sim::{Duration, SimTime};

/// How long a connection is tried when the tool sets no limit: Linux gives up after about two minutes.
const CONNECT_PATIENCE: Duration = Duration::from_secs(127);
/// How long a name is asked for.
const DNS_PATIENCE: Duration = Duration::from_secs(10);
/// Redirects followed at most.
const REDIRECTS_MAX: u32 = 10;

/// A tool that waits for the network.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fetch {
    stage: Stage,
    waiting: Option<Wait>,
    started: SimTime,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Ask,
    Answer,
    /// Between tries of `curl --retry` and pings.
    Pause(SimTime),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Wget(Box<Wget>),
    Curl(Box<Curl>),
    Lookup {
        name: Str,
        style: LookupStyle,
    },
    Connect {
        host: Str,
        port: u16,
        patience: Duration,
        verbose: bool,
    },
    Ping {
        host: Str,
        left: u32,
        sent: u32,
        received: u32,
        patience: Duration,
    },
    Grpc {
        host: Str,
        port: u16,
        service: Str,
        patience: Duration,
    },
    Client {
        name: Str,
        host: Str,
        port: u16,
        args: Vec<Str>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum LookupStyle {
    Nslookup,
    Dig { short: bool },
    Getent,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Wget {
    request: HttpRequest,
    output: Option<Str>,
    quiet: bool,
    spider: bool,
    show_headers: bool,
    patience: Duration,
    redirects: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Curl {
    requests: Vec<HttpRequest>,
    output: Option<Str>,
    remote_name: bool,
    silent: bool,
    show_error: bool,
    fail: bool,
    include: bool,
    verbose: bool,
    follow: bool,
    write_out: Option<Str>,
    patience: Duration,
    retries: u32,
    redirects: u32,
}

fn start(sys: &Sys<'_, '_>, kind: Kind) -> Step {
    Step::Become(Program::Fetch(Box::new(Fetch {
        stage: Stage::Ask,
        waiting: None,
        started: sys.now,
        kind,
    })))
}

fn fail(base: &mut Base, sys: &mut Sys<'_, '_>, text: &str, code: i32) -> Step {
    sys.err(base, text);
    Step::Exit(code)
}

/// Whether a host means this pod.
fn is_local(sys: &Sys<'_, '_>, host: &str) -> bool {
    let spec = &sys.host.spec;
    host == "localhost"
        || host.starts_with("127.")
        || host == "::1"
        || !host.is_empty() && (*spec.ip == *host || *spec.hostname == *host)
}

impl Fetch {
    pub(crate) fn step(&mut self, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        match self.stage {
            Stage::Pause(until) => {
                if sys.now < until {
                    return Step::Wait(Wait::Until(until));
                }
                self.stage = Stage::Ask;
                Step::Ready
            }
            Stage::Ask => {
                if let Some(until) = sys.admit_request() {
                    return Step::Wait(Wait::Until(until));
                }
                self.stage = Stage::Answer;
                let (request, patience) = self.request();
                if let Some(result) = local_answer(sys, &request) {
                    return self.answer(Some(result), base, sys);
                }
                let wait = sys.ask(request, patience);
                self.waiting = Some(wait);
                Step::Wait(wait)
            }
            Stage::Answer => {
                let Some(Wait::Effect(id, _)) = self.waiting.take() else {
                    return Step::Exit(1);
                };
                let result = sys.take_result(id);
                self.answer(result, base, sys)
            }
        }
    }

    fn request(&self) -> (EffectRequest, Duration) {
        match &self.kind {
            Kind::Wget(wget) => (EffectRequest::Http(wget.request.clone()), wget.patience),
            Kind::Curl(curl) => (
                EffectRequest::Http(curl.requests.first().cloned().unwrap_or_default()),
                curl.patience,
            ),
            Kind::Lookup { name, .. } => (EffectRequest::Dns { name: name.clone() }, DNS_PATIENCE),
            Kind::Connect {
                host, port, patience, ..
            } => (
                EffectRequest::Tcp {
                    host: host.clone(),
                    port: *port,
                },
                *patience,
            ),
            Kind::Ping { host, patience, .. } => (EffectRequest::Ping { host: host.clone() }, *patience),
            Kind::Grpc {
                host,
                port,
                service,
                patience,
            } => (
                EffectRequest::Grpc {
                    host: host.clone(),
                    port: *port,
                    service: service.clone(),
                },
                *patience,
            ),
            Kind::Client { host, port, .. } => (
                EffectRequest::Tcp {
                    host: host.clone(),
                    port: *port,
                },
                CONNECT_PATIENCE,
            ),
        }
    }

    fn answer(&mut self, result: Option<EffectResult>, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        let result = result.unwrap_or(EffectResult::Failed(NetError::Timeout { address: "".into() }));
        let took = sys.now.since(self.started);
        match &mut self.kind {
            Kind::Wget(wget) => match wget.answer(result, base, sys) {
                Some(step) => step,
                None => self.again(),
            },
            Kind::Curl(curl) => match curl.answer(result, took, base, sys) {
                Next::Step(step) => step,
                Next::Again => self.again(),
                Next::Pause(span) => {
                    self.stage = Stage::Pause(sys.now + span);
                    Step::Ready
                }
            },
            Kind::Lookup { name, style } => lookup_answer(name, *style, &result, base, sys),
            Kind::Connect {
                host, port, verbose, ..
            } => connect_answer(host, *port, *verbose, &result, base, sys),
            Kind::Ping { .. } => self.ping_answer(result, base, sys),
            Kind::Grpc { host, port, .. } => grpc_answer(host, *port, &result, base, sys),
            Kind::Client { name, host, port, args } => client_answer(name, host, *port, args, &result, base, sys),
        }
    }

    fn again(&mut self) -> Step {
        self.stage = Stage::Ask;
        Step::Ready
    }

    fn ping_answer(&mut self, result: EffectResult, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        let Kind::Ping {
            host,
            left,
            sent,
            received,
            ..
        } = &mut self.kind
        else {
            return Step::Exit(1);
        };
        *sent += 1;
        match result {
            EffectResult::Open { address } => {
                if *sent == 1 {
                    sys.out(base, &format!("PING {host} ({address}): 56 data bytes\n"));
                }
                sys.out(
                    base,
                    &format!("64 bytes from {address}: seq={} ttl=63 time=0.100 ms\n", *sent - 1),
                );
                *received += 1;
            }
            EffectResult::Failed(NetError::NoSuchHost { .. }) => {
                let text = format!("ping: bad address '{host}'\n");
                return fail(base, sys, &text, 1);
            }
            _ => {}
        }
        *left = left.saturating_sub(1);
        if *left > 0 {
            self.stage = Stage::Pause(sys.now + Duration::from_secs(1));
            return Step::Ready;
        }
        let loss = (*sent - *received) * 100 / (*sent).max(1);
        let text = format!(
            "\n--- {host} ping statistics ---\n{sent} packets transmitted, {received} packets received, {loss}% packet loss\n"
        );
        sys.out(base, &text);
        Step::Exit(i32::from(*received == 0))
    }
}

/// What this container's own servers say, without asking the owner.
fn local_answer(sys: &mut Sys<'_, '_>, request: &EffectRequest) -> Option<EffectResult> {
    let address = |host: &str| Str::from(if host == "localhost" { "127.0.0.1" } else { host });
    match request {
        EffectRequest::Http(http) if is_local(sys, &http.host) && servers::listens(sys.kernel, http.port, sys.now) => {
            let address = address(&http.host);
            Some(match servers::http(sys.kernel, sys.fs, sys.host, http, sys.now) {
                HttpOutcome::Reply(reply) => EffectResult::Http { address, reply },
                HttpOutcome::Refused => EffectResult::Failed(NetError::Refused { address }),
                HttpOutcome::NoReply => EffectResult::Failed(NetError::Timeout { address }),
                HttpOutcome::Eof => EffectResult::Failed(NetError::Eof { address }),
            })
        }
        EffectRequest::Tcp { host, port }
            if is_local(sys, host) && servers::tcp(sys.kernel, *port, sys.now) == TcpOutcome::Open =>
        {
            Some(EffectResult::Open { address: address(host) })
        }
        EffectRequest::Ping { host } if is_local(sys, host) => Some(EffectResult::Open { address: address(host) }),
        EffectRequest::Grpc { host, port, service }
            if is_local(sys, host) && servers::listens(sys.kernel, *port, sys.now) =>
        {
            Some(EffectResult::Grpc(servers::grpc_health(
                sys.kernel, sys.host, *port, service, sys.now,
            )))
        }
        EffectRequest::Dns { name } if matches!(&**name, "localhost") || **name == *sys.host.spec.hostname => {
            let addresses = vec![if &**name == "localhost" {
                "127.0.0.1".into()
            } else {
                sys.host.spec.ip.clone()
            }];
            Some(EffectResult::Dns {
                name: name.clone(),
                addresses,
                server: nameserver(sys),
            })
        }
        _ => None,
    }
}

fn nameserver(sys: &Sys<'_, '_>) -> Str {
    let line = sys
        .host
        .spec
        .resolv_conf
        .lines()
        .find_map(|line| line.strip_prefix("nameserver "));
    line.unwrap_or("10.96.0.10").trim().into()
}

fn redirect(request: &HttpRequest, reply: &HttpReply) -> Option<HttpRequest> {
    let location = matches!(reply.status, 301 | 302 | 303 | 307 | 308)
        .then(|| reply.header("Location"))
        .flatten()?;
    if location.starts_with('/') {
        return Some(HttpRequest {
            path: location.into(),
            ..request.clone()
        });
    }
    let mut next = parse_url(location)?;
    next.method = request.method.clone();
    next.headers = request
        .headers
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("host"))
        .cloned()
        .collect();
    Some(next)
}

fn header_lines(reply: &HttpReply, lead: &str) -> String {
    let mut text = format!("{lead}HTTP/1.1 {} {}\n", reply.status, status_text(reply.status));
    for (name, value) in &reply.headers {
        text.push_str(&format!("{lead}{name}: {value}\n"));
    }
    text.push_str(&format!("{lead}Content-Length: {}\n", reply.body.len()));
    text
}

impl Wget {
    /// Handles an answer; none: asks again, after a redirect.
    fn answer(&mut self, result: EffectResult, base: &mut Base, sys: &mut Sys<'_, '_>) -> Option<Step> {
        let (host, port) = (self.request.host.clone(), self.request.port);
        let (address, reply) = match result {
            EffectResult::Http { address, reply } => (address, reply),
            EffectResult::Failed(error) => {
                let text = match error {
                    NetError::NoSuchHost { .. } => format!(
                        "wget: bad address '{host}{}'\n",
                        if port == 80 { String::new() } else { format!(":{port}") }
                    ),
                    NetError::Refused { address } => {
                        self.connecting(&address, base, sys);
                        format!("wget: can't connect to remote host ({address}): Connection refused\n")
                    }
                    NetError::Timeout { address } => {
                        self.connecting(&address, base, sys);
                        if self.patience < CONNECT_PATIENCE {
                            "wget: download timed out\n".to_owned()
                        } else {
                            format!("wget: can't connect to remote host ({address}): Connection timed out\n")
                        }
                    }
                    NetError::Unreachable { address } => {
                        format!("wget: can't connect to remote host ({address}): No route to host\n")
                    }
                    NetError::Eof { .. } => "wget: error getting response: Connection reset by peer\n".to_owned(),
                };
                return Some(fail(base, sys, &text, 1));
            }
            _ => return Some(Step::Exit(1)),
        };
        self.connecting(&address, base, sys);
        if self.show_headers {
            let text = header_lines(&reply, "  ");
            sys.err(base, &text);
        }
        if let Some(next) = redirect(&self.request, &reply).filter(|_| self.redirects < REDIRECTS_MAX) {
            self.redirects += 1;
            self.request = next;
            return None;
        }
        if reply.status >= 400 {
            let text = format!(
                "wget: server returned error: HTTP/1.1 {} {}\n",
                reply.status,
                status_text(reply.status)
            );
            return Some(fail(base, sys, &text, 1));
        }
        if self.spider {
            if !self.quiet {
                sys.err(base, "remote file exists\n");
            }
            return Some(Step::Exit(0));
        }
        Some(self.save(&reply, base, sys))
    }

    fn connecting(&self, address: &str, base: &mut Base, sys: &mut Sys<'_, '_>) {
        if !self.quiet {
            sys.err(
                base,
                &format!(
                    "Connecting to {}{} ({address}:{})\n",
                    self.request.host,
                    if self.request.port == 80 {
                        String::new()
                    } else {
                        format!(":{}", self.request.port)
                    },
                    self.request.port
                ),
            );
        }
    }

    fn save(&self, reply: &HttpReply, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        let path = self.request.path.split('?').next().unwrap_or("/");
        let name = match &self.output {
            Some(output) => output.clone(),
            None => match path.rsplit('/').next() {
                None | Some("") => "index.html".into(),
                Some(last) => last.into(),
            },
        };
        if &*name == "-" {
            if !self.quiet {
                sys.err(base, "writing to stdout\n");
            }
            sys.out(base, &reply.body);
            if !self.quiet {
                sys.err(base, &progress("-", reply.body.len()));
                sys.err(base, "written to stdout\n");
            }
            return Step::Exit(0);
        }
        let device = super::super::vfs::absolute(&base.cwd, &name) == "/dev/null";
        if !device && let Err(error) = sys.fs.write(&base.cwd, &name, reply.body.as_bytes()) {
            let text = format!("wget: can't open '{name}': {error}\n");
            return fail(base, sys, &text, 1);
        }
        if !self.quiet {
            let text = format!(
                "saving to '{name}'\n{}'{name}' saved\n",
                progress(&name, reply.body.len())
            );
            sys.err(base, &text);
        }
        Step::Exit(0)
    }
}

fn progress(name: &str, bytes: usize) -> String {
    format!("{name:20.20} 100% |********************************| {bytes:5}  0:00:00 ETA\n")
}

enum Next {
    Step(Step),
    Again,
    Pause(Duration),
}

impl Curl {
    fn answer(&mut self, result: EffectResult, took: Duration, base: &mut Base, sys: &mut Sys<'_, '_>) -> Next {
        let Some(request) = self.requests.first().cloned() else {
            return Next::Step(Step::Exit(2));
        };
        let (host, port) = (&request.host, request.port);
        let (address, reply) = match result {
            EffectResult::Http { address, reply } => (address, reply),
            EffectResult::Failed(error) => {
                if self.retries > 0 && !matches!(error, NetError::NoSuchHost { .. }) {
                    self.retries -= 1;
                    return Next::Pause(Duration::from_secs(1));
                }
                let millis = took.as_millis();
                let (code, text) = match error {
                    NetError::NoSuchHost { .. } => (6, format!("Could not resolve host: {host}")),
                    NetError::Timeout { .. } if self.patience < CONNECT_PATIENCE => {
                        (28, format!("Connection timed out after {millis} milliseconds"))
                    }
                    NetError::Eof { .. } => (52, "Empty reply from server".to_owned()),
                    _ => (
                        7,
                        format!(
                            "Failed to connect to {host} port {port} after {millis} ms: Could not connect to server"
                        ),
                    ),
                };
                if let Some(format) = self.write_out.clone() {
                    write_out(&format, None, &request, base, sys);
                }
                return Next::Step(self.fail(code, &text, base, sys));
            }
            _ => return Next::Step(Step::Exit(2)),
        };
        if self.verbose {
            let text = format!(
                "*   Trying {address}:{port}...\n* Connected to {host} ({address}) port {port}\n> {} {} HTTP/1.1\n> Host: {host}\n> \n{}< \n",
                request.method,
                request.path,
                header_lines(&reply, "< ")
            );
            sys.err(base, &text);
        }
        let is_head = &*request.method == "HEAD";
        if self.include || is_head {
            let text = header_lines(&reply, "").replace('\n', "\r\n") + "\r\n";
            sys.out(base, &text);
        }
        if let Some(next) = redirect(&request, &reply).filter(|_| self.follow && self.redirects < REDIRECTS_MAX) {
            self.redirects += 1;
            self.requests[0] = next;
            return Next::Again;
        }
        if self.fail && reply.status >= 400 {
            if let Some(format) = self.write_out.clone() {
                write_out(&format, Some(&reply), &request, base, sys);
            }
            return Next::Step(self.fail(
                22,
                &format!("The requested URL returned error: {}", reply.status),
                base,
                sys,
            ));
        }
        if !is_head && let Some(step) = self.save(&request, &reply, base, sys) {
            return Next::Step(step);
        }
        if let Some(format) = self.write_out.clone() {
            write_out(&format, Some(&reply), &request, base, sys);
        }
        self.requests.remove(0);
        if self.requests.is_empty() {
            Next::Step(Step::Exit(0))
        } else {
            Next::Again
        }
    }

    fn fail(&self, code: i32, text: &str, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        if !self.silent || self.show_error {
            sys.err(base, &format!("curl: ({code}) {text}\n"));
        }
        Step::Exit(code)
    }

    fn save(&self, request: &HttpRequest, reply: &HttpReply, base: &mut Base, sys: &mut Sys<'_, '_>) -> Option<Step> {
        let remote = request
            .path
            .split('?')
            .next()
            .and_then(|path| path.rsplit('/').next())
            .filter(|_| self.remote_name)
            .map(Str::from);
        match self.output.clone().or(remote) {
            Some(path) if &*path != "-" => {
                if &*path == "/dev/null" {
                    return None;
                }
                let error = sys.fs.write(&base.cwd, &path, reply.body.as_bytes()).err()?;
                Some(self.fail(
                    23,
                    &format!("Failure writing output to destination: {error}"),
                    base,
                    sys,
                ))
            }
            _ => {
                sys.out(base, &reply.body);
                None
            }
        }
    }
}

fn write_out(format: &str, reply: Option<&HttpReply>, request: &HttpRequest, base: &mut Base, sys: &mut Sys<'_, '_>) {
    let latency = reply.map_or(Duration::ZERO, |reply| reply.latency);
    let seconds = format!("{}.{:06}", latency.as_secs(), latency.0 / 1000 % 1_000_000);
    let text = format
        .replace("%{http_code}", &format!("{:03}", reply.map_or(0, |reply| reply.status)))
        .replace(
            "%{response_code}",
            &format!("{:03}", reply.map_or(0, |reply| reply.status)),
        )
        .replace("%{time_total}", &seconds)
        .replace(
            "%{size_download}",
            &reply.map_or(0, |reply| reply.body.len()).to_string(),
        )
        .replace(
            "%{url_effective}",
            &format!("{}://{}{}", request.scheme, request.host, request.path),
        );
    let (text, _) = super::super::shell::escape::unescape(&text, super::super::shell::escape::Style::Printf);
    sys.out(base, &text);
}

fn seconds(text: &str) -> Duration {
    match super::misc::parse_span(text) {
        Some(Some(span)) if span > Duration::ZERO => span,
        _ => CONNECT_PATIENCE,
    }
}

pub(super) fn wget(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let mut wget = Wget {
        request: HttpRequest::default(),
        output: None,
        quiet: false,
        spider: false,
        show_headers: false,
        patience: CONNECT_PATIENCE,
        redirects: 0,
    };
    let mut url = None;
    let mut headers = Vec::new();
    let mut body: Option<Str> = None;
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let (name, own) = arg
            .split_once('=')
            .filter(|_| arg.starts_with("--"))
            .map_or((&**arg, None), |(name, value)| (name, Some(Str::from(value))));
        let mut value = || own.clone().or_else(|| rest.next().cloned()).unwrap_or_default();
        match name {
            "-q" | "--quiet" => wget.quiet = true,
            "-S" | "--server-response" => wget.show_headers = true,
            "--spider" => wget.spider = true,
            "-O" | "--output-document" => wget.output = Some(value()),
            "-T" | "--timeout" => wget.patience = seconds(&value()),
            "-t" | "--tries" | "-P" | "-U" | "--user-agent" => drop(value()),
            "--header" => headers.extend(
                value()
                    .split_once(':')
                    .map(|(name, value)| (name.into(), value.trim().into())),
            ),
            "--post-data" => body = Some(value()),
            flag if flag.starts_with("-") && flag.len() > 1 && !flag.starts_with("--") => {
                wget.quiet |= flag.contains('q');
                wget.show_headers |= flag.contains('S');
                if let Some((_, after)) = flag.split_once('O') {
                    wget.output = Some(if after.is_empty() {
                        rest.next().cloned().unwrap_or_default()
                    } else {
                        after.into()
                    });
                } else if let Some((_, after)) = flag.split_once('T') {
                    wget.patience = seconds(if after.is_empty() {
                        rest.next().map_or("", |text| text)
                    } else {
                        after
                    });
                }
            }
            flag if flag.starts_with("--") => {}
            _ => url = Some(arg.clone()),
        }
    }
    let Some(url) = url else {
        return fail(
            base,
            sys,
            "BusyBox v1.36.1 multi-call binary.\n\nUsage: wget [OPTIONS] URL...\n",
            1,
        );
    };
    let Some(request) = parse_url(&url) else {
        let text = format!("wget: not an http or ftp url: {url}\n");
        return fail(base, sys, &text, 1);
    };
    wget.request = HttpRequest { headers, ..request };
    if let Some(body) = body {
        wget.request.method = "POST".into();
        wget.request.body = body;
    }
    start(sys, Kind::Wget(Box::new(wget)))
}

pub(super) fn curl(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let mut curl = Curl {
        requests: Vec::new(),
        output: None,
        remote_name: false,
        silent: false,
        show_error: false,
        fail: false,
        include: false,
        verbose: false,
        follow: false,
        write_out: None,
        patience: CONNECT_PATIENCE,
        retries: 0,
        redirects: 0,
    };
    let mut urls = Vec::new();
    let mut headers = Vec::new();
    let (mut method, mut body): (Option<Str>, Option<Str>) = (None, None);
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let mut value = || rest.next().cloned().unwrap_or_default();
        match &**arg {
            "-o" | "--output" => curl.output = Some(value()),
            "-w" | "--write-out" => curl.write_out = Some(value()),
            "-X" | "--request" => method = Some(value()),
            "-H" | "--header" => headers.extend(
                value()
                    .split_once(':')
                    .map(|(name, value)| (Str::from(name), Str::from(value.trim()))),
            ),
            "-d" | "--data" | "--data-binary" | "--data-raw" | "--data-urlencode" | "--json" => body = Some(value()),
            "-m" | "--max-time" | "--connect-timeout" => curl.patience = seconds(&value()).min(curl.patience),
            "--retry" => curl.retries = value().parse().unwrap_or(0),
            "-u" | "--user" | "-A" | "--user-agent" | "--cacert" | "--cert" | "--key" | "--resolve"
            | "--retry-delay" | "--retry-max-time" | "-e" | "-b" | "-c" | "-x" => drop(value()),
            "--url" => urls.push(value()),
            "--silent" => curl.silent = true,
            "--show-error" => curl.show_error = true,
            "--fail" | "--fail-with-body" => curl.fail = true,
            "--include" => curl.include = true,
            "--verbose" => curl.verbose = true,
            "--location" => curl.follow = true,
            "--head" => method = Some("HEAD".into()),
            flag if flag.starts_with("--") => {}
            flag if flag.starts_with('-') && flag.len() > 1 => {
                curl.silent |= flag.contains('s');
                curl.show_error |= flag.contains('S');
                curl.fail |= flag.contains('f');
                curl.include |= flag.contains('i');
                curl.verbose |= flag.contains('v');
                curl.follow |= flag.contains('L');
                curl.remote_name |= flag.contains('O');
                if flag.contains('I') {
                    method = Some("HEAD".into());
                }
                if let Some((_, own)) = flag.split_once('o') {
                    curl.output = Some(if own.is_empty() { value() } else { own.into() });
                } else if let Some((_, own)) = flag.split_once(['m', 'X', 'd', 'H', 'w']) {
                    let value = if own.is_empty() { value() } else { own.into() };
                    if flag.contains('X') {
                        method = Some(value);
                    } else if flag.contains('m') {
                        curl.patience = seconds(&value);
                    }
                }
            }
            url => urls.push(url.into()),
        }
    }
    for url in &urls {
        let Some(mut request) = parse_url(url) else {
            return fail(
                base,
                sys,
                "curl: (3) URL rejected: Malformed input to a URL function\n",
                3,
            );
        };
        request.headers = headers.clone();
        request.method = method
            .clone()
            .unwrap_or_else(|| if body.is_some() { "POST".into() } else { "GET".into() });
        request.body = body.clone().unwrap_or_default();
        curl.requests.push(request);
    }
    if urls.is_empty() {
        return fail(
            base,
            sys,
            "curl: try 'curl --help' or 'curl --manual' for more information\n",
            2,
        );
    }
    start(sys, Kind::Curl(Box::new(curl)))
}

pub(super) fn nslookup(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    match args.operands.first() {
        Some(name) => start(
            sys,
            Kind::Lookup {
                name: name.clone(),
                style: LookupStyle::Nslookup,
            },
        ),
        None => fail(base, sys, "Usage: nslookup [HOST] [SERVER]\n", 1),
    }
}

pub(super) fn dig(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let short = args.iter().any(|arg| &**arg == "+short");
    let name = args
        .iter()
        .find(|arg| !arg.starts_with(['+', '-', '@']) && !matches!(&***arg, "A" | "AAAA" | "SRV" | "ANY" | "TXT"));
    match name {
        Some(name) => start(
            sys,
            Kind::Lookup {
                name: name.clone(),
                style: LookupStyle::Dig { short },
            },
        ),
        None => fail(base, sys, "dig: a name is needed\n", 1),
    }
}

pub(super) fn getent(_: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    match args {
        [kind, name, ..] if matches!(&**kind, "hosts" | "ahosts") => start(
            sys,
            Kind::Lookup {
                name: name.clone(),
                style: LookupStyle::Getent,
            },
        ),
        _ => Step::Exit(2),
    }
}

fn lookup_answer(
    name: &str,
    style: LookupStyle,
    result: &EffectResult,
    base: &mut Base,
    sys: &mut Sys<'_, '_>,
) -> Step {
    let server = nameserver(sys);
    let debian = sys.host.image.userland == super::Userland::Debian;
    let new_style = sys.host.image.has_new_nslookup();
    match (result, style) {
        (
            EffectResult::Dns {
                name: full, addresses, ..
            },
            LookupStyle::Nslookup,
        ) => {
            let mut text = format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n");
            if !new_style && !debian {
                text = format!(
                    "Server:    {server}\nAddress 1: {server} kube-dns.kube-system.svc.cluster.local\n\nName:      {name}\n"
                );
                for (index, address) in addresses.iter().enumerate() {
                    text.push_str(&format!("Address {}: {address} {full}\n", index + 1));
                }
            } else {
                for address in addresses {
                    text.push_str(&format!("Name:\t{full}\nAddress: {address}\n"));
                }
                text.push('\n');
            }
            sys.out(base, &text);
            Step::Exit(0)
        }
        (
            EffectResult::Dns {
                name: full, addresses, ..
            },
            LookupStyle::Dig { short },
        ) => {
            let text: String = addresses
                .iter()
                .map(|address| {
                    if short {
                        format!("{address}\n")
                    } else {
                        format!("{full}.\t30\tIN\tA\t{address}\n")
                    }
                })
                .collect();
            sys.out(base, &text);
            Step::Exit(0)
        }
        (
            EffectResult::Dns {
                name: full, addresses, ..
            },
            LookupStyle::Getent,
        ) => {
            let text: String = addresses
                .iter()
                .map(|address| format!("{address:15} {full}\n"))
                .collect();
            sys.out(base, &text);
            Step::Exit(0)
        }
        (_, LookupStyle::Getent) => Step::Exit(2),
        (_, LookupStyle::Dig { .. }) => Step::Exit(0),
        (EffectResult::Failed(NetError::NoSuchHost { .. }), LookupStyle::Nslookup) if new_style || debian => {
            let text =
                format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n** server can't find {name}: NXDOMAIN\n\n");
            sys.out(base, &text);
            Step::Exit(1)
        }
        (EffectResult::Failed(NetError::NoSuchHost { .. }), LookupStyle::Nslookup) => {
            let text = format!("Server:    {server}\nAddress 1: {server} kube-dns.kube-system.svc.cluster.local\n\n");
            sys.out(base, &text);
            let text = format!("nslookup: can't resolve '{name}'\n");
            fail(base, sys, &text, 1)
        }
        (_, LookupStyle::Nslookup) => {
            let text = if new_style {
                ";; connection timed out; no servers could be reached\n\n".to_owned()
            } else {
                format!("nslookup: can't resolve '{name}'\n")
            };
            fail(base, sys, &text, 1)
        }
    }
}

/// `nc`, `telnet`: only whether a connection opens.
pub(super) fn nc(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
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

fn connect_answer(
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

pub(super) fn ping(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
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

pub(super) fn grpc_health_probe(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
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

fn grpc_answer(host: &str, port: u16, result: &EffectResult, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
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
pub(super) fn client(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
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

fn client_answer(
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
