//! Keeps a pod that names its node on that node.
// Models pkg/scheduler/framework/plugins/nodename/node_name.go.

use std::rc::Rc;

use crate::api::Str;
use crate::scheduler::cache::{NodeInfo, PodInfo};
use crate::scheduler::framework::{
    Action, Filter, Handle, Interest, Plugin, PluginName, PreFilter, Rejection, Verdict,
};

/// The plugin.
pub(super) struct NodeName;

struct Named(Str);

impl Plugin for NodeName {
    fn name(&self) -> PluginName {
        PluginName::NodeName
    }

    fn pre_filter(&self, _handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> PreFilter {
        let name = &pod.pod.spec.node_name;
        if name.is_empty() {
            PreFilter::Skip
        } else {
            PreFilter::Filter(Box::new(Named(name.clone())))
        }
    }

    fn interests(&self) -> &'static [Interest] {
        &[Interest::Node(Action::ADD)]
    }
}

impl Filter for Named {
    fn filter(&self, node: &NodeInfo) -> Verdict {
        if *node.name() == self.0 {
            return Ok(());
        }
        Err(Rejection::unresolvable("node(s) didn't match the requested node name"))
    }

    fn fork(&self) -> Box<dyn Filter> {
        Box::new(Self(self.0.clone()))
    }
}
