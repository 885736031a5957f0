//! Summer time: by what rule clocks are put forward and back.

use crate::api::time::{Civil, days_in_month};

/// A change of the clock, the same every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Change {
    pub(super) month: u8,
    /// Which of the month's weekdays of that name; 5 is the last.
    pub(super) week: u8,
    /// 0 is Sunday.
    pub(super) weekday: u8,
    /// Minutes after midnight by the clock before the change.
    pub(super) minute: i32,
}

/// The rule of summer time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Summer {
    /// Minutes that the clock is put forward.
    pub(super) shift: i32,
    pub(super) start: Change,
    pub(super) end: Change,
}

impl Change {
    /// When it is in a year: seconds since 1970 by the wall clock.
    pub(super) fn in_year(&self, year: i64) -> i64 {
        let mut date = Civil {
            year,
            month: self.month,
            day: 1,
            hour: 0,
            minute: 0,
            second: 0,
        };
        date.day += (self.weekday + 7 - date.weekday()) % 7 + 7 * (self.week - 1);
        if date.day > days_in_month(year, self.month) {
            date.day -= 7;
        }
        date.to_unix() + i64::from(self.minute) * 60
    }
}
