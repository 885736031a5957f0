//! A container: processes, files and output behind one door.
//!
//! Sans-IO: nothing happens by itself. The owner calls in with the time; between calls it asks [`Container::next_wake`]
//! when to call [`Container::advance`], and takes what came of it from [`Container::poll_exit`],
//! [`Container::poll_exec`] and [`Container::poll_effect`].

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::Str;
use super::fs::{FileSystem, Kind, Node};
use super::images::{App, Image};
use super::kernel::{Kernel, Sys};
use super::logs::Logs;
use super::net::{Effect, EffectId, EffectResult, GrpcOutcome, HttpOutcome, HttpRequest, TcpOutcome};
use super::process::{Base, Env, Fd, Fds, Process, Program};
use super::servers;
use super::spec::{ContainerSpec, ExecId, ExecResult, Exit, OutputStream, Signal, StartError};
use super::tools;
use super::vfs::{User, Vfs, Volumes, absolute};
use crate::sim::{Duration, SimTime, Stream};

/// How long a container over its memory limit runs on: it has to touch the memory first.
const OOM_DELAY: Duration = Duration::from_millis(500);
/// Bytes of the termination message kept.
const MESSAGE_BYTES: usize = 4096;

/// What all processes of a container see the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Host {
    pub(crate) spec: Rc<ContainerSpec>,
    pub(crate) image: Rc<Image>,
    pub(crate) user: User,
    pub(crate) started: SimTime,
}

/// A started container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Container {
    host: Rc<Host>,
    root: FileSystem,
    kernel: Rc<Kernel>,
    logs: Rc<Logs>,
    exit: Option<Exit>,
    is_exit_taken: bool,
    /// The pod's own files and mount points are in place. A server alone never looks: idle ones stay small.
    is_prepared: bool,
    last_exec: u32,
    /// When the scenario ends it.
    exit_at: Option<SimTime>,
    /// When it is killed for its memory.
    oom_at: Option<SimTime>,
}

/// Why a command could not start: runc's words. The kubelet puts `failed to exec in container: failed to start exec "id": `
/// before them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExecError {
    /// `OCI runtime exec failed: ...`
    pub message: String,
}

/// Processor time that a request takes where nothing is said: a small page by a server in a scripting language.
const REQUEST_COST: Duration = Duration::from_millis(5);

impl Container {
    /// Starts a container: its first process runs as far as it can at `now`.
    ///
    /// # Errors
    /// When its program is not in the image.
    pub fn start(
        spec: Rc<ContainerSpec>,
        image: Rc<Image>,
        volumes: &mut Volumes,
        now: SimTime,
    ) -> Result<Self, StartError> {
        let argv = command_line(&spec, &image);
        let user = spec.user.clone().unwrap_or_else(|| image.user.clone());
        let env = environment(&spec, &image, &user);
        let random = Stream::new(spec.seed, &["container", "process", "random"]);
        let behaviour = spec.behaviour.as_ref();
        let exit_at = behaviour
            .and_then(|behaviour| behaviour.exit.as_ref())
            .map(|exit| now + exit.after);
        let memory = behaviour.and_then(|behaviour| behaviour.memory);
        let oom_at = memory
            .filter(|_| spec.memory_limit_bytes > 0)
            .and_then(|memory| memory.exceeds_at(spec.memory_limit_bytes, now));
        let root = image.root.clone();
        let mut kernel = Kernel::new(random);
        kernel.taken_ports.clone_from(&spec.taken_ports);
        let host = Rc::new(Host {
            spec,
            image,
            user,
            started: now,
        });
        let mut container = Self {
            host,
            root,
            kernel: Rc::new(kernel),
            logs: Rc::default(),
            exit: None,
            is_exit_taken: false,
            is_prepared: false,
            last_exec: 0,
            exit_at,
            oom_at,
        };
        let cwd = container.working_dir();
        let output = Fds::standard(
            container.input(),
            Fd::Log(OutputStream::Stdout),
            Fd::Log(OutputStream::Stderr),
        );
        let base = new_base(argv, env, cwd, output);
        let found = container.check(&base, volumes, now).map_err(|text| StartError {
            code: 128,
            message: format!(
                "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: {text}"
            ),
        })?;
        let serves = match &found {
            tools::Found::App => true,
            tools::Found::Known(name) => servers::is_server(name),
            tools::Found::Script { .. } => false,
        };
        if !serves {
            container.prepare(volumes, now);
        }
        Rc::make_mut(&mut container.kernel).add(Process::new(base, Program::Exec));
        container.run(volumes, now);
        Ok(container)
    }

    fn working_dir(&self) -> Str {
        let spec = &self.host.spec;
        let path = if spec.working_dir.is_empty() {
            &self.host.image.working_dir
        } else {
            &spec.working_dir
        };
        absolute("/", path).into()
    }

    fn input(&self) -> Fd {
        if self.host.spec.stdin { Fd::Silent } else { Fd::Null }
    }

    /// Puts the pod's own files and mount points in place, and the working directory, if they are not yet.
    fn prepare(&mut self, volumes: &mut Volumes, now: SimTime) {
        if std::mem::replace(&mut self.is_prepared, true) {
            return;
        }
        let spec = Rc::clone(&self.host.spec);
        self.root.put("etc/hosts", Node::file(spec.hosts(), 0o644));
        self.root
            .put("etc/hostname", Node::file(format!("{}\n", spec.hostname), 0o644));
        self.root
            .put("etc/resolv.conf", Node::file(spec.resolv_conf.as_bytes(), 0o644));
        let message_path = self.message_path().to_owned();
        self.root.put(&message_path, Node::file("", 0o666));
        let cwd = self.working_dir();
        for mount in &spec.mounts {
            let sub_path: Vec<&str> = super::vfs::split(&mount.sub_path).collect();
            let is_file = volumes
                .get(&mount.volume)
                .and_then(|tree| tree.node(&sub_path))
                .is_some_and(|node| matches!(node.kind, Kind::File(_)));
            if !sub_path.is_empty()
                && let Some(tree) = volumes.get_mut(&mount.volume)
                && tree.node(&sub_path).is_none()
            {
                tree.put(&mount.sub_path, Node::dir(0o777));
            }
            let parent = mount.path.rsplit_once('/').map_or("", |(parent, _)| parent);
            with_vfs(&mut self.root, &self.host, volumes, now, true, |fs| {
                fs.make_dirs(if is_file { parent } else { &mount.path });
            });
            // What is mounted covers it, but the directory above has to name it.
            let names: Vec<&str> = super::vfs::split(&mount.path).collect();
            if self.root.node(&names).is_none() {
                let point = if is_file {
                    Node::file("", 0o644)
                } else {
                    Node::dir(0o755)
                };
                self.root.put(&mount.path, point);
            }
        }
        with_vfs(&mut self.root, &self.host, volumes, now, true, |fs| fs.make_dirs(&cwd));
    }

    fn message_path(&self) -> &str {
        let path = &self.host.spec.termination_message_path;
        if path.is_empty() { "/dev/termination-log" } else { path }
    }

    /// Whether the program of `base` can start; runc's words when not.
    fn check(&mut self, base: &Base, volumes: &mut Volumes, now: SimTime) -> Result<tools::Found, String> {
        let program = base.argv.first().cloned().unwrap_or_default();
        if program.is_empty() {
            return Err("exec: \"\": executable file not found in $PATH".to_owned());
        }
        let host = Rc::clone(&self.host);
        let kernel = Rc::make_mut(&mut self.kernel);
        let logs = Rc::make_mut(&mut self.logs);
        with_vfs(&mut self.root, &host, volumes, now, false, |fs| {
            let sys = Sys {
                kernel,
                fs,
                logs,
                host: &host,
                now,
            };
            match tools::find(base, &sys) {
                Err(missing) => Err(missing.runc_text()),
                Ok(tools::Found::Script { text, path }) if !text.starts_with("#!") => {
                    Err(format!("exec {path}: exec format error"))
                }
                Ok(found) => Ok(found),
            }
        })
    }

    /// Lets processes run at `now`, and sees to what came of it.
    fn run(&mut self, volumes: &mut Volumes, now: SimTime) {
        if self.exit.is_some() {
            return;
        }
        let host = Rc::clone(&self.host);
        let kernel = Rc::make_mut(&mut self.kernel);
        let logs = Rc::make_mut(&mut self.logs);
        with_vfs(&mut self.root, &host, volumes, now, false, |fs| {
            kernel.run(fs, logs, &host, now);
        });
        if self.kernel.main_exit.is_some() {
            self.finish(volumes, now, None);
            return;
        }
        let limit = host.spec.memory_limit_bytes;
        if limit > 0 && self.oom_at.is_none() && self.memory_bytes(now) > limit {
            self.oom_at = Some(now + OOM_DELAY);
        }
    }

    /// The first process is gone: makes the exit of it.
    fn finish(&mut self, volumes: &mut Volumes, now: SimTime, reason: Option<Str>) {
        let Some(main) = self.kernel.main_exit else { return };
        Rc::make_mut(&mut self.logs).flush(now);
        let path = self.message_path().to_owned();
        let content = with_vfs(&mut self.root, &self.host, volumes, now, false, |fs| {
            fs.read("/", &path)
        });
        let bytes = content.map(|content| content.bytes.clone()).unwrap_or_default();
        let message = String::from_utf8_lossy(&bytes[..bytes.len().min(MESSAGE_BYTES)]).into_owned();
        let plain = if main.code == 0 { "Completed" } else { "Error" };
        let reason = reason.unwrap_or_else(|| plain.into());
        self.exit = Some(Exit {
            code: main.code,
            signal: main.signal,
            reason,
            message: message.into(),
            at: now,
        });
    }

    /// When [`Container::advance`] should be called next, if nothing else happens.
    #[must_use]
    pub fn next_wake(&self) -> Option<SimTime> {
        if self.exit.is_some() {
            return None;
        }
        [self.kernel.next_wake(), self.exit_at, self.oom_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// Does what is due at `now`.
    pub fn advance(&mut self, volumes: &mut Volumes, now: SimTime) {
        if self.exit.is_some() {
            return;
        }
        if self.oom_at.is_some_and(|at| now >= at) {
            self.kill_for_memory(volumes, now);
            return;
        }
        if self.exit_at.is_some_and(|at| now >= at) {
            let scripted = self
                .host
                .spec
                .behaviour
                .as_ref()
                .and_then(|behaviour| behaviour.exit.clone());
            if let Some(scripted) = scripted {
                Rc::make_mut(&mut self.kernel).exit_main(scripted.code);
                self.finish(volumes, now, Some(scripted.reason).filter(|reason| !reason.is_empty()));
                return;
            }
        }
        self.run(volumes, now);
    }

    /// Kills the container as the kernel does when its memory runs over: `OOMKilled`, 137.
    pub fn kill_for_memory(&mut self, volumes: &mut Volumes, now: SimTime) {
        if self.exit.is_none() {
            Rc::make_mut(&mut self.kernel).kill_all(Signal::Kill);
            self.finish(volumes, now, Some("OOMKilled".into()));
        }
    }

    /// How it ended, told once.
    pub fn poll_exit(&mut self) -> Option<Exit> {
        if self.is_exit_taken {
            return None;
        }
        self.is_exit_taken = self.exit.is_some();
        self.exit.clone()
    }

    /// How it ended, if it did.
    #[must_use]
    pub const fn exit(&self) -> Option<&Exit> {
        self.exit.as_ref()
    }

    /// Sends a signal to the first process, as the runtime does to stop a container. KILL always ends it.
    pub fn signal(&mut self, signal: Signal, volumes: &mut Volumes, now: SimTime) {
        if self.exit.is_some() {
            return;
        }
        // httpd ends gracefully on WINCH, its stop signal.
        let is_own = signal == Signal::Winch && self.host.image.app == App::Httpd;
        let signal = if is_own { Signal::Term } else { signal };
        Rc::make_mut(&mut self.kernel).signal(1, signal, true, now);
        self.run(volumes, now);
    }

    /// Starts a command beside the container's own processes. `stdin` is what it can read.
    ///
    /// # Errors
    /// When the program is not in the image, or the container has ended.
    pub fn exec(
        &mut self,
        command: &[Str],
        stdin: &str,
        volumes: &mut Volumes,
        now: SimTime,
    ) -> Result<ExecId, ExecError> {
        let fail = |text: &str| ExecError {
            message: format!("OCI runtime exec failed: exec failed: {text}"),
        };
        if self.exit.is_some() {
            return Err(fail("cannot exec in a stopped container"));
        }
        self.last_exec += 1;
        let id = ExecId(self.last_exec);
        let env = environment(&self.host.spec, &self.host.image, &self.host.user);
        let cwd = self.working_dir();
        self.prepare(volumes, now);
        let output = Fds::standard(
            Fd::Null,
            Fd::Capture(id, OutputStream::Stdout),
            Fd::Capture(id, OutputStream::Stderr),
        );
        let mut base = new_base(command.into(), env, cwd, output);
        base.parent = 0;
        base.exec = Some(id);
        base.in_exec = true;
        self.check(&base, volumes, now)
            .map_err(|text| fail(&format!("unable to start container process: {text}")))?;
        let kernel = Rc::make_mut(&mut self.kernel);
        if !stdin.is_empty() {
            base.fds.set(0, kernel.filled_pipe(stdin.as_bytes()));
        }
        kernel.begin_exec(id);
        kernel.add(Process::new(base, Program::Exec));
        self.run(volumes, now);
        Ok(id)
    }

    /// What a command came to, if it has ended. Told once.
    pub fn take_exec(&mut self, id: ExecId) -> Option<ExecResult> {
        if !self.kernel.done.contains_key(&id) {
            return None;
        }
        Rc::make_mut(&mut self.kernel).done.remove(&id)
    }

    /// The next command that ended.
    pub fn poll_exec(&mut self) -> Option<(ExecId, ExecResult)> {
        if self.kernel.done.is_empty() {
            return None;
        }
        Rc::make_mut(&mut self.kernel).done.pop_first()
    }

    /// Kills a command that takes too long; its result is then there to take.
    pub fn kill_exec(&mut self, id: ExecId, volumes: &mut Volumes, now: SimTime) {
        if self.kernel.exec_pid(id).is_some() {
            Rc::make_mut(&mut self.kernel).kill_exec(id, now);
            self.run(volumes, now);
        }
    }

    /// The next thing that a process wants from outside.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        if self.kernel.effects.is_empty() {
            return None;
        }
        Some(Rc::make_mut(&mut self.kernel).effects.remove(0))
    }

    /// Answers an effect. An answer that comes too late is dropped.
    pub fn resolve(&mut self, id: EffectId, result: EffectResult, volumes: &mut Volumes, now: SimTime) {
        if self.exit.is_none() {
            Rc::make_mut(&mut self.kernel).resolve(id, result);
            self.run(volumes, now);
        }
    }

    /// An HTTP request to one of its ports.
    pub fn http(&mut self, request: &HttpRequest, volumes: &mut Volumes, now: SimTime) -> HttpOutcome {
        if self.exit.is_some() {
            return HttpOutcome::Refused;
        }
        let host = Rc::clone(&self.host);
        let kernel = Rc::make_mut(&mut self.kernel);
        let outcome = with_vfs(&mut self.root, &host, volumes, now, false, |fs| {
            servers::http(kernel, fs, &host, request, now)
        });
        if self.kernel.has_ready(now) {
            self.run(volumes, now);
        }
        outcome
    }

    /// A connection to one of its ports.
    #[must_use]
    pub fn tcp(&self, port: u16, now: SimTime) -> TcpOutcome {
        if self.listens(port, now) {
            TcpOutcome::Open
        } else {
            TcpOutcome::Refused
        }
    }

    /// A gRPC health check of one of its ports; `service` is empty for the server itself.
    #[must_use]
    pub fn grpc_health(&self, port: u16, service: &str, now: SimTime) -> GrpcOutcome {
        if self.exit.is_some() {
            GrpcOutcome::Refused
        } else {
            servers::grpc_health(&self.kernel, &self.host, port, service, now)
        }
    }

    /// Whether something in it listens on `port`: for pods whose containers share the address.
    #[must_use]
    pub fn listens(&self, port: u16, now: SimTime) -> bool {
        self.exit.is_none() && (servers::listens(&self.kernel, port, now) || self.is_scripted(port))
    }

    /// Ports that its servers hold.
    #[must_use]
    pub fn held_ports(&self) -> Vec<u16> {
        if self.exit.is_some() {
            return Vec::new();
        }
        servers::held(&self.kernel)
    }

    /// Says which ports the pod's other containers hold.
    pub fn set_taken_ports(&mut self, ports: Vec<u16>) {
        if self.kernel.taken_ports != ports {
            Rc::make_mut(&mut self.kernel).taken_ports = ports;
        }
    }

    /// Whether the scenario says what a declared port answers, whatever runs.
    fn is_scripted(&self, port: u16) -> bool {
        let spec = &self.host.spec;
        let answers = spec
            .behaviour
            .as_ref()
            .is_some_and(|behaviour| !behaviour.http.is_empty());
        answers && spec.ports.contains(&port)
    }

    /// When the last of its servers listens; none when it has none.
    #[must_use]
    pub fn ready_at(&self) -> Option<SimTime> {
        servers::ready_at(&self.kernel)
    }

    /// What it wrote.
    #[must_use]
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// What it was started with.
    #[must_use]
    pub fn spec(&self) -> &ContainerSpec {
        &self.host.spec
    }

    /// Its image.
    #[must_use]
    pub fn image(&self) -> &Image {
        &self.host.image
    }

    /// When it started.
    #[must_use]
    pub fn started(&self) -> SimTime {
        self.host.started
    }

    /// Its own files, without volumes.
    #[must_use]
    pub const fn root(&self) -> &FileSystem {
        &self.root
    }

    /// Bytes it wrote beside its image and volumes: for limits on ephemeral storage.
    #[must_use]
    pub fn written_bytes(&self) -> u64 {
        self.root
            .usage_bytes()
            .saturating_sub(self.host.image.root.usage_bytes())
    }

    /// Memory in use.
    #[must_use]
    pub fn memory_bytes(&self, now: SimTime) -> u64 {
        if self.exit.is_some() {
            return 0;
        }
        let scripted = self.host.spec.behaviour.as_ref().and_then(|behaviour| behaviour.memory);
        if let Some(memory) = scripted {
            return memory.bytes(now.since(self.host.started));
        }
        let of = |process: &Process| match &process.program {
            Program::Server(server) => server.memory_bytes,
            Program::Idle { memory_bytes, .. } => *memory_bytes,
            _ => 256 << 10,
        };
        self.kernel.processes().map(of).sum()
    }

    /// Processor time that a request takes.
    #[must_use]
    pub fn request_cost(&self) -> Duration {
        let scripted = self.host.spec.behaviour.as_ref().and_then(|behaviour| behaviour.cpu);
        scripted.unwrap_or(REQUEST_COST)
    }

    /// Processor use, in thousandths of a core.
    #[must_use]
    pub fn cpu_milli(&self) -> u32 {
        if self.exit.is_some() {
            return 0;
        }
        let of = |process: &Process| match &process.program {
            Program::Idle { cpu_milli, .. } => *cpu_milli,
            Program::Server(_) => 1,
            _ => 0,
        };
        let busy = if self.kernel.is_busy() { 1000 } else { 0 };
        let wanted = self.kernel.processes().map(of).fold(busy, u32::saturating_add);
        match self.host.spec.cpu_limit_milli {
            0 => wanted,
            limit => wanted.min(limit),
        }
    }
}

/// Image defaults and the Pod's `command` and `args`, as the table of the documentation has them.
fn command_line(spec: &ContainerSpec, image: &Image) -> Rc<[Str]> {
    let (head, tail) = match (spec.command.is_empty(), spec.args.is_empty()) {
        (false, _) => (&spec.command, &spec.args),
        (true, false) => (&image.entrypoint, &spec.args),
        (true, true) => (&image.entrypoint, &image.cmd),
    };
    let mut argv: Vec<Str> = head.iter().chain(tail).cloned().collect();
    // Entrypoints of official images put their server before flags.
    let starts_with_flag = argv.first().is_some_and(|first| first.starts_with('-'));
    if starts_with_flag && let Some(program) = image.cmd.first() {
        argv.insert(0, program.clone());
    }
    argv.into()
}

fn environment(spec: &ContainerSpec, image: &Image, user: &User) -> Env {
    let mut env: BTreeMap<Str, Str> = image.env.iter().cloned().collect();
    env.insert("HOSTNAME".into(), spec.hostname.clone());
    env.insert("HOME".into(), if user.uid == 0 { "/root".into() } else { "/".into() });
    if spec.tty {
        env.insert("TERM".into(), "xterm".into());
    }
    env.extend(spec.env.iter().cloned());
    Rc::new(env)
}

fn new_base(argv: Rc<[Str]>, env: Env, cwd: Str, fds: Fds) -> Base {
    Base {
        pid: 0,
        parent: 0,
        argv,
        env,
        cwd,
        fds,
        pending: Vec::new(),
        ignored: Vec::new(),
        exec: None,
        in_exec: false,
        broken_pipe: false,
        full_pipe: None,
    }
}

/// Runs something on the container's files; `as_root` for what the runtime itself does.
fn with_vfs<T>(
    root: &mut FileSystem,
    host: &Host,
    volumes: &mut Volumes,
    now: SimTime,
    as_root: bool,
    run: impl FnOnce(&mut Vfs<'_>) -> T,
) -> T {
    let root_user = User::default();
    let mut fs = Vfs {
        root,
        root_read_only: host.spec.read_only_root && !as_root,
        mounts: &host.spec.mounts,
        volumes,
        user: if as_root { &root_user } else { &host.user },
        now,
    };
    run(&mut fs)
}
