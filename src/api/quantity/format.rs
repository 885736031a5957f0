//! Prints quantities in their canonical form.

use std::fmt;

use super::{Format, NANO, Quantity};

/// Suffixes of the decimal form, by the exponent divided by three and moved up by three.
pub(super) const DECIMAL_SUFFIXES: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

/// Suffixes of the binary form, by the power of 1024.
pub(super) const BINARY_SUFFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

impl fmt::Display for Quantity {
    // Models apimachinery/pkg/api/resource Quantity.CanonicalizeBytes
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.text {
            return f.pad(text);
        }
        f.pad(&canonical(self.nano, self.format))
    }
}

/// The canonical text of `nano` billionths.
pub(super) fn canonical(nano: i128, format: Format) -> String {
    let whole = nano / NANO;
    match format {
        _ if nano == 0 => "0".to_owned(),
        // A small or broken number of bytes would lose precision in powers of 1024.
        Format::BinarySi if whole.abs() >= 1024 && nano % NANO == 0 => binary(whole),
        Format::BinarySi | Format::DecimalSi => {
            let (mantissa, thousands) = shorten(nano, 1000, DECIMAL_SUFFIXES.len() - 1);
            format!("{mantissa}{}", DECIMAL_SUFFIXES[thousands])
        }
        Format::DecimalExponent => exponent(nano),
    }
}

/// A whole number in powers of 1024.
fn binary(whole: i128) -> String {
    let (mantissa, power) = shorten(whole, 1024, BINARY_SUFFIXES.len() - 1);
    format!("{mantissa}{}", BINARY_SUFFIXES[power])
}

/// `nano` billionths with an exponent that is a multiple of three.
fn exponent(nano: i128) -> String {
    let (mantissa, thousands) = shorten(nano, 1000, usize::MAX);
    match thousands {
        3 => mantissa.to_string(),
        0..3 => format!("{mantissa}e-{}", 9 - 3 * thousands),
        _ => format!("{mantissa}e{}", 3 * thousands - 9),
    }
}

/// Divides a number other than zero by `base` as often as that loses nothing, at most `max` times.
fn shorten(mut number: i128, base: i128, max: usize) -> (i128, usize) {
    let mut times = 0;
    while times < max && number % base == 0 {
        number /= base;
        times += 1;
    }
    (number, times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_text() {
        for (text, want) in [
            ("0Gi", "0"),
            ("1000m", "1"),
            ("1024Mi", "1Gi"),
            ("1000Ki", "1000Ki"),
            ("1500Mi", "1500Mi"),
            ("1.5Gi", "1536Mi"),
            ("512Ki", "512Ki"),
            ("0.5Ki", "512"),
            ("1000E", "1000E"),
            ("100000", "100k"),
            ("123456", "123456"),
            ("10e29", "100e27"),
            ("12e5", "1200e3"),
            ("-2048Ki", "-2Mi"),
            ("7Ei", "7Ei"),
            // Half a byte cannot be shown in powers of 1024.
            ("1.00048828125Ki", "1024500m"),
        ] {
            let quantity = Quantity::parse(text).unwrap();
            assert_eq!(quantity.to_string(), want, "{text}");
        }
    }
}
