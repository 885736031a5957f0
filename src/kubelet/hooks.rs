//! Life-cycle hooks: commands, requests and pauses around a container's life.

use super::agent::{Host, PodAgent};
use super::cri::{ExecId, HttpOutcome};
use crate::api::Str;
use crate::api::core::{Container, LifecycleHandler};
use crate::sim::{Duration, SimTime};

/// A hook at work.
#[derive(Clone, Debug)]
pub(super) enum HookState {
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
    pub(super) fn begin(
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
        if let Some(get) = &handler.http_get {
            let outcome = agent.http_get(host, container, get);
            return Self::after_request(now, outcome);
        }
        Self::Until {
            at: now,
            error: Some("Invalid handler".to_owned()),
        }
    }

    fn after_request(now: SimTime, outcome: Result<HttpOutcome, String>) -> Self {
        match outcome {
            Err(error) => Self::Until {
                at: now,
                error: Some(error),
            },
            Ok(HttpOutcome::Reply(reply)) => {
                let error = (reply.status >= 400).then(|| format!("HTTP status {}", reply.status));
                Self::Until {
                    at: now + reply.latency,
                    error,
                }
            }
            Ok(HttpOutcome::Refused) => Self::Until {
                at: now,
                error: Some("connection refused".to_owned()),
            },
            Ok(HttpOutcome::Eof) => Self::Until {
                at: now,
                error: Some("EOF".to_owned()),
            },
            Ok(HttpOutcome::NoReply) => Self::Until {
                at: now + HTTP_TIMEOUT,
                error: Some("context deadline exceeded".to_owned()),
            },
        }
    }

    /// When it has to be looked at, where that is known.
    pub(super) const fn next_at(&self) -> Option<SimTime> {
        match self {
            Self::Exec { .. } => None,
            Self::Until { at, .. } => Some(*at),
        }
    }

    /// How far it is.
    pub(super) fn advance(&self, host: &Host<'_, '_>, agent: &mut PodAgent, container_id: &Str) -> Hook {
        match self {
            Self::Exec { id, command } => match agent.exec_result(container_id, *id) {
                None => Hook::Running,
                Some(result) if result.exit_code == 0 => Hook::Done,
                Some(result) => Hook::Failed(format!(
                    "command '{command}' exited with {}: {}",
                    result.exit_code, result.stderr
                )),
            },
            Self::Until { at, .. } if host.ctx.now < *at => Hook::Running,
            Self::Until { error: Some(error), .. } => Hook::Failed(error.clone()),
            Self::Until { error: None, .. } => Hook::Done,
        }
    }
}
