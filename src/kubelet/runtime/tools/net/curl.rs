//! `curl`.

use super::{CONNECT_PATIENCE, Kind, REDIRECTS_MAX, fail, header_lines, redirect, seconds, start};
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::net::{EffectResult, HttpReply, HttpRequest, NetError, parse_url};
use crate::kubelet::runtime::process::{Base, Step};
use crate::kubelet::runtime::tools::Str;
use crate::sim::Duration;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
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
        let (address, reply) = match result {
            EffectResult::Http { address, reply } => (address, reply),
            EffectResult::Failed(error) => {
                return self.failed(error, took, &request, base, sys);
            }
            _ => return Next::Step(Step::Exit(2)),
        };
        if self.verbose {
            let (host, port) = (&request.host, request.port);
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

    /// Flags given together, such as `-sSo`. A letter that takes a value ends them; one that is not the curl's own is given
    /// back with its value.
    fn letters<'a>(&mut self, flags: &str, rest: &mut impl Iterator<Item = &'a Str>) -> Option<(char, Str)> {
        let end = flags.find(['o', 'w', 'm', 'X', 'd', 'H']).unwrap_or(flags.len());
        for letter in flags[..end].chars() {
            match letter {
                's' => self.silent = true,
                'S' => self.show_error = true,
                'f' => self.fail = true,
                'i' => self.include = true,
                'v' => self.verbose = true,
                'L' => self.follow = true,
                'O' => self.remote_name = true,
                _ => {}
            }
        }
        let letter = flags[end..].chars().next()?;
        let own = &flags[end + 1..];
        let value: Str = if own.is_empty() {
            rest.next().cloned().unwrap_or_default()
        } else {
            own.into()
        };
        match letter {
            'o' => self.output = Some(value),
            'w' => self.write_out = Some(value),
            'm' => self.patience = seconds(&value).min(self.patience),
            _ => return Some((letter, value)),
        }
        None
    }

    /// No answer came: another try, or the message.
    fn failed(
        &mut self,
        error: NetError,
        took: Duration,
        request: &HttpRequest,
        base: &mut Base,
        sys: &mut Sys<'_, '_>,
    ) -> Next {
        let (host, port) = (&request.host, request.port);
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
                format!("Failed to connect to {host} port {port} after {millis} ms: Could not connect to server"),
            ),
        };
        if let Some(format) = self.write_out.clone() {
            write_out(&format, None, request, base, sys);
        }
        Next::Step(self.fail(code, &text, base, sys))
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

/// `Name: value`
fn header(text: &str) -> Option<(Str, Str)> {
    text.split_once(':')
        .map(|(name, value)| (name.into(), value.trim().into()))
}

pub(crate) fn curl(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let mut curl = Curl {
        patience: CONNECT_PATIENCE,
        ..Curl::default()
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
            "-H" | "--header" => headers.extend(header(&value())),
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
                if let Some((letter, value)) = curl.letters(flag, &mut rest) {
                    match letter {
                        'X' => method = Some(value),
                        'd' => body = Some(value),
                        'H' => headers.extend(header(&value)),
                        _ => {}
                    }
                }
                if flag.contains('I') {
                    method = Some("HEAD".into());
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
