//! Walks over the characters of a document.

/// A place in the document: line and column from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    pub(super) index: usize,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The characters of a document and where we are in them.
#[derive(Debug)]
pub(super) struct Cursor {
    chars: Vec<char>,
    pub(super) mark: Mark,
}

impl Cursor {
    pub(super) fn new(text: &str) -> Self {
        Self {
            chars: text.chars().collect(),
            mark: Mark::default(),
        }
    }

    /// The character so many ahead; none behind the end.
    pub(super) fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.mark.index + ahead).copied()
    }

    pub(super) fn is(&self, wanted: char) -> bool {
        self.peek(0) == Some(wanted)
    }

    /// Goes past one character of the line.
    pub(super) fn skip(&mut self) {
        self.mark.index += 1;
        self.mark.column += 1;
    }

    pub(super) fn skip_many(&mut self, count: usize) {
        (0..count).for_each(|_| self.skip());
    }

    /// Takes one character of the line.
    pub(super) fn read(&mut self, into: &mut String) {
        into.extend(self.peek(0));
        self.skip();
    }

    /// Goes past a line break; gives what it reads as.
    pub(super) fn read_break(&mut self) -> char {
        let found = self.peek(0);
        self.mark.index += if found == Some('\r') && self.peek(1) == Some('\n') {
            2
        } else {
            1
        };
        self.mark.column = 0;
        self.mark.line += 1;
        found.filter(|c| matches!(c, '\u{2028}' | '\u{2029}')).unwrap_or('\n')
    }

    /// Ends the last line.
    pub(super) fn finish(&mut self) {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
    }

    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.peek(ahead), Some(' ' | '\t'))
    }

    pub(super) fn is_break(&self, ahead: usize) -> bool {
        matches!(self.peek(ahead), Some('\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}'))
    }

    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.is_break(ahead) || self.peek(ahead).is_none()
    }

    pub(super) fn is_blank_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// Whether `---` or `...` begins the line.
    pub(super) fn at_document_mark(&self) -> bool {
        let three = |sign| (0..3).all(|ahead| self.peek(ahead) == Some(sign));
        self.mark.column == 0 && (three('-') || three('.')) && self.is_blank_or_end(3)
    }
}
