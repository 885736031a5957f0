//! The end of a pod: its containers are stopped, its volumes unmounted, its object deleted.

use super::actions::KillReason;
use super::agent::{Host, PodAgent, purpose};
use super::kill::{Killing, Order, prerequisites};
use super::probes::ProbeKind;
use super::status::terminate;
use super::volumes::UNMOUNT;
use super::worker::{Activity, RoundEnd};
use crate::api::Str;
use crate::sim::SimTime;

impl PodAgent {
    // Models pkg/kubelet SyncTerminatingPod
    pub(super) fn begin_termination(&mut self, host: &mut Host<'_, '_>) -> Option<RoundEnd> {
        let view = self.seen.clone();
        let mut status = self.generate_status(host, &view, false);
        self.apply_eviction(&mut status);
        self.set_status(host, status, false);
        self.stop_liveness_and_startup(host);
        let mut kill = Killing::default();
        let pod = self.pod.clone();
        let running: Vec<(Str, Str)> = view.running().map(|c| (c.id.clone(), c.name.clone())).collect();
        for (id, name) in &running {
            let order = Order {
                id,
                name,
                message: "",
                reason: KillReason::Unknown,
                grace_s: self.worker.grace_s,
                waits_for: prerequisites(&pod, name),
            };
            kill.add(host, self, order);
        }
        self.advance_termination(host, kill)
    }

    pub(super) fn advance_termination(&mut self, host: &mut Host<'_, '_>, mut kill: Killing) -> Option<RoundEnd> {
        let next = kill.advance(host, self);
        if !kill.is_done() {
            match next {
                Some(at) => host.ctx.arm(purpose::WORK, self.id, at),
                None => host.ctx.disarm(purpose::WORK, self.id),
            }
            self.worker.activity = Activity::Terminating(kill);
            return None;
        }
        self.stop_sandboxes(host);
        self.remove_probes(host);
        let ip = self.view.ip.clone();
        let mut stopped = self.view.clone();
        stopped.ip = ip;
        let status = self.generate_status(host, &stopped, true);
        self.set_status(host, status, false);
        Some(RoundEnd::Terminated)
    }

    // Models pkg/kubelet SyncTerminatedPod
    pub(super) fn begin_terminated(&mut self, host: &mut Host<'_, '_>) -> Option<RoundEnd> {
        let view = self.seen.clone();
        let status = self.generate_status(host, &view, true);
        self.set_status(host, status, false);
        let unmounted = self.worker.terminated_at.unwrap_or(host.ctx.now) + UNMOUNT;
        let until = if host.ctx.now < unmounted {
            host.ctx.now + super::volumes::POLL
        } else {
            host.ctx.now
        };
        self.advance_unmounting(host, until)
    }

    pub(super) fn advance_unmounting(&mut self, host: &mut Host<'_, '_>, until: SimTime) -> Option<RoundEnd> {
        if host.ctx.now < until {
            host.ctx.arm(purpose::WORK, self.id, until);
            self.worker.activity = Activity::Unmounting { until };
            return None;
        }
        let known = self.status.as_ref().map_or(&self.pod.status, |entry| &entry.status);
        let last = terminate(&self.pod, known);
        self.set_status(host, last, true);
        if let Some(entry) = &mut self.status {
            entry.finished = true;
        }
        Some(RoundEnd::Finished)
    }

    fn stop_liveness_and_startup(&mut self, host: &mut Host<'_, '_>) {
        self.probes.stop(|kind| kind != ProbeKind::Readiness);
        self.arm_probes(host);
    }

    fn remove_probes(&mut self, host: &mut Host<'_, '_>) {
        self.probes.stop(|_| true);
        self.arm_probes(host);
    }
}
