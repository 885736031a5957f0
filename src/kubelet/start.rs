//! Starting one container: back-off, image, configuration, creation, start, postStart hook.

use std::rc::Rc;

use super::actions::KillReason;
use super::agent::{Host, PodAgent, container_spec, pod_text};
use super::config;
use super::hooks::{Hook, HookState};
use super::images::{Ensure, PullDone, Wanted};
use super::kill::{Killing, Order};
use super::node::CrashKey;
use super::podview::{ContainerState, ContainerView, PodView};
use super::restart::is_sidecar;
use super::runtime::Image;
use crate::api::Str;
use crate::api::core::{Container, PodSpec};
use crate::api::duration::go_duration;
use crate::client::Severity;
use crate::sim::{Duration, SimTime};

/// Where a container stands in the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Ephemeral(u32),
    Init(u32),
    Regular(u32),
}

/// A container that is being started.
#[derive(Clone, Debug)]
pub(super) struct Starting {
    place: Place,
    name: Str,
    is_sidecar: bool,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    Backoff,
    Image,
    Pulling {
        done: Option<PullDone>,
    },
    Create {
        image: Rc<Image>,
    },
    Start {
        at: SimTime,
        id: Str,
        spec: Box<super::cri::ContainerSpec>,
        image: Rc<Image>,
    },
    PostStart {
        id: Str,
        hook: HookState,
    },
    Undo {
        kill: Killing,
        message: String,
    },
}

/// How far a start is.
pub(super) enum Started {
    Waits(Option<SimTime>),
    Runs,
    Failed(Failure),
}

/// Why a container does not run.
pub(super) struct Failure {
    /// Reason of its waiting state.
    pub(super) reason: &'static str,
    /// Message of its waiting state.
    pub(super) message: String,
    /// The end of the back-off, where one is on.
    pub(super) until: Option<SimTime>,
}

/// From the order to create a container to the container.
const CREATE: Duration = Duration::from_millis(3);

impl Place {
    fn container(self, spec: &PodSpec) -> Option<&Container> {
        match self {
            Self::Ephemeral(index) => spec.ephemeral_containers.get(index as usize),
            Self::Init(index) => spec.init_containers.get(index as usize),
            Self::Regular(index) => spec.containers.get(index as usize),
        }
    }
}

fn failed(reason: &'static str, message: String) -> Started {
    Started::Failed(Failure {
        reason,
        message,
        until: None,
    })
}

impl Starting {
    pub(super) fn begin(agent: &PodAgent, place: Place) -> Self {
        let container = place.container(&agent.pod.spec);
        let name = container.map_or_else(|| "".into(), |container| container.name.clone());
        Self {
            place,
            name,
            is_sidecar: container.is_some_and(is_sidecar),
            stage: Stage::Backoff,
        }
    }

    pub(super) const fn name(&self) -> &Str {
        &self.name
    }

    pub(super) const fn killing(&self) -> Option<&Killing> {
        match &self.stage {
            Stage::Undo { kill, .. } => Some(kill),
            _ => None,
        }
    }

    pub(super) const fn pulling(&self) -> Option<&Str> {
        match &self.stage {
            Stage::Pulling { done: None } => Some(&self.name),
            _ => None,
        }
    }

    pub(super) fn note_pull(&mut self, result: PullDone) {
        if let Stage::Pulling { done } = &mut self.stage {
            *done = Some(result);
        }
    }

    /// Whether a failure of this container keeps the ones after it from being started.
    pub(super) fn stops_the_rest(&self) -> bool {
        matches!(self.place, Place::Init(_)) && !self.is_sidecar
    }

    /// Goes on as far as it can. `view` is the runtime as the round saw it at its beginning.
    // Models pkg/kubelet/kuberuntime startContainer
    pub(super) fn advance(&mut self, host: &mut Host<'_, '_>, agent: &mut PodAgent, view: &PodView) -> Started {
        let pod = agent.pod.clone();
        let Some((container, part)) = container_spec(&pod.spec, &self.name) else {
            return failed("CreateContainerError", "the container is not in the spec".to_owned());
        };
        let mut step = Step {
            host,
            agent,
            view,
            container,
            part: &part,
        };
        loop {
            match step.take(&mut self.stage) {
                Ok(()) => {}
                Err(outcome) => return outcome,
            }
        }
    }
}

/// One container of one pod, and where it is on its way.
struct Step<'s, 'a, 'b> {
    host: &'s mut Host<'a, 'b>,
    agent: &'s mut PodAgent,
    view: &'s PodView,
    container: &'s Container,
    part: &'s str,
}

impl Step<'_, '_, '_> {
    /// One stage; the error is where the way ends for now.
    fn take(&mut self, stage: &mut Stage) -> Result<(), Started> {
        let now = self.host.ctx.now;
        *stage = match stage {
            Stage::Backoff => {
                self.check_backoff()?;
                Stage::Image
            }
            Stage::Image => self.ensure_image()?,
            Stage::Pulling { done: None } => return Err(Started::Waits(None)),
            Stage::Pulling { done: Some(done) } => Stage::Create {
                image: self.pulled(done)?,
            },
            Stage::Create { image } => self.create(image)?,
            Stage::Start { at, .. } if now < *at => return Err(Started::Waits(Some(*at))),
            Stage::Start { id, spec, image, .. } => self.start(id, spec, image)?,
            Stage::PostStart { id, hook } => match hook.advance(self.host, self.agent, id) {
                Hook::Running => return Err(Started::Waits(hook.next_at())),
                Hook::Done => return Err(Started::Runs),
                Hook::Failed(message) => self.undo(id, message),
            },
            Stage::Undo { kill, message } => {
                let next = kill.advance(self.host, self.agent);
                let done = kill.is_done();
                return Err(if done {
                    failed("PostStartHookError", message.clone())
                } else {
                    Started::Waits(next)
                });
            }
        };
        Ok(())
    }

    fn event(&mut self, severity: Severity, reason: &str, message: &str) {
        self.host.event_on(self.agent, self.part, severity, reason, message);
    }

    /// An event about an error, and the outcome.
    fn fail(&mut self, reason: &'static str, shown: &str, message: String) -> Started {
        self.event(Severity::Warning, "Failed", &format!("Error: {shown}"));
        failed(reason, message)
    }

    // Models pkg/kubelet/kuberuntime doBackOff
    fn check_backoff(&mut self) -> Result<(), Started> {
        let Some(last) = self.view.last_exited(&self.container.name) else {
            return Ok(());
        };
        let now = self.host.ctx.now;
        let key = CrashKey::new(&self.agent.pod, self.container);
        let Some(wait) = self.host.node.crashes.in_force_since(&key, last.finished_at, now) else {
            self.host.node.crashes.next(key, last.finished_at, now);
            return Ok(());
        };
        let (name, pod) = (&self.container.name, pod_text(&self.agent.pod));
        let told = format!("Back-off restarting failed container {name} in pod {pod}");
        self.event(Severity::Warning, "BackOff", &told);
        let wait_text = go_duration(i64::try_from(wait.0).unwrap_or(i64::MAX));
        Err(Started::Failed(Failure {
            reason: "CrashLoopBackOff",
            message: format!("back-off {wait_text} restarting failed container={name} pod={pod}"),
            until: Some(last.finished_at + wait),
        }))
    }

    // Models pkg/kubelet/images EnsureImageExists
    fn ensure_image(&mut self) -> Result<Stage, Started> {
        let requested = &self.container.image;
        let now = self.host.ctx.now;
        let wanted = Wanted {
            uid: &self.agent.pod.meta.uid,
            pod: self.agent.id,
            image: requested,
            policy: &self.container.image_pull_policy,
            is_denied: self.agent.has_no_credentials(self.host),
        };
        match self.host.node.images.ensure(&wanted, now) {
            Ensure::Present(image) => {
                let told = format!(
                    "Container image \"{requested}\" already present on machine and can be accessed by the pod"
                );
                self.event(Severity::Normal, "Pulled", &told);
                Ok(Stage::Create { image })
            }
            Ensure::Pull => {
                self.event(Severity::Normal, "Pulling", &format!("Pulling image \"{requested}\""));
                self.host.node.begin_pull(self.host.ctx, self.host.stock);
                Ok(Stage::Pulling { done: None })
            }
            Ensure::BackOff { message } => {
                self.event(
                    Severity::Normal,
                    "BackOff",
                    &format!("Back-off pulling image \"{requested}\""),
                );
                Err(self.fail("ImagePullBackOff", "ImagePullBackOff", message))
            }
            Ensure::Never => {
                let message = format!("Container image \"{requested}\" is not present with pull policy of Never");
                self.event(Severity::Warning, "ErrImageNeverPull", &message);
                Err(self.fail("ErrImageNeverPull", "ErrImageNeverPull", message))
            }
            Ensure::Invalid { message } => {
                self.event(Severity::Warning, "InspectFailed", &message);
                Err(self.fail("InvalidImageName", "InvalidImageName", message))
            }
        }
    }

    fn pulled(&mut self, done: &PullDone) -> Result<Rc<Image>, Started> {
        let requested = &self.container.image;
        match &done.result {
            Ok(image) => {
                let text =
                    |span: Duration| go_duration(i64::try_from(span.0 / 1_000_000 * 1_000_000).unwrap_or(i64::MAX));
                let told = format!(
                    "Successfully pulled image \"{requested}\" in {} ({} including waiting). Image size: {} bytes.",
                    text(done.pulling),
                    text(done.waiting),
                    image.size_bytes
                );
                self.event(Severity::Normal, "Pulled", &told);
                Ok(image.clone())
            }
            Err(error) => {
                let told = format!("Failed to pull image \"{requested}\": {error}");
                self.event(Severity::Warning, "Failed", &told);
                Err(self.fail("ErrImagePull", "ErrImagePull", error.clone()))
            }
        }
    }

    fn create(&mut self, image: &Rc<Image>) -> Result<Stage, Started> {
        let attempt = self
            .view
            .find(&self.container.name)
            .map_or(0, |record| record.attempt + 1);
        let spec = match config::container_spec(self.host, self.agent, self.container, image, attempt) {
            Ok(spec) => spec,
            Err(error) => return Err(self.fail("CreateContainerConfigError", &error, error.clone())),
        };
        let id = self.agent.new_id(self.host.ctx);
        let now = self.host.ctx.now;
        let sandbox = self
            .agent
            .view
            .sandboxes
            .first()
            .map_or_else(|| "".into(), |sandbox| sandbox.id.clone());
        self.agent.prune_dead(&self.container.name);
        let record = ContainerView {
            id: id.clone(),
            name: self.container.name.clone(),
            sandbox,
            attempt,
            state: ContainerState::Created,
            created_at: now,
            started_at: SimTime::ZERO,
            finished_at: SimTime::ZERO,
            exit_code: 0,
            reason: "".into(),
            message: "".into(),
            requested_image: self.container.image.clone(),
            image: image.reference.clone(),
            image_id: image.id.clone(),
        };
        self.agent.view.containers.insert(0, record);
        self.event(Severity::Normal, "Created", "Container created");
        let at = now + CREATE + self.host.ctx.delays.container_start;
        Ok(Stage::Start {
            at,
            id,
            spec: Box::new(spec),
            image: image.clone(),
        })
    }

    fn start(&mut self, id: &Str, spec: &super::cri::ContainerSpec, image: &Rc<Image>) -> Result<Stage, Started> {
        let now = self.host.ctx.now;
        let result = self
            .agent
            .processes
            .start(id, spec.clone(), image, &mut self.host.stock.volumes, now);
        let Some(record) = self.agent.view.by_id_mut(id) else {
            return Err(failed("CreateContainerError", "the container is gone".to_owned()));
        };
        if let Err(error) = result {
            record.state = ContainerState::Exited;
            record.exit_code = error.code;
            record.reason = "StartError".into();
            record.message = error.message.as_str().into();
            record.finished_at = now;
            self.agent.mark_dirty(self.host);
            return Err(self.fail("RunContainerError", &error.message, error.message.clone()));
        }
        record.state = ContainerState::Running;
        record.started_at = now;
        self.agent.mark_dirty(self.host);
        self.event(Severity::Normal, "Started", "Container started");
        self.host.node.arm_eviction(self.host.ctx);
        self.agent.run_processes(self.host);
        let hook = self
            .container
            .lifecycle
            .as_ref()
            .and_then(|lifecycle| lifecycle.post_start.as_ref());
        match hook {
            None => Err(Started::Runs),
            Some(handler) => {
                let hook = HookState::begin(self.host, self.agent, id, self.container, handler);
                Ok(Stage::PostStart { id: id.clone(), hook })
            }
        }
    }

    /// The hook failed: the container is killed.
    fn undo(&mut self, id: &Str, message: String) -> Stage {
        self.event(Severity::Warning, "FailedPostStartHook", "PostStartHook failed");
        let mut kill = Killing::default();
        let name = self.container.name.clone();
        let order = Order {
            id,
            name: &name,
            message: "FailedPostStartHook",
            reason: KillReason::FailedPostStartHook,
            grace_s: None,
            waits_for: Vec::new(),
        };
        kill.add(self.host, self.agent, order);
        Stage::Undo { kill, message }
    }
}

impl PodAgent {
    /// Keeps of the dead containers of that name only the newest.
    fn prune_dead(&mut self, name: &str) {
        let mut kept = false;
        let processes = &mut self.processes;
        self.view.containers.retain(|record| {
            let dead = *record.name == *name && record.state != ContainerState::Running;
            let keep = !dead || !kept;
            kept |= dead;
            if !keep {
                processes.remove(&record.id);
            }
            keep
        });
    }
}
