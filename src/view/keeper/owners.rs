//! Workloads: their trees and their arithmetic, read from their own status.

use crate::sim::Arrange;
use crate::sim::btree::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value;

use super::Ids;
use crate::api::batch::{CronJob, Job};
use crate::api::cron::{Schedule, Zone};
use crate::api::duration::go_duration;
use crate::api::{Kind, Object, Str};
use crate::cluster::Cluster;
use crate::view::Say;
use crate::view::scene::{Fact, Gauge, Mood, OwnerView};

const AUTOSCALER: Kind = Kind::named("autoscaling", "HorizontalPodAutoscaler");
const CRON_JOB: Kind = Kind::named("batch", "CronJob");
const REPLICA_SET: Kind = Kind::named("apps", "ReplicaSet");

/// How a kind of workload tells its arithmetic.
type Tell = fn(&Value, &mut OwnerView);

/// The kinds that are drawn, those that own others first.
const KINDS: [(Kind, Tell); 7] = [
    (AUTOSCALER, autoscaler),
    (Kind::named("apps", "Deployment"), deployment),
    (REPLICA_SET, replica_set),
    (Kind::named("apps", "StatefulSet"), stateful_set),
    (Kind::named("apps", "DaemonSet"), daemon_set),
    (CRON_JOB, cron_job),
    (Kind::named("batch", "Job"), job),
];
/// ReplicaSets without pods that are drawn of each Deployment.
const IDLE_MAX: usize = 3;

/// Next runs of a CronJob that are told.
const RUNS: usize = 3;

/// The workloads as they were last, each with the revision that it was read from.
#[derive(Clone, Debug, Default)]
pub(super) struct Owners {
    known: BTreeMap<u64, (u64, Rc<OwnerView>)>,
    /// Those that have an owner themselves.
    owned: BTreeSet<u64>,
    shown: Vec<Rc<OwnerView>>,
}

/// Whether objects of this kind are drawn as workloads.
pub(super) fn is_owner(kind: Kind) -> bool {
    KINDS.iter().any(|(own, _)| *own == kind)
}

impl Owners {
    /// All workloads in ascending order of id. Those whose objects did not change are the same as before.
    pub(super) fn update(&mut self, cluster: &Cluster, ids: &mut Ids) {
        let mut next = BTreeMap::new();
        self.owned.clear();
        for (kind, tell) in KINDS {
            for object in cluster.api().list_objects(kind, None) {
                let id = ids.of(object);
                let revision = object.meta().resource_version.0;
                let kept = self.known.remove(&id);
                let kept = kept.filter(|known| known.0 == revision && kind != CRON_JOB);
                let fresh = |ids: &mut Ids| {
                    let mut view = view(object, id, ids, tell);
                    match object {
                        Object::CronJob(cron) => runs(cluster, cron, &mut view),
                        Object::Job(job) => retries(cluster, job, &mut view),
                        _ => {}
                    }
                    Rc::new(view)
                };
                let view = kept.map_or_else(|| fresh(ids), |known| known.1);
                if object.meta().controller().is_some() {
                    self.owned.insert(id);
                }
                next.insert(id, (revision, view));
            }
        }
        self.known = next;
        let targets = self.targets(cluster, ids);
        for (id, (_, view)) in &mut self.known {
            let wanted = targets.get(id).copied();
            // One that belongs to another workload keeps its place there.
            if !self.owned.contains(id) && view.parent != wanted {
                Rc::make_mut(view).parent = wanted;
            }
        }
        self.shown = self.worth_showing();
    }

    /// The workloads as they were found last.
    pub(super) fn shown(&self) -> Vec<Rc<OwnerView>> {
        self.shown.clone()
    }

    /// The workload whose size each autoscaler sets.
    fn targets(&self, cluster: &Cluster, ids: &mut Ids) -> BTreeMap<u64, u64> {
        let mut targets = BTreeMap::new();
        for scaler in cluster.api().list_objects(AUTOSCALER, None) {
            let value = scaler.encode();
            let wanted = |field: &str| {
                value["spec"]["scaleTargetRef"][field]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            };
            let (kind, name) = (wanted("kind"), wanted("name"));
            let namespace = &scaler.meta().namespace;
            let mut known = self.known.values().map(|(_, view)| view);
            let found =
                known.find(|view| view.kind.info().kind == kind && *view.name == *name && view.namespace == *namespace);
            targets.extend(found.map(|view| (view.id, ids.of(scaler))));
        }
        targets
    }

    /// All but the older ReplicaSets that are kept for a rollback.
    fn worth_showing(&self) -> Vec<Rc<OwnerView>> {
        let mut idle: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
        for (_, view) in self.known.values() {
            if let (Mood::Idle, Some(parent), REPLICA_SET) = (view.mood, view.parent, view.kind) {
                idle.entry(parent).or_default().push((view.revision, view.id));
            }
        }
        let mut left_out = Vec::new();
        for sets in idle.values_mut() {
            sets.arrange();
            let surplus = sets.len().saturating_sub(IDLE_MAX);
            left_out.extend(sets.drain(..surplus).map(|(_, id)| id));
        }
        let all = self.known.values().map(|(_, view)| view.clone());
        all.filter(|view| !left_out.contains(&view.id)).collect()
    }
}

fn view(object: &Object, id: u64, ids: &mut Ids, tell: Tell) -> OwnerView {
    let meta = object.meta();
    let mut view = OwnerView {
        id,
        kind: object.kind(),
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
        parent: meta.controller().map(|owner| ids.of_uid(&owner.uid)),
        revision: 0,
        remark: Str::default(),
        mood: Mood::Busy,
        facts: Vec::new(),
    };
    tell(&object.encode(), &mut view);
    view
}

impl OwnerView {
    fn fact(&mut self, say: Say) {
        self.facts.push(Fact { say, gauge: None });
    }

    fn gauged(&mut self, say: Say, gauge: Gauge) {
        let gauge = Some(gauge).filter(|gauge| gauge.full > 0);
        self.facts.push(Fact { say, gauge });
    }

    /// `have/want`, and the mood that follows from it.
    fn counted(&mut self, have: u32, want: u32) {
        self.remark = format!("{have}/{want}").into();
        self.mood = match (have, want) {
            (0, 0) => Mood::Idle,
            _ if have == want => Mood::Good,
            _ => Mood::Busy,
        };
    }
}

/// A number of the object; zero where it is missing.
fn number(value: &Value, path: &str) -> u32 {
    number_or(value, path, 0)
}

fn number_or(value: &Value, path: &str, default: u32) -> u32 {
    let found = value.pointer(path).and_then(Value::as_u64);
    found.map_or(default, |found| u32::try_from(found).unwrap_or(u32::MAX))
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// A number, or a percentage of `whole`, rounded up or down.
fn share(value: &Value, path: &str, whole: u32, up: bool) -> u32 {
    let percent = text(value, path)
        .strip_suffix('%')
        .and_then(|text| text.parse::<u32>().ok());
    match percent {
        Some(percent) if up => whole.saturating_mul(percent).div_ceil(100),
        Some(percent) => whole.saturating_mul(percent) / 100,
        None => number(value, path),
    }
}

/// Whether a condition holds with one of these reasons, or any where none is given.
fn holds(value: &Value, kind: &str, status: &str, reason: &str) -> bool {
    let conditions = value.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| {
        condition["type"] == kind
            && condition["status"] == status
            && (reason.is_empty() || condition["reason"] == reason)
    })
}

fn revision(value: &Value, view: &mut OwnerView) {
    let annotations = &value["metadata"]["annotations"];
    let found = annotations["deployment.kubernetes.io/revision"].as_str();
    view.revision = found.and_then(|text| text.parse().ok()).unwrap_or_default();
}

fn deployment(value: &Value, view: &mut OwnerView) {
    let desired = number_or(value, "/spec/replicas", 1);
    let status = |field: &str| number(value, &format!("/status/{field}"));
    let (pods, updated, available) = (
        status("replicas"),
        status("updatedReplicas"),
        status("availableReplicas"),
    );
    revision(value, view);
    view.counted(status("readyReplicas"), desired);
    if pods != desired || updated != desired {
        view.mood = Mood::Busy;
    }
    if value["spec"]["paused"] == true {
        view.fact(Say::plain("owners.paused"));
    }
    if holds(value, "Progressing", "False", "ProgressDeadlineExceeded") || holds(value, "ReplicaFailure", "True", "") {
        view.mood = Mood::Bad;
        view.fact(Say::plain("owners.stuck"));
    }
    if text(value, "/spec/strategy/type") == "Recreate" {
        view.fact(
            Say::plain("owners.recreate")
                .with("updated", updated)
                .with("desired", desired),
        );
        return;
    }
    let rolling = "/spec/strategy/rollingUpdate";
    let surge = share(value, &format!("{rolling}/maxSurge"), desired, true);
    let mut unavailable = share(value, &format!("{rolling}/maxUnavailable"), desired, false).min(desired);
    // Both may come to nothing by rounding; then one pod may be missing.
    if surge == 0 && unavailable == 0 {
        unavailable = 1;
    }
    let full = desired.saturating_add(surge).max(pods);
    show_updated(
        view,
        desired,
        Gauge {
            strong: updated,
            weak: pods.saturating_sub(updated),
            mark: desired,
            full,
        },
    );
    // The bounds hold the controller back; a change of the size or a lost node may leave them behind.
    let (most, least) = (desired.saturating_add(surge), desired.saturating_sub(unavailable));
    let bound = |holds: bool, key: &'static str, broken: &'static str| Say::plain(if holds { key } else { broken });
    view.fact(
        bound(pods <= most, "owners.surge", "owners.surge.broken")
            .with("pods", pods)
            .with("most", most)
            .with("desired", desired)
            .with("surge", surge),
    );
    view.gauged(
        bound(available >= least, "owners.available", "owners.available.broken")
            .with("available", available)
            .with("least", least)
            .with("desired", desired)
            .with("unavailable", unavailable),
        Gauge {
            strong: available,
            weak: 0,
            mark: least,
            full,
        },
    );
}

/// How many pods of those wanted are of the newest template.
fn show_updated(view: &mut OwnerView, desired: u32, gauge: Gauge) {
    let said = Say::plain("owners.updated");
    view.gauged(said.with("updated", gauge.strong).with("desired", desired), gauge);
}

fn replica_set(value: &Value, view: &mut OwnerView) {
    view.counted(
        number(value, "/status/readyReplicas"),
        number_or(value, "/spec/replicas", 1),
    );
    if number(value, "/status/replicas") > 0 && view.mood == Mood::Idle {
        view.mood = Mood::Busy;
    }
    revision(value, view);
    if holds(value, "ReplicaFailure", "True", "") {
        view.mood = Mood::Bad;
        view.fact(Say::plain("owners.refused"));
    }
}

fn stateful_set(value: &Value, view: &mut OwnerView) {
    let desired = number_or(value, "/spec/replicas", 1);
    view.counted(number(value, "/status/readyReplicas"), desired);
    let first = number(value, "/spec/ordinals/start");
    let key = match text(value, "/spec/podManagementPolicy") {
        "Parallel" => "owners.ordinals.parallel",
        _ => "owners.ordinals",
    };
    let last = first.saturating_add(desired.saturating_sub(1));
    view.fact(Say::plain(key).with("first", first).with("last", last));
    let updated = number(value, "/status/updatedReplicas");
    show_updated(
        view,
        desired,
        Gauge {
            strong: updated,
            weak: number(value, "/status/replicas").saturating_sub(updated),
            mark: 0,
            full: desired,
        },
    );
    let partition = number(value, "/spec/updateStrategy/rollingUpdate/partition");
    if partition > 0 {
        view.fact(Say::plain("owners.partition").with("partition", partition));
    }
}

fn daemon_set(value: &Value, view: &mut OwnerView) {
    let status = |field: &str| number(value, &format!("/status/{field}"));
    let (desired, updated) = (status("desiredNumberScheduled"), status("updatedNumberScheduled"));
    view.counted(status("numberReady"), desired);
    view.fact(
        Say::plain("owners.nodes")
            .with("count", status("currentNumberScheduled"))
            .with("desired", desired),
    );
    show_updated(
        view,
        desired,
        Gauge {
            strong: updated,
            weak: 0,
            mark: 0,
            full: desired,
        },
    );
}

fn job(value: &Value, view: &mut OwnerView) {
    let status = |field: &str| number(value, &format!("/status/{field}"));
    let (succeeded, failed) = (status("succeeded"), status("failed"));
    let parallelism = number_or(value, "/spec/parallelism", 1);
    let completions = number_or(value, "/spec/completions", parallelism);
    view.remark = format!("{succeeded}/{completions}").into();
    if holds(value, "Complete", "True", "") {
        view.mood = Mood::Good;
    } else if holds(value, "Failed", "True", "") {
        view.mood = Mood::Bad;
        view.fact(Say::plain("owners.job.failed"));
    } else if value["spec"]["suspend"] == true {
        view.mood = Mood::Idle;
        view.fact(Say::plain("owners.suspended"));
    }
    view.gauged(
        Say::plain("owners.job.done")
            .with("done", succeeded)
            .with("wanted", completions),
        Gauge {
            strong: succeeded,
            weak: status("active"),
            mark: 0,
            full: completions,
        },
    );
    view.fact(
        Say::plain("owners.job.active")
            .with("active", status("active"))
            .with("most", parallelism),
    );
    let limit = number_or(value, "/spec/backoffLimit", 6);
    view.fact(
        Say::plain("owners.job.failures")
            .with("failed", failed)
            .with("limit", limit),
    );
}

fn cron_job(value: &Value, view: &mut OwnerView) {
    let active = value
        .pointer("/status/active")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    view.remark = text(value, "/spec/schedule").into();
    view.mood = if active > 0 { Mood::Busy } else { Mood::Good };
    if value["spec"]["suspend"] == true {
        view.mood = Mood::Idle;
        view.fact(Say::plain("owners.suspended"));
    }
    view.fact(Say::plain("owners.cron.active").with("count", active));
}

/// When a CronJob ran last and runs next, on the clock of the page. The next time depends on now, not on the object alone.
fn runs(cluster: &Cluster, cron: &CronJob, view: &mut OwnerView) {
    let clock = |time| go_duration(i64::try_from(cluster.api().sim_time(time).0).unwrap_or(i64::MAX));
    if let Some(last) = cron.status.last_schedule_time {
        view.fact(Say::plain("owners.cron.last").with("time", clock(last)));
    }
    let zone = cron.spec.time_zone.as_deref().and_then(Zone::find).unwrap_or(Zone::UTC);
    let schedule = Schedule::parse(&cron.spec.schedule).ok();
    let mut from = cluster.api().time(cluster.now());
    let mut times = Vec::new();
    while let Some(next) = schedule.as_ref().and_then(|schedule| schedule.next(from, &zone))
        && times.len() < RUNS
    {
        times.push(clock(next));
        from = next;
    }
    if !times.is_empty() && view.mood != Mood::Idle {
        view.fact(Say::plain("owners.cron.next").with("times", times.join(", ")));
    }
}

/// When a Job replaces its failed pods, on the clock of the page.
fn retries(cluster: &Cluster, job: &Job, view: &mut OwnerView) {
    let Some(retry) = cluster.job_retry(job) else { return };
    let clock = |ns: u64| go_duration(i64::try_from(ns).unwrap_or(i64::MAX));
    view.fact(
        Say::plain("owners.job.backoff")
            .with("failures", retry.failures)
            .with("whole", clock(retry.whole.0))
            .with("time", clock((cluster.now() + retry.left).0)),
    );
}

fn autoscaler(value: &Value, view: &mut OwnerView) {
    let (current, desired) = (
        number(value, "/status/currentReplicas"),
        number(value, "/status/desiredReplicas"),
    );
    let (least, most) = (
        number_or(value, "/spec/minReplicas", 1),
        number(value, "/spec/maxReplicas"),
    );
    view.remark = format!("{current} → {desired}").into();
    view.mood = if current == desired { Mood::Good } else { Mood::Busy };
    if holds(value, "ScalingActive", "False", "") && !holds(value, "ScalingActive", "False", "ScalingDisabled") {
        view.mood = Mood::Bad;
        view.fact(Say::plain("owners.scaler.blind"));
    }
    let metrics = value.pointer("/spec/metrics").and_then(Value::as_array);
    for (place, metric) in metrics.into_iter().flatten().enumerate() {
        let now = &value["status"]["currentMetrics"][place]["resource"]["current"];
        let target = &metric["resource"]["target"];
        let name = text(metric, "/resource/name");
        if let (Some(now), Some(target)) = (
            now["averageUtilization"].as_u64(),
            target["averageUtilization"].as_u64(),
        ) {
            let ratio = now * 100 / target.max(1);
            view.fact(
                Say::plain("owners.scaler.ratio")
                    .with("name", name)
                    .with("now", now)
                    .with("target", target)
                    .with("ratio", format!("{}.{:02}", ratio / 100, ratio % 100)),
            );
        }
    }
    view.fact(
        Say::plain("owners.scaler.bounds")
            .with("least", least)
            .with("most", most),
    );
}
