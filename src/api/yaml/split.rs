//! Splits a text into YAML documents, line by line, so that an error in one leaves the others whole.

use super::place::Place;
use super::problem::Problem;

/// The text of one document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub(super) text: &'a str,
    /// Line of the whole text at which it begins.
    pub(super) first_line: u32,
    /// What follows `---` on the line before the document, where only a comment may stand.
    pub(super) bad_separator: Option<&'a str>,
}

/// Splits at lines that begin with `---`. A separator before any document belongs to the document's text, as its line
/// numbers in error messages show.
///
/// Models k8s.io/apimachinery/pkg/util/yaml YAMLReader.Read
pub(super) fn chunks(text: &str, first_line: u32) -> Vec<Chunk<'_>> {
    let mut chunks = Vec::new();
    let (mut start, mut at, mut line, mut chunk_line, mut bad) = (0, 0, first_line, first_line, None);
    for row in text.split_inclusive('\n') {
        let end = at + row.len();
        if let Some(after) = row.strip_prefix("---") {
            let words = Some(after.trim()).filter(|w| !w.is_empty() && !w.starts_with('#'));
            if at > start {
                chunks.push(Chunk {
                    text: &text[start..at],
                    first_line: chunk_line,
                    bad_separator: bad.take(),
                });
                (start, chunk_line) = (end, line + 1);
            } else if words.is_some() {
                (start, chunk_line) = (end, line + 1);
            }
            bad = words;
        }
        (at, line) = (end, line + 1);
    }
    if at > start || bad.is_some() {
        chunks.push(Chunk {
            text: &text[start..at],
            first_line: chunk_line,
            bad_separator: bad,
        });
    }
    chunks
}

/// The first character that YAML does not allow.
///
/// Models go.yaml.in/yaml/v2 yaml_parser_update_buffer
pub(super) fn unprintable(chunk: &Chunk<'_>) -> Option<Problem> {
    let printable =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
    let at = chunk.text.find(|c| !printable(c))?;
    let before = &chunk.text[..at];
    let line = u32::try_from(before.matches('\n').count()).unwrap_or(0);
    let row = &before[before.rfind('\n').map_or(0, |n| n + 1)..];
    let column = u32::try_from(row.chars().count()).unwrap_or(0) + 1;
    let message = "yaml: control characters are not allowed".to_owned();
    Some(Problem {
        message,
        place: Place::new(chunk.first_line + line, column),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_end_at_separators() {
        for (text, want) in [
            ("", &[][..]),
            ("a\n", &[("a\n", 1)]),
            ("a\n---\nb\n", &[("a\n", 1), ("b\n", 3)]),
            ("---\na\n---\nb", &[("---\na\n", 1), ("b", 4)]),
            ("a\n---\n---\nb\n", &[("a\n", 1), ("---\nb\n", 3)]),
            ("a\n--- # note\nb\n", &[("a\n", 1), ("b\n", 3)]),
            ("a\n---", &[("a\n", 1)]),
            ("---", &[("---", 1)]),
            ("a: |\n  ---\n", &[("a: |\n  ---\n", 1)]),
        ] {
            let got: Vec<_> = chunks(text, 1).iter().map(|c| (c.text, c.first_line)).collect();
            assert_eq!(got, want, "{text:?}");
        }
        let bad = chunks("a\n--- b\nc\n", 1);
        assert_eq!((bad[1].text, bad[1].bad_separator), ("c\n", Some("b")));
    }
}
