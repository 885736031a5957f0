//! Splits a document into tokens, as kubectl's reader does.
//!
//! A key of a map is known as one only by the `:` after it. So the scanner notes where a key could begin and puts the
//! tokens for it in afterwards.
// Models go.yaml.in/yaml/v2 scannerc.go

use std::collections::VecDeque;

use super::cursor::{Cursor, Mark};
use super::problem::Fault;
use super::token::{Kind, Token};

/// Most characters between the start of a key and its `:`.
const KEY_LENGTH_MAX: usize = 1024;

/// Deepest nesting of brackets and of indentation.
const DEPTH_MAX: usize = 10_000;

/// Where a key could begin.
#[derive(Debug, Clone, Copy)]
struct SimpleKey {
    /// It stands at the indentation of a map, so that it must be a key.
    required: bool,
    token_number: usize,
    mark: Mark,
}

/// Reads tokens one after the other.
#[derive(Debug)]
pub(super) struct Scanner {
    pub(super) cursor: Cursor,
    tokens: VecDeque<Token>,
    /// How many tokens were taken.
    taken: usize,
    /// Column of the block at hand; -1 outside all.
    pub(super) indent: i64,
    indents: Vec<i64>,
    /// The key that could have begun, for each level of brackets.
    simple_keys: Vec<Option<SimpleKey>>,
    pub(super) key_allowed: bool,
    ended: bool,
}

impl Scanner {
    pub(super) fn new(text: &str) -> Self {
        Self {
            cursor: Cursor::new(text),
            tokens: VecDeque::new(),
            taken: 0,
            indent: -1,
            indents: Vec::new(),
            simple_keys: vec![None],
            key_allowed: true,
            ended: false,
        }
    }

    /// The next token. Behind the end it is the end again.
    pub(super) fn peek(&mut self) -> Result<&Token, Fault> {
        while !self.ended && self.needs_more()? {
            self.fetch_next()?;
        }
        if self.tokens.is_empty() {
            self.push(Kind::StreamEnd, self.cursor.mark);
        }
        Ok(&self.tokens[0])
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Result<Token, Fault> {
        self.peek()?;
        self.taken += 1;
        Ok(self.tokens.pop_front().expect("a token that was peeked at is there"))
    }

    /// More must be read as long as the next token may turn out to be a key.
    fn needs_more(&mut self) -> Result<bool, Fault> {
        if self.tokens.is_empty() {
            return Ok(true);
        }
        let taken = self.taken;
        let Some(level) = self
            .simple_keys
            .iter()
            .position(|key| key.is_some_and(|key| key.token_number == taken))
        else {
            return Ok(false);
        };
        self.key_is_valid(level)
    }

    pub(super) fn in_flow(&self) -> bool {
        self.simple_keys.len() > 1
    }

    pub(super) fn fault(&self, words: &str) -> Fault {
        Fault::scanning(words, self.cursor.mark)
    }

    pub(super) fn push(&mut self, kind: Kind, start: Mark) {
        self.tokens.push_back(Token {
            kind,
            start,
            end: self.cursor.mark,
        });
    }

    /// Sets where the last token ends, when that is not here.
    pub(super) fn end_last_at(&mut self, end: Mark) {
        if let Some(token) = self.tokens.back_mut() {
            token.end = end;
        }
    }

    fn insert(&mut self, number: usize, kind: Kind, mark: Mark) {
        self.tokens.insert(
            number - self.taken,
            Token {
                kind,
                start: mark,
                end: mark,
            },
        );
    }

    /// Whether the key that could have begun can still be one: on the same line and not too long ago.
    fn key_is_valid(&mut self, level: usize) -> Result<bool, Fault> {
        let Some(key) = self.simple_keys[level] else {
            return Ok(false);
        };
        let here = self.cursor.mark;
        if key.mark.line == here.line && key.mark.index + KEY_LENGTH_MAX >= here.index {
            return Ok(true);
        }
        self.drop_key(level)?;
        Ok(false)
    }

    fn drop_key(&mut self, level: usize) -> Result<(), Fault> {
        match self.simple_keys[level].take() {
            Some(key) if key.required => Err(self.fault("could not find expected ':'")),
            _ => Ok(()),
        }
    }

    fn remove_simple_key(&mut self) -> Result<(), Fault> {
        self.drop_key(self.simple_keys.len() - 1)
    }

    pub(super) fn save_simple_key(&mut self) -> Result<(), Fault> {
        if !self.key_allowed {
            return Ok(());
        }
        self.remove_simple_key()?;
        let mark = self.cursor.mark;
        let required = !self.in_flow() && self.indent == i64::from(mark.column);
        let token_number = self.taken + self.tokens.len();
        let level = self.simple_keys.len() - 1;
        self.simple_keys[level] = Some(SimpleKey {
            required,
            token_number,
            mark,
        });
        Ok(())
    }

    /// Begins a block when the column is further in. Its token goes before the token of that number, or to the end.
    fn roll_indent(&mut self, mark: Mark, number: Option<usize>, kind: Kind) -> Result<(), Fault> {
        let column = i64::from(mark.column);
        if self.in_flow() || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > DEPTH_MAX {
            return Err(self.fault(&format!("exceeded max depth of {DEPTH_MAX}")));
        }
        self.insert(number.unwrap_or(self.taken + self.tokens.len()), kind, mark);
        Ok(())
    }

    /// Ends the blocks that are further in than the column.
    fn unroll_indent(&mut self, column: i64) {
        while !self.in_flow() && self.indent > column {
            self.push(Kind::BlockEnd, self.cursor.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn fetch_next(&mut self) -> Result<(), Fault> {
        self.skip_to_token();
        self.unroll_indent(i64::from(self.cursor.mark.column));
        let Some(sign) = self.cursor.peek(0) else {
            return self.fetch_end();
        };
        if self.cursor.at_document_mark() {
            let kind = if sign == '-' {
                Kind::DocumentStart
            } else {
                Kind::DocumentEnd
            };
            self.leave_blocks()?;
            return self.fetch_sign(3, kind, false);
        }
        let flow = self.in_flow();
        let blank_after = self.cursor.is_blank_or_end(1);
        match sign {
            '%' if self.cursor.mark.column == 0 => self.fetch_directive(),
            '[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            '{' => self.fetch_flow_start(Kind::FlowMappingStart),
            ']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            '}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            ',' => {
                self.remove_simple_key()?;
                self.fetch_sign(1, Kind::FlowEntry, true)
            }
            '-' if blank_after => self.fetch_block_entry(),
            '?' if flow || blank_after => self.fetch_key(),
            ':' if flow || blank_after => self.fetch_value(),
            '*' | '&' => self.fetch_anchor(sign),
            '!' => self.fetch_tag(),
            '|' | '>' if !flow => {
                self.remove_simple_key()?;
                self.key_allowed = true;
                self.scan_block_scalar(sign == '|')
            }
            '\'' | '"' => {
                self.save_simple_key()?;
                self.key_allowed = false;
                self.scan_quoted(sign)
            }
            '#' | '|' | '>' | '%' | '@' | '`' | '\t' => Err(self.fault("found character that cannot start any token")),
            _ => {
                self.save_simple_key()?;
                self.key_allowed = false;
                self.scan_plain()
            }
        }
    }

    /// Goes past white space, comments and line breaks. A tab does not indent a block.
    fn skip_to_token(&mut self) {
        loop {
            if self.cursor.mark.column == 0 && self.cursor.is('\u{feff}') {
                self.cursor.skip();
            }
            let tabs = self.in_flow() || !self.key_allowed;
            while self.cursor.is(' ') || (tabs && self.cursor.is('\t')) {
                self.cursor.skip();
            }
            if self.cursor.is('#') {
                while !self.cursor.is_break_or_end(0) {
                    self.cursor.skip();
                }
            }
            if !self.cursor.is_break(0) {
                return;
            }
            self.cursor.read_break();
            self.key_allowed |= !self.in_flow();
        }
    }

    /// Takes a sign of so many characters.
    fn fetch_sign(&mut self, length: usize, kind: Kind, key_allowed: bool) -> Result<(), Fault> {
        self.key_allowed = key_allowed;
        let start = self.cursor.mark;
        self.cursor.skip_many(length);
        self.push(kind, start);
        Ok(())
    }

    fn leave_blocks(&mut self) -> Result<(), Fault> {
        self.unroll_indent(-1);
        self.remove_simple_key()
    }

    fn fetch_end(&mut self) -> Result<(), Fault> {
        self.cursor.finish();
        self.leave_blocks()?;
        self.ended = true;
        self.fetch_sign(0, Kind::StreamEnd, false)
    }

    fn fetch_directive(&mut self) -> Result<(), Fault> {
        self.leave_blocks()?;
        let start = self.cursor.mark;
        while !self.cursor.is_break_or_end(0) {
            self.cursor.skip();
        }
        self.key_allowed = false;
        self.push(Kind::Directive, start);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind) -> Result<(), Fault> {
        self.save_simple_key()?;
        if self.simple_keys.len() > DEPTH_MAX {
            return Err(self.fault(&format!("exceeded max depth of {DEPTH_MAX}")));
        }
        self.simple_keys.push(None);
        self.fetch_sign(1, kind, true)
    }

    fn fetch_flow_end(&mut self, kind: Kind) -> Result<(), Fault> {
        self.remove_simple_key()?;
        if self.in_flow() {
            self.simple_keys.pop();
        }
        self.fetch_sign(1, kind, false)
    }

    fn fetch_block_entry(&mut self) -> Result<(), Fault> {
        if !self.in_flow() {
            if !self.key_allowed {
                return Err(self.fault("block sequence entries are not allowed in this context"));
            }
            self.roll_indent(self.cursor.mark, None, Kind::BlockSequenceStart)?;
        }
        self.remove_simple_key()?;
        self.fetch_sign(1, Kind::BlockEntry, true)
    }

    fn fetch_key(&mut self) -> Result<(), Fault> {
        if !self.in_flow() {
            if !self.key_allowed {
                return Err(self.fault("mapping keys are not allowed in this context"));
            }
            self.roll_indent(self.cursor.mark, None, Kind::BlockMappingStart)?;
        }
        self.remove_simple_key()?;
        let key_allowed = !self.in_flow();
        self.fetch_sign(1, Kind::Key, key_allowed)
    }

    fn fetch_value(&mut self) -> Result<(), Fault> {
        let level = self.simple_keys.len() - 1;
        let valid = self.key_is_valid(level)?;
        if let Some(key) = self.simple_keys[level].take().filter(|_| valid) {
            self.insert(key.token_number, Kind::Key, key.mark);
            self.roll_indent(key.mark, Some(key.token_number), Kind::BlockMappingStart)?;
            return self.fetch_sign(1, Kind::Value, false);
        }
        if !self.in_flow() {
            if !self.key_allowed {
                return Err(self.fault("mapping values are not allowed in this context"));
            }
            self.roll_indent(self.cursor.mark, None, Kind::BlockMappingStart)?;
        }
        let key_allowed = !self.in_flow();
        self.fetch_sign(1, Kind::Value, key_allowed)
    }
}
