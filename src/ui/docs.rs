//! Pages of the Kubernetes documentation that explain a kind or a reason.

use crate::view::Language;

const SITE: &str = "https://kubernetes.io";

/// The page about a kind, in the reader's language.
#[must_use]
pub fn of_kind(kind: &str, language: Language) -> Option<String> {
    let page = match kind {
        "Pod" => "concepts/workloads/pods/",
        "Deployment" => "concepts/workloads/controllers/deployment/",
        "ReplicaSet" => "concepts/workloads/controllers/replicaset/",
        "StatefulSet" => "concepts/workloads/controllers/statefulset/",
        "DaemonSet" => "concepts/workloads/controllers/daemonset/",
        "Job" => "concepts/workloads/controllers/job/",
        "CronJob" => "concepts/workloads/controllers/cron-jobs/",
        "Service" => "concepts/services-networking/service/",
        "EndpointSlice" => "concepts/services-networking/endpoint-slices/",
        "Ingress" => "concepts/services-networking/ingress/",
        "NetworkPolicy" => "concepts/services-networking/network-policies/",
        "Node" => "concepts/architecture/nodes/",
        "ConfigMap" => "concepts/configuration/configmap/",
        "Secret" => "concepts/configuration/secret/",
        "PersistentVolume" | "PersistentVolumeClaim" => "concepts/storage/persistent-volumes/",
        "Namespace" => "concepts/overview/working-with-objects/namespaces/",
        "HorizontalPodAutoscaler" => "concepts/workloads/autoscaling/horizontal-pod-autoscale/",
        _ => return None,
    };
    Some(address(page, language))
}

/// The page about a reason of an event or of a container's state, in the reader's language.
#[must_use]
pub fn of_reason(reason: &str, language: Language) -> Option<String> {
    let page = match reason {
        "FailedScheduling" | "Scheduled" | "Preempted" => "concepts/scheduling-eviction/kube-scheduler/",
        "BackOff" | "CrashLoopBackOff" | "Error" | "Completed" => {
            "concepts/workloads/pods/pod-lifecycle/#container-states"
        }
        "Unhealthy" | "ProbeWarning" => "concepts/configuration/liveness-readiness-startup-probes/",
        "OOMKilled" => "concepts/configuration/manage-resources-containers/",
        "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "Pulling" | "Pulled" => {
            "concepts/containers/images/"
        }
        "Killing" => "concepts/workloads/pods/pod-lifecycle/#pod-termination",
        "TaintManagerEviction" => "concepts/scheduling-eviction/taint-and-toleration/",
        "NodeNotReady" | "NodeHasSufficientMemory" => "concepts/architecture/nodes/",
        "ScalingReplicaSet" | "ProgressDeadlineExceeded" => "concepts/workloads/controllers/deployment/",
        _ => return None,
    };
    Some(address(page, language))
}

fn address(page: &str, language: Language) -> String {
    match language {
        Language::English => format!("{SITE}/docs/{page}"),
        Language::Chinese => format!("{SITE}/zh-cn/docs/{page}"),
    }
}
