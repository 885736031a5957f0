//! The process table of one container: who runs, who waits, pipes, open files, signals.
//!
//! [`Kernel::run`] lets processes run until all of them wait. Nothing here looks at a clock: a wait for a time ends when
//! `run` is called at that time, and [`Kernel::next_wake`] says when that should be.

use crate::sim::btree::BTreeMap;

use super::container::Host;
use super::fs::{Device, FsError, Kind};
use super::logs::Logs;
use super::net::{Effect, EffectId, EffectRequest, EffectResult};
use super::process::{Base, Disposition, Env, Fd, Process, Program, STOP_DELAY, Step, Wait};
use super::spec::{ExecId, ExecResult, OutputStream, Signal};
use super::vfs::{Located, Vfs};
use crate::sim::{Duration, SimTime, Stream};

/// Bytes a pipe holds before its writer waits.
const PIPE_BYTES: usize = 64 << 10;
/// Bytes taken from a file or pipe at once.
const READ_BYTES: usize = 32 << 10;
/// Steps of one process before the next gets its turn.
const QUANTUM: u32 = 64;
/// Steps at one instant while a container has not been busy for long, and after that.
const STEPS_FRESH: u32 = 20_000;
const STEPS_BUSY: u32 = 1_000;
/// Slices of [`STEPS_FRESH`] steps granted to a busy container.
const FRESH_SLICES: u32 = 8;
/// How soon a busy container goes on: first and at most.
const SLICE_FIRST: Duration = Duration::from_millis(10);
const SLICE_MAX: Duration = Duration::from_secs(1);
/// Requests of one container: twenty a second, and twenty at once. A loop that does nothing but ask is slowed to that.
const REQUEST_GAP: Duration = Duration::from_millis(50);
const REQUEST_BURST: Duration = Duration::from_secs(1);
/// Processes in one container at most; beyond it `fork` fails.
const PROCESSES_MAX: usize = 500;
/// Bytes of a captured output kept at most.
const CAPTURE_BYTES: usize = 1 << 20;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Zombie {
    pid: u32,
    parent: u32,
    code: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct OpenFile {
    place: Located,
    offset: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Capture {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// How the container's first process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MainExit {
    pub(crate) code: i32,
    pub(crate) signal: Option<Signal>,
}

/// All processes of a container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Kernel {
    procs: BTreeMap<u32, Box<Process>>,
    zombies: Vec<Zombie>,
    pipes: BTreeMap<u32, Vec<u8>>,
    files: BTreeMap<u32, OpenFile>,
    captures: BTreeMap<ExecId, Capture>,
    /// Commands that ended and were not collected.
    pub(crate) done: BTreeMap<ExecId, ExecResult>,
    last_pid: u32,
    last_handle: u32,
    last_effect: u64,
    /// Wishes not handed to the owner yet.
    pub(crate) effects: Vec<Effect>,
    results: BTreeMap<EffectId, EffectResult>,
    signals: Vec<(u32, Signal)>,
    pub(crate) random: Stream,
    pub(crate) main_exit: Option<MainExit>,
    busy_until: Option<SimTime>,
    busy_slices: u32,
    /// When the requests made so far would be over at the steady rate.
    asked_until: SimTime,
    /// Ports on which other containers of the pod listen.
    pub(crate) taken_ports: Vec<u16>,
}

/// What a process sees of the world while it runs.
pub(crate) struct Sys<'a, 'w> {
    pub(crate) kernel: &'a mut Kernel,
    pub(super) fs: &'a mut Vfs<'w>,
    pub(crate) logs: &'a mut Logs,
    pub(crate) host: &'a Host,
    pub(crate) now: SimTime,
}

/// What a read gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    Bytes(Vec<u8>),
    /// So many zeros.
    Zeros(u64),
    End,
    Wait(Wait),
}

impl Kernel {
    pub(crate) fn new(random: Stream) -> Self {
        Self {
            procs: BTreeMap::new(),
            zombies: Vec::new(),
            pipes: BTreeMap::new(),
            files: BTreeMap::new(),
            captures: BTreeMap::new(),
            done: BTreeMap::new(),
            last_pid: 0,
            last_handle: 0,
            last_effect: 0,
            effects: Vec::new(),
            results: BTreeMap::new(),
            signals: Vec::new(),
            random,
            main_exit: None,
            busy_until: None,
            busy_slices: 0,
            asked_until: SimTime::ZERO,
            taken_ports: Vec::new(),
        }
    }

    /// Adds a process and gives it its id.
    pub(crate) fn add(&mut self, mut process: Process) -> u32 {
        self.last_pid += 1;
        process.base.pid = self.last_pid;
        self.procs.insert(self.last_pid, Box::new(process));
        self.last_pid
    }

    pub(crate) fn processes(&self) -> impl Iterator<Item = &Process> {
        self.procs.values().map(|process| &**process)
    }

    /// Whether a process could run at `now`.
    pub(crate) fn has_ready(&self, now: SimTime) -> bool {
        self.procs.values().any(|process| self.is_ready(process, now))
    }

    /// A pipe that already holds `bytes` and has no writer.
    pub(crate) fn filled_pipe(&mut self, bytes: &[u8]) -> Fd {
        self.last_handle += 1;
        self.pipes.insert(self.last_handle, bytes.to_vec());
        Fd::Read(self.last_handle)
    }

    /// The first process that `wanted` accepts, to change it.
    pub(crate) fn process_mut(&mut self, wanted: impl Fn(&Process) -> bool) -> Option<&mut Process> {
        self.procs
            .values_mut()
            .map(|process| &mut **process)
            .find(|process| wanted(process))
    }

    /// When to run again if nothing comes from outside.
    pub(crate) fn next_wake(&self) -> Option<SimTime> {
        let waits = self.procs.values().filter_map(|process| match process.wait {
            Wait::Until(at) | Wait::Effect(_, at) | Wait::ChildUntil(_, at) => Some(at),
            _ => None,
        });
        waits.chain(self.busy_until).min()
    }

    /// Whether a process computes without pause.
    pub(crate) const fn is_busy(&self) -> bool {
        self.busy_until.is_some()
    }

    /// Lets everything run that can, until all processes wait or the steps of this instant are used up.
    pub(super) fn run(&mut self, fs: &mut Vfs<'_>, logs: &mut Logs, host: &Host, now: SimTime) {
        let fresh = self.busy_slices < FRESH_SLICES;
        let mut steps = if fresh { STEPS_FRESH } else { STEPS_BUSY };
        loop {
            let mut progress = false;
            let pids: Vec<u32> = self.procs.keys().copied().collect();
            for pid in pids {
                let ready = self.procs.get(&pid).is_some_and(|process| self.is_ready(process, now));
                if ready && steps > 0 {
                    progress = true;
                    let used = self.run_process(pid, fs, logs, host, now, steps.min(QUANTUM));
                    steps = steps.saturating_sub(used);
                }
            }
            if !progress || self.main_exit.is_some() {
                self.busy_until = None;
                self.busy_slices = 0;
                break;
            }
            if steps == 0 {
                let slice = Duration(SLICE_FIRST.0 << self.busy_slices.min(7)).0.min(SLICE_MAX.0);
                // One core is computed on; with less of it the same work takes longer.
                let share = match host.spec.cpu_limit_milli {
                    0 => 1000,
                    limit => u64::from(limit.min(1000)),
                };
                self.busy_until = Some(now + Duration(slice * 1000 / share));
                self.busy_slices = self.busy_slices.saturating_add(1);
                break;
            }
        }
        self.drop_unused();
    }

    fn is_ready(&self, process: &Process, now: SimTime) -> bool {
        if process.interruptible && !process.base.pending.is_empty() {
            return true;
        }
        match process.wait {
            Wait::Ready => true,
            Wait::Until(at) => now >= at,
            Wait::Child(pid) => !self.procs.contains_key(&pid),
            Wait::ChildUntil(pid, at) => now >= at || !self.procs.contains_key(&pid),
            Wait::AnyChild => {
                let parent = process.base.pid;
                self.zombies.iter().any(|zombie| zombie.parent == parent)
                    || !self.procs.values().any(|child| child.base.parent == parent)
            }
            Wait::Readable(pipe) => {
                self.pipes.get(&pipe).is_none_or(|data| !data.is_empty())
                    || !self.is_held(Fd::Write(pipe), process.base.pid)
            }
            Wait::Writable(pipe) => {
                self.pipes.get(&pipe).is_none_or(|data| data.len() < PIPE_BYTES)
                    || !self.is_held(Fd::Read(pipe), process.base.pid)
            }
            Wait::Effect(id, deadline) => now >= deadline || self.results.contains_key(&id),
            Wait::Forever => false,
        }
    }

    /// Whether another process than `but` holds `target`.
    fn is_held(&self, target: Fd, but: u32) -> bool {
        self.procs
            .values()
            .any(|process| process.base.pid != but && process.holds(target))
    }

    /// Runs one process for at most `steps`; tells how many it took.
    fn run_process(
        &mut self,
        pid: u32,
        fs: &mut Vfs<'_>,
        logs: &mut Logs,
        host: &Host,
        now: SimTime,
        steps: u32,
    ) -> u32 {
        let Some(mut process) = self.procs.remove(&pid) else {
            return 0;
        };
        process.wait = Wait::Ready;
        process.interruptible = false;
        let mut used = 0;
        let mut end = None;
        while used < steps && process.wait == Wait::Ready && end.is_none() {
            used += 1;
            let step = process.step(&mut Sys {
                kernel: self,
                fs: &mut *fs,
                logs: &mut *logs,
                host,
                now,
            });
            match step {
                Step::Ready => {}
                Step::Wait(wait) => process.wait = wait,
                Step::WaitOrSignal(wait) => {
                    process.wait = wait;
                    process.interruptible = true;
                }
                Step::Exit(code) => end = Some((code, None)),
                Step::Become(program) => {
                    if matches!(program, Program::Server(_) | Program::Idle { .. }) {
                        // It has read what it wanted of its environment: idle servers stay small.
                        process.base.env = Env::default();
                    }
                    process.program = program;
                }
            }
            if end.is_none()
                && std::mem::take(&mut process.base.broken_pipe)
                && !process.base.ignored.contains(&Signal::Pipe)
            {
                end = Some((141, Some(Signal::Pipe)));
            }
            if let Some(pipe) = process.base.full_pipe.take()
                && process.wait == Wait::Ready
            {
                process.wait = Wait::Writable(pipe);
            }
            if !self.signals.is_empty() {
                break;
            }
        }
        match end {
            Some((code, signal)) => self.bury(&process, code, signal),
            None => drop(self.procs.insert(pid, process)),
        }
        for (target, signal) in std::mem::take(&mut self.signals) {
            self.signal(target, signal, false, now);
        }
        used
    }

    /// Sends a signal. From inside its namespace process 1 gets only what it handles.
    pub(crate) fn signal(&mut self, pid: u32, signal: Signal, is_outside: bool, now: SimTime) {
        let Some(process) = self.procs.get_mut(&pid) else {
            return;
        };
        let disposition = if signal == Signal::Kill {
            Disposition::Default
        } else {
            process.disposition(signal)
        };
        match disposition {
            Disposition::Ignore => {}
            Disposition::Handler => {
                if !process.base.pending.contains(&signal) {
                    process.base.pending.push(signal);
                }
            }
            Disposition::Stop(code) => {
                let until = now + STOP_DELAY;
                if !matches!(process.program, Program::Sleep { .. }) {
                    process.program = Program::Sleep { until, code };
                    process.wait = Wait::Until(until);
                }
            }
            Disposition::Default => {
                let spared = pid == 1 && !(is_outside && signal == Signal::Kill);
                if signal.is_deadly() && !spared {
                    let process = self.procs.remove(&pid).expect("it was found above");
                    self.bury(&process, 128 + i32::from(signal.number()), Some(signal));
                }
            }
        }
    }

    /// Ends the container at once with a signal to every process.
    pub(crate) fn kill_all(&mut self, signal: Signal) {
        if let Some(process) = self.procs.remove(&1) {
            self.bury(&process, 128 + i32::from(signal.number()), Some(signal));
        }
    }

    /// Ends the container at once with an exit of process 1.
    pub(crate) fn exit_main(&mut self, code: i32) {
        if let Some(process) = self.procs.remove(&1) {
            self.bury(&process, code, None);
        }
    }

    fn bury(&mut self, process: &Process, code: i32, signal: Option<Signal>) {
        let pid = process.base.pid;
        if let Some(exec) = process.base.exec {
            self.finish_exec(exec, code);
        }
        if pid == 1 {
            self.main_exit = Some(MainExit { code, signal });
            let running: Vec<ExecId> = self.procs.values().filter_map(|other| other.base.exec).collect();
            for exec in running {
                self.finish_exec(exec, 137);
            }
            self.procs.clear();
            self.zombies.clear();
            self.effects.clear();
            return;
        }
        self.zombies.retain(|zombie| zombie.parent != pid);
        for other in self.procs.values_mut() {
            if other.base.parent == pid {
                other.base.parent = 1;
            }
        }
        if self.procs.contains_key(&process.base.parent) && process.base.exec.is_none() {
            self.zombies.push(Zombie {
                pid,
                parent: process.base.parent,
                code,
            });
        }
    }

    /// A command with an empty output, about to start.
    pub(crate) fn begin_exec(&mut self, id: ExecId) {
        self.captures.insert(id, Capture::default());
    }

    fn finish_exec(&mut self, id: ExecId, exit_code: i32) {
        let capture = self.captures.remove(&id).unwrap_or_default();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let result = ExecResult {
            stdout: text(capture.stdout),
            stderr: text(capture.stderr),
            exit_code,
        };
        self.done.insert(id, result);
    }

    /// The process that `id` started, while it runs.
    pub(crate) fn exec_pid(&self, id: ExecId) -> Option<u32> {
        self.procs
            .values()
            .find(|process| process.base.exec == Some(id))
            .map(|process| process.base.pid)
    }

    /// Kills a command and what it started.
    pub(crate) fn kill_exec(&mut self, id: ExecId, now: SimTime) {
        let Some(root) = self.exec_pid(id) else { return };
        let mut doomed = vec![root];
        let mut next = 0;
        while let Some(parent) = doomed.get(next).copied() {
            next += 1;
            doomed.extend(
                self.procs
                    .values()
                    .filter(|child| child.base.parent == parent && parent != 1)
                    .map(|child| child.base.pid),
            );
        }
        for pid in doomed.into_iter().rev() {
            self.signal(pid, Signal::Kill, true, now);
        }
    }

    /// Takes the answer to an effect.
    pub(crate) fn resolve(&mut self, id: EffectId, result: EffectResult) {
        let awaited = self
            .procs
            .values()
            .any(|process| matches!(process.wait, Wait::Effect(waiting, _) if waiting == id));
        if awaited {
            self.results.insert(id, result);
        }
    }

    /// Forgets pipes and files that no process holds.
    fn drop_unused(&mut self) {
        let procs = &self.procs;
        let held = |target: Fd| procs.values().any(|process| process.holds(target));
        self.pipes.retain(|id, _| held(Fd::Read(*id)) || held(Fd::Write(*id)));
        self.files.retain(|id, _| held(Fd::File(*id)));
    }
}

impl Sys<'_, '_> {
    /// Starts a child; none when the container has too many processes.
    pub(crate) fn spawn(&mut self, base: Base, program: Program) -> Option<u32> {
        if self.kernel.procs.len() >= PROCESSES_MAX {
            return None;
        }
        Some(self.kernel.add(Process::new(base, program)))
    }

    /// Takes the end of a child that `wait` told of: its exit code; none while it runs.
    pub(crate) fn reap(&mut self, pid: u32) -> Option<i32> {
        if self.kernel.procs.contains_key(&pid) {
            return None;
        }
        let at = self.kernel.zombies.iter().position(|zombie| zombie.pid == pid);
        Some(at.map_or(127, |at| self.kernel.zombies.remove(at).code))
    }

    pub(crate) fn is_alive(&self, pid: u32) -> bool {
        self.kernel.procs.contains_key(&pid)
    }

    /// A child's exit code, left for a later `reap`.
    pub(crate) fn has_ended(&self, pid: u32) -> bool {
        self.kernel.zombies.iter().any(|zombie| zombie.pid == pid)
    }

    /// Sends a signal once the running process has finished its step.
    pub(crate) fn send_signal(&mut self, pid: u32, signal: Signal) {
        self.kernel.signals.push((pid, signal));
    }

    /// A new pipe.
    pub(crate) fn pipe(&mut self) -> u32 {
        self.kernel.last_handle += 1;
        self.kernel.pipes.insert(self.kernel.last_handle, Vec::new());
        self.kernel.last_handle
    }

    /// A pipe that already holds `bytes` and has no writer: a here-document.
    pub(crate) fn filled_pipe(&mut self, bytes: &[u8]) -> Fd {
        self.kernel.filled_pipe(bytes)
    }

    /// Opens a file or device to read.
    pub(crate) fn open_read(&mut self, base: &Base, path: &str) -> Result<Fd, FsError> {
        let place = self.fs.locate(&base.cwd, path, true)?;
        let node = self.fs.at(&place).ok_or(FsError::NotFound)?;
        if !self.fs.may(node.meta, 0o4) {
            return Err(FsError::PermissionDenied);
        }
        match node.kind {
            Kind::Device(device) => Ok(open_device(base, device)),
            Kind::Dir(_) => Err(FsError::IsDirectory),
            _ => Ok(self.open_file(place)),
        }
    }

    /// Opens a file or device to write, at its end.
    pub(crate) fn open_write(&mut self, base: &Base, path: &str, truncate: bool) -> Result<Fd, FsError> {
        let place = self.fs.locate(&base.cwd, path, true)?;
        if let Some(Kind::Device(device)) = self.fs.at(&place).map(|node| &node.kind) {
            return Ok(open_device(base, *device));
        }
        self.fs.open_write(&place, truncate)?;
        Ok(self.open_file(place))
    }

    fn open_file(&mut self, place: Located) -> Fd {
        self.kernel.last_handle += 1;
        self.kernel
            .files
            .insert(self.kernel.last_handle, OpenFile { place, offset: 0 });
        Fd::File(self.kernel.last_handle)
    }

    /// Writes to a descriptor. Writes to a file go to its end.
    pub(crate) fn write(&mut self, base: &mut Base, fd: u32, bytes: &[u8]) -> Result<(), FsError> {
        let Some(target) = base.fds.get(fd) else {
            return Err(FsError::InvalidArgument);
        };
        match target {
            Fd::Log(stream) => self.logs.write(self.now, stream, bytes),
            Fd::Capture(id, stream) => {
                if let Some(capture) = self.kernel.captures.get_mut(&id) {
                    let buffer = if stream == OutputStream::Stdout {
                        &mut capture.stdout
                    } else {
                        &mut capture.stderr
                    };
                    let room = CAPTURE_BYTES.saturating_sub(buffer.len());
                    buffer.extend_from_slice(&bytes[..bytes.len().min(room)]);
                }
            }
            Fd::Write(pipe) => {
                let has_reader = base.fds.holds(Fd::Read(pipe)) || self.kernel.is_held(Fd::Read(pipe), base.pid);
                match self.kernel.pipes.get_mut(&pipe) {
                    Some(data) if has_reader => {
                        data.extend_from_slice(bytes);
                        if data.len() >= PIPE_BYTES {
                            base.full_pipe = Some(pipe);
                        }
                    }
                    _ => base.broken_pipe = true,
                }
            }
            Fd::File(id) => {
                let place = self
                    .kernel
                    .files
                    .get(&id)
                    .map(|file| file.place.clone())
                    .ok_or(FsError::InvalidArgument)?;
                self.fs.append(&place, bytes, 0)?;
            }
            Fd::Null | Fd::Zero | Fd::Random => {}
            Fd::Read(_) | Fd::Silent => return Err(FsError::InvalidArgument),
        }
        Ok(())
    }

    /// Writes zeros to a descriptor, cheaply where it leads to a file.
    pub(crate) fn write_zeros(&mut self, base: &mut Base, fd: u32, count: u64) -> Result<(), FsError> {
        if let Some(Fd::File(id)) = base.fds.get(fd)
            && let Some(place) = self.kernel.files.get(&id).map(|file| file.place.clone())
        {
            return self.fs.append(&place, &[], count);
        }
        if matches!(base.fds.get(fd), Some(Fd::Null)) {
            return Ok(());
        }
        let size = usize::try_from(count).unwrap_or(usize::MAX).min(PIPE_BYTES);
        self.write(base, fd, &vec![0; size])
    }

    /// Writes text to standard output. An error there is not the caller's matter.
    pub(crate) fn out(&mut self, base: &mut Base, text: &str) {
        self.write(base, 1, text.as_bytes()).ok();
    }

    /// Writes text to standard error.
    pub(crate) fn err(&mut self, base: &mut Base, text: &str) {
        self.write(base, 2, text.as_bytes()).ok();
    }

    /// Reads what a descriptor has.
    pub(crate) fn read(&mut self, base: &Base, fd: u32, bytes_max: usize) -> Input {
        let max = bytes_max.min(READ_BYTES);
        match base.fds.get(fd) {
            Some(Fd::Read(pipe)) => {
                let has_writer = base.fds.holds(Fd::Write(pipe)) || self.kernel.is_held(Fd::Write(pipe), base.pid);
                match self.kernel.pipes.get_mut(&pipe) {
                    Some(data) if !data.is_empty() => {
                        let count = data.len().min(max);
                        Input::Bytes(data.drain(..count).collect())
                    }
                    Some(_) if has_writer => Input::Wait(Wait::Readable(pipe)),
                    _ => Input::End,
                }
            }
            Some(Fd::File(id)) => self.read_file(id, max),
            Some(Fd::Zero) => Input::Zeros(max as u64),
            Some(Fd::Random) => {
                let bytes = (0..max.min(4096)).map(|_| self.kernel.random.next_u64().to_le_bytes()[0]);
                Input::Bytes(bytes.collect())
            }
            Some(Fd::Silent) => Input::Wait(Wait::Forever),
            Some(Fd::Null | Fd::Log(_) | Fd::Capture(..) | Fd::Write(_)) | None => Input::End,
        }
    }

    fn read_file(&mut self, id: u32, max: usize) -> Input {
        let Some(file) = self.kernel.files.get_mut(&id) else {
            return Input::End;
        };
        let Some(Kind::File(content)) = self.fs.at(&file.place).map(|node| &node.kind) else {
            return Input::End;
        };
        let from = usize::try_from(file.offset).unwrap_or(usize::MAX);
        let rest = content.bytes.get(from..).unwrap_or_default();
        let bytes = &rest[..rest.len().min(max)];
        if !bytes.is_empty() {
            file.offset += bytes.len() as u64;
            return Input::Bytes(bytes.to_vec());
        }
        let left = content.size_bytes().saturating_sub(file.offset);
        file.offset += left;
        if left == 0 { Input::End } else { Input::Zeros(left) }
    }

    /// Gives back what was read too much.
    pub(crate) fn unread(&mut self, base: &Base, fd: u32, bytes: &[u8]) {
        match base.fds.get(fd) {
            Some(Fd::Read(pipe)) => {
                if let Some(data) = self.kernel.pipes.get_mut(&pipe) {
                    data.splice(..0, bytes.iter().copied());
                }
            }
            Some(Fd::File(id)) => {
                if let Some(file) = self.kernel.files.get_mut(&id) {
                    file.offset -= bytes.len() as u64;
                }
            }
            _ => {}
        }
    }

    /// Counts a request against the container's rate; the time to wait for when there were too many.
    pub(crate) fn admit_request(&mut self) -> Option<SimTime> {
        let asked = self.kernel.asked_until.max(self.now);
        if asked.since(self.now) >= REQUEST_BURST {
            return Some(asked - REQUEST_BURST + REQUEST_GAP);
        }
        self.kernel.asked_until = asked + REQUEST_GAP;
        None
    }

    /// Asks the owner for something; the answer comes to [`Sys::take_result`].
    pub(crate) fn ask(&mut self, request: EffectRequest, patience: Duration) -> Wait {
        self.kernel.last_effect += 1;
        let id = EffectId(self.kernel.last_effect);
        let deadline = self.now + patience;
        self.kernel.effects.push(Effect { id, deadline, request });
        Wait::Effect(id, deadline)
    }

    /// The answer that a wait was for; none when time ran out.
    pub(crate) fn take_result(&mut self, id: EffectId) -> Option<EffectResult> {
        self.kernel.effects.retain(|effect| effect.id != id);
        self.kernel.results.remove(&id)
    }

    /// Unix time now, in nanoseconds.
    pub(crate) fn unix_ns(&self) -> i128 {
        i128::from(self.host.spec.epoch_unix_s) * 1_000_000_000 + i128::from(self.now.0)
    }
}

fn open_device(base: &Base, device: Device) -> Fd {
    match device {
        Device::Null => Fd::Null,
        Device::Zero => Fd::Zero,
        Device::Random => Fd::Random,
        Device::Standard(fd) => base.fds.get(u32::from(fd)).unwrap_or(Fd::Null),
        Device::Log(1) => Fd::Log(OutputStream::Stdout),
        Device::Log(_) => Fd::Log(OutputStream::Stderr),
    }
}
