//! Looking at the runtime: what changed since the last look wakes the worker.

use std::rc::Rc;

use super::agent::{Host, PodAgent};
use super::podview::{ContainerState, PodView};

impl PodAgent {
    /// Looks at the pod in the runtime; what has started or ended asks for a round.
    // Models pkg/kubelet/pleg GenericPLEG.reconcilePodRecord
    pub(super) fn relist(&mut self, host: &mut Host<'_, '_>) {
        host.node.dirty.remove(&self.id);
        self.worker.is_fresh = true;
        if *self.seen == self.view {
            return;
        }
        let worthy = is_worth_a_round(&self.seen, &self.view);
        self.seen = Rc::new(self.view.clone());
        if worthy {
            self.request_round();
        }
    }
}

/// Whether something started or ended. Containers made or removed are no news.
fn is_worth_a_round(old: &PodView, new: &PodView) -> bool {
    let started_or_ended = new.containers.iter().any(|container| {
        let before = old.by_id(&container.id).map(|before| before.state);
        before != Some(container.state) && matches!(container.state, ContainerState::Running | ContainerState::Exited)
    });
    let vanished = old.running().any(|container| new.by_id(&container.id).is_none());
    let sandbox = new.sandboxes.iter().any(|sandbox| {
        let before = old.sandboxes.iter().find(|before| before.id == sandbox.id);
        before.is_none_or(|before| before.ready != sandbox.ready)
    });
    started_or_ended || vanished || sandbox
}
