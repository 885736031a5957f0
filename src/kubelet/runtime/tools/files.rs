//! Tools that make, move and describe files.

use std::rc::Rc;

use super::super::fs::{FsError, Kind, Meta, Node};
use super::super::kernel::Sys;
use super::super::process::{Base, Program, Step};
use super::batch::Batch;
use super::filter::parse_count;
use super::{Args, Str, absolute_path, date};
use crate::sim::Duration;

/// Bytes a disk writes in a second, for `dd`.
const DISK_BYTES_PER_S: u64 = 500 << 20;

fn complain(base: &mut Base, sys: &mut Sys<'_, '_>, text: &str) -> i32 {
    let text = format!("{}: {text}\n", base.name());
    sys.err(base, &text);
    1
}

/// Runs `act` on each operand; the exit code says whether all went well. Errors are worded by `verb`.
fn each(
    base: &mut Base,
    sys: &mut Sys<'_, '_>,
    operands: &[Str],
    verb: &str,
    act: impl Fn(&mut Base, &mut Sys<'_, '_>, &str) -> Result<(), FsError>,
) -> Step {
    let mut status = 0;
    for path in operands {
        if let Err(error) = act(base, sys, path) {
            status = complain(base, sys, &format!("{verb} '{path}': {error}"));
        }
    }
    Step::Exit(status)
}

pub(super) fn touch(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "dtr");
    let mut status = 0;
    for path in &args.operands {
        let now = sys.now;
        let done = sys
            .fs
            .locate(&base.cwd, path, true)
            .and_then(|place| match sys.fs.at(&place) {
                Some(_) => sys.fs.set_meta(&place, |meta| meta.mtime = now),
                None if args.has('c') => Ok(()),
                None => sys.fs.create(&place, Node::file("", 0o644)),
            });
        if let Err(error) = done {
            let debian = sys.host.image.userland == super::Userland::Debian;
            let text = if debian {
                format!("cannot touch '{path}': {error}")
            } else {
                format!("{path}: {error}")
            };
            status = complain(base, sys, &text);
        }
    }
    Step::Exit(status)
}

pub(super) fn rm(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    let (force, recursive) = (args.has('f'), args.has('r') || args.has('R'));
    each(base, sys, &args.operands, "can't remove", |base, sys, path| {
        let place = sys.fs.locate(&base.cwd, path, false)?;
        match sys.fs.at(&place) {
            None if force => Ok(()),
            None => Err(FsError::NotFound),
            Some(node) if node.is_dir() && !recursive => Err(FsError::IsDirectory),
            Some(_) => sys.fs.remove(&place, recursive).map(drop),
        }
    })
}

pub(super) fn rmdir(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    each(base, sys, &args.operands, "", |base, sys, path| {
        let place = sys.fs.locate(&base.cwd, path, false)?;
        match sys.fs.at(&place) {
            Some(node) if !node.is_dir() => Err(FsError::NotDirectory),
            _ => sys.fs.remove(&place, false).map(drop),
        }
    })
}

pub(super) fn mkdir(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "m");
    let mode = args
        .value('m')
        .and_then(|mode| u16::from_str_radix(mode, 8).ok())
        .unwrap_or(0o755);
    let parents = args.has('p');
    each(
        base,
        sys,
        &args.operands,
        "can't create directory",
        |base, sys, path| {
            let whole = absolute_path(base, path);
            let depths: Vec<usize> = whole.match_indices('/').map(|(at, _)| at).skip(1).collect();
            for end in depths.into_iter().filter(|_| parents) {
                make_dir(sys, &whole[..end], 0o755, true)?;
            }
            make_dir(sys, &whole, mode, parents)
        },
    )
}

fn make_dir(sys: &mut Sys<'_, '_>, path: &str, mode: u16, exists_ok: bool) -> Result<(), FsError> {
    let place = sys.fs.locate("/", path, true)?;
    match sys.fs.at(&place) {
        Some(node) if exists_ok && node.is_dir() => Ok(()),
        Some(_) => Err(FsError::Exists),
        None => sys.fs.create(&place, Node::dir(mode)),
    }
}

/// Where a copy goes: into a directory, or to the name given.
fn target_of(base: &Base, sys: &Sys<'_, '_>, source: &str, target: &str) -> String {
    let into = sys.fs.stat(&base.cwd, target).is_ok_and(Node::is_dir);
    let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or(source);
    if into {
        format!("{}/{name}", target.trim_end_matches('/'))
    } else {
        target.to_owned()
    }
}

fn transfer(
    base: &mut Base,
    sys: &mut Sys<'_, '_>,
    args: &Args,
    act: impl Fn(&Base, &mut Sys<'_, '_>, &str, &str) -> Result<(), String>,
) -> Step {
    let mut operands = args.operands.clone();
    let target = match args.value('t') {
        Some(target) => Str::from(target),
        None => operands.pop().unwrap_or_default(),
    };
    if operands.is_empty() {
        return Step::Exit(complain(base, sys, "missing file operand"));
    }
    let mut status = 0;
    for source in &operands {
        let to = target_of(base, sys, source, &target);
        if let Err(text) = act(base, sys, source, &to) {
            status = complain(base, sys, &text);
        }
    }
    Step::Exit(status)
}

pub(super) fn cp(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "tm");
    let recursive = args.has('r') || args.has('R') || args.has('a');
    let debian = sys.host.image.userland == super::Userland::Debian;
    transfer(base, sys, &args, |base, sys, source, to| {
        let node = sys.fs.stat(&base.cwd, source).cloned().map_err(|error| {
            if debian {
                format!("cannot stat '{source}': {error}")
            } else {
                format!("can't stat '{source}': {error}")
            }
        })?;
        if node.is_dir() && !recursive {
            return Err(format!("omitting directory '{source}'"));
        }
        let place = sys
            .fs
            .locate(&base.cwd, to, true)
            .map_err(|error| format!("can't create '{to}': {error}"))?;
        let merged = match sys.fs.at(&place) {
            Some(old) if old.is_dir() && node.is_dir() => merge(old, &node),
            _ => node,
        };
        let (uid, gid, now) = (sys.fs.user.uid, sys.fs.user.gid, sys.now);
        let node = Node {
            meta: Meta {
                uid,
                gid,
                mtime: now,
                ..merged.meta
            },
            ..merged
        };
        sys.fs
            .replace(&place, node)
            .map_err(|error| format!("can't create '{to}': {error}"))
    })
}

/// A directory with another's entries laid over it.
fn merge(old: &Node, new: &Node) -> Node {
    let (Kind::Dir(old_entries), Kind::Dir(new_entries)) = (&old.kind, &new.kind) else {
        return new.clone();
    };
    let mut entries = (**old_entries).clone();
    for (name, node) in new_entries.iter() {
        let merged = entries.get(name).map_or_else(|| node.clone(), |old| merge(old, node));
        entries.insert(name.clone(), merged);
    }
    Node {
        meta: old.meta,
        kind: Kind::Dir(Rc::new(entries)),
    }
}

pub(super) fn mv(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "t");
    transfer(base, sys, &args, |base, sys, source, to| {
        let from = sys
            .fs
            .locate(&base.cwd, source, false)
            .map_err(|error| format!("can't rename '{source}': {error}"))?;
        let node = sys
            .fs
            .at(&from)
            .cloned()
            .ok_or_else(|| format!("can't rename '{source}': {}", FsError::NotFound))?;
        let place = sys
            .fs
            .locate(&base.cwd, to, false)
            .map_err(|error| format!("can't rename '{source}': {error}"))?;
        if place.path.starts_with(&format!("{}/", from.path)) || place == from {
            return Err(format!("can't rename '{source}': {}", FsError::InvalidArgument));
        }
        sys.fs
            .replace(&place, node)
            .map_err(|error| format!("can't rename '{source}': {error}"))?;
        sys.fs
            .remove(&from, true)
            .map_err(|error| format!("can't remove '{source}': {error}"))?;
        Ok(())
    })
}

pub(super) fn ln(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    let (symbolic, force) = (args.has('s'), args.has('f'));
    transfer(base, sys, &args, |base, sys, source, to| {
        let fail = |error: FsError| format!("{to}: {error}");
        let node = if symbolic {
            Node::link(source)
        } else {
            sys.fs.stat(&base.cwd, source).cloned().map_err(fail)?
        };
        let place = sys.fs.locate(&base.cwd, to, false).map_err(fail)?;
        if force {
            sys.fs.replace(&place, node).map_err(fail)
        } else {
            sys.fs.create(&place, node).map_err(fail)
        }
    })
}

pub(super) fn mkfifo(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "m");
    each(
        base,
        sys,
        &args.operands[..args.operands.len().min(1)],
        "can't create",
        |base, sys, path| {
            let place = sys.fs.locate(&base.cwd, path, true)?;
            sys.fs.create(
                &place,
                Node {
                    meta: Meta::root(0o644),
                    kind: Kind::Fifo,
                },
            )
        },
    )
}

pub(super) fn mktemp(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "p");
    let template = args.operands.first().map_or("tmp.XXXXXX", |template| template);
    let dir = args.value('p').or(base.var("TMPDIR")).unwrap_or("/tmp").to_owned();
    let stem = template.trim_end_matches('X');
    let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let count = (template.len() - stem.len()).max(6);
    let tail: String = (0..count)
        .map(|_| char::from(letters[usize::try_from(sys.kernel.random.below(62)).unwrap_or(0)]))
        .collect();
    let path = if stem.contains('/') {
        format!("{stem}{tail}")
    } else {
        format!("{dir}/{stem}{tail}")
    };
    let node = if args.has('d') {
        Node::dir(0o700)
    } else {
        Node::file("", 0o600)
    };
    let made = sys
        .fs
        .locate(&base.cwd, &path, true)
        .and_then(|place| sys.fs.create(&place, node));
    match made {
        Ok(()) => {
            sys.out(base, &format!("{path}\n"));
            Step::Exit(0)
        }
        Err(error) => Step::Exit(complain(
            base,
            sys,
            &format!("failed to create file via template '{template}': {error}"),
        )),
    }
}

pub(super) fn truncate(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "s");
    let size = args.value('s').and_then(parse_count).unwrap_or(0);
    each(base, sys, &args.operands, "can't open", |base, sys, path| {
        let place = sys.fs.locate(&base.cwd, path, true)?;
        sys.fs.open_write(&place, true)?;
        sys.fs.append(&place, &[], size)
    })
}

/// The mode that `chmod`'s first operand makes of `old`.
fn change_mode(text: &str, old: u16) -> Option<u16> {
    if let Ok(mode) = u16::from_str_radix(text, 8) {
        return Some(mode);
    }
    let mut mode = old;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, rest) = clause.split_at(at);
        let bits = rest[1..].chars().fold(0, |bits, c| {
            bits | match c {
                'r' => 0o4,
                'w' => 0o2,
                'x' | 'X' => 0o1,
                _ => 0,
            }
        });
        let all = who.is_empty() || who.contains('a');
        for (letter, shift) in [('u', 6), ('g', 3), ('o', 0)] {
            if !all && !who.contains(letter) {
                continue;
            }
            mode = match &rest[..1] {
                "+" => mode | bits << shift,
                "-" => mode & !(bits << shift),
                _ => mode & !(0o7 << shift) | bits << shift,
            };
        }
    }
    Some(mode)
}

/// Paths of everything at and below `root`, directories included.
fn walk(base: &Base, sys: &Sys<'_, '_>, root: &str) -> Vec<Str> {
    let mut found: Vec<Str> = vec![root.into()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        if !sys.fs.lstat(&base.cwd, &path).is_ok_and(Node::is_dir) || found.len() > 5000 {
            continue;
        }
        let names = sys.fs.list(&base.cwd, &path).unwrap_or_default();
        let children = names
            .iter()
            .map(|name| Str::from(format!("{}/{name}", path.trim_end_matches('/'))));
        found.splice(next..next, children);
    }
    found
}

/// Regular files at and below `root`.
pub(super) fn files_below(base: &Base, sys: &Sys<'_, '_>, root: &str) -> Vec<Str> {
    let is_file = |path: &Str| {
        sys.fs
            .stat(&base.cwd, path)
            .is_ok_and(|node| matches!(node.kind, Kind::File(_)))
    };
    walk(base, sys, root).into_iter().filter(is_file).collect()
}

fn change_meta(base: &mut Base, sys: &mut Sys<'_, '_>, args: &Args, change: impl Fn(Meta) -> Option<Meta>) -> Step {
    let mut paths = Vec::new();
    for path in args.operands.iter().skip(1) {
        paths.extend(if args.has('R') {
            walk(base, sys, path)
        } else {
            vec![path.clone()]
        });
    }
    each(base, sys, &paths, "", |base, sys, path| {
        let place = sys.fs.locate(&base.cwd, path, true)?;
        let meta = sys.fs.at(&place).ok_or(FsError::NotFound)?.meta;
        let changed = change(meta).ok_or(FsError::InvalidArgument)?;
        sys.fs.set_meta(&place, |meta| *meta = changed)
    })
}

pub(super) fn chmod(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    // `chmod -x file` takes permission away; it is no flag.
    let is_mode = |arg: &Str| arg.len() > 1 && arg.starts_with('-') && arg[1..].chars().all(|c| "rwxX".contains(c));
    let guarded: Vec<Str> = args
        .iter()
        .map(|arg| {
            if is_mode(arg) {
                format!("a{arg}").into()
            } else {
                arg.clone()
            }
        })
        .collect();
    let args = Args::new(&guarded, "");
    let mode = args.operands.first().cloned().unwrap_or_default();
    change_meta(base, sys, &args, |meta| {
        change_mode(&mode, meta.mode).map(|mode| Meta { mode, ..meta })
    })
}

pub(super) fn chown(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let group_only = base.name() == "chgrp";
    let args = Args::new(args, "");
    let owner = args.operands.first().cloned().unwrap_or_default();
    let (user, group) = owner
        .split_once([':', '.'])
        .map_or((&*owner, ""), |(user, group)| (user, group));
    let id = |text: &str, old: u32| match text {
        "" => old,
        "root" => 0,
        "nobody" => 65534,
        "nginx" => 101,
        "mysql" | "redis" | "postgres" => 999,
        "www-data" => 33,
        text => text.parse().unwrap_or(1000),
    };
    change_meta(base, sys, &args, |meta| {
        Some(if group_only {
            Meta {
                gid: id(user, meta.gid),
                ..meta
            }
        } else {
            Meta {
                uid: id(user, meta.uid),
                gid: id(group, meta.gid),
                ..meta
            }
        })
    })
}

/// `rwxr-xr-x` with the kind's letter before it.
pub(super) fn mode_text(node: &Node) -> String {
    let kind = match node.kind {
        Kind::Dir(_) => 'd',
        Kind::Link(_) => 'l',
        Kind::Fifo => 'p',
        Kind::Device(_) => 'c',
        Kind::File(_) => '-',
    };
    let mut out = String::from(kind);
    for shift in [6, 3, 0] {
        for (bit, letter) in [(4, 'r'), (2, 'w'), (1, 'x')] {
            out.push(if node.meta.mode >> shift & bit != 0 {
                letter
            } else {
                '-'
            });
        }
    }
    out
}

fn owner_text(id: u32) -> String {
    if id == 0 { "root".to_owned() } else { id.to_string() }
}

fn list_line(sys: &Sys<'_, '_>, name: &str, node: &Node, long: bool) -> String {
    if !long {
        return format!("{name}\n");
    }
    let unix_ns = i128::from(sys.host.spec.epoch_unix_s) * 1_000_000_000 + i128::from(node.meta.mtime.0);
    let target = match &node.kind {
        Kind::Link(target) => format!(" -> {target}"),
        _ => String::new(),
    };
    let links = node
        .entries()
        .map_or(1, |entries| 2 + entries.values().filter(|node| node.is_dir()).count());
    let (user, group) = (owner_text(node.meta.uid), owner_text(node.meta.gid));
    let (mode, size, time) = (mode_text(node), node.size_bytes(), date::listing_time(unix_ns));
    format!("{mode} {links:4} {user:8} {group:8} {size:9} {time} {name}{target}\n")
}

pub(super) fn ls(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    let long = args.has('l');
    let all = args.has('a') || args.has('A');
    let operands = if args.operands.is_empty() {
        vec![".".into()]
    } else {
        args.operands.clone()
    };
    let mut status = 0;
    let mut out = String::new();
    let mut dirs: Vec<Str> = Vec::new();
    for path in &operands {
        match sys.fs.stat(&base.cwd, path) {
            Ok(node) if node.is_dir() && !args.has('d') => dirs.push(path.clone()),
            Ok(node) => out.push_str(&list_line(sys, path, node, long)),
            Err(error) => {
                let debian = sys.host.image.userland == super::Userland::Debian;
                let text = if debian {
                    format!("cannot access '{path}': {error}")
                } else {
                    format!("{path}: {error}")
                };
                complain(base, sys, &text);
                status = if debian { 2 } else { 1 };
            }
        }
    }
    if args.has('R') {
        dirs = dirs
            .iter()
            .flat_map(|dir| walk(base, sys, dir))
            .filter(|path| sys.fs.stat(&base.cwd, path).is_ok_and(Node::is_dir))
            .collect();
    }
    let titled = operands.len() > 1 || args.has('R');
    for dir in &dirs {
        if titled {
            out.push_str(&format!("{}{dir}:\n", if out.is_empty() { "" } else { "\n" }));
        }
        let Ok(entries) = sys.fs.stat(&base.cwd, dir).map(Node::entries) else {
            continue;
        };
        let mut shown: Vec<(&Str, &Node)> = entries
            .into_iter()
            .flatten()
            .filter(|(name, _)| all || !name.starts_with('.'))
            .collect();
        if args.has('t') {
            shown.sort_by_key(|(_, node)| std::cmp::Reverse(node.meta.mtime));
        }
        if args.has('r') {
            shown.reverse();
        }
        if long {
            out.push_str(&format!("total {}\n", shown.len() * 4));
        }
        if args.has('a') {
            for name in [".", ".."] {
                if let Ok(node) = sys.fs.stat(&base.cwd, &format!("{dir}/{name}")) {
                    out.push_str(&list_line(sys, name, node, long));
                }
            }
        }
        for (name, node) in shown {
            // A mount point shows what is mounted there.
            let path = format!("{}/{name}", dir.trim_end_matches('/'));
            let node = sys.fs.lstat(&base.cwd, &path).unwrap_or(node);
            out.push_str(&list_line(sys, name, node, long));
        }
    }
    sys.out(base, &out);
    Step::Exit(status)
}

pub(super) fn stat(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "c");
    let mut status = 0;
    for path in &args.operands {
        let node = match sys.fs.lstat(&base.cwd, path) {
            Ok(node) => node.clone(),
            Err(error) => {
                status = complain(base, sys, &format!("can't stat '{path}': {error}"));
                continue;
            }
        };
        let unix_ns = i128::from(sys.host.spec.epoch_unix_s) * 1_000_000_000 + i128::from(node.meta.mtime.0);
        let mode = format!("{:o}", node.meta.mode);
        let text = match args.value('c') {
            Some(format) => format
                .replace("%n", path)
                .replace("%s", &node.size_bytes().to_string())
                .replace("%a", &mode)
                .replace("%A", &mode_text(&node))
                .replace("%U", &owner_text(node.meta.uid))
                .replace("%G", &owner_text(node.meta.gid))
                .replace("%u", &node.meta.uid.to_string())
                .replace("%g", &node.meta.gid.to_string())
                .replace("%Y", &unix_ns.div_euclid(1_000_000_000).to_string())
                .replace("%F", if node.is_dir() { "directory" } else { "regular file" }),
            None => format!(
                "  File: {path}\n  Size: {}\nAccess: ({:04o}/{})  Uid: ({:5}/{:>8})   Gid: ({:5}/{:>8})\nModify: {}",
                node.size_bytes(),
                node.meta.mode,
                mode_text(&node),
                node.meta.uid,
                owner_text(node.meta.uid),
                node.meta.gid,
                owner_text(node.meta.gid),
                date::full_time(unix_ns)
            ),
        };
        sys.out(base, &format!("{text}\n"));
    }
    Step::Exit(status)
}

pub(super) fn readlink(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let whole = base.name() == "realpath" || args.iter().any(|arg| matches!(&**arg, "-f" | "-e" | "-m"));
    let args = Args::new(args, "");
    for path in &args.operands {
        let text = if whole {
            sys.fs.locate(&base.cwd, path, true).ok().map(|place| place.path)
        } else {
            match sys.fs.lstat(&base.cwd, path).map(|node| &node.kind) {
                Ok(Kind::Link(target)) => Some(target.to_string()),
                _ => None,
            }
        };
        let Some(text) = text else { return Step::Exit(1) };
        sys.out(base, &format!("{text}\n"));
    }
    Step::Exit(0)
}

pub(super) fn basename(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let path = args.first().map_or("", |path| path).trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = args
        .get(1)
        .and_then(|suffix| name.strip_suffix(&**suffix))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(name);
    sys.out(base, &format!("{name}\n"));
    Step::Exit(0)
}

pub(super) fn dirname(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let path = args.first().map_or("", |path| path).trim_end_matches('/');
    let dir = match path.rfind('/') {
        Some(0) => "/",
        Some(at) => &path[..at],
        None => ".",
    };
    sys.out(base, &format!("{dir}\n"));
    Step::Exit(0)
}

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
            let name_fits = value("-name").is_none_or(|pattern| super::super::shell::glob::matches(&pattern, name));
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
