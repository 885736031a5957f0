//! What each metric of an autoscaler was, and the number of replicas that it asks for.
// Models pkg/controller/podautoscaler/horizontal.go computeStatusFor* and metrics/client.go

use crate::sim::Arrange;
use crate::sim::btree::BTreeMap;

use super::replicas::{Calculator, Proposal, Sample, Samples};
use crate::api::autoscaling::{
    CrossVersionObjectReference, MetricIdentifier, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus,
    ObjectMetricSource, ObjectMetricStatus, PodsMetricSource, PodsMetricStatus, ResourceMetricSource,
    ResourceMetricStatus,
};
use crate::api::core::{Pod, Service};
use crate::api::labels::Selector;
use crate::api::quantity::{Format, Quantity};
use crate::api::{Kind, Object, Str};
use crate::apiserver::{ApiServer, Key, PodMetrics};

/// What is known of a workload while its metrics are looked at.
pub(super) struct Look<'a> {
    pub(super) api: &'a ApiServer,
    pub(super) calculator: Calculator,
    pub(super) namespace: Str,
    /// Wanted and present replicas.
    pub(super) wanted: i32,
    pub(super) there: i32,
}

/// A metric that was found.
pub(super) struct Found {
    pub(super) replicas: i32,
    /// How it is called in events.
    pub(super) name: String,
    pub(super) status: MetricStatus,
}

/// A metric that was not found: the reason of the event and of the condition, why, and what went wrong on the whole.
pub(super) struct Lost {
    pub(super) reason: &'static str,
    pub(super) why: String,
    pub(super) message: String,
}

/// Metrics of requests: names that are served for pods, objects and from outside.
// None of Kubernetes' own: a cluster that has them has an adapter, which names them as it likes.
const REQUEST_RATES: [&str; 6] = [
    "http_requests_per_second",
    "requests_per_second",
    "requests-per-second",
    "http_requests",
    "http-requests",
    "qps",
];

impl Look<'_> {
    /// The number of replicas for a metric.
    // Models computeReplicasForMetric
    pub(super) fn at(&self, spec: &MetricSpec) -> Result<Found, Lost> {
        let lost = |reason: &'static str, what: String| {
            move |why: String| Lost {
                reason,
                message: format!("failed to get {what} value: {why}"),
                why,
            }
        };
        match (&*spec.kind, &spec.object, &spec.pods, &spec.external) {
            ("Object", Some(source), ..) => self
                .object(source)
                .map_err(lost("FailedGetObjectMetric", "object metric".to_owned())),
            ("Pods", _, Some(source), _) => self
                .pods(source)
                .map_err(lost("FailedGetPodsMetric", "pods metric".to_owned())),
            ("External", .., Some(source)) => {
                let what = format!("{} external metric", source.metric.name);
                self.external(source).map_err(lost("FailedGetExternalMetric", what))
            }
            _ => self.resource_or_unknown(spec, &lost),
        }
    }

    fn resource_or_unknown<L: FnOnce(String) -> Lost>(
        &self,
        spec: &MetricSpec,
        lost: &impl Fn(&'static str, String) -> L,
    ) -> Result<Found, Lost> {
        match (&*spec.kind, &spec.resource, &spec.container_resource) {
            ("Resource", Some(source), _) => {
                let what = format!("{} resource metric", source.name);
                self.resource(source, false)
                    .map_err(lost("FailedGetResourceMetric", what))
            }
            ("ContainerResource", _, Some(source)) => {
                let what = format!("{} container metric", source.container);
                let failed = lost("FailedGetContainerResourceMetric", what);
                self.resource(source, true).map_err(failed)
            }
            (kind, ..) => {
                let why = format!("unknown metric source type \"{kind}\"");
                Err(Lost {
                    reason: "InvalidMetricSourceType",
                    message: why.clone(),
                    why,
                })
            }
        }
    }

    // Models computeStatusForResourceMetricGeneric
    fn resource(&self, source: &ResourceMetricSource, of_container: bool) -> Result<Found, String> {
        let name = &*source.name;
        let container = if of_container { &*source.container } else { "" };
        let samples = || {
            self.resource_samples(name, container)
                .map_err(|why| format!("unable to get metrics for resource {name}: {why}"))
        };
        let quantity = |usage: i64| {
            let quantity = Quantity::from_milli(usage);
            if name == "memory" {
                quantity.with_format(Format::BinarySi)
            } else {
                quantity
            }
        };
        let found = |proposal: Proposal, words: String, utilization: Option<i32>| {
            let status = ResourceMetricStatus {
                name: source.name.clone(),
                container: container.into(),
                current: MetricValueStatus {
                    average_value: Some(quantity(proposal.usage)),
                    average_utilization: utilization,
                    ..MetricValueStatus::default()
                },
                ..ResourceMetricStatus::default()
            };
            let mut metric = MetricStatus::default();
            if of_container {
                metric.kind = "ContainerResource".into();
                metric.container_resource = Some(status);
            } else {
                metric.kind = "Resource".into();
                metric.resource = Some(status);
            }
            Found {
                replicas: proposal.replicas,
                name: words,
                status: metric,
            }
        };
        let calculator = &self.calculator;
        if let Some(target) = &source.target.average_value {
            let proposal = samples()
                .and_then(|samples| calculator.for_average(self.wanted, target.milli_value(), name, samples))
                .map_err(|why| format!("failed to get {name} usage: {why}"))?;
            return Ok(found(proposal, format!("{name} resource"), None));
        }
        let Some(target) = source.target.average_utilization else {
            return Err(
                "invalid resource metric source: neither an average utilization target nor an average value (usage) \
                 target was set"
                    .to_owned(),
            );
        };
        let proposal = samples()
            .and_then(|samples| calculator.for_utilization(self.wanted, target, name, container, samples))
            .map_err(|why| format!("failed to get {name} utilization: {why}"))?;
        let part = if of_container { "container " } else { "" };
        let words = format!("{name} {part}resource utilization (percentage of request)");
        Ok(found(proposal, words, Some(proposal.utilization)))
    }

    /// What was measured of the pods.
    fn measured(&self) -> Option<impl Iterator<Item = (&Str, &PodMetrics)>> {
        let all = self.api.metrics()?;
        let key = |pod: &Pod| Key {
            namespace: self.namespace.clone(),
            name: pod.meta.name.clone(),
        };
        let pods = self.calculator.pods.iter();
        Some(pods.filter_map(move |pod| Some((&pod.meta.name, all.get(&key(pod))?))))
    }

    // Models metrics/client.go GetResourceMetric
    fn resource_samples(&self, resource: &str, container: &str) -> Result<Samples, String> {
        let Some(measured) = self.measured() else {
            return Err(
                "unable to fetch metrics from resource metrics API: the server could not find the requested \
                        resource (get pods.metrics.k8s.io)"
                    .to_owned(),
            );
        };
        let mut samples = BTreeMap::new();
        let mut count = 0_u32;
        for (pod, metrics) in measured {
            count += 1;
            let of = |usage: &crate::apiserver::Usage| match resource {
                "cpu" => Some(usage.cpu_milli),
                "memory" => Some(usage.memory_bytes.saturating_mul(1000)),
                _ => None,
            };
            let value = if container.is_empty() {
                let mut all = metrics.containers.values().map(of);
                let sum = all.try_fold(0_i64, |sum, value| Some(sum.saturating_add(value?)));
                sum.filter(|_| !metrics.containers.is_empty())
            } else {
                let usage = metrics.containers.get(container).ok_or_else(|| {
                    format!(
                        "container {container} not present in metrics for pod {}/{pod}",
                        self.namespace
                    )
                })?;
                of(usage)
            };
            samples.extend(value.map(|value| (pod.clone(), sample(metrics, value))));
        }
        if count == 0 {
            return Err("no metrics returned from resource metrics API".to_owned());
        }
        Ok(samples)
    }

    // Models computeStatusForPodsMetric
    fn pods(&self, source: &PodsMetricSource) -> Result<Found, String> {
        let name = &*source.metric.name;
        let target = source.target.average_value.as_ref().map_or(0, Quantity::milli_value);
        let proposal = self
            .rate_samples(name)
            .map_err(|why| format!("unable to get metric {name}: {why}"))
            .and_then(|samples| self.calculator.for_average(self.wanted, target, "", samples))?;
        let current = average(proposal.usage);
        let status = MetricStatus {
            kind: "Pods".into(),
            pods: Some(PodsMetricStatus {
                metric: source.metric.clone(),
                current,
                ..PodsMetricStatus::default()
            }),
            ..MetricStatus::default()
        };
        Ok(Found {
            replicas: proposal.replicas,
            name: format!("pods metric {name}"),
            status,
        })
    }

    fn rate_samples(&self, name: &str) -> Result<Samples, String> {
        let api = "unable to fetch metrics from custom metrics API";
        let Some(measured) = self.measured() else {
            return Err(format!(
                "{api}: no custom metrics API (custom.metrics.k8s.io) registered"
            ));
        };
        if !REQUEST_RATES.contains(&name) {
            return Err(format!("{api}: the server could not find the metric {name} for pods"));
        }
        let samples: Samples = measured
            .map(|(pod, metrics)| (pod.clone(), sample(metrics, metrics.requests_milli)))
            .collect();
        if samples.is_empty() {
            return Err("no metrics returned from custom metrics API".to_owned());
        }
        Ok(samples)
    }

    // Models computeStatusForObjectMetric
    fn object(&self, source: &ObjectMetricSource) -> Result<Found, String> {
        let (metric, about) = (&source.metric, &source.described_object);
        let (proposal, current, name) = match chosen(&source.target) {
            Some((target, false)) => {
                let proposal = self
                    .object_value(metric, about)
                    .and_then(|usage| self.calculator.for_value(self.wanted, usage, target))?;
                let name = format!("{} metric {}", about.kind, metric.name);
                (proposal, value(proposal.usage), name)
            }
            Some((target, true)) => {
                let usage = self
                    .object_value(metric, about)
                    .map_err(|why| format!("failed to get {} object metric: {why}", metric.name))?;
                let proposal = self.calculator.for_value_per_pod(self.there, usage, target);
                (proposal, average(proposal.usage), outside(metric))
            }
            None => {
                return Err(
                    "invalid object metric source: neither a value target nor an average value target was set"
                        .to_owned(),
                );
            }
        };
        let status = ObjectMetricStatus {
            metric: metric.clone(),
            current,
            described_object: about.clone(),
            ..ObjectMetricStatus::default()
        };
        Ok(Found {
            replicas: proposal.replicas,
            name,
            status: MetricStatus {
                kind: "Object".into(),
                object: Some(status),
                ..MetricStatus::default()
            },
        })
    }

    /// The requests that reach an object, in thousandths a second.
    fn object_value(&self, metric: &MetricIdentifier, about: &CrossVersionObjectReference) -> Result<i64, String> {
        let failed = |why: &str| {
            format!(
                "unable to get metric {}: unable to fetch metrics from custom metrics API: {why} on {} {}/{}",
                metric.name, about.kind, self.namespace, about.name
            )
        };
        let Some(all) = self.api.metrics() else {
            return Err(failed("no custom metrics API (custom.metrics.k8s.io) registered"));
        };
        let unknown = format!(
            "the server could not find the metric {} for {} {}",
            metric.name,
            about.kind.to_ascii_lowercase(),
            about.name
        );
        let pods = self
            .pods_behind(about)
            .filter(|_| REQUEST_RATES.contains(&&*metric.name));
        let pods = pods.ok_or_else(|| failed(&unknown))?;
        let rates = pods
            .iter()
            .filter_map(|key| all.get(key))
            .map(|metrics| metrics.requests_milli);
        Ok(rates.sum())
    }

    /// The pods that requests to an object reach; none for objects without pods.
    fn pods_behind(&self, about: &CrossVersionObjectReference) -> Option<Vec<Key>> {
        if &*about.kind == "Pod" {
            return Some(vec![Key::new(&self.namespace, &about.name)]);
        }
        let kind = Kind::first(|info| info.kind == &*about.kind && info.api_version() == *about.api_version)?;
        let key = Key::new(&self.namespace, &about.name);
        let object = self.api.get_object(kind, &key)?;
        let Object::Ingress(ingress) = object else {
            return Some(self.pods_of(&object.pod_selector()?));
        };
        let paths = ingress.spec.rules.iter().filter_map(|rule| rule.http.as_ref());
        let backends = paths.flat_map(|http| http.paths.iter().map(|path| &path.backend));
        let services = backends.filter_map(|backend| backend.service.as_ref());
        let services = services.filter_map(|service| self.api.get::<Service>(&self.namespace, &service.name));
        let pods = services.flat_map(|service| self.pods_of(&Selector::from_set(&service.spec.selector)));
        let mut pods: Vec<Key> = pods.collect();
        pods.arrange();
        pods.dedup();
        Some(pods)
    }

    fn pods_of(&self, selector: &Selector) -> Vec<Key> {
        let pods = crate::controller::pods::matching(self.api, &self.namespace, selector);
        pods.into_iter().map(|pod| Key::of(&Object::Pod(pod))).collect()
    }

    // Models computeStatusForExternalMetric
    fn external(&self, source: &PodsMetricSource) -> Result<Found, String> {
        let metric = &source.metric;
        let usage = || {
            self.external_value(&metric.name).map_err(|why| {
                let shown = crate::controller::go_selector(metric.selector.as_ref());
                format!(
                    "unable to get external metric {}/{}/{shown}: {why}",
                    self.namespace, metric.name
                )
            })
        };
        let (proposal, current) = if let Some(target) = &source.target.average_value {
            let usage = usage().map_err(|why| format!("failed to get {} external metric: {why}", metric.name))?;
            let proposal = self
                .calculator
                .for_value_per_pod(self.there, usage, target.milli_value());
            (proposal, average(proposal.usage))
        } else if let Some(target) = &source.target.value {
            let proposal = usage()
                .and_then(|usage| self.calculator.for_value(self.wanted, usage, target.milli_value()))
                .map_err(|why| format!("failed to get external metric {}: {why}", metric.name))?;
            (proposal, value(proposal.usage))
        } else {
            return Err(
                "invalid external metric source: neither a value target nor an average value target was set".to_owned(),
            );
        };
        let status = PodsMetricStatus {
            metric: metric.clone(),
            current,
            ..PodsMetricStatus::default()
        };
        Ok(Found {
            replicas: proposal.replicas,
            name: outside(metric),
            status: MetricStatus {
                kind: "External".into(),
                external: Some(status),
                ..MetricStatus::default()
            },
        })
    }

    /// The requests that reach the pods of the namespace.
    fn external_value(&self, name: &str) -> Result<i64, String> {
        let api = "unable to fetch metrics from external metrics API";
        let Some(all) = self.api.metrics() else {
            return Err(format!("{api}: the server could not find the requested resource"));
        };
        if !REQUEST_RATES.contains(&name) {
            return Err(format!("{api}: the server could not find the requested resource"));
        }
        let first = Key::new(&self.namespace, "");
        let own = all
            .range(first..)
            .take_while(|(key, _)| key.namespace == self.namespace);
        Ok(own.fold(0, |sum, (_, metrics)| sum.saturating_add(metrics.requests_milli)))
    }
}

fn sample(metrics: &PodMetrics, value: i64) -> Sample {
    Sample {
        value,
        at: metrics.at,
        window_s: metrics.window_s,
    }
}

/// The target in thousandths, and whether it is meant for each pod.
fn chosen(target: &MetricTarget) -> Option<(i64, bool)> {
    match (&*target.kind, &target.value, &target.average_value) {
        ("Value", Some(value), _) => Some((value.milli_value(), false)),
        ("AverageValue", _, Some(value)) => Some((value.milli_value(), true)),
        _ => None,
    }
}

fn value(milli: i64) -> MetricValueStatus {
    MetricValueStatus {
        value: Some(Quantity::from_milli(milli)),
        ..MetricValueStatus::default()
    }
}

fn average(milli: i64) -> MetricValueStatus {
    MetricValueStatus {
        average_value: Some(Quantity::from_milli(milli)),
        ..MetricValueStatus::default()
    }
}

fn outside(metric: &MetricIdentifier) -> String {
    let shown = crate::controller::go_selector(metric.selector.as_ref());
    format!("external metric {}({shown})", metric.name)
}
