//! Which pods of a node a drain may take away.
// Models k8s.io/kubectl/pkg/drain/filters.go.

use crate::sim::Arrange;
use std::rc::Rc;

use crate::api::Resource;
use crate::api::Str;
use crate::api::apps::DaemonSet;
use crate::api::core::Pod;
use crate::api::labels::Selector;
use crate::api::status::Status;
use crate::api::time::Time;
use crate::cluster::Cluster;

const DAEMON_SET: [&str; 2] = [
    "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)",
    "ignoring DaemonSet-managed Pods",
];
const LOCAL_STORAGE: &str = "Pods with local storage (use --delete-emptydir-data to override)";
const UNMANAGED: [&str; 2] = [
    "Pods that declare no controller (use --force to override)",
    "deleting Pods that declare no controller",
];
const MIRROR: &str = "kubernetes.io/config.mirror";

/// What a drain may do.
#[derive(Clone, Debug)]
pub(super) struct Filters {
    pub(super) pods: Selector,
    pub(super) force: bool,
    pub(super) ignore_daemon_sets: bool,
    pub(super) delete_empty_dirs: bool,
    pub(super) skip_terminating_s: i64,
}

/// The pods of a node, judged.
#[derive(Clone, Debug, Default)]
pub(super) struct Judged {
    /// Those that go.
    pub(super) pods: Vec<Rc<Pod>>,
    pub(super) warnings: String,
    pub(super) problems: Vec<String>,
}

/// What becomes of a pod, and what is said of it.
enum Verdict {
    Goes,
    GoesWith(String),
    Stays(Option<String>),
    Bars(String),
}

impl Filters {
    /// Judges the pods of a node. Upstream's texts come in no certain order.
    pub(super) fn judge(&self, cluster: &Cluster, node: &Str) -> Judged {
        let mut judged = Judged::default();
        let (mut warned, mut barred) = (Groups::default(), Groups::default());
        let mut pods: Vec<&Rc<Pod>> = cluster.api().pods_on(node).collect();
        pods.retain(|pod| self.pods.matches(&pod.meta.labels));
        pods.arrange_by_key(|pod| (pod.meta.namespace.clone(), pod.meta.name.clone()));
        for pod in pods {
            match self.verdict(cluster, pod) {
                Verdict::Goes => judged.pods.push(pod.clone()),
                Verdict::GoesWith(warning) => {
                    warned.add(warning, pod);
                    judged.pods.push(pod.clone());
                }
                Verdict::Stays(Some(warning)) => warned.add(warning, pod),
                Verdict::Stays(None) => {}
                Verdict::Bars(why) => barred.add(why, pod),
            }
        }
        judged.warnings = warned.lines(&[DAEMON_SET[1], UNMANAGED[1]]).join("; ");
        let problems = barred.lines(&[UNMANAGED[0], LOCAL_STORAGE, DAEMON_SET[0]]);
        judged.problems = problems.iter().map(|line| format!("cannot delete {line}")).collect();
        judged
    }

    fn verdict(&self, cluster: &Cluster, pod: &Pod) -> Verdict {
        if self.skips(pod, cluster.api().time(cluster.now())) || pod.meta.annotation(MIRROR).is_some() {
            return Verdict::Stays(None);
        }
        if pod.is_finished() {
            return Verdict::Goes;
        }
        let owner = pod.meta.controller();
        let daemon = owner.filter(|owner| &*owner.kind == "DaemonSet" && &*owner.api_version == "apps/v1");
        if let Some(daemon) = daemon {
            if cluster
                .api()
                .get::<DaemonSet>(&pod.meta.namespace, &daemon.name)
                .is_some()
            {
                return if self.ignore_daemon_sets {
                    Verdict::Stays(Some(DAEMON_SET[1].to_owned()))
                } else {
                    Verdict::Bars(DAEMON_SET[0].to_owned())
                };
            }
            let why = Status::not_found(DaemonSet::KIND, &daemon.name).message;
            if !self.force {
                return Verdict::Bars(why);
            }
        }
        let is_empty_dir = |volume: &crate::api::core::Volume| volume.empty_dir.is_some();
        if !self.delete_empty_dirs && pod.spec.volumes.iter().any(is_empty_dir) {
            return Verdict::Bars(LOCAL_STORAGE.to_owned());
        }
        // Only what the last filter says is told: of a pod with a controller, nothing, whatever it has on its disk.
        match owner {
            Some(_) => Verdict::Goes,
            None if self.force => Verdict::GoesWith(UNMANAGED[1].to_owned()),
            None => Verdict::Bars(UNMANAGED[0].to_owned()),
        }
    }

    /// Whether a pod has been going for so long that nobody waits for it.
    // Models shouldSkipPod.
    pub(super) fn skips(&self, pod: &Pod, now: Time) -> bool {
        let since = pod.meta.deletion_timestamp;
        self.skip_terminating_s > 0 && since.is_some_and(|since| now.0 - since.0 > self.skip_terminating_s)
    }
}

/// Pods by what is said of them.
#[derive(Default)]
struct Groups(Vec<(String, Vec<String>)>);

impl Groups {
    fn add(&mut self, what: String, pod: &Pod) {
        let name = format!("{}/{}", pod.meta.namespace, pod.meta.name);
        match self.0.iter_mut().find(|(known, _)| *known == what) {
            Some((_, names)) => names.push(name),
            None => self.0.push((what, vec![name])),
        }
    }

    /// `what: a/b, a/c`: first what `order` names, in its order.
    fn lines(mut self, order: &[&str]) -> Vec<String> {
        self.0
            .arrange_by_key(|(what, _)| order.iter().position(|known| known == what).unwrap_or(usize::MAX));
        let line = |(what, names): (String, Vec<String>)| format!("{what}: {}", names.join(", "));
        self.0.into_iter().map(line).collect()
    }
}
