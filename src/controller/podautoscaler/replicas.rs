//! How many replicas a metric asks for.
// Models pkg/controller/podautoscaler/replica_calculator.go

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::ratio::{Ratio, Tolerances, quotient, share};
use crate::api::Str;
use crate::api::core::{Container, Pod};
use crate::api::core::{pod_level_requests_set, pod_requests};
use crate::api::time::Time;

/// What a pod's metric was, in thousandths, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::controller) struct Sample {
    pub(in crate::controller) value: i64,
    pub(in crate::controller) at: Time,
    pub(in crate::controller) window_s: i64,
}

/// Samples by the name of the pod.
pub(in crate::controller) type Samples = BTreeMap<Str, Sample>;

/// What all calculations for one workload share.
#[derive(Clone, Debug)]
pub(in crate::controller) struct Calculator {
    /// Its pods.
    pub(in crate::controller) pods: Vec<Rc<Pod>>,
    /// The wall clock in nanoseconds.
    pub(in crate::controller) now_ns: i64,
    pub(in crate::controller) tolerances: Tolerances,
    /// How long after its start a pod's processor use may still be that of its start.
    pub(in crate::controller) cpu_initialization_s: i64,
    /// How long after its start a pod that turns unready has never been ready.
    pub(in crate::controller) initial_readiness_s: i64,
}

/// A number of replicas, and what the metric was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::controller) struct Proposal {
    pub(in crate::controller) replicas: i32,
    /// In thousandths.
    pub(in crate::controller) usage: i64,
    /// In hundredths of what was asked for; zero for plain metrics.
    pub(in crate::controller) utilization: i32,
}

/// The pods, sorted out.
#[derive(Debug, Default)]
struct Groups {
    ready: i64,
    unready: Vec<Str>,
    missing: Vec<Str>,
    ignored: Vec<Str>,
}

const NO_METRICS: &str = "did not receive metrics for targeted pods (pods might be unready)";
const NO_PODS: &str = "no pods returned by selector while calculating replica count";
const SECOND_NS: i64 = 1_000_000_000;

impl Calculator {
    /// Replicas for an average use of a resource, in hundredths of the request.
    // Models GetResourceReplicas
    pub(in crate::controller) fn for_utilization(
        &self,
        current: i32,
        target: i32,
        resource: &str,
        container: &str,
        samples: Samples,
    ) -> Result<Proposal, String> {
        if self.pods.is_empty() {
            return Err(NO_PODS.to_owned());
        }
        let requests = self.requests(container, resource);
        let first = self.measure(samples, resource, |samples| {
            let requests = requests.clone()?;
            let (utilization, usage) = utilization(samples, &requests)?;
            let ratio = Ratio::of(i64::from(utilization), i64::from(target));
            Ok((ratio, usage, utilization))
        })?;
        let requests = requests?;
        // Pods without a sample use all that they asked for, or the target where that is more.
        let fallback = i64::from(target.max(100));
        let missing = |pod: &Str| requests.get(pod).copied().unwrap_or_default() * fallback / 100;
        let ratio = |samples: &Samples| {
            let (utilization, _) = utilization(samples, &requests)?;
            Ok(Ratio::of(i64::from(utilization), i64::from(target)))
        };
        self.conclude(current, first, missing, ratio)
    }

    /// Replicas for an average of a metric, in thousandths; of `resource` where it is one.
    // Models calcPlainMetricReplicas
    pub(in crate::controller) fn for_average(
        &self,
        current: i32,
        target: i64,
        resource: &str,
        samples: Samples,
    ) -> Result<Proposal, String> {
        if self.pods.is_empty() {
            return Err(NO_PODS.to_owned());
        }
        let average = |samples: &Samples| {
            let total: i64 = samples.values().fold(0, |sum, sample| sum.saturating_add(sample.value));
            total / i64::try_from(samples.len()).unwrap_or(i64::MAX).max(1)
        };
        let first = self.measure(samples, resource, |samples| {
            let usage = average(samples);
            Ok((Ratio::of(usage, target), usage, 0))
        })?;
        self.conclude(
            current,
            first,
            |_| target,
            |samples| Ok(Ratio::of(average(samples), target)),
        )
    }

    /// Sorts the pods out and measures those that count.
    fn measure(
        &self,
        mut samples: Samples,
        resource: &str,
        measure: impl FnOnce(&Samples) -> Result<(Ratio, i64, i32), String>,
    ) -> Result<Measured, String> {
        let groups = self.group(&samples, resource);
        for pod in groups.ignored.iter().chain(&groups.unready) {
            samples.remove(pod);
        }
        if samples.is_empty() {
            return Err(NO_METRICS.to_owned());
        }
        let (ratio, usage, utilization) = measure(&samples)?;
        Ok(Measured {
            samples,
            groups,
            ratio,
            usage,
            utilization,
        })
    }

    /// From the measured ratio to a number, with careful guesses for pods that are not ready or have no sample.
    fn conclude(
        &self,
        current: i32,
        first: Measured,
        missing: impl Fn(&Str) -> i64,
        measure: impl FnOnce(&Samples) -> Result<Ratio, String>,
    ) -> Result<Proposal, String> {
        let Measured {
            mut samples,
            groups,
            ratio,
            usage,
            utilization,
        } = first;
        let propose = |replicas: i32| Proposal {
            replicas,
            usage,
            utilization,
        };
        let up_with_unready = !groups.unready.is_empty() && ratio.is_above();
        if !up_with_unready && groups.missing.is_empty() {
            let stays = ratio.is_within(self.tolerances);
            return Ok(propose(if stays { current } else { ratio.times(groups.ready) }));
        }
        let sample = |value: i64| Sample {
            value,
            ..Sample::default()
        };
        for pod in &groups.missing {
            if ratio.is_below() {
                samples.insert(pod.clone(), sample(missing(pod)));
            } else if ratio.is_above() {
                samples.insert(pod.clone(), sample(0));
            }
        }
        if up_with_unready {
            samples.extend(groups.unready.iter().map(|pod| (pod.clone(), sample(0))));
        }
        let again = measure(&samples)?;
        let turns = (ratio.is_below() && again.is_above()) || (ratio.is_above() && again.is_below());
        if again.is_within(self.tolerances) || turns {
            return Ok(propose(current));
        }
        let replicas = again.times(i64::try_from(samples.len()).unwrap_or(i64::MAX));
        let wrong_way = (again.is_below() && replicas > current) || (again.is_above() && replicas < current);
        Ok(propose(if wrong_way { current } else { replicas }))
    }

    // Models groupPods
    fn group(&self, samples: &Samples, resource: &str) -> Groups {
        let mut groups = Groups::default();
        for pod in &self.pods {
            let name = pod.meta.name.clone();
            if pod.meta.is_terminating() || &*pod.status.phase == "Failed" {
                groups.ignored.push(name);
            } else if &*pod.status.phase == "Pending" {
                groups.unready.push(name);
            } else if let Some(sample) = samples.get(&name) {
                if resource == "cpu" && self.is_unready(pod, sample) {
                    groups.unready.push(name);
                } else {
                    groups.ready += 1;
                }
            } else {
                groups.missing.push(name);
            }
        }
        groups
    }

    /// Whether a pod's processor use says nothing yet.
    fn is_unready(&self, pod: &Pod, sample: &Sample) -> bool {
        let (Some(ready), Some(started)) = (pod.status.condition("Ready"), pod.status.start_time) else {
            return true;
        };
        let changed = ready.last_transition_time.unwrap_or(Time(i64::MIN / 4));
        let is_false = &*ready.status == "False";
        if (started.0 + self.cpu_initialization_s) * SECOND_NS > self.now_ns {
            is_false || sample.at.0 < changed.0 + sample.window_s
        } else {
            is_false && started.0 + self.initial_readiness_s > changed.0
        }
    }

    /// What each pod asked for, in thousandths.
    // Models calculateRequests
    fn requests(&self, container: &str, resource: &str) -> Result<BTreeMap<Str, i64>, String> {
        let mut requests = BTreeMap::new();
        for pod in &self.pods {
            let request = if container.is_empty() && pod_level_requests_set(&pod.spec) {
                pod_requests(&pod.spec)
                    .get(resource)
                    .map(|amount| amount.milli_value())
                    .ok_or_else(|| format!("missing pod-level request for {resource} in Pod {}", pod.meta.name))?
            } else {
                of_containers(pod, container, resource)?
            };
            requests.insert(pod.meta.name.clone(), request);
        }
        Ok(requests)
    }

    /// Replicas for a metric that is one number for all pods, in thousandths.
    // Models getUsageRatioReplicaCount
    pub(in crate::controller) fn for_value(&self, current: i32, usage: i64, target: i64) -> Result<Proposal, String> {
        let ratio = Ratio::of(usage, target);
        let replicas = if current == 0 {
            ratio.times(1)
        } else if ratio.is_within(self.tolerances) {
            current
        } else if self.pods.is_empty() {
            return Err(format!("unable to calculate ready pods: {NO_PODS}"));
        } else {
            let ready = self
                .pods
                .iter()
                .filter(|pod| &*pod.status.phase == "Running" && pod.is_ready());
            ratio.times(i64::try_from(ready.count()).unwrap_or(i64::MAX))
        };
        Ok(Proposal {
            replicas,
            usage,
            utilization: 0,
        })
    }

    /// Replicas for a metric that is one number, of which each pod should have `target`, in thousandths.
    // Models GetObjectPerPodMetricReplicas and GetExternalPerPodMetricReplicas
    pub(in crate::controller) fn for_value_per_pod(&self, there: i32, usage: i64, target: i64) -> Proposal {
        let ratio = Ratio::per_pod(usage, target, there);
        let replicas = if ratio.is_within(self.tolerances) {
            there
        } else {
            quotient(usage, target)
        };
        Proposal {
            replicas,
            usage: share(usage, there),
            utilization: 0,
        }
    }
}

/// What the pods that count came to.
struct Measured {
    samples: Samples,
    groups: Groups,
    ratio: Ratio,
    usage: i64,
    utilization: i32,
}

/// Hundredths of the requests that are used, and the average use.
// Models metrics/utilization.go GetResourceUtilizationRatio
fn utilization(samples: &Samples, requests: &BTreeMap<Str, i64>) -> Result<(i32, i64), String> {
    let (mut used, mut requested, mut count) = (0_i64, 0_i64, 0_i64);
    for (pod, sample) in samples {
        if let Some(request) = requests.get(pod) {
            used = used.saturating_add(sample.value);
            requested = requested.saturating_add(*request);
            count += 1;
        }
    }
    if requested == 0 {
        return Err("no metrics returned matched known pods".to_owned());
    }
    let percent = i128::from(used) * 100 / i128::from(requested);
    Ok((i32::try_from(percent).unwrap_or(i32::MAX), used / count))
}

// Models calculatePodRequestsFromContainers
fn of_containers(pod: &Pod, container: &str, resource: &str) -> Result<i64, String> {
    let is_sidecar = |there: &&Container| &*there.restart_policy == "Always";
    let sidecars = pod.spec.init_containers.iter().filter(is_sidecar);
    let mut request = 0_i64;
    let mut found = container.is_empty();
    for there in pod.spec.containers.iter().chain(sidecars) {
        if !container.is_empty() && *there.name != *container {
            continue;
        }
        found = true;
        let amount = there.resources.requests.get(resource).ok_or_else(|| {
            format!(
                "missing request for {resource} in container {} of Pod {}",
                there.name, pod.meta.name
            )
        })?;
        request = request.saturating_add(amount.milli_value());
    }
    if found {
        Ok(request)
    } else {
        Err(format!("container {container} not found in Pod {}", pod.meta.name))
    }
}
