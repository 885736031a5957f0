//! Values that are a number or a text: ports by name, and percentages.

use std::fmt;

use super::Str;
use super::names::quote;

/// A number, or a text such as `http` or `25%`.
// Models apimachinery/pkg/util/intstr IntOrString
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntOrString {
    /// A plain number.
    Int(i32),
    /// A name or a percentage.
    String(Str),
}

impl IntOrString {
    /// A number where the text is one that fits, otherwise the text.
    // Models apimachinery/pkg/util/intstr Parse
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::String(text.into()), Self::Int)
    }

    /// The number, or what a text reads as; 0 where it is not a number.
    // Models apimachinery/pkg/util/intstr IntOrString.IntValue
    pub fn int_value(&self) -> i64 {
        match self {
            Self::Int(n) => i64::from(*n),
            Self::String(text) => atoi(text).0,
        }
    }

    /// The number itself, or that percentage of `total`. The error is the text upstream reports.
    // Models apimachinery/pkg/util/intstr GetScaledValueFromIntOrPercent
    pub fn scaled(&self, total: i64, round_up: bool) -> Result<i64, String> {
        let text = match self {
            Self::Int(n) => return Ok(i64::from(*n)),
            Self::String(text) => text,
        };
        let percent = percent(text).map_err(|why| format!("invalid value for IntOrString: {why}"))?;
        let hundredths = i128::from(percent) * i128::from(total);
        let floor = hundredths.div_euclid(100);
        let rounded = if round_up && hundredths.rem_euclid(100) != 0 {
            floor + 1
        } else {
            floor
        };
        let bounded = rounded.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        Ok(i64::try_from(bounded).expect("clamped to the bounds of i64"))
    }
}

/// The number of a percentage.
// Models apimachinery/pkg/util/intstr getIntOrPercentValueSafely
fn percent(text: &str) -> Result<i64, String> {
    let Some(number) = text.strip_suffix('%') else {
        return Err("invalid type: string is not a percentage".to_owned());
    };
    let (value, error) = atoi(number);
    match error {
        None => Ok(value),
        Some(why) => Err(format!(
            "invalid value {}: strconv.Atoi: parsing {}: {why}",
            quote(text),
            quote(number)
        )),
    }
}

/// A whole number, and what is wrong with the text. A number that does not fit stops at the bound.
// Models Go strconv.Atoi
fn atoi(text: &str) -> (i64, Option<&'static str>) {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return (0, Some("invalid syntax"));
    }
    let bound = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    text.parse()
        .map_or((bound, Some("value out of range")), |number| (number, None))
}

impl Default for IntOrString {
    fn default() -> Self {
        Self::Int(0)
    }
}

impl From<i32> for IntOrString {
    fn from(n: i32) -> Self {
        Self::Int(n)
    }
}

impl From<&str> for IntOrString {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(n) => n.fmt(f),
            Self::String(text) => f.pad(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_scale_and_round() {
        for (value, total, up, down) in [
            ("25%", 10, 3, 2),
            ("25%", 4, 1, 1),
            ("0%", 10, 0, 0),
            ("100%", 7, 7, 7),
            ("150%", 3, 5, 4),
            ("-50%", 3, -1, -2),
            ("+10%", 5, 1, 0),
            ("9223372036854775807%", i64::MAX, i64::MAX, i64::MAX),
        ] {
            let value = IntOrString::from(value);
            assert_eq!(value.scaled(total, true), Ok(up), "{value} of {total}, up");
            assert_eq!(value.scaled(total, false), Ok(down), "{value} of {total}, down");
        }
        assert_eq!(IntOrString::Int(7).scaled(1, true), Ok(7));
    }

    #[test]
    fn refusals_use_the_words_of_the_server() {
        for (value, want) in [
            ("10", "invalid type: string is not a percentage"),
            ("", "invalid type: string is not a percentage"),
            ("x%", r#"invalid value "x%": strconv.Atoi: parsing "x": invalid syntax"#),
            (
                "9223372036854775808%%",
                r#"invalid value "9223372036854775808%%": strconv.Atoi: parsing "9223372036854775808%": invalid syntax"#,
            ),
            ("%", r#"invalid value "%": strconv.Atoi: parsing "": invalid syntax"#),
            (
                "9223372036854775808%",
                r#"invalid value "9223372036854775808%": strconv.Atoi: parsing "9223372036854775808": value out of range"#,
            ),
        ] {
            let got = IntOrString::from(value).scaled(10, true);
            assert_eq!(got, Err(format!("invalid value for IntOrString: {want}")), "{value}");
        }
    }

    #[test]
    fn texts_read_as_numbers_where_they_fit() {
        assert_eq!(IntOrString::parse("8080"), IntOrString::Int(8080));
        assert_eq!(IntOrString::parse("http"), IntOrString::from("http"));
        assert_eq!(IntOrString::from("8080").int_value(), 8080);
        assert_eq!(IntOrString::from("http").int_value(), 0);
        assert_eq!(IntOrString::from("-9223372036854775809").int_value(), i64::MIN);
        assert_eq!(IntOrString::parse("-1").to_string(), "-1");
    }
}
