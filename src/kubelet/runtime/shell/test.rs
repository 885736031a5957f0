//! `test`, `[` and `[[`.

use super::Str;
use super::code::Cond;
use super::expand::Stop;
use super::glob;
use super::state::{Shell, Value};
use crate::kubelet::runtime::cursor::Cursor;
use crate::kubelet::runtime::fs::Kind;
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::process::Base;
use crate::kubelet::runtime::tools::regex::{Regex, Syntax};

/// What `test args` says.
///
/// # Errors
/// With the message after `test: `.
pub(crate) fn evaluate(args: &[Str], base: &Base, sys: &Sys<'_, '_>) -> Result<bool, String> {
    let args: Vec<&str> = args.iter().map(|arg| &**arg).collect();
    match args.as_slice() {
        [] => return Ok(false),
        [one] => return Ok(!one.is_empty()),
        ["!", one] => return Ok(one.is_empty()),
        [left, operator, right] if is_binary(operator) => return binary(left, operator, right, base, sys),
        _ => {}
    }
    let mut parser = Parser {
        args: Cursor::new(args),
        base,
        sys,
    };
    let holds = parser.or(0)?;
    match parser.args.peek() {
        None => Ok(holds),
        Some(extra) => Err(format!("{extra}: unexpected operator")),
    }
}

struct Parser<'a, 'b> {
    args: Cursor<&'a str>,
    base: &'a Base,
    sys: &'a Sys<'a, 'b>,
}

impl Parser<'_, '_> {
    fn next(&mut self) -> Option<&str> {
        let arg = self.args.peek().copied();
        self.args.skip(1);
        arg
    }

    fn or(&mut self, depth: u32) -> Result<bool, String> {
        let mut holds = self.and(depth)?;
        while self.args.peek() == Some(&"-o") {
            self.args.skip(1);
            holds |= self.and(depth)?;
        }
        Ok(holds)
    }

    fn and(&mut self, depth: u32) -> Result<bool, String> {
        let mut holds = self.not(depth)?;
        while self.args.peek() == Some(&"-a") {
            self.args.skip(1);
            holds &= self.not(depth)?;
        }
        Ok(holds)
    }

    fn not(&mut self, depth: u32) -> Result<bool, String> {
        if depth > 100 {
            return Err("too many nested expressions".to_owned());
        }
        if self.args.peek() == Some(&"!") {
            self.args.skip(1);
            return Ok(!self.not(depth + 1)?);
        }
        self.primary(depth)
    }

    fn primary(&mut self, depth: u32) -> Result<bool, String> {
        if let [left, operator, right, ..] = *self.args.rest()
            && is_binary(operator)
        {
            self.args.skip(3);
            return binary(left, operator, right, self.base, self.sys);
        }
        let (base, sys) = (self.base, self.sys);
        match self.args.peek().copied() {
            None => Err("argument expected".to_owned()),
            Some("(") => {
                self.args.skip(1);
                let holds = self.or(depth + 1)?;
                if self.next() == Some(")") {
                    Ok(holds)
                } else {
                    Err("closing paren expected".to_owned())
                }
            }
            Some(operator) if is_unary(operator) && self.args.peek_at(1).is_some() => {
                self.args.skip(1);
                let operand = self.next().unwrap_or_default();
                Ok(unary(operator, operand, base, sys))
            }
            Some(word) => {
                self.args.skip(1);
                Ok(!word.is_empty())
            }
        }
    }
}

fn is_unary(operator: &str) -> bool {
    let mut chars = operator.chars();
    chars.next() == Some('-')
        && chars.next().is_some_and(|c| "bcdefghkprsuvwxzLOGSNnt".contains(c))
        && chars.next().is_none()
}

fn is_binary(operator: &str) -> bool {
    matches!(
        operator,
        "=" | "==" | "!=" | "<" | ">" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "-nt" | "-ot" | "-ef"
    )
}

fn unary(operator: &str, operand: &str, base: &Base, sys: &Sys<'_, '_>) -> bool {
    let node = || sys.fs.stat(&base.cwd, operand).ok();
    let may = |bit| node().is_some_and(|node| sys.fs.may(node.meta, bit));
    match operator {
        "-n" => !operand.is_empty(),
        "-z" => operand.is_empty(),
        "-e" => node().is_some(),
        "-f" => node().is_some_and(|node| matches!(node.kind, Kind::File(_))),
        "-d" => node().is_some_and(|node| node.is_dir()),
        "-c" => node().is_some_and(|node| matches!(node.kind, Kind::Device(_))),
        "-h" | "-L" => sys
            .fs
            .lstat(&base.cwd, operand)
            .is_ok_and(|node| matches!(node.kind, Kind::Link(_))),
        "-s" => node().is_some_and(|node| node.size_bytes() > 0),
        "-r" => may(0o4),
        "-w" => may(0o2),
        "-x" => node().is_some_and(|node| node.is_dir() || node.meta.mode & 0o111 != 0),
        "-O" => node().is_some_and(|node| node.meta.uid == sys.fs.user.uid),
        "-G" => node().is_some_and(|node| node.meta.gid == sys.fs.user.gid),
        "-t" => sys.host.spec.tty,
        _ => false,
    }
}

fn integer(text: &str) -> Result<i64, String> {
    text.trim().parse().map_err(|_| format!("{text}: integer expected"))
}

fn binary(left: &str, operator: &str, right: &str, base: &Base, sys: &Sys<'_, '_>) -> Result<bool, String> {
    let mtime = |path: &str| sys.fs.stat(&base.cwd, path).ok().map(|node| node.meta.mtime);
    Ok(match operator {
        "=" | "==" => left == right,
        "!=" => left != right,
        "<" => left < right,
        ">" => left > right,
        "-nt" => mtime(left) > mtime(right),
        "-ot" => mtime(left) < mtime(right),
        "-ef" => {
            let place = |path: &str| sys.fs.locate(&base.cwd, path, true).ok();
            place(left).is_some() && place(left) == place(right)
        }
        _ => {
            let (left, right) = (integer(left)?, integer(right)?);
            match operator {
                "-eq" => left == right,
                "-ne" => left != right,
                "-lt" => left < right,
                "-le" => left <= right,
                "-gt" => left > right,
                _ => left >= right,
            }
        }
    })
}

impl Shell {
    /// What `[[ condition ]]` says.
    pub(super) fn cond(&mut self, condition: &Cond, base: &Base, sys: &mut Sys<'_, '_>) -> Result<bool, Stop> {
        match condition {
            Cond::And(left, right) => Ok(self.cond(left, base, sys)? && self.cond(right, base, sys)?),
            Cond::Or(left, right) => Ok(self.cond(left, base, sys)? || self.cond(right, base, sys)?),
            Cond::Not(inner) => Ok(!self.cond(inner, base, sys)?),
            Cond::Unary(operator, word) => {
                let operand = self.expand(base, sys, |expander| expander.text(word))?;
                if &**operator == "-v" {
                    return Ok(self.var(&operand).is_some());
                }
                Ok(unary(operator, &operand, base, sys))
            }
            Cond::Binary(left, operator, right) => self.cond_binary(left, operator, right, base, sys),
        }
    }

    fn cond_binary(
        &mut self,
        left: &super::code::Word,
        operator: &str,
        right: &super::code::Word,
        base: &Base,
        sys: &mut Sys<'_, '_>,
    ) -> Result<bool, Stop> {
        let pattern = matches!(operator, "=" | "==" | "!=");
        let (left, right) = self.expand(base, sys, |expander| {
            let left = expander.text(left)?;
            let right = match operator {
                "=~" => expander.regex(right)?,
                _ if pattern => expander.pattern(right)?,
                _ => expander.text(right)?,
            };
            Ok((left, right))
        })?;
        if pattern {
            return Ok(glob::matches(&right, &left) == (operator != "!="));
        }
        if operator == "=~" {
            let regex = Regex::new(&right, Syntax::Extended).map_err(Stop::Fail)?;
            let Some(groups) = regex.find(&left, 0, false) else {
                return Ok(false);
            };
            let texts = groups
                .iter()
                .map(|group| group.map_or("", |(from, to)| &left[from..to]).into());
            let items = (0i64..).zip(texts).collect();
            self.change_var("BASH_REMATCH", |var| var.value = Value::Array(items));
            return Ok(true);
        }
        if matches!(operator, "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge") {
            let number = |text: &str| super::code::Word(vec![super::code::Part::Quoted(text.into())]);
            let (left, right) = (number(&left), number(&right));
            let (left, right) = self.expand(base, sys, |expander| {
                Ok((expander.arith(&left)?, expander.arith(&right)?))
            })?;
            return binary(&left.to_string(), operator, &right.to_string(), base, sys).map_err(Stop::Fail);
        }
        if !is_binary(operator) {
            return Err(Stop::Fail(format!("[[: {operator}: binary operator expected")));
        }
        binary(&left, operator, &right, base, sys).map_err(Stop::Fail)
    }
}
