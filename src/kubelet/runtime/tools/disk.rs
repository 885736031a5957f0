//! `du`, `dd`, `cmp`, `find`.

use super::batch::Batch;
use super::files::{complain, rm, walk};
use super::listing::mode_text;
use super::numbers::parse_count;
use super::{Args, Str};
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::process::{Base, Program, Step};
use crate::kubelet::runtime::shell::glob;
use crate::sim::Duration;

/// Bytes a disk writes in a second, for `dd`.
const DISK_BYTES_PER_S: u64 = 500 << 20;

pub(super) fn du(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "d");
    let operands = if args.operands.is_empty() {
        vec![".".into()]
    } else {
        args.operands.clone()
    };
    for root in &operands {
        let paths = if args.has('s') {
            vec![root.clone()]
        } else {
            walk(base, sys, root)
        };
        for path in paths.iter().rev() {
            let Ok(node) = sys.fs.stat(&base.cwd, path) else {
                continue;
            };
            if !node.is_dir() && !args.has('a') && path != root {
                continue;
            }
            let bytes = node.usage_bytes();
            let text = if args.has('h') {
                human(bytes)
            } else {
                bytes.div_ceil(1024).to_string()
            };
            sys.out(base, &format!("{text}\t{path}\n"));
        }
    }
    Step::Exit(0)
}

/// A size as `du -h` shows it.
pub(super) fn human(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1024 => bytes.to_string(),
        1024..1_048_576 => format!("{}K", tenths(1 << 10)),
        1_048_576..1_073_741_824 => format!("{}M", tenths(1 << 20)),
        _ => format!("{}G", tenths(1 << 30)),
    }
}

pub(super) fn cmp(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    let mut texts = Vec::new();
    for path in args.operands.iter().take(2) {
        match sys.fs.read(&base.cwd, path) {
            Ok(content) => texts.push(content),
            Err(error) => {
                complain(base, sys, &format!("{path}: {error}"));
                return Step::Exit(2);
            }
        }
    }
    let same = texts.len() < 2 || texts[0] == texts[1];
    if !same && !args.has('q') && !args.has('s') {
        let text = format!("Files {} and {} differ\n", args.operands[0], args.operands[1]);
        sys.out(base, &text);
    }
    Step::Exit(i32::from(!same))
}

pub(super) fn dd(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let value = |name: &str| {
        args.iter().find_map(|arg| {
            arg.split_once('=')
                .filter(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        })
    };
    let block = value("bs").and_then(|size| parse_count(&size)).unwrap_or(512);
    let count = value("count").and_then(|count| parse_count(&count));
    let input = value("if").unwrap_or_default();
    let mut zeros = 0;
    let mut bytes = Vec::new();
    if matches!(input.as_str(), "/dev/zero" | "/dev/urandom" | "/dev/random") {
        let Some(count) = count else { return super::forever() };
        zeros = block.saturating_mul(count);
    } else if let Ok(content) = sys.fs.read(&base.cwd, &input) {
        let limit = count.map_or(u64::MAX, |count| count.saturating_mul(block));
        let take = usize::try_from(limit).unwrap_or(usize::MAX).min(content.bytes.len());
        bytes = content.bytes[..take].to_vec();
        zeros = content.zeros.min(limit - take as u64);
    } else if !input.is_empty() {
        return Step::Exit(complain(
            base,
            sys,
            &format!("can't open '{input}': No such file or directory"),
        ));
    }
    if let Some(path) = value("of") {
        match sys.open_write(base, &path, true) {
            Ok(fd) => base.fds.set(1, fd),
            Err(error) => return Step::Exit(complain(base, sys, &format!("can't open '{path}': {error}"))),
        }
    }
    let total = bytes.len() as u64 + zeros;
    let written = sys
        .write(base, 1, &bytes)
        .and_then(|()| sys.write_zeros(base, 1, zeros));
    if let Err(error) = written {
        return Step::Exit(complain(base, sys, &format!("error writing: {error}")));
    }
    let blocks = total / block.max(1);
    if value("status").as_deref() != Some("none") {
        sys.err(base, &format!("{blocks}+0 records in\n{blocks}+0 records out\n"));
    }
    let nanos = u128::from(total) * 1_000_000_000 / u128::from(DISK_BYTES_PER_S);
    super::after(sys, Duration(u64::try_from(nanos).unwrap_or(0)), 0)
}

/// `find PATH... [-name P] [-type T] [-maxdepth N] [-delete] [-exec ... ;]`
pub(super) fn find(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let first_test = args
        .iter()
        .position(|arg| arg.starts_with(['-', '(', '!']))
        .unwrap_or(args.len());
    let roots = if first_test == 0 {
        vec![".".into()]
    } else {
        args[..first_test].to_vec()
    };
    let value = |name: &str| {
        args.iter()
            .position(|arg| &**arg == name)
            .and_then(|at| args.get(at + 1))
            .cloned()
    };
    let exec = args.iter().position(|arg| &**arg == "-exec");
    let depth_max = value("-maxdepth")
        .and_then(|depth| depth.parse::<usize>().ok())
        .unwrap_or(usize::MAX);
    let depth_min = value("-mindepth")
        .and_then(|depth| depth.parse::<usize>().ok())
        .unwrap_or(0);
    let mut found: Vec<Str> = Vec::new();
    let mut status = 0;
    for root in &roots {
        if sys.fs.stat(&base.cwd, root).is_err() {
            status = complain(base, sys, &format!("{root}: No such file or directory"));
            continue;
        }
        for path in walk(base, sys, root) {
            let depth = path[root.len()..].split('/').filter(|part| !part.is_empty()).count();
            let Ok(node) = sys.fs.lstat(&base.cwd, &path) else {
                continue;
            };
            let kind = &mode_text(node)[..1];
            let name = path.rsplit('/').next().unwrap_or(&path);
            let type_fits = value("-type").is_none_or(|wanted| kind == if &*wanted == "f" { "-" } else { &wanted });
            let name_fits = value("-name").is_none_or(|pattern| glob::matches(&pattern, name));
            if type_fits && name_fits && (depth_min..=depth_max).contains(&depth) {
                found.push(path);
            }
        }
    }
    if args.iter().any(|arg| &**arg == "-delete") {
        return rm(base, sys, &[&["-rf".into()], found.as_slice()].concat());
    }
    let Some(exec) = exec else {
        let lines: String = found.iter().map(|path| format!("{path}\n")).collect();
        sys.out(base, &lines);
        return Step::Exit(status);
    };
    let command: Vec<Str> = args[exec + 1..]
        .iter()
        .take_while(|arg| !matches!(&***arg, ";" | "+"))
        .cloned()
        .collect();
    let fill = |path: &Str| {
        command
            .iter()
            .map(|word| if &**word == "{}" { path.clone() } else { word.clone() })
            .collect()
    };
    Step::Become(Program::Batch(Box::new(Batch::new(
        found.iter().map(fill).collect(),
        None,
    ))))
}
