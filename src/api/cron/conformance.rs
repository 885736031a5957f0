//! Schedules against cases and tables of facts.

use serde_json::{Value, json};

use super::{Schedule, Zone};
use crate::api::time::Time;

/// Runs one case. The subject says which function is meant.
///
/// # Errors
/// Where the function gives something else than is expected, or no function has that subject.
pub fn run_vector(case: &Value) -> Result<(), String> {
    let subject = case["subject"].as_str().unwrap_or_default();
    let text = case["schedule"].as_str().unwrap_or_default();
    let schedule = Schedule::parse(text);
    let expect = &case["expect"];
    match subject {
        "cron/parse" => compare(&expect["valid"], &json!(schedule.is_ok())),
        "cron/fires" => {
            let (time, zone) = moment(case["time"].as_str().unwrap_or_default(), "")?;
            compare(&expect["fires"], &json!(fires(&schedule?, time, &zone)))
        }
        "cron/next" => {
            let (time, zone) = moment(case["after"].as_str().unwrap_or_default(), "")?;
            let next = schedule?.next(time, &zone);
            let want = expect["next"].as_str().map(Time::parse).transpose()?;
            compare(&json!(want.map(|time| time.0)), &json!(next.map(|time| time.0)))
        }
        _ => Err(format!("no function is known as {subject}")),
    }
}

/// Checks one row of the table of schedules.
///
/// # Errors
/// Where the row says something else than what came out.
pub fn run_row(cell: &dyn Fn(&str) -> String) -> Result<(), String> {
    let (text, answer) = (cell("schedule"), cell("answer"));
    let schedule = Schedule::parse(&text);
    match cell("question").as_str() {
        "parses" => compare(&json!(answer == "yes"), &json!(schedule.is_ok())),
        "fires at that minute" => {
            let (time, zone) = moment(&cell("time"), &cell("time_zone"))?;
            compare(&json!(answer == "true"), &json!(fires(&schedule?, time, &zone)))
        }
        "next fire after that time" => {
            let (time, zone) = moment(&cell("time"), &cell("time_zone"))?;
            let want = match answer.as_str() {
                "never" => None,
                answer => Some(moment(answer, &cell("time_zone"))?.0),
            };
            let next = schedule?.next(time, &zone);
            compare(&json!(want.map(|time| time.0)), &json!(next.map(|time| time.0)))
        }
        "is equivalent to" => {
            let hours = text.strip_suffix(" (hour field)");
            let whole = |text: &str| hours.map_or_else(|| text.to_owned(), |_| format!("0 {text} * * *"));
            let one = Schedule::parse(&whole(hours.unwrap_or(&text)))?;
            let other = Schedule::parse(&whole(&answer))?;
            compare(&json!(format!("{other:?}")), &json!(format!("{one:?}")))
        }
        _ => Err("not applicable: the controller's behaviour, told in words of older documentation".to_owned()),
    }
}

fn compare(want: &Value, got: &Value) -> Result<(), String> {
    if want == got {
        Ok(())
    } else {
        Err(format!("want {want}, got {got}"))
    }
}

/// Whether a schedule fires at a minute.
fn fires(schedule: &Schedule, time: Time, zone: &Zone) -> bool {
    schedule.next(Time(time.0 - 1), zone) == Some(time)
}

/// A moment and the zone that it is told in, which may stand before it: `TZ=America/New_York 2012-11-04T01:00:00-0500`.
fn moment(text: &str, zone: &str) -> Result<(Time, Zone), String> {
    let (named, text) = match text.strip_prefix("TZ=").and_then(|text| text.split_once(' ')) {
        Some((named, text)) => (named, text),
        None => (zone, text),
    };
    let known = |name: &str| Zone::find(name).ok_or_else(|| format!("unknown time zone {name}"));
    let named = if named.is_empty() { None } else { Some(known(named)?) };
    if text.contains('T') && !text.contains(' ') {
        let (time, offset) = rfc3339(text)?;
        return Ok((time, named.unwrap_or(Zone::fixed(offset))));
    }
    let zone = named.unwrap_or(Zone::UTC);
    Ok((zone.moment(&go_date(text)?), zone))
}

/// RFC 3339, with or without a colon in the offset.
fn rfc3339(text: &str) -> Result<(Time, i64), String> {
    let colon = text.len().checked_sub(2).filter(|_| !text.ends_with('Z'));
    let text = match colon {
        Some(at) if !text[..at].ends_with(':') => format!("{}:{}", &text[..at], &text[at..]),
        _ => text.to_owned(),
    };
    let time = Time::parse(&text)?;
    let local = format!("{}Z", text.get(..19).unwrap_or_default());
    Ok((time, Time::parse(&local)?.0 - time.0))
}

/// `Mon Jul 9 15:40 2012`, with seconds or without.
fn go_date(text: &str) -> Result<crate::api::time::Civil, String> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_, month, day, clock, year] = words[..] else {
        return Err(format!("no date: {text}"));
    };
    let place = MONTHS.find(month).ok_or_else(|| format!("no month: {month}"))?;
    let clock = if clock.len() == 5 {
        format!("{clock}:00")
    } else {
        clock.to_owned()
    };
    let month = place / 3 + 1;
    Time::parse(&format!("{year}-{month:02}-{day:0>2}T{clock}Z")).map(Time::civil)
}
