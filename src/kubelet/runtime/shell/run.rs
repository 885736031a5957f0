//! The shell as a machine: one operation a step.

use std::rc::Rc;

use super::Str;
use super::builtins::{Flow, builtin};
use super::code::{Block, Op, Redirect, RedirectKind, Simple, Word};
use super::expand::{Assigned, AssignedValue, Changes, Expander, Redirected, Stop};
use super::glob;
use super::state::{Condition, Flavour, Frame, FrameKind, Loop, Mode, Shell, Value};
use crate::kubelet::runtime::fs::FsError;
use crate::kubelet::runtime::kernel::{Input, Sys};
use crate::kubelet::runtime::process::{Base, Env, Fd, Fds, Program, Step, Wait};
use crate::kubelet::runtime::spec::Signal;
use crate::kubelet::runtime::tools;

/// The descriptor that reads a command substitution.
const SUBSTITUTE_FD: u32 = 1000;
/// Calls inside calls at most.
const FRAMES_MAX: usize = 400;

impl Shell {
    /// Runs one operation, or goes on with the one at hand.
    pub(crate) fn step(&mut self, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        match std::mem::replace(&mut self.mode, Mode::Fetch) {
            Mode::Fetch => {}
            Mode::Foreground { pid } => {
                let Some(code) = sys.reap(pid) else {
                    self.mode = Mode::Foreground { pid };
                    return Step::Wait(Wait::Child(pid));
                };
                self.status = code;
                return Step::Ready;
            }
            Mode::Pipeline { pids, done } => return self.join_pipeline(pids, done, sys),
            Mode::Substitute { pid, pipe, bytes } => return self.read_substitute(pid, pipe, bytes, base, sys),
            Mode::Builtin { argv, restore, partial } => {
                if base.pending.is_empty() || &*argv[0] != "wait" {
                    return self.call_builtin(argv, restore, partial, base, sys);
                }
                self.status = 128 + i32::from(base.pending[0].number());
                self.after_builtin(restore, base);
            }
            Mode::Slurp { bytes } => return self.slurp(bytes, base, sys),
        }
        if let Some(signal) = base.pending.first().copied() {
            base.pending.remove(0);
            self.enter_trap(signal, base, sys);
            return Step::Ready;
        }
        let Some(frame) = self.frames.last_mut() else {
            return self.finish();
        };
        let block = Rc::clone(&frame.block);
        let Some(op) = block.get(frame.at as usize) else {
            return self.pop_frame(base);
        };
        frame.at += 1;
        self.substitutes_used = 0;
        let step = self.run(op, base, sys);
        if !matches!(step, Err(Stop::Substitute(_))) {
            self.substitutes.clear();
        }
        match step {
            Ok(step) => step,
            Err(Stop::Substitute(block)) => {
                self.frames.last_mut().expect("the operation is in a frame").at -= 1;
                self.begin_substitute(&block, base, sys)
            }
            Err(Stop::Fail(text)) => {
                sys.err(base, &self.complain(&text));
                self.leave(if self.flavour == Flavour::Bash { 1 } else { 2 })
            }
        }
    }

    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("an operation runs in a frame")
    }

    fn jump(&mut self, offset: i32) {
        let frame = self.frame();
        frame.at = frame.at.wrapping_add_signed(offset);
    }

    fn run(&mut self, op: &Op, base: &mut Base, sys: &mut Sys<'_, '_>) -> Result<Step, Stop> {
        match op {
            Op::Simple(simple) => return self.simple(simple, base, sys),
            Op::Jump(offset) => self.jump(*offset),
            Op::JumpIfFail(offset) if self.status != 0 => self.jump(*offset),
            Op::JumpIfOk(offset) if self.status == 0 => self.jump(*offset),
            Op::JumpIfFail(_) | Op::JumpIfOk(_) => {}
            Op::SetStatus(status) => self.status = *status,
            Op::Not => self.status = i32::from(self.status == 0),
            Op::Check => {
                if self.options.errexit && self.status != 0 && self.conditions == 0 {
                    return Ok(self.leave(self.status));
                }
            }
            Op::CondEnter => self.conditions += 1,
            Op::CondLeave => self.conditions = self.conditions.saturating_sub(1),
            Op::Pipeline(blocks) => return Ok(self.pipeline(blocks, base, sys)),
            Op::Background(block) => self.background(block, base, sys),
            Op::Subshell(block) => return Ok(self.subshell(block, base, sys)),
            Op::Redirect(redirects, offset) => self.redirect(redirects, *offset, base, sys)?,
            Op::Unredirect => {
                if let Some(fds) = self.frame().redirects.pop() {
                    base.fds = fds;
                }
            }
            Op::LoopEnter(jumps) => self.enter_loop(Rc::new([]), jumps.after, jumps.again),
            Op::ForEnter(words, jumps) => {
                let items = match words {
                    Some(words) => self.expand(base, sys, |expander| expander.words(words))?.into(),
                    None => Rc::clone(&self.args),
                };
                self.enter_loop(items, jumps.after, jumps.again);
            }
            Op::ForNext(name, offset) => self.next_item(name, *offset),
            Op::LoopMark => {
                let status = self.status;
                self.frame().loops.last_mut().expect("in a loop").status = status;
            }
            Op::LoopLeave => self.status = self.frame().loops.pop().map_or(0, |over| over.status),
            Op::CaseEnter(word) => {
                let subject = self.expand(base, sys, |expander| expander.text(word))?;
                self.frame().cases.push(subject.into());
            }
            Op::CaseTest(patterns, offset) => self.case_test(patterns, *offset, base, sys)?,
            Op::CaseLeave => drop(self.frame().cases.pop()),
            Op::Define(name, block) => {
                Rc::make_mut(&mut self.functions).insert(name.clone(), Rc::clone(block));
                self.status = 0;
            }
            Op::Cond(condition) => {
                let holds = self.cond(condition, base, sys)?;
                self.status = i32::from(!holds);
            }
            Op::Arith(expression) => {
                let value = self.expand(base, sys, |expander| expander.arith(expression))?;
                self.status = i32::from(value == 0);
            }
        }
        Ok(Step::Ready)
    }

    /// Expands something and makes the changes that come with it.
    pub(super) fn expand<T>(
        &mut self,
        base: &Base,
        sys: &mut Sys<'_, '_>,
        what: impl FnOnce(&mut Expander<'_, '_>) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let mut expander = Expander::new(self, base, sys.fs, sys.kernel.random.clone());
        let value = what(&mut expander)?;
        let changes: Changes = expander.finish();
        changes.commit(self, &mut sys.kernel.random).map_err(Stop::Fail)?;
        Ok(value)
    }

    /// Goes into an arm of a `case`, or past it.
    fn case_test(&mut self, patterns: &[Word], offset: i32, base: &Base, sys: &mut Sys<'_, '_>) -> Result<(), Stop> {
        let patterns = self.expand(base, sys, |expander| {
            patterns
                .iter()
                .map(|word| expander.pattern(word))
                .collect::<Result<Vec<_>, _>>()
        })?;
        let subject = self.frame().cases.last().cloned().expect("CaseEnter came before");
        if !patterns.iter().any(|pattern| glob::matches(pattern, &subject)) {
            self.jump(offset);
        }
        Ok(())
    }

    /// Takes the next word of a `for`, or leaves it.
    fn next_item(&mut self, name: &str, offset: i32) {
        let current = self.frame().loops.last_mut().expect("ForEnter came before");
        match current.items.get(current.next as usize).cloned() {
            Some(item) => {
                current.next += 1;
                self.set_var(name, &item);
            }
            None => self.jump(offset),
        }
    }

    fn enter_loop(&mut self, items: Rc<[Str]>, after: i32, again: i32) {
        let conditions = self.conditions;
        let frame = self.frame();
        let at = |offset: i32| frame.at.wrapping_add_signed(offset);
        let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let entered = Loop {
            items,
            next: 0,
            after: at(after),
            again: at(again),
            status: 0,
            cases: size(frame.cases.len()),
            redirects: size(frame.redirects.len()),
            conditions,
        };
        frame.loops.push(entered);
    }

    /// `break` or `continue` of the loop `levels` out.
    pub(super) fn leave_loops(&mut self, levels: usize, again: bool, base: &mut Base) {
        let frame = self.frames.last_mut().expect("a builtin runs in a frame");
        if frame.loops.is_empty() {
            return;
        }
        let index = frame.loops.len().saturating_sub(levels.max(1));
        let target = &frame.loops[index];
        frame.at = if again { target.again } else { target.after };
        frame.cases.truncate(target.cases as usize);
        self.conditions = target.conditions;
        let keep = target.redirects as usize;
        if let Some(fds) = frame.redirects.get(keep).cloned() {
            base.fds = fds;
            frame.redirects.truncate(keep);
        }
        frame.loops.truncate(if again { index + 1 } else { index });
    }

    fn simple(&mut self, simple: &Simple, base: &mut Base, sys: &mut Sys<'_, '_>) -> Result<Step, Stop> {
        self.line = simple.line;
        let mut expander = Expander::new(self, base, sys.fs, sys.kernel.random.clone());
        let argv = expander.words(&simple.words)?;
        let redirects = expander.redirects(&simple.redirects)?;
        let assigns = expander.assigns(&simple.assigns)?;
        let changes = expander.finish();
        changes.commit(self, &mut sys.kernel.random).map_err(Stop::Fail)?;
        self.trace(&argv, &assigns, base, sys);
        let before = base.fds.clone();
        if let Err(text) = self.apply_redirects(&redirects, base, sys) {
            base.fds = before;
            sys.err(base, &text);
            self.status = 1;
            return Ok(Step::Ready);
        }
        if argv.is_empty() {
            base.fds = before;
            self.status = self.substitute_status.take().unwrap_or(0);
            for assign in assigns {
                self.assign(assign);
            }
            return Ok(Step::Ready);
        }
        self.substitute_status = None;
        Ok(self.command(argv.into(), assigns, before, base, sys))
    }

    /// Calls a function or builtin, or starts a program. `before` are the descriptors to go back to.
    fn command(
        &mut self,
        argv: Rc<[Str]>,
        assigns: Vec<Assigned>,
        before: Fds,
        base: &mut Base,
        sys: &mut Sys<'_, '_>,
    ) -> Step {
        if let Some(body) = self.functions.get(&argv[0]).cloned() {
            if self.frames.len() > FRAMES_MAX {
                sys.err(base, &self.complain("maximum function nesting level exceeded"));
                return self.leave(2);
            }
            for assign in assigns {
                self.assign(assign);
            }
            let args = std::mem::replace(&mut self.args, argv[1..].into());
            self.push(
                body,
                FrameKind::Function {
                    args,
                    hidden: Vec::new(),
                },
                Some(before),
            );
            return Step::Ready;
        }
        if builtin(&argv[0]).is_some() {
            let persists = matches!(&*argv[0], "exec" | "eval" | "." | "source" | ":");
            for assign in assigns {
                if !persists {
                    self.hidden
                        .push((assign.name.clone(), self.vars.get(&assign.name).cloned()));
                }
                if &*argv[0] == "exec" {
                    self.change_var(&assign.name, |var| var.is_exported = true);
                }
                self.assign(assign);
            }
            let restore = if &*argv[0] == "exec" { None } else { Some(before) };
            return self.call_builtin(argv, restore, String::new(), base, sys);
        }
        let env = self.command_env(assigns);
        let mut child = base.fork();
        child.fds.close(SUBSTITUTE_FD);
        child.env = env;
        child.argv = argv;
        let found = tools::find(&child, sys);
        if let Err(missing) = found {
            let text = self.complain(&missing.shell_text(self.flavour == Flavour::Bash));
            sys.err(base, &text);
            base.fds = before;
            self.status = missing.exit_code();
            return Step::Ready;
        }
        base.fds = before;
        self.foreground(child, Program::Exec, base, sys)
    }

    fn command_env(&mut self, assigns: Vec<Assigned>) -> Env {
        let mut env = self.environment();
        for assign in assigns {
            if let AssignedValue::Scalar(text) = assign.value {
                Rc::make_mut(&mut env).insert(assign.name, text.into());
            }
        }
        env
    }

    fn foreground(&mut self, child: Base, program: Program, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        match sys.spawn(child, program) {
            Some(pid) => {
                self.mode = Mode::Foreground { pid };
                Step::Wait(Wait::Child(pid))
            }
            None => {
                sys.err(base, &self.complain("can't fork: Resource temporarily unavailable"));
                self.leave(2)
            }
        }
    }

    pub(super) fn call_builtin(
        &mut self,
        argv: Rc<[Str]>,
        restore: Option<Fds>,
        mut partial: String,
        base: &mut Base,
        sys: &mut Sys<'_, '_>,
    ) -> Step {
        let run = builtin(&argv[0]).expect("the caller looked it up");
        let depth = self.frames.len();
        let flow = run(self, base, sys, &argv, &mut partial);
        match flow {
            Flow::Wait(wait) => {
                self.mode = Mode::Builtin { argv, restore, partial };
                return Step::WaitOrSignal(wait);
            }
            Flow::Status(status) => self.status = status,
            Flow::Entered => {
                // The descriptors go back when the frame that was pushed ends.
                if self.frames.len() > depth {
                    self.frame().restore = restore;
                    return Step::Ready;
                }
            }
            Flow::Exit(code) => {
                self.after_builtin(restore, base);
                return self.leave(code);
            }
            Flow::Become => return Step::Become(Program::Exec),
            Flow::Jumped => self.status = 0,
            Flow::Return(status) => {
                self.after_builtin(restore, base);
                self.status = status;
                return self.return_from(base);
            }
        }
        self.after_builtin(restore, base);
        Step::Ready
    }

    fn after_builtin(&mut self, restore: Option<Fds>, base: &mut Base) {
        for (name, var) in std::mem::take(&mut self.hidden).into_iter().rev() {
            self.put_back(&name, var);
        }
        if let Some(fds) = restore {
            base.fds = fds;
        }
    }

    fn put_back(&mut self, name: &Str, var: Option<super::state::Var>) {
        self.env = None;
        let vars = Rc::make_mut(&mut self.vars);
        match var {
            Some(var) => drop(vars.insert(name.clone(), var)),
            None => drop(vars.remove(name)),
        }
    }

    pub(super) fn assign(&mut self, assign: Assigned) {
        let old = self.vars.get(&assign.name).map(|var| var.value.clone());
        let value = match (assign.value, assign.index, old) {
            (AssignedValue::Scalar(text), None, Some(Value::Scalar(old))) if assign.append => {
                Value::Scalar(format!("{old}{text}").into())
            }
            (AssignedValue::Scalar(text), None, _) => Value::Scalar(text.into()),
            (AssignedValue::Scalar(text), Some(index), old) => {
                let mut items = match old {
                    Some(Value::Array(items)) => items,
                    Some(Value::Scalar(first)) => [(0, first)].into(),
                    _ => Default::default(),
                };
                items.insert(index, text.into());
                Value::Array(items)
            }
            (AssignedValue::Array(more), _, old) => {
                let mut items = match old {
                    Some(Value::Array(items)) if assign.append => items,
                    _ => Default::default(),
                };
                let next = items.keys().last().map_or(0, |last| last + 1);
                items.extend((next..).zip(more));
                Value::Array(items)
            }
        };
        self.change_var(&assign.name, |var| var.value = value);
    }

    fn trace(&self, argv: &[Str], assigns: &[Assigned], base: &mut Base, sys: &mut Sys<'_, '_>) {
        if !self.options.xtrace {
            return;
        }
        let mut words: Vec<String> = Vec::new();
        for assign in assigns {
            if let AssignedValue::Scalar(text) = &assign.value {
                words.push(format!("{}={}", assign.name, quote_trace(text)));
            }
        }
        words.extend(argv.iter().map(|word| quote_trace(word)));
        if !words.is_empty() {
            sys.err(base, &format!("+ {}\n", words.join(" ")));
        }
    }

    fn redirect(
        &mut self,
        redirects: &Rc<[Redirect]>,
        offset: i32,
        base: &mut Base,
        sys: &mut Sys<'_, '_>,
    ) -> Result<(), Stop> {
        let redirects = self.expand(base, sys, |expander| expander.redirects(redirects))?;
        let before = base.fds.clone();
        match self.apply_redirects(&redirects, base, sys) {
            Ok(()) => self.frame().redirects.push(before),
            Err(text) => {
                base.fds = before;
                sys.err(base, &text);
                self.status = 1;
                self.jump(offset);
            }
        }
        Ok(())
    }

    fn apply_redirects(&self, redirects: &[Redirected], base: &mut Base, sys: &mut Sys<'_, '_>) -> Result<(), String> {
        for redirect in redirects {
            let target = &redirect.target;
            let truncate = matches!(redirect.kind, RedirectKind::Write | RedirectKind::Both);
            let opened = match redirect.kind {
                RedirectKind::Read => sys.open_read(base, target),
                RedirectKind::Here => Ok(sys.filled_pipe(target.as_bytes())),
                RedirectKind::Duplicate if target == "-" => {
                    base.fds.close(redirect.fd);
                    continue;
                }
                RedirectKind::Duplicate => {
                    let from = target.parse().ok().and_then(|fd| base.fds.get(fd));
                    from.ok_or(FsError::InvalidArgument)
                }
                RedirectKind::ReadWrite => sys.open_write(base, target, false),
                _ => sys.open_write(base, target, truncate),
            };
            let fd = opened.map_err(|error| self.redirect_text(redirect, error))?;
            base.fds.set(redirect.fd, fd);
            if matches!(redirect.kind, RedirectKind::Both | RedirectKind::BothAppend) {
                base.fds.set(2, fd);
            }
        }
        Ok(())
    }

    fn redirect_text(&self, redirect: &Redirected, error: FsError) -> String {
        let target = &redirect.target;
        let missing = matches!(error, FsError::NotFound | FsError::NotDirectory);
        let reads = redirect.kind == RedirectKind::Read;
        let text = match (redirect.kind, self.flavour) {
            (RedirectKind::Duplicate, Flavour::Bash) => format!("{target}: Bad file descriptor"),
            (RedirectKind::Duplicate, _) => format!("{target}: bad file descriptor"),
            (_, Flavour::Bash) => format!("{target}: {error}"),
            (_, Flavour::Dash) if reads && missing => format!("cannot open {target}: No such file"),
            (_, Flavour::Dash) if reads => format!("cannot open {target}: {error}"),
            (_, Flavour::Dash) if missing => format!("cannot create {target}: Directory nonexistent"),
            (_, Flavour::Dash) => format!("cannot create {target}: {error}"),
            (_, Flavour::Ash) if reads && missing => format!("can't open {target}: no such file"),
            (_, Flavour::Ash) if reads => format!("can't open {target}: {error}"),
            (_, Flavour::Ash) if missing => format!("can't create {target}: nonexistent directory"),
            (_, Flavour::Ash) => format!("can't create {target}: {error}"),
        };
        self.complain(&text)
    }

    fn child(&mut self, block: &Block, base: &Base) -> (Base, Program) {
        let mut child = base.fork();
        child.fds.close(SUBSTITUTE_FD);
        child.env = self.environment();
        (child, Program::Shell(Box::new(self.fork(Rc::clone(block)))))
    }

    fn subshell(&mut self, block: &Block, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        let (child, program) = self.child(block, base);
        self.foreground(child, program, base, sys)
    }

    fn background(&mut self, block: &Block, base: &Base, sys: &mut Sys<'_, '_>) {
        let (mut child, program) = self.child(block, base);
        child.fds.set(0, Fd::Null);
        child.ignored.extend([Signal::Int, Signal::Quit]);
        if let Some(pid) = sys.spawn(child, program) {
            self.background = Some(pid);
            self.jobs.push(pid);
        }
        self.status = 0;
    }

    fn pipeline(&mut self, blocks: &Rc<[Block]>, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        let mut pids = Vec::new();
        let mut input: Option<u32> = None;
        for (index, block) in blocks.iter().enumerate() {
            let (mut child, program) = self.child(block, base);
            if let Some(pipe) = input {
                child.fds.set(0, Fd::Read(pipe));
            }
            input = None;
            if index + 1 < blocks.len() {
                let pipe = sys.pipe();
                child.fds.set(1, Fd::Write(pipe));
                input = Some(pipe);
            }
            if let Some(pid) = sys.spawn(child, program) {
                pids.push(pid);
            }
        }
        if pids.len() < blocks.len() {
            sys.err(base, &self.complain("can't fork: Resource temporarily unavailable"));
        }
        self.mode = Mode::Pipeline { pids, done: Vec::new() };
        Step::Ready
    }

    fn join_pipeline(&mut self, pids: Vec<u32>, mut done: Vec<i32>, sys: &mut Sys<'_, '_>) -> Step {
        while let Some(pid) = pids.get(done.len()).copied() {
            match sys.reap(pid) {
                Some(code) => done.push(code),
                None => {
                    self.mode = Mode::Pipeline { pids, done };
                    return Step::Wait(Wait::Child(pid));
                }
            }
        }
        let failed = done.iter().rev().copied().find(|code| *code != 0);
        let last = done.last().copied().unwrap_or(1);
        self.status = if self.options.pipefail {
            failed.unwrap_or(0)
        } else {
            last
        };
        Step::Ready
    }

    fn begin_substitute(&mut self, block: &Block, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        let pipe = sys.pipe();
        let (mut child, program) = self.child(block, base);
        child.fds.set(1, Fd::Write(pipe));
        base.fds.set(SUBSTITUTE_FD, Fd::Read(pipe));
        let Some(pid) = sys.spawn(child, program) else {
            sys.err(base, &self.complain("can't fork: Resource temporarily unavailable"));
            return self.leave(2);
        };
        self.mode = Mode::Substitute {
            pid,
            pipe,
            bytes: Vec::new(),
        };
        Step::Ready
    }

    fn read_substitute(
        &mut self,
        pid: u32,
        pipe: u32,
        mut bytes: Vec<u8>,
        base: &mut Base,
        sys: &mut Sys<'_, '_>,
    ) -> Step {
        let wait = match sys.read(base, SUBSTITUTE_FD, usize::MAX) {
            Input::Bytes(more) => {
                bytes.extend(more);
                None
            }
            Input::Zeros(_) => None,
            Input::Wait(wait) => Some(wait),
            Input::End => match sys.reap(pid) {
                Some(code) => {
                    base.fds.close(SUBSTITUTE_FD);
                    let text = String::from_utf8_lossy(&bytes).replace('\0', "");
                    self.substitutes.push(text.trim_end_matches('\n').into());
                    self.substitute_status = Some(code);
                    self.status = code;
                    return Step::Ready;
                }
                None => Some(Wait::Child(pid)),
            },
        };
        self.mode = Mode::Substitute { pid, pipe, bytes };
        wait.map_or(Step::Ready, Step::Wait)
    }

    fn slurp(&mut self, mut bytes: Vec<u8>, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        match sys.read(base, 0, usize::MAX) {
            Input::Bytes(more) => bytes.extend(more),
            Input::Zeros(_) | Input::End => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                match self.parse(&text) {
                    Ok(block) => self.push(block, FrameKind::Script, None),
                    Err(message) => {
                        sys.err(base, &message);
                        return Step::Exit(2);
                    }
                }
                return Step::Ready;
            }
            Input::Wait(wait) => {
                self.mode = Mode::Slurp { bytes };
                return Step::Wait(wait);
            }
        }
        self.mode = Mode::Slurp { bytes };
        Step::Ready
    }

    fn enter_trap(&mut self, signal: Signal, base: &mut Base, sys: &mut Sys<'_, '_>) {
        let Some(action) = self.traps.get(&Condition::Signal(signal)).cloned() else {
            return;
        };
        match self.parse(&action) {
            Ok(block) => {
                let status = self.status;
                self.push(block, FrameKind::Trap { status }, None);
            }
            Err(message) => sys.err(base, &message),
        }
    }

    /// Ends the shell with a code, after the `EXIT` trap.
    pub(super) fn leave(&mut self, code: i32) -> Step {
        if self.leaving.is_none()
            && let Some(action) = self.traps.get(&Condition::Exit).cloned()
            && let Ok(block) = self.parse(&action)
        {
            self.leaving = Some(code);
            self.frames.clear();
            self.conditions = 0;
            self.status = code;
            self.push(block, FrameKind::Trap { status: code }, None);
            return Step::Ready;
        }
        Step::Exit(code & 0xff)
    }

    /// The script is over.
    fn finish(&mut self) -> Step {
        match self.leaving {
            Some(code) => Step::Exit(code & 0xff),
            None => self.leave(self.status),
        }
    }

    fn pop_frame(&mut self, base: &mut Base) -> Step {
        let frame = self.frames.pop().expect("the caller saw it");
        if let Some(fds) = frame.redirects.first().cloned().or(frame.restore) {
            base.fds = fds;
        }
        self.conditions = frame.conditions;
        match frame.kind {
            FrameKind::Function { args, hidden } => {
                self.args = args;
                for (name, var) in hidden.into_iter().rev() {
                    self.put_back(&name, var);
                }
            }
            FrameKind::Source { args: Some(args) } => self.args = args,
            FrameKind::Trap { status } => self.status = status,
            FrameKind::Script | FrameKind::Eval | FrameKind::Source { args: None } => {}
        }
        Step::Ready
    }

    /// `return`: leaves the innermost function or sourced file.
    fn return_from(&mut self, base: &mut Base) -> Step {
        while let Some(frame) = self.frames.last() {
            let ends = matches!(
                frame.kind,
                FrameKind::Function { .. } | FrameKind::Source { .. } | FrameKind::Trap { .. }
            );
            if frame.redirects.is_empty() && matches!(frame.kind, FrameKind::Script) {
                return self.leave(self.status);
            }
            let status = self.status;
            self.pop_frame(base);
            self.status = status;
            if ends {
                break;
            }
        }
        Step::Ready
    }
}

fn quote_trace(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c));
    if is_plain {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
