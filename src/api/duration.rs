//! Durations in kubectl's and Go's forms.

use super::names::quote_ascii;

const SECOND_NS: u64 = 1_000_000_000;

/// An age, as kubectl prints it: two or three digits that matter. Takes whole seconds.
// Models apimachinery/pkg/util/duration HumanDuration
pub fn human_duration(seconds: i64) -> String {
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        _ => {
            let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
            match hours {
                _ if minutes < 10 => two_units(minutes, 'm', seconds % 60, 's'),
                _ if minutes < 180 => format!("{minutes}m"),
                0..8 => two_units(hours, 'h', minutes % 60, 'm'),
                8..48 => format!("{hours}h"),
                48..192 => two_units(days, 'd', hours % 24, 'h'),
                192..17_520 => format!("{days}d"),
                17_520..70_080 => two_units(days / 365, 'y', days % 365, 'd'),
                _ => format!("{}y", days / 365),
            }
        }
    }
}

/// Two units, the smaller one only where there is some.
fn two_units(large: i64, large_unit: char, small: i64, small_unit: char) -> String {
    if small == 0 {
        format!("{large}{large_unit}")
    } else {
        format!("{large}{large_unit}{small}{small_unit}")
    }
}

/// An age in a single unit. Takes whole seconds.
// Models apimachinery/pkg/util/duration ShortHumanDuration
pub fn short_human_duration(seconds: i64) -> String {
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        86_400..31_536_000 => format!("{}d", seconds / 86_400),
        _ => format!("{}y", seconds / 31_536_000),
    }
}

/// A number of nanoseconds in Go's form: `1h0m5.5s`, `10ms`, `0s`.
// Models Go time.Duration.String
pub fn go_duration(nanoseconds: i64) -> String {
    let ns = nanoseconds.unsigned_abs();
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let text = match ns {
        0 => "0s".to_owned(),
        1..1_000 => format!("{ns}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(ns, 1_000)),
        1_000_000..SECOND_NS => format!("{}ms", decimal(ns, 1_000_000)),
        _ => {
            let (hours, minutes) = (ns / (3600 * SECOND_NS), ns / (60 * SECOND_NS) % 60);
            let seconds = decimal(ns % (60 * SECOND_NS), SECOND_NS);
            match (hours, minutes) {
                (0, 0) => format!("{seconds}s"),
                (0, _) => format!("{minutes}m{seconds}s"),
                _ => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}

/// `n / unit` with the decimals it needs.
fn decimal(n: u64, unit: u64) -> String {
    let width = usize::try_from(unit.ilog10()).expect("a unit has at most ten digits");
    let text = format!("{}.{:0width$}", n / unit, n % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Nanoseconds of a text in Go's form. The error is Go's.
// Models Go time.ParseDuration
pub fn parse_go_duration(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quote_ascii(text));
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let (whole, after) = split_at_digits_end(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => split_at_digits_end(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = after
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit_name, after) = after.split_at(end);
        if unit_name.is_empty() {
            return Err(format!("time: missing unit in duration {}", quote_ascii(text)));
        }
        let unit = unit_ns(unit_name).ok_or_else(|| {
            format!(
                "time: unknown unit {} in duration {}",
                quote_ascii(unit_name),
                quote_ascii(text)
            )
        })?;
        sum = scaled(whole, fraction, unit)
            .and_then(|ns| sum.checked_add(ns))
            .ok_or_else(invalid)?;
        rest = after;
    }
    if negative {
        0_i64.checked_sub_unsigned(sum)
    } else {
        i64::try_from(sum).ok()
    }
    .ok_or_else(invalid)
}

/// The leading digits, and what follows.
fn split_at_digits_end(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// Nanoseconds of a unit.
fn unit_ns(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        // Two characters look like this: the micro sign and the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND_NS,
        "m" => 60 * SECOND_NS,
        "h" => 3600 * SECOND_NS,
        _ => return None,
    })
}

/// `whole.fraction` units in nanoseconds, what is finer dropped. `None` where it does not fit.
fn scaled(whole: &str, fraction: &str, unit: u64) -> Option<u64> {
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // Digits beyond these are worth less than a nanosecond of the largest unit.
    let fraction: String = fraction.chars().take(18).collect();
    let places = u32::try_from(fraction.len()).expect("at most 18 digits");
    let numerator: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let part = numerator * u128::from(unit) / 10_u128.pow(places);
    whole.checked_mul(unit)?.checked_add(u64::try_from(part).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        for (seconds, want, short) in [
            (-2, "<invalid>", "<invalid>"),
            (-1, "0s", "0s"),
            (119, "119s", "1m"),
            (120, "2m", "2m"),
            (195, "3m15s", "3m"),
            (599, "9m59s", "9m"),
            (600, "10m", "10m"),
            (10_799, "179m", "2h"),
            (10_800, "3h", "3h"),
            (12_000, "3h20m", "3h"),
            (28_799, "7h59m", "7h"),
            (28_800, "8h", "8h"),
            (172_799, "47h", "1d"),
            (172_800, "2d", "2d"),
            (277_200, "3d5h", "3d"),
            (691_200, "8d", "8d"),
            (34_560_000, "400d", "1y"),
            (66_096_000, "2y35d", "2y"),
            (63_072_000, "2y", "2y"),
            (283_824_000, "9y", "9y"),
        ] {
            assert_eq!(human_duration(seconds), want, "{seconds}");
            assert_eq!(short_human_duration(seconds), short, "{seconds}");
        }
    }

    #[test]
    fn go_durations_print_and_read_back() {
        for (ns, want) in [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (2_200_000, "2.2ms"),
            (10_000_000, "10ms"),
            (1_000_000_000, "1s"),
            (3_300_000_000, "3.3s"),
            (90_000_000_000, "1m30s"),
            (3_600_000_000_000, "1h0m0s"),
            (245_001_000_000, "4m5.001s"),
            (-1_500_000_000, "-1.5s"),
            (i64::MAX, "2562047h47m16.854775807s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(go_duration(ns), want);
            assert_eq!(parse_go_duration(want), Ok(ns), "{want}");
        }
    }

    #[test]
    fn go_durations_are_read_leniently() {
        for (text, want) in [
            ("0", 0),
            ("+5s", 5_000_000_000),
            ("-.5s", -500_000_000),
            ("1.s", 1_000_000_000),
            ("1h15m30.918273645s", 4_530_918_273_645),
            ("10us", 10_000),
            ("10μs", 10_000),
            ("0.3333333333333333333h", 1_200_000_000_000 - 1),
            ("0.100000000000000000000h", 360_000_000_000),
            ("5m1s2m", 421_000_000_000),
        ] {
            assert_eq!(parse_go_duration(text), Ok(want), "{text}");
        }
    }

    #[test]
    fn refusals_use_the_words_of_go() {
        for (text, want) in [
            ("", r#"time: invalid duration """#),
            ("-", r#"time: invalid duration "-""#),
            (".s", r#"time: invalid duration ".s""#),
            ("s", r#"time: invalid duration "s""#),
            ("1", r#"time: missing unit in duration "1""#),
            ("1d", r#"time: unknown unit "d" in duration "1d""#),
            ("1µ", r#"time: unknown unit "\xc2\xb5" in duration "1\xc2\xb5""#),
            ("1 s", r#"time: unknown unit " s" in duration "1 s""#),
            ("3000000h", r#"time: invalid duration "3000000h""#),
            (
                "9223372036854775808ns",
                r#"time: invalid duration "9223372036854775808ns""#,
            ),
        ] {
            assert_eq!(parse_go_duration(text), Err(want.to_owned()), "{text}");
        }
    }
}
