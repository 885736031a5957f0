//! Deployments and ReplicaSets.

use super::fill;
use super::pod::default_template;
use crate::api::apps::{Deployment, ReplicaSet, RollingUpdateDeployment};
use crate::api::intstr::IntOrString;

const REVISION_HISTORY_LIMIT: i32 = 10;
const PROGRESS_DEADLINE_SECONDS: i32 = 600;

// Models pkg/apis/apps/v1/defaults.go SetDefaults_Deployment.
pub(super) fn default_deployment(deployment: &mut Deployment) {
    let spec = &mut deployment.spec;
    spec.replicas.get_or_insert(1);
    fill(&mut spec.strategy.kind, "RollingUpdate");
    if &*spec.strategy.kind == "RollingUpdate" {
        let rolling = spec
            .strategy
            .rolling_update
            .get_or_insert_with(RollingUpdateDeployment::default);
        rolling
            .max_unavailable
            .get_or_insert_with(|| IntOrString::String("25%".into()));
        rolling
            .max_surge
            .get_or_insert_with(|| IntOrString::String("25%".into()));
    }
    spec.revision_history_limit.get_or_insert(REVISION_HISTORY_LIMIT);
    spec.progress_deadline_seconds.get_or_insert(PROGRESS_DEADLINE_SECONDS);
    default_template(&mut spec.template);
}

// Models pkg/apis/apps/v1/defaults.go SetDefaults_ReplicaSet.
pub(super) fn default_replica_set(set: &mut ReplicaSet) {
    set.spec.replicas.get_or_insert(1);
    default_template(&mut set.spec.template);
}
