//! The calendar: days and times of day from seconds, and back. Gregorian for all years, no leap seconds.

use std::fmt;

const DAY: i64 = 86_400;

/// Days in 400 years, after which the calendar repeats.
const ERA: i64 = 146_097;

/// Days from the first of March of year 0 to the first of January 1970.
const EPOCH: i64 = 719_468;

/// A date and a time of day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Civil {
    /// The year; 0 is the year before year 1.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

impl Civil {
    /// The date and time of day of a moment in seconds since 1970.
    pub fn from_unix(unix: i64) -> Self {
        let (year, month, day) = date_of(unix.div_euclid(DAY));
        let second = unix.rem_euclid(DAY);
        Self {
            year,
            month: small(month),
            day: small(day),
            hour: small(second / 3600),
            minute: small(second / 60 % 60),
            second: small(second % 60),
        }
    }

    /// Seconds since 1970. Parts out of their bounds carry over: the 32nd of January is the 1st of February.
    pub fn to_unix(&self) -> i64 {
        let days = days_since_epoch(self.year, i64::from(self.month), i64::from(self.day));
        days * DAY + i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second)
    }

    /// The day of the week, 0 for Sunday.
    pub fn weekday(&self) -> u8 {
        // The first of January 1970 was a Thursday.
        let days = days_since_epoch(self.year, i64::from(self.month), i64::from(self.day));
        small((days + 4).rem_euclid(7))
    }
}

impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}

/// The number of days in a month (1 to 12).
pub fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970 to a date. Years are counted from March, so that the leap day is the last of its year.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let months = year * 12 + month - 3;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * ERA + day_of_era - EPOCH
}

/// Year, month and day of a number of days since 1970.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH;
    let (era, day_of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era + i64::from(month >= 10);
    (year, if month < 10 { month + 3 } else { month - 9 }, day)
}

/// A part of a date as a byte.
fn small(part: i64) -> u8 {
    u8::try_from(part).expect("a part of a date or time is less than 60")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_nine_centuries_follows_the_day_before() {
        let mut want = (1600_i64, 1_u8, 1_u8, 6_u8);
        let first = days_since_epoch(1600, 1, 1);
        for day in first..days_since_epoch(2500, 1, 1) {
            let civil = Civil::from_unix(day * DAY + 3661);
            assert_eq!((civil.year, civil.month, civil.day, civil.weekday()), want);
            assert_eq!((civil.hour, civil.minute, civil.second), (1, 1, 1));
            assert_eq!(civil.to_unix(), day * DAY + 3661);
            want.2 += 1;
            want.3 = (want.3 + 1) % 7;
            if want.2 > days_in_month(want.0, want.1) {
                want = if want.1 == 12 {
                    (want.0 + 1, 1, 1, want.3)
                } else {
                    (want.0, want.1 + 1, 1, want.3)
                };
            }
        }
    }

    #[test]
    fn months_have_their_days() {
        for (year, month, want) in [
            (2023, 2, 28),
            (2024, 2, 29),
            (1900, 2, 28),
            (2000, 2, 29),
            (2026, 4, 30),
            (2026, 12, 31),
        ] {
            assert_eq!(days_in_month(year, month), want, "{year}-{month}");
        }
    }

    #[test]
    fn parts_out_of_bounds_carry_over() {
        let civil = Civil {
            year: 2026,
            month: 13,
            day: 32,
            hour: 24,
            minute: 60,
            second: 60,
        };
        assert_eq!(Civil::from_unix(civil.to_unix()).to_string(), "2027-02-02T01:01:00");
    }
}
