//! `ls`, `stat`, `readlink`.

use super::files::{complain, walk};
use super::{Args, Str, Userland, date};
use crate::kubelet::runtime::fs::{Kind, Node};
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::process::{Base, Step};
use crate::sim::Arrange;

/// `rwxr-xr-x` with the kind's letter before it.
pub(super) fn mode_text(node: &Node) -> String {
    let kind = match node.kind {
        Kind::Dir(_) => 'd',
        Kind::Link(_) => 'l',
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
                let debian = sys.host.image.userland == Userland::Debian;
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
        list_dir(base, sys, dir, &args, &mut out);
    }
    sys.out(base, &out);
    Step::Exit(status)
}

/// The entries of a directory.
fn list_dir(base: &Base, sys: &Sys<'_, '_>, dir: &str, args: &Args, out: &mut String) {
    let long = args.has('l');
    let all = args.has('a') || args.has('A');
    let Ok(entries) = sys.fs.stat(&base.cwd, dir).map(Node::entries) else {
        return;
    };
    let mut shown: Vec<(&Str, &Node)> = entries
        .into_iter()
        .flatten()
        .filter(|(name, _)| all || !name.starts_with('.'))
        .collect();
    if args.has('t') {
        shown.arrange_by_key(|(_, node)| std::cmp::Reverse(node.meta.mtime));
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
