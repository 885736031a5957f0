//! Time zones: how far the wall clock is from Greenwich, and when it changes.

use super::summer::Summer;
use super::zones::ZONES;
use crate::api::time::{Civil, Time};

/// A time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Zone {
    /// Seconds east of Greenwich, in winter.
    offset: i64,
    summer: Option<Summer>,
}

impl Zone {
    /// Greenwich, all year.
    pub const UTC: Self = Self::fixed(0);

    /// A zone without summer time, so many seconds east of Greenwich.
    #[must_use]
    pub const fn fixed(offset: i64) -> Self {
        Self { offset, summer: None }
    }

    /// The zone of that name in the IANA database.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let known = |(_, _, names): &&(i32, Option<Summer>, &str)| names.split(' ').any(|known| known == name);
        let (minutes, summer, _) = ZONES.iter().find(known)?;
        Some(Self {
            offset: i64::from(*minutes) * 60,
            summer: *summer,
        })
    }

    /// Seconds east of Greenwich at a moment.
    #[must_use]
    pub fn offset_at(&self, time: Time) -> i64 {
        let Some(summer) = &self.summer else { return self.offset };
        let year = Civil::from_unix(time.0 + self.offset).year;
        let shifted = self.offset + i64::from(summer.shift) * 60;
        let start = summer.start.in_year(year) - self.offset;
        let end = summer.end.in_year(year) - shifted;
        let is_summer = if start < end {
            (start..end).contains(&time.0)
        } else {
            !(end..start).contains(&time.0)
        };
        if is_summer { shifted } else { self.offset }
    }

    /// What the wall clock shows.
    #[must_use]
    pub fn civil(&self, time: Time) -> Civil {
        Civil::from_unix(time.0 + self.offset_at(time))
    }

    /// When the wall clock shows this. What it skips or shows twice is one of the two moments that it could be.
    // Models Go's time.Date.
    pub(super) fn moment(&self, civil: &Civil) -> Time {
        let local = civil.to_unix();
        let offset = self.offset_at(Time(local));
        let there = self.offset_at(Time(local - offset));
        Time(local - there)
    }

    /// RFC 3339 with the zone's offset.
    #[must_use]
    pub fn rfc3339(&self, time: Time) -> String {
        let offset = self.offset_at(time);
        if offset == 0 {
            return time.to_string();
        }
        let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
        format!("{}{sign}{:02}:{:02}", self.civil(time), minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_follow_the_rules_of_their_zone() {
        for (zone, time, want) in [
            ("UTC", "2026-07-01T00:00:00Z", "2026-07-01T00:00:00Z"),
            ("Asia/Shanghai", "2026-07-01T00:00:00Z", "2026-07-01T08:00:00+08:00"),
            ("Europe/Zurich", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00"),
            ("Europe/Zurich", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00"),
            ("Europe/Zurich", "2026-10-25T00:59:59Z", "2026-10-25T02:59:59+02:00"),
            ("Europe/Zurich", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00+01:00"),
            ("America/New_York", "2012-03-11T06:59:59Z", "2012-03-11T01:59:59-05:00"),
            ("America/New_York", "2012-03-11T07:00:00Z", "2012-03-11T03:00:00-04:00"),
            // South of the equator summer goes over the year's end.
            ("Australia/Sydney", "2026-01-01T00:00:00Z", "2026-01-01T11:00:00+11:00"),
            ("Australia/Sydney", "2026-07-01T00:00:00Z", "2026-07-01T10:00:00+10:00"),
            (
                "Australia/Lord_Howe",
                "2026-01-01T00:00:00Z",
                "2026-01-01T11:00:00+11:00",
            ),
            // Irish law has it that winter is the exception.
            ("Europe/Dublin", "2026-07-01T00:00:00Z", "2026-07-01T01:00:00+01:00"),
            ("America/St_Johns", "2026-01-01T00:00:00Z", "2025-12-31T20:30:00-03:30"),
        ] {
            let found = Zone::find(zone).expect("a known zone");
            let time = Time::parse(time).expect("a time");
            assert_eq!(found.rfc3339(time), want, "{zone}");
            assert_eq!(Zone::UTC.rfc3339(time), time.to_string());
        }
    }

    #[test]
    fn names_are_those_of_the_database() {
        for (name, want) in [
            ("Etc/UTC", true),
            ("Asia/Kolkata", true),
            ("US/Eastern", true),
            ("Europe/Atlantis", false),
            ("europe/zurich", false),
            ("", false),
        ] {
            assert_eq!(Zone::find(name).is_some(), want, "{name}");
        }
    }
}
