//! Reads quantities as users write them.

use std::fmt;
use std::str::FromStr;

use super::format::{BINARY_SUFFIXES, DECIMAL_SUFFIXES, canonical};
use super::{Format, LIMIT_NANO, NANO, Quantity};

/// Why a text is not a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// It does not look like a number with a suffix.
    FormatWrong,
    /// It has no digit at all.
    Numeric,
    /// Its suffix is unknown.
    Suffix,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FormatWrong => {
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            }
            Self::Numeric => "unable to parse numeric part of quantity",
            Self::Suffix => "unable to parse quantity's suffix",
        })
    }
}

impl std::error::Error for QuantityError {}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Quantity {
    /// Reads a quantity. Anything finer than a billionth is rounded away from zero.
    ///
    /// A quantity in an API object may have spaces around it and may be a number instead of a string: trim first.
    // Models apimachinery/pkg/api/resource ParseQuantity
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let parts = Parts::split(text)?;
        let (scale, format) = scale_of(parts.suffix).ok_or(QuantityError::Suffix)?;
        if parts.lacks_digits(scale) {
            return Err(QuantityError::Numeric);
        }
        let limit = match format {
            Format::BinarySi => i128::from(i64::MAX) * NANO,
            _ => LIMIT_NANO,
        };
        let magnitude = parts.nano(scale).min(limit);
        let nano = if parts.negative { -magnitude } else { magnitude };
        let format = match format {
            Format::BinarySi if nano != 0 && magnitude < NANO => Format::DecimalSi,
            format => format,
        };
        let kept = parts.is_canonical(scale) && canonical(nano, format) != text;
        Ok(Self {
            text: kept.then(|| text.into()),
            ..Self::from_nano(nano, format)
        })
    }
}

/// What a suffix multiplies by.
#[derive(Clone, Copy)]
enum Scale {
    /// A power of ten.
    Ten(i32),
    /// A power of 1024.
    Binary(usize),
}

/// The meaning of a suffix.
// Models apimachinery/pkg/api/resource suffixHandler.interpret
fn scale_of(suffix: &str) -> Option<(Scale, Format)> {
    if let Some(index) = DECIMAL_SUFFIXES.iter().position(|s| *s == suffix) {
        let thousands = i32::try_from(index).expect("the table is short") - 3;
        return Some((Scale::Ten(3 * thousands), Format::DecimalSi));
    }
    if let Some(power) = BINARY_SUFFIXES.iter().position(|s| *s == suffix) {
        return Some((Scale::Binary(power), Format::BinarySi));
    }
    let exponent: i64 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let bounded = exponent.clamp(i64::from(i32::MIN / 2), i64::from(i32::MAX / 2));
    let exponent = i32::try_from(bounded).expect("clamped to the bounds of i32");
    Some((Scale::Ten(exponent), Format::DecimalExponent))
}

/// The parts of a text that looks like a quantity.
struct Parts<'a> {
    negative: bool,
    /// Whether there is any digit before the suffix.
    has_digits: bool,
    /// Digits before the point, without leading zeros.
    whole: &'a str,
    /// Digits after the point.
    fraction: &'a str,
    suffix: &'a str,
}

impl<'a> Parts<'a> {
    // Models apimachinery/pkg/api/resource parseQuantityString
    fn split(text: &'a str) -> Result<Self, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::FormatWrong);
        }
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, rest) = split_digits(unsigned.trim_start_matches('0'));
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => split_digits(rest),
            None => ("", rest),
        };
        let exponent = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if !exponent.bytes().all(|b| b.is_ascii_digit()) {
            return Err(QuantityError::FormatWrong);
        }
        Ok(Self {
            negative: text.starts_with('-'),
            has_digits: unsigned.starts_with(|c: char| c.is_ascii_digit()) || !fraction.is_empty(),
            whole,
            fraction,
            suffix,
        })
    }

    /// Whether upstream misses digits. With most suffixes it reads none as zero: `Gi` is a quantity, `Pi` is not.
    fn lacks_digits(&self, scale: Scale) -> bool {
        let needs_digits = match scale {
            Scale::Ten(exponent) => exponent < -9,
            Scale::Binary(power) => power > 4,
        };
        needs_digits && !self.has_digits
    }

    /// The magnitude in billionths, rounded up, no more than the limit.
    fn nano(&self, scale: Scale) -> i128 {
        let mut digits: Vec<u32> = self
            .whole
            .bytes()
            .chain(self.fraction.bytes())
            .map(|b| u32::from(b - b'0'))
            .collect();
        let fraction = i64::try_from(self.fraction.len()).expect("a text is shorter than i64::MAX");
        let exponent = match scale {
            Scale::Ten(exponent) => i64::from(exponent),
            Scale::Binary(power) => {
                (0..power).for_each(|_| multiply(&mut digits, 1024));
                0
            }
        };
        read_digits(&digits, exponent - fraction + 9)
    }

    /// Whether upstream prints the quantity as it was written, without making it canonical.
    fn is_canonical(&self, scale: Scale) -> bool {
        let digits = self.whole.len().max(1) + self.fraction.len();
        match scale {
            Scale::Binary(power) => {
                let value: u64 = self.whole.parse().unwrap_or(0);
                self.fraction.is_empty() && digits + 3 * power <= 14 && !value.is_multiple_of(8)
            }
            Scale::Ten(exponent) => {
                let exponent = i64::from(exponent) - i64::try_from(self.fraction.len()).unwrap_or(i64::MAX);
                let trailing = self
                    .whole
                    .bytes()
                    .chain(self.fraction.bytes())
                    .rev()
                    .take_while(|b| *b == b'0')
                    .count();
                digits <= 18 && exponent >= -9 && exponent % 3 == 0 && trailing < 3 && !self.whole.is_empty()
            }
        }
    }
}

/// The leading digits of a text, and what follows.
fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// Multiplies a number given as decimal digits, highest first.
fn multiply(digits: &mut Vec<u32>, factor: u32) {
    let mut carry = 0;
    for digit in digits.iter_mut().rev() {
        carry += *digit * factor;
        *digit = carry % 10;
        carry /= 10;
    }
    while carry > 0 {
        digits.insert(0, carry % 10);
        carry /= 10;
    }
}

/// `digits * 10^exponent` as a whole number, rounded up, no more than the limit.
fn read_digits(digits: &[u32], exponent: i64) -> i128 {
    let length = i64::try_from(digits.len()).expect("a text is shorter than i64::MAX");
    let kept = usize::try_from((length + exponent.min(0)).max(0)).expect("no longer than the digits");
    let (whole, rest) = digits.split_at(kept);
    let mut number = 0_i128;
    for digit in whole {
        number = number
            .saturating_mul(10)
            .saturating_add(i128::from(*digit))
            .min(LIMIT_NANO);
    }
    for _ in 0..exponent {
        if number == 0 || number == LIMIT_NANO {
            break;
        }
        number = number.saturating_mul(10).min(LIMIT_NANO);
    }
    number + i128::from(rest.iter().any(|digit| *digit != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_use_the_words_of_the_server() {
        for (text, want) in [
            ("", QuantityError::FormatWrong),
            ("1 ", QuantityError::FormatWrong),
            ("1.2.3", QuantityError::FormatWrong),
            ("1e5k", QuantityError::FormatWrong),
            ("½", QuantityError::FormatWrong),
            ("Pi", QuantityError::Numeric),
            ("-.Ei", QuantityError::Numeric),
            (".e-10", QuantityError::Numeric),
            ("1K", QuantityError::Suffix),
            ("1ki", QuantityError::Suffix),
            ("1e", QuantityError::Suffix),
            ("1e+", QuantityError::Suffix),
            ("1KiB", QuantityError::FormatWrong),
            ("1e99999999999999999999", QuantityError::Suffix),
        ] {
            assert_eq!(Quantity::parse(text), Err(want), "{text:?}");
        }
        assert_eq!(QuantityError::Suffix.to_string(), "unable to parse quantity's suffix");
    }

    #[test]
    fn what_the_user_wrote_is_kept_where_upstream_keeps_it() {
        for (text, want) in [
            ("+5", "+5"),
            ("05", "05"),
            ("1.500", "1.500"),
            ("1E3", "1E3"),
            ("1.5", "1500m"),
            ("0.500", "500m"),
            ("+0", "0"),
            ("2.000", "2"),
            ("0100Mi", "0100Mi"),
            ("0128Mi", "128Mi"),
            ("1e0", "1e0"),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), want, "{text}");
        }
    }

    #[test]
    fn extremes_are_rounded_and_bounded() {
        for (text, want) in [
            ("1e-2000000000", "1e-9"),
            ("1000e2000000000", "100e27"),
            ("-1000e9999999999", "-100e27"),
            ("0e2000000000", "0"),
            ("0.0000000001", "1n"),
            ("1.0000000000000000000000001", "1000000001n"),
            ("9Ei", "9223372036854775807"),
            ("-9Ei", "-9223372036854775807"),
            ("0.00000000000000000000000001Ei", "12n"),
            (&"9".repeat(50), "100000000000E"),
            (".", "0"),
            ("-", "0"),
            ("Gi", "0"),
            ("0Pi", "0"),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), want, "{text}");
        }
    }
}
