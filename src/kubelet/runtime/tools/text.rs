//! Tools that only make text of their arguments.

use super::Str;
use crate::kubelet::runtime::shell::escape::{Style, unescape};

/// What `echo` prints. Debian's `dash` always reads escapes and knows only `-n`.
pub(crate) fn echo(args: &[Str], is_dash: bool) -> String {
    let mut newline = true;
    let mut escapes = is_dash;
    let mut rest = args;
    while let Some((first, others)) = rest.split_first() {
        let flags = if is_dash { "n" } else { "neE" };
        let is_flag = first.len() > 1 && first.starts_with('-') && first[1..].chars().all(|c| flags.contains(c));
        if !is_flag {
            break;
        }
        for flag in first[1..].chars() {
            match flag {
                'n' => newline = false,
                'e' => escapes = true,
                _ => escapes = false,
            }
        }
        rest = others;
    }
    let text = rest.join(" ");
    let (mut text, stopped) = if escapes {
        unescape(&text, Style::Echo)
    } else {
        (text, false)
    };
    if newline && !stopped {
        text.push('\n');
    }
    text
}

/// What `printf format args` prints. The format is used again while there are arguments.
pub(crate) fn printf(args: &[Str]) -> String {
    let Some((format, args)) = args.split_first() else {
        return String::new();
    };
    let mut out = String::new();
    let mut args = args.iter();
    loop {
        let before = args.len();
        if !once(format, &mut args, &mut out) || args.len() == 0 || args.len() == before {
            return out;
        }
    }
}

/// One pass over the format; false when `\c` ended it.
fn once<'a>(format: &str, args: &mut impl Iterator<Item = &'a Str>, out: &mut String) -> bool {
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&unescape(&rest[..at], Style::Printf).0);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (spec, after) = rest.split_at(end);
        let conversion = after.chars().next().unwrap_or('s');
        rest = after.get(conversion.len_utf8()..).unwrap_or_default();
        let spec = if spec.contains('*') {
            spec.replacen('*', args.next().map_or("0", |arg| arg), 1)
        } else {
            spec.to_owned()
        };
        let arg = args.next().map_or("", |arg| arg);
        let number = arg.parse::<i64>().unwrap_or_else(|_| leading_number(arg));
        let text = match conversion {
            'd' | 'i' | 'u' => number.to_string(),
            'x' => format!("{number:x}"),
            'X' => format!("{number:X}"),
            'o' => format!("{number:o}"),
            'c' => arg.chars().take(1).collect(),
            'f' | 'e' | 'g' => decimal(arg, &spec),
            'q' => format!("'{}'", arg.replace('\'', "'\\''")),
            'b' => {
                let (text, stopped) = unescape(arg, Style::Echo);
                if stopped {
                    out.push_str(&text);
                    return false;
                }
                text
            }
            _ => arg.to_owned(),
        };
        pad(&text, &spec, "sbcq".contains(conversion), out);
    }
    out.push_str(&unescape(rest, Style::Printf).0);
    true
}

fn leading_number(text: &str) -> i64 {
    if let Some(quoted) = text.strip_prefix(['"', '\'']) {
        return quoted.chars().next().map_or(0, |c| i64::from(u32::from(c)));
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).unwrap_or(0);
    }
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '-'))
        .unwrap_or(text.len());
    text[..end].parse().unwrap_or(0)
}

/// A decimal number cut or filled to the precision of `spec`.
fn decimal(text: &str, spec: &str) -> String {
    let precision = spec
        .split_once('.')
        .and_then(|(_, digits)| digits.parse::<usize>().ok())
        .unwrap_or(6);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = if whole.is_empty() { "0" } else { whole };
    if precision == 0 {
        return whole.to_owned();
    }
    let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(precision).collect();
    format!("{whole}.{fraction}")
}

fn pad(text: &str, spec: &str, is_text: bool, out: &mut String) {
    let left = spec.contains('-');
    let flags = spec.trim_start_matches(['-', '+', ' ', '#']);
    let (width, precision) = flags
        .split_once('.')
        .map_or((flags, None), |(width, precision)| (width, Some(precision)));
    let zero = width.starts_with('0') && !left && !is_text;
    let width = width.parse::<usize>().unwrap_or(0).min(10_000);
    let cut: String = match precision.and_then(|digits| digits.parse::<usize>().ok()) {
        Some(precision) if is_text => text.chars().take(precision).collect(),
        _ => text.to_owned(),
    };
    let fill = width.saturating_sub(cut.chars().count());
    if left {
        out.push_str(&cut);
        out.extend(std::iter::repeat_n(' ', fill));
    } else if zero {
        let (sign, digits) = cut.strip_prefix('-').map_or(("", &*cut), |digits| ("-", digits));
        out.push_str(sign);
        out.extend(std::iter::repeat_n('0', fill));
        out.push_str(digits);
    } else {
        out.extend(std::iter::repeat_n(' ', fill));
        out.push_str(&cut);
    }
}

/// The first `digits` digits of pi, by Machin's formula in blocks of nine digits: what `perl -Mbignum=bpi` prints.
pub(crate) fn pi(digits: u32) -> String {
    const BASE: u64 = 1_000_000_000;
    // Three blocks more than needed take up the rounding.
    let blocks = digits as usize / 9 + 4;
    let divide = |number: &mut [u64], by: u64| {
        let mut rest = 0;
        for block in number.iter_mut() {
            let value = rest * BASE + *block;
            *block = value / by;
            rest = value % by;
        }
    };
    let add = |sum: &mut [u64], number: &[u64], minus: bool| {
        let mut carry = 0;
        for (block, more) in sum.iter_mut().zip(number).rev() {
            let value = if minus {
                *block + BASE - more - carry
            } else {
                *block + more + carry
            };
            *block = value % BASE;
            carry = if minus { u64::from(value < BASE) } else { value / BASE };
        }
    };
    let mut sum = vec![0; blocks];
    // 16 arctan(1/5) - 4 arctan(1/239)
    for (factor, x, starts_minus) in [(16, 5, false), (4, 239, true)] {
        let mut power = vec![0; blocks];
        power[0] = factor;
        divide(&mut power, x);
        let mut n = 1;
        let mut minus = starts_minus;
        while power.iter().any(|block| *block != 0) {
            let mut term = power.clone();
            divide(&mut term, n);
            add(&mut sum, &term, minus);
            divide(&mut power, x * x);
            n += 2;
            minus = !minus;
        }
    }
    let fraction: String = sum[1..].iter().map(|block| format!("{block:09}")).collect();
    let shown = digits.saturating_sub(1) as usize;
    format!("3.{}", &fraction[..shown.min(fraction.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Vec<Str> {
        words.iter().map(|word| Str::from(*word)).collect()
    }

    #[test]
    fn echo_prints() {
        let cases: [(&[&str], bool, &str); 6] = [
            (&["a", "b"], false, "a b\n"),
            (&["-n", "a"], false, "a"),
            (&["-en", "a\\n"], false, "a\n"),
            (&["a\\n"], false, "a\\n\n"),
            (&["a\\n"], true, "a\n\n"),
            (&["-x"], false, "-x\n"),
        ];
        for (words, is_dash, want) in cases {
            assert_eq!(echo(&args(words), is_dash), want, "{words:?}");
        }
    }

    #[test]
    fn printf_prints() {
        let cases: [(&[&str], &str); 9] = [
            (&["%s %d\\n", "a", "5"], "a 5\n"),
            (&["%s\\n", "a", "b"], "a\nb\n"),
            (&["%05d|%-4s|%4s", "-42", "x", "y"], "-0042|x   |   y"),
            (&["100%%"], "100%"),
            (&["%.2f", "3.14159"], "3.14"),
            (&["%b", "a\\nb"], "a\nb"),
            (&["plain\\n"], "plain\n"),
            (&["%x %c", "255", "abc"], "ff a"),
            (&["x", "unused"], "x"),
        ];
        for (words, want) in cases {
            assert_eq!(printf(&args(words)), want, "{words:?}");
        }
    }

    #[test]
    fn pi_is_right() {
        assert_eq!(pi(30), "3.14159265358979323846264338327");
        let long = pi(2000);
        assert_eq!(long.len(), 2001);
        assert!(long.ends_with("904780275900"), "ends {}", &long[1980..]);
    }
}
