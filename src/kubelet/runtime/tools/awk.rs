//! A little `awk`: `pattern { print ...; printf ...; n += $2; exit }` with fields, variables, integers and comparisons.

use crate::sim::btree::BTreeMap;

use super::Str;
use super::regex::{Regex, Syntax};
use crate::kubelet::runtime::cursor::Cursor;

/// Nested expressions at most.
const DEPTH_MAX: u32 = 60;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Expr {
    Text(String),
    Number(i64),
    Field(Box<Self>),
    Var(String),
    Match(Box<Self>, Regex, bool),
    Not(Box<Self>),
    Negative(Box<Self>),
    Binary(&'static str, Box<Self>, Box<Self>),
    Assign(String, &'static str, Box<Self>),
    Call(String, Vec<Self>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Statement {
    Print(Vec<Expr>),
    Printf(Vec<Expr>),
    Expr(Expr),
    If(Expr, Vec<Self>, Vec<Self>),
    Next,
    Exit(Option<Expr>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Pattern {
    Begin,
    End,
    Always,
    When(Expr),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Token {
    Number(i64),
    Text(String),
    Name(String),
    Regex(String),
    Sign(&'static str),
    Newline,
}

/// A program and its variables.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Awk {
    rules: Vec<(Pattern, Vec<Statement>)>,
    vars: BTreeMap<String, String>,
    fields: Vec<String>,
    record: String,
    exit: Option<i32>,
}

const SIGNS: [&str; 36] = [
    "&&", "||", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "++", "--", "!~", "{", "}", "(", ")", "[", "]", ";",
    ",", "+", "-", "*", "/", "%", "<", ">", "=", "!", "~", "$", "?", ":", "^", "|",
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out: Vec<Token> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '\n' {
            out.push(Token::Newline);
            rest = &rest[1..];
        } else if c.is_whitespace() || rest.starts_with("\\\n") {
            rest = &rest[c.len_utf8()..];
        } else if c == '#' {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if c == '"' {
            let end = end_of(rest, '"').ok_or("unterminated string")?;
            let raw = &rest[1..end];
            out.push(Token::Text(
                crate::kubelet::runtime::shell::escape::unescape(
                    raw,
                    crate::kubelet::runtime::shell::escape::Style::Printf,
                )
                .0,
            ));
            rest = &rest[end + 1..];
        } else if c == '/'
            && !matches!(
                out.last(),
                Some(Token::Number(_) | Token::Name(_) | Token::Text(_) | Token::Sign(")" | "]"))
            )
        {
            let end = end_of(rest, '/').ok_or("unterminated regular expression")?;
            out.push(Token::Regex(rest[1..end].replace("\\/", "/")));
            rest = &rest[end + 1..];
        } else if c.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            if rest[end..].starts_with('.') {
                return Err("fractions are not simulated".to_owned());
            }
            out.push(Token::Number(
                rest[..end].parse().map_err(|_| "number too large".to_owned())?,
            ));
            rest = &rest[end..];
        } else if c.is_ascii_alphabetic() || c == '_' {
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            out.push(Token::Name(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            let sign = SIGNS
                .iter()
                .find(|sign| rest.starts_with(**sign))
                .ok_or_else(|| format!("'{c}' is not simulated"))?;
            out.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        }
    }
    Ok(out)
}

/// The place of the closing `quote` of a text that starts with one.
fn end_of(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return Some(at);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

struct Parser {
    tokens: Cursor<Token>,
    depth: u32,
}

type Parsed<T> = Result<T, String>;

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.peek()
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(known)) if *known == sign);
        self.tokens.skip(usize::from(found));
        found
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.sign(sign) {
            Ok(())
        } else {
            Err(format!("syntax error: expected {sign}"))
        }
    }

    fn name(&mut self, name: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(known)) if known == name);
        self.tokens.skip(usize::from(found));
        found
    }

    fn breaks(&mut self) {
        while matches!(self.peek(), Some(Token::Newline | Token::Sign(";"))) {
            self.tokens.skip(1);
        }
    }

    fn program(&mut self) -> Parsed<Vec<(Pattern, Vec<Statement>)>> {
        let mut rules = Vec::new();
        loop {
            self.breaks();
            if self.peek().is_none() {
                return Ok(rules);
            }
            let pattern = if self.name("BEGIN") {
                Pattern::Begin
            } else if self.name("END") {
                Pattern::End
            } else if matches!(self.peek(), Some(Token::Sign("{"))) {
                Pattern::Always
            } else {
                Pattern::When(self.expr()?)
            };
            let body = if self.sign("{") {
                self.block()?
            } else {
                vec![Statement::Print(Vec::new())]
            };
            rules.push((pattern, body));
        }
    }

    fn block(&mut self) -> Parsed<Vec<Statement>> {
        let mut out = Vec::new();
        loop {
            self.breaks();
            if self.sign("}") {
                return Ok(out);
            }
            if self.peek().is_none() {
                return Err("syntax error: expected }".to_owned());
            }
            out.push(self.statement()?);
        }
    }

    fn statement(&mut self) -> Parsed<Statement> {
        self.deeper()?;
        let statement = if self.name("print") {
            Statement::Print(self.list()?)
        } else if self.name("printf") {
            Statement::Printf(self.list()?)
        } else if self.name("next") {
            Statement::Next
        } else if self.name("exit") {
            let ends = matches!(self.peek(), None | Some(Token::Newline | Token::Sign(";" | "}")));
            Statement::Exit(if ends { None } else { Some(self.expr()?) })
        } else if self.name("if") {
            self.expect("(")?;
            let condition = self.expr()?;
            self.expect(")")?;
            let yes = self.body()?;
            let before = self.tokens.place();
            self.breaks();
            let no = if self.name("else") {
                self.body()?
            } else {
                self.tokens.go(before);
                Vec::new()
            };
            Statement::If(condition, yes, no)
        } else if matches!(self.peek(), Some(Token::Name(name)) if matches!(name.as_str(), "for" | "while" | "function" | "do" | "delete" | "getline"))
        {
            return Err("loops, arrays and functions are not simulated".to_owned());
        } else {
            Statement::Expr(self.expr()?)
        };
        self.depth -= 1;
        Ok(statement)
    }

    fn body(&mut self) -> Parsed<Vec<Statement>> {
        self.breaks();
        if self.sign("{") {
            self.block()
        } else {
            Ok(vec![self.statement()?])
        }
    }

    fn list(&mut self) -> Parsed<Vec<Expr>> {
        let mut out = Vec::new();
        while !matches!(self.peek(), None | Some(Token::Newline | Token::Sign(";" | "}"))) {
            out.push(self.expr()?);
            if !self.sign(",") {
                break;
            }
        }
        if matches!(self.peek(), Some(Token::Sign("|" | ">"))) {
            return Err("output redirection is not simulated".to_owned());
        }
        Ok(out)
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            Err("expression too deep".to_owned())
        } else {
            Ok(())
        }
    }

    fn expr(&mut self) -> Parsed<Expr> {
        self.deeper()?;
        let start = self.tokens.place();
        if let Some(Token::Name(name)) = self.peek().cloned() {
            self.tokens.skip(1);
            for sign in ["=", "+=", "-=", "*=", "/="] {
                if self.sign(sign) {
                    let operator = SIGNS.iter().find(|known| **known == sign).copied().unwrap_or("=");
                    let value = self.expr()?;
                    self.depth -= 1;
                    return Ok(Expr::Assign(name, operator, Box::new(value)));
                }
            }
        }
        self.tokens.go(start);
        let value = self.binary(0)?;
        self.depth -= 1;
        Ok(value)
    }

    fn binary(&mut self, level: usize) -> Parsed<Expr> {
        const LEVELS: [&[&str]; 7] = [
            &["||"],
            &["&&"],
            &["~", "!~"],
            &["==", "!=", "<=", ">=", "<", ">"],
            &[" "],
            &["+", "-"],
            &["*", "/", "%"],
        ];
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        loop {
            if operators[0] == " " {
                let starts = matches!(
                    self.peek(),
                    Some(Token::Number(_) | Token::Text(_) | Token::Name(_) | Token::Sign("$" | "(" | "-"))
                );
                if !starts {
                    return Ok(left);
                }
                let right = self.binary(level + 1)?;
                left = Expr::Binary(" ", Box::new(left), Box::new(right));
                continue;
            }
            let Some(operator) = operators.iter().copied().find(|operator| self.sign(operator)) else {
                return Ok(left);
            };
            if matches!(operator, "~" | "!~") {
                let Some(Token::Regex(pattern) | Token::Text(pattern)) = self.peek().cloned() else {
                    return Err("a pattern after ~ must be written out".to_owned());
                };
                self.tokens.skip(1);
                left = Expr::Match(
                    Box::new(left),
                    Regex::new(&pattern, Syntax::Extended)?,
                    operator == "!~",
                );
                continue;
            }
            let right = self.binary(level + 1)?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        self.deeper()?;
        let value = if self.sign("!") {
            Expr::Not(Box::new(self.unary()?))
        } else if self.sign("-") {
            Expr::Negative(Box::new(self.unary()?))
        } else if self.sign("$") {
            Expr::Field(Box::new(self.unary()?))
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let Some(token) = self.peek().cloned() else {
            return Err("syntax error at end of program".to_owned());
        };
        self.tokens.skip(1);
        Ok(match token {
            Token::Number(number) => Expr::Number(number),
            Token::Text(text) => Expr::Text(text),
            Token::Regex(pattern) => {
                let record = Expr::Field(Box::new(Expr::Number(0)));
                Expr::Match(Box::new(record), Regex::new(&pattern, Syntax::Extended)?, false)
            }
            Token::Sign("(") => {
                let inner = self.expr()?;
                self.expect(")")?;
                inner
            }
            Token::Name(name) => {
                if self.sign("(") {
                    let mut args = Vec::new();
                    while !self.sign(")") {
                        args.push(self.expr()?);
                        self.sign(",");
                    }
                    return Ok(Expr::Call(name, args));
                }
                if self.sign("++") {
                    return Ok(Expr::Assign(name, "+=", Box::new(Expr::Number(1))));
                }
                if matches!(self.peek(), Some(Token::Sign("["))) {
                    return Err("loops, arrays and functions are not simulated".to_owned());
                }
                Expr::Var(name)
            }
            Token::Sign(sign) => return Err(format!("syntax error near {sign}")),
            Token::Newline => return Err("syntax error at end of line".to_owned()),
        })
    }
}

fn to_number(text: &str) -> i64 {
    let text = text.trim_start();
    let end = text
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_digit() || *at == 0 && *c == '-'))
        .map_or(text.len(), |(at, _)| at);
    text[..end].parse().unwrap_or(0)
}

fn is_true(text: &str) -> bool {
    if text.parse::<i64>().is_ok() {
        to_number(text) != 0
    } else {
        !text.is_empty()
    }
}

impl Awk {
    /// Reads a program.
    ///
    /// # Errors
    /// With the message after `awk: `.
    pub(super) fn new(program: &str, separator: &str, variables: BTreeMap<Str, Str>) -> Result<Self, String> {
        let mut parser = Parser {
            tokens: Cursor::new(tokens(program)?),
            depth: 0,
        };
        let rules = parser.program()?;
        let mut vars: BTreeMap<String, String> = variables
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        vars.insert("FS".to_owned(), separator.to_owned());
        vars.entry("OFS".to_owned()).or_insert_with(|| " ".to_owned());
        vars.insert("NR".to_owned(), "0".to_owned());
        Ok(Self {
            rules,
            vars,
            fields: Vec::new(),
            record: String::new(),
            exit: None,
        })
    }

    /// Whether only `BEGIN` rules are there.
    pub(super) fn needs_no_input(&self) -> bool {
        self.exit.is_some() || self.rules.iter().all(|(pattern, _)| *pattern == Pattern::Begin)
    }

    pub(super) fn begin(&mut self, out: &mut Vec<u8>) {
        self.run_rules(|pattern| *pattern == Pattern::Begin, out);
    }

    /// Takes a record; the exit code when the program ends there.
    pub(super) fn line(&mut self, line: &str, out: &mut Vec<u8>) -> Option<i32> {
        self.record = line.to_owned();
        let separator = self.vars.get("FS").cloned().unwrap_or_default();
        self.fields = match separator.as_str() {
            " " => line.split_whitespace().map(str::to_owned).collect(),
            _ if line.is_empty() => Vec::new(),
            one if one.chars().count() == 1 => line.split(one).map(str::to_owned).collect(),
            many => split_regex(line, many),
        };
        self.vars.insert("NF".to_owned(), self.fields.len().to_string());
        let number = to_number(self.vars.get("NR").map_or("0", |text| text)) + 1;
        self.vars.insert("NR".to_owned(), number.to_string());
        self.run_rules(|pattern| !matches!(pattern, Pattern::Begin | Pattern::End), out);
        self.exit
    }

    /// The input is over; the exit code when the program gave one.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Option<i32> {
        if self.exit.is_none() {
            self.run_rules(|pattern| *pattern == Pattern::End, out);
        }
        self.exit
    }

    fn run_rules(&mut self, wanted: impl Fn(&Pattern) -> bool, out: &mut Vec<u8>) {
        for (pattern, body) in self.rules.clone() {
            if !wanted(&pattern) {
                continue;
            }
            if let Pattern::When(condition) = &pattern
                && !is_true(&self.value(condition))
            {
                continue;
            }
            if !self.run(&body, out) {
                return;
            }
        }
    }

    /// Runs statements; false after `next` or `exit`.
    fn run(&mut self, body: &[Statement], out: &mut Vec<u8>) -> bool {
        for statement in body {
            match statement {
                Statement::Print(items) => {
                    let texts: Vec<String> = items.iter().map(|item| self.value(item)).collect();
                    let separator = self.vars.get("OFS").cloned().unwrap_or_default();
                    let text = if texts.is_empty() {
                        self.record.clone()
                    } else {
                        texts.join(&separator)
                    };
                    out.extend(format!("{text}\n").into_bytes());
                }
                Statement::Printf(items) => {
                    let texts: Vec<Str> = items.iter().map(|item| self.value(item).into()).collect();
                    out.extend(super::text::printf(&texts).into_bytes());
                }
                Statement::Expr(expr) => drop(self.value(expr)),
                Statement::If(condition, yes, no) => {
                    let branch = if is_true(&self.value(condition)) { yes } else { no };
                    if !self.run(branch, out) {
                        return false;
                    }
                }
                Statement::Next => return false,
                Statement::Exit(code) => {
                    let code = code.as_ref().map_or(0, |code| to_number(&self.value(code)));
                    self.exit = Some(i32::try_from(code).unwrap_or(0));
                    return false;
                }
            }
        }
        true
    }

    fn value(&mut self, expr: &Expr) -> String {
        match expr {
            Expr::Text(text) => text.clone(),
            Expr::Number(number) => number.to_string(),
            Expr::Field(index) => {
                let index = to_number(&self.value(index));
                match usize::try_from(index) {
                    Ok(0) => self.record.clone(),
                    Ok(index) => self.fields.get(index - 1).cloned().unwrap_or_default(),
                    Err(_) => String::new(),
                }
            }
            Expr::Var(name) => self.vars.get(name).cloned().unwrap_or_default(),
            Expr::Match(subject, regex, negated) => {
                let subject = self.value(subject);
                i32::from(regex.is_match(&subject, false) != *negated).to_string()
            }
            Expr::Not(inner) => i32::from(!is_true(&self.value(inner))).to_string(),
            Expr::Negative(inner) => to_number(&self.value(inner)).wrapping_neg().to_string(),
            Expr::Assign(name, operator, value) => {
                let value = self.value(value);
                let old = to_number(self.vars.get(name).map_or("", |text| text));
                let new = match *operator {
                    "=" => value,
                    operator => arith(&operator[..1], old, to_number(&value)).to_string(),
                };
                self.vars.insert(name.clone(), new.clone());
                new
            }
            Expr::Binary(operator, left, right) => self.binary(operator, left, right),
            Expr::Call(name, args) => {
                let texts: Vec<String> = args.iter().map(|arg| self.value(arg)).collect();
                let first = texts.first().cloned().unwrap_or_else(|| self.record.clone());
                let number = |index: usize| texts.get(index).map_or(0, |text| to_number(text));
                match name.as_str() {
                    "length" => first.chars().count().to_string(),
                    "tolower" => first.to_ascii_lowercase(),
                    "toupper" => first.to_ascii_uppercase(),
                    "int" => to_number(&first).to_string(),
                    "index" => first
                        .find(texts.get(1).map_or("", |text| text))
                        .map_or(0, |at| at + 1)
                        .to_string(),
                    "substr" => {
                        let skip = usize::try_from(number(1).max(1) - 1).unwrap_or(0);
                        let take = if texts.len() > 2 {
                            usize::try_from(number(2)).unwrap_or(0)
                        } else {
                            usize::MAX
                        };
                        first.chars().skip(skip).take(take).collect()
                    }
                    _ => String::new(),
                }
            }
        }
    }

    fn binary(&mut self, operator: &str, left: &Expr, right: &Expr) -> String {
        let left = self.value(left);
        match operator {
            "&&" => return i32::from(is_true(&left) && is_true(&self.value(right))).to_string(),
            "||" => return i32::from(is_true(&left) || is_true(&self.value(right))).to_string(),
            _ => {}
        }
        let right = self.value(right);
        if operator == " " {
            return left + &right;
        }
        let order = match (left.trim().parse::<i64>(), right.trim().parse::<i64>()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            _ => left.cmp(&right),
        };
        let holds = match operator {
            "==" => order.is_eq(),
            "!=" => order.is_ne(),
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            operator => return arith(operator, to_number(&left), to_number(&right)).to_string(),
        };
        i32::from(holds).to_string()
    }
}

fn arith(operator: &str, a: i64, b: i64) -> i64 {
    match operator {
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "*" => a.wrapping_mul(b),
        "/" => a.checked_div(b).unwrap_or(0),
        _ => a.checked_rem(b).unwrap_or(0),
    }
}

fn split_regex(line: &str, pattern: &str) -> Vec<String> {
    let Ok(regex) = Regex::new(pattern, Syntax::Extended) else {
        return vec![line.to_owned()];
    };
    let mut out = Vec::new();
    let mut from = 0;
    while let Some((start, end)) = regex
        .find(line, from, false)
        .and_then(|groups| groups[0])
        .filter(|(start, end)| end > start)
    {
        out.push(line[from..start].to_owned());
        from = end;
    }
    out.push(line[from..].to_owned());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(program: &str, separator: &str, input: &str) -> String {
        let mut awk = Awk::new(program, separator, BTreeMap::new()).expect(program);
        let mut out = Vec::new();
        awk.begin(&mut out);
        for line in input.lines() {
            if awk.line(line, &mut out).is_some() {
                break;
            }
        }
        awk.finish(&mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn programs_print() {
        let cases = [
            ("{print $2}", " ", "a b c\n", "b\n"),
            ("/^  HTTP/{print $2}", " ", "  HTTP/1.1 200 OK\n  Server: x\n", "200\n"),
            ("{print $1, $NF}", ":", "a:b:c\n", "a c\n"),
            ("NR==2 {print}", " ", "x\ny\nz\n", "y\n"),
            ("{n += $1} END {print n}", " ", "1\n2\n3\n", "6\n"),
            ("$2 > 5 {print $1}", " ", "a 3\nb 10\n", "b\n"),
            ("{ print \"s(\"$0\"/3)\" }", " ", "7\n", "s(7/3)\n"),
            ("BEGIN {printf \"%d-%s\\n\", 5, \"x\"}", " ", "", "5-x\n"),
            (
                "{if ($1 == \"a\") print \"yes\"; else print \"no\"}",
                " ",
                "a\nb\n",
                "yes\nno\n",
            ),
            (
                "{print length($1), substr($1, 2, 2), toupper($1)}",
                " ",
                "abcd\n",
                "4 bc ABCD\n",
            ),
        ];
        for (program, separator, input, want) in cases {
            assert_eq!(run(program, separator, input), want, "{program}");
        }
        assert!(Awk::new("{for (i = 0; i < 3; i++) print i}", " ", BTreeMap::new()).is_err());
    }
}
