//! Images: which exist, what is in them, what pulling one takes or why it fails.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::Str;
use super::catalogue::{Row, find_row};
use super::fs::{Device, FileSystem, Node};
use super::image_ref::{ImageRef, InvalidImageName};
use super::shell::BUILTINS;
use super::tools::TOOLS;
use super::vfs::User;
use crate::sim::{Duration, StableHasher};

/// What a program file starts with; the program's name follows.
pub(crate) const ELF: &str = "\x7fELF:";

/// Which tools an image holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Userland {
    /// busybox.
    Busybox,
    /// Alpine Linux: busybox and more.
    Alpine,
    /// Debian and its like: GNU tools, `dash`, `bash`.
    Debian,
    /// Only its own program.
    None,
    /// Unknown: everything, and every program that is asked for.
    Open,
}

/// What an image's own program does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum App {
    /// Nothing is known: a server on the declared ports, or a program that ends.
    Unknown,
    /// Known as a server; answers every request.
    Any,
    /// A shell and tools.
    Shell,
    Pause,
    Nginx,
    Httpd,
    Redis,
    Postgres,
    Mysql,
    /// Takes connections.
    Tcp,
    Etcd,
    Agnhost,
    /// gRPC with the health service.
    Grpc,
    HttpEcho,
    Hello,
    Whoami,
    Kuard,
    Podinfo,
    Liveness,
    ServeHostname,
    Echo,
    EchoJson,
    Httpbin,
    TestWebserver,
}

/// An image on a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Image {
    /// The full reference, `docker.io/library/nginx:1.27`: `status.containerStatuses[].image`.
    pub reference: Str,
    /// `docker.io/library/nginx@sha256:...`: `status.containerStatuses[].imageID`.
    pub id: Str,
    /// Size in bytes.
    pub size_bytes: u64,
    /// The signal that asks its program to end, from `STOPSIGNAL`; TERM for most.
    pub stop_signal: super::spec::Signal,
    /// Environment set by the image.
    pub env: Vec<(Str, Str)>,
    /// Working directory.
    pub working_dir: Str,
    /// User it runs as.
    pub user: User,
    /// Ports that its program listens on by itself.
    pub ports: Vec<u16>,
    pub(crate) short_name: Str,
    tag: Str,
    pub(crate) entrypoint: Vec<Str>,
    pub(crate) cmd: Vec<Str>,
    pub(crate) root: FileSystem,
    pub(crate) userland: Userland,
    pub(crate) app: App,
    pub(crate) start: Duration,
    pub(crate) memory_bytes: u64,
}

/// Why an image cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ImageError {
    /// Not a reference: reason `InvalidImageName`.
    Invalid(InvalidImageName),
    /// The pull fails: reason `ErrImagePull`, with the runtime's words. How long it takes is the caller's matter.
    Pull {
        /// `rpc error: code = NotFound desc = ...`
        message: String,
    },
}

/// All images that were asked for, each built once. Their trees share what they have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ImageStore {
    bases: BTreeMap<Userland, FileSystem>,
    images: BTreeMap<Str, Rc<Image>>,
}

impl ImageStore {
    /// The image of a reference as a Pod names it.
    ///
    /// # Errors
    /// When it is no reference, or the registry does not have it.
    pub fn resolve(&mut self, reference: &str) -> Result<Rc<Image>, ImageError> {
        if let Some(image) = self.images.get(reference) {
            return Ok(Rc::clone(image));
        }
        let parsed = ImageRef::parse(reference).map_err(ImageError::Invalid)?;
        let row = find_row(&parsed);
        check_exists(&parsed, row)?;
        let image = Rc::new(self.build(&parsed, row));
        self.images.insert(reference.into(), Rc::clone(&image));
        Ok(image)
    }

    /// What the registry says to who may not pull an image: nothing, where all the world knows it.
    #[must_use]
    pub fn denial(reference: &str) -> Option<String> {
        let parsed = ImageRef::parse(reference).ok()?;
        let denied = match find_row(&parsed) {
            None => fails(&parsed, "Unknown", DENIED),
            Some(_) => return None,
        };
        match denied {
            ImageError::Pull { message } => Some(message),
            ImageError::Invalid(_) => None,
        }
    }

    fn build(&mut self, reference: &ImageRef, row: Option<&Row>) -> Image {
        let unknown = Row::unknown();
        let row = row.unwrap_or(&unknown);
        let alpine = reference.tag.contains("alpine") && row.userland == Userland::Debian;
        let userland = if alpine { Userland::Alpine } else { row.userland };
        let mut root = self
            .bases
            .entry(userland)
            .or_insert_with(|| base_tree(userland))
            .clone();
        for (path, text) in row.files {
            let is_program = text.starts_with(ELF);
            root.put(path, Node::file(*text, if is_program { 0o755 } else { 0o644 }));
        }
        let words = |words: &[&str]| words.iter().map(|word| Str::from(*word)).collect();
        let full: Str = reference.to_string().into();
        let digest = if reference.digest.is_empty() {
            digest(&full)
        } else {
            reference.digest.to_string()
        };
        let mut env: Vec<(Str, Str)> = vec![(
            "PATH".into(),
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into(),
        )];
        env.extend(row.env.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        Image {
            id: format!("{}/{}@{digest}", reference.registry, reference.repository).into(),
            size_bytes: size_bytes(row, &full),
            stop_signal: row.stop_signal(),
            env,
            working_dir: row.working_dir.into(),
            user: User {
                uid: row.uid,
                gid: row.uid,
                groups: Vec::new(),
            },
            ports: row.ports.to_vec(),
            short_name: reference.short_name().into(),
            tag: reference.tag.clone(),
            entrypoint: words(row.entrypoint),
            cmd: words(row.cmd),
            root,
            userland,
            app: row.app,
            start: Duration::from_millis(u64::from(row.start_ms)),
            memory_bytes: u64::from(row.memory_mib) << 20,
            reference: full,
        }
    }
}

impl Image {
    /// Whether every program that is asked for is taken to be in it.
    pub(crate) fn is_open(&self) -> bool {
        self.userland == Userland::Open
    }

    /// Whether a shell is in it.
    #[must_use]
    pub fn has_shell(&self) -> bool {
        self.userland != Userland::None
    }

    /// Whether it is one of Docker Hub's own.
    pub(crate) fn is_official(&self) -> bool {
        !self.short_name.contains('/')
    }

    pub(crate) fn is_unprivileged(&self) -> bool {
        self.short_name.contains("unprivileged")
    }

    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    /// The version in the tag, or a plausible one.
    pub(crate) fn version(&self) -> &str {
        let tag = self.tag.trim_start_matches('v');
        let end = tag
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(tag.len());
        let version = &tag[..end];
        match self.app {
            _ if version.contains('.') => version,
            App::Nginx => "1.29.4",
            App::Podinfo => "6.9.2",
            _ if version.is_empty() => "1.0.0",
            _ => version,
        }
    }

    /// busybox before 1.29 prints lookups in an older form.
    pub(crate) fn has_new_nslookup(&self) -> bool {
        let mut parts = self.version().split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        let is_old = parts.next() == Some(1) && parts.next().is_some_and(|minor| minor < 29);
        !(is_old && self.short_name.ends_with("busybox"))
    }
}

/// A size that depends on the reference alone.
fn size_bytes(row: &Row, full: &str) -> u64 {
    let spread = hash(full) % 1_000_000;
    u64::from(row.size_mib) * 1_000_000 + spread
}

fn hash(text: &str) -> u64 {
    use std::hash::Hasher as _;
    let mut hasher = StableHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

fn digest(full: &str) -> String {
    let parts: String = (0..4)
        .map(|part| format!("{:016x}", hash(&format!("{part}{full}"))))
        .collect();
    format!("sha256:{parts}")
}

/// Words in a name or tag that say the image is not there.
const BAD_PARTS: [&str; 9] = [
    "broken",
    "doesnotexist",
    "does-not-exist",
    "nonexistent",
    "non-existent",
    "non-existing",
    "nosuch",
    "notfound",
    "invalid",
];
const BAD_WORDS: [&str; 4] = ["bad", "nope", "typo", "missing"];

fn says_missing(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    BAD_PARTS.iter().any(|part| text.contains(part))
        || text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| BAD_WORDS.contains(&word))
}

const DENIED: &str = "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed";

fn fails(reference: &ImageRef, code: &str, why: &str) -> ImageError {
    let message = format!(
        "rpc error: code = {code} desc = failed to pull and unpack image \"{reference}\": failed to resolve image: {why}"
    );
    ImageError::Pull { message }
}

fn check_exists(reference: &ImageRef, row: Option<&Row>) -> Result<(), ImageError> {
    let last = reference.repository.rsplit('/').next().unwrap_or_default();
    let no_name = row.is_none() && says_missing(last);
    if no_name && &*reference.registry == "docker.io" {
        return Err(fails(reference, "Unknown", DENIED));
    }
    if no_name || says_missing(&reference.tag) || row.is_some_and(|row| !row.has_tag(&reference.tag)) {
        return Err(fails(reference, "NotFound", &format!("{reference}: not found")));
    }
    Ok(())
}

/// Tools that Debian's slim images do not bring.
const NOT_IN_DEBIAN: [&str; 33] = [
    "wget", "curl", "nc", "ncat", "netcat", "nslookup", "dig", "host", "ping", "ping6", "telnet", "ps", "top", "free",
    "uptime", "pgrep", "pkill", "killall", "pidof", "ip", "ifconfig", "netstat", "ss", "usleep", "bc", "fuser",
    "unzip", "su-exec", "arch", "time", "git", "sysctl", "clear",
];
/// Programs that no base image brings.
const SPECIAL: [&str; 23] = [
    "apk",
    "apt",
    "apt-get",
    "curl",
    "dig",
    "etcdctl",
    "git",
    "grpc-health-probe",
    "grpc_health_probe",
    "host",
    "mongo",
    "mongosh",
    "mysql",
    "mysqladmin",
    "ncat",
    "perl",
    "pg_isready",
    "psql",
    "rabbitmq-diagnostics",
    "rabbitmqctl",
    "redis-cli",
    "stress",
    "yum",
];

fn has_tool(userland: Userland, tool: &str) -> bool {
    match userland {
        Userland::None => false,
        Userland::Open => true,
        Userland::Busybox => !SPECIAL.contains(&tool) && !matches!(tool, "stress-ng" | "getent" | "ss"),
        Userland::Alpine => tool == "apk" || !SPECIAL.contains(&tool) && !matches!(tool, "stress-ng" | "ss"),
        Userland::Debian => {
            matches!(tool, "apt" | "apt-get" | "perl")
                || !SPECIAL.contains(&tool) && !NOT_IN_DEBIAN.contains(&tool) && tool != "stress-ng"
        }
    }
}

/// The files that every image of a userland has.
fn base_tree(userland: Userland) -> FileSystem {
    let mut tree = FileSystem::default();
    let program = |name: &str| Node::file(format!("{ELF}{name}"), 0o755);
    let in_usr = matches!(userland, Userland::Debian | Userland::Open);
    let dir = if in_usr { "usr/bin" } else { "bin" };
    for path in [
        "bin",
        "dev",
        "etc",
        "home",
        "proc",
        "root",
        "run",
        "sbin",
        "sys",
        "tmp",
        "usr/bin",
        "usr/local/bin",
        "usr/sbin",
        "var/log",
        "var/lib",
        "opt",
        "mnt",
        "srv",
    ] {
        tree.put(path, Node::dir(if path == "tmp" { 0o777 } else { 0o755 }));
    }
    if in_usr {
        tree.put("bin", Node::link("usr/bin"));
        tree.put("sbin", Node::link("usr/sbin"));
    }
    tree.put("var/run", Node::link("/run"));
    tree.put("var/tmp", Node::dir(0o777));
    for (tool, _) in TOOLS.iter().filter(|(tool, _)| has_tool(userland, tool)) {
        tree.put(&format!("{dir}/{tool}"), program(tool));
    }
    if userland != Userland::None {
        tree.put(&format!("{dir}/sh"), program("sh"));
        let more: &[&str] = match userland {
            Userland::Debian => &["bash", "dash"],
            Userland::Open => &["bash", "dash", "busybox", "httpd"],
            _ => &["ash", "busybox", "httpd"],
        };
        for name in more {
            tree.put(&format!("{dir}/{name}"), program(name));
        }
    }
    debug_assert!(BUILTINS.contains(&"cd"), "the shell brings what has no file");
    etc(&mut tree, userland);
    devices(&mut tree);
    tree
}

fn etc(tree: &mut FileSystem, userland: Userland) {
    let os = match userland {
        Userland::Debian | Userland::Open => {
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n"
        }
        Userland::Alpine => "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.22.0\nPRETTY_NAME=\"Alpine Linux v3.22\"\n",
        _ => "NAME=\"Linux\"\nID=linux\n",
    };
    let text = |text: &str| Node::file(text, 0o644);
    tree.put("etc/os-release", text(os));
    tree.put(
        "etc/passwd",
        text("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n"),
    );
    tree.put("etc/group", text("root:x:0:\nnobody:x:65534:\n"));
    tree.put("etc/nsswitch.conf", text("hosts: files dns\n"));
    tree.put("proc/cpuinfo", text("processor\t: 0\nmodel name\t: simulated\n"));
    tree.put(
        "proc/meminfo",
        text("MemTotal:        8167848 kB\nMemFree:         5119272 kB\nMemAvailable:    6900000 kB\n"),
    );
    tree.put("proc/loadavg", text("0.00 0.00 0.00 1/100 1\n"));
    tree.put("proc/version", text("Linux version 6.1.0-kubarium\n"));
    tree.put("proc/1/status", text("Name:\tinit\nState:\tS (sleeping)\nPid:\t1\n"));
    tree.put("proc/1/cmdline", text(""));
    tree.put("sys/fs/cgroup/cgroup.controllers", text("cpu memory pids\n"));
}

fn devices(tree: &mut FileSystem) {
    let devices = [
        ("dev/null", Device::Null),
        ("dev/zero", Device::Zero),
        ("dev/random", Device::Random),
        ("dev/urandom", Device::Random),
        ("dev/stdin", Device::Standard(0)),
        ("dev/stdout", Device::Standard(1)),
        ("dev/stderr", Device::Standard(2)),
        ("dev/fd/0", Device::Standard(0)),
        ("dev/fd/1", Device::Standard(1)),
        ("dev/fd/2", Device::Standard(2)),
        ("dev/tty", Device::Standard(1)),
        ("proc/self/fd/0", Device::Standard(0)),
        ("proc/self/fd/1", Device::Standard(1)),
        ("proc/self/fd/2", Device::Standard(2)),
        ("proc/1/fd/1", Device::Log(1)),
        ("proc/1/fd/2", Device::Log(2)),
    ];
    for (path, device) in devices {
        tree.put(path, Node::device(device));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_exist_or_not() {
        let not_found = |full: &str| {
            format!(
                "rpc error: code = NotFound desc = failed to pull and unpack image \"{full}\": failed to resolve image: {full}: not found"
            )
        };
        let cases = [
            ("nginx", Ok("docker.io/library/nginx:latest")),
            ("nginx:1.14.2", Ok("docker.io/library/nginx:1.14.2")),
            ("nginx:1.161", Err(not_found("docker.io/library/nginx:1.161"))),
            ("nginx:broken", Err(not_found("docker.io/library/nginx:broken"))),
            ("nginx:1.27-alpine-slim", Ok("docker.io/library/nginx:1.27-alpine-slim")),
            ("nginx:stable", Ok("docker.io/library/nginx:stable")),
            ("nginx:latst", Err(not_found("docker.io/library/nginx:latst"))),
            ("shop/api:v2", Ok("docker.io/shop/api:v2")),
            ("registry.k8s.io/pause:3.10", Ok("registry.k8s.io/pause:3.10")),
            ("quay.io/x/nope:1", Err(not_found("quay.io/x/nope:1"))),
        ];
        let mut store = ImageStore::default();
        for (reference, want) in cases {
            let got = store.resolve(reference).map(|image| image.reference.to_string());
            let got = got.map_err(|error| match error {
                ImageError::Pull { message, .. } => message,
                ImageError::Invalid(error) => error.message,
            });
            assert_eq!(got, want.map(str::to_owned), "{reference}");
        }
        assert!(
            matches!(store.resolve("doesnotexist"), Err(ImageError::Pull { message, .. }) if message.contains("pull access denied"))
        );
        assert!(matches!(store.resolve("Nginx"), Err(ImageError::Invalid(_))));
    }

    #[test]
    fn trees_are_shared() {
        let mut store = ImageStore::default();
        let a = store.resolve("busybox:1.36").expect("it exists");
        let b = store.resolve("busybox:1.36").expect("it exists");
        assert!(Rc::ptr_eq(&a, &b));
        assert!(a.has_shell());
        assert!(
            !store
                .resolve("registry.k8s.io/pause:3.9")
                .expect("it exists")
                .has_shell()
        );
    }
}
