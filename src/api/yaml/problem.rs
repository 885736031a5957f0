//! Why a text is no YAML, in the words of kubectl's reader.

use super::cursor::Mark;
use super::place::Place;

/// What stopped the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// kubectl's words.
    pub(super) message: String,
    /// Where.
    pub(super) place: Place,
}

/// What stopped the reader, before the lines above the document are counted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    message: String,
    mark: Mark,
}

impl Fault {
    /// Found while splitting the text into tokens.
    // Models go.yaml.in/yaml/v2 parser.fail
    pub(super) fn scanning(words: &str, mark: Mark) -> Self {
        Self::at_line(words, mark.line + 1, mark)
    }

    /// Found in the order of the tokens: reported with the number of the line before.
    pub(super) fn parsing(words: &str, mark: Mark) -> Self {
        Self::at_line(words, mark.line, mark)
    }

    /// Found in what the document means: reported without a line.
    pub(super) fn meaning(words: impl Into<String>, mark: Mark) -> Self {
        Self {
            message: words.into(),
            mark,
        }
    }

    fn at_line(words: &str, line: u32, mark: Mark) -> Self {
        let line = if line == 0 {
            String::new()
        } else {
            format!("line {line}: ")
        };
        Self {
            message: format!("yaml: {line}{words}"),
            mark,
        }
    }

    /// The problem in a document that begins at this line of the text.
    pub(super) fn in_text(self, first_line: u32) -> Problem {
        Problem {
            message: self.message,
            place: place_of(self.mark, first_line),
        }
    }
}

/// The mark's place in a text in which the document begins at this line.
pub(super) fn place_of(mark: Mark, first_line: u32) -> Place {
    Place::new(first_line + mark.line, mark.column + 1)
}
