//! Conditions of objects of Gateway API.

use serde_json::{Value, json};

use crate::api::gateway::{items, text};
use crate::client::Ctx;
use crate::client::gateway::Refusal;

/// A condition to be: its type, status, reason and message.
pub(super) type Told<'a> = (&'a str, bool, &'a str, &'a str);

/// A condition that holds, or why it does not.
pub(super) fn told<'a>(kind: &'a str, result: &'a Result<(), Refusal>, message: &'a str) -> Told<'a> {
    match result {
        // The reason of a condition that holds is its type.
        Ok(()) => (kind, true, kind, message),
        Err(refusal) => (kind, false, refusal.reason, &refusal.message),
    }
}

/// The conditions of `wanted` as they are written; one whose status has not changed keeps its time.
pub(super) fn conditions(ctx: &Ctx<'_>, old: &Value, generation: i64, wanted: &[Told<'_>]) -> Value {
    let conditions = wanted.iter().map(|(kind, is_true, reason, message)| {
        let status = if *is_true { "True" } else { "False" };
        let same = items(old).find(|one| text(&one["type"]) == *kind && text(&one["status"]) == status);
        let since = same.map_or_else(
            || json!(ctx.time().to_string()),
            |one| one["lastTransitionTime"].clone(),
        );
        json!({
            "type": kind,
            "status": status,
            "observedGeneration": generation,
            "lastTransitionTime": since,
            "reason": reason,
            "message": message,
        })
    });
    Value::Array(conditions.collect())
}
