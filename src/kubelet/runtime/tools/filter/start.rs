//! Starting filters: their options.

use crate::sim::btree::BTreeMap;
use std::collections::VecDeque;
use std::rc::Rc;

use super::{Filter, Work, run};
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::process::{Base, Program, Step};
use crate::kubelet::runtime::tools::awk::Awk;
use crate::kubelet::runtime::tools::follow::Follow;
use crate::kubelet::runtime::tools::numbers::parse_count;
use crate::kubelet::runtime::tools::regex::Syntax;
use crate::kubelet::runtime::tools::sed::Sed;
use crate::kubelet::runtime::tools::{Args, Str, cannot_open};

pub(crate) fn cat(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    run(
        &args.operands,
        Work::Cat {
            number: args.has('n'),
            line: 0,
        },
    )
}

pub(crate) fn tee(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    let mut fds = Vec::new();
    let mut status = 0;
    for (path, fd) in args.operands.iter().zip(901..) {
        match sys.open_write(base, path, !args.has('a')) {
            Ok(target) => {
                base.fds.set(fd, target);
                fds.push(fd);
            }
            Err(error) => {
                let text = format!("tee: {path}: {error}\n");
                sys.err(base, &text);
                status = 1;
            }
        }
    }
    let filter = Filter {
        inputs: ["-".into()].into(),
        open: None,
        carry: Vec::new(),
        work: Work::Tee { fds },
        status,
        is_over: false,
    };
    Step::Become(Program::Filter(Box::new(filter)))
}

pub(crate) fn wc(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    let all = !args.has('l') && !args.has('w') && !args.has('c') && !args.has('m');
    let show = [
        all || args.has('l'),
        all || args.has('w'),
        all || args.has('c') || args.has('m'),
    ];
    run(
        &args.operands,
        Work::Wc {
            counts: [0; 3],
            show,
            in_word: false,
            name: "-".into(),
        },
    )
}

/// `-5` as `-n 5`.
fn old_style(args: &[Str]) -> Vec<Str> {
    let is_count =
        |arg: &Str| arg.len() > 1 && arg.starts_with('-') && arg[1..].bytes().all(|byte| byte.is_ascii_digit());
    args.iter()
        .map(|arg| {
            if is_count(arg) {
                format!("-n{}", &arg[1..]).into()
            } else {
                arg.clone()
            }
        })
        .collect()
}

pub(crate) fn head(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(&old_style(args), "nc");
    if let Some(bytes) = args.value('c').and_then(parse_count) {
        return run(&args.operands, Work::HeadBytes(bytes));
    }
    let lines = args.value('n').unwrap_or("10");
    let work = match lines.strip_prefix('-') {
        Some(but) => Work::HeadBut(but.parse().unwrap_or(0), VecDeque::new()),
        None => Work::HeadLines(lines.parse().unwrap_or(10)),
    };
    run(&args.operands, work)
}

pub(crate) fn tail(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(&old_style(args), "ncs");
    let lines = args.value('n').unwrap_or("10");
    if args.has('f') || args.has('F') {
        return tail_follow(base, sys, &args, lines);
    }
    if let Some(bytes) = args.value('c').and_then(parse_count) {
        return run(&args.operands, Work::TailBytes(bytes, Vec::new()));
    }
    let work = match lines.strip_prefix('+') {
        Some(from) => Work::TailFrom(from.parse().unwrap_or(1), 0),
        None => Work::TailLines(lines.parse().unwrap_or(10), VecDeque::new()),
    };
    run(&args.operands, work)
}

fn tail_follow(base: &mut Base, sys: &mut Sys<'_, '_>, args: &Args, lines: &str) -> Step {
    let retries = args.has('F');
    let mut followed = Vec::new();
    for path in &args.operands {
        match sys.fs.read(&base.cwd, path) {
            Ok(content) => {
                let text = String::from_utf8_lossy(&content.bytes).into_owned();
                let all: Vec<&str> = text.split_inclusive('\n').collect();
                let skip = match lines.strip_prefix('+') {
                    Some(from) => from.parse::<usize>().unwrap_or(1).saturating_sub(1),
                    None => all.len().saturating_sub(lines.parse().unwrap_or(10)),
                };
                let shown: String = all.iter().skip(skip).copied().collect();
                if args.operands.len() > 1 {
                    let header = format!("==> {path} <==\n");
                    sys.out(base, &header);
                }
                sys.out(base, &shown);
                followed.push(path.clone());
            }
            Err(error) => {
                let text = cannot_open(base, sys, path, error);
                sys.err(base, &text);
                if retries {
                    followed.push(path.clone());
                }
            }
        }
    }
    if followed.is_empty() && !args.operands.is_empty() {
        sys.err(base, "tail: no files\n");
        return Step::Exit(1);
    }
    Step::Become(Program::Follow(Box::new(Follow::new(base, sys, &followed, retries))))
}

pub(crate) fn sed(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    // `-i` may carry a suffix; `-e` and `-f` take a value.
    let in_place = args.iter().any(|arg| arg.starts_with("-i") || &**arg == "--in-place");
    let args: Vec<Str> = args
        .iter()
        .filter(|arg| !arg.starts_with("-i") && &***arg != "--in-place")
        .cloned()
        .collect();
    let args = Args::new(&args, "ef");
    let mut operands = args.operands.clone();
    let mut script: Vec<Str> = args.values('e').cloned().collect();
    if script.is_empty() {
        if operands.is_empty() {
            sys.err(base, "Usage: sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...\n");
            return Step::Exit(1);
        }
        script.push(operands.remove(0));
    }
    let syntax = if args.has('E') || args.has('r') {
        Syntax::Extended
    } else {
        Syntax::Basic
    };
    match Sed::new(&script.join("\n"), syntax, args.has('n')) {
        Ok(sed) if in_place => {
            for path in &operands {
                let Ok(content) = sys.fs.read(&base.cwd, path) else {
                    let text = format!("sed: {path}: No such file or directory\n");
                    sys.err(base, &text);
                    return Step::Exit(1);
                };
                let text = sed.clone().edit(&String::from_utf8_lossy(&content.bytes));
                if let Err(error) = sys.fs.write(&base.cwd, path, text.as_bytes()) {
                    let text = format!("sed: couldn't open {path}: {error}\n");
                    sys.err(base, &text);
                    return Step::Exit(4);
                }
            }
            Step::Exit(0)
        }
        Ok(sed) => run(&operands, Work::Sed(Box::new(sed))),
        Err(error) => {
            let text = format!("sed: {error}\n");
            sys.err(base, &text);
            Step::Exit(1)
        }
    }
}

pub(crate) fn awk(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "Fvf");
    let mut operands = args.operands.clone();
    let program = match args.value('f') {
        Some(path) => match sys.fs.read(&base.cwd, path) {
            Ok(content) => String::from_utf8_lossy(&content.bytes).into(),
            Err(error) => {
                let text = format!("awk: {path}: {error}\n");
                sys.err(base, &text);
                return Step::Exit(2);
            }
        },
        None if operands.is_empty() => {
            sys.err(base, "Usage: awk [-F SEP] [-v VAR=VAL]... 'PROGRAM' [FILE]...\n");
            return Step::Exit(1);
        }
        None => operands.remove(0),
    };
    let variables: BTreeMap<Str, Str> = args
        .values('v')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    match Awk::new(&program, args.value('F').unwrap_or(" "), variables) {
        Ok(mut awk) => {
            let mut out = Vec::new();
            awk.begin(&mut out);
            sys.write(base, 1, &out).ok();
            if awk.needs_no_input() {
                Step::Exit(0)
            } else {
                run(&operands, Work::Awk(Box::new(awk)))
            }
        }
        Err(error) => {
            let text = format!("awk: {error}\n");
            sys.err(base, &text);
            Step::Exit(2)
        }
    }
}

pub(crate) fn rev(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    run(args, Work::Rev)
}

pub(crate) fn tac(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    run(args, Work::Tac(Vec::new()))
}

pub(crate) fn nl(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    run(&Args::new(args, "").operands, Work::Cat { number: true, line: 0 })
}

pub(crate) fn paste(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "d");
    let separator = args.value('d').unwrap_or("\t").into();
    run(
        &args.operands,
        Work::Paste {
            separator,
            is_first: true,
        },
    )
}

/// `xargs command`: reads standard input as words.
pub(crate) fn xargs(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let mut replace = None;
    let mut max = u32::MAX;
    let mut by_line = false;
    let mut rest = args;
    while let Some((first, others)) = rest.split_first().filter(|(first, _)| first.starts_with('-')) {
        rest = others;
        match &**first {
            "-I" | "-i" => {
                replace = rest.first().cloned();
                rest = rest.get(1..).unwrap_or_default();
            }
            "-n" | "-L" | "-P" | "-s" => {
                if &**first == "-n" || &**first == "-L" {
                    max = rest
                        .first()
                        .and_then(|count| count.parse().ok())
                        .filter(|count| *count > 0)
                        .unwrap_or(1);
                }
                rest = rest.get(1..).unwrap_or_default();
            }
            "-0" => by_line = true,
            flag => {
                if let Some(count) = flag
                    .strip_prefix("-n")
                    .and_then(|count| count.parse().ok())
                    .filter(|count| *count > 0)
                {
                    max = count;
                }
            }
        }
    }
    let command: Rc<[Str]> = if rest.is_empty() {
        ["echo".into()].into()
    } else {
        rest.into()
    };
    run(
        &[],
        Work::Xargs {
            command,
            replace,
            max,
            by_line,
            bytes: Vec::new(),
        },
    )
}
