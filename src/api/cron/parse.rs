//! The grammar of schedules.
// Models robfig/cron v3 parser.go ParseStandard.

use super::{Fields, STAR, Schedule, When, Zone};

/// A field of a schedule: its bounds and the names that stand for numbers.
struct Bounds {
    min: u64,
    max: u64,
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// Minute, hour, day of the month, month, day of the week.
const FIELDS: [Bounds; 5] = [
    Bounds {
        min: 0,
        max: 59,
        names: &[],
    },
    Bounds {
        min: 0,
        max: 23,
        names: &[],
    },
    Bounds {
        min: 1,
        max: 31,
        names: &[],
    },
    Bounds {
        min: 1,
        max: 12,
        names: MONTHS,
    },
    Bounds {
        min: 0,
        max: 6,
        names: DAYS,
    },
];
/// Words for schedules, with the fields that they stand for.
const DESCRIPTORS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

pub(super) fn schedule(text: &str) -> Result<Schedule, String> {
    let (mut spec, mut zone) = (text, None);
    if let Some(rest) = text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")) {
        let Some((name, rest)) = rest.split_once(' ') else {
            return Err("parse schedule panic: runtime error: slice bounds out of range".to_owned());
        };
        zone = Some(named_zone(name)?);
        spec = rest.trim();
    }
    let when = if spec.starts_with('@') {
        descriptor(spec)?
    } else {
        When::Fields(fields(spec)?)
    };
    Ok(Schedule { zone, when })
}

fn named_zone(name: &str) -> Result<Zone, String> {
    // Without a name it is Greenwich; "Local" is the zone of the control plane.
    if matches!(name, "" | "Local") {
        return Ok(Zone::UTC);
    }
    Zone::find(name).ok_or_else(|| format!("provided bad location {name}: unknown time zone {name}"))
}

fn fields(spec: &str) -> Result<Fields, String> {
    let fields: Vec<&str> = spec.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields[..] else {
        let (want, got) = (FIELDS.len(), fields.len());
        return Err(format!(
            "expected exactly {want} fields, found {got}: [{}]",
            fields.join(" ")
        ));
    };
    Ok(Fields {
        minute: field(minute, &FIELDS[0])?,
        hour: field(hour, &FIELDS[1])?,
        day: field(day, &FIELDS[2])?,
        month: field(month, &FIELDS[3])?,
        weekday: field(weekday, &FIELDS[4])?,
    })
}

/// A field's ranges together.
// Models getField.
fn field(field: &str, bounds: &Bounds) -> Result<u64, String> {
    let parts = field.split(',').filter(|part| !part.is_empty());
    let mut bits = 0;
    for part in parts {
        bits |= range(part, bounds)?;
    }
    Ok(bits)
}

// Models parseDescriptor.
fn descriptor(spec: &str) -> Result<When, String> {
    if let Some((_, meaning)) = DESCRIPTORS.iter().find(|(name, _)| *name == spec) {
        return Ok(When::Fields(fields(meaning)?));
    }
    let Some(text) = spec.strip_prefix("@every ") else {
        return Err(format!("unrecognized descriptor: {spec}"));
    };
    match crate::api::duration::parse_go_duration(text) {
        Ok(delay) => Ok(When::Every((delay / 1_000_000_000).max(1))),
        Err(problem) => Err(format!("failed to parse duration {spec}: {problem}")),
    }
}

// Models getRange.
fn range(expression: &str, bounds: &Bounds) -> Result<u64, String> {
    let parts: Vec<&str> = expression.split('/').collect();
    let ends: Vec<&str> = parts[0].split('-').collect();
    let mut star = 0;
    let (start, mut end) = match ends[..] {
        ["*" | "?", ..] => {
            star = STAR;
            (bounds.min, bounds.max)
        }
        [one] => {
            let one = number_or_name(one, bounds)?;
            (one, one)
        }
        [low, high] => (number_or_name(low, bounds)?, number_or_name(high, bounds)?),
        _ => return Err(format!("too many hyphens: {expression}")),
    };
    let step = match parts[..] {
        [_] => 1,
        [_, step] => {
            if ends.len() == 1 {
                end = bounds.max;
            }
            let step = number(step)?;
            if step > 1 {
                star = 0;
            }
            step
        }
        _ => return Err(format!("too many slashes: {expression}")),
    };
    let (min, max) = (bounds.min, bounds.max);
    if start < min {
        return Err(format!(
            "beginning of range ({start}) below minimum ({min}): {expression}"
        ));
    }
    if end > max {
        return Err(format!("end of range ({end}) above maximum ({max}): {expression}"));
    }
    if start > end {
        return Err(format!(
            "beginning of range ({start}) beyond end of range ({end}): {expression}"
        ));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {expression}"));
    }
    // Steps that reach beyond the field set its first bit alone.
    let step = usize::try_from(step).unwrap_or(usize::MAX);
    Ok((start..=end).step_by(step).fold(star, |bits, unit| bits | 1 << unit))
}

fn number_or_name(text: &str, bounds: &Bounds) -> Result<u64, String> {
    let lower = text.to_ascii_lowercase();
    match bounds.names.iter().position(|name| *name == lower) {
        Some(index) => Ok(bounds.min + index as u64),
        None => number(text),
    }
}

// Models mustParseInt.
fn number(text: &str) -> Result<u64, String> {
    let parsed: i64 = text
        .parse()
        .map_err(|_| format!("failed to parse int from {text}: strconv.Atoi: parsing \"{text}\": invalid syntax"))?;
    u64::try_from(parsed).map_err(|_| format!("negative number ({parsed}) not allowed: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_judged_in_the_parsers_words() {
        for (text, want) in [
            ("*/5 * * * *", ""),
            ("0 0 1 jan MON-fri", ""),
            ("@hourly", ""),
            ("@every 90s", ""),
            ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
            (
                "x * * * *",
                "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax",
            ),
            ("@often", "unrecognized descriptor: @often"),
        ] {
            assert_eq!(schedule(text).err().unwrap_or_default(), want, "{text}");
        }
    }
}
