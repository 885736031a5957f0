//! One process: what it owns, what it runs, what it waits for.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::Str;
use super::kernel::Sys;
use super::net::EffectId;
use super::servers::Server;
use super::shell::Shell;
use super::spec::{ExecId, OutputStream, Signal};
use super::tools::{self, Batch, Fetch, Filter, Follow};
use crate::sim::{Duration, SimTime};

/// The environment handed on to children.
pub(crate) type Env = Rc<BTreeMap<Str, Str>>;

/// How long a server takes from TERM to its end.
pub(crate) const STOP_DELAY: Duration = Duration::from_millis(100);

/// What a file descriptor leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fd {
    /// The container's log.
    Log(OutputStream),
    /// The output of a command run by `exec`.
    Capture(ExecId, OutputStream),
    /// The reading end of a pipe.
    Read(u32),
    /// The writing end of a pipe.
    Write(u32),
    /// An open file.
    File(u32),
    Null,
    Zero,
    Random,
    /// A standard input that stays open and gives nothing.
    Silent,
}

/// The file descriptors of a process, few and in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Fds(Vec<(u32, Fd)>);

impl Fds {
    pub(crate) fn standard(input: Fd, output: Fd, error: Fd) -> Self {
        Self(vec![(0, input), (1, output), (2, error)])
    }

    pub(crate) fn get(&self, fd: u32) -> Option<Fd> {
        self.0.iter().find(|(known, _)| *known == fd).map(|(_, target)| *target)
    }

    pub(crate) fn set(&mut self, fd: u32, target: Fd) {
        match self.0.iter_mut().find(|(known, _)| *known == fd) {
            Some((_, old)) => *old = target,
            None => self.0.push((fd, target)),
        }
    }

    pub(crate) fn close(&mut self, fd: u32) {
        self.0.retain(|(known, _)| *known != fd);
    }

    pub(crate) fn holds(&self, target: Fd) -> bool {
        self.0.iter().any(|(_, held)| *held == target)
    }
}

/// What every process has, whatever it runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Base {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) argv: Rc<[Str]>,
    pub(crate) env: Env,
    pub(crate) cwd: Str,
    pub(crate) fds: Fds,
    /// Signals that came and have a handler.
    pub(crate) pending: Vec<Signal>,
    /// Signals that are ignored, by `trap ''` or `nohup`.
    pub(crate) ignored: Vec<Signal>,
    /// The `exec` that it was started by.
    pub(crate) exec: Option<ExecId>,
    /// Runs on behalf of an `exec`, be it as a child of its command.
    pub(crate) in_exec: bool,
    /// A write found no reader.
    pub(crate) broken_pipe: bool,
    /// A write filled this pipe.
    pub(crate) full_pipe: Option<u32>,
}

impl Base {
    /// A child's share: the same but for identity.
    pub(crate) fn fork(&self) -> Self {
        Self {
            parent: self.pid,
            pending: Vec::new(),
            exec: None,
            full_pipe: None,
            ..self.clone()
        }
    }

    /// The program's name for messages: the last part of its path.
    pub(crate) fn name(&self) -> &str {
        let first = self.argv.first().map_or("", |name| name);
        first.rsplit('/').next().unwrap_or(first)
    }

    pub(crate) fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(|value| &**value)
    }
}

/// What a process runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Program {
    /// `argv`, not looked up yet.
    Exec,
    Shell(Box<Shell>),
    /// A tool that works through its input.
    Filter(Box<Filter>),
    /// `tail -f`.
    Follow(Box<Follow>),
    /// A tool that asks the network.
    Fetch(Box<Fetch>),
    /// A tool that runs others, one after the other: `timeout`, `xargs`, `find -exec`.
    Batch(Box<Batch>),
    /// Ends with the code at a time.
    Sleep {
        until: SimTime,
        code: i32,
    },
    /// Does nothing for ever, for instance `pause`; ends on TERM with code 0 when `graceful`.
    Idle {
        graceful: bool,
        memory_bytes: u64,
        cpu_milli: u32,
    },
    Server(Box<Server>),
}

/// What a process waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wait {
    /// Nothing: it can run.
    Ready,
    Until(SimTime),
    /// The end of a child.
    Child(u32),
    /// The end of a child, or a time.
    ChildUntil(u32, SimTime),
    /// The end of any child.
    AnyChild,
    /// Something in a pipe.
    Readable(u32),
    /// Room in a pipe.
    Writable(u32),
    Effect(EffectId, SimTime),
    Forever,
}

/// What came of letting a process run a little.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// It can go on.
    Ready,
    Wait(Wait),
    /// As `Wait`, but a signal with a handler ends the wait.
    WaitOrSignal(Wait),
    Exit(i32),
    /// It runs another program now.
    Become(Program),
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Process {
    pub(crate) base: Base,
    pub(crate) program: Program,
    pub(crate) wait: Wait,
    pub(crate) interruptible: bool,
}

/// What a signal does to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disposition {
    Default,
    Ignore,
    /// A handler in the program, run when it gets to it.
    Handler,
    /// A server's: ends with this code after [`STOP_DELAY`].
    Stop(i32),
}

impl Process {
    pub(crate) fn new(base: Base, program: Program) -> Self {
        Self {
            base,
            program,
            wait: Wait::Ready,
            interruptible: false,
        }
    }

    pub(crate) fn step(&mut self, sys: &mut Sys<'_, '_>) -> Step {
        let Self { base, program, .. } = self;
        match program {
            Program::Exec => tools::start(base, sys),
            Program::Shell(shell) => shell.step(base, sys),
            Program::Filter(filter) => filter.step(base, sys),
            Program::Follow(follow) => follow.step(base, sys),
            Program::Fetch(fetch) => fetch.step(base, sys),
            Program::Batch(batch) => batch.step(base, sys),
            Program::Sleep { until, code } => {
                if sys.now >= *until {
                    Step::Exit(*code)
                } else {
                    Step::Wait(Wait::Until(*until))
                }
            }
            Program::Idle { .. } => Step::Wait(Wait::Forever),
            Program::Server(server) => server.step(base, sys),
        }
    }

    pub(crate) fn disposition(&self, signal: Signal) -> Disposition {
        if self.base.ignored.contains(&signal) {
            return Disposition::Ignore;
        }
        let stops = matches!(signal, Signal::Term | Signal::Int | Signal::Quit);
        match &self.program {
            Program::Shell(shell) if shell.has_trap(signal) => Disposition::Handler,
            Program::Batch(_) if stops => Disposition::Handler,
            Program::Server(server) if stops => server.stop_code().map_or(Disposition::Default, Disposition::Stop),
            Program::Server(_) if signal == Signal::Hup => Disposition::Ignore,
            Program::Idle { graceful: true, .. } if stops => Disposition::Stop(0),
            _ => Disposition::Default,
        }
    }

    /// Whether it, or a place it will return to, holds `target` open.
    pub(crate) fn holds(&self, target: Fd) -> bool {
        let saved = matches!(&self.program, Program::Shell(shell) if shell.holds(target));
        saved || self.base.fds.holds(target)
    }
}
