//! Reads scalars: plain, in quotes, and in blocks.
// Models go.yaml.in/yaml/v2 scannerc.go

use super::cursor::Mark;
use super::problem::Fault;
use super::scanner::Scanner;
use super::token::Kind;

/// White space between two words of a scalar that goes over lines: one break is a space, further ones stay.
#[derive(Debug, Default)]
struct Gap {
    spaces: String,
    first_break: Option<char>,
    more_breaks: String,
    /// A line was broken, so that the spaces before the next word do not count.
    broken: bool,
}

impl Gap {
    fn add_break(&mut self, found: char) {
        if self.broken {
            self.more_breaks.push(found);
        } else {
            *self = Self {
                first_break: Some(found),
                broken: true,
                ..Self::default()
            };
        }
    }

    fn put_into(&mut self, text: &mut String) {
        let gap = std::mem::take(self);
        match gap.first_break {
            Some('\n') if gap.more_breaks.is_empty() => text.push(' '),
            Some('\n') => text.push_str(&gap.more_breaks),
            first => {
                text.push_str(&gap.spaces);
                text.extend(first);
                text.push_str(&gap.more_breaks);
            }
        }
    }
}

/// What becomes of the line breaks at the end of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chomp {
    Strip,
    Clip,
    Keep,
}

impl Scanner {
    /// Reads a scalar without quotes.
    pub(super) fn scan_plain(&mut self) -> Result<(), Fault> {
        let start = self.cursor.mark;
        let least = self.indent + 1;
        let (mut text, mut gap, mut end) = (String::new(), Gap::default(), start);
        loop {
            if self.cursor.at_document_mark() || self.cursor.is('#') {
                break;
            }
            while !self.cursor.is_blank_or_end(0) && !self.ends_plain() {
                gap.put_into(&mut text);
                self.cursor.read(&mut text);
                end = self.cursor.mark;
            }
            if !(self.cursor.is_blank(0) || self.cursor.is_break(0)) {
                break;
            }
            self.skip_gap(&mut gap, Some(least))?;
            if !self.in_flow() && i64::from(self.cursor.mark.column) < least {
                break;
            }
        }
        self.push(Kind::Scalar(text, true), start);
        self.end_last_at(end);
        self.key_allowed |= gap.broken;
        Ok(())
    }

    fn ends_plain(&self) -> bool {
        match self.cursor.peek(0) {
            Some(':') => self.cursor.is_blank_or_end(1),
            Some(',' | '?' | '[' | ']' | '{' | '}') => self.in_flow(),
            _ => false,
        }
    }

    /// Goes past white space. In a plain scalar a tab must not stand where the indentation is.
    fn skip_gap(&mut self, gap: &mut Gap, least: Option<i64>) -> Result<(), Fault> {
        while self.cursor.is_blank(0) || self.cursor.is_break(0) {
            if self.cursor.is_break(0) {
                gap.add_break(self.cursor.read_break());
                continue;
            }
            let outside = least.is_some_and(|least| i64::from(self.cursor.mark.column) < least);
            if gap.broken && outside && self.cursor.is('\t') {
                return Err(self.fault("found a tab character that violates indentation"));
            }
            if gap.broken {
                self.cursor.skip();
            } else {
                self.cursor.read(&mut gap.spaces);
            }
        }
        Ok(())
    }

    /// Reads a scalar in quotes.
    pub(super) fn scan_quoted(&mut self, quote: char) -> Result<(), Fault> {
        let start = self.cursor.mark;
        let (mut text, mut gap) = (String::new(), Gap::default());
        self.cursor.skip();
        loop {
            if self.cursor.at_document_mark() {
                return Err(self.fault("found unexpected document indicator"));
            }
            if self.cursor.peek(0).is_none() {
                return Err(self.fault("found unexpected end of stream"));
            }
            self.scan_quoted_word(quote, &mut text, &mut gap)?;
            if self.cursor.is(quote) {
                break;
            }
            self.skip_gap(&mut gap, None)?;
            gap.put_into(&mut text);
        }
        self.cursor.skip();
        self.push(Kind::Scalar(text, false), start);
        Ok(())
    }

    /// Reads up to white space or the closing quote.
    fn scan_quoted_word(&mut self, quote: char, text: &mut String, gap: &mut Gap) -> Result<(), Fault> {
        while !self.cursor.is_blank_or_end(0) {
            let next = self.cursor.peek(1);
            match self.cursor.peek(0) {
                Some('\'') if quote == '\'' && next == Some('\'') => {
                    self.cursor.skip();
                    self.cursor.read(text);
                }
                Some(c) if c == quote => return Ok(()),
                Some('\\') if quote == '"' && self.cursor.is_break(1) => {
                    self.cursor.skip();
                    self.cursor.read_break();
                    gap.broken = true;
                    return Ok(());
                }
                Some('\\') if quote == '"' => self.scan_escape(text)?,
                _ => self.cursor.read(text),
            }
        }
        Ok(())
    }

    fn scan_escape(&mut self, text: &mut String) -> Result<(), Fault> {
        let (plain, digits) = match self.cursor.peek(1) {
            Some('0') => ('\0', 0),
            Some('a') => ('\x07', 0),
            Some('b') => ('\x08', 0),
            Some('t' | '\t') => ('\t', 0),
            Some('n') => ('\n', 0),
            Some('v') => ('\x0b', 0),
            Some('f') => ('\x0c', 0),
            Some('r') => ('\r', 0),
            Some('e') => ('\x1b', 0),
            Some(c @ (' ' | '"' | '\'' | '\\')) => (c, 0),
            Some('N') => ('\u{85}', 0),
            Some('_') => ('\u{a0}', 0),
            Some('L') => ('\u{2028}', 0),
            Some('P') => ('\u{2029}', 0),
            Some('x') => (' ', 2),
            Some('u') => (' ', 4),
            Some('U') => (' ', 8),
            _ => return Err(self.fault("found unknown escape character")),
        };
        self.cursor.skip_many(2);
        if digits == 0 {
            text.push(plain);
            return Ok(());
        }
        let mut code: u32 = 0;
        for ahead in 0..digits {
            let digit = self.cursor.peek(ahead).and_then(|c| c.to_digit(16));
            let digit = digit.ok_or_else(|| self.fault("did not find expected hexdecimal number"))?;
            code = code.wrapping_mul(16) | digit;
        }
        let found = char::from_u32(code).ok_or_else(|| self.fault("found invalid Unicode character escape code"))?;
        text.push(found);
        self.cursor.skip_many(digits);
        Ok(())
    }

    /// Reads the lines of a block: `|` as they stand, `>` joined.
    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<(), Fault> {
        let start = self.cursor.mark;
        self.cursor.skip();
        let (chomp, increment) = self.scan_block_header()?;
        let mut end = self.cursor.mark;
        let mut indent = if increment > 0 {
            self.indent.max(0) + increment
        } else {
            0
        };
        let (mut text, mut first_break, mut leading_blank) = (String::new(), String::new(), false);
        let mut more_breaks = self.scan_block_breaks(&mut indent, &mut end)?;
        while i64::from(self.cursor.mark.column) == indent && self.cursor.peek(0).is_some() {
            let blank = self.cursor.is_blank(0);
            if !literal && !leading_blank && !blank && first_break == "\n" {
                if more_breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&first_break);
            }
            text.push_str(&more_breaks);
            leading_blank = blank;
            while !self.cursor.is_break_or_end(0) {
                self.cursor.read(&mut text);
            }
            end = self.cursor.mark;
            first_break.clear();
            if self.cursor.is_break(0) {
                first_break.push(self.cursor.read_break());
            }
            more_breaks = self.scan_block_breaks(&mut indent, &mut end)?;
        }
        if chomp != Chomp::Strip {
            text.push_str(&first_break);
        }
        if chomp == Chomp::Keep {
            text.push_str(&more_breaks);
        }
        self.push(Kind::Scalar(text, false), start);
        self.end_last_at(end);
        Ok(())
    }

    /// Reads what follows the block's sign: how it ends, and how far it is indented.
    fn scan_block_header(&mut self) -> Result<(Chomp, i64), Fault> {
        let (mut chomp, mut increment) = (Chomp::Clip, 0);
        for _ in 0..2 {
            match self.cursor.peek(0) {
                Some('+') if chomp == Chomp::Clip => chomp = Chomp::Keep,
                Some('-') if chomp == Chomp::Clip => chomp = Chomp::Strip,
                Some('0') if increment == 0 => {
                    return Err(self.fault("found an indentation indicator equal to 0"));
                }
                Some(c @ '1'..='9') if increment == 0 => increment = c.to_digit(10).map_or(0, i64::from),
                _ => break,
            }
            self.cursor.skip();
        }
        while self.cursor.is_blank(0) {
            self.cursor.skip();
        }
        if self.cursor.is('#') {
            while !self.cursor.is_break_or_end(0) {
                self.cursor.skip();
            }
        }
        if !self.cursor.is_break_or_end(0) {
            return Err(self.fault("did not find expected comment or line break"));
        }
        if self.cursor.is_break(0) {
            self.cursor.read_break();
        }
        Ok((chomp, increment))
    }

    /// Goes past indentation and empty lines; finds the indentation where it is not given (0).
    fn scan_block_breaks(&mut self, indent: &mut i64, end: &mut Mark) -> Result<String, Fault> {
        let (mut breaks, mut widest) = (String::new(), 0);
        *end = self.cursor.mark;
        loop {
            let inside = |scanner: &Self| *indent == 0 || i64::from(scanner.cursor.mark.column) < *indent;
            while inside(self) && self.cursor.is(' ') {
                self.cursor.skip();
            }
            widest = widest.max(i64::from(self.cursor.mark.column));
            if inside(self) && self.cursor.is('\t') {
                return Err(self.fault("found a tab character where an indentation space is expected"));
            }
            if !self.cursor.is_break(0) {
                break;
            }
            breaks.push(self.cursor.read_break());
            *end = self.cursor.mark;
        }
        if *indent == 0 {
            *indent = widest.max(self.indent + 1).max(1);
        }
        Ok(breaks)
    }
}
