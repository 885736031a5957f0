//! Tools that run other programs: `timeout`, `env`, and what `xargs` and `find -exec` become.

use std::collections::VecDeque;
use std::rc::Rc;

use super::Str;
use super::numbers::parse_span;
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::process::{Base, Program, Step, Wait};
use crate::kubelet::runtime::spec::Signal;
use crate::sim::SimTime;

/// Runs commands one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Batch {
    todo: VecDeque<Rc<[Str]>>,
    running: Option<u32>,
    /// When to end the running one, with what, and the code then.
    limit: Option<(SimTime, Signal, i32)>,
    is_late: bool,
    /// Makes of a failure code what the tool returns: `xargs` says 123.
    failure: Option<i32>,
    code: i32,
}

impl Batch {
    pub(crate) fn new(commands: Vec<Rc<[Str]>>, failure: Option<i32>) -> Self {
        Self {
            todo: commands.into(),
            running: None,
            limit: None,
            is_late: false,
            failure,
            code: 0,
        }
    }

    pub(crate) fn step(&mut self, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        if let Some(signal) = base.pending.pop()
            && let Some(pid) = self.running
        {
            sys.send_signal(pid, signal);
        }
        if let Some(pid) = self.running {
            match sys.reap(pid) {
                Some(code) => {
                    self.running = None;
                    if self.is_late {
                        return Step::Exit(self.limit.map_or(124, |(.., code)| code));
                    }
                    if code != 0 {
                        self.code = self.failure.unwrap_or(code);
                    }
                    return Step::Ready;
                }
                None => return self.wait(pid, sys),
            }
        }
        let Some(argv) = self.todo.pop_front() else {
            return Step::Exit(self.code);
        };
        let mut child = base.fork();
        child.argv = argv;
        if let Err(missing) = super::find(&child, sys) {
            let text = format!(
                "{}: can't execute '{}': No such file or directory\n",
                base.name(),
                child.argv[0]
            );
            sys.err(base, &text);
            return Step::Exit(missing.exit_code());
        }
        match sys.spawn(child, Program::Exec) {
            Some(pid) => self.running = Some(pid),
            None => return Step::Exit(126),
        }
        Step::Ready
    }

    fn wait(&mut self, pid: u32, sys: &mut Sys<'_, '_>) -> Step {
        match self.limit {
            Some((at, signal, _)) if !self.is_late => {
                if sys.now >= at {
                    self.is_late = true;
                    sys.send_signal(pid, signal);
                    return Step::Ready;
                }
                // The end of the child is looked for at the limit, or when a poll finds it before.
                Step::WaitOrSignal(Wait::ChildUntil(pid, at))
            }
            _ => Step::WaitOrSignal(Wait::Child(pid)),
        }
    }
}

/// `timeout [-s SIGNAL] [-k N] SECONDS command`
pub(super) fn timeout(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let mut signal = Signal::Term;
    let mut rest = args;
    while let Some((first, others)) = rest.split_first() {
        match &**first {
            "-s" | "-k" | "-t" => {
                if &**first == "-s" {
                    signal = others
                        .first()
                        .and_then(|name| Signal::parse(name))
                        .unwrap_or(Signal::Term);
                }
                if &**first == "-t" {
                    rest = others;
                    break;
                }
                rest = others.get(1..).unwrap_or_default();
            }
            flag if flag.starts_with('-') => rest = others,
            _ => break,
        }
    }
    let Some((span, command)) = rest.split_first() else {
        return Step::Exit(125);
    };
    let Some(span) = parse_span(span) else {
        let text = format!("timeout: invalid time interval '{span}'\n");
        sys.err(base, &text);
        return Step::Exit(125);
    };
    let mut batch = Batch::new(vec![command.into()], None);
    let code = if sys.host.image.userland == super::Userland::Debian {
        124
    } else {
        143
    };
    batch.limit = span.map(|span| (sys.now + span, signal, code));
    Step::Become(Program::Batch(Box::new(batch)))
}

/// `env [-i] [NAME=value]... command`, and wrappers that only run their command.
pub(super) fn env(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let name = base.name().to_owned();
    let mut rest = args;
    let mut env = Rc::clone(&base.env);
    if name == "su-exec" {
        rest = rest.get(1..).unwrap_or_default();
    }
    while let Some((first, others)) = rest.split_first() {
        if name == "env" && (&**first == "-i" || &**first == "-") {
            env = Rc::default();
        } else if name == "env" && &**first == "-u" {
            Rc::make_mut(&mut env).remove(others.first().map_or("", |name| name));
            rest = others.get(1..).unwrap_or_default();
            continue;
        } else if name == "nice" && &**first == "-n" {
            rest = others.get(1..).unwrap_or_default();
            continue;
        } else if let Some((key, value)) = first.split_once('=').filter(|_| name == "env") {
            Rc::make_mut(&mut env).insert(key.into(), value.into());
        } else if !first.starts_with('-') {
            break;
        }
        rest = others;
    }
    base.env = env;
    if rest.is_empty() {
        let lines: String = base.env.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
        sys.out(base, &lines);
        return Step::Exit(0);
    }
    run(base, sys, &name, rest)
}

pub(super) fn nohup(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    base.ignored.push(Signal::Hup);
    run(base, sys, "nohup", args)
}

fn run(base: &mut Base, sys: &mut Sys<'_, '_>, name: &str, command: &[Str]) -> Step {
    base.argv = command.into();
    match super::find(base, sys) {
        Ok(_) => Step::Become(Program::Exec),
        Err(missing) => {
            let text = format!(
                "{name}: can't execute '{}': No such file or directory\n",
                command.first().map_or("", |word| word)
            );
            sys.err(base, &text);
            Step::Exit(missing.exit_code())
        }
    }
}
