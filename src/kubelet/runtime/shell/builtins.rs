//! Commands that the shell runs itself.

use std::rc::Rc;

use super::Str;
use super::parser::is_name;
use super::state::{Condition, Flavour, FrameKind, Options, Shell, Value};
use super::test;
use crate::kubelet::runtime::kernel::{Input, Sys};
use crate::kubelet::runtime::process::{Base, Wait};
use crate::kubelet::runtime::spec::Signal;
use crate::kubelet::runtime::tools::{self, text as texts};
use crate::kubelet::runtime::vfs::absolute;

/// What a builtin leads to.
pub(super) enum Flow {
    Status(i32),
    /// Call it again after the wait.
    Wait(Wait),
    /// It pushed a frame.
    Entered,
    /// It moved the place in the program.
    Jumped,
    Return(i32),
    Exit(i32),
    /// `exec`: the process runs `base.argv` now.
    Become,
}

type Builtin = fn(&mut Shell, &mut Base, &mut Sys<'_, '_>, &[Str], &mut String) -> Flow;

const TABLE: [(&str, Builtin); 44] = [
    (":", |_, _, _, _, _| Flow::Status(0)),
    (".", source),
    ("[", bracket),
    ("alias", |_, _, _, _, _| Flow::Status(0)),
    ("bg", |_, _, _, _, _| Flow::Status(0)),
    ("break", |shell, base, _, argv, _| leave_loops(shell, base, argv, false)),
    ("builtin", command),
    ("cd", cd),
    ("command", command),
    ("continue", |shell, base, _, argv, _| {
        leave_loops(shell, base, argv, true)
    }),
    ("declare", local),
    ("echo", echo),
    ("eval", eval),
    ("exec", exec),
    ("exit", |shell, _, _, argv, _| Flow::Exit(status_arg(shell, argv))),
    ("export", export),
    ("false", |_, _, _, _, _| Flow::Status(1)),
    ("fg", |_, _, _, _, _| Flow::Status(0)),
    ("getopts", getopts),
    ("hash", |_, _, _, _, _| Flow::Status(0)),
    ("jobs", jobs),
    ("kill", kill),
    ("let", let_),
    ("local", local),
    ("printf", printf),
    ("pwd", pwd),
    ("read", read),
    ("readonly", readonly),
    ("return", |shell, _, _, argv, _| Flow::Return(status_arg(shell, argv))),
    ("set", set),
    ("shift", shift),
    ("shopt", |_, _, _, _, _| Flow::Status(0)),
    ("source", source),
    ("test", test_),
    ("times", |_, _, _, _, _| Flow::Status(0)),
    ("trap", trap),
    ("true", |_, _, _, _, _| Flow::Status(0)),
    ("type", type_),
    ("typeset", local),
    ("ulimit", |_, _, _, _, _| Flow::Status(0)),
    ("umask", |_, _, _, _, _| Flow::Status(0)),
    ("unalias", |_, _, _, _, _| Flow::Status(0)),
    ("unset", unset),
    ("wait", wait),
];

/// The names of all builtins.
pub(crate) const BUILTINS: [&str; 44] = {
    let mut names = [""; 44];
    let mut index = 0;
    while index < names.len() {
        names[index] = TABLE[index].0;
        index += 1;
    }
    names
};

pub(super) fn builtin(name: &str) -> Option<Builtin> {
    TABLE.iter().find(|(known, _)| *known == name).map(|(_, run)| *run)
}

fn status_arg(shell: &Shell, argv: &[Str]) -> i32 {
    argv.get(1).map_or(shell.status, |text| text.parse().unwrap_or(2))
}

fn leave_loops(shell: &mut Shell, base: &mut Base, argv: &[Str], again: bool) -> Flow {
    let levels = argv.get(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    shell.leave_loops(levels, again, base);
    Flow::Jumped
}

fn echo(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let text = texts::echo(&argv[1..], shell.flavour == Flavour::Dash);
    output(shell, base, sys, "echo", &text)
}

fn printf(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    if let (Some("-v"), Some(name)) = (argv.get(1).map(|arg| &**arg), argv.get(2)) {
        shell.set_var(name, &texts::printf(&argv[3..]));
        return Flow::Status(0);
    }
    let skip = if argv.get(1).is_some_and(|arg| &**arg == "--") {
        2
    } else {
        1
    };
    output(
        shell,
        base,
        sys,
        "printf",
        &texts::printf(argv.get(skip..).unwrap_or_default()),
    )
}

fn output(shell: &Shell, base: &mut Base, sys: &mut Sys<'_, '_>, name: &str, text: &str) -> Flow {
    match sys.write(base, 1, text.as_bytes()) {
        Ok(()) => Flow::Status(0),
        Err(error) => {
            sys.err(base, &shell.complain(&format!("{name}: write error: {error}")));
            Flow::Status(1)
        }
    }
}

fn test_(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    run_test(shell, base, sys, &argv[0], &argv[1..])
}

fn bracket(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    match argv.split_last() {
        Some((last, rest)) if &**last == "]" && !rest.is_empty() => run_test(shell, base, sys, &argv[0], &rest[1..]),
        _ => {
            sys.err(base, &shell.complain("[: missing ]"));
            Flow::Status(2)
        }
    }
}

fn run_test(shell: &Shell, base: &mut Base, sys: &mut Sys<'_, '_>, name: &str, args: &[Str]) -> Flow {
    match test::evaluate(args, base, sys) {
        Ok(holds) => Flow::Status(i32::from(!holds)),
        Err(text) => {
            sys.err(base, &shell.complain(&format!("{name}: {text}")));
            Flow::Status(2)
        }
    }
}

fn cd(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let given = argv.iter().skip(1).find(|arg| !matches!(&***arg, "-P" | "-L" | "--"));
    let target = match given.map(|arg| &**arg) {
        None => shell.var("HOME").unwrap_or_else(|| "/".into()),
        Some("-") => shell.var("OLDPWD").unwrap_or_else(|| base.cwd.clone()),
        Some(path) => path.into(),
    };
    match sys.fs.stat(&base.cwd, &target).map(|node| node.is_dir()) {
        Ok(true) => {
            shell.set_var("OLDPWD", &base.cwd.clone());
            base.cwd = absolute(&base.cwd, &target).into();
            shell.set_var("PWD", &base.cwd.clone());
            Flow::Status(0)
        }
        failed => {
            let why = if failed.is_ok() {
                "Not a directory".to_owned()
            } else {
                "No such file or directory".to_owned()
            };
            let text = match shell.flavour {
                Flavour::Ash => format!("cd: can't cd to {target}: {why}"),
                Flavour::Dash => format!("cd: can't cd to {target}"),
                Flavour::Bash => format!("cd: {target}: {why}"),
            };
            sys.err(base, &shell.complain(&text));
            Flow::Status(if shell.flavour == Flavour::Bash { 1 } else { 2 })
        }
    }
}

fn pwd(_: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, _: &[Str], _: &mut String) -> Flow {
    let text = format!("{}\n", base.cwd);
    sys.out(base, &text);
    Flow::Status(0)
}

fn eval(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    match shell.parse(&argv[1..].join(" ")) {
        Ok(block) => {
            shell.push(block, FrameKind::Eval, None);
            Flow::Entered
        }
        Err(message) => {
            sys.err(base, &message);
            Flow::Status(2)
        }
    }
}

fn source(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let Some(path) = argv.get(1) else {
        sys.err(
            base,
            &shell.complain(&format!("{}: filename argument required", argv[0])),
        );
        return Flow::Status(2);
    };
    let content = match sys.fs.read(&base.cwd, path) {
        Ok(content) => content,
        Err(error) => {
            let text = match shell.flavour {
                Flavour::Bash => format!("{path}: {error}"),
                Flavour::Dash => format!(".: cannot open {path}: {error}"),
                Flavour::Ash => format!(".: can't open '{path}': {error}"),
            };
            sys.err(base, &shell.complain(&text));
            return if shell.flavour == Flavour::Bash {
                Flow::Status(1)
            } else {
                Flow::Exit(2)
            };
        }
    };
    match shell.parse(&String::from_utf8_lossy(&content.bytes)) {
        Ok(block) => {
            let args = (argv.len() > 2).then(|| std::mem::replace(&mut shell.args, argv[2..].into()));
            shell.push(block, FrameKind::Source { args }, None);
            Flow::Entered
        }
        Err(message) => {
            sys.err(base, &message);
            Flow::Status(2)
        }
    }
}

fn exec(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let mut args = &argv[1..];
    if let [flag, _, rest @ ..] = args
        && &**flag == "-a"
    {
        args = rest;
    }
    if args.is_empty() {
        return Flow::Status(0);
    }
    base.env = shell.environment();
    let old = std::mem::replace(&mut base.argv, args.into());
    if let Err(missing) = tools::find(base, sys) {
        base.argv = old;
        sys.err(
            base,
            &shell.complain(&missing.shell_text(shell.flavour == Flavour::Bash)),
        );
        return Flow::Exit(missing.exit_code());
    }
    Flow::Become
}

fn export(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let names: Vec<&Str> = argv[1..].iter().filter(|arg| !arg.starts_with('-')).collect();
    if names.is_empty() {
        let env = shell.environment();
        let lead = if shell.flavour == Flavour::Bash {
            "declare -x"
        } else {
            "export"
        };
        let lines: String = env
            .iter()
            .map(|(name, value)| format!("{lead} {name}={}\n", quote(value, shell.flavour)))
            .collect();
        sys.out(base, &lines);
        return Flow::Status(0);
    }
    for arg in names {
        let (name, value) = arg
            .split_once('=')
            .map_or((&**arg, None), |(name, value)| (name, Some(value)));
        if !is_name(name) {
            sys.err(base, &shell.complain(&format!("export: {name}: bad variable name")));
            return Flow::Status(2);
        }
        let ok = shell.change_var(name, |var| {
            var.is_exported = true;
            if let Some(value) = value {
                var.value = Value::Scalar(value.into());
            }
        });
        if !ok {
            return read_only(shell, base, sys, name);
        }
    }
    shell.env = None;
    Flow::Status(0)
}

fn read_only(shell: &Shell, base: &mut Base, sys: &mut Sys<'_, '_>, name: &str) -> Flow {
    let words = if shell.flavour == Flavour::Bash {
        "readonly variable"
    } else {
        "is read only"
    };
    sys.err(base, &shell.complain(&format!("{name}: {words}")));
    Flow::Status(1)
}

fn quote(value: &str, flavour: Flavour) -> String {
    if flavour == Flavour::Bash {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}

fn readonly(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    for arg in argv[1..].iter().filter(|arg| !arg.starts_with('-')) {
        let (name, value) = arg
            .split_once('=')
            .map_or((&**arg, None), |(name, value)| (name, Some(value)));
        if value.is_some_and(|value| !shell.set_var(name, value)) {
            return read_only(shell, base, sys, name);
        }
        shell.change_var(name, |var| var.is_readonly = true);
    }
    Flow::Status(0)
}

fn unset(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let functions = argv.get(1).is_some_and(|arg| &**arg == "-f");
    for name in argv[1..].iter().filter(|arg| !arg.starts_with('-')) {
        if functions {
            Rc::make_mut(&mut shell.functions).remove(name);
        } else if !shell.unset_var(name) {
            return read_only(shell, base, sys, name);
        }
    }
    Flow::Status(0)
}

fn local(shell: &mut Shell, _: &mut Base, _: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let flags: String = argv[1..]
        .iter()
        .filter(|arg| arg.starts_with('-'))
        .map(|arg| &arg[1..])
        .collect();
    for arg in argv[1..].iter().filter(|arg| !arg.starts_with('-')) {
        let (name, value) = arg
            .split_once('=')
            .map_or((&**arg, None), |(name, value)| (name, Some(value)));
        let old = shell.vars.get(name).cloned();
        let function = shell.frames.iter_mut().rev().find_map(|frame| match &mut frame.kind {
            FrameKind::Function { hidden, .. } => Some(hidden),
            _ => None,
        });
        if let Some(hidden) = function.filter(|_| !flags.contains('g')) {
            hidden.push((name.into(), old));
            if value.is_none() {
                shell.unset_var(name);
            }
        }
        shell.change_var(name, |var| {
            if let Some(value) = value {
                var.value = Value::Scalar(value.into());
            } else if flags.contains(['a', 'A']) {
                var.value = Value::Array(Default::default());
            }
            var.is_exported |= flags.contains('x');
            var.is_readonly |= flags.contains('r');
        });
    }
    Flow::Status(0)
}

fn shift(shell: &mut Shell, _: &mut Base, _: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let count: usize = argv.get(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    if count > shell.args.len() {
        return Flow::Status(1);
    }
    shell.args = shell.args[count..].into();
    Flow::Status(0)
}

impl Options {
    fn by_letter(&mut self, letter: char) -> Option<&mut bool> {
        Some(match letter {
            'e' => &mut self.errexit,
            'u' => &mut self.nounset,
            'x' => &mut self.xtrace,
            'f' => &mut self.noglob,
            'n' => &mut self.noexec,
            _ => return None,
        })
    }
}

impl Shell {
    /// `$-`
    pub(crate) fn flags(&self) -> String {
        let options = self.options;
        [
            ('e', options.errexit),
            ('f', options.noglob),
            ('u', options.nounset),
            ('x', options.xtrace),
        ]
        .iter()
        .filter(|(_, on)| *on)
        .map(|(letter, _)| *letter)
        .collect()
    }

    /// Takes `-eu`, `-o pipefail`, `+x`; how many arguments it took.
    pub(crate) fn take_options(&mut self, args: &[Str]) -> usize {
        let mut used = 0;
        while let Some(arg) = args.get(used) {
            let on = arg.starts_with('-');
            if arg.len() < 2 || !(on || arg.starts_with('+')) || &**arg == "--" || arg.starts_with("--") {
                break;
            }
            used += 1;
            for letter in arg[1..].chars() {
                if letter == 'o' {
                    let name = args.get(used).map_or("", |name| name);
                    used += usize::from(!name.is_empty());
                    let options = &mut self.options;
                    let slot = match name {
                        "pipefail" => Some(&mut options.pipefail),
                        "errexit" => Some(&mut options.errexit),
                        "nounset" => Some(&mut options.nounset),
                        "xtrace" => Some(&mut options.xtrace),
                        "noglob" => Some(&mut options.noglob),
                        _ => None,
                    };
                    if let Some(slot) = slot {
                        *slot = on;
                    }
                } else if let Some(slot) = self.options.by_letter(letter) {
                    *slot = on;
                }
            }
        }
        used
    }
}

fn set(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    if argv.len() == 1 {
        let names: Vec<Str> = shell.vars.keys().cloned().collect();
        let lines: String = names
            .iter()
            .filter_map(|name| Some(format!("{name}={}\n", quote(&shell.var(name)?, Flavour::Ash))))
            .collect();
        sys.out(base, &lines);
        return Flow::Status(0);
    }
    let used = 1 + shell.take_options(&argv[1..]);
    match argv.get(used) {
        Some(arg) if &**arg == "--" => shell.args = argv[used + 1..].into(),
        Some(_) => shell.args = argv[used..].into(),
        None => {}
    }
    Flow::Status(0)
}

fn trap(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let args: Vec<&Str> = argv[1..].iter().filter(|arg| &***arg != "--").collect();
    let condition = |text: &str| match text {
        "EXIT" | "exit" | "0" => Some(Condition::Exit),
        "ERR" | "DEBUG" | "RETURN" => Some(Condition::Error),
        other => Signal::parse(other).map(Condition::Signal),
    };
    let name = |condition: &Condition| match condition {
        Condition::Exit => "EXIT",
        Condition::Error => "ERR",
        Condition::Signal(signal) => signal.name(),
    };
    let Some(action) = args.first() else {
        let lines: String = shell
            .traps
            .iter()
            .map(|(on, action)| format!("trap -- '{action}' {}\n", name(on)))
            .collect();
        sys.out(base, &lines);
        return Flow::Status(0);
    };
    // `trap SIGNAL` alone resets, as does `trap - SIGNAL`.
    let resets = &***action == "-" || args.len() == 1;
    let conditions = if args.len() == 1 { &args[..] } else { &args[1..] };
    for text in conditions {
        let Some(on) = condition(text) else {
            sys.err(
                base,
                &shell.complain(&format!("trap: {text}: invalid signal specification")),
            );
            return Flow::Status(1);
        };
        if resets {
            shell.traps.remove(&on);
        } else {
            shell.traps.insert(on, (*action).clone());
        }
        if let Condition::Signal(signal) = on {
            base.ignored.retain(|known| *known != signal);
            if !resets && action.is_empty() {
                base.ignored.push(signal);
            }
        }
    }
    Flow::Status(0)
}

fn wait(shell: &mut Shell, _: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let pids: Vec<u32> = argv[1..].iter().filter_map(|arg| job(shell, arg)).collect();
    if argv.len() > 1 && argv[1].starts_with("-n") {
        let ended = shell.jobs.iter().position(|pid| !sys.is_alive(*pid));
        return match ended {
            Some(at) => Flow::Status(sys.reap(shell.jobs.remove(at)).unwrap_or(127)),
            None if shell.jobs.is_empty() => Flow::Status(127),
            None => Flow::Wait(Wait::AnyChild),
        };
    }
    let wanted = if argv.len() > 1 { pids } else { shell.jobs.clone() };
    if let Some(pid) = wanted.iter().find(|pid| sys.is_alive(**pid)) {
        return Flow::Wait(Wait::Child(*pid));
    }
    let mut status = if argv.len() > 1 { 127 } else { 0 };
    for pid in wanted {
        let code = if sys.has_ended(pid) { sys.reap(pid) } else { None };
        if argv.len() > 1 {
            status = code.unwrap_or(127);
        }
        shell.jobs.retain(|known| *known != pid);
    }
    Flow::Status(status)
}

/// A process id from `123`, `%1` or `%%`.
fn job(shell: &Shell, text: &str) -> Option<u32> {
    match text.strip_prefix('%') {
        Some("" | "%" | "+") => shell.jobs.last().copied(),
        Some(index) => shell.jobs.get(index.parse::<usize>().ok()?.checked_sub(1)?).copied(),
        None => text.parse().ok(),
    }
}

fn jobs(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let alive: Vec<u32> = shell.jobs.iter().copied().filter(|pid| sys.is_alive(*pid)).collect();
    let only_pids = argv.get(1).is_some_and(|arg| &**arg == "-p");
    let lines: String = alive
        .iter()
        .enumerate()
        .map(|(index, pid)| {
            if only_pids {
                format!("{pid}\n")
            } else {
                format!("[{}]  Running\n", index + 1)
            }
        })
        .collect();
    sys.out(base, &lines);
    Flow::Status(0)
}

fn kill(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let args: Vec<Str> = argv[1..]
        .iter()
        .map(|arg| {
            job(shell, arg)
                .filter(|_| arg.starts_with('%'))
                .map_or_else(|| arg.clone(), |pid| pid.to_string().into())
        })
        .collect();
    match tools::kill(&args, base, sys) {
        Ok(()) => Flow::Status(0),
        Err(text) => {
            sys.err(base, &shell.complain(&format!("kill: {text}")));
            Flow::Status(1)
        }
    }
}

fn let_(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let mut value = 0;
    for text in &argv[1..] {
        let word = super::code::Word(vec![super::code::Part::Quoted(text.clone())]);
        match shell.expand(base, sys, |expander| expander.arith(&word)) {
            Ok(number) => value = number,
            Err(super::expand::Stop::Fail(text)) => {
                sys.err(base, &shell.complain(&text));
                return Flow::Status(1);
            }
            Err(super::expand::Stop::Substitute(_)) => return Flow::Status(1),
        }
    }
    Flow::Status(i32::from(value == 0))
}

fn read(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], partial: &mut String) -> Flow {
    let mut raw = false;
    let mut array = false;
    let mut names: Vec<Str> = Vec::new();
    let mut args = argv[1..].iter();
    while let Some(arg) = args.next() {
        match &**arg {
            "-p" | "-t" | "-n" | "-d" | "-u" | "-i" => drop(args.next()),
            flags if flags.starts_with('-') => {
                raw |= flags.contains('r');
                array |= flags.contains('a');
            }
            _ => names.push(arg.clone()),
        }
    }
    loop {
        match sys.read(base, 0, usize::MAX) {
            Input::Bytes(bytes) => match bytes.iter().position(|byte| *byte == b'\n') {
                Some(end) => {
                    sys.unread(base, 0, &bytes[end + 1..]);
                    partial.push_str(&String::from_utf8_lossy(&bytes[..end]));
                    if !raw && partial.ends_with('\\') {
                        partial.pop();
                        continue;
                    }
                    store_read(shell, &names, array, raw, &std::mem::take(partial));
                    return Flow::Status(0);
                }
                None => partial.push_str(&String::from_utf8_lossy(&bytes)),
            },
            Input::Zeros(_) | Input::End => {
                store_read(shell, &names, array, raw, &std::mem::take(partial));
                return Flow::Status(1);
            }
            Input::Wait(wait) => return Flow::Wait(wait),
        }
    }
}

fn store_read(shell: &mut Shell, names: &[Str], array: bool, raw: bool, line: &str) {
    let line = if raw { line.to_owned() } else { line.replace('\\', "") };
    let ifs = shell.var("IFS").unwrap_or_else(|| " \t\n".into());
    let is_blank = |c: char| ifs.contains(c) && c.is_whitespace();
    if names.is_empty() {
        shell.set_var("REPLY", &line);
        return;
    }
    let mut rest = line.trim_matches(is_blank);
    if array {
        let items = rest
            .split(|c| ifs.contains(c))
            .filter(|item| !item.is_empty())
            .map(Str::from);
        let items = (0i64..).zip(items).collect();
        shell.change_var(&names[0], |var| var.value = Value::Array(items));
        return;
    }
    for (index, name) in names.iter().enumerate() {
        if index + 1 == names.len() {
            shell.set_var(name, rest);
            break;
        }
        let end = rest.find(|c| ifs.contains(c)).unwrap_or(rest.len());
        shell.set_var(name, &rest[..end]);
        let after = rest[end..].trim_start_matches(is_blank);
        // One separator that is no blank ends the field too.
        rest = if after.len() == rest.len() - end {
            after.strip_prefix(|c| ifs.contains(c)).unwrap_or(after)
        } else {
            after
        };
    }
}

fn command(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], partial: &mut String) -> Flow {
    match argv.get(1).map(|arg| &**arg) {
        Some("-v" | "-V") => describe(shell, base, sys, &argv[2..], argv[1].ends_with('V')),
        Some("-p") => command(shell, base, sys, &argv[1..], partial),
        None => Flow::Status(0),
        Some(name) => match builtin(name) {
            Some(run) => run(shell, base, sys, &argv[1..], partial),
            None => {
                // Runs the program past a function of the same name.
                let mut block = String::from("env");
                for arg in &argv[1..] {
                    block.push_str(&format!(" '{}'", arg.replace('\'', "'\\''")));
                }
                eval(shell, base, sys, &["eval".into(), block.into()], partial)
            }
        },
    }
}

fn type_(shell: &mut Shell, base: &mut Base, sys: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let names = if argv.get(1).is_some_and(|arg| arg.starts_with('-')) {
        &argv[2..]
    } else {
        &argv[1..]
    };
    describe(shell, base, sys, names, true)
}

fn describe(shell: &Shell, base: &mut Base, sys: &mut Sys<'_, '_>, names: &[Str], verbose: bool) -> Flow {
    let mut status = 0;
    for name in names {
        let is_own = builtin(name).is_some();
        let line = if shell.functions.contains_key(name) {
            if verbose {
                format!("{name} is a function\n")
            } else {
                format!("{name}\n")
            }
        } else if is_own {
            if verbose {
                format!("{name} is a shell builtin\n")
            } else {
                format!("{name}\n")
            }
        } else if let Some(path) = tools::which(base, sys, name) {
            if verbose {
                format!("{name} is {path}\n")
            } else {
                format!("{path}\n")
            }
        } else {
            status = if shell.flavour == Flavour::Bash { 1 } else { 127 };
            if verbose {
                format!("{name}: not found\n")
            } else {
                String::new()
            }
        };
        sys.out(base, &line);
    }
    Flow::Status(status)
}

fn getopts(shell: &mut Shell, _: &mut Base, _: &mut Sys<'_, '_>, argv: &[Str], _: &mut String) -> Flow {
    let (Some(letters), Some(name)) = (argv.get(1), argv.get(2)) else {
        return Flow::Status(2);
    };
    let args: Rc<[Str]> = if argv.len() > 3 {
        argv[3..].into()
    } else {
        Rc::clone(&shell.args)
    };
    let index: usize = shell.var("OPTIND").and_then(|text| text.parse().ok()).unwrap_or(1);
    let letter = args
        .get(index - 1)
        .filter(|arg| arg.len() >= 2 && arg.starts_with('-') && &***arg != "--");
    let Some(arg) = letter else { return Flow::Status(1) };
    let letter = arg[1..].chars().next().unwrap_or('?');
    let takes_value = letters.contains(&format!("{letter}:"));
    let mut next = index + 1;
    if takes_value {
        let value = if arg.len() > 2 {
            arg[2..].to_owned()
        } else {
            next += 1;
            args.get(index).map(ToString::to_string).unwrap_or_default()
        };
        shell.set_var("OPTARG", &value);
    }
    let found = if letters.contains(letter) { letter } else { '?' };
    shell.set_var(name, &found.to_string());
    shell.set_var("OPTIND", &next.to_string());
    Flow::Status(0)
}
