//! The status of a DaemonSet.
// Models pkg/controller/daemon/daemon_controller.go updateDaemonSetStatus

use crate::api::apps::DaemonSetStatus;
use crate::api::status::Status;
use crate::client::Ctx;
use crate::controller::pods::is_available;

use super::placement::is_updated;
use super::plan::{OnNodes, View, sort};

/// Counts, and writes the counts where they changed; says whether a ready pod is not yet available.
pub(super) fn update(ctx: &mut Ctx<'_>, view: &View<'_>, mut pods: OnNodes) -> Result<bool, Status> {
    let set = view.set;
    let mut status = DaemonSetStatus {
        observed_generation: set.meta.generation,
        collision_count: set.status.collision_count,
        conditions: set.status.conditions.clone(),
        rest: set.status.rest.clone(),
        ..DaemonSetStatus::default()
    };
    for node in &view.nodes {
        let runs = view.demands.judge(node).runs;
        let pods = pods.get_mut(&node.meta.name);
        status.desired_number_scheduled += i32::from(runs);
        let Some(pods) = pods else { continue };
        if !runs {
            status.number_misscheduled += 1;
            continue;
        }
        status.current_number_scheduled += 1;
        sort(pods);
        let pod = &pods[0];
        let available = is_available(pod, set.spec.min_ready_seconds, view.now_ns);
        status.number_ready += i32::from(pod.is_ready());
        status.number_available += i32::from(available);
        status.updated_number_scheduled += i32::from(is_updated(set, pod, view.hash));
    }
    status.number_unavailable = status.desired_number_scheduled - status.number_available;
    let waits = set.spec.min_ready_seconds > 0 && status.number_ready != status.number_available;
    if status != set.status {
        let mut set = set.clone();
        set.status = status;
        ctx.update_status(set)?;
    }
    Ok(waits)
}
