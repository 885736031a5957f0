//! The parser's lower half: words, quotes, expansions, redirections, here-documents, `[[ ]]`.

use std::rc::Rc;

use super::code::{Block, Cond, Op, Param, ParamOp, Part, Redirect, RedirectKind, Word};
use super::parser::{Parsed, Parser, parse};
use crate::kubelet::runtime::cursor::Cursor;

/// Collects the parts of a word, joining neighbouring texts.
#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn text(&mut self, c: char) {
        if let Some(Part::Text(text)) = self.0.last_mut() {
            *text = format!("{text}{c}").into();
        } else {
            self.0.push(Part::Text(c.to_string().into()));
        }
    }

    fn quoted(&mut self, more: &str) {
        if let Some(Part::Quoted(text)) = self.0.last_mut() {
            *text = format!("{text}{more}").into();
        } else {
            self.0.push(Part::Quoted(more.into()));
        }
    }
}

impl Parser {
    /// A word up to a blank or an operator.
    pub(super) fn word(&mut self) -> Parsed<Word> {
        self.enter()?;
        let mut parts = Parts::default();
        while let Some(c) = self.peek() {
            if " \t\r\n;&|<>()".contains(c) {
                let process = "<>".contains(c) && self.peek_at(1) == Some('(');
                if process {
                    return Err(self.unsupported("process substitution"));
                }
                break;
            }
            self.piece(c, &mut parts)?;
        }
        self.depth -= 1;
        if parts.0.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Word(parts.0))
    }

    /// The word inside `${x:-word}` or `x[word]`, up to `end`, which is left. Blanks belong to it.
    pub(super) fn word_until(&mut self, end: char, quoted: bool) -> Parsed<Word> {
        self.enter()?;
        let mut parts = Parts::default();
        loop {
            match self.peek() {
                None => return Err(self.unterminated(&end.to_string())),
                Some(c) if c == end => break,
                Some(c) if quoted => self.double_quoted_piece(c, &mut parts)?,
                Some(c) => self.piece(c, &mut parts)?,
            }
        }
        self.depth -= 1;
        Ok(Word(parts.0))
    }

    /// One character or construct outside double quotes.
    fn piece(&mut self, c: char, parts: &mut Parts) -> Parsed<()> {
        match c {
            '\\' => {
                self.bump();
                match self.bump() {
                    Some('\n') => {}
                    Some(c) => parts.quoted(&c.to_string()),
                    None => parts.text('\\'),
                }
            }
            '\'' => {
                self.bump();
                let text = self.raw_until('\'')?;
                parts.quoted(&text);
            }
            '"' => {
                self.bump();
                parts.0.push(Part::Quoted("".into()));
                self.double_quoted(parts)?;
            }
            '$' if self.peek_at(1) == Some('\'') => {
                self.eat("$'");
                let text = self.escaped_text()?;
                parts.quoted(&text);
            }
            '$' if self.peek_at(1) == Some('"') => drop(self.bump()),
            '$' => self.dollar(false, parts)?,
            '`' => self.backticks(false, parts)?,
            c => {
                self.bump();
                parts.text(c);
            }
        }
        Ok(())
    }

    fn double_quoted(&mut self, parts: &mut Parts) -> Parsed<()> {
        loop {
            match self.peek() {
                None => return Err(self.unterminated("\"")),
                Some('"') => {
                    self.bump();
                    return Ok(());
                }
                Some(c) => self.double_quoted_piece(c, parts)?,
            }
        }
    }

    fn double_quoted_piece(&mut self, c: char, parts: &mut Parts) -> Parsed<()> {
        match c {
            '\\' => {
                self.bump();
                match self.peek() {
                    Some('\n') => drop(self.bump()),
                    Some(c @ ('$' | '`' | '"' | '\\' | '}')) => {
                        self.bump();
                        parts.quoted(&c.to_string());
                    }
                    _ => parts.quoted("\\"),
                }
            }
            '$' => self.dollar(true, parts)?,
            '`' => self.backticks(true, parts)?,
            '"' => {
                // Inside `"${x:-"word"}"` quotes only group.
                self.bump();
            }
            c => {
                self.bump();
                parts.quoted(&c.to_string());
            }
        }
        Ok(())
    }

    fn raw_until(&mut self, end: char) -> Parsed<String> {
        let mut text = String::new();
        loop {
            match self.bump() {
                None => return Err(self.unterminated(&end.to_string())),
                Some(c) if c == end => return Ok(text),
                Some(c) => text.push(c),
            }
        }
    }

    /// The inside of `$'...'`.
    fn escaped_text(&mut self) -> Parsed<String> {
        let mut raw = String::new();
        loop {
            match self.bump() {
                None => return Err(self.unterminated("'")),
                Some('\'') => return Ok(super::escape::unescape(&raw, super::escape::Style::Dollar).0),
                Some('\\') => {
                    raw.push('\\');
                    raw.extend(self.bump());
                }
                Some(c) => raw.push(c),
            }
        }
    }

    /// What starts with a dollar.
    fn dollar(&mut self, quoted: bool, parts: &mut Parts) -> Parsed<()> {
        self.bump();
        let plain = |name: String| {
            Part::Param(Box::new(Param {
                name: name.into(),
                index: None,
                op: ParamOp::Value,
                quoted,
            }))
        };
        match self.peek() {
            Some('(') if self.peek_at(1) == Some('(') => {
                let (place, line) = (self.chars.place(), self.line);
                self.eat("((");
                if let Some(expression) = self.arith_text()? {
                    parts.0.push(Part::Arith { expression, quoted });
                    return Ok(());
                }
                self.chars.go(place);
                self.line = line;
                self.substitution(quoted, parts)
            }
            Some('(') => self.substitution(quoted, parts),
            Some('{') => {
                self.bump();
                let param = self.braced(quoted)?;
                parts.0.push(Part::Param(Box::new(param)));
                Ok(())
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                parts.0.push(plain(self.name()));
                Ok(())
            }
            Some(c) if c.is_ascii_digit() || "@*#?$!-".contains(c) => {
                self.bump();
                parts.0.push(plain(c.to_string()));
                Ok(())
            }
            _ => {
                if quoted {
                    parts.quoted("$");
                } else {
                    parts.text('$');
                }
                Ok(())
            }
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| c.is_ascii_alphanumeric() || *c == '_') {
            name.push(c);
            self.bump();
        }
        name
    }

    fn substitution(&mut self, quoted: bool, parts: &mut Parts) -> Parsed<()> {
        self.eat("(");
        let mut code = Vec::new();
        let resume = self.here_resume.take();
        self.list(&mut code)?;
        self.newlines();
        self.here_resume = resume;
        if !self.eat(")") {
            return Err(if self.peek().is_none() {
                self.unterminated(")")
            } else {
                self.unexpected()
            });
        }
        parts.0.push(Part::Substitute {
            block: reads_file(code).into(),
            quoted,
        });
        Ok(())
    }

    fn backticks(&mut self, quoted: bool, parts: &mut Parts) -> Parsed<()> {
        self.enter()?;
        self.bump();
        let mut text = String::new();
        loop {
            match self.bump() {
                None => return Err(self.unterminated("`")),
                Some('`') => break,
                Some('\\') => match self.bump() {
                    Some(c @ ('`' | '$' | '\\')) => text.push(c),
                    Some('"') if quoted => text.push('"'),
                    Some(c) => text.extend(['\\', c]),
                    None => text.push('\\'),
                },
                Some(c) => text.push(c),
            }
        }
        let block: Block = parse(&text)?;
        self.depth -= 1;
        parts.0.push(Part::Substitute { block, quoted });
        Ok(())
    }

    /// The inside of `${...}` with the closing brace.
    fn braced(&mut self, quoted: bool) -> Parsed<Param> {
        let length =
            self.peek() == Some('#') && !matches!(self.peek_at(1), Some('}' | ':' | '#' | '%' | '-' | '?' | '+' | '='));
        let indirect = self.peek() == Some('!') && self.peek_at(1).is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if length || indirect {
            self.bump();
        }
        let name = match self.peek() {
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.name(),
            Some(c) if c.is_ascii_digit() => {
                let mut digits = String::new();
                while let Some(c) = self.peek().filter(char::is_ascii_digit) {
                    digits.push(c);
                    self.bump();
                }
                digits
            }
            Some(c) if "@*#?$!-".contains(c) => {
                self.bump();
                c.to_string()
            }
            _ => return Err(self.bad_substitution()),
        };
        let mut index = None;
        if self.eat("[") {
            index = Some(self.word_until(']', false)?);
            self.eat("]");
        }
        let op = if length {
            ParamOp::Length
        } else if indirect {
            ParamOp::Indirect
        } else {
            self.param_op(quoted)?
        };
        if !self.eat("}") {
            return Err(self.bad_substitution());
        }
        Ok(Param {
            name: name.into(),
            index,
            op,
            quoted,
        })
    }

    fn bad_substitution(&self) -> super::parser::SyntaxError {
        if self.peek().is_none() {
            self.unterminated("}")
        } else {
            self.unsupported("this ${...} expansion")
        }
    }

    fn param_op(&mut self, quoted: bool) -> Parsed<ParamOp> {
        let colon = self.peek() == Some(':') && matches!(self.peek_at(1), Some('-' | '=' | '?' | '+'));
        if colon {
            self.bump();
        }
        let Some(c) = self.peek() else {
            return Err(self.unterminated("}"));
        };
        if c == '}' {
            return Ok(ParamOp::Value);
        }
        self.bump();
        Ok(match c {
            '-' => ParamOp::Default {
                colon,
                word: self.word_until('}', quoted)?,
            },
            '=' => ParamOp::Assign {
                colon,
                word: self.word_until('}', quoted)?,
            },
            '?' => ParamOp::Error {
                colon,
                word: self.word_until('}', quoted)?,
            },
            '+' => ParamOp::Alternate {
                colon,
                word: self.word_until('}', quoted)?,
            },
            '#' => {
                let longest = self.eat("#");
                ParamOp::TrimPrefix {
                    longest,
                    pattern: self.word_until('}', false)?,
                }
            }
            '%' => {
                let longest = self.eat("%");
                ParamOp::TrimSuffix {
                    longest,
                    pattern: self.word_until('}', false)?,
                }
            }
            '/' => {
                let all = self.eat("/");
                let (pattern, with) = self.replacement()?;
                ParamOp::Replace { all, pattern, with }
            }
            ':' => {
                let inside = self.word_until('}', true)?;
                let (offset, length) = split_slice(inside);
                ParamOp::Slice { offset, length }
            }
            '^' | ',' => ParamOp::Case {
                upper: c == '^',
                all: self.eat(&c.to_string()),
            },
            _ => return Err(self.unsupported("this ${...} expansion")),
        })
    }

    /// `pattern/with` or `pattern` in `${x/...}`.
    fn replacement(&mut self) -> Parsed<(Word, Word)> {
        let mut parts = Parts::default();
        loop {
            match self.peek() {
                None => return Err(self.unterminated("}")),
                Some('}') => return Ok((Word(parts.0), Word::default())),
                Some('/') if !parts.0.is_empty() => {
                    self.bump();
                    return Ok((Word(parts.0), self.word_until('}', false)?));
                }
                Some(c) => self.piece(c, &mut parts)?,
            }
        }
    }

    /// The inside of `((...))` with the closing parentheses; none when there are no two of them together.
    pub(super) fn arith_text(&mut self) -> Parsed<Option<Word>> {
        self.enter()?;
        let mut parts = Parts::default();
        let mut open = 0;
        loop {
            match self.peek() {
                None => return Err(self.unterminated("))")),
                Some('(') => open += 1,
                Some(')') if open == 0 => {
                    self.depth -= 1;
                    return Ok(self.eat("))").then_some(Word(parts.0)));
                }
                Some(')') => open -= 1,
                Some(_) => {}
            }
            let c = self.peek().expect("the end was handled above");
            self.double_quoted_piece(c, &mut parts)?;
        }
    }

    /// One of the three expressions of `for ((;;))`, with its end.
    pub(super) fn arith_until(&mut self, end: &str) -> Parsed<Word> {
        let mut parts = Parts::default();
        let mut open = 0;
        loop {
            if open == 0 && self.eat(end) {
                return Ok(Word(parts.0));
            }
            match self.peek() {
                None => return Err(self.unterminated(end)),
                Some('(') => open += 1,
                Some(')') => open -= 1,
                Some(' ' | '\t' | '\n') if parts.0.is_empty() => {
                    self.bump();
                    continue;
                }
                Some(_) => {}
            }
            let c = self.peek().expect("the end was handled above");
            self.double_quoted_piece(c, &mut parts)?;
        }
    }

    /// A redirection, if one stands here.
    pub(super) fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let digits = self.chars.rest().iter().take_while(|c| c.is_ascii_digit()).count();
        let operator = self.peek_at(digits);
        let both = digits == 0 && self.starts("&>");
        if !both && !matches!(operator, Some('<' | '>')) || digits > 4 {
            return Ok(None);
        }
        let process = digits == 0 && (self.starts("<(") || self.starts(">("));
        if process {
            return Err(self.unsupported("process substitution"));
        }
        let number: String = self.chars.rest().iter().take(digits).collect();
        self.chars.skip(digits);
        let default_fd = u32::from(operator == Some('>'));
        let mut fd = number.parse().unwrap_or(default_fd);
        let operators = [
            ("&>>", RedirectKind::BothAppend),
            ("&>", RedirectKind::Both),
            ("<<<", RedirectKind::Here),
            ("<<-", RedirectKind::Here),
            ("<<", RedirectKind::Here),
            ("<&", RedirectKind::Duplicate),
            ("<>", RedirectKind::ReadWrite),
            ("<", RedirectKind::Read),
            (">>", RedirectKind::Append),
            (">&", RedirectKind::Duplicate),
            (">|", RedirectKind::Write),
            (">", RedirectKind::Write),
        ];
        let Some((text, mut kind)) = operators.into_iter().find(|(text, _)| self.starts(text)) else {
            return Err(self.unexpected());
        };
        self.eat(text);
        self.blanks();
        if matches!(text, "<<" | "<<-") {
            let word = self.here_document(text == "<<-")?;
            return Ok(Some(Redirect { fd, kind, word }));
        }
        let mut word = self.word()?;
        if text == "<<<" {
            word.0.push(Part::Quoted("\n".into()));
        }
        let target = word.literal().unwrap_or("1");
        if text == ">&" && digits == 0 && target != "-" && target.parse::<u32>().is_err() {
            (fd, kind) = (1, RedirectKind::Both);
        }
        Ok(Some(Redirect { fd, kind, word }))
    }

    /// Reads the delimiter here and the body from the next line on.
    fn here_document(&mut self, strip_tabs: bool) -> Parsed<Word> {
        let delimiter = self.word()?;
        let is_quoted = delimiter.0.iter().any(|part| !matches!(part, Part::Text(_)));
        let mut end = String::new();
        for part in &delimiter.0 {
            match part {
                Part::Text(text) | Part::Quoted(text) => end.push_str(text),
                _ => return Err(self.unsupported("an expansion as the end of a here-document")),
            }
        }
        let mut at = self.here_resume.unwrap_or_else(|| self.line_end(self.chars.place()));
        let mut body = String::new();
        loop {
            let stop = self.line_end(at);
            let line: String = self.chars.between(at, stop).iter().collect();
            if line.is_empty() {
                break;
            }
            at = stop;
            let line = if strip_tabs {
                line.trim_start_matches('\t')
            } else {
                &line
            };
            if line.trim_end_matches('\n') == end {
                break;
            }
            body.push_str(line);
        }
        self.here_resume = Some(at);
        if is_quoted {
            return Ok(Word(vec![Part::Quoted(body.into())]));
        }
        let mut inner = Self {
            chars: Cursor::new(body.chars().collect()),
            line: self.line + 1,
            depth: self.depth,
            here_resume: None,
        };
        let mut parts = Parts::default();
        parts.quoted("");
        while let Some(c) = inner.peek() {
            if c == '"' {
                inner.bump();
                parts.quoted("\"");
            } else {
                inner.double_quoted_piece(c, &mut parts)?;
            }
        }
        Ok(Word(parts.0))
    }

    /// The place after the line end that follows `from`.
    fn line_end(&self, from: u32) -> u32 {
        let rest = self.chars.since(from);
        let length = rest
            .iter()
            .position(|c| *c == '\n')
            .map_or(rest.len(), |newline| newline + 1);
        from.saturating_add(u32::try_from(length).unwrap_or(u32::MAX))
    }

    pub(super) fn cond_or(&mut self) -> Parsed<Cond> {
        self.enter()?;
        let mut left = self.cond_and()?;
        loop {
            self.newlines();
            if !self.eat("||") {
                self.depth -= 1;
                return Ok(left);
            }
            left = Cond::Or(Box::new(left), Box::new(self.cond_and()?));
        }
    }

    fn cond_and(&mut self) -> Parsed<Cond> {
        let mut left = self.cond_primary()?;
        loop {
            self.newlines();
            if !self.eat("&&") {
                return Ok(left);
            }
            left = Cond::And(Box::new(left), Box::new(self.cond_primary()?));
        }
    }

    fn cond_primary(&mut self) -> Parsed<Cond> {
        self.newlines();
        if self.keyword("!") {
            self.enter()?;
            let inner = self.cond_primary()?;
            self.depth -= 1;
            return Ok(Cond::Not(Box::new(inner)));
        }
        if self.eat("(") {
            let inner = self.cond_or()?;
            self.newlines();
            return if self.eat(")") {
                Ok(inner)
            } else {
                Err(self.unexpected())
            };
        }
        let left = self.word()?;
        self.blanks();
        let unary = left
            .literal()
            .is_some_and(|text| text.len() == 2 && text.starts_with('-'));
        if unary && !self.starts("]]") && !self.starts("&&") && !self.starts("||") {
            let operator = left.literal().unwrap_or_default().into();
            return Ok(Cond::Unary(operator, self.word()?));
        }
        if self.starts("]]") || self.starts("&&") || self.starts("||") || self.starts(")") {
            return Ok(Cond::Unary("-n".into(), left));
        }
        let operator = if self.eat("<") {
            "<".to_owned()
        } else if self.eat(">") {
            ">".to_owned()
        } else {
            self.word()?
                .literal()
                .map(str::to_owned)
                .ok_or_else(|| self.unexpected())?
        };
        self.blanks();
        let right = if operator == "=~" {
            self.regex_word()?
        } else {
            self.word()?
        };
        Ok(Cond::Binary(left, operator.into(), right))
    }

    /// The right side of `=~`, where parentheses and bars belong to the word.
    fn regex_word(&mut self) -> Parsed<Word> {
        let mut parts = Parts::default();
        let mut open = 0;
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' if open == 0 => break,
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            self.piece(c, &mut parts)?;
        }
        Ok(Word(parts.0))
    }
}

/// Makes `$(<file)` what it stands for: `$(cat <file)`.
fn reads_file(mut code: Vec<Op>) -> Vec<Op> {
    if let Some(Op::Simple(simple)) = code.first_mut() {
        let only_reads = matches!(simple.redirects.as_slice(), [redirect] if redirect.kind == RedirectKind::Read);
        if only_reads && simple.words.is_empty() && simple.assigns.is_empty() {
            let mut reader = (**simple).clone();
            reader.words.push(Word(vec![Part::Text("cat".into())]));
            *simple = Rc::new(reader);
        }
    }
    code
}

/// Cuts the inside of `${x:offset:length}` at the colon.
fn split_slice(inside: Word) -> (Word, Option<Word>) {
    let mut offset = Vec::new();
    let mut length: Option<Vec<Part>> = None;
    for part in inside.0 {
        match (&mut length, part) {
            (None, Part::Quoted(text)) if text.contains(':') => {
                let (before, after) = text.split_once(':').expect("it contains one");
                offset.push(Part::Quoted(before.into()));
                length = Some(vec![Part::Quoted(after.into())]);
            }
            (None, part) => offset.push(part),
            (Some(length), part) => length.push(part),
        }
    }
    (Word(offset), length.map(Word))
}
