//! Resource quantities: exact numbers with a unit, such as `500m` and `128Mi`.
//!
//! A quantity is a whole number of billionths in an `i128`, which is the finest step Kubernetes keeps, so sums and
//! comparisons are exact. Upstream holds numbers of any size; here a magnitude stops at [`LIMIT_NANO`] (`1e29`).
//!
//! Two quantities are equal, ordered and hashed by value alone: `1000m` equals `1`. The form in which a quantity was
//! written is kept beside the value and decides only how it prints.

mod format;
mod parse;

pub use parse::QuantityError;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::Str;

/// Billionths in one.
pub(super) const NANO: i128 = 1_000_000_000;

/// The largest magnitude a quantity can have, in billionths. Larger numbers stop there.
pub const LIMIT_NANO: i128 = 10_i128.pow(38);

/// How a quantity prints.
// Models apimachinery/pkg/api/resource Format
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Powers of ten with a letter: `12M`.
    #[default]
    DecimalSi,
    /// Powers of 1024: `12Mi`.
    BinarySi,
    /// Powers of ten with an exponent: `12e6`.
    DecimalExponent,
}

/// An exact amount of a resource.
// Models apimachinery/pkg/api/resource Quantity
#[derive(Clone, Debug, Default)]
pub struct Quantity {
    nano: i128,
    format: Format,
    /// What the user wrote, where it counts as canonical but differs from what `Display` would make: `+5`, `1.500`.
    text: Option<Str>,
}

impl Quantity {
    /// A quantity of `nano` billionths.
    fn from_nano(nano: i128, format: Format) -> Self {
        let nano = nano.clamp(-LIMIT_NANO, LIMIT_NANO);
        Self {
            nano,
            format,
            text: None,
        }
    }

    /// A whole number that prints in powers of ten.
    pub fn from_value(value: i64) -> Self {
        Self::from_nano(i128::from(value) * NANO, Format::DecimalSi)
    }

    /// A number of thousandths, as CPU is counted.
    pub fn from_milli(milli: i64) -> Self {
        Self::from_nano(i128::from(milli) * (NANO / 1000), Format::DecimalSi)
    }

    /// A number of bytes that prints in powers of 1024.
    pub fn from_bytes(bytes: i64) -> Self {
        Self::from_nano(i128::from(bytes) * NANO, Format::BinarySi)
    }

    /// The same value, printed in `format`.
    pub fn with_format(&self, format: Format) -> Self {
        Self::from_nano(self.nano, format)
    }

    /// How the quantity prints.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The value in whole units, a fraction rounded away from zero. Stops at the bounds of `i64`.
    pub fn value(&self) -> i64 {
        saturate(divide_away_from_zero(self.nano, NANO))
    }

    /// The value in thousandths, a smaller fraction rounded away from zero. Stops at the bounds of `i64`.
    pub fn milli_value(&self) -> i64 {
        saturate(divide_away_from_zero(self.nano, NANO / 1000))
    }

    /// Whether the value is zero.
    pub fn is_zero(&self) -> bool {
        self.nano == 0
    }

    /// -1, 0 or 1.
    pub fn sign(&self) -> i32 {
        match self.nano.cmp(&0) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }

    /// Adds `other`. A zero takes over the other's format.
    // Models apimachinery/pkg/api/resource Quantity.Add
    pub fn add(&mut self, other: &Self) {
        self.set(self.nano.saturating_add(other.nano), other.format);
    }

    /// Subtracts `other`. A zero takes over the other's format.
    // Models apimachinery/pkg/api/resource Quantity.Sub
    pub fn sub(&mut self, other: &Self) {
        self.set(self.nano.saturating_sub(other.nano), other.format);
    }

    /// Multiplies by a whole number.
    pub fn mul(&mut self, factor: i64) {
        self.set(self.nano.saturating_mul(i128::from(factor)), self.format);
    }

    /// Turns the sign round.
    pub fn neg(&mut self) {
        self.set(-self.nano, self.format);
    }

    /// Rounds to a multiple of `10^scale`, away from zero. Returns whether nothing was lost.
    // Models apimachinery/pkg/api/resource Quantity.RoundUp
    pub fn round_up(&mut self, scale: i32) -> bool {
        let Ok(digits) = u32::try_from(scale.saturating_add(9)) else {
            return true;
        };
        let step = 10_i128
            .checked_pow(digits)
            .map_or(LIMIT_NANO, |step| step.min(LIMIT_NANO));
        if self.nano % step == 0 {
            return true;
        }
        self.set(divide_away_from_zero(self.nano, step).saturating_mul(step), self.format);
        false
    }

    /// Stores a result of arithmetic. `other` is the format that a zero takes over.
    fn set(&mut self, nano: i128, other: Format) {
        let format = if self.is_zero() { other } else { self.format };
        *self = Self::from_nano(nano, format);
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nano == other.nano
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nano.cmp(&other.nano)
    }
}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nano.hash(state);
    }
}

/// `amount / step`, rounded away from zero.
fn divide_away_from_zero(amount: i128, step: i128) -> i128 {
    amount / step + (amount % step).signum()
}

/// The nearest `i64`.
fn saturate(n: i128) -> i64 {
    let bounded = n.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    i64::try_from(bounded).expect("clamped to the bounds of i64")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::StableHasher;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn values_round_away_from_zero() {
        for (text, value, milli) in [
            ("0", 0, 0),
            ("1", 1, 1000),
            ("100m", 1, 100),
            ("1500m", 2, 1500),
            ("1n", 1, 1),
            ("-1n", -1, -1),
            ("-1500m", -2, -1500),
            ("1Ki", 1024, 1_024_000),
            ("8Ei", i64::MAX, i64::MAX),
            ("1e20", i64::MAX, i64::MAX),
        ] {
            assert_eq!(
                (quantity(text).value(), quantity(text).milli_value()),
                (value, milli),
                "{text}"
            );
        }
    }

    #[test]
    fn equality_order_and_hash_follow_the_value() {
        let hash = |q: &Quantity| {
            let mut hasher = StableHasher::default();
            q.hash(&mut hasher);
            hasher.finish()
        };
        for (a, b) in [
            ("1", "1000m"),
            ("1Ki", "1024"),
            ("1e3", "1k"),
            ("0Mi", "0"),
            ("+5", "5"),
        ] {
            assert_eq!(quantity(a), quantity(b), "{a} {b}");
            assert_eq!(hash(&quantity(a)), hash(&quantity(b)), "{a} {b}");
        }
        assert!(quantity("999m") < quantity("1"));
        assert_ne!(quantity("1"), quantity("1001m"));
    }

    #[test]
    fn arithmetic_keeps_the_format_of_a_non_zero_left_side() {
        let mut sum = Quantity::default();
        sum.add(&quantity("1Gi"));
        sum.add(&quantity("512M"));
        assert_eq!(sum.to_string(), "1548576Ki");
        sum.sub(&quantity("512M"));
        assert_eq!(sum.to_string(), "1Gi");
        sum.neg();
        assert_eq!(sum.to_string(), "-1Gi");
        sum.mul(-3);
        assert_eq!(sum.to_string(), "3Gi");
    }

    #[test]
    fn arithmetic_stops_at_the_limit() {
        let mut sum = quantity("1e29");
        sum.add(&quantity("1e29"));
        assert_eq!(sum.to_string(), "100e27");
        sum.mul(i64::MIN);
        assert_eq!(sum.to_string(), "-100e27");
    }

    #[test]
    fn rounding_tells_whether_it_was_exact() {
        for (text, scale, want, exact) in [
            ("9.01", -3, "9010m", true),
            ("9.01", -1, "9100m", false),
            ("9.01", 1, "10", false),
            ("-9.01", 0, "-10", false),
            ("1.500", -3, "1.500", true),
            ("1.500", 0, "2", false),
            ("1n", 40, "100000000000E", false),
            ("7", -20, "7", true),
        ] {
            let mut q = quantity(text);
            assert_eq!(q.round_up(scale), exact, "{text} to {scale}");
            assert_eq!(q.to_string(), want, "{text} to {scale}");
        }
    }

    #[test]
    fn constructors_choose_the_format() {
        assert_eq!(Quantity::from_milli(1500).to_string(), "1500m");
        assert_eq!(Quantity::from_milli(2000).to_string(), "2");
        assert_eq!(Quantity::from_bytes(64 << 20).to_string(), "64Mi");
        assert_eq!(Quantity::from_value(5_000_000).to_string(), "5M");
        assert_eq!(
            Quantity::from_bytes(1 << 30).with_format(Format::DecimalSi).to_string(),
            "1073741824"
        );
    }
}
