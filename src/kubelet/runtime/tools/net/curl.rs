//! `curl`.

use super::{CONNECT_PATIENCE, Kind, REDIRECTS_MAX, fail, header_lines, redirect, seconds, start};
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::net::{EffectResult, HttpReply, HttpRequest, NetError, parse_url};
use crate::kubelet::runtime::process::{Base, Step};
use crate::kubelet::runtime::tools::Str;
use crate::sim::Duration;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Curl {
    pub(super) requests: Vec<HttpRequest>,
    output: Option<Str>,
    remote_name: bool,
    silent: bool,
    show_error: bool,
    fail: bool,
    include: bool,
    verbose: bool,
    follow: bool,
    write_out: Option<Str>,
    pub(super) patience: Duration,
    retries: u32,
    redirects: u32,
}

pub(super) enum Next {
    Step(Step),
    Again,
    Pause(Duration),
}

impl Curl {
    pub(super) fn answer(
        &mut self,
        result: EffectResult,
        took: Duration,
        base: &mut Base,
        sys: &mut Sys<'_, '_>,
    ) -> Next {
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
    let (text, _) =
        crate::kubelet::runtime::shell::escape::unescape(&text, crate::kubelet::runtime::shell::escape::Style::Printf);
    sys.out(base, &text);
}

pub(crate) fn curl(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
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
