//! Why a text is no YAML, in the words of kubectl's reader.

use saphyr_parser::{Marker, ScanError};

use super::place::Place;

/// What stopped the reader.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// kubectl's words.
    pub(super) message: String,
    /// Where.
    pub(super) place: Place,
}

/// What each reader says: ours (a part of its text), kubectl's, and whether kubectl's finds it while it splits the text into
/// tokens. The other errors, found while parsing tokens, are reported with the number of the line before.
const WORDS: &[(&str, &str, bool)] = &[
    ("tab", "found character that cannot start any token", true),
    (
        "unexpected character",
        "found character that cannot start any token",
        true,
    ),
    (
        "mapping values are not allowed",
        "mapping values are not allowed in this context",
        true,
    ),
    (
        "block sequence entries are not allowed",
        "block sequence entries are not allowed in this context",
        true,
    ),
    (
        "mapping keys are not allowed",
        "mapping keys are not allowed in this context",
        true,
    ),
    ("simple key expect", "could not find expected ':'", true),
    ("unexpected end of stream", "found unexpected end of stream", true),
    (
        "unexpected document indicator",
        "found unexpected document indicator",
        true,
    ),
    ("unknown escape character", "found unknown escape character", true),
    ("hexadecimal number", "did not find expected hexdecimal number", true),
    (
        "alphabetic or numeric character",
        "did not find expected alphabetic or numeric character",
        true,
    ),
    ("did not find expected key", "did not find expected key", false),
    ("expected '-' indicator", "did not find expected '-' indicator", false),
    ("flow mapping", "did not find expected ',' or '}'", false),
    ("flow sequence", "did not find expected ',' or ']'", false),
    ("node content", "did not find expected node content", false),
    ("document start", "did not find expected <document start>", false),
    ("document-start", "did not find expected <document start>", false),
    ("recursion limit", "exceeded max depth of 256", false),
];

impl Problem {
    pub(super) fn new(message: impl Into<String>, place: Place) -> Self {
        Self {
            message: message.into(),
            place,
        }
    }

    /// The parser's error. Models go.yaml.in/yaml/v2 parser.fail
    pub(super) fn of_parser(error: &ScanError, text: &str, first_line: u32) -> Self {
        let mark = error.marker();
        let place = place_of(mark, first_line);
        if error.info().contains("unknown anchor") {
            return Self::new(
                format!("yaml: unknown anchor '{}' referenced", name_at(text, mark)),
                place,
            );
        }
        let known = WORDS.iter().find(|(ours, ..)| error.info().contains(ours));
        let (words, scanning) = known.map_or((error.info(), true), |(_, words, scanning)| (words, *scanning));
        let line = if scanning {
            mark.line()
        } else {
            mark.line().saturating_sub(1)
        };
        let line = if line == 0 {
            String::new()
        } else {
            format!("line {line}: ")
        };
        Self::new(format!("yaml: {line}{words}"), place)
    }
}

/// The parser's place, counted from the start of the whole text.
pub(super) fn place_of(mark: &Marker, first_line: u32) -> Place {
    let line = u32::try_from(mark.line()).unwrap_or(u32::MAX).max(1);
    let column = u32::try_from(mark.col()).unwrap_or(u32::MAX);
    Place::new(first_line.saturating_add(line - 1), column.saturating_add(1))
}

/// The name of the anchor or alias that begins at the mark.
pub(super) fn name_at<'a>(text: &'a str, mark: &Marker) -> &'a str {
    let line = text.lines().nth(mark.line().saturating_sub(1)).unwrap_or("");
    let start = line.char_indices().nth(mark.col()).map_or(line.len(), |(at, _)| at);
    let name = line[start..].trim_start_matches(['*', '&']);
    let end = name
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .unwrap_or(name.len());
    &name[..end]
}
