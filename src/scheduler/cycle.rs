//! One pod's turn: it gets a node, or the world hears why not.
// Models pkg/scheduler/schedule_one.go.

use std::rc::Rc;

use super::attempt::{Attempt, Search, schedule_pod};
use super::cache::PodInfo;
use super::component::{SCHEDULER_NAME, Scheduler, timer};
use super::explain::{Explanation, NO_NODES, NODES_MAX, join, key_of, lots};
use super::framework::{Action, ClusterEvent, Handle, PluginSet};
use super::pending::{Bound, Preemption};
use super::preemption::{PostFilter, Promise, post_filter};
use super::queue::{PreEnqueue, Waiting};
use super::status::truncate;
use crate::api::core::Pod;
use crate::api::meta::Condition;
use crate::api::{Object, Resource, Str};
use crate::apiserver::DeleteOptions;
use crate::client::{Ctx, Note, Severity};

/// Why a pod did not get a node.
struct Failure {
    /// Reason of the condition.
    reason: &'static str,
    message: String,
    /// The plugins that refused; none after an error.
    rejectors: PluginSet,
    after: PostFilter,
}

impl Scheduler {
    /// Tries the next pod.
    // Models schedule_one.go scheduleOnePod.
    pub(super) fn schedule_one(&mut self, ctx: &mut Ctx<'_>) {
        let Some(waiting) = self.queue.pop() else { return };
        let pod = waiting.pod.clone();
        if pod.pod.meta.is_terminating() {
            let message = format!("skip schedule deleting pod: {}", key_of(&pod));
            self.record(ctx, &pod, Severity::Warning, "FailedScheduling", "Scheduling", &message);
            return;
        }
        if self.cache.is_assumed(pod.uid()) {
            return;
        }
        let attempt = self.attempt(ctx, &pod);
        let mut lots = lots(ctx.seed, &pod, waiting.attempts);
        match attempt.choose(&mut lots) {
            Some(node) => self.bind(ctx, waiting, node, &attempt),
            None if attempt.total == 0 => {
                let after = PostFilter {
                    promise: Promise::Clear,
                    ..PostFilter::default()
                };
                let failure = Failure {
                    reason: "Unschedulable",
                    message: NO_NODES.to_owned(),
                    rejectors: PluginSet::default(),
                    after,
                };
                self.fail(ctx, waiting, Some(&attempt), failure);
            }
            None => {
                let mut handle = Handle {
                    cache: &mut self.cache,
                    api: ctx.api,
                    profile: &self.profile,
                };
                let after = post_filter(&mut handle, &pod, &attempt, &self.nominations, &mut lots);
                let message = join(&attempt.message(), &after.message);
                let failure = Failure {
                    reason: "Unschedulable",
                    message,
                    rejectors: attempt.rejectors,
                    after,
                };
                self.fail(ctx, waiting, Some(&attempt), failure);
            }
        }
    }

    fn attempt(&mut self, ctx: &Ctx<'_>, pod: &Rc<PodInfo>) -> Attempt {
        let mut handle = Handle {
            cache: &mut self.cache,
            api: ctx.api,
            profile: &self.profile,
        };
        let start = self.next_start;
        let search = Search {
            start,
            exhaustive: false,
            nominations: &self.nominations,
        };
        let attempt = schedule_pod(&mut handle, pod, &search);
        if attempt.total > 0 && attempt.searched {
            self.next_start = (start + attempt.processed()) % attempt.total;
        }
        attempt
    }

    /// Binds the pod to the node chosen, once its volumes are there.
    // Models schedule_one.go assume, bindingCycle.
    fn bind(&mut self, ctx: &mut Ctx<'_>, waiting: Waiting, node: u32, attempt: &Attempt) {
        let pod = &waiting.pod;
        let mut explanation = Explanation::of(&self.cache, &pod.pod, ctx.now, attempt, NODES_MAX);
        let node = self.cache.node(node).name().clone();
        explanation.chosen = Some(node.clone());
        let bound = Bound {
            waiting,
            node,
            explanation,
        };
        if let Some(bound) = self.begin_volumes(ctx, bound) {
            self.finish_bind(ctx, bound);
        }
    }

    /// Writes the binding.
    // Models schedule_one.go finishBinding.
    pub(super) fn finish_bind(&mut self, ctx: &mut Ctx<'_>, bound: Bound) {
        let Bound {
            waiting,
            node,
            mut explanation,
        } = bound;
        let pod = waiting.pod.clone();
        let key = key_of(&pod);
        let bound = match ctx.api.bind(&ctx.caller(), &key, &node) {
            Ok(bound) => bound,
            Err(status) => {
                let why = format!("running Bind plugin \"DefaultBinder\": {}", status.message);
                return self.fail_to_bind(ctx, waiting, why);
            }
        };
        self.nominations.remove(pod.uid());
        if let Some(bound) = Pod::of(&bound) {
            let info = PodInfo {
                pod: bound.clone(),
                ..(*pod).clone()
            };
            self.cache.add_pod(&Rc::new(info), &node, true);
        }
        let message = format!("Successfully assigned {key} to {node}");
        self.record(ctx, &pod, Severity::Normal, "Scheduled", "Binding", &message);
        explanation.message = message.into();
        self.explanations.keep(pod.uid(), explanation);
    }

    // Models schedule_one.go handleBindingCycleError.
    pub(super) fn fail_to_bind(&mut self, ctx: &mut Ctx<'_>, waiting: Waiting, message: String) {
        self.cache.remove_pod(waiting.pod.uid());
        let pod = Object::Pod(waiting.pod.pod.clone());
        self.tell(
            ctx,
            &ClusterEvent::assigned_pod(Action::DELETE, Some(pod), None),
            |_| true,
        );
        let failure = Failure {
            reason: "SchedulerError",
            message,
            rejectors: PluginSet::default(),
            after: PostFilter {
                promise: Promise::Clear,
                ..PostFilter::default()
            },
        };
        self.fail(ctx, waiting, None, failure);
    }

    /// Puts the pod back and tells why.
    // Models schedule_one.go handleSchedulingFailure.
    fn fail(&mut self, ctx: &mut Ctx<'_>, waiting: Waiting, attempt: Option<&Attempt>, failure: Failure) {
        let pod = waiting.pod.clone();
        let Failure {
            reason,
            message,
            rejectors,
            after,
        } = failure;
        if let Some(attempt) = attempt {
            let mut explanation = Explanation::of(&self.cache, &pod.pod, ctx.now, attempt, NODES_MAX);
            explanation.message = message.as_str().into();
            explanation.nominated = after.candidate.as_ref().map(|candidate| candidate.node.clone());
            explanation.victims = after
                .candidate
                .iter()
                .flat_map(|candidate| &candidate.victims)
                .map(key_of)
                .collect();
            self.explanations.keep(pod.uid(), explanation);
        }
        if let Some(candidate) = after.candidate {
            self.start_preemption(ctx, &pod, candidate);
        }
        self.queue.put_back(
            ctx.now,
            waiting,
            rejectors,
            &PreEnqueue {
                preempting: &self.preempting,
            },
        );
        match &after.promise {
            Promise::Keep => {}
            Promise::Clear => self.nominations.remove(pod.uid()),
            Promise::Node(node) => self.nominations.set(&pod, node),
        }
        self.record(
            ctx,
            &pod,
            Severity::Warning,
            "FailedScheduling",
            "Scheduling",
            &truncate(&message),
        );
        let mut condition = Condition::new("PodScheduled", false, reason, &message, ctx.time());
        condition.observed_generation = pod.pod.meta.generation;
        self.write_status(ctx, &pod, Some(condition), &after.promise);
    }

    /// Notes a condition and a promise on the pod as it is now, if that changes anything.
    // Models schedule_one.go updatePod.
    pub(super) fn write_status(
        &self,
        ctx: &mut Ctx<'_>,
        pod: &PodInfo,
        condition: Option<Condition>,
        promise: &Promise,
    ) {
        let meta = &pod.pod.meta;
        let now = ctx
            .api
            .get::<Pod>(&meta.namespace, &meta.name)
            .filter(|now| now.meta.uid == meta.uid);
        let Some(mut now) = now.map(|now| (**now).clone()) else {
            return;
        };
        let node = match promise {
            Promise::Keep => now.status.nominated_node_name.clone(),
            Promise::Clear => Str::default(),
            Promise::Node(node) => node.clone(),
        };
        let mut changed = node != now.status.nominated_node_name;
        now.status.nominated_node_name = node;
        if let Some(condition) = condition {
            changed |= now.status.set_condition(condition);
        }
        if changed {
            // The pod may be gone by now; then there is nobody to tell.
            drop(ctx.update_status(now));
        }
    }

    /// Room is made in the background: the victims hear of it a moment later.
    // Models pkg/scheduler/framework/preemption/executor.go prepareCandidateAsync.
    fn start_preemption(&mut self, ctx: &mut Ctx<'_>, pod: &Rc<PodInfo>, candidate: super::preemption::Candidate) {
        if candidate.victims.iter().all(|victim| victim.pod.meta.is_terminating()) {
            return;
        }
        self.preemption_count += 1;
        self.preempting.insert(pod.uid().clone());
        self.preemptions.insert(
            self.preemption_count,
            Preemption {
                pod: pod.clone(),
                candidate,
            },
        );
        ctx.arm(timer::PREEMPT, self.preemption_count, ctx.now + ctx.delays.api_call);
    }

    /// Takes the promise of the node from less important pods and tells the victims to go.
    pub(super) fn make_room(&mut self, ctx: &mut Ctx<'_>, number: u64) {
        let Some(Preemption { pod, candidate }) = self.preemptions.remove(&number) else {
            return;
        };
        let promised = self.nominations.on(&candidate.node).iter();
        let outranked: Vec<_> = promised
            .filter(|other| other.priority() < pod.priority())
            .cloned()
            .collect();
        for other in outranked {
            self.write_status(ctx, &other, None, &Promise::Clear);
        }
        for victim in candidate
            .victims
            .iter()
            .filter(|victim| !victim.pod.meta.is_terminating())
        {
            self.evict(ctx, &pod, victim, &candidate.node);
        }
        self.preempting.remove(pod.uid());
    }

    // Models pkg/scheduler/framework/preemption/executor.go PreemptPod.
    fn evict(&mut self, ctx: &mut Ctx<'_>, pod: &PodInfo, victim: &Rc<PodInfo>, node: &str) {
        let message = format!("{SCHEDULER_NAME}: preempting to accommodate a higher priority pod");
        let mut condition = Condition::new("DisruptionTarget", true, "PreemptionByScheduler", &message, ctx.time());
        condition.observed_generation = victim.pod.meta.generation;
        self.write_status(ctx, victim, Some(condition), &Promise::Keep);
        let options = DeleteOptions {
            uid: Some(victim.uid().clone()),
            ..DeleteOptions::default()
        };
        // A victim that is gone already has made its room.
        if ctx.delete(Pod::KIND, &key_of(victim), &options).is_ok() {
            let message = format!("Preempted by pod {} on node {node}", pod.uid());
            self.record(ctx, victim, Severity::Normal, "Preempted", "Preempting", &message);
        }
    }

    fn record(
        &mut self,
        ctx: &mut Ctx<'_>,
        pod: &PodInfo,
        severity: Severity,
        reason: &str,
        action: &str,
        message: &str,
    ) {
        let note = Note {
            severity,
            reason,
            action,
            message,
        };
        self.recorder.event(ctx, &Object::Pod(pod.pod.clone()), &note);
    }
}
