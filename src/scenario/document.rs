//! The `Scenario` document.

use crate::sim::btree::BTreeMap;

use crate::api::Str;
use crate::api::core::Taint;
use crate::api::labels::Labels;
use crate::api::meta::ObjectMeta;
use crate::api::time::Time;

/// A text in several languages, by language code.
pub type Localised = BTreeMap<Str, Str>;

crate::lean! {
    /// `kind: Scenario` of `kubarium.dev/v1`.
    pub struct ScenarioDocument {
        meta: ObjectMeta = "metadata",
        spec: ScenarioSpec = "spec",
    }

    /// What a scenario sets besides its manifests. Durations are texts in Go's form, as in `1m30s`.
    pub struct ScenarioSpec {
        title: Localised = "title",
        description: Localised = "description",
        seed: Option<i64> = "seed",
        start_time: Option<Time> = "startTime",
        delays: Option<Delays> = "delays",
        nodes: Vec<NodeGroup> = "nodes",
        behaviours: Vec<Behaviour> = "behaviours",
        /// Whether there is a metrics server, as there is unless said otherwise.
        metrics_server: Option<bool> = "metricsServer",
        /// Whether there is a default StorageClass, as there is unless said otherwise.
        default_storage_class: Option<bool> = "defaultStorageClass",
        traffic: Vec<TrafficSource> = "traffic",
        timeline: Vec<TimelineEntry> = "timeline",
        lesson: Option<Lesson> = "lesson",
    }

    /// Delays that Kubernetes does not define.
    pub struct Delays {
        watch: Str = "watch",
        api_call: Str = "apiCall",
        scheduling: Str = "scheduling",
        sandbox: Str = "sandbox",
        container_start: Str = "containerStart",
        image_pull: Str = "imagePull",
        image_pull_error: Str = "imagePullError",
        hop: Str = "hop",
        provision: Str = "provision",
        attach: Str = "attach",
    }

    /// Nodes of one make.
    pub struct NodeGroup {
        count: Option<i32> = "count",
        name: Str = "name",
        cpu: Str = "cpu",
        memory: Str = "memory",
        pods: i32 = "pods",
        zones: Vec<Str> = "zones",
        labels: Labels = "labels",
        taints: Vec<Taint> = "taints",
    }

    /// What containers do, where their command and image do not say it.
    pub struct Behaviour {
        select: BehaviourMatch = "match",
        pull: Str = "pull",
        start: Str = "start",
        http: Vec<HttpOverride> = "http",
        exit: Option<ExitAfter> = "exit",
        memory: Option<MemoryUse> = "memory",
        latency: Str = "latency",
        /// Processor time that a request takes.
        cpu: Str = "cpu",
        calls: Vec<Str> = "calls",
    }

    /// Which containers; all parts must match.
    pub struct BehaviourMatch {
        /// The image; `*` at the end matches any rest.
        image: Str = "image",
        container: Str = "container",
        labels: Labels = "labels",
    }

    /// What a path answers in a window of the container's life.
    pub struct HttpOverride {
        path: Str = "path",
        status: i32 = "status",
        after: Str = "after",
        lasts: Str = "for",
    }

    /// The container ends by itself.
    pub struct ExitAfter {
        after: Str = "after",
        code: i32 = "code",
        reason: Str = "reason",
    }

    /// Memory in use: at the start, and how much more each second (`10Mi/s`).
    pub struct MemoryUse {
        from: Str = "from",
        growth: Str = "growth",
    }

    /// Requests at a rate, as in `20/s`.
    pub struct TrafficSource {
        from: Str = "from",
        to: Str = "to",
        rate: Str = "rate",
    }

    /// Something that happens at a time. One of the actions is set.
    pub struct TimelineEntry {
        at: Str = "at",
        kubectl: Str = "kubectl",
        stdin: Str = "stdin",
        fail: Str = "fail",
        kill: Str = "kill",
        oom: Str = "oom",
        fail_probes: Str = "failProbes",
        lasts: Str = "for",
    }

    /// A lesson.
    pub struct Lesson {
        steps: Vec<Step> = "steps",
    }

    /// A step of a lesson: what to do, what has to come true, and a command that does it.
    pub struct Step {
        text: Localised = "text",
        until: Option<Until> = "until",
        solution: Str = "solution",
    }

    /// What has to come true, in the words of `kubectl wait`.
    pub struct Until {
        wait: Str = "wait",
        condition: Str = "for",
        timeout: Str = "timeout",
    }
}
