//! Shell patterns: `*`, `?`, `[a-z]`. A backslash makes the next character plain.

/// Whether `pattern` matches all of `text`.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
            continue;
        }
        match one(&pattern[p..], text[t]) {
            Some(used) => {
                p += used;
                t += 1;
            }
            None => {
                let Some((star_p, star_t)) = star else { return false };
                star = Some((star_p, star_t + 1));
                p = star_p + 1;
                t = star_t + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// How many pattern characters match `c`, if they do.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '\\' => (pattern.get(1) == Some(&c)).then_some(2),
        '[' => match class(&pattern[1..], c) {
            Some((true, used)) => Some(used + 1),
            Some((false, _)) => None,
            None => (c == '[').then_some(1),
        },
        plain => (*plain == c).then_some(1),
    }
}

/// Matches the inside of a bracket expression: whether it holds and how long it is with its `]`.
pub(crate) fn class(pattern: &[char], c: char) -> Option<(bool, usize)> {
    let negated = matches!(pattern.first(), Some('!' | '^'));
    let mut at = usize::from(negated);
    let start = at;
    let mut found = false;
    loop {
        match *pattern.get(at)? {
            ']' if at > start => return Some((found != negated, at + 1)),
            '[' if pattern.get(at + 1) == Some(&':') => {
                let rest: String = pattern[at + 2..].iter().collect();
                let name = rest.split(":]").next()?;
                found |= is_in_class(name, c);
                at += name.chars().count() + 4;
            }
            low => {
                let low = if low == '\\' && pattern.get(at + 1).is_some_and(|next| *next != ']') {
                    at += 1;
                    *pattern.get(at)?
                } else {
                    low
                };
                at += 1;
                let high = pattern.get(at + 1).copied();
                if pattern.get(at) == Some(&'-') && high.is_some_and(|high| high != ']') {
                    found |= (low..=high?).contains(&c);
                    at += 2;
                } else {
                    found |= low == c;
                }
            }
        }
    }
}

/// Whether `c` is of a named class such as `space`.
pub(crate) fn is_in_class(name: &str, c: char) -> bool {
    match name {
        "alpha" => c.is_ascii_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_ascii_alphanumeric(),
        "upper" => c.is_ascii_uppercase(),
        "lower" => c.is_ascii_lowercase(),
        "space" => c.is_ascii_whitespace() || c == '\x0b',
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "xdigit" => c.is_ascii_hexdigit(),
        "print" => c.is_ascii_graphic() || c == ' ',
        "graph" => c.is_ascii_graphic(),
        "cntrl" => c.is_ascii_control(),
        _ => false,
    }
}

/// The text with everything that means something in a pattern made plain.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "*?[]\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match() {
        let cases = [
            ("*", "", true),
            ("*.json", "a.json", true),
            ("*.json", "a.jsonx", false),
            ("a*b*c", "aXXbYYc", true),
            ("?", "", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[[:digit:]]*", "7up", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("[", "[", true),
            ("db-[0-9]", "db-1", true),
        ];
        for (pattern, text, want) in cases {
            assert_eq!(matches(pattern, text), want, "{pattern} on {text}");
        }
        assert!(matches(&quote("a*[b]\\"), "a*[b]\\"));
    }
}
