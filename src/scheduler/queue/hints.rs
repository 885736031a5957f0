//! Which events may help which pods, and which pods may not be tried at all.

use crate::sim::btree::BTreeSet;

use super::{Number, Queue};
use crate::api::Str;
use crate::scheduler::cache::PodInfo;
use crate::scheduler::framework::{Action, ClusterEvent, Handle, Interest, PluginName};
use crate::scheduler::plugins;

/// What keeps a pod from being tried.
pub struct PreEnqueue<'a> {
    /// Pods whose victims are not deleted yet.
    pub preempting: &'a BTreeSet<Str>,
}

impl PreEnqueue<'_> {
    /// The plugin that holds the pod back.
    // Models pkg/scheduler/framework/plugins/schedulinggates and defaultpreemption PreEnqueue.
    pub(super) fn holds_back(&self, pod: &PodInfo) -> Option<PluginName> {
        if !pod.pod.spec.scheduling_gates.is_empty() {
            return Some(PluginName::SchedulingGates);
        }
        self.preempting
            .contains(pod.uid())
            .then_some(PluginName::DefaultPreemption)
    }
}

/// The events that a plugin which is not asked about nodes wants to hear of.
const fn gate_interests(plugin: PluginName) -> &'static [Interest] {
    match plugin {
        PluginName::SchedulingGates => &[Interest::Pod(Action::POD_GATES_GONE)],
        PluginName::DefaultPreemption => &[Interest::Pod(Action::DELETE)],
        _ => &[],
    }
}

fn wants(interests: &[Interest], event: &ClusterEvent) -> bool {
    interests.iter().any(|interest| event.interests(*interest))
}

impl Queue {
    /// Pods in the pool that a plugin which hears of the event refused.
    pub(super) fn interested(&self, event: &ClusterEvent) -> Vec<Number> {
        if self.unschedulable.is_empty() && self.gated.is_empty() {
            return Vec::new();
        }
        let mut numbers: BTreeSet<Number> = self.refused_by_none.clone();
        for (plugin, refused) in &self.refused_by {
            if wants(interests(*plugin), event) {
                numbers.extend(refused.iter().copied());
            }
        }
        numbers.into_iter().collect()
    }

    /// Whether the event might help the pod, by the word of a plugin that refused it.
    // Models pkg/scheduler/backend/queue/scheduling_queue.go isPodWorthRequeuing.
    pub(super) fn worth_requeuing(&self, handle: &mut Handle<'_>, number: Number, event: &ClusterEvent) -> bool {
        let Some(waiting) = self.pods.get(&number) else {
            return false;
        };
        if waiting.gated_by.is_some_and(|plugin| !wants(interests(plugin), event)) {
            return false;
        }
        if waiting.rejectors.is_empty() {
            return true;
        }
        // The last gate was taken off this very pod.
        let ungated = waiting.rejectors.has(PluginName::SchedulingGates)
            && wants(gate_interests(PluginName::SchedulingGates), event)
            && event.new_pod().is_some_and(|pod| pod.meta.uid == *waiting.pod.uid());
        let helps = |plugin: &&&dyn crate::scheduler::framework::Plugin| {
            waiting.rejectors.has(plugin.name()) && wants(plugin.interests(), event)
        };
        let pod = waiting.pod.clone();
        ungated
            || plugins::ALL
                .iter()
                .filter(helps)
                .any(|plugin| plugin.hint(handle, &pod, event))
    }
}

fn interests(plugin: PluginName) -> &'static [Interest] {
    let asked = plugins::ALL.iter().find(|known| known.name() == plugin);
    asked.map_or_else(|| gate_interests(plugin), |known| known.interests())
}
