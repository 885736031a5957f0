//! One round of a StatefulSet: pods are made from below and removed from above, one after the other unless all at once is
//! allowed.
// Models pkg/controller/statefulset/stateful_set_control.go

use crate::sim::Arrange;
use std::rc::Rc;

use crate::api::apps::{StatefulSet, StatefulSetStatus};
use crate::api::core::{Pod, PodTemplateSpec};
use crate::api::status::{Reason, Status};
use crate::api::{Object, Resource, Str};
use crate::apiserver::DeleteOptions;
use crate::client::{Ctx, Recorder, Severity};
use crate::controller::pods::{is_available, slow_start};
use crate::controller::{owners, sibling};

use super::claims::{self, Made};
use super::identity::{draft, in_range, is_labelled, label, ordinal, replicas, revision, start};
use super::revisions::Revisions;

/// Whether the round goes on after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    GoOn,
    Stop,
}

/// What one sync works with. Pods are as they were when it began; those that are to be made have no phase.
pub(super) struct Round<'a> {
    set: &'a Rc<StatefulSet>,
    revisions: &'a Revisions,
    /// The wanted pods, by number.
    replicas: Vec<Rc<Pod>>,
    /// Pods that are too many, the highest number first.
    condemned: Vec<Rc<Pod>>,
    now_ns: i64,
    pub(super) status: StatefulSetStatus,
}

fn is_created(pod: &Pod) -> bool {
    !pod.status.phase.is_empty()
}

fn is_running_and_ready(pod: &Pod) -> bool {
    &*pod.status.phase == "Running" && pod.is_ready()
}

impl<'a> Round<'a> {
    pub(super) fn new(ctx: &Ctx<'_>, set: &'a Rc<StatefulSet>, revisions: &'a Revisions, pods: &[Rc<Pod>]) -> Self {
        let current = revisions.current_template(set);
        let number = |pod: &Rc<Pod>| ordinal(set, pod).unwrap_or(-1);
        let wanted = (start(set)..start(set) + replicas(set)).map(|index| {
            let there = pods.iter().find(|pod| number(pod) == index);
            there
                .cloned()
                .unwrap_or_else(|| Rc::new(versioned(set, &current, revisions, index)))
        });
        let mut condemned: Vec<Rc<Pod>> = pods.iter().filter(|pod| !in_range(set, number(pod))).cloned().collect();
        condemned.arrange_by_key(|pod| std::cmp::Reverse(number(pod)));
        let mut round = Self {
            set,
            revisions,
            replicas: wanted.collect(),
            condemned,
            now_ns: ctx.api.wall_ns(ctx.now),
            status: StatefulSetStatus::default(),
        };
        round.count();
        round
    }

    fn is_monotonic(&self) -> bool {
        &*self.set.spec.pod_management_policy != "Parallel"
    }

    fn is_available(&self, pod: &Pod) -> bool {
        is_available(pod, self.set.spec.min_ready_seconds, self.now_ns)
    }

    fn is_unavailable(&self, pod: &Pod) -> bool {
        !self.is_available(pod) || pod.meta.is_terminating()
    }

    /// Counts the pods.
    // Models pkg/controller/statefulset/stateful_set_control.go updateStatus
    fn count(&mut self) {
        let old = &self.set.status;
        let mut status = StatefulSetStatus {
            observed_generation: self.set.meta.generation,
            current_revision: self.revisions.current.name().clone(),
            update_revision: self.revisions.update.name().clone(),
            collision_count: Some(self.revisions.collisions),
            conditions: old.conditions.clone(),
            rest: old.rest.clone(),
            ..StatefulSetStatus::default()
        };
        for pod in self.replicas.iter().chain(&self.condemned) {
            let ready = is_running_and_ready(pod);
            let stays = is_created(pod) && !pod.meta.is_terminating();
            status.replicas += i32::from(is_created(pod));
            status.ready_replicas += i32::from(ready);
            status.available_replicas += i32::from(ready && self.is_available(pod));
            status.current_replicas += i32::from(stays && *revision(pod) == *status.current_revision);
            status.updated_replicas += i32::from(stays && *revision(pod) == *status.update_revision);
        }
        self.status = status;
    }

    // Models pkg/controller/statefulset/stateful_set_control.go updateStatefulSet
    pub(super) fn run(&mut self, ctx: &mut Ctx<'_>, recorder: &mut Recorder) -> Result<(), Status> {
        if self.set.meta.is_terminating() {
            return Ok(());
        }
        let (wanted, condemned) = (self.replicas.clone(), self.condemned.clone());
        let first_unavailable = wanted
            .iter()
            .chain(condemned.iter().rev())
            .find(|pod| self.is_unavailable(pod));
        let first_unavailable = first_unavailable.map(|pod| pod.meta.name.clone());
        let step = self.for_all(&wanted, &mut |round, pod| round.keep(ctx, recorder, pod))?;
        if step == Step::Stop {
            return Ok(());
        }
        for pod in &condemned {
            let number = ordinal(self.set, pod).unwrap_or(-1);
            claims::apply_policy(ctx, self.set, pod, number)?;
        }
        let step = self.for_all(&condemned, &mut |round, pod| {
            round.condemn(ctx, recorder, pod, first_unavailable.as_ref())
        })?;
        if step == Step::Stop || &*self.set.spec.update_strategy.kind == "OnDelete" {
            return Ok(());
        }
        self.roll(ctx, recorder)
    }

    /// One after the other until one stops the round; or all, in batches that double.
    fn for_all(
        &self,
        pods: &[Rc<Pod>],
        act: &mut dyn FnMut(&Self, &Rc<Pod>) -> Result<Step, Status>,
    ) -> Result<Step, Status> {
        if self.is_monotonic() {
            for pod in pods {
                if act(self, pod)? == Step::Stop {
                    return Ok(Step::Stop);
                }
            }
            return Ok(Step::GoOn);
        }
        let mut next = pods.iter();
        let (_, result) = slow_start(pods.len() as u64, || {
            next.next().map_or(Ok(()), |pod| act(self, pod).map(|_| ()))
        });
        result.map(|()| Step::GoOn)
    }

    /// Makes a wanted pod, or waits for it.
    // Models pkg/controller/statefulset/stateful_set_control.go processReplica
    fn keep(&self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, pod: &Rc<Pod>) -> Result<Step, Status> {
        let number = ordinal(self.set, pod).unwrap_or(-1);
        if pod.is_finished() {
            if !pod.meta.is_terminating() {
                self.delete(ctx, recorder, pod)?;
            }
            return Ok(Step::Stop);
        }
        if !is_created(pod) {
            if claims::is_stale(ctx, self.set, pod, number) {
                return Ok(Step::Stop);
            }
            self.create(ctx, recorder, pod, number)?;
            if self.is_monotonic() {
                return Ok(Step::Stop);
            }
        }
        if &*pod.status.phase == "Pending" {
            self.make_claims(ctx, recorder, pod, number)?;
        }
        if self.is_monotonic() && (self.is_unavailable(pod) || !is_running_and_ready(pod)) {
            return Ok(Step::Stop);
        }
        if is_created(pod) {
            claims::apply_policy(ctx, self.set, pod, number)?;
        }
        if is_created(pod) && !is_labelled(pod) {
            let mut next = (**pod).clone();
            label(&mut next, number);
            owners::ignore_absent(ctx.update(next))?;
        }
        Ok(Step::GoOn)
    }

    /// Removes a pod that is too many, once all below it are well.
    // Models pkg/controller/statefulset/stateful_set_control.go processCondemned
    fn condemn(
        &self,
        ctx: &mut Ctx<'_>,
        recorder: &mut Recorder,
        pod: &Rc<Pod>,
        first_unavailable: Option<&Str>,
    ) -> Result<Step, Status> {
        if pod.meta.is_terminating() {
            return Ok(if self.is_monotonic() { Step::Stop } else { Step::GoOn });
        }
        let is_well = is_running_and_ready(pod) && self.is_available(pod);
        if self.is_monotonic() && !is_well && first_unavailable != Some(&pod.meta.name) {
            return Ok(Step::Stop);
        }
        self.delete(ctx, recorder, pod)?;
        Ok(Step::Stop)
    }

    /// Replaces pods of the old revision from above, one at a time.
    fn roll(&mut self, ctx: &mut Ctx<'_>, recorder: &mut Recorder) -> Result<(), Status> {
        let rolling = self.set.spec.update_strategy.rolling_update.as_ref();
        let partition = rolling.and_then(|rolling| rolling.partition).unwrap_or_default();
        let from = usize::try_from(partition).unwrap_or_default().min(self.replicas.len());
        for pod in self.replicas[from..].iter().rev() {
            if *revision(pod) != **self.revisions.update.name() && !pod.meta.is_terminating() {
                self.delete(ctx, recorder, pod)?;
                self.status.current_replicas -= 1;
                return Ok(());
            }
            if self.is_unavailable(pod) {
                return Ok(());
            }
        }
        Ok(())
    }

    // Models pkg/controller/statefulset/stateful_pod_control.go CreateStatefulPod
    fn create(&self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, pod: &Pod, number: i32) -> Result<(), Status> {
        let claimed = self.make_claims(ctx, recorder, pod, number);
        let result = claimed.and_then(|()| ctx.create(pod.clone()).map(|_| ()));
        if !matches!(&result, Err(error) if error.reason == Reason::AlreadyExists) {
            self.tell(ctx, recorder, "Create", pod, result.as_ref().err());
        }
        result
    }

    fn make_claims(&self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, pod: &Pod, number: i32) -> Result<(), Status> {
        let mut result = Ok(());
        for claim in claims::drafts(self.set, number) {
            let name = &claim.meta().name;
            let subject = format!("Pod {} in StatefulSet {}", pod.meta.name, self.set.meta.name);
            match claims::make(ctx, &claim) {
                Made::Kept => {}
                Made::New => {
                    let message = format!("Create Claim {name} {subject} success");
                    self.event(ctx, recorder, Severity::Normal, "SuccessfulCreate", &message);
                }
                Made::Failed(told, mut error) => {
                    if told {
                        let message = format!("Create Claim {name} for {subject} failed error: {error}");
                        self.event(ctx, recorder, Severity::Warning, "FailedCreate", &message);
                        error.message = format!("failed to create PVC {name}: {error}");
                    }
                    result = result.and(Err(error));
                }
            }
        }
        result
    }

    // Models pkg/controller/statefulset/stateful_pod_control.go DeleteStatefulPod
    fn delete(&self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, pod: &Pod) -> Result<(), Status> {
        let key = sibling(pod, &pod.meta.name);
        let result = ctx.delete(Pod::KIND, &key, &DeleteOptions::default()).map(|_| ());
        self.tell(ctx, recorder, "Delete", pod, result.as_ref().err());
        result
    }

    // Models pkg/controller/statefulset/stateful_pod_control.go recordPodEvent
    fn tell(&self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, verb: &str, pod: &Pod, error: Option<&Status>) {
        let subject = format!("{verb} Pod {} in StatefulSet {}", pod.meta.name, self.set.meta.name);
        let (severity, outcome, message) = match error {
            None => (Severity::Normal, "Successful", format!("{subject} successful")),
            Some(error) => (Severity::Warning, "Failed", format!("{subject} failed error: {error}")),
        };
        self.event(ctx, recorder, severity, &format!("{outcome}{verb}"), &message);
    }

    fn event(&self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, severity: Severity, reason: &str, message: &str) {
        let about = Object::StatefulSet(self.set.clone());
        recorder.event(ctx, &about, severity, reason, message);
    }
}

/// The pod of a number that is to be made: below the partition, or among those not rolled yet, of the current revision.
// Models pkg/controller/statefulset/stateful_set_utils.go newVersionedStatefulSetPod
fn versioned(set: &StatefulSet, current: &PodTemplateSpec, revisions: &Revisions, number: i32) -> Pod {
    let strategy = &set.spec.update_strategy;
    let kept = match &strategy.rolling_update {
        Some(rolling) => rolling.partition.unwrap_or_default(),
        None if &*strategy.kind == "RollingUpdate" => set.status.current_replicas,
        None => 0,
    };
    if number < start(set) + kept {
        draft(set, current, revisions.current.name(), number)
    } else {
        draft(set, &set.spec.template, revisions.update.name(), number)
    }
}

/// Writes the status where it says something new; a complete update makes the new revision the current one.
// Models pkg/controller/statefulset/stateful_set_control.go updateStatefulSetStatus, completeRollingUpdate
pub(super) fn update_status(ctx: &mut Ctx<'_>, set: &StatefulSet, mut status: StatefulSetStatus) -> Result<(), Status> {
    let wanted = replicas(set);
    let complete = status.updated_replicas == wanted && status.ready_replicas == wanted && status.replicas == wanted;
    if complete && &*set.spec.update_strategy.kind == "RollingUpdate" {
        status.current_replicas = status.updated_replicas;
        status.current_revision = status.update_revision.clone();
    }
    if status == set.status {
        return Ok(());
    }
    let mut set = set.clone();
    set.status = status;
    ctx.update_status(set).map(|_| ())
}
