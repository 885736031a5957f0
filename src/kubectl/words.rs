//! Splits a command line into words, as a shell does.

/// The words of a line; quotes hold words together.
///
/// # Errors
/// When a quote is not closed.
pub fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some('"') | None, '\\') => {
                let next = chars.next().unwrap_or('\\');
                if quote == Some('"') && !"\"\\$`".contains(next) {
                    word.get_or_insert_default().push('\\');
                }
                word.get_or_insert_default().push(next);
            }
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    match quote {
        Some(q) => Err(format!("a quote ({q}) is not closed")),
        None => Ok(words),
    }
}

/// How many single changes lead from one word to another (Levenshtein).
pub(super) fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn quotes_hold_words_together() {
        let cases: [(&str, &[&str]); 6] = [
            ("get pods  -o wide", &["get", "pods", "-o", "wide"]),
            ("a 'b c' \"d e\"", &["a", "b c", "d e"]),
            ("-p '{\"a\":1}'", &["-p", "{\"a\":1}"]),
            ("a\\ b ''", &["a b", ""]),
            ("x=\"a\\\"b\"", &["x=a\"b"]),
            ("", &[]),
        ];
        for (line, want) in cases {
            assert_eq!(split(line).expect(line), want, "{line}");
        }
        assert!(split("a 'b").is_err());
    }
}
