//! Refusals of the API server as kubectl prints them.
// Models k8s.io/kubectl/pkg/cmd/util/helpers.go StandardErrorMessage.

use crate::api::status::{Reason, Status};

/// The text on standard error, with its line end. `doing` is what kubectl was about, as in `error when creating "f.yaml"`.
pub(super) fn message(status: &Status, doing: &str) -> String {
    match status.reason {
        Reason::Invalid => invalid(status),
        _ => standard(status, doing),
    }
}

/// The same for one error among others.
pub(super) fn standard(status: &Status, doing: &str) -> String {
    let gap = if doing.is_empty() { "" } else { ": " };
    let word = match status.reason {
        Reason::Unknown => String::new(),
        reason => [" (", reason.word(), ")"].concat(),
    };
    format!("Error from server{word}: {doing}{gap}{}\n", status.message)
}

fn invalid(status: &Status) -> String {
    let details = &status.details;
    let head = format!("The {} \"{}\" is invalid", details.kind, details.name);
    let mut lines: Vec<String> = Vec::new();
    for cause in &details.causes {
        let line = if cause.field.is_empty() {
            cause.message.clone()
        } else {
            format!("{}: {}", cause.field, cause.message)
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    match lines.as_slice() {
        [] => format!("{head}\n"),
        [line] => format!("{head}: {line}\n"),
        lines => format!(
            "{head}: \n{}\n",
            lines
                .iter()
                .map(|line| format!("* {line}"))
                .collect::<Vec<_>>()
                .join("\n")
        ),
    }
}
