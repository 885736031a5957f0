//! The other tools.

use super::numbers::{parse_count, parse_span};
use super::{Args, Str};
use crate::kubelet::runtime::fs::Node;
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::process::{Base, Program, Step};
use crate::kubelet::runtime::shell::test as shell_test;
use crate::sim::{Arrange, Duration};

pub(super) fn sleep(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let mut total = Duration::ZERO;
    if args.is_empty() {
        let debian = sys.host.image.userland == super::Userland::Debian;
        sys.err(
            base,
            if debian {
                "sleep: missing operand\nTry 'sleep --help' for more information.\n"
            } else {
                "BusyBox v1.36.1 multi-call binary.\n\nUsage: sleep [N]...\n"
            },
        );
        return Step::Exit(1);
    }
    for arg in args {
        if base.name() == "usleep" {
            total = total + Duration(arg.parse::<u64>().unwrap_or(0).saturating_mul(1000));
            continue;
        }
        match parse_span(arg) {
            Some(Some(span)) => total = total + span,
            Some(None) => return super::forever_program(),
            None => {
                let debian = sys.host.image.userland == super::Userland::Debian;
                let text = if debian {
                    format!("sleep: invalid time interval '{arg}'\n")
                } else {
                    format!("sleep: invalid number '{arg}'\n")
                };
                sys.err(base, &text);
                return Step::Exit(1);
            }
        }
    }
    super::after(sys, total, 0)
}

pub(super) fn nothing(_: &mut Base, _: &mut Sys<'_, '_>, _: &[Str]) -> Step {
    Step::Exit(0)
}

pub(super) fn unknown(base: &mut Base, sys: &mut Sys<'_, '_>, _: &[Str]) -> Step {
    let text = format!("{}: this tool is not simulated\n", base.name());
    sys.err(base, &text);
    Step::Exit(1)
}

fn print(base: &mut Base, sys: &mut Sys<'_, '_>, text: &str) -> Step {
    sys.out(base, &format!("{text}\n"));
    Step::Exit(0)
}

pub(super) fn echo(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let text = super::text::echo(args, false);
    sys.out(base, &text);
    Step::Exit(0)
}

pub(super) fn printf(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let text = super::text::printf(args);
    sys.out(base, &text);
    Step::Exit(0)
}

pub(super) fn test(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    match shell_test::evaluate(args, base, sys) {
        Ok(holds) => Step::Exit(i32::from(!holds)),
        Err(text) => {
            let text = format!("{}: {text}\n", base.name());
            sys.err(base, &text);
            Step::Exit(2)
        }
    }
}

pub(super) fn bracket(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    match args.split_last() {
        Some((last, rest)) if &**last == "]" => test(base, sys, rest),
        _ => {
            sys.err(base, "[: missing ]\n");
            Step::Exit(2)
        }
    }
}

pub(super) fn pwd(base: &mut Base, sys: &mut Sys<'_, '_>, _: &[Str]) -> Step {
    let cwd = base.cwd.clone();
    print(base, sys, &cwd)
}

pub(super) fn hostname(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let spec = &sys.host.spec;
    let text = match args.first().map(|arg| &**arg) {
        Some("-i" | "-I") => spec.ip.to_string(),
        Some("-f") => spec.full_name(),
        Some("-d") => spec.domain.to_string(),
        _ => spec.hostname.to_string(),
    };
    print(base, sys, &text)
}

pub(super) fn printenv(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    if args.is_empty() {
        let lines: String = base.env.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
        sys.out(base, &lines);
        return Step::Exit(0);
    }
    let mut status = 0;
    for name in args {
        match base.var(name).map(|value| format!("{value}\n")) {
            Some(line) => sys.out(base, &line),
            None => status = 1,
        }
    }
    Step::Exit(status)
}

pub(super) fn id(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let user = sys.fs.user;
    let name = |id: u32| if id == 0 { "(root)" } else { "" };
    let groups: Vec<String> = std::iter::once(user.gid)
        .chain(user.groups.iter().copied().filter(|group| *group != user.gid))
        .map(|id| format!("{id}{}", name(id)))
        .collect();
    let text = match args.first().map(|arg| &**arg) {
        Some("-u") => user.uid.to_string(),
        Some("-g") => user.gid.to_string(),
        Some("-un") => return whoami(base, sys, args),
        Some("-G") => groups.join(" ").replace("(root)", ""),
        _ => format!(
            "uid={}{} gid={}{} groups={}",
            user.uid,
            name(user.uid),
            user.gid,
            name(user.gid),
            groups.join(",")
        ),
    };
    print(base, sys, &text)
}

pub(super) fn groups(base: &mut Base, sys: &mut Sys<'_, '_>, _: &[Str]) -> Step {
    id(base, sys, &["-G".into()])
}

pub(super) fn whoami(base: &mut Base, sys: &mut Sys<'_, '_>, _: &[Str]) -> Step {
    match sys.fs.user.uid {
        0 => print(base, sys, "root"),
        uid => {
            let text = format!("whoami: unknown uid {uid}\n");
            sys.err(base, &text);
            Step::Exit(1)
        }
    }
}

pub(super) fn uname(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let host = sys.host.spec.hostname.to_string();
    let letters: String = args
        .iter()
        .filter(|arg| arg.starts_with('-'))
        .map(|arg| arg[1..].to_owned())
        .collect();
    let letters = if letters.is_empty() {
        "s".to_owned()
    } else {
        letters.replace('a', "snrvmo")
    };
    let word = |letter: char| match letter {
        's' => "Linux".to_owned(),
        'n' => host.clone(),
        'r' => "6.1.0-kubarium".to_owned(),
        'v' => "#1 SMP".to_owned(),
        'm' | 'p' | 'i' => "x86_64".to_owned(),
        _ => "GNU/Linux".to_owned(),
    };
    let text = letters.chars().map(word).collect::<Vec<_>>().join(" ");
    print(base, sys, &text)
}

pub(super) fn arch(base: &mut Base, sys: &mut Sys<'_, '_>, _: &[Str]) -> Step {
    print(base, sys, "x86_64")
}

pub(super) fn nproc(base: &mut Base, sys: &mut Sys<'_, '_>, _: &[Str]) -> Step {
    print(base, sys, "4")
}

pub(super) fn uptime(base: &mut Base, sys: &mut Sys<'_, '_>, _: &[Str]) -> Step {
    let minutes = sys.now.0 / 60_000_000_000;
    let text = format!(" up {minutes} min,  load average: 0.00, 0.00, 0.00");
    print(base, sys, &text)
}

pub(super) fn free(base: &mut Base, sys: &mut Sys<'_, '_>, _: &[Str]) -> Step {
    let text = "              total        used        free      shared  buff/cache   available\nMem:        8167848     1048576     5119272        1024     2000000     6900000\nSwap:             0           0           0";
    print(base, sys, text)
}

pub(super) fn df(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    let mut rows = vec![("overlay", "/".to_owned())];
    rows.extend(
        sys.host
            .spec
            .mounts
            .iter()
            .map(|mount| ("/dev/sda1", mount.path.to_string())),
    );
    let mut text = "Filesystem           1K-blocks      Used Available Use% Mounted on\n".to_owned();
    for (device, path) in rows {
        if args.operands.is_empty() || args.operands.iter().any(|wanted| **wanted == *path) {
            let used = sys.fs.stat("/", &path).map_or(0, Node::usage_bytes) / 1024 + 8_000_000;
            let (total, left) = (101_000_000u64, 101_000_000u64.saturating_sub(used));
            text.push_str(&format!(
                "{device:20} {total:9} {used:9} {left:9} {:3}% {path}\n",
                used * 100 / total
            ));
        }
    }
    sys.out(base, &text);
    Step::Exit(0)
}

pub(super) fn which(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let mut status = 0;
    for name in args {
        match super::which(base, sys, name) {
            Some(path) => sys.out(base, &format!("{path}\n")),
            None => status = 1,
        }
    }
    Step::Exit(status)
}

pub(super) fn seq(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let parsed = Args::new(
        &args
            .iter()
            .filter(|arg| arg.parse::<i64>().is_err())
            .cloned()
            .collect::<Vec<_>>(),
        "s",
    );
    let numbers: Vec<i64> = args.iter().filter_map(|arg| arg.parse().ok()).collect();
    let (first, step, last) = match numbers.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] => (*first, *step, *last),
        _ => {
            let text = format!("{}: missing operand\n", base.name());
            sys.err(base, &text);
            return Step::Exit(1);
        }
    };
    if step == 0 {
        return Step::Exit(1);
    }
    let width = if parsed.has('w') {
        last.to_string().len().max(first.to_string().len())
    } else {
        0
    };
    let mut out = Vec::new();
    let mut value = first;
    while (if step > 0 { value <= last } else { value >= last }) && out.len() < 100_000 {
        out.push(format!("{value:0width$}"));
        value = value.saturating_add(step);
    }
    if !out.is_empty() {
        let text = out.join(parsed.value('s').unwrap_or("\n")) + "\n";
        sys.out(base, &text);
    }
    Step::Exit(0)
}

pub(super) fn yes(base: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let word = if args.is_empty() {
        "y".to_owned()
    } else {
        args.join(" ")
    };
    // A loop in the shell stops where its reader does.
    let script = format!("while :; do echo '{}'; done", word.replace('\'', "'\\''"));
    super::run_script(&script, base)
}

pub(super) fn expr(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let words: Vec<&str> = args.iter().map(|arg| &**arg).collect();
    let number = |text: &str| text.parse::<i64>().ok();
    let value = match words.as_slice() {
        ["length", text] => text.chars().count().to_string(),
        [left, ":", pattern] => {
            let regex = super::regex::Regex::new(&format!("^{pattern}"), super::regex::Syntax::Basic);
            match regex.ok().and_then(|regex| regex.find(left, 0, false)) {
                Some(groups) => match groups.get(1).copied().flatten() {
                    Some((from, to)) => left[from..to].to_owned(),
                    None => groups[0]
                        .map_or(0, |(from, to)| left[from..to].chars().count())
                        .to_string(),
                },
                None => "0".to_owned(),
            }
        }
        [one] => (*one).to_owned(),
        [left, operator @ ("=" | "!=" | "<" | ">" | "<=" | ">="), right] => {
            let order = match (number(left), number(right)) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ => left.cmp(right),
            };
            let holds = match *operator {
                "=" => order.is_eq(),
                "!=" => order.is_ne(),
                "<" => order.is_lt(),
                ">" => order.is_gt(),
                "<=" => order.is_le(),
                _ => order.is_ge(),
            };
            i32::from(holds).to_string()
        }
        _ => match crate::kubelet::runtime::shell::calculate(&words.join(" ")) {
            Some(value) => value.to_string(),
            None => {
                sys.err(base, "expr: syntax error\n");
                return Step::Exit(2);
            }
        },
    };
    sys.out(base, &format!("{value}\n"));
    Step::Exit(i32::from(value == "0" || value.is_empty()))
}

pub(super) fn bc(base: &mut Base, sys: &mut Sys<'_, '_>, _: &[Str]) -> Step {
    sys.err(base, "bc: this tool is not simulated\n");
    Step::Exit(1)
}

pub(super) fn ps(base: &mut Base, sys: &mut Sys<'_, '_>, _: &[Str]) -> Step {
    let mut rows: Vec<(u32, String)> = sys
        .kernel
        .processes()
        .map(|process| (process.base.pid, process.base.argv.join(" ")))
        .collect();
    rows.push((base.pid, base.argv.join(" ")));
    rows.arrange();
    let user = if sys.fs.user.uid == 0 {
        "root".to_owned()
    } else {
        sys.fs.user.uid.to_string()
    };
    let mut text = "PID   USER     TIME  COMMAND\n".to_owned();
    for (pid, command) in rows {
        text.push_str(&format!("{pid:5} {user:8}  0:00 {command}\n"));
    }
    sys.out(base, &text);
    Step::Exit(0)
}

fn pids_of(base: &Base, sys: &Sys<'_, '_>, name: &str, whole_line: bool) -> Vec<u32> {
    let fits = |process: &crate::kubelet::runtime::process::Process| {
        if whole_line {
            process.base.argv.join(" ").contains(name)
        } else {
            process.base.name() == name
        }
    };
    sys.kernel
        .processes()
        .filter(|process| process.base.pid != base.pid && fits(process))
        .map(|process| process.base.pid)
        .collect()
}

pub(super) fn pgrep(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    let name = args.operands.first().cloned().unwrap_or_default();
    let pids = pids_of(base, sys, &name, args.has('f'));
    if pids.is_empty() {
        return Step::Exit(1);
    }
    let separator = if base.name() == "pidof" { " " } else { "\n" };
    let text = pids.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator);
    print(base, sys, &text)
}

pub(super) fn kill(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    match super::kill(args, base, sys) {
        Ok(()) => Step::Exit(0),
        Err(text) => {
            let text = format!("kill: {text}\n");
            sys.err(base, &text);
            Step::Exit(1)
        }
    }
}

pub(super) fn killall(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let whole_line = args.iter().any(|arg| &**arg == "-f");
    let (flags, names): (Vec<&Str>, Vec<&Str>) = args.iter().partition(|arg| arg.starts_with('-'));
    let mut found = false;
    for name in names {
        for pid in pids_of(base, sys, name, whole_line) {
            found = true;
            let mut command: Vec<Str> = flags
                .iter()
                .filter(|flag| !matches!(&****flag, "-f" | "-q"))
                .map(|flag| (*flag).clone())
                .collect();
            command.push(pid.to_string().into());
            super::kill(&command, base, sys).ok();
        }
        if !found && base.name() == "killall" {
            let text = format!("killall: {name}: no process killed\n");
            sys.err(base, &text);
        }
    }
    Step::Exit(i32::from(!found))
}

pub(super) fn netstat(base: &mut Base, sys: &mut Sys<'_, '_>, _: &[Str]) -> Step {
    let mut text = "Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State\n".to_owned();
    for port in crate::kubelet::runtime::servers::listening(sys.kernel, sys.now) {
        text.push_str(&format!(
            "tcp        0      0 {:23} {:23} LISTEN\n",
            format!("0.0.0.0:{port}"),
            "0.0.0.0:*"
        ));
    }
    sys.out(base, &text);
    Step::Exit(0)
}

pub(super) fn ip(base: &mut Base, sys: &mut Sys<'_, '_>, _: &[Str]) -> Step {
    let ip = sys.host.spec.ip.clone();
    let text = format!(
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500\n    inet {ip}/24 scope global eth0"
    );
    print(base, sys, &text)
}

/// `apt-get`, `apk`, `yum`: takes some seconds and installs nothing new to see.
pub(super) fn package_manager(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let quiet = args.iter().any(|arg| arg.starts_with("-q"));
    if !quiet {
        let name = base.name().to_owned();
        sys.out(
            base,
            &format!("{name}: packages are not simulated; nothing was installed\n"),
        );
    }
    super::after(sys, Duration::from_secs(3), 0)
}

pub(super) fn git(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    if args.first().is_none_or(|verb| &**verb != "clone") {
        return Step::Exit(0);
    }
    let args = Args::new(&args[1..], "b");
    let url = args.operands.first().cloned().unwrap_or_default();
    let name = url
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or("repo")
        .trim_end_matches(".git")
        .to_owned();
    let dir = args.operands.get(1).map_or(name.as_str(), |dir| dir);
    let path = super::absolute_path(base, dir);
    sys.err(base, &format!("Cloning into '{dir}'...\n"));
    sys.fs.make_dirs(&format!("{path}/.git"));
    sys.fs
        .write("/", &format!("{path}/README.md"), format!("# {name}\n").as_bytes())
        .ok();
    super::after(sys, Duration::from_secs(2), 0)
}

/// `tar`: archives are empty files, unpacking does nothing.
pub(super) fn tar(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let creates = args.first().is_some_and(|flags| flags.contains('c'));
    if let Some(path) = args.get(1).filter(|path| creates && !path.starts_with('-')) {
        sys.fs.write(&base.cwd, path, b"").ok();
    }
    Step::Exit(0)
}

pub(super) fn chroot(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let Some((root, command)) = args.split_first() else {
        return Step::Exit(125);
    };
    let Some(program) = command.first() else {
        return Step::Exit(0);
    };
    let text = format!("chroot: can't execute '{program}' in {root}: No such file or directory\n");
    sys.err(base, &text);
    Step::Exit(127)
}

/// `stress`: holds memory and processors. Over the container's limit it is killed.
pub(super) fn stress(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let value = |names: &[&str]| {
        args.iter().enumerate().find_map(|(at, arg)| {
            let (name, own) = arg
                .split_once('=')
                .map_or((&**arg, None), |(name, value)| (name, Some(value)));
            names.contains(&name).then(|| {
                own.map(Str::from)
                    .or_else(|| args.get(at + 1).cloned())
                    .unwrap_or_default()
            })
        })
    };
    let count = |names: &[&str]| value(names).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let each = value(&["--vm-bytes"])
        .and_then(|text| parse_count(&text))
        .unwrap_or(256 << 20);
    let memory_bytes = count(&["--vm", "-m"]).saturating_mul(each);
    let cpus = count(&["--cpu", "-c"]);
    let total = value(&["-mem-total", "--mem-total"])
        .and_then(|text| crate_quantity(&text))
        .unwrap_or(0);
    let vish_cpus = count(&["-cpus", "--cpus"]);
    let text = format!(
        "stress: info: [{}] dispatching hogs: {cpus} cpu, 0 io, {} vm, 0 hdd\n",
        base.pid,
        count(&["--vm", "-m"])
    );
    sys.out(base, &text);
    let cpu_milli = u32::try_from((cpus + vish_cpus).saturating_mul(1000)).unwrap_or(u32::MAX);
    if let Some(Some(span)) = value(&["--timeout", "-t"]).and_then(|text| parse_span(&text)) {
        return super::after(sys, span, 0);
    }
    Step::Become(Program::Idle {
        graceful: false,
        memory_bytes: memory_bytes.max(total),
        cpu_milli,
    })
}

/// `150Mi`, `1Gi`.
fn crate_quantity(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let scale = match &text[end..] {
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        other => return parse_count(&format!("{}{other}", &text[..end])),
    };
    text[..end].parse::<u64>().ok()?.checked_mul(scale)
}

/// `perl -Mbignum=bpi -wle 'print bpi(2000)'`; nothing else of Perl.
pub(super) fn perl(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let digits = args.iter().find_map(|arg| {
        let (_, rest) = arg.split_once("bpi(")?;
        rest.split(')').next()?.trim().parse::<u32>().ok()
    });
    if let Some(digits) = digits {
        sys.out(base, &format!("{}\n", super::text::pi(digits.min(20_000))));
        // About as long as a core needs.
        return super::after(
            sys,
            Duration::from_millis(u64::from(digits) * u64::from(digits) / 800),
            0,
        );
    }
    sys.err(base, "perl: Perl is not simulated\n");
    Step::Exit(2)
}
