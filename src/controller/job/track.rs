//! Pods that have ended, counted each once: noted in the status first, then let go of, then counted.
// Models pkg/controller/job/job_controller.go trackJobStatusAndRemoveFinalizers

use crate::sim::Arrange;
use crate::sim::btree::BTreeSet;
use std::rc::Rc;

use crate::api::core::Pod;
use crate::api::meta::Condition;
use crate::api::status::Status;
use crate::api::{Object, Str};
use crate::client::{Ctx, Recorder, Severity};

use super::indexes::{completion_index, valid_index};
use super::manage::release;
use super::policy::judge;
use super::round::{Round, condition};
use super::{has_finalizer, is_pod_failed};

/// Most pods that the status names.
const UNCOUNTED_MAX: usize = 500;

impl Round {
    /// Writes the status, `must_tell` whether there is news already, and counts the pods that have ended.
    pub(super) fn track(&mut self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, must_tell: bool) -> Result<(), Status> {
        if self.job.spec.is_indexed() {
            self.pods.arrange_by_key(|pod| completion_index(pod));
        }
        let held = self.pods.iter().filter(|pod| has_finalizer(pod));
        let mut held: BTreeSet<Str> = held.map(|pod| pod.meta.uid.clone()).collect();
        let mut news = self.settle(&held) | must_tell;
        let (ended, full) = self.note_ended(&mut news);
        news |= self.announce_end();
        if news {
            self.write(ctx)?;
            self.noted = true;
        }
        let mut result = Ok(());
        for pod in &ended {
            match release(ctx, pod) {
                Ok(()) => {
                    held.remove(&pod.meta.uid);
                }
                Err(error) => result = result.and(Err(error)),
            }
        }
        news = self.settle(&held);
        if result.is_err() {
            return if news { self.write(ctx).and(result) } else { result };
        }
        let finished = !full && self.finish();
        if news || finished {
            self.write(ctx)?;
        }
        if finished {
            self.tell_end(ctx, recorder);
        }
        Ok(())
    }

    /// Counts the noted pods that nobody holds any more; says whether there are any.
    // Models pkg/controller/job/job_controller.go cleanUncountedPodsWithoutFinalizers
    fn settle(&mut self, held: &BTreeSet<Str>) -> bool {
        let status = &mut self.job.status;
        let Some(uncounted) = &mut status.uncounted else {
            return false;
        };
        let mut settled = false;
        for (list, counter) in [
            (&mut uncounted.succeeded, &mut status.succeeded),
            (&mut uncounted.failed, &mut status.failed),
        ] {
            let kept: Rc<[Str]> = list.iter().filter(|uid| held.contains(*uid)).cloned().collect();
            let gone = list.len() - kept.len();
            *counter += i32::try_from(gone).unwrap_or(i32::MAX);
            *list = kept;
            settled |= gone > 0;
        }
        settled
    }

    /// Notes the pods that have ended. Gives those that can be let go of, and whether no more could be noted.
    fn note_ended(&mut self, news: &mut bool) -> (Vec<Rc<Pod>>, bool) {
        let indexed = self.job.spec.is_indexed();
        let uncounted = self.job.status.uncounted.clone().unwrap_or_default();
        let (mut succeeded, mut failed) = (uncounted.succeeded.to_vec(), uncounted.failed.to_vec());
        let mut indexes = Vec::new();
        let (mut ended, mut full) = (Vec::new(), false);
        for pod in self.pods.iter().filter(|pod| has_finalizer(pod)) {
            let has_failed = is_pod_failed(&self.job, pod);
            if !self.can_let_go(pod, has_failed) {
                continue;
            }
            ended.push(pod.clone());
            let uid = &pod.meta.uid;
            let index = valid_index(&self.job, pod);
            if &*pod.status.phase == "Succeeded" && !uncounted.failed.contains(uid) {
                if indexed {
                    indexes.extend(index.filter(|index| !self.known_indexes.has(*index)));
                } else if !uncounted.succeeded.contains(uid) {
                    succeeded.push(uid.clone());
                }
            } else if (has_failed || self.has_failed()) && !uncounted.failed.contains(uid) {
                let counts = judge(self.job.spec.pod_failure_policy.as_ref(), pod).counts;
                if counts && (!indexed || index.is_some()) {
                    failed.push(uid.clone());
                }
            }
            if indexes.len() + succeeded.len() + failed.len() >= UNCOUNTED_MAX {
                full = true;
                break;
            }
        }
        *news |=
            !indexes.is_empty() || succeeded.len() > uncounted.succeeded.len() || failed.len() > uncounted.failed.len();
        if let Some(uncounted) = &mut self.job.status.uncounted {
            uncounted.succeeded = succeeded.into();
            uncounted.failed = failed.into();
        }
        if indexed {
            *news |= self.note_indexes(indexes);
        }
        (ended, full)
    }

    fn note_indexes(&mut self, indexes: Vec<i32>) -> bool {
        self.succeeded_indexes = self.succeeded_indexes.with(indexes);
        let status = &mut self.job.status;
        let completed: Str = self.succeeded_indexes.to_string().into();
        let failed: Option<Str> = self.failed_indexes.as_ref().map(|failed| failed.to_string().into());
        let news = completed != status.completed_indexes || failed != status.failed_indexes;
        status.succeeded = self.succeeded_indexes.total();
        status.completed_indexes = completed;
        status.failed_indexes = failed;
        news
    }

    /// Whether the Job has ended without success.
    fn has_failed(&self) -> bool {
        self.end.as_ref().is_some_and(|end| &*end.kind != "SuccessCriteriaMet")
    }

    // Models pkg/controller/job/job_controller.go canRemoveFinalizer
    fn can_let_go(&self, pod: &Pod, has_failed: bool) -> bool {
        if self.job.meta.is_terminating() || self.end.is_some() || &*pod.status.phase == "Succeeded" {
            return true;
        }
        let waits = completion_index(pod)
            .and_then(|index| self.awaiting.get(&index))
            .is_some_and(|waiting| waiting.meta.uid == pod.meta.uid);
        has_failed && !waits
    }

    /// Says in the status how the Job is going to end, before its pods are let go of; says whether that is news.
    fn announce_end(&mut self) -> bool {
        let Some(end) = self.end.clone() else { return false };
        let last = match &*end.kind {
            "FailureTarget" => "Failed",
            "SuccessCriteriaMet" => "Complete",
            _ => return false,
        };
        self.end = Some(condition(last, &end.reason, &end.message, self.now));
        let news = last == "Failed" || self.job.status.condition("SuccessCriteriaMet").is_none();
        if news {
            self.append(end);
        }
        news
    }

    /// Ends the Job where all its pods have ended and are counted; says whether it has.
    // Models pkg/controller/job/job_controller.go enactJobFinished
    fn finish(&mut self) -> bool {
        let Some(end) = self.end.clone() else { return false };
        let uncounted = self.job.status.uncounted.as_ref();
        let all_counted =
            uncounted.is_none_or(|uncounted| uncounted.succeeded.is_empty() && uncounted.failed.is_empty());
        if !all_counted || self.terminating > 0 {
            return false;
        }
        self.ensure(&end);
        if &*end.kind == "Complete" {
            self.job.status.completion_time = end.last_transition_time;
        }
        true
    }

    // Models pkg/controller/job/job_controller.go recordJobFinished
    fn tell_end(&self, ctx: &mut Ctx<'_>, recorder: &mut Recorder) {
        let Some(Condition {
            kind, reason, message, ..
        }) = &self.end
        else {
            return;
        };
        if &**kind != "Complete" {
            return self.event(ctx, recorder, Severity::Warning, reason, message);
        }
        if self
            .job
            .spec
            .completions
            .is_some_and(|completions| self.job.status.succeeded > completions)
        {
            let message = "Too many succeeded pods running after completion count reached";
            self.event(ctx, recorder, Severity::Warning, "TooManySucceededPods", message);
        }
        self.event(ctx, recorder, Severity::Normal, "Completed", "Job completed");
    }

    fn write(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Status> {
        if let Object::Job(stored) = ctx.update_status(self.job.clone())? {
            self.job = (*stored).clone();
        }
        Ok(())
    }
}
