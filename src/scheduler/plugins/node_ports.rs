//! Ports of the node that pods take.
// Models pkg/scheduler/framework/plugins/nodeports/node_ports.go.

use std::rc::Rc;

use crate::scheduler::cache::{HostPort, NodeInfo, PodInfo};
use crate::scheduler::framework::{
    Action, ClusterEvent, Filter, Handle, Interest, Plugin, PluginName, PreFilter, Rejection, Verdict,
};

/// The plugin.
pub(super) struct NodePorts;

struct Wanted(Vec<HostPort>);

impl Plugin for NodePorts {
    fn name(&self) -> PluginName {
        PluginName::NodePorts
    }

    fn pre_filter(&self, _handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> PreFilter {
        if pod.host_ports.is_empty() {
            return PreFilter::Skip;
        }
        PreFilter::Filter(Box::new(Wanted(pod.host_ports.clone())))
    }

    fn interests(&self) -> &'static [Interest] {
        &[Interest::Pod(Action::DELETE), Interest::Node(Action::ADD)]
    }

    fn hint(&self, _handle: &mut Handle<'_>, pod: &PodInfo, event: &ClusterEvent) -> bool {
        let Some(gone) = event.old_pod() else { return true };
        if gone.spec.node_name.is_empty() && gone.status.nominated_node_name.is_empty() {
            return false;
        }
        let freed = PodInfo::new(gone).host_ports;
        pod.host_ports
            .iter()
            .any(|wanted| freed.iter().any(|port| port.conflicts(wanted)))
    }
}

impl Filter for Wanted {
    fn filter(&self, node: &NodeInfo) -> Verdict {
        if self.0.iter().all(|port| node.port_is_free(port)) {
            return Ok(());
        }
        Err(Rejection::unschedulable(
            "node(s) didn't have free ports for the requested pod ports",
        ))
    }

    fn fork(&self) -> Box<dyn Filter> {
        Box::new(Self(self.0.clone()))
    }
}
