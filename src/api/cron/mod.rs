//! Schedules of CronJobs: reading them, in the words of the parser that Kubernetes uses, and when they fire.
// Models robfig/cron v3 parser.go ParseStandard, spec.go, constantdelay.go.

pub mod conformance;
mod parse;
mod summer;
mod zone;
mod zones;

pub use zone::Zone;

use super::time::{Civil, Time};

/// When something is to happen again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The zone that the schedule names itself.
    zone: Option<Zone>,
    when: When,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum When {
    /// Every so many seconds.
    Every(i64),
    /// At such minutes.
    Fields(Fields),
}

/// The minutes, hours, days of the month, months and days of the week at which a schedule fires, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fields {
    minute: u64,
    hour: u64,
    day: u64,
    month: u64,
    weekday: u64,
}

/// Marks a field that was left open, `*` or `?`.
const STAR: u64 = 1 << 63;
/// A schedule that does not fire for so long never does.
const YEARS_MAX: i64 = 5;

impl Schedule {
    /// Reads a schedule: five fields, a descriptor such as `@hourly`, or `@every` with a duration; `TZ=` before it.
    ///
    /// # Errors
    /// What is wrong, as Kubernetes says it.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse::schedule(text)
    }

    /// The first time after `time`, by the clock of `zone` unless the schedule names another. None for never.
    #[must_use]
    pub fn next(&self, time: Time, zone: &Zone) -> Option<Time> {
        match &self.when {
            When::Every(seconds) => Some(Time(time.0 + seconds)),
            When::Fields(fields) => fields.next(time, self.zone.as_ref().unwrap_or(zone)),
        }
    }
}

impl Fields {
    fn next(&self, after: Time, zone: &Zone) -> Option<Time> {
        let mut search = Search {
            zone,
            time: Time(after.0 + 1),
            aligned: false,
        };
        let last_year = search.civil().year + YEARS_MAX;
        while search.civil().year <= last_year {
            if self.months(&mut search)
                && self.days(&mut search)
                && self.hours(&mut search)
                && self.minutes(&mut search)
            {
                return Some(search.time);
            }
        }
        None
    }

    /// Goes on to a month that fits. False where a new year began on the way, as below for smaller units.
    fn months(&self, search: &mut Search<'_>) -> bool {
        while !has(self.month, search.civil().month) {
            search.align(|civil| (civil.day, civil.hour, civil.minute, civil.second) = (1, 0, 0, 0));
            let mut civil = search.civil();
            civil.month += 1;
            search.time = search.zone.moment(&civil);
            if search.civil().month == 1 {
                return false;
            }
        }
        true
    }

    fn days(&self, search: &mut Search<'_>) -> bool {
        while !self.is_day(&search.civil()) {
            search.align(|civil| (civil.hour, civil.minute, civil.second) = (0, 0, 0));
            let mut civil = search.civil();
            civil.day += 1;
            search.time = search.zone.moment(&civil);
            // A change of the clock can make a day begin before or after midnight.
            let hour = i64::from(search.civil().hour);
            let hours = if hour > 12 { 24 - hour } else { -hour };
            search.time.0 += hours * 3600;
            if search.civil().day == 1 {
                return false;
            }
        }
        true
    }

    /// Of two days that are both restricted, one is enough.
    fn is_day(&self, civil: &Civil) -> bool {
        let (day, weekday) = (has(self.day, civil.day), has(self.weekday, civil.weekday()));
        if (self.day | self.weekday) & STAR == 0 {
            day || weekday
        } else {
            day && weekday
        }
    }

    fn hours(&self, search: &mut Search<'_>) -> bool {
        while !has(self.hour, search.civil().hour) {
            search.align(|civil| (civil.minute, civil.second) = (0, 0));
            search.time.0 += 3600;
            if search.civil().hour == 0 {
                return false;
            }
        }
        true
    }

    fn minutes(&self, search: &mut Search<'_>) -> bool {
        loop {
            let civil = search.civil();
            if !has(self.minute, civil.minute) {
                search.aligned = true;
                search.time.0 += 60 - i64::from(civil.second);
            } else if civil.second > 0 {
                search.time.0 += 60 - i64::from(civil.second);
            } else {
                return true;
            }
            if search.civil().minute == 0 {
                return false;
            }
        }
    }
}

/// How far the search for the next time has come.
struct Search<'a> {
    zone: &'a Zone,
    time: Time,
    /// Whether the smaller units were set to their first already.
    aligned: bool,
}

impl Search<'_> {
    fn civil(&self) -> Civil {
        self.zone.civil(self.time)
    }

    /// Sets the smaller units to their first, once.
    fn align(&mut self, set: impl FnOnce(&mut Civil)) {
        if !self.aligned {
            self.aligned = true;
            let mut civil = self.civil();
            set(&mut civil);
            self.time = self.zone.moment(&civil);
        }
    }
}

fn has(bits: u64, unit: u8) -> bool {
    bits & (1 << unit) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_is_strictly_later() {
        for (schedule, zone, after, want) in [
            ("*/15 * * * *", "UTC", "2012-07-09T15:00:00Z", "2012-07-09T15:15:00Z"),
            ("*/15 * * * *", "UTC", "2012-07-09T14:59:59Z", "2012-07-09T15:00:00Z"),
            (
                "20-35/15 * * * *",
                "UTC",
                "2012-07-09T15:20:51Z",
                "2012-07-09T15:35:00Z",
            ),
            ("0 0 29 feb ?", "UTC", "2012-07-09T23:35:00Z", "2016-02-29T00:00:00Z"),
            ("0 0 30 2 ?", "UTC", "2012-07-09T23:35:00Z", "never"),
            ("0 0 13 * FRI", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            ("@every 1h30m", "UTC", "2026-01-01T00:00:10Z", "2026-01-01T01:30:10Z"),
            ("@every 10ms", "UTC", "2026-01-01T00:00:10Z", "2026-01-01T00:00:11Z"),
            (
                "30 3 * * *",
                "Europe/Zurich",
                "2026-01-01T03:00:00Z",
                "2026-01-02T02:30:00Z",
            ),
            // Half past two is skipped on the day when summer time begins, and comes twice when it ends.
            (
                "30 2 * * *",
                "Europe/Zurich",
                "2026-03-28T12:00:00Z",
                "2026-03-30T00:30:00Z",
            ),
            (
                "30 2 * * *",
                "Europe/Zurich",
                "2026-10-25T00:30:00Z",
                "2026-10-25T01:30:00Z",
            ),
            (
                "TZ=Asia/Tokyo 0 9 * * *",
                "UTC",
                "2026-01-01T00:00:00Z",
                "2026-01-02T00:00:00Z",
            ),
        ] {
            let schedule = Schedule::parse(schedule).expect(schedule);
            let zone = Zone::find(zone).expect("a known zone");
            let got = schedule.next(Time::parse(after).expect("a time"), &zone);
            let got = got.map_or_else(|| "never".to_owned(), |time| time.to_string());
            assert_eq!(got, want, "{schedule:?} after {after}");
        }
    }
}
