//! Runs shared test data on the functions of this module.

use serde_json::Value;

use super::actions::{KillReason, compute};
use super::kill::grace_period_s;
use super::podview::{ContainerState, ContainerView, PodView, SandboxView};
use super::probes::{ProbeKind, ProbeResult};
use super::restart::should_restart;
use super::status::{conditions, phase::phase};
use crate::api::core::{Container, ContainerStatus, Pod, PodSpec};
use crate::api::lean;
use crate::api::meta::Condition;
use crate::sim::SimTime;

/// Runs one case of `vectors/kubelet.jsonl`.
///
/// # Errors
/// When the case cannot be read or the result is another one: what was wanted and what came.
pub fn run_vector(case: &Value) -> Result<(), String> {
    let subject = case["subject"].as_str().unwrap_or_default();
    let expect = &case["expect"];
    match subject {
        "kubelet/podPhase" => same("phase", &expect["phase"], &Value::from(pod_phase(case)?)),
        "kubelet/podActions" => pod_actions(case, expect),
        "kubelet/shouldRestart" => {
            let spec = PodSpec {
                restart_policy: text(&case["podRestartPolicy"]).into(),
                ..PodSpec::default()
            };
            let container: Container = read(&case["container"])?;
            let got = should_restart(&container, &spec, int(&case["exitCode"])?);
            same("restart", &expect["restart"], &got.into())
        }
        "kubelet/gracePeriod" => grace_period(case, expect),
        _ => match subject.strip_prefix("kubelet/condition/") {
            Some(which) => condition(which, case, expect),
            None => Err(format!("no such subject: {subject}")),
        },
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn int(value: &Value) -> Result<i32, String> {
    let wide = value.as_i64().ok_or_else(|| format!("no number: {value}"))?;
    i32::try_from(wide).map_err(|error| error.to_string())
}

fn read<T: lean::Lean>(value: &Value) -> Result<T, String> {
    let value = if value.is_null() {
        serde_json::json!({})
    } else {
        value.clone()
    };
    lean::decode(value).map_err(|error| error.to_string())
}

fn read_list<T: lean::Lean>(value: &Value) -> Result<Vec<T>, String> {
    value.as_array().into_iter().flatten().map(read).collect()
}

fn same(what: &str, want: &Value, got: &Value) -> Result<(), String> {
    if want == got {
        Ok(())
    } else {
        Err(format!("{what}: want {want}, got {got}"))
    }
}

fn pod_phase(case: &Value) -> Result<&'static str, String> {
    let pod: Pod = read(&case["pod"])?;
    let mut statuses: Vec<ContainerStatus> = read_list(&case["statuses"])?;
    if case["statuses"].is_null() {
        statuses.extend(
            pod.status
                .container_statuses
                .iter()
                .chain(pod.status.init_container_statuses.iter())
                .cloned(),
        );
    }
    let flag = |name: &str| case[name].as_bool().unwrap_or_default();
    Ok(phase(
        &pod.spec,
        &statuses,
        flag("podIsTerminal"),
        flag("podHasInitialized"),
    ))
}

fn condition(which: &str, case: &Value, expect: &Value) -> Result<(), String> {
    let spec: PodSpec = read(&case["spec"])?;
    let list: Vec<ContainerStatus> = read_list(&case["containerStatuses"])?;
    let statuses = (!case["containerStatuses"].is_null()).then_some(&list[..]);
    let phase = text(&case["podPhase"]);
    let given: Vec<Condition> = read_list(&case["conditions"])?;
    let verdict = match which {
        "containersReady" => conditions::containers_ready(&spec, statuses, phase),
        "ready" => conditions::ready(&spec, &given, statuses, phase),
        "initialized" => conditions::initialized(&spec, statuses, phase, false),
        _ => return Err(format!("no such condition: {which}")),
    };
    let condition = verdict.condition("", 0);
    same("status", &expect["status"], &Value::from(&*condition.status))?;
    for (field, got) in [("reason", &condition.reason), ("message", &condition.message)] {
        if !expect[field].is_null() || field == "reason" {
            same(field, &Value::from(text(&expect[field])), &Value::from(&**got))?;
        }
    }
    Ok(())
}

fn grace_period(case: &Value, expect: &Value) -> Result<(), String> {
    let pod: Pod = read(&case["pod"])?;
    let reason = match text(&case["reason"]) {
        "StartupProbe" => KillReason::StartupProbe,
        "LivenessProbe" => KillReason::LivenessProbe,
        _ => KillReason::Unknown,
    };
    let container = pod.spec.containers.first().ok_or("the pod has no container")?;
    same(
        "seconds",
        &expect["seconds"],
        &grace_period_s(&pod, container, reason).into(),
    )
}

fn view(case: &Value) -> Result<PodView, String> {
    let pod: Pod = read(&case["pod"])?;
    let specs = || {
        pod.spec
            .containers
            .iter()
            .chain(pod.spec.init_containers.iter())
            .chain(pod.spec.ephemeral_containers.iter())
    };
    let mut view = PodView::default();
    for given in case["containers"].as_array().into_iter().flatten() {
        let name = text(&given["name"]);
        let image = specs()
            .find(|container| *container.name == *name)
            .map(|container| container.image.clone());
        let changed = given["specChanged"].as_bool().unwrap_or_default();
        view.containers.push(ContainerView {
            id: name.into(),
            name: name.into(),
            sandbox: "".into(),
            attempt: 0,
            state: match text(&given["state"]) {
                "created" => ContainerState::Created,
                "running" => ContainerState::Running,
                "exited" => ContainerState::Exited,
                _ => ContainerState::Unknown,
            },
            created_at: SimTime::ZERO,
            started_at: SimTime::ZERO,
            finished_at: SimTime::ZERO,
            exit_code: given["exitCode"]
                .as_i64()
                .map_or(Ok(0), i32::try_from)
                .map_err(|error| error.to_string())?,
            reason: "".into(),
            message: "".into(),
            requested_image: if changed {
                "an older one".into()
            } else {
                image.unwrap_or_else(|| "".into())
            },
            image: "".into(),
            image_id: "".into(),
        });
    }
    for given in case["sandboxes"].as_array().into_iter().flatten() {
        view.sandboxes.push(SandboxView {
            id: "sandbox".into(),
            attempt: u32::try_from(given["attempt"].as_u64().unwrap_or_default()).map_err(|error| error.to_string())?,
            ready: given["ready"].as_bool().unwrap_or_default(),
            ip: text(&given["ip"]).into(),
        });
    }
    Ok(view)
}

fn pod_actions(case: &Value, expect: &Value) -> Result<(), String> {
    let pod: Pod = read(&case["pod"])?;
    let view = view(case)?;
    let given = |name: &str| {
        case["containers"]
            .as_array()
            .and_then(|list| list.iter().find(|c| c["name"] == *name))
    };
    let probe = |kind: ProbeKind, id: &str| {
        let word = if kind == ProbeKind::Liveness {
            "liveness"
        } else {
            "startup"
        };
        match given(id).map(|container| text(&container[word])) {
            Some("Success") => Some(ProbeResult::Success),
            Some("Failure") => Some(ProbeResult::Failure),
            Some("Unknown") => Some(ProbeResult::Unknown),
            _ => None,
        }
    };
    let actions = compute(&pod, &view, &probe, false);
    same("killPod", &expect["killPod"], &actions.kill_pod.into())?;
    same(
        "createSandbox",
        &expect["createSandbox"],
        &actions.create_sandbox.into(),
    )?;
    if !expect["attempt"].is_null() {
        same("attempt", &expect["attempt"], &actions.attempt.into())?;
    }
    let names = |list: &[u32], containers: &[Container]| -> Value {
        list.iter()
            .map(|index| Value::from(&*containers[*index as usize].name))
            .collect()
    };
    let mut kill: Vec<&str> = actions.kill.iter().map(|kill| &*kill.name).collect();
    kill.sort_unstable();
    let mut want: Vec<&str> = expect["kill"].as_array().into_iter().flatten().map(text).collect();
    want.sort_unstable();
    same("kill", &Value::from(want), &Value::from(kill))?;
    let spec = &pod.spec;
    same(
        "startInit",
        &expect["startInit"],
        &names(&actions.start_init, &spec.init_containers),
    )?;
    same("start", &expect["start"], &names(&actions.start, &spec.containers))?;
    let ephemeral = names(&actions.start_ephemeral, &spec.ephemeral_containers);
    let none = Value::Array(Vec::new());
    same(
        "startEphemeral",
        if expect["startEphemeral"].is_null() {
            &none
        } else {
            &expect["startEphemeral"]
        },
        &ephemeral,
    )
}
