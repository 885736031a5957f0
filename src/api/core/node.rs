//! Nodes.

use std::rc::Rc;

use crate::api::Str;
use crate::api::core::ResourceList;
use crate::api::meta::{Condition, ObjectMeta};
use crate::api::time::Time;

lean! {
    /// A machine of the cluster.
    pub struct Node {
        meta: ObjectMeta = "metadata" 'always,
        spec: NodeSpec = "spec" 'always,
        status: NodeStatus = "status" 'always,
    }

    /// What is wanted of a node.
    pub struct NodeSpec {
        pod_cidr: Str = "podCIDR",
        pod_cidrs: Rc<[Str]> = "podCIDRs",
        provider_id: Str = "providerID",
        unschedulable: bool = "unschedulable",
        taints: Rc<[Taint]> = "taints",
    }

    /// What keeps pods off a node unless they tolerate it.
    pub struct Taint {
        key: Str = "key" 'always,
        value: Str = "value",
        effect: Str = "effect" 'always,
        time_added: Option<Time> = "timeAdded",
    }

    /// How a node is.
    pub struct NodeStatus {
        capacity: Rc<ResourceList> = "capacity",
        allocatable: Rc<ResourceList> = "allocatable",
        conditions: Rc<[NodeCondition]> = "conditions",
        addresses: Rc<[Address]> = "addresses",
        node_info: Rc<NodeSystemInfo> = "nodeInfo" 'always,
        images: Rc<[ContainerImage]> = "images",
    }

    /// An address of a node.
    pub struct Address {
        kind: Str = "type" 'always,
        address: Str = "address" 'always,
    }

    /// What runs on a node.
    pub struct NodeSystemInfo {
        architecture: Str = "architecture" 'always,
        boot_id: Str = "bootID" 'always,
        container_runtime_version: Str = "containerRuntimeVersion" 'always,
        kernel_version: Str = "kernelVersion" 'always,
        kube_proxy_version: Str = "kubeProxyVersion" 'always,
        kubelet_version: Str = "kubeletVersion" 'always,
        machine_id: Str = "machineID" 'always,
        operating_system: Str = "operatingSystem" 'always,
        os_image: Str = "osImage" 'always,
        system_uuid: Str = "systemUUID" 'always,
    }

    /// An image that a node has.
    pub struct ContainerImage {
        names: Rc<[Str]> = "names",
        size_bytes: i64 = "sizeBytes",
    }
}

/// A condition of a node.
pub type NodeCondition = Condition;
