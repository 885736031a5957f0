//! What a person or the network does with the processes of a pod.

use super::Cluster;
use crate::api::Str;
use crate::client::{Component, ComponentId, Ctx};
use crate::kubelet::runtime::{EffectResult, ExecResult, HttpOutcome, HttpRequest};
use crate::kubelet::stock::BehaviourRule;
use crate::kubelet::{ExecHandle, Kubelets, PodEffect};

impl Cluster {
    /// Lets the kubelets act now.
    fn enter_kubelets<T>(&mut self, act: impl FnOnce(&mut Kubelets, &mut Ctx<'_>) -> T) -> T {
        let kubelets = &mut self.components.kubelet;
        let mut ctx = Ctx {
            now: self.now,
            api: &mut self.api,
            delays: &self.delays,
            seed: self.seed,
            name: kubelets.name(),
            id: KUBELET,
            queue: &mut self.queue,
        };
        let result = act(kubelets, &mut ctx);
        self.route();
        result
    }

    /// Starts a command in a container; [`Cluster::exec_result`] gives its outcome as time goes on.
    ///
    /// # Errors
    /// With the words of the kubelet or the runtime.
    pub fn exec(&mut self, namespace: &str, pod: &str, container: &str, command: &[Str]) -> Result<ExecHandle, String> {
        let result = self.enter_kubelets(|kubelets, ctx| kubelets.exec(ctx, namespace, pod, container, command));
        self.serve_effects();
        result
    }

    /// What came of a command; none while it runs.
    pub fn exec_result(&mut self, handle: &ExecHandle) -> Option<ExecResult> {
        self.components.kubelet.exec_result(handle)
    }

    /// A request to a pod's port, answered by the process that listens there.
    pub fn pod_http(&mut self, namespace: &str, pod: &str, request: &HttpRequest) -> HttpOutcome {
        let outcome = self.http_of_pod(namespace, pod, request);
        self.serve_effects();
        outcome
    }

    /// The same, while what processes want is being seen to.
    pub(super) fn http_of_pod(&mut self, namespace: &str, pod: &str, request: &HttpRequest) -> HttpOutcome {
        self.enter_kubelets(|kubelets, ctx| kubelets.http(ctx, namespace, pod, request))
    }

    /// Sets what a scenario says of containers.
    pub fn set_behaviours(&mut self, rules: Vec<BehaviourRule>) {
        self.components.kubelet.set_behaviours(rules);
    }

    /// Gives a process what it waited for.
    pub(super) fn resolve_effect(&mut self, wanted: &PodEffect, result: EffectResult) {
        self.enter_kubelets(|kubelets, ctx| kubelets.resolve(ctx, wanted, result));
    }
}

/// The kubelets' number among the components.
const KUBELET: ComponentId = ComponentId(2);
