//! What a user, or a scenario's timeline, does to a cluster, as text.

use std::fmt;

use super::call::{ApiRequest, Exec, Place, parse_fetch, write_fetch};
use crate::api::Str;
use crate::api::duration::{go_duration, parse_go_duration};
use crate::client::ContainerFault;
use crate::network::Request;
use crate::scenario::TimelineEntry;
use crate::sim::Duration;

/// One thing that is done. Its text form is what the log, the links and the terminal hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// A kubectl command, without the word `kubectl`; `-f -` reads `stdin`.
    Kubectl {
        /// The words after `kubectl`.
        line: String,
        /// What `-f -` reads.
        stdin: String,
    },
    /// A machine stops; it comes back after a time, where one is given.
    Fail {
        /// The machine.
        what: Machine,
        /// How long.
        lasts: Option<Duration>,
    },
    /// A machine comes back.
    Recover {
        /// The machine.
        what: Machine,
    },
    /// A request is sent through the network.
    Fetch(Request),
    /// A fault is put on a container.
    Fault {
        /// Namespace of the pod.
        namespace: Str,
        /// Name of the pod.
        pod: Str,
        /// The container; empty for the first one.
        container: Str,
        /// The fault.
        what: ContainerFault,
    },
    /// A program is run in a container.
    Exec(Exec),
    /// A request to the API server, as a client library sends it.
    Request(ApiRequest),
}

/// Something that can stop and come back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Machine {
    /// The node of that name.
    Node(Str),
    /// The storage system behind the CSI driver of that name.
    Driver(Str),
    /// The file server of that name.
    Server(Str),
}

impl Machine {
    /// Reads `node/n`.
    fn parse(text: &str) -> Result<Self, CommandError> {
        let named = |name: &&str| !name.is_empty() && !name.contains(char::is_whitespace);
        match text.split_once('/').filter(|(_, name)| named(name)) {
            Some(("node", name)) => Ok(Self::Node(name.into())),
            Some(("driver", name)) => Ok(Self::Driver(name.into())),
            Some(("server", name)) => Ok(Self::Server(name.into())),
            _ => Err(CommandError(format!(
                "{text:?} names no node: write node/NAME, driver/NAME or server/NAME"
            ))),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(name) => write!(f, "node/{name}"),
            Self::Driver(name) => write!(f, "driver/{name}"),
            Self::Server(name) => write!(f, "server/{name}"),
        }
    }
}

/// A text that is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandError(pub String);

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const VERBS: &str = "kubectl, fetch, fail, recover, kill, oom, exit, fail-probes, pass-probes, exec, request";

impl Command {
    /// Reads a command's text.
    ///
    /// # Errors
    /// When the first word is none of the verbs, or what follows does not fit it.
    pub fn parse(text: &str, stdin: &str) -> Result<Self, CommandError> {
        let text = text.trim();
        let (verb, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        match verb {
            "kubectl" | "k" => Ok(Self::Kubectl {
                line: rest.to_owned(),
                stdin: stdin.to_owned(),
            }),
            "fetch" => parse_fetch(rest, stdin).map(Self::Fetch).map_err(CommandError),
            "fail" => parse_fail(rest),
            "recover" => Ok(Self::Recover {
                what: Machine::parse(rest)?,
            }),
            "exec" => Exec::parse(rest).map(Self::Exec).map_err(CommandError),
            "request" => ApiRequest::parse(rest, stdin).map(Self::Request).map_err(CommandError),
            "kill" => parse_fault(rest, ContainerFault::Kill),
            "oom" => parse_fault(rest, ContainerFault::OutOfMemory),
            "fail-probes" => parse_fault(rest, ContainerFault::FailProbes(true)),
            "pass-probes" => parse_fault(rest, ContainerFault::FailProbes(false)),
            "exit" => {
                let (code, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                let code = code
                    .parse()
                    .map_err(|_| CommandError(format!("{code:?} is no exit code")))?;
                parse_fault(rest, ContainerFault::Exit(code))
            }
            _ => Err(CommandError(format!("unknown command {verb:?}: there are {VERBS}"))),
        }
    }

    /// The commands of a timeline's entry.
    ///
    /// # Errors
    /// When the entry names no action, or one that does not read.
    pub fn of_entry(entry: &TimelineEntry) -> Result<Vec<Self>, CommandError> {
        let lasts = if entry.lasts.is_empty() {
            String::new()
        } else {
            format!(" for {}", entry.lasts)
        };
        let mut commands = Vec::new();
        if !entry.kubectl.is_empty() {
            commands.push(Self::parse(&format!("kubectl {}", entry.kubectl), &entry.stdin)?);
        }
        for (verb, target) in [
            ("kill", &entry.kill),
            ("oom", &entry.oom),
            ("fail-probes", &entry.fail_probes),
        ] {
            if !target.is_empty() {
                commands.push(Self::parse(&format!("{verb} {target}"), "")?);
            }
        }
        if !entry.fail.is_empty() {
            commands.push(Self::parse(&format!("fail {}{lasts}", entry.fail), "")?);
        }
        if commands.is_empty() {
            return Err(CommandError(
                "an entry of the timeline needs one of kubectl, fail, kill, oom, failProbes".to_owned(),
            ));
        }
        Ok(commands)
    }

    /// What `-f -` reads, or the body of a request.
    #[must_use]
    pub fn stdin(&self) -> &str {
        match self {
            Self::Kubectl { stdin, .. } => stdin,
            Self::Fetch(request) => &request.body,
            Self::Request(request) => &request.body,
            _ => "",
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kubectl { line, .. } => write!(f, "kubectl {line}"),
            Self::Fetch(request) => write_fetch(request, f),
            Self::Fail { what, lasts: None } => write!(f, "fail {what}"),
            Self::Fail {
                what,
                lasts: Some(lasts),
            } => {
                write!(
                    f,
                    "fail {what} for {}",
                    go_duration(i64::try_from(lasts.0).unwrap_or(i64::MAX))
                )
            }
            Self::Recover { what } => write!(f, "recover {what}"),
            Self::Exec(exec) => exec.fmt(f),
            Self::Request(request) => request.fmt(f),
            Self::Fault {
                namespace,
                pod,
                container,
                what,
            } => {
                match what {
                    ContainerFault::Kill => f.write_str("kill"),
                    ContainerFault::Exit(code) => write!(f, "exit {code}"),
                    ContainerFault::OutOfMemory => f.write_str("oom"),
                    ContainerFault::FailProbes(true) => f.write_str("fail-probes"),
                    ContainerFault::FailProbes(false) => f.write_str("pass-probes"),
                }?;
                let (namespace, pod, container) = (namespace.clone(), pod.clone(), container.clone());
                let place = Place {
                    namespace,
                    pod,
                    container,
                };
                write!(f, " {place}")
            }
        }
    }
}

/// `node/n for 90s`.
fn parse_fail(rest: &str) -> Result<Command, CommandError> {
    let Some((node, lasts)) = rest.split_once(" for ") else {
        return Ok(Command::Fail {
            what: Machine::parse(rest)?,
            lasts: None,
        });
    };
    let ns = parse_go_duration(lasts.trim()).map_err(CommandError)?;
    Ok(Command::Fail {
        what: Machine::parse(node.trim())?,
        lasts: Some(Duration(ns.unsigned_abs())),
    })
}

/// `pod/x -c web -n shop`.
fn parse_fault(rest: &str, what: ContainerFault) -> Result<Command, CommandError> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let place = Place::parse(&words).ok_or_else(|| {
        CommandError(format!(
            "{rest:?} names no container: write pod/NAME [-c CONTAINER] [-n NAMESPACE]"
        ))
    })?;
    Ok(Command::Fault {
        namespace: place.namespace,
        pod: place.pod,
        container: place.container,
        what,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_read_as_they_are_written() {
        let texts = [
            "kubectl scale deployment/web --replicas=3",
            "fetch http://web.example.com/cart?x=1",
            "fetch http://web:8080/ from pod/shop/client",
            "fetch http://web/it's",
            "fetch -X POST http://web:8080/ from pod/shop/client",
            "fetch -X GET -H 'Host: shop.example.com' -H 'X-Quote: '\\''' http://203.0.113.10/",
            "fetch -X GET 'http://a b/'",
            "fetch -X GET ''",
            "fail node/node-2",
            "fail node/node-2 for 1m30s",
            "fail driver/disk.csi.example.com",
            "recover server/files.example.com",
            "recover node/node-2",
            "kill pod/a",
            "exit 3 pod/a -c web",
            "oom pod/a -n shop",
            "fail-probes pod/a -c web -n shop",
            "pass-probes pod/a",
            "exec pod/a -- ls",
            "exec pod/a -c web -n shop -- sh -c 'echo '\\''a b'\\'' > /tmp/x' ''",
            "request GET /api/v1/pods?limit=5",
            "request PATCH /api/v1/nodes/a application/merge-patch+json",
        ];
        for text in texts {
            assert_eq!(
                Command::parse(text, "").map(|command| command.to_string()).as_deref(),
                Ok(text)
            );
        }
    }

    #[test]
    fn what_is_no_command_says_why() {
        let cases = [
            (
                "dance",
                "unknown command \"dance\": there are kubectl, fetch, fail, recover, kill, oom, exit, fail-probes, pass-probes, exec, request",
            ),
            (
                "fail x",
                "\"x\" names no node: write node/NAME, driver/NAME or server/NAME",
            ),
            ("fail node/x for ever", "time: invalid duration \"ever\""),
            (
                "kill web",
                "\"web\" names no container: write pod/NAME [-c CONTAINER] [-n NAMESPACE]",
            ),
            (
                "exec pod/a ls",
                "\"pod/a ls\" names no program: write pod/NAME [-c CONTAINER] [-n NAMESPACE] -- PROGRAM",
            ),
            ("request GET", "\"GET\" is no request: write METHOD PATH [CONTENT-TYPE]"),
            ("exit now pod/a", "\"now\" is no exit code"),
            (
                "fetch http://web from the moon",
                "\"the moon\" sends no requests: write internet, pod/NAME, pod/NAMESPACE/NAME or node/NAME",
            ),
            (
                "fetch -H nothing http://web",
                "\"-H nothing http://web\" is no request: write [-X METHOD] [-H 'NAME: VALUE'] URL [from ORIGIN]",
            ),
            (
                "fetch -X GET",
                "\"-X GET\" is no request: write [-X METHOD] [-H 'NAME: VALUE'] URL [from ORIGIN]",
            ),
        ];
        for (text, want) in cases {
            assert_eq!(Command::parse(text, ""), Err(CommandError(want.to_owned())));
        }
    }
}
