//! Containers of a pod.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use crate::api::Str;
use crate::api::core::{Lifecycle, Probe};
use crate::api::quantity::Quantity;

/// Amounts by resource name.
pub type ResourceList = BTreeMap<Str, Quantity>;

lean! {
    /// A container, ordinary or init.
    pub struct Container {
        name: Str = "name" 'always,
        image: Str = "image",
        command: Rc<[Str]> = "command",
        args: Rc<[Str]> = "args",
        working_dir: Str = "workingDir",
        ports: Rc<[ContainerPort]> = "ports",
        env_from: Rc<[EnvFromSource]> = "envFrom",
        env: Rc<[EnvVar]> = "env",
        resources: ResourceRequirements = "resources" 'always,
        resize_policy: Rc<[ContainerResizePolicy]> = "resizePolicy",
        /// `Always` on an init container makes it a sidecar.
        restart_policy: Str = "restartPolicy",
        restart_policy_rules: Rc<[RestartRule]> = "restartPolicyRules",
        volume_mounts: Rc<[VolumeMount]> = "volumeMounts",
        liveness_probe: Option<Rc<Probe>> = "livenessProbe",
        readiness_probe: Option<Rc<Probe>> = "readinessProbe",
        startup_probe: Option<Rc<Probe>> = "startupProbe",
        lifecycle: Option<Rc<Lifecycle>> = "lifecycle",
        termination_message_path: Str = "terminationMessagePath",
        termination_message_policy: Str = "terminationMessagePolicy",
        image_pull_policy: Str = "imagePullPolicy",
    }

    /// A port that a container says it listens on.
    pub struct ContainerPort {
        name: Str = "name",
        host_port: i32 = "hostPort",
        container_port: i32 = "containerPort" 'always,
        protocol: Str = "protocol",
        host_ip: Str = "hostIP",
    }

    /// What a container asks for and may use at most.
    pub struct ResourceRequirements {
        limits: Rc<ResourceList> = "limits",
        requests: Rc<ResourceList> = "requests",
    }

    /// Whether a resize of a resource restarts the container.
    pub struct ContainerResizePolicy {
        resource_name: Str = "resourceName" 'always,
        restart_policy: Str = "restartPolicy" 'always,
    }

    /// A rule that decides on a restart before the policy does.
    pub struct RestartRule {
        action: Str = "action" 'always,
        exit_codes: Option<RestartRuleExitCodes> = "exitCodes",
    }

    /// The exit codes of a restart rule.
    pub struct RestartRuleExitCodes {
        operator: Str = "operator" 'always,
        values: Rc<[i32]> = "values",
    }

    /// An environment variable.
    pub struct EnvVar {
        name: Str = "name" 'always,
        value: Str = "value",
        value_from: Option<Rc<EnvVarSource>> = "valueFrom",
    }

    /// Where a variable's value comes from.
    pub struct EnvVarSource {
        field_ref: Option<ObjectFieldSelector> = "fieldRef",
        resource_field_ref: Option<ResourceFieldSelector> = "resourceFieldRef",
        config_map_key_ref: Option<ConfigMapKeySelector> = "configMapKeyRef",
        secret_key_ref: Option<SecretKeySelector> = "secretKeyRef",
    }

    /// A field of the pod.
    pub struct ObjectFieldSelector {
        api_version: Str = "apiVersion",
        field_path: Str = "fieldPath" 'always,
    }

    /// A resource of a container.
    pub struct ResourceFieldSelector {
        container_name: Str = "containerName",
        resource: Str = "resource" 'always,
        divisor: Option<Quantity> = "divisor",
    }

    /// A key of a ConfigMap.
    pub struct ConfigMapKeySelector {
        name: Str = "name",
        key: Str = "key" 'always,
        optional: bool = "optional",
    }

    /// A key of a Secret.
    pub struct SecretKeySelector {
        name: Str = "name",
        key: Str = "key" 'always,
        optional: bool = "optional",
    }

    /// All keys of a ConfigMap or Secret as variables.
    pub struct EnvFromSource {
        prefix: Str = "prefix",
        config_map_ref: Option<NameOptional> = "configMapRef",
        secret_ref: Option<NameOptional> = "secretRef",
    }

    /// A name that may be absent.
    pub struct NameOptional {
        name: Str = "name",
        optional: bool = "optional",
    }

    /// A volume in a container's file system.
    pub struct VolumeMount {
        name: Str = "name" 'always,
        read_only: bool = "readOnly",
        mount_path: Str = "mountPath" 'always,
        sub_path: Str = "subPath",
        sub_path_expr: Str = "subPathExpr",
    }
}
