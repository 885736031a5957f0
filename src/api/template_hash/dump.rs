//! Prints a value as the Go struct behind it, with types and field names, in the form that Kubernetes hashes.
// Models k8s.io/utils/dump ForHash, which is spew's `%#v` with sorted keys

use std::fmt::{Result, Write};

use serde_json::Value;

use crate::api::schema::{Shape, Struct, TypeRef};

/// Decimal digits that Go's fast path of a quantity holds.
const DECIMAL_DIGITS: i64 = 18;

/// Prints a struct with its type before it. Absent fields are printed as their zero values.
pub(super) fn structure(out: &mut impl Write, of: Struct, value: Option<&Value>) -> Result {
    write!(out, "({})", of.go_type())?;
    fields(out, of, value)
}

fn fields(out: &mut impl Write, of: Struct, value: Option<&Value>) -> Result {
    out.write_char('{')?;
    for (index, field) in of.declared().enumerate() {
        if index > 0 {
            out.write_char(' ')?;
        }
        write!(out, "{}:", field.go_name())?;
        let inner = match field.inlined() {
            Some(_) => value,
            None => value.and_then(|v| v.get(field.json)).filter(|v| !v.is_null()),
        };
        typed(out, field.ty, inner)?;
    }
    out.write_char('}')
}

/// Prints a value with its type before it.
fn typed(out: &mut impl Write, ty: TypeRef, value: Option<&Value>) -> Result {
    write!(out, "({})", ty.go_type())?;
    if ty.is_pointer() && value.is_none() {
        return out.write_str("<nil>");
    }
    bare(out, ty, value)
}

/// Prints a value alone. An empty list or map is as good as none: that is how it comes to a controller.
fn bare(out: &mut impl Write, ty: TypeRef, value: Option<&Value>) -> Result {
    let number = || value.and_then(Value::as_i64).unwrap_or(0);
    let text = || value.and_then(Value::as_str).unwrap_or("");
    match ty.shape() {
        Shape::String => out.write_str(text()),
        Shape::Int32 | Shape::Int64 => write!(out, "{}", number()),
        Shape::Bool => write!(out, "{}", value.and_then(Value::as_bool).unwrap_or(false)),
        Shape::Float => write!(out, "{}", value.and_then(Value::as_f64).unwrap_or(0.0)),
        Shape::Struct(of) => fields(out, of, value),
        Shape::List(item) => list(out, item, value.and_then(Value::as_array)),
        Shape::Map(item) => {
            let entries = value.and_then(Value::as_object).filter(|map| !map.is_empty());
            let Some(entries) = entries else {
                return out.write_str("<nil>");
            };
            out.write_str("map[")?;
            for (index, (key, value)) in entries.iter().enumerate() {
                write!(out, "{}{key}:", if index > 0 { " " } else { "" })?;
                bare(out, item, Some(value))?;
            }
            out.write_char(']')
        }
        Shape::Quantity => quantity(out, value),
        Shape::IntOrString => {
            let kind = i32::from(value.is_some_and(Value::is_string));
            write!(
                out,
                "{{Type:(intstr.Type){kind} IntVal:(int32){} StrVal:(string){}}}",
                number(),
                text()
            )
        }
        // A pod template holds no time, bytes or duration but unset ones.
        Shape::Time | Shape::MicroTime => {
            out.write_str("{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}")
        }
        Shape::Bytes | Shape::Duration | Shape::Any => out.write_str("<nil>"),
    }
}

fn list(out: &mut impl Write, item: TypeRef, items: Option<&Vec<Value>>) -> Result {
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        return out.write_str("<nil>");
    };
    out.write_char('[')?;
    for (index, value) in items.iter().enumerate() {
        if index > 0 {
            out.write_char(' ')?;
        }
        bare(out, item, Some(value))?;
    }
    out.write_char(']')
}

/// Prints a quantity as its reader leaves it in memory.
fn quantity(out: &mut impl Write, value: Option<&Value>) -> Result {
    let text = match value {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let parsed = Parsed::of(&text);
    out.write_str("{i:(resource.int64Amount)")?;
    match parsed.fast() {
        Some((value, scale)) => {
            write!(out, "{{value:(int64){value} scale:(resource.Scale){scale}}} ")?;
            out.write_str("d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} ")?;
            let kept = if parsed.keeps_text(value, scale) {
                text.as_str()
            } else {
                ""
            };
            write!(out, "s:(string){kept} ")?;
        }
        None => {
            out.write_str("{value:(int64)0 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec){")?;
            let (unscaled, scale) = parsed.slow();
            write!(out, "unscaled:(big.Int){{neg:(bool){} abs:(big.nat)", parsed.negative)?;
            match u64::try_from(unscaled >> 64).unwrap_or(u64::MAX) {
                0 if unscaled == 0 => out.write_str("<nil>")?,
                0 => write!(out, "[{unscaled}]")?,
                high => write!(out, "[{} {high}]", unscaled & u128::from(u64::MAX))?,
            }
            write!(out, "}} scale:(inf.Scale){scale}}}}} s:(string) ")?;
        }
    }
    write!(out, "Format:(resource.Format){}}}", parsed.format)
}

/// A quantity's text, taken apart.
// Models k8s.io/apimachinery/pkg/api/resource ParseQuantity
struct Parsed<'a> {
    negative: bool,
    /// Digits before the point without leading zeros, and after it.
    whole: &'a str,
    fraction: &'a str,
    /// Power of two or of ten that the suffix stands for.
    exponent: i64,
    format: &'static str,
    /// The text is `0` alone.
    zero: bool,
}

impl<'a> Parsed<'a> {
    fn of(text: &'a str) -> Self {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let digits = |s: &str| s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
        let (whole, rest) = unsigned.split_at(digits(unsigned));
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(after) => after.split_at(digits(after)),
            None => ("", rest),
        };
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() && !text.is_empty() {
            "0"
        } else {
            whole
        };
        let (exponent, format) = suffix_of(suffix);
        let format = if text.is_empty() { "" } else { format };
        Self {
            negative: text.starts_with('-'),
            whole,
            fraction,
            exponent,
            format,
            zero: text == "0",
        }
    }

    fn binary(&self) -> bool {
        self.format == "BinarySI"
    }

    /// Value and scale where they fit Go's fast path: 64 bits and no fraction of a binary number.
    fn fast(&self) -> Option<(i64, i64)> {
        if self.whole.is_empty() || self.zero {
            return Some((0, 0));
        }
        let length = |s: &str| i64::try_from(s.len()).unwrap_or(i64::MAX);
        let (precision, mantissa, scale) = if !self.binary() {
            (
                DECIMAL_DIGITS - length(self.whole) - length(self.fraction),
                1,
                self.exponent,
            )
        } else if self.fraction.is_empty() {
            (
                15 - length(self.whole) - self.exponent * 3 / 10 - 1,
                1_i64 << self.exponent,
                0,
            )
        } else {
            (-1, 1, 0)
        };
        let scale = scale - length(self.fraction);
        if precision < 0 || scale < -9 {
            return None;
        }
        let value = self.shifted().parse::<i64>().ok()?.checked_mul(mantissa)?;
        Some((if self.negative { -value } else { value }, scale))
    }

    fn shifted(&self) -> String {
        format!("{}{}", self.whole, self.fraction)
    }

    /// Whether Go keeps the text, because it is in canonical form.
    fn keeps_text(&self, value: i64, scale: i64) -> bool {
        if self.zero || self.whole.is_empty() {
            return self.zero;
        }
        let shifted = self.shifted();
        if self.binary() {
            let size = value.unsigned_abs() >> self.exponent;
            return self.exponent % 10 == 0 && size & 7 != 0;
        }
        scale % 3 == 0 && !shifted.ends_with("000") && !shifted.starts_with('0')
    }

    /// Unscaled magnitude and decimal places, for what the fast path cannot hold.
    fn slow(&self) -> (u128, i64) {
        let places = i64::try_from(self.fraction.len()).unwrap_or(0);
        let unscaled: u128 = self.shifted().parse().unwrap_or(u128::MAX);
        if self.binary() {
            return (unscaled.saturating_mul(1 << self.exponent), places);
        }
        (unscaled, places - self.exponent)
    }
}

/// Exponent and format of a suffix.
fn suffix_of(suffix: &str) -> (i64, &'static str) {
    let decimal = [
        ("n", -9),
        ("u", -6),
        ("m", -3),
        ("", 0),
        ("k", 3),
        ("M", 6),
        ("G", 9),
        ("T", 12),
        ("P", 15),
        ("E", 18),
    ];
    let binary = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
    let found = |table: &[(&str, i64)]| {
        table
            .iter()
            .find(|(name, _)| *name == suffix)
            .map(|(_, exponent)| *exponent)
    };
    if let Some(exponent) = found(&decimal) {
        return (exponent, "DecimalSI");
    }
    if let Some(exponent) = found(&binary) {
        return (exponent, "BinarySI");
    }
    (
        suffix.trim_start_matches(['e', 'E']).parse().unwrap_or(0),
        "DecimalExponent",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn printed(value: Value) -> String {
        let mut out = String::new();
        quantity(&mut out, Some(&value)).unwrap();
        out
    }

    #[test]
    fn quantities_print_as_go_holds_them() {
        let fast = |value: i64, scale: i64, text: &str, format: &str| {
            format!(
                "{{i:(resource.int64Amount){{value:(int64){value} scale:(resource.Scale){scale}}} \
                 d:(resource.infDecAmount){{Dec:(*inf.Dec)<nil>}} s:(string){text} Format:(resource.Format){format}}}"
            )
        };
        for (value, want) in [
            (json!("0"), fast(0, 0, "0", "DecimalSI")),
            (json!("100m"), fast(100, -3, "100m", "DecimalSI")),
            (json!(2), fast(2, 0, "2", "DecimalSI")),
            (json!("1500"), fast(1500, 0, "1500", "DecimalSI")),
            (json!("2000m"), fast(2000, -3, "", "DecimalSI")),
            (json!("0.5"), fast(5, -1, "", "DecimalSI")),
            (json!("64Mi"), fast(67_108_864, 0, "", "BinarySI")),
            (json!("100Mi"), fast(104_857_600, 0, "100Mi", "BinarySI")),
            (json!("1e3"), fast(1, 3, "1e3", "DecimalExponent")),
        ] {
            assert_eq!(printed(value.clone()), want, "{value}");
        }
    }

    #[test]
    fn structs_print_with_names_and_types() {
        let of = crate::api::schema::struct_of("core", "HTTPGetAction").unwrap();
        let mut out = String::new();
        structure(&mut out, of, Some(&json!({"path": "/", "port": 80}))).unwrap();
        let want = "(v1.HTTPGetAction){Path:(string)/ Port:(intstr.IntOrString){Type:(intstr.Type)0 IntVal:(int32)80 \
                    StrVal:(string)} Host:(string) Scheme:(v1.URIScheme) HTTPHeaders:([]v1.HTTPHeader)<nil>}";
        assert_eq!(out, want);
    }
}
