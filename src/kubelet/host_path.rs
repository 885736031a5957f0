//! Paths on a node: what a machine has from the start, and what must lie there for a hostPath volume.
// Models pkg/volume/hostpath/host_path.go.

use super::places::node_tree;
use super::runtime::{Device, FileSystem, Kind, Node, Volumes};

/// Directories that the machine of every node has.
const DIRS: [&str; 17] = [
    "dev",
    "etc/kubernetes/manifests",
    "etc/kubernetes/pki",
    "etc/ssl/certs",
    "home",
    "lib",
    "mnt",
    "opt",
    "proc",
    "run/containerd",
    "srv",
    "sys",
    "tmp",
    "usr/share",
    "var/lib/kubelet",
    "var/log/containers",
    "var/log/pods",
];
/// And files.
const FILES: [&str; 8] = [
    "etc/hostname",
    "etc/hosts",
    "etc/localtime",
    "etc/machine-id",
    "etc/os-release",
    "etc/passwd",
    "etc/resolv.conf",
    "etc/timezone",
];
const SOCKETS: [&str; 2] = ["/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock"];
/// Block devices, by the beginnings of their names.
const DISKS: [&str; 3] = ["/dev/sd", "/dev/vd", "/dev/nvme"];

fn new_tree() -> FileSystem {
    let mut tree = FileSystem::new(0o755);
    for dir in DIRS {
        tree.put(dir, Node::dir(0o755));
    }
    for file in FILES {
        tree.put(file, Node::file("", 0o644));
    }
    for (name, device) in [("dev/null", Device::Null), ("dev/zero", Device::Zero)] {
        tree.put(name, Node::device(device));
    }
    tree.put("var/run", Node::dir(0o755));
    tree
}

/// The files of a node.
pub(super) fn node_files<'a>(volumes: &'a mut Volumes, node: &str) -> &'a mut FileSystem {
    let id = node_tree(node);
    if volumes.get(&id).is_none() {
        volumes.insert(id.clone(), new_tree());
    }
    volumes.get_mut(&id).expect("inserted above")
}

/// What a path is on the node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Dir,
    File,
    Socket,
    CharDevice,
    BlockDevice,
}

fn find(tree: &FileSystem, path: &str) -> Found {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match tree.node(&parts).map(|node| &node.kind) {
        Some(Kind::Dir(_)) => Found::Dir,
        Some(Kind::File(_) | Kind::Link(_)) => Found::File,
        Some(Kind::Device(_)) => Found::CharDevice,
        None if SOCKETS.contains(&path) => Found::Socket,
        None if DISKS.iter().any(|disk| path.starts_with(disk)) => Found::BlockDevice,
        None if path.starts_with("/dev/") => Found::CharDevice,
        None => Found::Nothing,
    }
}

/// Makes what a hostPath volume of that type is to make, and looks whether the right thing lies there.
///
/// # Errors
/// The words of the kubelet.
// Models checkTypeInternal.
pub(super) fn prepare(tree: &mut FileSystem, path: &str, kind: &str) -> Result<(), String> {
    let absent = find(tree, path) == Found::Nothing;
    let lib = path.starts_with("/var/lib/") || path.starts_with("/var/log/");
    match kind {
        // What lies below these was put there by the machine's own programs.
        "Directory" if absent && lib => tree.put(path, Node::dir(0o755)),
        // The runtime makes a path that nobody checks.
        "" | "DirectoryOrCreate" if absent => tree.put(path, Node::dir(0o755)),
        "FileOrCreate" if absent => {
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            if find(tree, parent) != Found::Dir {
                return Err(format!("open {path}: no such file or directory"));
            }
            tree.put(path, Node::file("", 0o644));
        }
        _ => {}
    }
    let (want, what) = match kind {
        "Directory" | "DirectoryOrCreate" => (Found::Dir, "directory"),
        "File" | "FileOrCreate" => (Found::File, "file"),
        "Socket" => (Found::Socket, "socket file"),
        "CharDevice" => (Found::CharDevice, "character device"),
        "BlockDevice" => (Found::BlockDevice, "block device"),
        _ => return Ok(()),
    };
    if find(tree, path) == want {
        return Ok(());
    }
    Err(format!("hostPath type check failed: {path} is not a {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_wants_its_own() {
        let bad = |path: &str, what: &str| Err(format!("hostPath type check failed: {path} is not a {what}"));
        let cases = [
            ("/data", "", Ok(())),
            ("/data/new", "DirectoryOrCreate", Ok(())),
            ("/data/new", "Directory", Ok(())),
            ("/data/none", "Directory", bad("/data/none", "directory")),
            ("/data/file", "FileOrCreate", Ok(())),
            ("/data/file", "File", Ok(())),
            ("/data/file", "Directory", bad("/data/file", "directory")),
            ("/data/none", "File", bad("/data/none", "file")),
            (
                "/none/file",
                "FileOrCreate",
                Err("open /none/file: no such file or directory".to_owned()),
            ),
            ("/run/containerd/containerd.sock", "Socket", Ok(())),
            ("/data/file", "Socket", bad("/data/file", "socket file")),
            ("/dev/null", "CharDevice", Ok(())),
            ("/data", "CharDevice", bad("/data", "character device")),
            ("/dev/sda1", "BlockDevice", Ok(())),
            ("/dev/null", "BlockDevice", bad("/dev/null", "block device")),
            ("/var/log/pods", "Directory", Ok(())),
        ];
        let mut volumes = Volumes::default();
        let tree = node_files(&mut volumes, "n");
        for (path, kind, want) in cases {
            assert_eq!(prepare(tree, path, kind), want, "{path} {kind}");
        }
    }
}
