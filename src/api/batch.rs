//! `batch/v1`: Jobs and CronJobs.

use std::rc::Rc;

use super::Str;
use super::core::PodTemplateSpec;
use super::labels::LabelSelector;
use super::meta::{Condition, ObjectMeta, ObjectReference, find_condition};
use super::time::Time;

lean! {
    /// Pods that run until enough of them succeeded.
    pub struct Job {
        meta: ObjectMeta = "metadata" 'always,
        spec: JobSpec = "spec" 'always,
        status: JobStatus = "status" 'always,
    }

    /// What a Job is to do.
    pub struct JobSpec {
        parallelism: Option<i32> = "parallelism",
        completions: Option<i32> = "completions",
        active_deadline_seconds: Option<i64> = "activeDeadlineSeconds",
        pod_failure_policy: Option<PodFailurePolicy> = "podFailurePolicy",
        success_policy: Option<SuccessPolicy> = "successPolicy",
        backoff_limit: Option<i32> = "backoffLimit",
        backoff_limit_per_index: Option<i32> = "backoffLimitPerIndex",
        max_failed_indexes: Option<i32> = "maxFailedIndexes",
        selector: Option<Rc<LabelSelector>> = "selector",
        template: PodTemplateSpec = "template" 'always,
        ttl_seconds_after_finished: Option<i32> = "ttlSecondsAfterFinished",
        completion_mode: Str = "completionMode",
        suspend: Option<bool> = "suspend",
        pod_replacement_policy: Str = "podReplacementPolicy",
        managed_by: Option<Str> = "managedBy",
    }

    /// What becomes of failed pods: the first rule that matches decides.
    pub struct PodFailurePolicy {
        rules: Rc<[PodFailurePolicyRule]> = "rules" 'always,
    }

    /// An action, and what it is for: exit codes or conditions.
    pub struct PodFailurePolicyRule {
        action: Str = "action" 'always,
        on_exit_codes: Option<OnExitCodes> = "onExitCodes",
        on_pod_conditions: Rc<[OnPodCondition]> = "onPodConditions",
    }

    /// Exit codes of a container, or of any.
    pub struct OnExitCodes {
        container_name: Option<Str> = "containerName",
        operator: Str = "operator" 'always,
        values: Rc<[i32]> = "values" 'always,
    }

    /// A condition of a pod.
    pub struct OnPodCondition {
        kind: Str = "type" 'always,
        status: Str = "status" 'always,
    }

    /// When an indexed Job has succeeded early: one rule is enough.
    pub struct SuccessPolicy {
        rules: Rc<[SuccessPolicyRule]> = "rules" 'always,
    }

    /// Indexes that must succeed, or how many of them.
    pub struct SuccessPolicyRule {
        succeeded_indexes: Option<Str> = "succeededIndexes",
        succeeded_count: Option<i32> = "succeededCount",
    }

    /// How a Job is.
    pub struct JobStatus {
        conditions: Rc<[Condition]> = "conditions",
        start_time: Option<Time> = "startTime",
        completion_time: Option<Time> = "completionTime",
        active: i32 = "active",
        succeeded: i32 = "succeeded",
        failed: i32 = "failed",
        terminating: Option<i32> = "terminating",
        completed_indexes: Str = "completedIndexes",
        failed_indexes: Option<Str> = "failedIndexes",
        uncounted: Option<UncountedTerminatedPods> = "uncountedTerminatedPods",
        ready: Option<i32> = "ready",
    }

    /// Uids of pods that have ended and are not in the counts yet.
    pub struct UncountedTerminatedPods {
        succeeded: Rc<[Str]> = "succeeded",
        failed: Rc<[Str]> = "failed",
    }

    /// Jobs by the clock.
    pub struct CronJob {
        meta: ObjectMeta = "metadata" 'always,
        spec: CronJobSpec = "spec" 'always,
        status: CronJobStatus = "status" 'always,
    }

    /// What a CronJob is to do, and when.
    pub struct CronJobSpec {
        schedule: Str = "schedule" 'always,
        time_zone: Option<Str> = "timeZone",
        starting_deadline_seconds: Option<i64> = "startingDeadlineSeconds",
        concurrency_policy: Str = "concurrencyPolicy",
        suspend: Option<bool> = "suspend",
        job_template: JobTemplateSpec = "jobTemplate" 'always,
        successful_jobs_history_limit: Option<i32> = "successfulJobsHistoryLimit",
        failed_jobs_history_limit: Option<i32> = "failedJobsHistoryLimit",
    }

    /// A Job to be made.
    pub struct JobTemplateSpec {
        meta: ObjectMeta = "metadata" 'always,
        spec: JobSpec = "spec" 'always,
    }

    /// How a CronJob is.
    pub struct CronJobStatus {
        active: Rc<[ObjectReference]> = "active",
        last_schedule_time: Option<Time> = "lastScheduleTime",
        last_successful_time: Option<Time> = "lastSuccessfulTime",
    }
}

impl JobSpec {
    /// Whether each completion has a number of its own.
    #[must_use]
    pub fn is_indexed(&self) -> bool {
        &*self.completion_mode == "Indexed"
    }

    /// Whether the Job is to hold still.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.suspend == Some(true)
    }
}

impl JobStatus {
    /// The condition of type `kind`, where it is true.
    #[must_use]
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        find_condition(&self.conditions, kind).filter(|condition| condition.is_true())
    }

    /// The condition that ended the Job: Complete or Failed.
    // Models pkg/controller/job/util/utils.go FinishedCondition.
    #[must_use]
    pub fn finished(&self) -> Option<&Condition> {
        let ends = |condition: &&Condition| matches!(&*condition.kind, "Complete" | "Failed") && condition.is_true();
        self.conditions.iter().find(ends)
    }
}
