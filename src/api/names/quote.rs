//! Go's quoted strings, which upstream's messages are full of.

use std::fmt::Write;

/// The text in double quotes, as Go's `%q` prints it.
// Models Go strconv.Quote
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if is_printable(c) => out.push(c),
            c => escape(&mut out, u32::from(c)),
        }
    }
    out.push('"');
    out
}

/// Writes a character by its number.
fn escape(out: &mut String, code: u32) {
    let result = match code {
        0..=0x1f | 0x7f => write!(out, "\\x{code:02x}"),
        0x80..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    result.expect("writing to a string does not fail");
}

/// Whether Go prints a character as it is. Rust's table of what to escape is close to Go's: both follow Unicode.
fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\0'..='\u{a0}' => false,
        c if c.is_whitespace() => false,
        // At the start of a text Rust also escapes marks that join the character before; Go does not.
        c => ['a', c].iter().collect::<String>().escape_debug().nth(1) == Some(c),
    }
}

/// The text in double quotes, as the errors of Go's times and durations print it: what is not ASCII byte by byte.
// Models Go time.quote
pub(in crate::api) fn quote_ascii(text: &str) -> String {
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=0x7f => out.push(char::from(byte)),
            _ => escape_byte(&mut out, byte),
        }
    }
    out.push('"');
    out
}

/// Writes a byte by its number.
fn escape_byte(out: &mut String, byte: u8) {
    write!(out, "\\x{byte:02x}").expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting() {
        for (text, want) in [
            ("", r#""""#),
            ("a b", r#""a b""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("a\nb\tc\rd", r#""a\nb\tc\rd""#),
            ("\u{0}\u{1b}\u{7f}", r#""\x00\x1b\x7f""#),
            ("\u{a0}\u{ad}", r#""\u00a0\u00ad""#),
            ("\u{2028}\u{feff}", r#""\u2028\ufeff""#),
            ("\u{10ffff}", r#""\U0010ffff""#),
            ("ক\u{9cd}", "\"ক\u{9cd}\""),
            ("零 é 😀 'x'", r#""零 é 😀 'x'""#),
        ] {
            assert_eq!(quote(text), want, "{text:?}");
        }
    }

    #[test]
    fn quoting_of_times() {
        for (text, want) in [
            ("1µs", r#""1\xc2\xb5s""#),
            ("a\"\\\n", r#""a\"\\\x0a""#),
            ("\u{7f}", "\"\u{7f}\""),
        ] {
            assert_eq!(quote_ascii(text), want, "{text:?}");
        }
    }
}
