//! `wget`, as busybox's talks.

use super::{CONNECT_PATIENCE, Kind, REDIRECTS_MAX, fail, header_lines, redirect, seconds, start};
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::net::{EffectResult, HttpReply, HttpRequest, NetError, parse_url, status_text};
use crate::kubelet::runtime::process::{Base, Step};
use crate::kubelet::runtime::tools::Str;
use crate::sim::Duration;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wget {
    pub(super) request: HttpRequest,
    output: Option<Str>,
    quiet: bool,
    spider: bool,
    show_headers: bool,
    pub(super) patience: Duration,
    redirects: u32,
}

impl Wget {
    /// Flags given together, such as `-qO-`; the last may take a value.
    fn letters<'a>(&mut self, flags: &str, rest: &mut impl Iterator<Item = &'a Str>) {
        self.quiet |= flags.contains('q');
        self.show_headers |= flags.contains('S');
        let Some(at) = flags.find(['O', 'T']) else { return };
        let own = &flags[at + 1..];
        let value = if own.is_empty() {
            rest.next().cloned().unwrap_or_default()
        } else {
            own.into()
        };
        if flags[at..].starts_with('O') {
            self.output = Some(value);
        } else {
            self.patience = seconds(&value);
        }
    }

    /// Handles an answer; none: asks again, after a redirect.
    pub(super) fn answer(&mut self, result: EffectResult, base: &mut Base, sys: &mut Sys<'_, '_>) -> Option<Step> {
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
        let device = crate::kubelet::runtime::vfs::absolute(&base.cwd, &name) == "/dev/null";
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

pub(crate) fn wget(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
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
                wget.letters(flag, &mut rest);
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
