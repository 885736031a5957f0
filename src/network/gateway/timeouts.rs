//! Timeouts of rules.
// Models the Gateway API, HTTPRouteTimeouts, and GEP-2257.

use serde_json::Value;

use crate::api::gateway::text;
use crate::sim::Duration;

/// How long the proxy waits for an answer, where a rule says so. Zero is for ever.
#[must_use]
pub(super) fn patience(rule: &Value) -> Option<Duration> {
    let timeouts = &rule["timeouts"];
    let both = ["request", "backendRequest"].map(|name| duration(text(&timeouts[name])));
    both.into_iter().flatten().filter(|time| time.0 > 0).min()
}

/// Reads numbers with the units h, m, s and ms.
fn duration(mut text: &str) -> Option<Duration> {
    let mut total = 0_u64;
    if text.is_empty() {
        return None;
    }
    while !text.is_empty() {
        let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
        let number: u64 = text[..digits].parse().ok()?;
        let rest = &text[digits..];
        let (unit, rest) = rest.split_at(rest.find(|letter: char| letter.is_ascii_digit()).unwrap_or(rest.len()));
        let millis = match unit {
            "h" => 3_600_000,
            "m" => 60_000,
            "s" => 1000,
            "ms" => 1,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(millis)?)?;
        text = rest;
    }
    Some(Duration::from_millis(total))
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
