//! Which start of a CronJob is due, and when the next one is.
// Models pkg/controller/cronjob/utils.go

use crate::api::batch::CronJob;
use crate::api::cron::{Schedule, Zone};
use crate::api::time::Time;
use crate::sim::Duration;

const SECOND_NS: i64 = 1_000_000_000;
/// Added to each wait, for clocks that do not agree.
const DELTA_NS: i64 = 100_000_000;
/// More missed starts than these are worth a warning.
const MANY: i64 = 100;

/// How many starts were missed, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::controller) enum Missed {
    None,
    Few,
    Many,
}

/// The starts between the last one and now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::controller) struct Recent {
    /// From when on starts count: the last one, the CronJob's creation, or the deadline.
    pub(in crate::controller) earliest: Time,
    /// The newest start that is due.
    pub(in crate::controller) start: Option<Time>,
    pub(in crate::controller) missed: Missed,
}

/// A schedule by the clock of its CronJob.
#[derive(Clone, Debug)]
pub(in crate::controller) struct Clock {
    schedule: Schedule,
    zone: Zone,
}

impl Clock {
    /// The schedule of a CronJob, by the clock of its time zone unless the schedule names one.
    // Models pkg/controller/cronjob/cronjob_controllerv2.go formatSchedule
    pub(in crate::controller) fn of(job: &CronJob) -> Result<Self, String> {
        let zone = job.spec.time_zone.as_deref().and_then(Zone::find);
        Ok(Self {
            schedule: Schedule::parse(&job.spec.schedule)?,
            zone: zone.unwrap_or(Zone::UTC),
        })
    }

    fn next(&self, time: Time) -> Option<Time> {
        self.schedule.next(time, &self.zone)
    }

    /// The starts between the last one and `now`; with the deadline only those that are not too late.
    ///
    /// # Errors
    /// When the schedule never fires.
    // Models pkg/controller/cronjob/utils.go mostRecentScheduleTime
    pub(in crate::controller) fn recent(
        &self,
        job: &CronJob,
        now: Time,
        with_deadline: bool,
    ) -> Result<Recent, String> {
        let last = job.status.last_schedule_time.or(job.meta.creation_timestamp);
        let mut earliest = last.unwrap_or_default();
        if let Some(seconds) = job.spec.starting_deadline_seconds.filter(|_| with_deadline) {
            earliest = earliest.max(Time(now.0.saturating_sub(seconds)));
        }
        let recent = |start, missed| Recent {
            earliest,
            start,
            missed,
        };
        let first = self.next(earliest);
        let second = first.and_then(|first| self.next(first));
        let never = || "time difference between two schedules is less than 1 second".to_owned();
        let first = first.ok_or_else(never)?;
        if now < first {
            return Ok(recent(None, Missed::None));
        }
        let second = second.ok_or_else(never)?;
        if now < second {
            return Ok(recent(Some(first), Missed::None));
        }
        let interval = second.0 - first.0;
        let missed = (now.0 - first.0) / interval + 1;
        // One interval further back, for schedules that are not regular.
        let mut start = None;
        let mut next = self.next(Time(first.0 + (missed - 2) * interval));
        while let Some(time) = next.filter(|time| *time <= now) {
            start = Some(time);
            next = self.next(time);
        }
        Ok(recent(start, if missed > MANY { Missed::Many } else { Missed::Few }))
    }

    /// How long it is until the next start, at a moment of the wall clock in nanoseconds.
    // Models pkg/controller/cronjob/utils.go nextScheduleTimeDuration
    pub(in crate::controller) fn wait(&self, job: &CronJob, now_ns: i64) -> Duration {
        let now = Time(now_ns.div_euclid(SECOND_NS));
        let from = match self.recent(job, now, false) {
            Err(_) => now,
            Ok(recent) => recent.start.unwrap_or(match recent.missed {
                Missed::None => recent.earliest,
                _ => now,
            }),
        };
        // A schedule that never fires is looked at at once, and refused.
        let next = self.next(from).unwrap_or_default();
        let wait_ns = next.0.saturating_mul(SECOND_NS).saturating_add(DELTA_NS) - now_ns;
        Duration(u64::try_from(wait_ns).unwrap_or_default())
    }
}
