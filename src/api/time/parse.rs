//! Reads RFC 3339 as Go does, with Go's errors.

use super::civil::{Civil, days_in_month};
use crate::api::names::quote_ascii;

/// The form of a text, named by Go's example of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// A fraction of a second may be there.
    Seconds,
    /// Six decimals must be there.
    Micros,
}

impl Layout {
    fn name(self) -> &'static str {
        match self {
            Self::Seconds => "2006-01-02T15:04:05Z07:00",
            Self::Micros => "2006-01-02T15:04:05.000000Z07:00",
        }
    }
}

/// Microseconds since 1970. Anything finer is dropped.
// Models Go time.Parse
pub(super) fn parse(text: &str, layout: Layout) -> Result<i64, String> {
    let mut reader = Reader {
        text,
        rest: text,
        layout,
    };
    let year = reader.number("2006", 4, 4, "year", 0..=9999)?;
    reader.literal("-")?;
    let month = reader.number("01", 2, 2, "month", 1..=12)?;
    reader.literal("-")?;
    let day = reader.number("02", 2, 2, "day", 0..=99)?;
    reader.literal("T")?;
    let hour = reader.number("15", 1, 2, "hour", 0..=23)?;
    reader.literal(":")?;
    let minute = reader.number("04", 2, 2, "minute", 0..=59)?;
    reader.literal(":")?;
    let second = reader.number("05", 2, 2, "second", 0..=59)?;
    let micros = reader.fraction()?;
    let offset = reader.zone()?;
    if !reader.rest.is_empty() {
        return Err(reader.refuse(&format!("extra text: {}", quote_ascii(reader.rest))));
    }
    let [month, day, hour, minute, second] =
        [month, day, hour, minute, second].map(|part| u8::try_from(part).expect("parts have two digits"));
    if day < 1 || day > days_in_month(year, month) {
        return Err(reader.refuse("day out of range"));
    }
    let civil = Civil {
        year,
        month,
        day,
        hour,
        minute,
        second,
    };
    Ok((civil.to_unix() - offset) * 1_000_000 + micros)
}

/// A text, and what is left of it.
struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    layout: Layout,
}

impl Reader<'_> {
    /// The error of a text that is wrong as a whole.
    fn refuse(&self, why: &str) -> String {
        format!("parsing time {}: {why}", quote_ascii(self.text))
    }

    /// The error of a text that does not go on as the layout does.
    fn mismatch(&self, element: &str) -> String {
        let (text, layout) = (quote_ascii(self.text), quote_ascii(self.layout.name()));
        format!(
            "parsing time {text} as {layout}: cannot parse {} as {}",
            quote_ascii(self.rest),
            quote_ascii(element)
        )
    }

    /// The error of a part with a fixed number of bytes, after which Go names what follows the part.
    fn mismatch_after(&self, bytes: usize, element: &str) -> String {
        let rest = self.rest.get(bytes..).unwrap_or(self.rest);
        Self { rest, ..*self }.mismatch(element)
    }

    /// Takes a fixed text.
    fn literal(&mut self, want: &str) -> Result<(), String> {
        self.rest = self.rest.strip_prefix(want).ok_or_else(|| self.mismatch(want))?;
        Ok(())
    }

    /// Takes a number of `min` to `max` digits.
    fn number(
        &mut self,
        element: &str,
        min: usize,
        max: usize,
        name: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<i64, String> {
        let digits = count_digits(self.rest).min(max);
        if digits < min {
            let skipped = if digits > 0 && min == 4 { min } else { 0 };
            return Err(self.mismatch_after(skipped, element));
        }
        let (number, rest) = self.rest.split_at(digits);
        let number: i64 = number.parse().map_err(|_| self.mismatch(element))?;
        if !range.contains(&number) {
            return Err(self.refuse(&format!("{name} out of range")));
        }
        self.rest = rest;
        Ok(number)
    }

    /// Takes the fraction of a second, in microseconds.
    fn fraction(&mut self) -> Result<i64, String> {
        let digits = self.rest.strip_prefix(['.', ',']).map_or(0, count_digits);
        let taken = match self.layout {
            Layout::Seconds if digits == 0 => return Ok(0),
            Layout::Seconds => digits,
            Layout::Micros if digits < 6 => return Err(self.mismatch_after(7, ".000000")),
            Layout::Micros => 6,
        };
        let (fraction, rest) = self.rest.split_at(taken + 1);
        self.rest = rest;
        let digits = fraction.bytes().skip(1).chain(std::iter::repeat(b'0')).take(6);
        Ok(digits.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0')))
    }

    /// Takes the offset from UTC, in seconds.
    fn zone(&mut self) -> Result<i64, String> {
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Ok(0);
        }
        let [sign, h1, h2, b':', m1, m2, ..] = *self.rest.as_bytes() else {
            return Err(self.mismatch("Z07:00"));
        };
        if !(matches!(sign, b'+' | b'-') && [h1, h2, m1, m2].iter().all(u8::is_ascii_digit)) {
            return Err(self.mismatch_after(6, "Z07:00"));
        }
        let two = |tens: u8, ones: u8| i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
        let (hours, minutes) = (two(h1, h2), two(m1, m2));
        // Go lets an offset of 24 hours or 60 minutes pass.
        if hours > 24 {
            return Err(self.refuse("time zone offset hour out of range"));
        }
        if minutes > 60 {
            return Err(self.refuse("time zone offset minute out of range"));
        }
        self.rest = &self.rest[6..];
        let seconds = hours * 3600 + minutes * 60;
        Ok(if sign == b'-' { -seconds } else { seconds })
    }
}

/// How many digits a text starts with.
fn count_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_fractions() {
        for (text, want) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T01:30:00+01:30", 0),
            ("1969-12-31T16:00:00-08:00", 0),
            ("1970-01-01T00:00:01.5Z", 1_500_000),
            ("1970-01-01T00:00:01,25Z", 1_250_000),
            ("1970-01-01T00:00:00.123456789Z", 123_456),
            ("1970-01-01T5:00:00Z", 18_000_000_000),
        ] {
            assert_eq!(parse(text, Layout::Seconds), Ok(want), "{text}");
        }
    }

    #[test]
    fn refusals_use_the_words_of_go() {
        let cannot = |text: &str, rest: &str, element: &str| {
            format!(r#"parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse "{rest}" as "{element}""#)
        };
        for (text, want) in [
            ("", cannot("", "", "2006")),
            ("yesterday", cannot("yesterday", "yesterday", "2006")),
            (
                "26-01-01T00:00:00Z",
                cannot("26-01-01T00:00:00Z", "1-01T00:00:00Z", "2006"),
            ),
            (
                "2026-1-1T00:00:00Z",
                cannot("2026-1-1T00:00:00Z", "1-1T00:00:00Z", "01"),
            ),
            ("2026-01-01", cannot("2026-01-01", "", "T")),
            (
                "2026-01-01 00:00:00Z",
                cannot("2026-01-01 00:00:00Z", " 00:00:00Z", "T"),
            ),
            ("2026-01-01T00:00:00", cannot("2026-01-01T00:00:00", "", "Z07:00")),
            ("2026-01-01T00:00:00z", cannot("2026-01-01T00:00:00z", "z", "Z07:00")),
            ("2026-01-01T00:00:00.Z", cannot("2026-01-01T00:00:00.Z", ".Z", "Z07:00")),
            (
                "2026-13-01T00:00:00Z",
                r#"parsing time "2026-13-01T00:00:00Z": month out of range"#.to_owned(),
            ),
            (
                "2026-02-29T00:00:00Z",
                r#"parsing time "2026-02-29T00:00:00Z": day out of range"#.to_owned(),
            ),
            (
                "2026-01-00T00:00:00Z",
                r#"parsing time "2026-01-00T00:00:00Z": day out of range"#.to_owned(),
            ),
            (
                "2026-01-01T24:00:00Z",
                r#"parsing time "2026-01-01T24:00:00Z": hour out of range"#.to_owned(),
            ),
            (
                "2026-01-01T00:00:60Z",
                r#"parsing time "2026-01-01T00:00:60Z": second out of range"#.to_owned(),
            ),
            (
                "2026-01-01T00:00:00Zz",
                r#"parsing time "2026-01-01T00:00:00Zz": extra text: "z""#.to_owned(),
            ),
            (
                "2026-01-01T00:00:00+25:00",
                r#"parsing time "2026-01-01T00:00:00+25:00": time zone offset hour out of range"#.to_owned(),
            ),
        ] {
            assert_eq!(parse(text, Layout::Seconds), Err(want), "{text:?}");
        }
        for (text, rest) in [("2026-01-01T00:00:00Z", "Z"), ("2026-01-01T00:00:00.5+01:30", "0")] {
            let want = format!(
                r#"parsing time "{text}" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "{rest}" as ".000000""#
            );
            assert_eq!(parse(text, Layout::Micros), Err(want));
        }
    }
}
