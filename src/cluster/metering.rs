//! What pods use, as a metrics server measures it: the processes' own use, and what requests cost on top.
//!
//! Nothing ticks for it. Requests are counted in windows as they come, and the rest is looked at when somebody asks.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::Cluster;
use crate::api::Str;
use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::api::core::{Container, Node, Pod};
use crate::api::time::Time;
use crate::apiserver::{Key, PodMetrics, Usage};
use crate::sim::SimTime;

/// How often a metrics server measures, in seconds.
// Models metrics-server's default --metric-resolution.
const WINDOW_S: u64 = 15;
const WINDOW_NS: u64 = WINDOW_S * 1_000_000_000;

/// Where metrics come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MetricsSource {
    /// A metrics server measures.
    #[default]
    Measured,
    /// There is no metrics server.
    Off,
    /// Every pod reports the same.
    Set(SetUsage),
}

/// What pods report, whatever they do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetUsage {
    /// Thousandths of a core that each pod uses.
    pub each_milli: i64,
    /// Thousandths of a core that all pods of a namespace share.
    pub total_milli: i64,
    /// Bytes that each pod uses.
    pub memory_bytes: i64,
    /// That many pods, the first by name, report nothing.
    pub skip: u32,
}

/// Requests by pod and port in one window.
type Counts = BTreeMap<(Key, u16), u32>;

/// What the wiring remembers to tell what pods use.
#[derive(Clone, Debug, Default)]
pub(super) struct Metering {
    source: MetricsSource,
    /// The number of the window that is being counted.
    window: u64,
    counts: Counts,
    /// The window before.
    before: Counts,
    /// The window at whose start the metrics were published last.
    published: Option<u64>,
}

impl Metering {
    /// Moves on to the window of `now`.
    fn roll(&mut self, now: SimTime) {
        let window = now.0 / WINDOW_NS;
        if window != self.window {
            let counts = std::mem::take(&mut self.counts);
            self.before = if window == self.window + 1 {
                counts
            } else {
                Counts::new()
            };
            self.window = window;
        }
    }

    /// Counts a request that reaches a pod.
    pub(super) fn count(&mut self, now: SimTime, pod: &Key, port: u16) {
        self.roll(now);
        *self.counts.entry((pod.clone(), port)).or_default() += 1;
    }
}

impl Cluster {
    /// Sets where metrics come from.
    pub fn set_metrics(&mut self, source: MetricsSource) {
        self.metering.source = source;
        self.metering.published = None;
    }

    /// Publishes what the pods of namespaces with autoscalers use, where the last measuring is over.
    pub(super) fn refresh_metrics(&mut self) {
        self.metering.roll(self.now);
        let window = match self.metering.source {
            MetricsSource::Measured => Some(self.metering.window),
            MetricsSource::Off | MetricsSource::Set(_) => None,
        };
        if window.is_some() && self.metering.published == window {
            return;
        }
        self.metering.published = window;
        if self.metering.source == MetricsSource::Off {
            return self.api.publish_metrics(None);
        }
        let autoscalers = self.api.list::<HorizontalPodAutoscaler>(None);
        let mut namespaces: Vec<Str> = autoscalers.map(|there| there.meta.namespace.clone()).collect();
        namespaces.dedup();
        let mut all = BTreeMap::new();
        for namespace in namespaces {
            all.extend(self.pod_metrics(&namespace));
        }
        self.api.publish_metrics(Some(all));
    }

    /// What the running pods of a namespace use, as of the start of the window; empty where nobody measures.
    #[must_use]
    pub fn pod_metrics(&self, namespace: &Str) -> Vec<(Key, PodMetrics)> {
        let pods = self.api.list::<Pod>(Some(namespace));
        let running: Vec<&Rc<Pod>> = pods
            .filter(|pod| &*pod.status.phase == "Running" && !pod.meta.is_terminating())
            .collect();
        match &self.metering.source {
            MetricsSource::Off => Vec::new(),
            MetricsSource::Set(usage) => self.set_metrics_of(&running, *usage),
            MetricsSource::Measured => running.into_iter().filter_map(|pod| self.measured(pod)).collect(),
        }
    }

    /// Whether there is a metrics server.
    #[must_use]
    pub fn has_metrics(&self) -> bool {
        self.metering.source != MetricsSource::Off
    }

    fn set_metrics_of(&self, running: &[&Rc<Pod>], usage: SetUsage) -> Vec<(Key, PodMetrics)> {
        let count = i64::try_from(running.len()).unwrap_or(i64::MAX).max(1);
        let cpu_milli = usage.each_milli + usage.total_milli / count;
        let metrics = |pod: &&Rc<Pod>| {
            let containers = pod.spec.containers.iter().enumerate().map(|(place, container)| {
                // All that a pod reports is its first container's.
                let own = Usage {
                    cpu_milli,
                    memory_bytes: usage.memory_bytes,
                };
                (container.name.clone(), if place == 0 { own } else { Usage::default() })
            });
            let metrics = PodMetrics {
                at: self.api.time(self.now),
                window_s: WINDOW_S.cast_signed(),
                containers: containers.collect(),
                requests_milli: 0,
            };
            (key_of(pod), metrics)
        };
        running.iter().skip(usage.skip as usize).map(metrics).collect()
    }

    /// What was measured of a pod; none before it ran for a whole window, or where its node does not answer.
    fn measured(&self, pod: &Rc<Pod>) -> Option<(Key, PodMetrics)> {
        let start = self.api.time(SimTime(self.now.0 / WINDOW_NS * WINDOW_NS));
        let ran = |since: Time| since.0 + WINDOW_S.cast_signed() <= start.0;
        let statuses = pod.status.container_statuses.iter();
        let since: Option<Vec<Time>> = statuses
            .map(|status| status.state.running.as_ref()?.started_at)
            .collect();
        let runs = since.is_some_and(|since| !since.is_empty() && since.into_iter().all(ran));
        if !runs || !self.components.kubelet.is_powered(&pod.spec.node_name) {
            return None;
        }
        let key = key_of(pod);
        let mut requests = 0;
        let containers = pod.spec.containers.iter().enumerate().map(|(place, container)| {
            let (usage, served) = self.usage_of(&key, pod, container, place == 0);
            requests += served;
            (container.name.clone(), usage)
        });
        let metrics = PodMetrics {
            at: start,
            window_s: WINDOW_S.cast_signed(),
            containers: containers.collect(),
            requests_milli: 0,
        };
        let requests_milli = i64::from(requests) * 1000 / WINDOW_S.cast_signed();
        Some((
            key,
            PodMetrics {
                requests_milli,
                ..metrics
            },
        ))
    }

    /// What a container uses, and the requests that it served in the window before. Requests to a port that no container
    /// names are the first one's.
    fn usage_of(&self, key: &Key, pod: &Pod, container: &Container, is_first: bool) -> (Usage, u32) {
        let names = |container: &Container, port: u16| {
            container
                .ports
                .iter()
                .any(|there| there.container_port == i32::from(port))
        };
        let is_own = |port: u16| {
            let claimed = pod.spec.containers.iter().any(|other| names(other, port));
            names(container, port) || (is_first && !claimed)
        };
        let first = (key.clone(), 0);
        let counts = self
            .metering
            .before
            .range(first..)
            .take_while(|((pod, _), _)| pod == key);
        let served: u32 = counts
            .filter(|((_, port), _)| is_own(*port))
            .map(|(_, count)| *count)
            .sum();
        let kubelet = &self.components.kubelet;
        let (memory, own_milli) = kubelet.usage(self.now, &key.namespace, &key.name, &container.name);
        let cost = kubelet.request_cost(&key.namespace, &key.name, &container.name);
        let load_milli = u64::from(served) * cost.0 / (WINDOW_NS / 1000);
        let wanted = i64::from(own_milli) + i64::try_from(load_milli).unwrap_or(i64::MAX);
        let limit = container.resources.limits.get("cpu").map(|limit| limit.milli_value());
        let usage = Usage {
            cpu_milli: limit.map_or(wanted, |limit| wanted.min(limit)),
            memory_bytes: i64::try_from(memory).unwrap_or(i64::MAX),
        };
        (usage, served)
    }

    /// What the pods of a node use, with a little for the node's own daemons; none where it does not answer.
    #[must_use]
    pub fn node_usage(&self, node: &Node) -> Option<Usage> {
        if !self.has_metrics() || !self.components.kubelet.is_powered(&node.meta.name) {
            return None;
        }
        let mut sum = NODE_USAGE;
        for pod in self.api.pods_on(&node.meta.name).filter(|pod| !pod.is_finished()) {
            let (_, metrics) = self.measured(pod).unzip();
            for usage in metrics.iter().flat_map(|metrics| metrics.containers.values()) {
                sum.cpu_milli = sum.cpu_milli.saturating_add(usage.cpu_milli);
                sum.memory_bytes = sum.memory_bytes.saturating_add(usage.memory_bytes);
            }
        }
        Some(sum)
    }
}

/// What a kubelet and a container runtime use: about what they use on an idle machine.
const NODE_USAGE: Usage = Usage {
    cpu_milli: 40,
    memory_bytes: 300 << 20,
};

fn key_of(pod: &Rc<Pod>) -> Key {
    Key {
        namespace: pod.meta.namespace.clone(),
        name: pod.meta.name.clone(),
    }
}
