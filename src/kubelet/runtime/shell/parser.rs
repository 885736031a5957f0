//! The grammar of `sh`, with what manifests use of `bash`: text in, a [`Block`] out.

use std::rc::Rc;

use super::Str;
use super::code::{Assign, AssignValue, Block, LoopJumps, Op, Redirect, RedirectKind, Simple, Word};
use crate::kubelet::runtime::cursor::Cursor;

/// Nested commands and expansions at most: deeper text is refused, not a stack overflow.
const DEPTH_MAX: u32 = 100;

/// Why a script does not parse.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SyntaxError {
    /// This token may not stand there.
    Unexpected { token: String, line: u32 },
    /// The text ends before this was found.
    Unterminated { what: String, line: u32 },
    /// Shell grammar that is not simulated.
    Unsupported { what: String, line: u32 },
}

pub(super) type Parsed<T> = Result<T, SyntaxError>;

/// Reads a whole script.
pub(crate) fn parse(text: &str) -> Parsed<Block> {
    let mut parser = Parser {
        chars: Cursor::new(text.chars().collect()),
        line: 1,
        depth: 0,
        here_resume: None,
    };
    let mut code = Vec::new();
    parser.list(&mut code)?;
    match parser.peek() {
        None => Ok(code.into()),
        Some(_) => Err(parser.unexpected()),
    }
}

pub(super) struct Parser {
    pub(super) chars: Cursor<char>,
    pub(super) line: u32,
    pub(super) depth: u32,
    /// Where the text goes on after the here-documents of the current line.
    pub(super) here_resume: Option<u32>,
}

/// Words that end a list.
const CLOSERS: [&str; 8] = ["then", "else", "elif", "fi", "do", "done", "esac", "}"];
const DECLARERS: [&str; 5] = ["export", "readonly", "local", "declare", "typeset"];

impl Parser {
    pub(super) fn peek(&self) -> Option<char> {
        self.chars.peek().copied()
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.peek_at(ahead).copied()
    }

    pub(super) fn starts(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(ahead, c)| self.peek_at(ahead) == Some(c))
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.chars.skip(1);
        if c == '\n' {
            self.line += 1;
            if let Some(resume) = self.here_resume.take() {
                let skipped = self
                    .chars
                    .between(self.chars.place(), resume)
                    .iter()
                    .filter(|c| **c == '\n')
                    .count();
                self.line += u32::try_from(skipped).unwrap_or(0);
                self.chars.go(resume);
            }
        }
        Some(c)
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.starts(text);
        if found {
            for _ in text.chars() {
                self.bump();
            }
        }
        found
    }

    pub(super) fn unterminated(&self, what: &str) -> SyntaxError {
        SyntaxError::Unterminated {
            what: what.to_owned(),
            line: self.line,
        }
    }

    pub(super) fn unsupported(&self, what: &str) -> SyntaxError {
        SyntaxError::Unsupported {
            what: what.to_owned(),
            line: self.line,
        }
    }

    /// The error for what stands here.
    pub(super) fn unexpected(&self) -> SyntaxError {
        let token = match self.peek() {
            None => "end of file".to_owned(),
            Some('\n') => "newline".to_owned(),
            Some(_) => match self.plain_word() {
                Some(word) => word,
                None => {
                    let pair: String = self.chars.rest().iter().take(2).collect();
                    let known = [";;", "&&", "||", ">>", "<<"].contains(&pair.as_str());
                    pair.chars().take(if known { 2 } else { 1 }).collect()
                }
            },
        };
        SyntaxError::Unexpected { token, line: self.line }
    }

    pub(super) fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.unsupported("nesting this deep"));
        }
        Ok(())
    }

    /// Skips blanks, comments and escaped line ends.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => drop(self.bump()),
                Some('\\') if self.peek_at(1) == Some('\n') => drop(self.eat("\\\n")),
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.bump();
                    }
                }
                _ => return,
            }
        }
    }

    pub(super) fn newlines(&mut self) {
        self.blanks();
        while self.peek() == Some('\n') {
            self.bump();
            self.blanks();
        }
    }

    /// The word that stands here, when it is plain text up to a blank or operator.
    fn plain_word(&self) -> Option<String> {
        let rest = self.chars.rest();
        let end = rest
            .iter()
            .position(|c| " \t\r\n;&|<>()".contains(*c))
            .unwrap_or(rest.len());
        let word: String = rest[..end].iter().collect();
        (!word.is_empty() && !word.contains(['\'', '"', '\\', '$', '`'])).then_some(word)
    }

    /// Takes the reserved word `word` if it stands here.
    pub(super) fn keyword(&mut self, word: &str) -> bool {
        self.plain_word().as_deref() == Some(word) && self.eat(word)
    }

    pub(super) fn expect(&mut self, word: &str) -> Parsed<()> {
        self.newlines();
        if self.keyword(word) {
            Ok(())
        } else if self.peek().is_none() {
            Err(self.unterminated(word))
        } else {
            Err(self.unexpected())
        }
    }

    /// Commands up to the end, a `)` or a closing word, which is left.
    pub(super) fn list(&mut self, code: &mut Vec<Op>) -> Parsed<()> {
        self.enter()?;
        loop {
            self.newlines();
            match self.peek() {
                None | Some(')') => break,
                Some(';') if self.peek_at(1) == Some(';') => break,
                Some(_) => {}
            }
            if self.plain_word().is_some_and(|word| CLOSERS.contains(&word.as_str())) {
                break;
            }
            let start = code.len();
            self.and_or(code)?;
            self.blanks();
            match self.peek() {
                Some('&') => {
                    self.bump();
                    let block: Block = code.drain(start..).collect();
                    code.push(Op::Background(block));
                }
                Some(';') if self.peek_at(1) != Some(';') => drop(self.bump()),
                Some('\n') => {}
                _ => break,
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// A list that must hold something, up to a closing word.
    fn body(&mut self, code: &mut Vec<Op>) -> Parsed<()> {
        let before = code.len();
        self.list(code)?;
        if code.len() == before {
            Err(self.unexpected())
        } else {
            Ok(())
        }
    }

    /// A list whose failure decides, and is no error.
    fn condition(&mut self, code: &mut Vec<Op>) -> Parsed<()> {
        code.push(Op::CondEnter);
        self.body(code)?;
        code.push(Op::CondLeave);
        Ok(())
    }

    fn and_or(&mut self, code: &mut Vec<Op>) -> Parsed<()> {
        let mut pending: Option<usize> = None;
        loop {
            let start = code.len();
            let negated = self.pipeline(code)?;
            self.blanks();
            let is_and = self.starts("&&");
            if !is_and && !self.starts("||") {
                if !negated {
                    code.push(Op::Check);
                }
                patch(code, pending);
                return Ok(());
            }
            code.insert(start, Op::CondEnter);
            code.push(Op::CondLeave);
            patch(code, pending);
            pending = Some(code.len());
            code.push(if is_and { Op::JumpIfFail(0) } else { Op::JumpIfOk(0) });
            self.eat(if is_and { "&&" } else { "||" });
            self.newlines();
        }
    }

    /// Commands joined by `|`; tells whether it is negated.
    fn pipeline(&mut self, code: &mut Vec<Op>) -> Parsed<bool> {
        self.blanks();
        let mut negated = false;
        while self.keyword("!") {
            negated = !negated;
            self.blanks();
        }
        if self.keyword("time") {
            self.blanks();
        }
        let mut blocks: Vec<Vec<Op>> = Vec::new();
        loop {
            let mut block = Vec::new();
            self.command(&mut block)?;
            self.blanks();
            let more = self.peek() == Some('|') && self.peek_at(1) != Some('|');
            if more {
                self.bump();
                if self.eat("&") {
                    let word = Word(vec![super::code::Part::Text("1".into())]);
                    let both = Redirect {
                        fd: 2,
                        kind: RedirectKind::Duplicate,
                        word,
                    };
                    block = redirected(block, vec![both]);
                }
                self.newlines();
            }
            blocks.push(block);
            if !more {
                break;
            }
        }
        if negated {
            code.push(Op::CondEnter);
        }
        match <[Vec<Op>; 1]>::try_from(blocks) {
            Ok([single]) => code.extend(single),
            Err(blocks) => code.push(Op::Pipeline(blocks.into_iter().map(Block::from).collect())),
        }
        if negated {
            code.extend([Op::CondLeave, Op::Not]);
        }
        Ok(negated)
    }

    fn command(&mut self, code: &mut Vec<Op>) -> Parsed<()> {
        self.enter()?;
        self.blanks();
        let mut body = Vec::new();
        if self.compound(&mut body)? {
            let redirects = self.redirects()?;
            code.extend(if redirects.is_empty() {
                body
            } else {
                redirected(body, redirects)
            });
        } else if let Some(name) = self.function_name() {
            self.newlines();
            let mut block = Vec::new();
            self.command(&mut block)?;
            code.push(Op::Define(name, block.into()));
        } else {
            self.simple(code)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// A compound command, if one starts here.
    fn compound(&mut self, code: &mut Vec<Op>) -> Parsed<bool> {
        if self.starts("((") && self.arith_command(code)? {
            return Ok(true);
        }
        if self.eat("(") {
            let mut block = Vec::new();
            self.body(&mut block)?;
            self.newlines();
            if !self.eat(")") {
                return Err(if self.peek().is_none() {
                    self.unterminated(")")
                } else {
                    self.unexpected()
                });
            }
            code.extend([Op::Subshell(block.into())]);
            return Ok(true);
        }
        let Some(word) = self.plain_word() else {
            return Ok(false);
        };
        match word.as_str() {
            "{" => {
                self.eat("{");
                self.body(code)?;
                self.expect("}")?;
            }
            "if" => self.if_command(code)?,
            "while" | "until" => self.while_command(code, &word)?,
            "for" => self.for_command(code)?,
            "case" => self.case_command(code)?,
            "[[" => {
                self.eat("[[");
                let condition = self.cond_or()?;
                self.blanks_and_newlines_until("]]")?;
                code.push(Op::Cond(Rc::new(condition)));
            }
            "select" | "coproc" => return Err(self.unsupported(&word)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn blanks_and_newlines_until(&mut self, word: &str) -> Parsed<()> {
        self.expect(word)
    }

    /// `(( expression ))`; false when the text turns out to be nested subshells.
    fn arith_command(&mut self, code: &mut Vec<Op>) -> Parsed<bool> {
        let (place, line) = (self.chars.place(), self.line);
        self.eat("((");
        match self.arith_text()? {
            Some(expression) => code.push(Op::Arith(expression)),
            None => {
                self.chars.go(place);
                self.line = line;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn if_command(&mut self, code: &mut Vec<Op>) -> Parsed<()> {
        self.eat("if");
        let mut ends = Vec::new();
        loop {
            self.condition(code)?;
            self.expect("then")?;
            let skip = code.len();
            code.push(Op::JumpIfFail(0));
            self.body(code)?;
            ends.push(code.len());
            code.push(Op::Jump(0));
            patch(code, Some(skip));
            self.newlines();
            if self.keyword("elif") {
                continue;
            }
            if self.keyword("else") {
                self.body(code)?;
            } else {
                code.push(Op::SetStatus(0));
            }
            self.expect("fi")?;
            break;
        }
        for end in ends {
            patch(code, Some(end));
        }
        Ok(())
    }

    fn while_command(&mut self, code: &mut Vec<Op>, word: &str) -> Parsed<()> {
        self.eat(word);
        let enter = code.len();
        code.push(Op::LoopEnter(LoopJumps::default()));
        let again = code.len();
        self.condition(code)?;
        let exit = code.len();
        code.push(if word == "while" {
            Op::JumpIfFail(0)
        } else {
            Op::JumpIfOk(0)
        });
        self.do_group(code)?;
        self.close_loop(code, enter, again, exit);
        Ok(())
    }

    fn do_group(&mut self, code: &mut Vec<Op>) -> Parsed<()> {
        self.expect("do")?;
        self.body(code)?;
        self.expect("done")
    }

    /// Ends a loop: jumps back, patches the way out and the targets of `break` and `continue`.
    fn close_loop(&self, code: &mut Vec<Op>, enter: usize, again: usize, exit: usize) {
        code.push(Op::LoopMark);
        let back = offset(code.len(), again);
        code.push(Op::Jump(back));
        patch(code, Some(exit));
        code.push(Op::LoopLeave);
        let jumps = LoopJumps {
            after: offset(enter, code.len()),
            again: offset(enter, again),
        };
        match &mut code[enter] {
            Op::LoopEnter(slot) | Op::ForEnter(_, slot) => *slot = jumps,
            other => unreachable!("a loop starts with its own operation, not {other:?}"),
        }
    }

    fn for_command(&mut self, code: &mut Vec<Op>) -> Parsed<()> {
        self.eat("for");
        self.blanks();
        if self.starts("((") {
            return self.for_arith(code);
        }
        let Some(name) = self.plain_word().filter(|word| is_name(word)) else {
            return Err(self.unexpected());
        };
        self.eat(&name);
        self.newlines();
        let words = if self.keyword("in") {
            let mut words = Vec::new();
            loop {
                self.blanks();
                match self.peek() {
                    None | Some('\n' | ';') => break,
                    Some(c) if "&|<>()".contains(c) => return Err(self.unexpected()),
                    Some(_) => words.push(self.word()?),
                }
            }
            Some(words.into())
        } else {
            None
        };
        self.blanks();
        self.eat(";");
        let enter = code.len();
        code.push(Op::ForEnter(words, LoopJumps::default()));
        let again = code.len();
        code.push(Op::ForNext(name.as_str().into(), 0));
        self.do_group(code)?;
        self.close_loop(code, enter, again, again);
        Ok(())
    }

    /// `for ((init; test; step))`
    fn for_arith(&mut self, code: &mut Vec<Op>) -> Parsed<()> {
        self.eat("((");
        let mut parts = Vec::new();
        for end in [";", ";", "))"] {
            parts.push(self.arith_until(end)?);
        }
        let [init, test, step] = <[Word; 3]>::try_from(parts).expect("three were read");
        code.push(Op::Arith(init));
        let enter = code.len();
        code.push(Op::LoopEnter(LoopJumps::default()));
        let skip_step = code.len();
        code.push(Op::Jump(0));
        let again = code.len();
        code.push(Op::Arith(step));
        patch(code, Some(skip_step));
        let always = test.0.is_empty();
        code.push(if always { Op::SetStatus(0) } else { Op::Arith(test) });
        let exit = code.len();
        code.push(Op::JumpIfFail(0));
        self.blanks();
        self.eat(";");
        self.do_group(code)?;
        self.close_loop(code, enter, again, exit);
        Ok(())
    }

    fn case_command(&mut self, code: &mut Vec<Op>) -> Parsed<()> {
        self.eat("case");
        self.blanks();
        code.push(Op::CaseEnter(self.word()?));
        self.expect("in")?;
        let mut ends = Vec::new();
        loop {
            self.newlines();
            if self.keyword("esac") {
                break;
            }
            if self.peek().is_none() {
                return Err(self.unterminated("esac"));
            }
            let test = code.len();
            code.push(Op::CaseTest(self.case_patterns()?, 0));
            code.push(Op::SetStatus(0));
            self.list(code)?;
            ends.push(code.len());
            code.push(Op::Jump(0));
            patch(code, Some(test));
            self.newlines();
            if !self.eat(";;") {
                self.expect("esac")?;
                break;
            }
        }
        code.push(Op::SetStatus(0));
        for end in ends {
            patch(code, Some(end));
        }
        code.push(Op::CaseLeave);
        Ok(())
    }

    fn case_patterns(&mut self) -> Parsed<Rc<[Word]>> {
        self.eat("(");
        let mut patterns = Vec::new();
        loop {
            self.blanks();
            patterns.push(self.word()?);
            self.blanks();
            if self.eat("|") {
                continue;
            }
            return if self.eat(")") {
                Ok(patterns.into())
            } else {
                Err(self.unexpected())
            };
        }
    }

    /// `name()` or `function name`, taken; the body follows.
    fn function_name(&mut self) -> Option<Str> {
        let word = self.plain_word()?;
        if word == "function" {
            self.eat("function");
            self.blanks();
            let name = self.plain_word()?;
            self.eat(&name);
            self.blanks();
            self.eat("()");
            return Some(name.as_str().into());
        }
        let rest: String = self.chars.rest().iter().skip(word.chars().count()).take(8).collect();
        let rest = rest.trim_start();
        let inside = rest.strip_prefix('(')?.trim_start();
        if !inside.starts_with(')') || word.contains('=') {
            return None;
        }
        self.eat(&word);
        while self.peek() != Some(')') {
            self.bump();
        }
        self.bump();
        Some(word.as_str().into())
    }

    fn redirects(&mut self) -> Parsed<Vec<Redirect>> {
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            match self.redirect()? {
                Some(redirect) => redirects.push(redirect),
                None => return Ok(redirects),
            }
        }
    }

    fn simple(&mut self, code: &mut Vec<Op>) -> Parsed<()> {
        let mut simple = Simple {
            line: self.line,
            ..Simple::default()
        };
        let mut declares = false;
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                simple.redirects.push(redirect);
                continue;
            }
            match self.peek() {
                None | Some('\n' | ';' | '&' | '|' | ')') => break,
                Some('(') => return Err(self.unexpected()),
                Some(_) => {}
            }
            if simple.words.is_empty()
                && let Some(assign) = self.assign()?
            {
                simple.assigns.push(assign);
                continue;
            }
            let word = if declares { self.declared_word()? } else { self.word()? };
            if simple.words.is_empty() {
                declares = word.literal().is_some_and(|name| DECLARERS.contains(&name));
            }
            simple.words.push(word);
        }
        if simple.words.is_empty() && simple.assigns.is_empty() && simple.redirects.is_empty() {
            return Err(self.unexpected());
        }
        code.push(Op::Simple(Rc::new(simple)));
        Ok(())
    }

    /// An argument of `export`, `local` ...: the value of an assignment is not split.
    fn declared_word(&mut self) -> Parsed<Word> {
        let word = self.word()?;
        let assigns = matches!(word.0.first(), Some(super::code::Part::Text(text)) if text.split_once('=').is_some_and(|(name, _)| is_name(name)));
        Ok(if assigns { quote_expansions(word) } else { word })
    }

    /// `NAME=value`, if it stands here.
    fn assign(&mut self) -> Parsed<Option<Assign>> {
        let rest = self.chars.rest();
        let end = rest
            .iter()
            .position(|c| !(c.is_ascii_alphanumeric() || *c == '_'))
            .unwrap_or(rest.len());
        let name: String = rest[..end].iter().collect();
        if !is_name(&name) {
            return Ok(None);
        }
        let (start, line) = (self.chars.place(), self.line);
        self.chars.skip(end);
        let mut index = None;
        if self.eat("[") {
            index = Some(self.word_until(']', false)?);
            self.eat("]");
        }
        let append = self.eat("+=");
        if !append && !self.eat("=") {
            self.chars.go(start);
            self.line = line;
            return Ok(None);
        }
        let value = if self.peek() == Some('(') {
            self.bump();
            AssignValue::Array(self.array_words()?)
        } else if self.peek().is_none_or(|c| " \t\r\n;&|)".contains(c)) {
            AssignValue::Scalar(Word::default())
        } else {
            AssignValue::Scalar(self.word()?)
        };
        Ok(Some(Assign {
            name: name.as_str().into(),
            index,
            append,
            value,
        }))
    }

    fn array_words(&mut self) -> Parsed<Vec<Word>> {
        let mut words = Vec::new();
        loop {
            self.newlines();
            match self.peek() {
                None => return Err(self.unterminated(")")),
                Some(')') => {
                    self.bump();
                    return Ok(words);
                }
                Some(c) if ";&|<>(".contains(c) => return Err(self.unexpected()),
                Some(_) => words.push(self.word()?),
            }
        }
    }
}

/// Whether `text` may name a variable.
pub(crate) fn is_name(text: &str) -> bool {
    let first = text
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    first && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn quote_expansions(word: Word) -> Word {
    use super::code::Part;
    let quote = |part| match part {
        Part::Param(mut param) => {
            param.quoted = true;
            Part::Param(param)
        }
        Part::Substitute { block, .. } => Part::Substitute { block, quoted: true },
        Part::Arith { expression, .. } => Part::Arith {
            expression,
            quoted: true,
        },
        other => other,
    };
    Word(word.0.into_iter().map(quote).collect())
}

/// The jump from the operation at `from` to `to`.
fn offset(from: usize, to: usize) -> i32 {
    let position = |at: usize| i32::try_from(at).expect("a manifest's script is shorter than two billion operations");
    position(to) - position(from) - 1
}

/// Lets the jump at `at` lead to the end of the code so far.
fn patch(code: &mut [Op], at: Option<usize>) {
    let Some(at) = at else { return };
    let target = offset(at, code.len());
    match &mut code[at] {
        Op::Jump(to)
        | Op::JumpIfFail(to)
        | Op::JumpIfOk(to)
        | Op::CaseTest(_, to)
        | Op::ForNext(_, to)
        | Op::Redirect(_, to) => {
            *to = target;
        }
        other => unreachable!("{other:?} does not jump"),
    }
}

fn redirected(body: Vec<Op>, redirects: Vec<Redirect>) -> Vec<Op> {
    let mut code = vec![Op::Redirect(redirects.into(), 0)];
    code.extend(body);
    code.push(Op::Unredirect);
    patch(&mut code, Some(0));
    code
}
