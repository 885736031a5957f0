//! Tools that make, move and describe files.

use std::rc::Rc;

use crate::kubelet::runtime::fs::{FsError, Kind, Meta, Node};

use crate::kubelet::runtime::kernel::Sys;

use crate::kubelet::runtime::process::{Base, Step};

use super::numbers::parse_count;

use super::{Args, Str, Userland, absolute_path};

pub(super) fn complain(base: &mut Base, sys: &mut Sys<'_, '_>, text: &str) -> i32 {
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
            let debian = sys.host.image.userland == Userland::Debian;
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
    let debian = sys.host.image.userland == Userland::Debian;
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
pub(super) fn walk(base: &Base, sys: &Sys<'_, '_>, root: &str) -> Vec<Str> {
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
