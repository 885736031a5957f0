//! Backslash escapes of `echo -e`, `printf` and `$'...'`.

/// Who reads the escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `echo -e` and `%b`: octal is `\0nnn`, `\c` ends all output.
    Echo,
    /// A `printf` format: octal is `\nnn`.
    Printf,
    /// `$'...'`: octal is `\nnn`, quotes may be escaped.
    Dollar,
}

/// The text with its escapes replaced, and whether `\c` asked to stop there.
pub(crate) fn unescape(text: &str, style: Style) -> (String, bool) {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('a') => out.push('\x07'),
            Some('b') => out.push('\x08'),
            Some('f') => out.push('\x0c'),
            Some('v') => out.push('\x0b'),
            Some('e' | 'E') => out.push('\x1b'),
            Some('\\') => out.push('\\'),
            Some('c') if style == Style::Echo => return (out, true),
            Some(quote @ ('\'' | '"' | '?')) if style != Style::Echo => out.push(quote),
            Some('x') => out.extend(number(&mut chars, 16, 2).map_or(Some('x'), char::from_u32)),
            Some('u') => out.extend(number(&mut chars, 16, 4).map_or(Some('u'), char::from_u32)),
            Some('0') if style == Style::Echo => {
                out.extend(number(&mut chars, 8, 3).map_or(Some('\0'), char::from_u32));
            }
            Some(digit @ '0'..='7') if style != Style::Echo => {
                let first = digit.to_digit(8).unwrap_or(0);
                let mut value = first;
                for _ in 0..2 {
                    let Some(next) = chars.peek().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    chars.next();
                    value = value * 8 + next;
                }
                out.extend(char::from_u32(value));
            }
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    (out, false)
}

fn number(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, digits_max: u32) -> Option<u32> {
    let mut value = None;
    for _ in 0..digits_max {
        let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix)) else {
            break;
        };
        chars.next();
        value = Some(value.unwrap_or(0) * radix + digit);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_replaced() {
        let cases = [
            (r"a\nb", Style::Echo, "a\nb", false),
            (r"a\cb", Style::Echo, "a", true),
            (r"\0101", Style::Echo, "A", false),
            (r"\101", Style::Printf, "A", false),
            (r"\x41\q", Style::Echo, r"A\q", false),
            (r"it\'s", Style::Dollar, "it's", false),
        ];
        for (text, style, want, stop) in cases {
            assert_eq!(unescape(text, style), (want.to_owned(), stop), "{text}");
        }
    }
}
