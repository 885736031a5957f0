//! What the processes of one container see as files: its root tree with the volumes mounted into it.

use crate::sim::btree::BTreeMap;
use std::collections::VecDeque;
use std::rc::Rc;

use super::Str;
use super::fs::{Content, FileSystem, FsError, Kind, Meta, Node};
use crate::sim::SimTime;

/// Symbolic links followed on one path at most.
const LINKS_MAX: u32 = 40;

/// Names a volume's tree among [`Volumes`]. The owner chooses it, for instance `<pod uid>/<volume>` or `pv/<name>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeId(pub Str);

/// The trees that outlive containers, held by whoever owns the pods. A volume of one pod is dropped with the pod; one
/// that pods share (hostPath, a PersistentVolume) stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Volumes(BTreeMap<VolumeId, FileSystem>);

impl Volumes {
    /// Adds or replaces a volume's tree.
    pub fn insert(&mut self, id: VolumeId, tree: FileSystem) {
        self.0.insert(id, tree);
    }

    /// Drops a volume.
    pub fn remove(&mut self, id: &VolumeId) -> Option<FileSystem> {
        self.0.remove(id)
    }

    /// A volume's tree.
    #[must_use]
    pub fn get(&self, id: &VolumeId) -> Option<&FileSystem> {
        self.0.get(id)
    }

    /// A volume's tree, to change it.
    pub fn get_mut(&mut self, id: &VolumeId) -> Option<&mut FileSystem> {
        self.0.get_mut(id)
    }
}

/// A volume mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mount {
    /// Absolute path in the container.
    pub path: Str,
    /// Which tree of [`Volumes`].
    pub volume: VolumeId,
    /// Path below the volume's root; empty for the root itself.
    pub sub_path: Str,
    /// Writes fail with "Read-only file system".
    pub read_only: bool,
}

/// Who a process runs as.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct User {
    /// User id; 0 is root.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Further groups: `supplementalGroups` and `fsGroup`.
    pub groups: Vec<u32>,
}

/// The trees a path can lead into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Store {
    Root,
    Mount(u16),
}

/// A path after following links: what it is called and where it is kept. It may not exist yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Located {
    pub(super) store: Store,
    /// Names below the store's root.
    pub(super) parts: Vec<Str>,
    /// The absolute path in the container.
    pub(super) path: String,
}

/// The files of one container, while something runs in it.
pub(super) struct Vfs<'a> {
    pub(super) root: &'a mut FileSystem,
    pub(super) root_read_only: bool,
    pub(super) mounts: &'a [Mount],
    pub(super) volumes: &'a mut Volumes,
    pub(super) user: &'a User,
    pub(super) now: SimTime,
}

/// The names in a path.
pub(super) fn split(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

/// `path` seen from `cwd`, without `.` and `..`, links not followed.
pub(super) fn absolute(cwd: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let base = if path.starts_with('/') { "" } else { cwd };
    for part in split(base).chain(split(path)) {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

impl Vfs<'_> {
    /// Where `path` leads from `cwd`. The last name may be missing; a link there is followed when `follow`.
    pub(super) fn locate(&self, cwd: &str, path: &str, follow: bool) -> Result<Located, FsError> {
        if path.is_empty() {
            return Err(FsError::NotFound);
        }
        let base = if path.starts_with('/') { "" } else { cwd };
        let mut todo: VecDeque<String> = split(base).chain(split(path)).map(str::to_owned).collect();
        let mut at: Vec<Str> = Vec::new();
        let mut links = 0;
        while let Some(name) = todo.pop_front() {
            match name.as_str() {
                "." => continue,
                ".." => {
                    at.pop();
                    continue;
                }
                _ => at.push(name.into()),
            }
            let more = !todo.is_empty();
            match self.peek(&at).map(|node| &node.kind) {
                Some(Kind::Link(target)) if more || follow => {
                    links += 1;
                    if links > LINKS_MAX {
                        return Err(FsError::TooManyLinks);
                    }
                    at.pop();
                    if target.starts_with('/') {
                        at.clear();
                    }
                    for part in split(target).rev() {
                        todo.push_front(part.to_owned());
                    }
                }
                Some(Kind::Dir(_)) => {}
                Some(_) if more || path.ends_with('/') => return Err(FsError::NotDirectory),
                // A directory above a mount point is there, if only to lead to it.
                None if more && !self.leads_to_mount(&at) => return Err(FsError::NotFound),
                Some(_) | None => {}
            }
        }
        let path = format!("/{}", at.join("/"));
        let (store, parts) = self.store_of(&at);
        Ok(Located { store, parts, path })
    }

    fn leads_to_mount(&self, at: &[Str]) -> bool {
        let leads =
            |mount: &Mount| split(&mount.path).count() > at.len() && split(&mount.path).zip(at).all(|(a, b)| *a == **b);
        self.mounts.iter().any(leads)
    }

    /// The tree that holds an absolute path, and the path in it.
    fn store_of(&self, at: &[Str]) -> (Store, Vec<Str>) {
        let mut best: Option<(usize, u16)> = None;
        for (mount, index) in self.mounts.iter().zip(0u16..) {
            let depth = split(&mount.path).count();
            let covers = depth <= at.len() && split(&mount.path).zip(at).all(|(a, b)| *a == **b);
            if covers && best.is_none_or(|(deepest, _)| depth >= deepest) {
                best = Some((depth, index));
            }
        }
        let Some((depth, index)) = best else {
            return (Store::Root, at.to_vec());
        };
        let sub_path = split(&self.mounts[usize::from(index)].sub_path).map(Str::from);
        (
            Store::Mount(index),
            sub_path.chain(at[depth..].iter().cloned()).collect(),
        )
    }

    fn tree(&self, store: Store) -> Option<&FileSystem> {
        match store {
            Store::Root => Some(self.root),
            Store::Mount(index) => self.volumes.get(&self.mounts[usize::from(index)].volume),
        }
    }

    fn tree_mut(&mut self, store: Store) -> Result<&mut FileSystem, FsError> {
        match store {
            Store::Root if self.root_read_only => Err(FsError::ReadOnly),
            Store::Root => Ok(self.root),
            Store::Mount(index) => {
                let mount = &self.mounts[usize::from(index)];
                if mount.read_only {
                    return Err(FsError::ReadOnly);
                }
                self.volumes.get_mut(&mount.volume).ok_or(FsError::NotFound)
            }
        }
    }

    fn peek(&self, at: &[Str]) -> Option<&Node> {
        let (store, parts) = self.store_of(at);
        self.tree(store)?.node(&parts)
    }

    /// The node there, if any.
    pub(super) fn at(&self, place: &Located) -> Option<&Node> {
        self.tree(place.store)?.node(&place.parts)
    }

    /// The node that `path` leads to.
    pub(super) fn stat(&self, cwd: &str, path: &str) -> Result<&Node, FsError> {
        let place = self.locate(cwd, path, true)?;
        self.at(&place).ok_or(FsError::NotFound)
    }

    /// The node that `path` names, be it a link.
    pub(super) fn lstat(&self, cwd: &str, path: &str) -> Result<&Node, FsError> {
        let place = self.locate(cwd, path, false)?;
        self.at(&place).ok_or(FsError::NotFound)
    }

    /// Names in a directory.
    pub(super) fn list(&self, cwd: &str, path: &str) -> Result<Vec<Str>, FsError> {
        let entries = self.stat(cwd, path)?.entries().ok_or(FsError::NotDirectory)?;
        Ok(entries.keys().cloned().collect())
    }

    /// The content of a regular file.
    pub(super) fn read(&self, cwd: &str, path: &str) -> Result<Rc<Content>, FsError> {
        let node = self.stat(cwd, path)?;
        if !self.may(node.meta, 0o4) {
            return Err(FsError::PermissionDenied);
        }
        match &node.kind {
            Kind::File(content) => Ok(Rc::clone(content)),
            Kind::Dir(_) => Err(FsError::IsDirectory),
            _ => Ok(Rc::default()),
        }
    }

    /// Whether the user has the permission `bit` (4 read, 2 write, 1 execute).
    pub(super) fn may(&self, meta: Meta, bit: u16) -> bool {
        let user = self.user;
        let shift = if user.uid == 0 {
            return true;
        } else if user.uid == meta.uid {
            6
        } else if user.gid == meta.gid || user.groups.contains(&meta.gid) {
            3
        } else {
            0
        };
        meta.mode >> shift & bit != 0
    }

    fn check_parent(&self, place: &Located) -> Result<(), FsError> {
        let (_, parent) = place.parts.split_last().ok_or(FsError::Busy)?;
        let tree = self.tree(place.store).ok_or(FsError::NotFound)?;
        let parent = tree.node(parent).ok_or(FsError::NotFound)?;
        if !parent.is_dir() {
            return Err(FsError::NotDirectory);
        }
        if self.may(parent.meta, 0o2) {
            Ok(())
        } else {
            Err(FsError::PermissionDenied)
        }
    }

    /// Opens for writing: makes the file when it is missing, empties it when `truncate`.
    pub(super) fn open_write(&mut self, place: &Located, truncate: bool) -> Result<(), FsError> {
        match self.at(place) {
            Some(node) => {
                if node.is_dir() {
                    return Err(FsError::IsDirectory);
                }
                if !self.may(node.meta, 0o2) {
                    return Err(FsError::PermissionDenied);
                }
                let now = self.now;
                let tree = self.tree_mut(place.store)?;
                if truncate {
                    tree.truncate(&place.parts, now);
                }
                Ok(())
            }
            None => self.create(place, Node::file("", 0o644)),
        }
    }

    /// Puts a new node where nothing is, owned by the user.
    pub(super) fn create(&mut self, place: &Located, mut node: Node) -> Result<(), FsError> {
        self.tree_mut(place.store)?;
        self.check_parent(place)?;
        if self.at(place).is_some() {
            return Err(FsError::Exists);
        }
        node.meta.uid = self.user.uid;
        node.meta.gid = self.user.gid;
        node.meta.mtime = self.now;
        self.tree_mut(place.store)?.insert(&place.parts, node)
    }

    /// Appends to an open file.
    pub(super) fn append(&mut self, place: &Located, bytes: &[u8], zeros: u64) -> Result<(), FsError> {
        let now = self.now;
        self.tree_mut(place.store)?.append(&place.parts, bytes, zeros, now)
    }

    /// Changes a node's mode, owner or time.
    pub(super) fn set_meta(&mut self, place: &Located, change: impl FnOnce(&mut Meta)) -> Result<(), FsError> {
        let owner = self.at(place).ok_or(FsError::NotFound)?.meta.uid;
        if self.user.uid != 0 && self.user.uid != owner {
            return Err(FsError::PermissionDenied);
        }
        let node = self
            .tree_mut(place.store)?
            .node_mut(&place.parts)
            .ok_or(FsError::NotFound)?;
        change(&mut node.meta);
        Ok(())
    }

    /// Takes a node out. A directory must be empty unless `recursive`; a mount point is busy.
    pub(super) fn remove(&mut self, place: &Located, recursive: bool) -> Result<Node, FsError> {
        let node = self.at(place).ok_or(FsError::NotFound)?;
        if !recursive && node.entries().is_some_and(|entries| !entries.is_empty()) {
            return Err(FsError::NotEmpty);
        }
        if self.mounts.iter().any(|mount| *mount.path == place.path) {
            return Err(FsError::Busy);
        }
        self.tree_mut(place.store)?;
        self.check_parent(place)?;
        self.tree_mut(place.store)?
            .remove(&place.parts)
            .ok_or(FsError::NotFound)
    }

    /// Puts a node at `place`, over a file that may be there.
    pub(super) fn replace(&mut self, place: &Located, node: Node) -> Result<(), FsError> {
        self.tree_mut(place.store)?;
        self.check_parent(place)?;
        self.tree_mut(place.store)?.insert(&place.parts, node)
    }

    /// Writes a whole file.
    pub(super) fn write(&mut self, cwd: &str, path: &str, bytes: &[u8]) -> Result<(), FsError> {
        let place = self.locate(cwd, path, true)?;
        self.open_write(&place, true)?;
        self.append(&place, bytes, 0)
    }

    /// Makes a directory and those above it, whoever the user is: mount points, working directories.
    pub(super) fn make_dirs(&mut self, path: &str) {
        let parts: Vec<Str> = split(path).map(Str::from).collect();
        for depth in 1..=parts.len() {
            let (store, inner) = self.store_of(&parts[..depth]);
            if self.peek(&parts[..depth]).is_none()
                && let Ok(tree) = self.tree_mut(store)
            {
                tree.insert(&inner, Node::dir(0o755)).ok();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(test: impl FnOnce(&mut Vfs<'_>)) {
        let mut root = FileSystem::default();
        root.put("etc/hosts", Node::file("127.0.0.1 localhost\n", 0o644));
        root.put("bin/sh", Node::link("busybox"));
        root.put("bin/busybox", Node::file("", 0o755));
        root.put("loop", Node::link("loop"));
        root.put("data", Node::dir(0o755));
        let mut volumes = Volumes::default();
        let id = VolumeId("v".into());
        volumes.insert(
            id.clone(),
            FileSystem::from_files([("a.txt", &b"A"[..], 0o644), ("sub/b", &b"B"[..], 0o600)]),
        );
        let mount = |path: &str, sub_path: &str, read_only| Mount {
            path: path.into(),
            volume: id.clone(),
            sub_path: sub_path.into(),
            read_only,
        };
        let mounts = [
            mount("/data", "", false),
            mount("/ro", "sub", true),
            mount("/etc/one", "a.txt", false),
        ];
        let user = User::default();
        test(&mut Vfs {
            root: &mut root,
            root_read_only: false,
            mounts: &mounts,
            volumes: &mut volumes,
            user: &user,
            now: SimTime(9),
        });
    }

    #[test]
    fn paths_lead_through_links_and_mounts() {
        let cases = [
            ("/", "/etc/../etc/./hosts", Ok("/etc/hosts")),
            ("/etc", "hosts", Ok("/etc/hosts")),
            ("/", "bin/sh", Ok("/bin/busybox")),
            ("/", "/data/a.txt", Ok("/data/a.txt")),
            ("/", "/nope/x", Err(FsError::NotFound)),
            ("/", "/etc/hosts/x", Err(FsError::NotDirectory)),
            ("/", "/loop", Err(FsError::TooManyLinks)),
            ("/", "", Err(FsError::NotFound)),
        ];
        check(|vfs| {
            for (cwd, path, want) in cases {
                let got = vfs.locate(cwd, path, true).map(|place| place.path);
                assert_eq!(got.as_deref().map_err(|error| *error), want, "{path} from {cwd}");
            }
        });
    }

    #[test]
    fn a_mount_shows_its_volume_and_may_be_read_only() {
        check(|vfs| {
            assert_eq!(
                vfs.read("/", "/ro/b").map(|content| content.bytes.clone()),
                Ok(b"B".to_vec())
            );
            assert_eq!(
                vfs.read("/", "/etc/one").map(|content| content.bytes.clone()),
                Ok(b"A".to_vec())
            );
            assert_eq!(vfs.write("/", "/ro/new", b"x"), Err(FsError::ReadOnly));
            assert_eq!(vfs.write("/data", "new", b"x"), Ok(()));
            assert_eq!(vfs.list("/", "/data").map(|names| names.len()), Ok(3));
            let data = vfs.locate("/", "/data", true).expect("it is there");
            assert_eq!(vfs.remove(&data, true), Err(FsError::Busy));
        });
    }
}
