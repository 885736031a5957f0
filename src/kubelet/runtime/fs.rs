//! File trees: the root of an image, the writable copy of a container, a volume.
//!
//! A tree is persistent: cloning one shares every node, and a write copies only the way down to what it changes. So all
//! containers of an image share its files, and a checkpoint of the cluster costs nothing here.

use crate::sim::btree::BTreeMap;
use std::fmt;
use std::rc::Rc;

use super::Str;
use crate::sim::SimTime;

/// Bytes that one tree stores at most; beyond it writes fail with "No space left on device".
const STORED_BYTES_MAX: u64 = 32 << 20;

/// Why a file operation failed; prints as `strerror` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FsError {
    /// ENOENT
    NotFound,
    /// ENOTDIR
    NotDirectory,
    /// EISDIR
    IsDirectory,
    /// EEXIST
    Exists,
    /// ENOTEMPTY
    NotEmpty,
    /// EROFS
    ReadOnly,
    /// ENOSPC
    NoSpace,
    /// ELOOP
    TooManyLinks,
    /// EACCES
    PermissionDenied,
    /// EBUSY
    Busy,
    /// EINVAL
    InvalidArgument,
}

impl fmt::Display for FsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "No such file or directory",
            Self::NotDirectory => "Not a directory",
            Self::IsDirectory => "Is a directory",
            Self::Exists => "File exists",
            Self::NotEmpty => "Directory not empty",
            Self::ReadOnly => "Read-only file system",
            Self::NoSpace => "No space left on device",
            Self::TooManyLinks => "Too many levels of symbolic links",
            Self::PermissionDenied => "Permission denied",
            Self::Busy => "Device or resource busy",
            Self::InvalidArgument => "Invalid argument",
        })
    }
}

/// What `stat` tells of a node besides its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Meta {
    /// Permission bits, such as `0o644`.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// When the content last changed.
    pub mtime: SimTime,
}

impl Meta {
    /// Owned by root, never changed since the image was built.
    #[must_use]
    pub const fn root(mode: u16) -> Self {
        Self {
            mode,
            uid: 0,
            gid: 0,
            mtime: SimTime::ZERO,
        }
    }
}

/// The bytes of a file: those stored, then a run of zeros that takes no memory (`dd if=/dev/zero`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Content {
    /// The stored bytes.
    pub bytes: Vec<u8>,
    /// Zeros after them.
    pub zeros: u64,
}

impl Content {
    /// Size of the file in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.bytes.len() as u64 + self.zeros
    }
}

/// The character devices a container has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    /// `/dev/null`
    Null,
    /// `/dev/zero`
    Zero,
    /// `/dev/random` and `/dev/urandom`
    Random,
    /// The opener's own standard input (0), output (1) or error (2).
    Standard(u8),
    /// The container's log: standard output (1) or error (2) of process 1.
    Log(u8),
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File(Rc<Content>),
    /// A directory.
    Dir(Rc<BTreeMap<Str, Node>>),
    /// A symbolic link and its target.
    Link(Str),
    /// A device.
    Device(Device),
}

/// One node of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// Mode, owner, time.
    pub meta: Meta,
    /// What it is.
    pub kind: Kind,
}

impl Node {
    /// A regular file of root's.
    #[must_use]
    pub fn file(bytes: impl Into<Vec<u8>>, mode: u16) -> Self {
        let content = Content {
            bytes: bytes.into(),
            zeros: 0,
        };
        Self {
            meta: Meta::root(mode),
            kind: Kind::File(Rc::new(content)),
        }
    }

    /// An empty directory of root's.
    #[must_use]
    pub fn dir(mode: u16) -> Self {
        Self {
            meta: Meta::root(mode),
            kind: Kind::Dir(Rc::default()),
        }
    }

    /// A symbolic link.
    #[must_use]
    pub fn link(target: &str) -> Self {
        Self {
            meta: Meta::root(0o777),
            kind: Kind::Link(target.into()),
        }
    }

    /// A device file.
    #[must_use]
    pub const fn device(device: Device) -> Self {
        Self {
            meta: Meta::root(0o666),
            kind: Kind::Device(device),
        }
    }

    /// The entries, when it is a directory.
    #[must_use]
    pub fn entries(&self) -> Option<&BTreeMap<Str, Self>> {
        match &self.kind {
            Kind::Dir(entries) => Some(entries),
            _ => None,
        }
    }

    /// Whether it is a directory.
    #[must_use]
    pub const fn is_dir(&self) -> bool {
        matches!(self.kind, Kind::Dir(_))
    }

    /// Size in bytes as `ls -l` shows it.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        match &self.kind {
            Kind::File(content) => content.size_bytes(),
            Kind::Dir(_) => 4096,
            Kind::Link(target) => target.len() as u64,
            Kind::Device(_) => 0,
        }
    }

    /// Bytes used by the node and everything below it, zeros included.
    #[must_use]
    pub fn usage_bytes(&self) -> u64 {
        match &self.kind {
            Kind::File(content) => content.size_bytes(),
            Kind::Dir(entries) => entries.values().map(Self::usage_bytes).sum(),
            _ => 0,
        }
    }
}

/// A file tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileSystem {
    root: Node,
    stored_bytes: u64,
    changes: u64,
}

impl Default for FileSystem {
    fn default() -> Self {
        Self::new(0o755)
    }
}

impl FileSystem {
    /// An empty tree whose root directory has `mode`. An emptyDir's is `0o777`.
    #[must_use]
    pub fn new(mode: u16) -> Self {
        Self {
            root: Node::dir(mode),
            stored_bytes: 0,
            changes: 0,
        }
    }

    /// A tree of files at relative paths, as a ConfigMap, Secret or projected volume holds them.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8], u16)>) -> Self {
        let mut tree = Self::new(0o777);
        for (path, bytes, mode) in files {
            tree.put(path, Node::file(bytes, mode));
        }
        tree
    }

    /// The root directory.
    #[must_use]
    pub const fn root(&self) -> &Node {
        &self.root
    }

    /// Counts the changes ever made: equal counts mean equal content.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// Bytes in all files, for limits on disk use.
    #[must_use]
    pub fn usage_bytes(&self) -> u64 {
        self.root.usage_bytes()
    }

    /// The node at `parts` below the root. Symbolic links are not followed.
    pub fn node<P: AsRef<str>>(&self, parts: &[P]) -> Option<&Node> {
        parts
            .iter()
            .try_fold(&self.root, |node, part| node.entries()?.get(part.as_ref()))
    }

    /// The node at `parts`, to change it. Copies the way down where it is shared.
    pub fn node_mut<P: AsRef<str>>(&mut self, parts: &[P]) -> Option<&mut Node> {
        self.changes += 1;
        let mut node = &mut self.root;
        for part in parts {
            let Kind::Dir(entries) = &mut node.kind else {
                return None;
            };
            node = Rc::make_mut(entries).get_mut(part.as_ref())?;
        }
        Some(node)
    }

    /// Puts `node` at `parts`, in place of what was there.
    ///
    /// # Errors
    /// When the parent is not a directory.
    pub fn insert<P: AsRef<str>>(&mut self, parts: &[P], node: Node) -> Result<(), FsError> {
        let (name, parent) = parts.split_last().ok_or(FsError::Exists)?;
        let parent = self.node_mut(parent).ok_or(FsError::NotFound)?;
        let Kind::Dir(entries) = &mut parent.kind else {
            return Err(FsError::NotDirectory);
        };
        Rc::make_mut(entries).insert(name.as_ref().into(), node);
        Ok(())
    }

    /// Takes the node at `parts` out.
    pub fn remove<P: AsRef<str>>(&mut self, parts: &[P]) -> Option<Node> {
        let (name, parent) = parts.split_last()?;
        let Kind::Dir(entries) = &mut self.node_mut(parent)?.kind else {
            return None;
        };
        let node = Rc::make_mut(entries).remove(name.as_ref())?;
        self.stored_bytes = self.stored_bytes.saturating_sub(node.usage_bytes());
        Some(node)
    }

    /// Appends to the file at `parts`: bytes, then zeros.
    ///
    /// # Errors
    /// When it is no file or the tree is full.
    pub fn append<P: AsRef<str>>(
        &mut self,
        parts: &[P],
        bytes: &[u8],
        zeros: u64,
        now: SimTime,
    ) -> Result<(), FsError> {
        let stored = self.stored_bytes + bytes.len() as u64;
        if stored > STORED_BYTES_MAX {
            return Err(FsError::NoSpace);
        }
        let node = self.node_mut(parts).ok_or(FsError::NotFound)?;
        node.meta.mtime = now;
        let Kind::File(content) = &mut node.kind else {
            return Err(FsError::IsDirectory);
        };
        let content = Rc::make_mut(content);
        if content.zeros == 0 || bytes.is_empty() {
            content.bytes.extend_from_slice(bytes);
            content.zeros += zeros;
        } else {
            // Only the size of a file of zeros matters to anyone.
            content.zeros += bytes.len() as u64 + zeros;
        }
        self.stored_bytes = stored;
        Ok(())
    }

    /// Empties the file at `parts`.
    pub fn truncate<P: AsRef<str>>(&mut self, parts: &[P], now: SimTime) {
        let Some(node) = self.node_mut(parts) else { return };
        node.meta.mtime = now;
        let Kind::File(content) = &mut node.kind else { return };
        let freed = content.bytes.len() as u64;
        *content = Rc::default();
        self.stored_bytes = self.stored_bytes.saturating_sub(freed);
    }

    /// Puts `node` at the slash-separated `path`, making directories on the way: for building trees.
    pub fn put(&mut self, path: &str, node: Node) {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        for depth in 1..parts.len() {
            let above = &parts[..depth];
            if self.node(above).is_none() && self.insert(above, Node::dir(0o755)).is_err() {
                return;
            }
        }
        // On a path through a file or a link the file wins.
        self.insert(&parts, node).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_does_not_see_later_writes() {
        let mut a = FileSystem::default();
        a.put("etc/motd", Node::file("hello", 0o644));
        let before = a.clone();
        a.append(&["etc", "motd"], b" world", 3, SimTime(5)).expect("a file");
        assert_eq!(a.node(&["etc", "motd"]).map(Node::size_bytes), Some(14));
        assert_eq!(before.node(&["etc", "motd"]).map(Node::size_bytes), Some(5));
        assert!(a.changes() > before.changes());
    }

    #[test]
    fn zeros_take_no_memory_and_count_as_use() {
        let mut tree = FileSystem::new(0o777);
        tree.put("big", Node::file("", 0o644));
        tree.append(&["big"], b"", 1 << 30, SimTime(1)).expect("zeros are free");
        assert_eq!(tree.usage_bytes(), 1 << 30);
        tree.truncate(&["big"], SimTime(2));
        assert_eq!(tree.usage_bytes(), 0);
    }

    #[test]
    fn a_tree_is_full_at_its_limit() {
        let mut tree = FileSystem::new(0o777);
        tree.put("log", Node::file("", 0o644));
        let chunk = vec![b'x'; 1 << 20];
        let written = (0..64)
            .take_while(|_| tree.append(&["log"], &chunk, 0, SimTime(1)).is_ok())
            .count();
        assert_eq!(written, 32);
        assert_eq!(tree.append(&["log"], &chunk, 0, SimTime(1)), Err(FsError::NoSpace));
        tree.remove(&["log"]);
        tree.put("log", Node::file("", 0o644));
        assert_eq!(tree.append(&["log"], &chunk, 0, SimTime(1)), Ok(()));
    }
}
