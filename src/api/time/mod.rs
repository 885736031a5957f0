//! API times: whole seconds, and microseconds where Kubernetes keeps them. Always UTC, no clock of their own.

mod civil;
mod parse;

pub use civil::{Civil, days_in_month};

use std::fmt;

use parse::Layout;

/// Microseconds in a second.
const MICROS: i64 = 1_000_000;

/// A moment in whole seconds since 1970. Absent times are an `Option` outside.
// Models apimachinery/pkg/apis/meta/v1 Time
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// Reads RFC 3339, with any offset; a fraction of a second is dropped. The error is Go's.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(parse::parse(text, Layout::Seconds)?.div_euclid(MICROS)))
    }

    /// The date and time of day in UTC.
    pub fn civil(self) -> Civil {
        Civil::from_unix(self.0)
    }

    /// The moment of a date and time of day in UTC.
    pub fn from_civil(civil: &Civil) -> Self {
        Self(civil.to_unix())
    }

    /// The form of `kubectl describe`: `Mon, 02 Jan 2006 15:04:05 +0000`.
    pub fn rfc1123z(self) -> String {
        let Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self.civil();
        let weekday = WEEKDAYS[usize::from(self.civil().weekday())];
        let month = MONTHS[usize::from(month) - 1];
        format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000")
    }

    /// The same moment in microseconds.
    pub fn to_micro(self) -> MicroTime {
        MicroTime(self.0.saturating_mul(MICROS))
    }
}

/// Names of the days, from Sunday on.
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// Names of the months.
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Z", self.civil())
    }
}

/// A moment in microseconds since 1970, as events and leases keep it.
// Models apimachinery/pkg/apis/meta/v1 MicroTime
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MicroTime(pub i64);

impl MicroTime {
    /// Reads RFC 3339 with six decimals, with any offset. The error is Go's.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse::parse(text, Layout::Micros).map(Self)
    }

    /// The second the moment is in.
    pub fn to_time(self) -> Time {
        Time(self.0.div_euclid(MICROS))
    }
}

impl fmt::Display for MicroTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}Z", self.to_time().civil(), self.0.rem_euclid(MICROS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_print_as_rfc3339() {
        for (unix, want) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (1_767_225_600, "2026-01-01T00:00:00Z"),
            (1_709_210_096, "2024-02-29T12:34:56Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Time(unix).to_string(), want);
            assert_eq!(Time::parse(want), Ok(Time(unix)));
            assert_eq!(Time::from_civil(&Time(unix).civil()), Time(unix));
        }
    }

    #[test]
    fn microseconds_print_six_decimals() {
        for (micros, want) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_767_225_600_000_001, "2026-01-01T00:00:00.000001Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(MicroTime(micros).to_string(), want);
            assert_eq!(MicroTime::parse(want), Ok(MicroTime(micros)));
        }
        assert_eq!(MicroTime(-1).to_time(), Time(-1));
        assert_eq!(Time(2).to_micro(), MicroTime(2_000_000));
    }

    #[test]
    fn describe_prints_rfc1123z() {
        assert_eq!(Time(1_136_214_245).rfc1123z(), "Mon, 02 Jan 2006 15:04:05 +0000");
        assert_eq!(Time(1_767_225_600).rfc1123z(), "Thu, 01 Jan 2026 00:00:00 +0000");
    }
}
