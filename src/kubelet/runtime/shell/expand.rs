//! Expansion of words: parameters, substitutions, arithmetic, splitting, globbing.
//!
//! Expansion changes nothing while it runs: assignments are collected and made when all went well. So when it meets a
//! command substitution whose output is not known yet it stops, the command runs, and expansion starts again from the
//! beginning with one output more.

use std::rc::Rc;

use super::Str;
use super::arith::{Variables, evaluate};
use super::code::{Assign, AssignValue, Block, Param, ParamOp, Part, Redirect, RedirectKind, Word};
use super::glob;
use super::state::{Flavour, Shell, Value};
use crate::kubelet::runtime::process::Base;
use crate::kubelet::runtime::vfs::Vfs;
use crate::sim::Stream;

/// Why an expansion did not finish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The output of this is needed.
    Substitute(Block),
    /// It is an error: the message.
    Fail(String),
}

type Expanded<T> = Result<T, Stop>;

/// An assignment after expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assigned {
    pub(super) name: Str,
    pub(super) index: Option<i64>,
    pub(super) append: bool,
    pub(super) value: AssignedValue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AssignedValue {
    Scalar(String),
    Array(Vec<Str>),
}

/// A redirection after expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redirected {
    pub(super) fd: u32,
    pub(super) kind: RedirectKind,
    pub(super) target: String,
}

/// What an expansion wants changed.
pub(super) struct Changes {
    sets: Vec<(Str, String)>,
    random: Stream,
    used: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// Written in the script, unquoted.
    Literal,
    /// The outcome of an unquoted expansion: is split.
    Expansion,
    Quoted,
}

#[derive(Clone, Debug)]
struct Segment {
    text: String,
    origin: Origin,
    /// Starts a new field, as the elements of `"$@"` do.
    breaks: bool,
}

/// A parameter's value.
enum Found {
    Unset,
    One(String),
    Many(Vec<Str>),
}

pub(super) struct Expander<'a, 'w> {
    shell: &'a Shell,
    base: &'a Base,
    fs: &'a Vfs<'w>,
    random: Stream,
    used: u32,
    sets: Vec<(Str, String)>,
    /// Assignments before a command, which hold for later ones of the same command.
    before: Vec<(Str, String)>,
    elapsed_s: u64,
}

impl<'a, 'w> Expander<'a, 'w> {
    pub(super) fn new(shell: &'a Shell, base: &'a Base, fs: &'a Vfs<'w>, random: Stream) -> Self {
        let elapsed_s = fs.now.0 / 1_000_000_000;
        Self {
            shell,
            base,
            fs,
            random,
            used: shell.substitutes_used,
            sets: Vec::new(),
            before: Vec::new(),
            elapsed_s,
        }
    }

    /// Ends a successful expansion.
    pub(super) fn finish(self) -> Changes {
        Changes {
            sets: self.sets,
            random: self.random,
            used: self.used,
        }
    }

    /// Words as the arguments of a command.
    pub(super) fn words(&mut self, words: &[Word]) -> Expanded<Vec<Str>> {
        let mut out = Vec::new();
        for word in words {
            match word.literal() {
                Some(text) if self.shell.flavour == Flavour::Bash && text.contains('{') => {
                    for text in braces(text) {
                        let segments = vec![Segment {
                            text,
                            origin: Origin::Literal,
                            breaks: false,
                        }];
                        self.fields(segments, &mut out);
                    }
                }
                _ => {
                    let segments = self.segments(word)?;
                    self.fields(segments, &mut out);
                }
            }
        }
        Ok(out)
    }

    /// A word as one text: the value of an assignment, the target of a redirection.
    pub(super) fn text(&mut self, word: &Word) -> Expanded<String> {
        let mut out = String::new();
        for segment in self.segments(word)? {
            if segment.breaks {
                out.push(' ');
            }
            out.push_str(&segment.text);
        }
        Ok(out)
    }

    /// A word as a pattern: what was quoted stands for itself.
    pub(super) fn pattern(&mut self, word: &Word) -> Expanded<String> {
        let mut out = String::new();
        for segment in self.segments(word)? {
            match segment.origin {
                Origin::Quoted => out.push_str(&glob::quote(&segment.text)),
                _ => out.push_str(&segment.text),
            }
        }
        Ok(out)
    }

    /// A word as a regular expression: what was quoted stands for itself.
    pub(super) fn regex(&mut self, word: &Word) -> Expanded<String> {
        let mut out = String::new();
        for segment in self.segments(word)? {
            for c in segment.text.chars() {
                if segment.origin == Origin::Quoted && ".*+?()[]{}|^$\\".contains(c) {
                    out.push('\\');
                }
                out.push(c);
            }
        }
        Ok(out)
    }

    /// The value of an arithmetic expression.
    pub(super) fn arith(&mut self, expression: &Word) -> Expanded<i64> {
        let text = self.text(expression)?;
        evaluate(&text, self).map_err(Stop::Fail)
    }

    pub(super) fn assigns(&mut self, assigns: &[Assign]) -> Expanded<Vec<Assigned>> {
        let mut out = Vec::new();
        for assign in assigns {
            let index = match &assign.index {
                Some(index) => Some(self.arith(index)?),
                None => None,
            };
            let value = match &assign.value {
                AssignValue::Scalar(word) => AssignedValue::Scalar(self.text(word)?),
                AssignValue::Array(words) => AssignedValue::Array(self.words(words)?),
            };
            // A later assignment of the same command sees this one.
            if let (AssignedValue::Scalar(text), None, false) = (&value, index, assign.append) {
                self.before.push((assign.name.clone(), text.clone()));
            }
            out.push(Assigned {
                name: assign.name.clone(),
                index,
                append: assign.append,
                value,
            });
        }
        Ok(out)
    }

    pub(super) fn redirects(&mut self, redirects: &[Redirect]) -> Expanded<Vec<Redirected>> {
        let mut out = Vec::new();
        for redirect in redirects {
            out.push(Redirected {
                fd: redirect.fd,
                kind: redirect.kind,
                target: self.text(&redirect.word)?,
            });
        }
        Ok(out)
    }

    fn segments(&mut self, word: &Word) -> Expanded<Vec<Segment>> {
        let mut out = Vec::new();
        for (index, part) in word.0.iter().enumerate() {
            self.part(part, index == 0, &mut out)?;
        }
        Ok(out)
    }

    fn part(&mut self, part: &Part, is_first: bool, out: &mut Vec<Segment>) -> Expanded<()> {
        let mut push = |text: String, origin| {
            out.push(Segment {
                text,
                origin,
                breaks: false,
            });
        };
        let of = |quoted| if quoted { Origin::Quoted } else { Origin::Expansion };
        match part {
            Part::Text(text) => match text.strip_prefix('~') {
                Some(rest) if is_first && (rest.is_empty() || rest.starts_with('/')) => {
                    push(
                        self.lookup("HOME").unwrap_or_else(|| "/root".to_owned()),
                        Origin::Quoted,
                    );
                    push(rest.to_owned(), Origin::Literal);
                }
                _ => push(text.to_string(), Origin::Literal),
            },
            Part::Quoted(text) => push(text.to_string(), Origin::Quoted),
            Part::Substitute { block, quoted } => {
                let Some(output) = self.shell.substitutes.get(self.used as usize) else {
                    return Err(Stop::Substitute(Rc::clone(block)));
                };
                self.used += 1;
                push(output.to_string(), of(*quoted));
            }
            Part::Arith { expression, quoted } => {
                let value = self.arith(expression)?;
                push(value.to_string(), of(*quoted));
            }
            Part::Param(param) => self.param(param, out)?,
        }
        Ok(())
    }

    fn param(&mut self, param: &Param, out: &mut Vec<Segment>) -> Expanded<()> {
        let found = self.find(param)?;
        let is_null = |colon: bool, found: &Found| match found {
            Found::Unset => true,
            Found::One(text) => colon && text.is_empty(),
            Found::Many(items) => items.is_empty() || colon && items.iter().all(|item| item.is_empty()),
        };
        match &param.op {
            ParamOp::Default { colon, word } if is_null(*colon, &found) => {
                return self.alternative(word, param.quoted, out);
            }
            ParamOp::Alternate { colon, word } => {
                return if is_null(*colon, &found) {
                    Ok(())
                } else {
                    self.alternative(word, param.quoted, out)
                };
            }
            ParamOp::Assign { colon, word } if is_null(*colon, &found) => {
                let text = self.text(word)?;
                self.sets.push((param.name.clone(), text.clone()));
                emit(Found::One(text), param, out);
                return Ok(());
            }
            ParamOp::Error { colon, word } if is_null(*colon, &found) => {
                let text = self.text(word)?;
                let text = if text.is_empty() {
                    "parameter not set".to_owned()
                } else {
                    text
                };
                return Err(Stop::Fail(format!("{}: {text}", param.name)));
            }
            _ => {}
        }
        let is_list = matches!(&*param.name, "@" | "*");
        if matches!(found, Found::Unset)
            && self.shell.options.nounset
            && !is_list
            && !matches!(param.op, ParamOp::Default { .. })
        {
            let words = if self.shell.flavour == Flavour::Bash {
                "unbound variable"
            } else {
                "parameter not set"
            };
            return Err(Stop::Fail(format!("{}: {words}", param.name)));
        }
        let found = self.transform(found, &param.op)?;
        emit(found, param, out);
        Ok(())
    }

    /// The word of `${x:-word}`, with its own quoting.
    fn alternative(&mut self, word: &Word, quoted: bool, out: &mut Vec<Segment>) -> Expanded<()> {
        for mut segment in self.segments(word)? {
            if quoted {
                segment.origin = Origin::Quoted;
            } else if segment.origin == Origin::Literal {
                segment.origin = Origin::Expansion;
            }
            out.push(segment);
        }
        Ok(())
    }

    fn find(&mut self, param: &Param) -> Expanded<Found> {
        if let Some(index) = &param.index {
            let items = match self.shell.vars.get(&param.name).map(|var| &var.value) {
                Some(Value::Array(items)) => items.clone(),
                Some(Value::Scalar(text)) => [(0, text.clone())].into(),
                _ => Default::default(),
            };
            if matches!(index.literal(), Some("@" | "*")) {
                return Ok(Found::Many(items.into_values().collect()));
            }
            let mut at = self.arith(index)?;
            if at < 0 {
                at += items.keys().last().map_or(0, |last| last + 1);
            }
            return Ok(items.get(&at).map_or(Found::Unset, |text| Found::One(text.to_string())));
        }
        if matches!(&*param.name, "@" | "*") {
            return Ok(Found::Many(self.shell.args.to_vec()));
        }
        Ok(self.lookup(&param.name).map_or(Found::Unset, Found::One))
    }

    /// A parameter that is not a list.
    fn lookup(&mut self, name: &str) -> Option<String> {
        if let Some((_, text)) = self
            .before
            .iter()
            .rev()
            .chain(self.sets.iter().rev())
            .find(|(known, _)| **known == *name)
        {
            return Some(text.clone());
        }
        let shell = self.shell;
        Some(match name {
            "#" => shell.args.len().to_string(),
            "?" => shell.status.to_string(),
            "$" => shell.pid.to_string(),
            "!" => shell.background?.to_string(),
            "-" => shell.flags(),
            "0" => shell.name.to_string(),
            "RANDOM" if shell.flavour != Flavour::Dash => self.random.below(32768).to_string(),
            "SECONDS" if shell.flavour == Flavour::Bash => self.elapsed_s.to_string(),
            "LINENO" => shell.line.to_string(),
            "UID" | "EUID" if shell.flavour == Flavour::Bash => self.fs.user.uid.to_string(),
            "BASHPID" => self.base.pid.to_string(),
            _ => match name.parse::<usize>() {
                Ok(position) => shell.args.get(position.checked_sub(1)?)?.to_string(),
                Err(_) => shell.var(name)?.to_string(),
            },
        })
    }

    /// What the operator makes of a value.
    fn transform(&mut self, found: Found, op: &ParamOp) -> Expanded<Found> {
        if let (ParamOp::Length, Found::Many(items)) = (op, &found) {
            return Ok(Found::One(items.len().to_string()));
        }
        if let (ParamOp::Slice { offset, length }, Found::Many(items)) = (op, &found) {
            return self.slice_list(items, offset, length.as_ref());
        }
        Ok(match found {
            Found::Unset => match op {
                ParamOp::Length => Found::One("0".to_owned()),
                _ => Found::Unset,
            },
            Found::One(text) => Found::One(self.transform_text(text, op)?),
            Found::Many(items) => {
                let mut out = Vec::new();
                for item in items {
                    out.push(self.transform_text(item.to_string(), op)?.into());
                }
                Found::Many(out)
            }
        })
    }

    fn slice_list(&mut self, items: &[Str], offset: &Word, length: Option<&Word>) -> Expanded<Found> {
        let offset = usize::try_from(self.arith(offset)?.max(1) - 1).unwrap_or(usize::MAX);
        let length = match length {
            Some(length) => usize::try_from(self.arith(length)?).unwrap_or(0),
            None => usize::MAX,
        };
        Ok(Found::Many(items.iter().skip(offset).take(length).cloned().collect()))
    }

    fn transform_text(&mut self, text: String, op: &ParamOp) -> Expanded<String> {
        Ok(match op {
            ParamOp::Length => text.chars().count().to_string(),
            ParamOp::Indirect => self.lookup(&text).unwrap_or_default(),
            ParamOp::TrimPrefix { longest, pattern } => trim_prefix(&text, &self.pattern(pattern)?, *longest),
            ParamOp::TrimSuffix { longest, pattern } => trim_suffix(&text, &self.pattern(pattern)?, *longest),
            ParamOp::Replace { all, pattern, with } => {
                let (pattern, with) = (self.pattern(pattern)?, self.text(with)?);
                replace(&text, &pattern, &with, *all)
            }
            ParamOp::Slice { offset, length } => {
                let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
                let mut from = self.arith(offset)?;
                if from < 0 {
                    from = (from + count).max(0);
                }
                let mut to = match length {
                    Some(length) => self.arith(length)?,
                    None => count,
                };
                to = if to < 0 { count + to } else { from.saturating_add(to) };
                let (skip, take) = (
                    usize::try_from(from).unwrap_or(0),
                    usize::try_from(to - from).unwrap_or(0),
                );
                text.chars().skip(skip).take(take).collect()
            }
            ParamOp::Case { upper, all } => {
                let change = |c: char| {
                    if *upper {
                        c.to_ascii_uppercase()
                    } else {
                        c.to_ascii_lowercase()
                    }
                };
                text.chars()
                    .enumerate()
                    .map(|(index, c)| if *all || index == 0 { change(c) } else { c })
                    .collect()
            }
            _ => text,
        })
    }

    /// Splits and globs.
    fn fields(&mut self, segments: Vec<Segment>, out: &mut Vec<Str>) {
        let ifs = self.lookup("IFS").unwrap_or_else(|| " \t\n".to_owned());
        let mut fields = Fields::default();
        for segment in segments {
            if segment.breaks {
                fields.end();
            }
            match segment.origin {
                Origin::Quoted => {
                    let field = fields.current.get_or_insert_default();
                    field.text.push_str(&segment.text);
                    field.pattern.push_str(&glob::quote(&segment.text));
                }
                Origin::Literal => fields.plain(&segment.text),
                Origin::Expansion => fields.split(&segment.text, &ifs),
            }
        }
        fields.end();
        for field in fields.done {
            if field.is_magic && !self.shell.options.noglob {
                let found = self.glob(&field.pattern);
                if !found.is_empty() {
                    out.extend(found);
                    continue;
                }
            }
            out.push(field.text.into());
        }
    }

    /// Paths that match a pattern.
    fn glob(&self, pattern: &str) -> Vec<Str> {
        let mut found = vec![if pattern.starts_with('/') {
            "/".to_owned()
        } else {
            String::new()
        }];
        let mut parts = pattern.split('/').filter(|part| !part.is_empty()).peekable();
        while let Some(part) = parts.next() {
            let mut next = Vec::new();
            for prefix in &found {
                let dir = if prefix.is_empty() { "." } else { prefix.as_str() };
                let names = self.fs.list(&self.base.cwd, dir).unwrap_or_default();
                let is_shown = |name: &str| !name.starts_with('.') || part.starts_with('.');
                for name in names.iter().filter(|name| is_shown(name) && glob::matches(part, name)) {
                    let path = if prefix.is_empty() || prefix.ends_with('/') {
                        format!("{prefix}{name}")
                    } else {
                        format!("{prefix}/{name}")
                    };
                    let wants_dir = parts.peek().is_some();
                    if !wants_dir || self.fs.stat(&self.base.cwd, &path).is_ok_and(|node| node.is_dir()) {
                        next.push(path);
                    }
                }
            }
            found = next;
        }
        found.into_iter().map(Str::from).collect()
    }
}

impl Variables for Expander<'_, '_> {
    fn get(&mut self, name: &str) -> Option<String> {
        self.lookup(name)
    }

    fn set(&mut self, name: &str, value: i64) {
        self.sets.push((name.into(), value.to_string()));
    }
}

impl Changes {
    /// Makes the changes; the message when a variable is read-only.
    pub(super) fn commit(self, shell: &mut Shell, random: &mut Stream) -> Result<(), String> {
        *random = self.random;
        shell.substitutes_used = self.used;
        for (name, text) in self.sets {
            if !shell.set_var(&name, &text) {
                return Err(format!("{name}: is read only"));
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Field {
    text: String,
    pattern: String,
    is_magic: bool,
}

#[derive(Default)]
struct Fields {
    done: Vec<Field>,
    current: Option<Field>,
}

impl Fields {
    fn end(&mut self) {
        self.done.extend(self.current.take());
    }

    fn plain(&mut self, text: &str) {
        let field = self.current.get_or_insert_default();
        field.text.push_str(text);
        field.pattern.push_str(text);
        field.is_magic |= text.contains(['*', '?', '[']);
    }

    fn split(&mut self, text: &str, ifs: &str) {
        for c in text.chars() {
            if !ifs.contains(c) {
                let field = self.current.get_or_insert_default();
                field.text.push(c);
                if c == '\\' {
                    field.pattern.push('\\');
                }
                field.pattern.push(c);
                field.is_magic |= "*?[".contains(c);
            } else if c.is_whitespace() {
                self.end();
            } else {
                self.current.get_or_insert_default();
                self.end();
            }
        }
    }
}

/// Adds a parameter's value to a word.
fn emit(found: Found, param: &Param, out: &mut Vec<Segment>) {
    let origin = if param.quoted {
        Origin::Quoted
    } else {
        Origin::Expansion
    };
    match found {
        Found::Unset => {
            if param.quoted {
                out.push(Segment {
                    text: String::new(),
                    origin,
                    breaks: false,
                });
            }
        }
        Found::One(text) => out.push(Segment {
            text,
            origin,
            breaks: false,
        }),
        Found::Many(items) => {
            let star = &*param.name == "*" || param.index.as_ref().is_some_and(|index| index.literal() == Some("*"));
            if star && param.quoted {
                out.push(Segment {
                    text: items.join(" "),
                    origin,
                    breaks: false,
                });
                return;
            }
            for (index, item) in items.iter().enumerate() {
                out.push(Segment {
                    text: item.to_string(),
                    origin,
                    breaks: index > 0,
                });
            }
        }
    }
}

fn cuts(text: &str) -> Vec<usize> {
    text.char_indices().map(|(at, _)| at).chain([text.len()]).collect()
}

fn trim_prefix(text: &str, pattern: &str, longest: bool) -> String {
    let mut cuts = cuts(text);
    if longest {
        cuts.reverse();
    }
    let cut = cuts.into_iter().find(|cut| glob::matches(pattern, &text[..*cut]));
    text[cut.unwrap_or(0)..].to_owned()
}

fn trim_suffix(text: &str, pattern: &str, longest: bool) -> String {
    let mut cuts = cuts(text);
    if !longest {
        cuts.reverse();
    }
    let cut = cuts.into_iter().find(|cut| glob::matches(pattern, &text[*cut..]));
    text[..cut.unwrap_or(text.len())].to_owned()
}

fn replace(text: &str, pattern: &str, with: &str, all: bool) -> String {
    if let Some(pattern) = pattern.strip_prefix('#') {
        let cut = cuts(text)
            .into_iter()
            .rev()
            .find(|cut| glob::matches(pattern, &text[..*cut]));
        return cut.map_or_else(|| text.to_owned(), |cut| format!("{with}{}", &text[cut..]));
    }
    let cuts = cuts(text);
    let mut out = String::new();
    let mut at = 0;
    while at < text.len() {
        let end = cuts
            .iter()
            .rev()
            .copied()
            .find(|end| *end > at && glob::matches(pattern, &text[at..*end]));
        match end {
            Some(end) => {
                out.push_str(with);
                at = end;
                if !all {
                    break;
                }
            }
            None => {
                let c = text[at..].chars().next().expect("there is text left");
                out.push(c);
                at += c.len_utf8();
            }
        }
    }
    out + &text[at..]
}

/// bash's `{a,b}` and `{1..5}`.
fn braces(text: &str) -> Vec<String> {
    let Some(open) = text.find('{') else {
        return vec![text.to_owned()];
    };
    let Some(close) = text[open..].find('}').map(|at| open + at) else {
        return vec![text.to_owned()];
    };
    let (before, inside, after) = (&text[..open], &text[open + 1..close], &text[close + 1..]);
    let options: Vec<String> = if let Some((low, high)) = inside.split_once("..") {
        let (Ok(low), Ok(high)) = (low.parse::<i64>(), high.parse::<i64>()) else {
            return vec![text.to_owned()];
        };
        let count = low.abs_diff(high).min(10_000);
        let step = if low <= high { 1 } else { -1 };
        (0..=count)
            .map(|index| (low + step * i64::try_from(index).unwrap_or(0)).to_string())
            .collect()
    } else if inside.contains(',') {
        inside.split(',').map(str::to_owned).collect()
    } else {
        return vec![text.to_owned()];
    };
    let tails = braces(after);
    options
        .iter()
        .flat_map(|option| tails.iter().map(move |tail| format!("{before}{option}{tail}")))
        .take(10_000)
        .collect()
}
