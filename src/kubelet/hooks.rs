//! Life-cycle hooks: commands, requests and pauses around a container's life.

use super::agent::{Host, PodAgent, pod_text};
use super::cri::{ExecId, HttpOutcome};
use crate::api::Str;
use crate::api::core::{Container, LifecycleHandler};
use crate::sim::{Duration, SimTime};

/// A hook at work.
#[derive(Clone, Debug)]
pub(super) struct HookState {
    /// The beginning of the message when it fails.
    about: String,
    work: Work,
}

#[derive(Clone, Debug)]
enum Work {
    Exec {
        id: ExecId,
        command: Str,
    },
    /// It ends at that time, with an error or without.
    Until {
        at: SimTime,
        error: Option<String>,
    },
}

/// How far a hook is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hook {
    Running,
    Done,
    Failed(String),
}

/// How long a hook's request may take.
const HTTP_TIMEOUT: Duration = Duration::from_secs(30);

impl HookState {
    /// Begins a hook of a running container.
    // Models pkg/kubelet/lifecycle handlerRunner.Run
    pub(super) fn begin(
        host: &mut Host<'_, '_>,
        agent: &mut PodAgent,
        id: &Str,
        container: &Container,
        handler: &LifecycleHandler,
    ) -> Self {
        let kind = if let Some(exec) = &handler.exec {
            format!("Exec lifecycle hook ([{}])", exec.command.join(" "))
        } else if let Some(get) = &handler.http_get {
            format!("HTTP lifecycle hook ({})", get.path)
        } else if let Some(sleep) = &handler.sleep {
            format!("Sleep lifecycle hook ({})", sleep.seconds)
        } else {
            "Lifecycle hook".to_owned()
        };
        let (name, pod) = (&container.name, pod_text(&agent.pod));
        let about = format!("{kind} for Container \"{name}\" in Pod \"{pod}\" failed - error: ");
        let work = Work::begin(host, agent, id, container, handler);
        Self { about, work }
    }

    /// When it has to be looked at, where that is known.
    pub(super) const fn next_at(&self) -> Option<SimTime> {
        match &self.work {
            Work::Exec { .. } => None,
            Work::Until { at, .. } => Some(*at),
        }
    }

    /// How far it is.
    pub(super) fn advance(&self, host: &Host<'_, '_>, agent: &mut PodAgent, container_id: &Str) -> Hook {
        match &self.work {
            Work::Exec { id, command } => match agent.exec_result(container_id, *id) {
                Some(result) if result.exit_code == 0 => Hook::Done,
                Some(result) => {
                    let error = format!(
                        "command '{command}' exited with {}: {}",
                        result.exit_code, result.stderr
                    );
                    let output = crate::api::names::quote(&(result.stdout + &result.stderr));
                    Hook::Failed(format!("{}{error}, message: {output}", self.about))
                }
                None if agent.processes.has_ended(container_id) => {
                    Hook::Failed(format!("{}the container has ended, message: \"\"", self.about))
                }
                None => Hook::Running,
            },
            Work::Until { at, .. } if host.ctx.now < *at => Hook::Running,
            Work::Until { error: Some(error), .. } => Hook::Failed(format!("{}{error}", self.about)),
            Work::Until { error: None, .. } => Hook::Done,
        }
    }
}

impl Work {
    fn begin(
        host: &mut Host<'_, '_>,
        agent: &mut PodAgent,
        id: &Str,
        container: &Container,
        handler: &LifecycleHandler,
    ) -> Self {
        let now = host.ctx.now;
        if let Some(exec) = &handler.exec {
            return match agent.exec(host, id, &exec.command) {
                Ok(exec_id) => Self::Exec {
                    id: exec_id,
                    command: exec.command.join(" ").into(),
                },
                Err(error) => Self::Until {
                    at: now,
                    error: Some(error),
                },
            };
        }
        if let Some(sleep) = &handler.sleep {
            let span = Duration::from_secs(sleep.seconds.max(0).unsigned_abs());
            return Self::Until {
                at: now + span,
                error: None,
            };
        }
        let Some(get) = &handler.http_get else {
            return Self::Until {
                at: now,
                error: Some("invalid handler".to_owned()),
            };
        };
        let (takes, error) = match agent.http_get(host, container, get) {
            Ok(HttpOutcome::Reply(reply)) => {
                let error = (reply.status >= 400).then(|| format!("HTTP status {}", reply.status));
                (reply.latency, error)
            }
            Ok(HttpOutcome::Refused) => (Duration::ZERO, Some("connect: connection refused".to_owned())),
            Ok(HttpOutcome::Eof) => (Duration::ZERO, Some("EOF".to_owned())),
            Ok(HttpOutcome::NoReply) => (HTTP_TIMEOUT, Some("context deadline exceeded".to_owned())),
            Err(error) => (Duration::ZERO, Some(error)),
        };
        Self::Until { at: now + takes, error }
    }
}
