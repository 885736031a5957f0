//! Kinds and versions that Kubernetes served once.

/// A kind of a version that Kubernetes served once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemovedKind {
    /// `apiVersion` that is gone.
    pub api_version: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Kubernetes release that stopped serving it, e.g. `1.22`.
    pub removed_in: &'static str,
    /// `apiVersion` to use today; empty when the kind is gone for good.
    pub instead: &'static str,
}

/// What became of a kind that is served no more.
pub fn removed(api_version: &str, kind: &str) -> Option<&'static RemovedKind> {
    REMOVED.iter().find(|r| r.api_version == api_version && r.kind == kind)
}

const fn gone(
    api_version: &'static str,
    kind: &'static str,
    removed_in: &'static str,
    instead: &'static str,
) -> RemovedKind {
    RemovedKind {
        api_version,
        kind,
        removed_in,
        instead,
    }
}

/// Kinds that older manifests name and no current API server knows (the deprecated API migration guide).
#[rustfmt::skip]
pub const REMOVED: &[RemovedKind] = &[
    gone("extensions/v1beta1", "DaemonSet", "1.16", "apps/v1"),
    gone("extensions/v1beta1", "Deployment", "1.16", "apps/v1"),
    gone("extensions/v1beta1", "ReplicaSet", "1.16", "apps/v1"),
    gone("extensions/v1beta1", "NetworkPolicy", "1.16", "networking.k8s.io/v1"),
    gone("extensions/v1beta1", "PodSecurityPolicy", "1.16", ""),
    gone("extensions/v1beta1", "Ingress", "1.22", "networking.k8s.io/v1"),
    gone("apps/v1beta1", "Deployment", "1.16", "apps/v1"),
    gone("apps/v1beta1", "StatefulSet", "1.16", "apps/v1"),
    gone("apps/v1beta1", "ControllerRevision", "1.16", "apps/v1"),
    gone("apps/v1beta2", "DaemonSet", "1.16", "apps/v1"),
    gone("apps/v1beta2", "Deployment", "1.16", "apps/v1"),
    gone("apps/v1beta2", "ReplicaSet", "1.16", "apps/v1"),
    gone("apps/v1beta2", "StatefulSet", "1.16", "apps/v1"),
    gone("apps/v1beta2", "ControllerRevision", "1.16", "apps/v1"),
    gone("networking.k8s.io/v1beta1", "Ingress", "1.22", "networking.k8s.io/v1"),
    gone("networking.k8s.io/v1beta1", "IngressClass", "1.22", "networking.k8s.io/v1"),
    gone("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration", "1.22", "admissionregistration.k8s.io/v1"),
    gone("admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration", "1.22", "admissionregistration.k8s.io/v1"),
    gone("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", "1.22", "apiextensions.k8s.io/v1"),
    gone("apiregistration.k8s.io/v1beta1", "APIService", "1.22", "apiregistration.k8s.io/v1"),
    gone("certificates.k8s.io/v1beta1", "CertificateSigningRequest", "1.22", "certificates.k8s.io/v1"),
    gone("coordination.k8s.io/v1beta1", "Lease", "1.22", "coordination.k8s.io/v1"),
    gone("rbac.authorization.k8s.io/v1alpha1", "ClusterRole", "1.22", "rbac.authorization.k8s.io/v1"),
    gone("rbac.authorization.k8s.io/v1alpha1", "ClusterRoleBinding", "1.22", "rbac.authorization.k8s.io/v1"),
    gone("rbac.authorization.k8s.io/v1alpha1", "Role", "1.22", "rbac.authorization.k8s.io/v1"),
    gone("rbac.authorization.k8s.io/v1alpha1", "RoleBinding", "1.22", "rbac.authorization.k8s.io/v1"),
    gone("rbac.authorization.k8s.io/v1beta1", "ClusterRole", "1.22", "rbac.authorization.k8s.io/v1"),
    gone("rbac.authorization.k8s.io/v1beta1", "ClusterRoleBinding", "1.22", "rbac.authorization.k8s.io/v1"),
    gone("rbac.authorization.k8s.io/v1beta1", "Role", "1.22", "rbac.authorization.k8s.io/v1"),
    gone("rbac.authorization.k8s.io/v1beta1", "RoleBinding", "1.22", "rbac.authorization.k8s.io/v1"),
    gone("scheduling.k8s.io/v1beta1", "PriorityClass", "1.22", "scheduling.k8s.io/v1"),
    gone("storage.k8s.io/v1beta1", "CSIDriver", "1.22", "storage.k8s.io/v1"),
    gone("storage.k8s.io/v1beta1", "CSINode", "1.22", "storage.k8s.io/v1"),
    gone("storage.k8s.io/v1beta1", "StorageClass", "1.22", "storage.k8s.io/v1"),
    gone("storage.k8s.io/v1beta1", "VolumeAttachment", "1.22", "storage.k8s.io/v1"),
    gone("storage.k8s.io/v1beta1", "CSIStorageCapacity", "1.27", "storage.k8s.io/v1"),
    gone("batch/v1beta1", "CronJob", "1.25", "batch/v1"),
    gone("batch/v2alpha1", "CronJob", "1.21", "batch/v1"),
    gone("discovery.k8s.io/v1beta1", "EndpointSlice", "1.25", "discovery.k8s.io/v1"),
    gone("events.k8s.io/v1beta1", "Event", "1.25", "events.k8s.io/v1"),
    gone("autoscaling/v2beta1", "HorizontalPodAutoscaler", "1.25", "autoscaling/v2"),
    gone("autoscaling/v2beta2", "HorizontalPodAutoscaler", "1.26", "autoscaling/v2"),
    gone("policy/v1beta1", "PodDisruptionBudget", "1.25", "policy/v1"),
    gone("policy/v1beta1", "PodSecurityPolicy", "1.25", ""),
    gone("node.k8s.io/v1beta1", "RuntimeClass", "1.25", "node.k8s.io/v1"),
    gone("flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", "1.26", "flowcontrol.apiserver.k8s.io/v1"),
    gone("flowcontrol.apiserver.k8s.io/v1beta1", "PriorityLevelConfiguration", "1.26", "flowcontrol.apiserver.k8s.io/v1"),
    gone("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema", "1.29", "flowcontrol.apiserver.k8s.io/v1"),
    gone("flowcontrol.apiserver.k8s.io/v1beta2", "PriorityLevelConfiguration", "1.29", "flowcontrol.apiserver.k8s.io/v1"),
    gone("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", "1.32", "flowcontrol.apiserver.k8s.io/v1"),
    gone("flowcontrol.apiserver.k8s.io/v1beta3", "PriorityLevelConfiguration", "1.32", "flowcontrol.apiserver.k8s.io/v1"),
];

#[cfg(test)]
mod tests {
    use super::super::kinds;
    use super::*;

    #[test]
    fn nothing_is_both_served_and_removed() {
        for r in REMOVED {
            assert_eq!(kinds::find(r.api_version, r.kind), None, "{} {}", r.api_version, r.kind);
            assert!(
                r.instead.is_empty() || kinds::find(r.instead, r.kind).is_some(),
                "{} {}",
                r.instead,
                r.kind
            );
        }
    }
}
