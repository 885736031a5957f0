//! The table of the kinds that the API server serves: names, scope, categories, and what became of removed versions.

/// One kind in one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindInfo {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Version inside the group, e.g. `v1`.
    pub version: &'static str,
    /// Kind, e.g. `Deployment`.
    pub kind: &'static str,
    /// Resource name, e.g. `deployments`.
    pub plural: &'static str,
    /// Resource name of one, e.g. `deployment`.
    pub singular: &'static str,
    /// Short names that kubectl takes, e.g. `deploy`.
    pub short_names: &'static [&'static str],
    /// False for kinds that live outside namespaces.
    pub namespaced: bool,
    /// Groups of resources that kubectl takes, e.g. `all`.
    pub categories: &'static [&'static str],
    /// Package of the kind's type in the schema table, e.g. `apps`.
    pub package: &'static str,
}

impl KindInfo {
    /// `apiVersion` as written in a manifest: `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        join_api_version(self.group, self.version)
    }

    /// `plural` or `plural.group`, as error messages name a resource: `deployments.apps`.
    pub fn resource(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_owned()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    const fn named(mut self, kind: &'static str, plural: &'static str, singular: &'static str) -> Self {
        self.kind = kind;
        self.plural = plural;
        self.singular = singular;
        self
    }

    const fn short(mut self, names: &'static [&'static str]) -> Self {
        self.short_names = names;
        self
    }

    const fn in_categories(mut self, names: &'static [&'static str]) -> Self {
        self.categories = names;
        self
    }

    const fn cluster(mut self) -> Self {
        self.namespaced = false;
        self
    }
}

/// `group/version`, or the version alone for the core group.
pub fn join_api_version(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
}

/// Splits `apps/v1` into group and version; the core group is empty.
pub fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// The kind served under exactly this `apiVersion`.
pub fn find(api_version: &str, kind: &str) -> Option<&'static KindInfo> {
    let (group, version) = split_api_version(api_version);
    KINDS
        .iter()
        .find(|k| k.kind == kind && k.version == version && k.group == group)
}

/// The kind behind a word of a kubectl command: plural, singular, short name, or kind in any case; perhaps with
/// its group (`deployments.apps`, `deployments.v1.apps`). The first of the table wins, as the core group does in kubectl.
pub fn find_by_name(word: &str) -> Option<&'static KindInfo> {
    let lower = word.to_ascii_lowercase();
    let (name, rest) = lower.split_once('.').unwrap_or((&lower, ""));
    let named = |k: &KindInfo| {
        k.plural == name || k.singular == name || k.short_names.contains(&name) || k.kind.eq_ignore_ascii_case(name)
    };
    let placed = |k: &KindInfo| {
        rest.is_empty()
            || k.group == rest
            || rest
                .split_once('.')
                .is_some_and(|(v, g)| v == k.version && g == k.group)
    };
    KINDS.iter().find(|k| named(k) && placed(k))
}

/// The kind of a REST path: group, version and plural.
pub fn find_by_plural(group: &str, version: &str, plural: &str) -> Option<&'static KindInfo> {
    KINDS
        .iter()
        .find(|k| k.plural == plural && k.version == version && k.group == group)
}

const ALL: &[&str] = &["all"];
const EXTENSIONS: &[&str] = &["api-extensions"];
const GATEWAY: &[&str] = &["gateway-api"];

const fn version(group: &'static str, version: &'static str, package: &'static str) -> KindInfo {
    let (kind, plural, singular, short_names, categories): (_, _, _, &[&str], &[&str]) = ("", "", "", &[], &[]);
    KindInfo {
        group,
        version,
        kind,
        plural,
        singular,
        short_names,
        namespaced: true,
        categories,
        package,
    }
}

const CORE: KindInfo = version("", "v1", "core");
const ADMISSION: KindInfo = version("admissionregistration.k8s.io", "v1", "admissionregistration");
const APIEXTENSIONS: KindInfo = version("apiextensions.k8s.io", "v1", "apiextensions");
const APIREGISTRATION: KindInfo = version("apiregistration.k8s.io", "v1", "apiregistration");
const APPS: KindInfo = version("apps", "v1", "apps");
const AUTOSCALING_V2: KindInfo = version("autoscaling", "v2", "autoscaling2");
const AUTOSCALING_V1: KindInfo = version("autoscaling", "v1", "autoscaling1");
const BATCH: KindInfo = version("batch", "v1", "batch");
const CERTIFICATES: KindInfo = version("certificates.k8s.io", "v1", "certificates");
const COORDINATION: KindInfo = version("coordination.k8s.io", "v1", "coordination");
const DISCOVERY: KindInfo = version("discovery.k8s.io", "v1", "discovery");
const EVENTS: KindInfo = version("events.k8s.io", "v1", "events");
const FLOWCONTROL: KindInfo = version("flowcontrol.apiserver.k8s.io", "v1", "flowcontrol");
const GATEWAY_V1: KindInfo = version("gateway.networking.k8s.io", "v1", "gateway");
const GATEWAY_V1BETA1: KindInfo = version("gateway.networking.k8s.io", "v1beta1", "gateway");
const GATEWAY_V1ALPHA3: KindInfo = version("gateway.networking.k8s.io", "v1alpha3", "gateway");
const GATEWAY_V1ALPHA2: KindInfo = version("gateway.networking.k8s.io", "v1alpha2", "gateway");
const NETWORKING: KindInfo = version("networking.k8s.io", "v1", "networking");
const NODE: KindInfo = version("node.k8s.io", "v1", "node");
const POLICY: KindInfo = version("policy", "v1", "policy");
const RBAC: KindInfo = version("rbac.authorization.k8s.io", "v1", "rbac");
const RESOURCE: KindInfo = version("resource.k8s.io", "v1", "resource");
const SCHEDULING: KindInfo = version("scheduling.k8s.io", "v1", "scheduling");
const STORAGE: KindInfo = version("storage.k8s.io", "v1", "storage");

/// Every kind that is served, in kubectl's order of preference: core first, then the groups by name, the preferred
/// version of a group before the others.
#[rustfmt::skip]
pub const KINDS: &[KindInfo] = &[
    CORE.named("Binding", "bindings", "binding"),
    CORE.named("ComponentStatus", "componentstatuses", "componentstatus").cluster().short(&["cs"]),
    CORE.named("ConfigMap", "configmaps", "configmap").short(&["cm"]),
    CORE.named("Endpoints", "endpoints", "endpoints").short(&["ep"]),
    CORE.named("Event", "events", "event").short(&["ev"]),
    CORE.named("LimitRange", "limitranges", "limitrange").short(&["limits"]),
    CORE.named("Namespace", "namespaces", "namespace").cluster().short(&["ns"]),
    CORE.named("Node", "nodes", "node").cluster().short(&["no"]),
    CORE.named("PersistentVolumeClaim", "persistentvolumeclaims", "persistentvolumeclaim").short(&["pvc"]),
    CORE.named("PersistentVolume", "persistentvolumes", "persistentvolume").cluster().short(&["pv"]),
    CORE.named("Pod", "pods", "pod").short(&["po"]).in_categories(ALL),
    CORE.named("PodTemplate", "podtemplates", "podtemplate"),
    CORE.named("ReplicationController", "replicationcontrollers", "replicationcontroller").short(&["rc"]).in_categories(ALL),
    CORE.named("ResourceQuota", "resourcequotas", "resourcequota").short(&["quota"]),
    CORE.named("Secret", "secrets", "secret"),
    CORE.named("ServiceAccount", "serviceaccounts", "serviceaccount").short(&["sa"]),
    CORE.named("Service", "services", "service").short(&["svc"]).in_categories(ALL),
    ADMISSION.named("MutatingAdmissionPolicy", "mutatingadmissionpolicies", "mutatingadmissionpolicy").cluster().in_categories(EXTENSIONS),
    ADMISSION.named("MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", "mutatingadmissionpolicybinding").cluster().in_categories(EXTENSIONS),
    ADMISSION.named("MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "mutatingwebhookconfiguration").cluster().in_categories(EXTENSIONS),
    ADMISSION.named("ValidatingAdmissionPolicy", "validatingadmissionpolicies", "validatingadmissionpolicy").cluster().in_categories(EXTENSIONS),
    ADMISSION.named("ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", "validatingadmissionpolicybinding").cluster().in_categories(EXTENSIONS),
    ADMISSION.named("ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "validatingwebhookconfiguration").cluster().in_categories(EXTENSIONS),
    APIEXTENSIONS.named("CustomResourceDefinition", "customresourcedefinitions", "customresourcedefinition").cluster().short(&["crd", "crds"]).in_categories(EXTENSIONS),
    APIREGISTRATION.named("APIService", "apiservices", "apiservice").cluster().in_categories(EXTENSIONS),
    APPS.named("ControllerRevision", "controllerrevisions", "controllerrevision"),
    APPS.named("DaemonSet", "daemonsets", "daemonset").short(&["ds"]).in_categories(ALL),
    APPS.named("Deployment", "deployments", "deployment").short(&["deploy"]).in_categories(ALL),
    APPS.named("ReplicaSet", "replicasets", "replicaset").short(&["rs"]).in_categories(ALL),
    APPS.named("StatefulSet", "statefulsets", "statefulset").short(&["sts"]).in_categories(ALL),
    AUTOSCALING_V2.named("HorizontalPodAutoscaler", "horizontalpodautoscalers", "horizontalpodautoscaler").short(&["hpa"]).in_categories(ALL),
    AUTOSCALING_V1.named("HorizontalPodAutoscaler", "horizontalpodautoscalers", "horizontalpodautoscaler").short(&["hpa"]).in_categories(ALL),
    BATCH.named("CronJob", "cronjobs", "cronjob").short(&["cj"]).in_categories(ALL),
    BATCH.named("Job", "jobs", "job").in_categories(ALL),
    CERTIFICATES.named("CertificateSigningRequest", "certificatesigningrequests", "certificatesigningrequest").cluster().short(&["csr"]),
    COORDINATION.named("Lease", "leases", "lease"),
    DISCOVERY.named("EndpointSlice", "endpointslices", "endpointslice"),
    EVENTS.named("Event", "events", "event").short(&["ev"]),
    FLOWCONTROL.named("FlowSchema", "flowschemas", "flowschema").cluster(),
    FLOWCONTROL.named("PriorityLevelConfiguration", "prioritylevelconfigurations", "prioritylevelconfiguration").cluster(),
    GATEWAY_V1.named("BackendTLSPolicy", "backendtlspolicies", "backendtlspolicy").short(&["btlspolicy"]).in_categories(GATEWAY),
    GATEWAY_V1.named("GatewayClass", "gatewayclasses", "gatewayclass").cluster().short(&["gc"]).in_categories(GATEWAY),
    GATEWAY_V1.named("Gateway", "gateways", "gateway").short(&["gtw"]).in_categories(GATEWAY),
    GATEWAY_V1.named("GRPCRoute", "grpcroutes", "grpcroute").in_categories(GATEWAY),
    GATEWAY_V1.named("HTTPRoute", "httproutes", "httproute").in_categories(GATEWAY),
    GATEWAY_V1.named("ListenerSet", "listenersets", "listenerset").short(&["lset"]).in_categories(GATEWAY),
    GATEWAY_V1.named("ReferenceGrant", "referencegrants", "referencegrant").short(&["refgrant"]).in_categories(GATEWAY),
    GATEWAY_V1.named("TCPRoute", "tcproutes", "tcproute").in_categories(GATEWAY),
    GATEWAY_V1.named("TLSRoute", "tlsroutes", "tlsroute").in_categories(GATEWAY),
    GATEWAY_V1.named("UDPRoute", "udproutes", "udproute").in_categories(GATEWAY),
    GATEWAY_V1BETA1.named("GatewayClass", "gatewayclasses", "gatewayclass").cluster().short(&["gc"]).in_categories(GATEWAY),
    GATEWAY_V1BETA1.named("Gateway", "gateways", "gateway").short(&["gtw"]).in_categories(GATEWAY),
    GATEWAY_V1BETA1.named("HTTPRoute", "httproutes", "httproute").in_categories(GATEWAY),
    GATEWAY_V1BETA1.named("ReferenceGrant", "referencegrants", "referencegrant").short(&["refgrant"]).in_categories(GATEWAY),
    GATEWAY_V1ALPHA3.named("BackendTLSPolicy", "backendtlspolicies", "backendtlspolicy").short(&["btlspolicy"]).in_categories(GATEWAY),
    GATEWAY_V1ALPHA3.named("TLSRoute", "tlsroutes", "tlsroute").in_categories(GATEWAY),
    GATEWAY_V1ALPHA2.named("TCPRoute", "tcproutes", "tcproute").in_categories(GATEWAY),
    GATEWAY_V1ALPHA2.named("TLSRoute", "tlsroutes", "tlsroute").in_categories(GATEWAY),
    GATEWAY_V1ALPHA2.named("UDPRoute", "udproutes", "udproute").in_categories(GATEWAY),
    NETWORKING.named("IngressClass", "ingressclasses", "ingressclass").cluster(),
    NETWORKING.named("Ingress", "ingresses", "ingress").short(&["ing"]),
    NETWORKING.named("IPAddress", "ipaddresses", "ipaddress").cluster().short(&["ip"]),
    NETWORKING.named("NetworkPolicy", "networkpolicies", "networkpolicy").short(&["netpol"]),
    NETWORKING.named("ServiceCIDR", "servicecidrs", "servicecidr").cluster(),
    NODE.named("RuntimeClass", "runtimeclasses", "runtimeclass").cluster(),
    POLICY.named("PodDisruptionBudget", "poddisruptionbudgets", "poddisruptionbudget").short(&["pdb"]),
    RBAC.named("ClusterRoleBinding", "clusterrolebindings", "clusterrolebinding").cluster(),
    RBAC.named("ClusterRole", "clusterroles", "clusterrole").cluster(),
    RBAC.named("RoleBinding", "rolebindings", "rolebinding"),
    RBAC.named("Role", "roles", "role"),
    RESOURCE.named("DeviceClass", "deviceclasses", "deviceclass").cluster(),
    RESOURCE.named("ResourceClaim", "resourceclaims", "resourceclaim"),
    RESOURCE.named("ResourceClaimTemplate", "resourceclaimtemplates", "resourceclaimtemplate"),
    RESOURCE.named("ResourceSlice", "resourceslices", "resourceslice").cluster(),
    SCHEDULING.named("PriorityClass", "priorityclasses", "priorityclass").cluster().short(&["pc"]),
    STORAGE.named("CSIDriver", "csidrivers", "csidriver").cluster(),
    STORAGE.named("CSINode", "csinodes", "csinode").cluster(),
    STORAGE.named("CSIStorageCapacity", "csistoragecapacities", "csistoragecapacity"),
    STORAGE.named("StorageClass", "storageclasses", "storageclass").cluster().short(&["sc"]),
    STORAGE.named("VolumeAttachment", "volumeattachments", "volumeattachment").cluster(),
    STORAGE.named("VolumeAttributesClass", "volumeattributesclasses", "volumeattributesclass").cluster().short(&["vac"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_every_name() {
        for (word, want) in [
            ("po", "v1 Pod"),
            ("pods", "v1 Pod"),
            ("Pod", "v1 Pod"),
            ("deploy", "apps/v1 Deployment"),
            ("deployments.apps", "apps/v1 Deployment"),
            ("deployment.v1.apps", "apps/v1 Deployment"),
            ("events", "v1 Event"),
            ("events.events.k8s.io", "events.k8s.io/v1 Event"),
            ("hpa", "autoscaling/v2 HorizontalPodAutoscaler"),
            ("httproute", "gateway.networking.k8s.io/v1 HTTPRoute"),
        ] {
            let got = find_by_name(word).map(|k| format!("{} {}", k.api_version(), k.kind));
            assert_eq!(got.as_deref(), Some(want), "{word}");
        }
        assert_eq!(find_by_name("foo"), None);
        assert_eq!(find_by_name("pods.apps"), None);
    }

    #[test]
    fn no_kind_is_listed_twice() {
        for (i, k) in KINDS.iter().enumerate() {
            assert_eq!(k.singular, k.kind.to_ascii_lowercase());
            let twins = KINDS
                .iter()
                .filter(|o| (o.group, o.version, o.kind) == (k.group, k.version, k.kind));
            assert_eq!(twins.count(), 1, "{} at {i}", k.kind);
        }
    }
}
