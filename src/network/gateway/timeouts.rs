//! Timeouts of rules.
// Models the Gateway API, HTTPRouteTimeouts, and GEP-2257.

use serde_json::Value;

use crate::api::gateway::{duration_ms, text};
use crate::sim::Duration;

/// How long the proxy waits for an answer, where a rule says so. Zero is for ever.
#[must_use]
pub(super) fn patience(rule: &Value) -> Option<Duration> {
    let timeouts = &rule["timeouts"];
    let both = ["request", "backendRequest"].map(|name| duration_ms(text(&timeouts[name])));
    both.into_iter()
        .flatten()
        .filter(|time| *time > 0)
        .min()
        .map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_timeout_holds() {
        let cases = [
            (serde_json::json!({}), None),
            (serde_json::json!({"request": "500ms"}), Some(500)),
            (
                serde_json::json!({"request": "1m30s", "backendRequest": "2s"}),
                Some(2000),
            ),
            (serde_json::json!({"request": "0s"}), None),
            (serde_json::json!({"request": "soon"}), None),
        ];
        for (timeouts, want) in cases {
            let rule = serde_json::json!({"timeouts": timeouts});
            assert_eq!(patience(&rule).map(Duration::as_millis), want, "{rule}");
        }
    }
}
