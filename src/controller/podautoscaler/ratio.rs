//! The arithmetic of ratios, rounded as upstream's `float64` rounds it: only `*`, `/` and `ceil`, the same everywhere.

#![allow(
    clippy::float_arithmetic,
    reason = "upstream's numbers show the rounding of its floats; nothing of them is stored"
)]

/// How far a ratio may be off before anything is done, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::controller) struct Tolerances {
    /// Above one.
    pub(in crate::controller) up_milli: i64,
    /// Below one.
    pub(in crate::controller) down_milli: i64,
}

impl Default for Tolerances {
    // Models the controller manager's --horizontal-pod-autoscaler-tolerance.
    fn default() -> Self {
        Self {
            up_milli: 100,
            down_milli: 100,
        }
    }
}

/// What is used by what should be. It lives as long as one calculation.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Ratio(f64);

#[expect(clippy::cast_precision_loss, reason = "as upstream")]
impl Ratio {
    pub(super) fn of(usage: i64, target: i64) -> Self {
        Self(usage as f64 / target as f64)
    }

    /// Of a usage by all of `count` pods, each of which should have `target`.
    pub(super) fn per_pod(usage: i64, target: i64, count: i32) -> Self {
        Self(usage as f64 / (target as f64 * f64::from(count)))
    }

    pub(super) fn is_above(self) -> bool {
        self.0 > 1.0
    }

    pub(super) fn is_below(self) -> bool {
        self.0 < 1.0
    }

    // Models Tolerances.isWithin
    pub(super) fn is_within(self, tolerances: Tolerances) -> bool {
        let part = |milli: i64| milli as f64 / 1000.0;
        1.0 - part(tolerances.down_milli) <= self.0 && self.0 <= 1.0 + part(tolerances.up_milli)
    }

    /// The ratio of `count`, rounded up; stops at the bounds of the type.
    pub(super) fn times(self, count: i64) -> i32 {
        whole((self.0 * count as f64).ceil())
    }
}

/// `usage` by `target`, rounded up.
#[expect(clippy::cast_precision_loss, reason = "as upstream")]
pub(super) fn quotient(usage: i64, target: i64) -> i32 {
    whole((usage as f64 / target as f64).ceil())
}

/// The share of each of `count` pods, rounded up.
#[expect(clippy::cast_precision_loss, reason = "as upstream")]
#[expect(clippy::cast_possible_truncation, reason = "stops at the bounds")]
pub(super) fn share(usage: i64, count: i32) -> i64 {
    if usage == i64::MAX {
        return usage;
    }
    (usage as f64 / f64::from(count)).ceil() as i64
}

/// `count` and `percent` of it more, rounded up.
pub(super) fn grown(count: i32, percent: i32) -> i32 {
    whole((f64::from(count) * (1.0 + f64::from(percent) / 100.0)).ceil())
}

/// `count` and `percent` of it less, rounded down.
pub(super) fn shrunk(count: i32, percent: i32) -> i32 {
    whole(f64::from(count) * (1.0 - f64::from(percent) / 100.0))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "stops at the bounds, and a fraction is cut off"
)]
fn whole(value: f64) -> i32 {
    value as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_round_as_upstream() {
        let tolerances = Tolerances::default();
        for (usage, target, within, of_ten) in [
            (90, 100, true, 9),
            (110, 100, true, 11),
            (111, 100, false, 12),
            (89, 100, false, 9),
            (0, 100, false, 0),
            (300, 100, false, 30),
        ] {
            let ratio = Ratio::of(usage, target);
            assert_eq!(
                (ratio.is_within(tolerances), ratio.times(10)),
                (within, of_ten),
                "{usage}"
            );
        }
        assert_eq!(Ratio::of(i64::MAX, 1).times(3), i32::MAX);
        assert_eq!(
            (grown(3, 100), grown(5, 10), shrunk(5, 50), shrunk(5, 10)),
            (6, 6, 2, 4)
        );
        assert_eq!(
            (quotient(8600, 2800), share(8600, 3), share(i64::MAX, 3)),
            (4, 2867, i64::MAX)
        );
    }
}
