//! Facts about pods and nodes that several components share, as upstream's `k8s.io/component-helpers` does.

mod node_affinity;
mod toleration;
mod volume;

pub use node_affinity::{NodeMatcher, PreferredNodes, RequiredNodes};
pub use toleration::{
    NO_EXECUTE, NO_SCHEDULE, PREFER_NO_SCHEDULE, find_untolerated_taint, is_hard, tolerated, tolerates,
};

pub use volume::{
    attachment_name, csi_driver, csi_name, find_matching_volume, has_access_modes, is_file_driver, volume_fits_node,
};

use crate::api::core::Pod;

/// The pod's priority; 0 where none is set.
// Models k8s.io/component-helpers/scheduling/corev1/helpers.go PodPriority.
#[must_use]
pub fn pod_priority(pod: &Pod) -> i32 {
    pod.spec.priority.unwrap_or_default()
}
