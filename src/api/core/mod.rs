//! `v1`: pods, nodes, services and what they use.

mod config;
pub mod conformance;
mod container;
mod event;
mod node;
mod pod;
mod probe;
mod qos;
mod resources;
mod service;
mod volume;

pub use config::{ConfigMap, Namespace, NamespaceStatus, Secret};
pub use container::{
    ConfigMapKeySelector, Container, ContainerPort, ContainerResizePolicy, EnvFromSource, EnvVar, EnvVarSource,
    NameOptional, ObjectFieldSelector, ResourceFieldSelector, ResourceList, ResourceRequirements, RestartRule,
    RestartRuleExitCodes, SecretKeySelector, VolumeMount,
};
pub use event::{Event, EventSeries, EventSource};
pub use node::{Address, ContainerImage, Node, NodeCondition, NodeSpec, NodeStatus, NodeSystemInfo, Taint};
pub use pod::{
    Affinity, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus,
    HostIp, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodAffinity, PodAffinityTerm,
    PodAntiAffinity, PodIp, PodReadinessGate, PodSchedulingGate, PodSpec, PodStatus, PodTemplateSpec,
    PreferredSchedulingTerm, Toleration, TopologySpreadConstraint, VolumeMountStatus, WeightedPodAffinityTerm,
};
pub use probe::{
    ExecAction, GrpcAction, HttpGetAction, HttpHeader, Lifecycle, LifecycleHandler, Probe, SleepAction, TcpSocketAction,
};
pub use qos::qos_class;
pub use resources::{add_resources, pod_level_requests_set, pod_limits, pod_requests, pod_requests_or, with_pod_level};
pub use service::{
    ClientIpConfig, LoadBalancerIngress, LoadBalancerStatus, Service, ServicePort, ServiceSpec, ServiceStatus,
    SessionAffinityConfig,
};
pub use volume::{
    ClaimTemplate, ConfigMapVolumeSource, EmptyDirVolumeSource, EphemeralVolumeSource, HostPathVolumeSource,
    ImageVolumeSource, KeyToPath, NfsVolumeSource, PersistentVolumeClaimVolumeSource, SecretVolumeSource, Volume,
};
