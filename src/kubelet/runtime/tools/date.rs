//! `date`: the cluster's clock, in UTC.

use super::Str;
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::process::{Base, Step};

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A moment by the calendar.
struct Civil {
    year: i64,
    month: u8,
    day: u8,
    week_day: u8,
    year_day: u16,
    second_of_day: u32,
    nanos: u32,
    unix_s: i64,
}

impl Civil {
    fn new(unix_ns: i128) -> Self {
        let unix_s = i64::try_from(unix_ns.div_euclid(1_000_000_000)).unwrap_or(0);
        let nanos = u32::try_from(unix_ns.rem_euclid(1_000_000_000)).unwrap_or(0);
        let days = unix_s.div_euclid(86_400);
        // Days since 0000-03-01, in eras of 400 years.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let small = |value: i64| u8::try_from(value).unwrap_or(0);
        let month = small(if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        });
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let march_first = if is_leap { 60 } else { 59 };
        let year_day = if month > 2 {
            march_first + day_of_year
        } else {
            day_of_year - 306
        };
        Self {
            year,
            month,
            day: small(day_of_year - (153 * shifted_month + 2) / 5 + 1),
            week_day: small((days + 4).rem_euclid(7)),
            year_day: u16::try_from(year_day + 1).unwrap_or(1),
            second_of_day: u32::try_from(unix_s.rem_euclid(86_400)).unwrap_or(0),
            nanos,
            unix_s,
        }
    }

    fn format(&self, format: &str) -> String {
        let mut out = String::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let mut directive = chars.next();
            let bare = matches!(directive, Some('-'));
            if bare || matches!(directive, Some('_' | '0' | ':' | '3' | '6' | '9')) {
                let width = directive.and_then(|c| c.to_digit(10)).filter(|width| *width > 0);
                directive = chars.next();
                if let (Some('N'), Some(width)) = (directive, width) {
                    out.push_str(&format!("{:09}", self.nanos)[..width as usize]);
                    continue;
                }
            }
            let text = self.directive(directive);
            out.push_str(if bare { text.trim_start_matches('0') } else { &text });
        }
        out
    }

    fn directive(&self, directive: Option<char>) -> String {
        let (hour, minute, second) = (
            self.second_of_day / 3600,
            self.second_of_day / 60 % 60,
            self.second_of_day % 60,
        );
        let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
        let half = if hour < 12 { "AM" } else { "PM" };
        let (day_name, month_name) = (DAYS[usize::from(self.week_day)], MONTHS[usize::from(self.month - 1)]);
        match directive {
            Some('Y') => self.year.to_string(),
            Some('y') => format!("{:02}", self.year.rem_euclid(100)),
            Some('m') => format!("{:02}", self.month),
            Some('d') => format!("{:02}", self.day),
            Some('e') => format!("{:2}", self.day),
            Some('H') => format!("{hour:02}"),
            Some('k') => format!("{hour:2}"),
            Some('I') => format!("{twelve:02}"),
            Some('M') => format!("{minute:02}"),
            Some('S') => format!("{second:02}"),
            Some('N') => format!("{:09}", self.nanos),
            Some('s') => self.unix_s.to_string(),
            Some('p') => half.to_owned(),
            Some('T' | 'X') => format!("{hour:02}:{minute:02}:{second:02}"),
            Some('R') => format!("{hour:02}:{minute:02}"),
            Some('r') => format!("{twelve:02}:{minute:02}:{second:02} {half}"),
            Some('F') => format!("{}-{:02}-{:02}", self.year, self.month, self.day),
            Some('D' | 'x') => format!("{:02}/{:02}/{:02}", self.month, self.day, self.year.rem_euclid(100)),
            Some('j') => format!("{:03}", self.year_day),
            Some('A') => day_name.to_owned(),
            Some('a') => day_name[..3].to_owned(),
            Some('B') => month_name.to_owned(),
            Some('b' | 'h') => month_name[..3].to_owned(),
            Some('u') => (if self.week_day == 0 { 7 } else { self.week_day }).to_string(),
            Some('w') => self.week_day.to_string(),
            Some('Z') => "UTC".to_owned(),
            Some('z') => "+0000".to_owned(),
            Some('c') => self.format("%a %b %e %H:%M:%S %Y"),
            Some('n') => "\n".to_owned(),
            Some('t') => "\t".to_owned(),
            Some('%') => "%".to_owned(),
            Some(other) => format!("%{other}"),
            None => "%".to_owned(),
        }
    }
}

/// The time of a file for `ls -l`.
pub(super) fn listing_time(unix_ns: i128) -> String {
    Civil::new(unix_ns).format("%b %e %H:%M")
}

/// A time for `stat`.
pub(super) fn full_time(unix_ns: i128) -> String {
    Civil::new(unix_ns).format("%Y-%m-%d %H:%M:%S.%N +0000")
}

/// `date [-u] [-d @SECONDS] [+FORMAT]`
pub(super) fn date(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let mut at = sys.unix_ns();
    let mut format = "%a %b %e %H:%M:%S UTC %Y".to_owned();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        if let Some(given) = arg.strip_prefix('+') {
            format = given.to_owned();
        } else if let Some(precision) = arg
            .strip_prefix("-I")
            .or_else(|| arg.strip_prefix("--iso-8601").map(|rest| rest.trim_start_matches('=')))
        {
            format = match precision {
                "seconds" | "s" => "%Y-%m-%dT%H:%M:%S+00:00",
                "minutes" | "m" => "%Y-%m-%dT%H:%M+00:00",
                "ns" => "%Y-%m-%dT%H:%M:%S,%N+00:00",
                _ => "%Y-%m-%d",
            }
            .to_owned();
        } else if matches!(&**arg, "-R" | "--rfc-2822" | "--rfc-email") {
            format = "%a, %d %b %Y %H:%M:%S +0000".to_owned();
        } else if matches!(&**arg, "-d" | "--date") || arg.starts_with("--date=") {
            let text = arg
                .strip_prefix("--date=")
                .map(Str::from)
                .or_else(|| rest.next().cloned())
                .unwrap_or_default();
            match text.strip_prefix('@').and_then(|seconds| seconds.parse::<i64>().ok()) {
                Some(seconds) => at = i128::from(seconds) * 1_000_000_000,
                None if matches!(&*text, "now" | "today" | "") => {}
                None => {
                    let text = format!("date: invalid date '{text}'\n");
                    sys.err(base, &text);
                    return Step::Exit(1);
                }
            }
        }
    }
    let text = format!("{}\n", Civil::new(at).format(&format));
    sys.out(base, &text);
    Step::Exit(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_formatted() {
        let cases = [
            (0, "%F %T %a %j", "1970-01-01 00:00:00 Thu 001"),
            (1_767_225_600, "%Y-%m-%dT%H:%M:%SZ", "2026-01-01T00:00:00Z"),
            (1_709_210_096, "%c", "Thu Feb 29 12:34:56 2024"),
            (1_709_210_096, "%-d/%-m %I%p %s", "29/2 12PM 1709210096"),
            (1_735_603_200, "%j", "366"),
        ];
        for (unix_s, format, want) in cases {
            assert_eq!(
                Civil::new(i128::from(unix_s) * 1_000_000_000).format(format),
                want,
                "{format}"
            );
        }
    }
}
