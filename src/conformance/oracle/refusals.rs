//! Recorded refusals: a manifest or command, and what kubectl said.

use serde_json::Value;

use super::json::text;
use super::recording::{Recording, Step};
use super::replay::Replay;
use crate::conformance::Budget;

/// Runs the command of a case, and the same without the client's validation, and compares the texts.
pub(in crate::conformance) fn run_refusal(case: &Value, budget: Budget<'_>) -> Result<(), String> {
    let without = match &case["no_client_validation"] {
        Value::Null => None,
        Value::String(_) => {
            // "same": the text of the first run, with one more flag.
            let mut same = case.clone();
            same["cmd"] = format!("{} --validate=false", text(case, "/cmd")).into();
            Some(same)
        }
        other => Some(other.clone()),
    };
    check(case, case, budget)?;
    without.map_or(Ok(()), |other| {
        check(case, &other, budget).map_err(|why| format!("--validate=false: {why}"))
    })
}

fn check(case: &Value, run: &Value, budget: Budget<'_>) -> Result<(), String> {
    let mut recording = Recording {
        namespace: text(case, "/namespace").to_owned(),
        start_ms: 1_795_390_000_000,
        duration_ms: 3000,
        ..Recording::default()
    };
    let step = |at: i64, command: &str| Step {
        at,
        command: command.to_owned(),
        ..Step::default()
    };
    if let Some(before) = case["before"].as_str() {
        recording.files.insert("before.yaml".to_owned(), before.to_owned());
        recording.steps.push(step(0, "kubectl create -f before.yaml"));
    }
    recording
        .files
        .insert("bad.yaml".to_owned(), text(case, "/manifest").to_owned());
    recording.steps.push(step(1500, text(run, "/cmd")));
    let replay = Replay::run(&recording, 0, budget)?;
    let last = recording.steps.len() - 1;
    let outcome = replay.outcomes.iter().find(|outcome| outcome.step == last);
    let output = outcome.and_then(|outcome| outcome.outputs.first()).ok_or("no output")?;
    let texts = [("stdout", &output.stdout), ("stderr", &output.stderr)];
    for (name, got) in texts {
        let want = run[name].as_str().unwrap_or_default();
        if want != got {
            return Err(format!("{name}: want {want:?}, got {got:?}"));
        }
    }
    if run["rc"].as_i64() != output.code.map(i64::from) {
        return Err(format!("code: want {}, got {:?}", run["rc"], output.code));
    }
    Ok(())
}
