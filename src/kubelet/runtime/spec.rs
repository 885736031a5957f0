//! What the kubelet tells the runtime about a container, and what it hears back.

use std::fmt;

use super::Str;
use super::behaviour::Behaviour;
use super::vfs::{Mount, User};
use crate::sim::SimTime;

/// One container, ready to run: references resolved, `$(VAR)` expanded, volumes named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ContainerSpec {
    /// The image as the Pod names it.
    pub image: Str,
    /// Replaces the image's entrypoint; empty keeps it.
    pub command: Vec<Str>,
    /// Replaces the image's arguments; empty keeps them unless `command` is given.
    pub args: Vec<Str>,
    /// Environment, in order; it wins over the image's own.
    pub env: Vec<(Str, Str)>,
    /// Working directory; empty for the image's.
    pub working_dir: Str,
    /// Container ports declared in the Pod.
    pub ports: Vec<u16>,
    /// Volumes mounted.
    pub mounts: Vec<Mount>,
    /// The pod's host name.
    pub hostname: Str,
    /// The pod's address; empty when there is none.
    pub ip: Str,
    /// The domain of the host name; empty for none.
    pub domain: Str,
    /// Lines that end `/etc/hosts`.
    pub host_aliases: Str,
    /// The `/etc/resolv.conf` that the kubelet writes; empty where the runtime tests need none.
    pub resolv_conf: Str,
    /// Keeps standard input open.
    pub stdin: bool,
    /// Has a terminal.
    pub tty: bool,
    /// Memory limit in bytes; 0 for none.
    pub memory_limit_bytes: u64,
    /// Processor limit in thousandths of a core; 0 for none.
    pub cpu_limit_milli: u32,
    /// Ports on which other containers of the pod listen when it starts.
    pub taken_ports: Vec<u16>,
    /// Runs as this user; none for the image's.
    pub user: Option<User>,
    /// The root tree cannot be written.
    pub read_only_root: bool,
    /// Where the termination message is read from; empty for `/dev/termination-log`.
    pub termination_message_path: Str,
    /// The scenario's behaviour for it, if any.
    pub behaviour: Option<Behaviour>,
    /// The container is meant to end by itself (an init container, a Job's pod): an unknown program ends after some
    /// seconds instead of serving forever.
    pub completes: bool,
    /// Unix time of the cluster's start, in seconds.
    pub epoch_unix_s: i64,
    /// Seed of what the container draws (`$RANDOM`, `mktemp`): one of its own for each container and restart.
    pub seed: u64,
}

impl ContainerSpec {
    /// The whole name of the host.
    pub(crate) fn full_name(&self) -> String {
        if self.domain.is_empty() {
            return self.hostname.to_string();
        }
        format!("{}.{}", self.hostname, self.domain)
    }

    /// `/etc/hosts` as the kubelet writes it.
    // Models pkg/kubelet managedHostsFileContent
    pub(crate) fn hosts(&self) -> String {
        let short = if self.domain.is_empty() { "" } else { "\t" };
        let alias = if self.domain.is_empty() { "" } else { &self.hostname };
        let (ip, name, aliases) = (&self.ip, self.full_name(), &self.host_aliases);
        format!("{HOSTS}{ip}\t{name}{short}{alias}\n{aliases}")
    }
}

const HOSTS: &str = "# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
";

/// Signals that processes know here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// SIGHUP
    Hup,
    /// SIGINT
    Int,
    /// SIGQUIT
    Quit,
    /// SIGKILL
    Kill,
    /// SIGUSR1
    Usr1,
    /// SIGSEGV
    Segv,
    /// SIGUSR2
    Usr2,
    /// SIGPIPE
    Pipe,
    /// SIGALRM
    Alrm,
    /// SIGTERM
    Term,
    /// SIGCHLD
    Chld,
    /// SIGCONT
    Cont,
    /// SIGWINCH
    Winch,
}

const SIGNALS: [(Signal, u8, &str); 13] = [
    (Signal::Hup, 1, "HUP"),
    (Signal::Int, 2, "INT"),
    (Signal::Quit, 3, "QUIT"),
    (Signal::Kill, 9, "KILL"),
    (Signal::Usr1, 10, "USR1"),
    (Signal::Segv, 11, "SEGV"),
    (Signal::Usr2, 12, "USR2"),
    (Signal::Pipe, 13, "PIPE"),
    (Signal::Alrm, 14, "ALRM"),
    (Signal::Term, 15, "TERM"),
    (Signal::Chld, 17, "CHLD"),
    (Signal::Cont, 18, "CONT"),
    (Signal::Winch, 28, "WINCH"),
];

impl Signal {
    /// The number on Linux.
    #[must_use]
    pub fn number(self) -> u8 {
        SIGNALS
            .iter()
            .find(|(signal, ..)| *signal == self)
            .map_or(0, |(_, number, _)| *number)
    }

    /// The name without `SIG`.
    #[must_use]
    pub fn name(self) -> &'static str {
        SIGNALS
            .iter()
            .find(|(signal, ..)| *signal == self)
            .map_or("", |(.., name)| *name)
    }

    /// Reads `TERM`, `SIGTERM`, `term` or `15`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let found = SIGNALS
            .iter()
            .find(|(_, number, known)| *known == name || number.to_string() == text);
        found.map(|(signal, ..)| *signal)
    }

    /// What happens to a process that does nothing about it: whether it dies.
    #[must_use]
    pub const fn is_deadly(self) -> bool {
        !matches!(self, Self::Chld | Self::Cont | Self::Winch)
    }
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exit {
    /// Exit code; 128 plus the signal's number after a deadly signal.
    pub code: i32,
    /// The signal that killed it, if one did.
    pub signal: Option<Signal>,
    /// `Completed`, `Error` or `OOMKilled`.
    pub reason: Str,
    /// Content of the termination message file.
    pub message: Str,
    /// When.
    pub at: SimTime,
}

/// Why a container could not start: the text of the terminated state's message and of the `Failed` event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StartError {
    /// Exit code of the terminated state, 128.
    pub code: i32,
    /// containerd's and runc's words.
    pub message: String,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A command started in a running container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExecId(pub u32);

/// What came of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ExecResult {
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// Its exit code.
    pub exit_code: i32,
}

/// Which of the two output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_read_by_name_and_number() {
        let cases = [
            ("TERM", Some(Signal::Term)),
            ("SIGTERM", Some(Signal::Term)),
            ("sigint", Some(Signal::Int)),
            ("15", Some(Signal::Term)),
            ("9", Some(Signal::Kill)),
            ("EXIT", None),
            ("0", None),
        ];
        for (text, want) in cases {
            assert_eq!(Signal::parse(text), want, "{text}");
        }
        assert_eq!(Signal::Kill.number(), 9);
    }
}
