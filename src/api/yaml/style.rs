//! How a string is quoted in written YAML.

use serde_json::Value;

use super::scalar;

/// How a string is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What of a string stands against a style.
///
/// Models go.yaml.in/yaml/v2 yaml_emitter_analyze_scalar
#[derive(Debug, Default)]
pub(super) struct Traits {
    indicators: bool,
    special: bool,
    line_breaks: bool,
    space_at_start: bool,
    space_at_end: bool,
    break_at_edge: bool,
    break_then_space: bool,
    space_then_break: bool,
}

/// The style of a value, or of a key that shares a line with its value.
///
/// Models go.yaml.in/yaml/v2 encoder.stringv and yaml_emitter_select_scalar_style
pub(super) fn style_of(text: &str, traits: &Traits, key: bool) -> Style {
    let blank_ends = traits.space_at_start || traits.space_at_end || traits.break_at_edge;
    let unquoted = !(blank_ends || traits.line_breaks || traits.break_then_space || traits.indicators);
    let quotable = !(traits.break_then_space || traits.space_then_break || traits.special);
    if traits.line_breaks {
        let block = !(traits.space_at_end || traits.space_then_break || traits.special || key);
        return if block { Style::Literal } else { Style::Double };
    }
    if !reads_as_string(text) {
        return Style::Double;
    }
    match (unquoted && !traits.special, quotable) {
        (true, _) => Style::Plain,
        (false, true) => Style::Single,
        (false, false) => Style::Double,
    }
}

/// Whether the word without quotes would be read as this string.
fn reads_as_string(text: &str) -> bool {
    matches!(scalar::resolve(text), Ok(Value::String(_))) && text != "<<" && !is_timestamp(text) && !is_base_60(text)
}

/// `190:20:30.15`, a number in base 60 for other readers.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or("");
    let mut count = 0;
    let sixty = |part: &str| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    let rest = parts.all(|part| {
        count += 1;
        sixty(part)
    });
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    rest && count > 0 && first.starts_with(|c: char| c.is_ascii_digit()) && digits(first) && digits(fraction)
}

/// A date, or a date and a time, as the reader knows them.
///
/// Models go.yaml.in/yaml/v2 parseTimestamp
fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = text
        .split_once(['T', 't', ' '])
        .map(|(d, t)| (d, Some(t)))
        .or(Some((text, None)))
    else {
        return false;
    };
    let number = |s: &str, least: usize, most: usize, max: u32| {
        (least..=most).contains(&s.len())
            && s.bytes().all(|b| b.is_ascii_digit())
            && s.parse().is_ok_and(|n: u32| n <= max)
    };
    let mut parts = date.splitn(3, '-');
    let mut part = |least, most, max| parts.next().is_some_and(|p| number(p, least, most, max));
    if !(part(4, 4, 9999) && part(1, 2, 12) && part(1, 2, 31)) {
        return false;
    }
    let Some(time) = time else { return true };
    let (clock, zoned) = if text.contains(' ') {
        (time, true)
    } else {
        split_zone(time)
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.splitn(3, ':');
    let mut part = |max| parts.next().is_some_and(|p| number(p, 1, 2, max));
    zoned && part(23) && part(59) && part(59) && !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit())
}

/// The time without its zone, and whether there is one.
fn split_zone(time: &str) -> (&str, bool) {
    if let Some(clock) = time.strip_suffix('Z') {
        return (clock, true);
    }
    match time.rfind(['+', '-']) {
        Some(at) => (&time[..at], matches!(time.as_bytes()[at + 1..], [_, _, b':', _, _])),
        None => (time, false),
    }
}

/// Written as it is; the rest becomes an escape. Characters past the first plane do not count, as in Go's writer.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

impl Traits {
    pub(super) fn of(text: &str) -> Self {
        let mut traits = Self {
            indicators: text.starts_with("---") || text.starts_with("..."),
            ..Self::default()
        };
        let mut before = None;
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            let after = rest.peek().copied();
            traits.indicators |= is_indicator(c, before, after);
            traits.special |= !is_printable(c);
            match c {
                ' ' => {
                    traits.space_at_start |= before.is_none();
                    traits.space_at_end |= after.is_none();
                    traits.break_then_space |= before == Some('\n');
                }
                '\n' => {
                    traits.line_breaks = true;
                    traits.break_at_edge |= before.is_none() || after.is_none();
                    traits.space_then_break |= before == Some(' ');
                }
                _ => {}
            }
            before = Some(c);
        }
        traits
    }
}

/// Whether the character between these two would be read as a sign of YAML in block style.
fn is_indicator(c: char, before: Option<char>, after: Option<char>) -> bool {
    let blank = |c: Option<char>| c.is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    match (c, before) {
        ('#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`', None) => true,
        ('?' | '-', None) | (':', _) => blank(after),
        ('#', Some(_)) => blank(before),
        _ => false,
    }
}
