//! Numbers with units, as tools take them: spans of time and counts.

use crate::sim::Duration;

/// Reads `10`, `0.5`, `2m`, `1h`, `infinity`: none for ever.
#[allow(clippy::option_option)] // No time, endless, or a time.
pub(super) fn parse_span(text: &str) -> Option<Option<Duration>> {
    if matches!(text, "inf" | "infinity") {
        return Some(None);
    }
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let scale: u64 = match &text[end..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    let (whole, fraction) = text[..end].split_once('.').unwrap_or((&text[..end], ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let seconds: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let nanos: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    let nanos: u64 = nanos.parse().ok()?;
    Some(Some(
        Duration(seconds.saturating_mul(1_000_000_000).saturating_add(nanos)) * scale,
    ))
}

/// A count with an optional unit: `10`, `1k`, `2M`.
pub(super) fn parse_count(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    let scale = match &text[end..] {
        "" | "c" => 1,
        "b" => 512,
        "k" | "K" | "KiB" => 1 << 10,
        "M" | "m" | "MiB" => 1 << 20,
        "G" | "g" | "GiB" => 1 << 30,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    number.checked_mul(scale)
}
