//! A command that may take time: one of kubectl, or a program in a container.

use super::call::Exec;
use crate::api::Resource;
use crate::api::core::Pod;
use crate::cluster::Cluster;
use crate::kubectl::{Invocation, Output};
use crate::kubelet::ExecHandle;
use crate::sim::{Duration, SimTime};

/// The exit code of a program that could not be started; its output says why.
pub const NOT_STARTED: i32 = -1;
/// The exit code of a program whose pod was deleted: 128 and the number of SIGKILL.
const KILLED: i32 = 137;
/// How often a program is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// What goes on.
#[derive(Clone, Debug)]
pub(super) enum Running {
    Kubectl(Invocation),
    Exec(RunningExec),
}

/// A program in a container.
#[derive(Clone, Debug)]
pub(super) struct RunningExec {
    exec: Exec,
    /// None when it has ended.
    handle: Option<ExecHandle>,
    output: Output,
}

impl Running {
    /// Starts a program in a container.
    pub(super) fn exec(cluster: &mut Cluster, exec: &Exec) -> Self {
        let mut running = RunningExec {
            exec: exec.clone(),
            handle: None,
            output: Output::default(),
        };
        match running.start(cluster) {
            Ok(handle) => running.handle = Some(handle),
            Err(why) => {
                running.output.stderr = why;
                running.output.code = Some(NOT_STARTED);
            }
        }
        Self::Exec(running)
    }

    /// Looks how far it is. Gives when to look again; none when it is done.
    pub(super) fn poll(&mut self, cluster: &mut Cluster) -> Option<SimTime> {
        match self {
            Self::Kubectl(invocation) => invocation.poll(cluster),
            Self::Exec(running) => running.poll(cluster),
        }
    }

    /// What it printed so far.
    pub(super) const fn output(&self) -> &Output {
        match self {
            Self::Kubectl(invocation) => invocation.output(),
            Self::Exec(running) => &running.output,
        }
    }

    /// Stops it, as Ctrl-C does. A program in a container goes on unseen.
    pub(super) fn interrupt(&mut self) {
        match self {
            Self::Kubectl(invocation) => invocation.interrupt(),
            Self::Exec(running) => {
                if running.handle.take().is_some() {
                    running.output.code = Some(130);
                }
            }
        }
    }
}

impl RunningExec {
    fn start(&mut self, cluster: &mut Cluster) -> Result<ExecHandle, String> {
        let place = &mut self.exec.place;
        let Some(pod) = cluster.api().get::<Pod>(&place.namespace, &place.pod) else {
            let status = crate::api::status::Status::not_found(Pod::KIND, &place.pod);
            return Err(status.message);
        };
        if place.container.is_empty() {
            let first = pod.spec.containers.first();
            place.container = first.map(|container| container.name.clone()).unwrap_or_default();
        }
        cluster.exec(&place.namespace, &place.pod, &place.container, &self.exec.command)
    }

    fn poll(&mut self, cluster: &mut Cluster) -> Option<SimTime> {
        let handle = self.handle.as_ref()?;
        let place = &self.exec.place;
        if let Some(result) = cluster.exec_result(handle) {
            self.output = Output {
                stdout: result.stdout,
                stderr: result.stderr,
                code: Some(result.exit_code),
            };
        } else if cluster.api().get::<Pod>(&place.namespace, &place.pod).is_none() {
            self.output.code = Some(KILLED);
        } else {
            return Some(cluster.now() + LOOK);
        }
        self.handle = None;
        None
    }
}
