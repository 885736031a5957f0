//! The programs a container can run: looking them up, and the usual tools.
//!
//! A program is a file whose content names what runs: `\x7fELF:cat` is the tool `cat`. So `ls /bin`, `which`, `[ -x ]` and
//! `cp` tell the truth. [`start`] is what `execve` is elsewhere.

mod awk;
mod batch;
mod date;
mod disk;
mod files;
mod filter;
mod follow;
mod listing;
mod misc;
mod net;
mod numbers;
pub(crate) mod regex;
mod sed;
pub(crate) mod text;

use std::rc::Rc;

use super::Str;
use super::fs::{FsError, Kind};
use super::images::{ELF, Userland};
use super::kernel::Sys;
use super::process::{Base, Program, Step, Wait};
use super::servers;
use super::shell::Shell;
use super::spec::Signal;
use super::vfs::absolute;
pub(crate) use batch::Batch;
pub(crate) use filter::Filter;
pub(crate) use follow::Follow;
pub(crate) use net::Fetch;

/// A tool: runs at once, or says what program goes on.
pub(crate) type Tool = fn(&mut Base, &mut Sys<'_, '_>, &[Str]) -> Step;

/// Why a program cannot start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// No such name in `$PATH`.
    NotInPath(Str),
    /// No such path.
    NoFile(Str),
    /// A file without the execute permission, or a directory.
    NotExecutable(Str),
}

impl Missing {
    /// What a shell says after its own name.
    pub(crate) fn shell_text(&self, is_bash: bool) -> String {
        match self {
            Self::NotInPath(name) if is_bash => format!("{name}: command not found"),
            Self::NotInPath(name) => format!("{name}: not found"),
            Self::NoFile(path) if is_bash => format!("{path}: No such file or directory"),
            Self::NoFile(path) => format!("{path}: not found"),
            Self::NotExecutable(path) => format!("{path}: Permission denied"),
        }
    }

    /// What runc says.
    pub(crate) fn runc_text(&self) -> String {
        match self {
            Self::NotInPath(name) => format!("exec: {name:?}: executable file not found in $PATH"),
            Self::NoFile(path) => format!("exec: {path:?}: stat {path}: no such file or directory"),
            Self::NotExecutable(path) => format!("exec: {path:?}: permission denied"),
        }
    }

    /// The exit code of a shell that cannot start it.
    pub(crate) const fn exit_code(&self) -> i32 {
        match self {
            Self::NotInPath(_) | Self::NoFile(_) => 127,
            Self::NotExecutable(_) => 126,
        }
    }
}

/// What a program name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A tool or server by its name in the tables.
    Known(Str),
    /// A script: its text, and whether `#!` names a shell.
    Script { path: Str, text: Str },
    /// The image's own program, of which nothing is known.
    App,
}

const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Looks `argv[0]` up as `execvp` does.
pub(crate) fn find(base: &Base, sys: &Sys<'_, '_>) -> Result<Found, Missing> {
    let name = base.argv.first().cloned().unwrap_or_default();
    let is_open = sys.host.image.is_open();
    // An image without a userland holds its own program, under whatever name.
    let tool = name.rsplit('/').next().unwrap_or(&name);
    let is_tool = Shell::flavour_of(tool).is_some() || TOOLS.iter().any(|(known, _)| *known == tool);
    let is_open = is_open || sys.host.image.userland == Userland::None && !base.in_exec && !is_tool;
    if name.contains('/') {
        return match inspect(base, sys, &name) {
            Err(Missing::NoFile(_)) if is_open => Ok(Found::App),
            found => found,
        };
    }
    match which(base, sys, &name) {
        Some(path) => inspect(base, sys, &path),
        None if is_open && !name.is_empty() => Ok(Found::App),
        None => Err(Missing::NotInPath(name)),
    }
}

/// The path of a program, by `$PATH`.
pub(crate) fn which(base: &Base, sys: &Sys<'_, '_>, name: &str) -> Option<Str> {
    let is_program = |path: &str| {
        let node = sys.fs.stat(&base.cwd, path).ok()?;
        (matches!(node.kind, Kind::File(_)) && node.meta.mode & 0o111 != 0).then(|| Str::from(path))
    };
    if name.contains('/') {
        return is_program(name);
    }
    let path = base.var("PATH").unwrap_or(DEFAULT_PATH);
    path.split(':')
        .find_map(|dir| is_program(&format!("{}/{name}", dir.trim_end_matches('/'))))
}

fn inspect(base: &Base, sys: &Sys<'_, '_>, path: &str) -> Result<Found, Missing> {
    let path: Str = path.into();
    let node = match sys.fs.stat(&base.cwd, &path) {
        Ok(node) => node,
        Err(FsError::PermissionDenied) => return Err(Missing::NotExecutable(path)),
        Err(_) => return Err(Missing::NoFile(path)),
    };
    let Kind::File(content) = &node.kind else {
        return Err(Missing::NotExecutable(path));
    };
    if node.meta.mode & 0o111 == 0 {
        return Err(Missing::NotExecutable(path));
    }
    let text = String::from_utf8_lossy(&content.bytes);
    Ok(match text.strip_prefix(ELF) {
        Some("app") => Found::App,
        Some(known) => Found::Known(known.into()),
        None => Found::Script {
            path,
            text: (&*text).into(),
        },
    })
}

/// Starts `base.argv`: what a process does first.
pub(crate) fn start(base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
    match find(base, sys) {
        Ok(Found::Known(name)) => start_known(&name, base, sys),
        Ok(Found::Script { path, text }) => start_script(&path, &text, base),
        Ok(Found::App) => servers::start_app(base, sys),
        Err(missing) => {
            let text = format!("{}\n", missing.shell_text(false));
            sys.err(base, &text);
            Step::Exit(missing.exit_code())
        }
    }
}

/// Starts a tool or server by its name in the tables.
fn start_known(name: &str, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
    let argv = Rc::clone(&base.argv);
    let args = argv.get(1..).unwrap_or_default();
    if let Some(flavour) = Shell::flavour_of(name) {
        return start_shell(flavour, args, base, sys);
    }
    if name == "busybox" {
        let Some(applet) = args.first() else {
            sys.out(base, "BusyBox v1.36.1 (2023-05-18 22:34:17 UTC) multi-call binary.\n");
            return Step::Exit(0);
        };
        base.argv = args.into();
        return start_known(&applet.clone(), base, sys);
    }
    if let Some((_, tool)) = TOOLS.iter().find(|(known, _)| *known == name) {
        return tool(base, sys, args);
    }
    servers::start(name, base, sys).unwrap_or_else(|| {
        let text = format!("{name}: this program is not simulated\n");
        sys.err(base, &text);
        Step::Exit(1)
    })
}

fn start_script(path: &str, text: &str, base: &Base) -> Step {
    let first = text.lines().next().unwrap_or_default();
    let interpreter = first.strip_prefix("#!").unwrap_or("/bin/sh").trim();
    let words: Vec<&str> = interpreter
        .split_whitespace()
        .filter(|word| !word.ends_with("/env"))
        .collect();
    let name = words
        .first()
        .map_or("sh", |word| word.rsplit('/').next().unwrap_or(word));
    let flavour = Shell::flavour_of(name);
    let Some(flavour) = flavour else {
        return Step::Become(Program::Idle {
            graceful: true,
            memory_bytes: 20 << 20,
            cpu_milli: 1,
        });
    };
    let mut args: Vec<Str> = words.iter().skip(1).map(|word| Str::from(*word)).collect();
    args.push(path.into());
    args.extend(base.argv.iter().skip(1).cloned());
    match Shell::launch(flavour, name, &args, base, Some(text)) {
        Ok(shell) => Step::Become(Program::Shell(Box::new(shell))),
        Err(_) => Step::Exit(2),
    }
}

fn start_shell(flavour: super::shell::Flavour, args: &[Str], base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
    let flavour = if flavour == super::shell::Flavour::Ash
        && sys.host.image.userland == Userland::Debian
        && base.name() != "busybox"
    {
        super::shell::Flavour::Dash
    } else {
        flavour
    };
    let file = Shell::script_arg(args).map(|path| {
        let content = sys.fs.read(&base.cwd, path);
        let text = content.map(|content| String::from_utf8_lossy(&content.bytes).into_owned());
        (path.to_owned(), text)
    });
    let name = base.name().to_owned();
    let text = match file {
        Some((path, Err(error))) => {
            let text = match flavour {
                super::shell::Flavour::Bash => format!("{name}: {path}: {error}\n"),
                super::shell::Flavour::Dash => format!("{name}: 0: cannot open {path}: No such file\n"),
                super::shell::Flavour::Ash => format!("{name}: can't open '{path}': {error}\n"),
            };
            sys.err(base, &text);
            return Step::Exit(if flavour == super::shell::Flavour::Bash { 127 } else { 2 });
        }
        Some((_, Ok(text))) => Some(text),
        None => None,
    };
    match Shell::launch(flavour, &name, args, base, text.as_deref()) {
        Ok(shell) => Step::Become(Program::Shell(Box::new(shell))),
        Err(message) => {
            sys.err(base, &message);
            Step::Exit(2)
        }
    }
}

/// Splits flags from operands: letters given as `-ab`, and the rest. A letter of `valued` takes the next argument or the
/// rest of its own.
pub(crate) struct Args {
    letters: Vec<(char, Str)>,
    pub(crate) operands: Vec<Str>,
}

impl Args {
    pub(crate) fn new(args: &[Str], valued: &str) -> Self {
        let mut parsed = Self {
            letters: Vec::new(),
            operands: Vec::new(),
        };
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            if &**arg == "--" {
                parsed.operands.extend(rest.by_ref().cloned());
                break;
            }
            let is_flag = arg.len() > 1 && arg.starts_with('-') && !arg.starts_with("--");
            if let Some(long) = arg.strip_prefix("--") {
                let (name, value) = long.split_once('=').unwrap_or((long, ""));
                parsed.operands.extend(std::iter::empty());
                parsed.long(name, value);
                continue;
            }
            if !is_flag {
                parsed.operands.push(arg.clone());
                continue;
            }
            for (at, letter) in arg.char_indices().skip(1) {
                if valued.contains(letter) {
                    let own = &arg[at + letter.len_utf8()..];
                    let value = if own.is_empty() {
                        rest.next().cloned().unwrap_or_default()
                    } else {
                        own.into()
                    };
                    parsed.letters.push((letter, value));
                    break;
                }
                parsed.letters.push((letter, "".into()));
            }
        }
        parsed
    }

    /// Long options that tools here share, under their letters.
    fn long(&mut self, name: &str, value: &str) {
        let letter = match name {
            "recursive" => 'r',
            "force" => 'f',
            "parents" => 'p',
            "lines" => 'n',
            "bytes" => 'c',
            "follow" => 'f',
            "quiet" | "silent" => 'q',
            "ignore-case" => 'i',
            "invert-match" => 'v',
            "count" => 'c',
            "regexp-extended" => 'E',
            "decode" => 'd',
            "all" => 'a',
            "append" => 'a',
            _ => return,
        };
        self.letters.push((letter, value.into()));
    }

    pub(crate) fn has(&self, letter: char) -> bool {
        self.letters.iter().any(|(known, _)| *known == letter)
    }

    pub(crate) fn value(&self, letter: char) -> Option<&str> {
        self.letters
            .iter()
            .rev()
            .find(|(known, _)| *known == letter)
            .map(|(_, value)| &**value)
    }

    pub(crate) fn values(&self, letter: char) -> impl Iterator<Item = &Str> {
        self.letters
            .iter()
            .filter(move |(known, _)| *known == letter)
            .map(|(_, value)| value)
    }
}

/// The message of a tool that cannot open a file, in the words of its family.
pub(crate) fn cannot_open(base: &Base, sys: &Sys<'_, '_>, path: &str, error: FsError) -> String {
    let name = base.name();
    match (sys.host.image.userland, name) {
        (Userland::Debian, "head" | "tail") => format!("{name}: cannot open '{path}' for reading: {error}\n"),
        (Userland::Debian, _) => format!("{name}: {path}: {error}\n"),
        (_, "sed" | "grep" | "awk") => format!("{name}: {path}: {error}\n"),
        (_, "cat" | "head" | "tail" | "tac") => format!("{name}: can't open '{path}': {error}\n"),
        _ => format!("{name}: {path}: {error}\n"),
    }
}

/// `kill`: sends a signal to processes.
///
/// # Errors
/// With the message after `kill: `.
pub(crate) fn kill(args: &[Str], base: &mut Base, sys: &mut Sys<'_, '_>) -> Result<(), String> {
    let mut signal = Some(Signal::Term);
    let mut targets: Vec<&Str> = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match &**arg {
            "-l" => {
                sys.out(base, "HUP INT QUIT KILL USR1 SEGV USR2 PIPE ALRM TERM CHLD CONT\n");
                return Ok(());
            }
            "--" => {}
            "-s" | "-n" => signal = rest.next().and_then(|name| Signal::parse(name)),
            "-0" => signal = None,
            flag if flag.starts_with('-') && targets.is_empty() => {
                let name = &flag[1..];
                signal = Some(Signal::parse(name).ok_or_else(|| format!("{name}: invalid signal specification"))?);
            }
            _ => targets.push(arg),
        }
    }
    for target in targets {
        let group = target.trim_start_matches('-');
        let pid: u32 = group.parse().map_err(|_| format!("invalid number '{target}'"))?;
        if pid == 0 {
            continue;
        }
        if pid != base.pid && !sys.is_alive(pid) && !sys.has_ended(pid) {
            return Err(format!("can't kill pid {pid}: No such process"));
        }
        if let Some(signal) = signal {
            sys.send_signal(pid, signal);
        }
    }
    Ok(())
}

/// A path seen from the process.
pub(crate) fn absolute_path(base: &Base, path: &str) -> String {
    absolute(&base.cwd, path)
}

/// Every tool by name.
pub(crate) const TOOLS: &[(&str, Tool)] = &[
    ("[", misc::bracket),
    ("apk", misc::package_manager),
    ("apt", misc::package_manager),
    ("apt-get", misc::package_manager),
    ("arch", misc::arch),
    ("awk", filter::awk),
    ("base64", filter::base64),
    ("basename", files::basename),
    ("bc", misc::bc),
    ("cat", filter::cat),
    ("chgrp", files::chown),
    ("chmod", files::chmod),
    ("chown", files::chown),
    ("chroot", misc::chroot),
    ("clear", misc::nothing),
    ("cmp", disk::cmp),
    ("cp", files::cp),
    ("curl", net::curl),
    ("cut", filter::cut),
    ("date", date::date),
    ("dd", disk::dd),
    ("df", misc::df),
    ("diff", disk::cmp),
    ("dig", net::dig),
    ("dirname", files::dirname),
    ("dnsdomainname", misc::nothing),
    ("du", disk::du),
    ("echo", misc::echo),
    ("egrep", filter::grep),
    ("env", batch::env),
    ("etcdctl", net::client),
    ("expr", misc::expr),
    ("false", |_, _, _| Step::Exit(1)),
    ("fgrep", filter::grep),
    ("find", disk::find),
    ("free", misc::free),
    ("fuser", misc::nothing),
    ("getent", net::getent),
    ("git", misc::git),
    ("grep", filter::grep),
    ("groups", misc::groups),
    ("grpc-health-probe", net::grpc_health_probe),
    ("grpc_health_probe", net::grpc_health_probe),
    ("gunzip", misc::nothing),
    ("gzip", misc::nothing),
    ("head", filter::head),
    ("host", net::dig),
    ("hostname", misc::hostname),
    ("id", misc::id),
    ("ifconfig", misc::ip),
    ("install", files::cp),
    ("ip", misc::ip),
    ("kill", misc::kill),
    ("killall", misc::killall),
    ("ln", files::ln),
    ("logger", misc::nothing),
    ("ls", listing::ls),
    ("md5sum", filter::md5sum),
    ("mkdir", files::mkdir),
    ("mkfifo", misc::unknown),
    ("mknod", misc::unknown),
    ("mktemp", files::mktemp),
    ("mongo", net::client),
    ("mongosh", net::client),
    ("mount", misc::nothing),
    ("mountpoint", misc::nothing),
    ("mv", files::mv),
    ("mysql", net::client),
    ("mysqladmin", net::client),
    ("nc", net::nc),
    ("ncat", net::nc),
    ("netcat", net::nc),
    ("netstat", misc::netstat),
    ("nice", batch::env),
    ("nl", filter::nl),
    ("nohup", batch::nohup),
    ("nproc", misc::nproc),
    ("nslookup", net::nslookup),
    ("paste", filter::paste),
    ("perl", misc::perl),
    ("pg_isready", net::client),
    ("pgrep", misc::pgrep),
    ("pidof", misc::pgrep),
    ("ping", net::ping),
    ("ping6", net::ping),
    ("pkill", misc::killall),
    ("printenv", misc::printenv),
    ("printf", misc::printf),
    ("ps", misc::ps),
    ("psql", net::client),
    ("pwd", misc::pwd),
    ("rabbitmq-diagnostics", net::client),
    ("rabbitmqctl", net::client),
    ("readlink", listing::readlink),
    ("realpath", listing::readlink),
    ("redis-cli", net::client),
    ("rev", filter::rev),
    ("rm", files::rm),
    ("rmdir", files::rmdir),
    ("sed", filter::sed),
    ("seq", misc::seq),
    ("setsid", batch::env),
    ("sha256sum", misc::unknown),
    ("shuf", filter::sort),
    ("sleep", misc::sleep),
    ("sort", filter::sort),
    ("ss", misc::netstat),
    ("stat", listing::stat),
    ("stress", misc::stress),
    ("stress-ng", misc::stress),
    ("stty", misc::nothing),
    ("su-exec", batch::env),
    ("sync", misc::nothing),
    ("sysctl", misc::nothing),
    ("tac", filter::tac),
    ("tail", filter::tail),
    ("tar", misc::tar),
    ("tee", filter::tee),
    ("telnet", net::nc),
    ("test", misc::test),
    ("time", batch::env),
    ("timeout", batch::timeout),
    ("top", misc::ps),
    ("touch", files::touch),
    ("tr", filter::tr),
    ("true", |_, _, _| Step::Exit(0)),
    ("truncate", files::truncate),
    ("tty", misc::nothing),
    ("umount", misc::nothing),
    ("uname", misc::uname),
    ("uniq", filter::uniq),
    ("unlink", files::rm),
    ("unzip", misc::nothing),
    ("uptime", misc::uptime),
    ("usleep", misc::sleep),
    ("wc", filter::wc),
    ("wget", net::wget),
    ("which", misc::which),
    ("whoami", misc::whoami),
    ("xargs", filter::xargs),
    ("yes", misc::yes),
    ("yum", misc::package_manager),
    ("zcat", filter::cat),
];

/// Ends after a time with a code: for tools whose work takes time.
pub(crate) fn after(sys: &Sys<'_, '_>, span: crate::sim::Duration, code: i32) -> Step {
    Step::Become(Program::Sleep {
        until: sys.now + span,
        code,
    })
}

/// Becomes a process that waits without end and handles no signal.
pub(crate) const fn forever_program() -> Step {
    Step::Become(Program::Idle {
        graceful: false,
        memory_bytes: 0,
        cpu_milli: 0,
    })
}

/// A shell that runs `script`.
fn run_script(script: &str, base: &Base) -> Step {
    match Shell::launch(
        super::shell::Flavour::Ash,
        "sh",
        &["-c".into(), script.into()],
        base,
        None,
    ) {
        Ok(shell) => Step::Become(Program::Shell(Box::new(shell))),
        Err(_) => Step::Exit(2),
    }
}

/// Waits without end.
pub(crate) const fn forever() -> Step {
    Step::Wait(Wait::Forever)
}
