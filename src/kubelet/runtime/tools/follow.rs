//! `tail -f`.

use super::Str;
use crate::kubelet::runtime::fs::Kind;
use crate::kubelet::runtime::kernel::{Input, Sys};
use crate::kubelet::runtime::process::{Base, Step, Wait};
use crate::sim::Duration;

/// How often a followed file is looked at, as busybox does.
const PERIOD: Duration = Duration::from_secs(1);

/// Shows what is added to files, for ever.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Follow {
    files: Vec<(Str, u64)>,
    /// Goes on although a file is missing (`-F`, `--retry`).
    retries: bool,
}

impl Follow {
    /// Follows `paths` from their ends on. With no path: standard input.
    pub(crate) fn new(base: &Base, sys: &Sys<'_, '_>, paths: &[Str], retries: bool) -> Self {
        let size = |path: &Str| {
            sys.fs
                .stat(&base.cwd, path)
                .map_or(0, crate::kubelet::runtime::fs::Node::size_bytes)
        };
        Self {
            files: paths.iter().map(|path| (path.clone(), size(path))).collect(),
            retries,
        }
    }

    pub(crate) fn step(&mut self, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        if self.files.is_empty() {
            return match sys.read(base, 0, usize::MAX) {
                Input::Bytes(bytes) => {
                    sys.write(base, 1, &bytes).ok();
                    Step::Ready
                }
                Input::Zeros(_) => Step::Ready,
                Input::End => super::forever(),
                Input::Wait(wait) => Step::Wait(wait),
            };
        }
        let mut can_grow = self.retries;
        let many = self.files.len() > 1;
        for (path, shown) in &mut self.files {
            let Ok(node) = sys.fs.stat(&base.cwd, path) else {
                continue;
            };
            let Kind::File(content) = &node.kind else { continue };
            can_grow = true;
            let from = usize::try_from(*shown).unwrap_or(usize::MAX).min(content.bytes.len());
            let fresh = content.bytes[from..].to_vec();
            *shown = content.size_bytes();
            if !fresh.is_empty() {
                if many {
                    let header = format!("\n==> {path} <==\n");
                    sys.out(base, &header);
                }
                sys.write(base, 1, &fresh).ok();
            }
        }
        // `/dev/null` never grows: the container just stays.
        if can_grow {
            Step::Wait(Wait::Until(sys.now + PERIOD))
        } else {
            super::forever()
        }
    }
}
