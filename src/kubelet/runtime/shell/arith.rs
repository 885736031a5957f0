//! Shell arithmetic: 64-bit integers, C's operators, assignments.

/// Nested parentheses and operators at most.
const DEPTH_MAX: u32 = 100;

/// Where variables of an expression come from and go to.
pub(crate) trait Variables {
    /// A variable's text; none when unset.
    fn get(&mut self, name: &str) -> Option<String>;
    /// Sets a variable.
    fn set(&mut self, name: &str, value: i64);
}

/// The value of `text`.
///
/// # Errors
/// With the message that follows the shell's name.
pub(crate) fn evaluate(text: &str, variables: &mut dyn Variables) -> Result<i64, String> {
    Evaluator { variables, levels: 0 }.text(text)
}

struct Evaluator<'a> {
    variables: &'a mut dyn Variables,
    levels: u32,
}

struct Cursor<'t> {
    rest: &'t str,
    depth: u32,
    /// Inside a branch that does not count: assignments do nothing.
    idle: bool,
}

/// Binary operators from the loosest to the tightest, after `?:`.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

const ASSIGNS: [&str; 11] = ["=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^="];

impl Cursor<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.blanks();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn name(&mut self) -> Option<String> {
        self.blanks();
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(self.rest.len());
        let name = &self.rest[..end];
        if name.is_empty() || name.as_bytes()[0].is_ascii_digit() {
            return None;
        }
        self.rest = &self.rest[end..];
        Some(name.to_owned())
    }
}

impl Evaluator<'_> {
    fn text(&mut self, text: &str) -> Result<i64, String> {
        self.levels += 1;
        if self.levels > 20 {
            return Err("expression recursion level exceeded".to_owned());
        }
        let mut cursor = Cursor {
            rest: text,
            depth: 0,
            idle: false,
        };
        cursor.blanks();
        if cursor.rest.is_empty() {
            self.levels -= 1;
            return Ok(0);
        }
        let value = self.comma(&mut cursor)?;
        cursor.blanks();
        self.levels -= 1;
        if cursor.rest.is_empty() {
            Ok(value)
        } else {
            Err("arithmetic syntax error".to_owned())
        }
    }

    fn comma(&mut self, cursor: &mut Cursor<'_>) -> Result<i64, String> {
        let mut value = self.assignment(cursor)?;
        while cursor.eat(",") {
            value = self.assignment(cursor)?;
        }
        Ok(value)
    }

    fn assignment(&mut self, cursor: &mut Cursor<'_>) -> Result<i64, String> {
        cursor.depth += 1;
        if cursor.depth > DEPTH_MAX {
            return Err("expression too deep".to_owned());
        }
        let start = cursor.rest;
        let assigned = cursor.name().and_then(|name| {
            cursor.blanks();
            let operator = ASSIGNS
                .into_iter()
                .rev()
                .find(|operator| cursor.rest.starts_with(operator))?;
            let compares = operator == "=" && cursor.rest.starts_with("==");
            (!compares).then_some((name, operator))
        });
        let value = match assigned {
            Some((name, operator)) => {
                cursor.eat(operator);
                let right = self.assignment(cursor)?;
                let value = match operator.strip_suffix('=') {
                    Some("") | None => right,
                    Some(binary) => apply(binary, self.variable(&name)?, right)?,
                };
                self.store(cursor, &name, value);
                value
            }
            None => {
                cursor.rest = start;
                self.ternary(cursor)?
            }
        };
        cursor.depth -= 1;
        Ok(value)
    }

    fn ternary(&mut self, cursor: &mut Cursor<'_>) -> Result<i64, String> {
        let condition = self.binary(cursor, 0)?;
        if !cursor.eat("?") {
            return Ok(condition);
        }
        let idle = cursor.idle;
        cursor.idle = idle || condition == 0;
        let yes = self.assignment(cursor)?;
        if !cursor.eat(":") {
            return Err("arithmetic syntax error".to_owned());
        }
        cursor.idle = idle || condition != 0;
        let no = self.assignment(cursor)?;
        cursor.idle = idle;
        Ok(if condition != 0 { yes } else { no })
    }

    fn binary(&mut self, cursor: &mut Cursor<'_>, level: usize) -> Result<i64, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary(cursor);
        };
        let mut left = self.binary(cursor, level + 1)?;
        loop {
            cursor.blanks();
            let found = operators.iter().find(|operator| {
                let rest = cursor.rest.strip_prefix(**operator);
                // `&` must not take the first half of `&&`, nor `<` that of `<<`, nor any that of an assignment.
                rest.is_some_and(|rest| {
                    !rest.starts_with('=')
                        && (operator.len() > 1 || !rest.starts_with(**operator) || *operators == LEVELS[8])
                }) || rest.is_some() && operator.len() > 1
            });
            let Some(operator) = found else { return Ok(left) };
            cursor.eat(operator);
            let idle = cursor.idle;
            cursor.idle |= (*operator == "&&" && left == 0) || (*operator == "||" && left != 0);
            let skipped = cursor.idle && !idle;
            let right = self.binary(cursor, level + 1)?;
            cursor.idle = idle;
            left = match *operator {
                "&&" => i64::from(left != 0 && right != 0),
                "||" => i64::from(left != 0 || right != 0),
                _ if skipped => 0,
                operator => {
                    apply(operator, left, right).or_else(|error| if cursor.idle { Ok(0) } else { Err(error) })?
                }
            };
        }
    }

    fn unary(&mut self, cursor: &mut Cursor<'_>) -> Result<i64, String> {
        cursor.depth += 1;
        if cursor.depth > DEPTH_MAX {
            return Err("expression too deep".to_owned());
        }
        let value = self.unary_inner(cursor);
        cursor.depth -= 1;
        value
    }

    fn unary_inner(&mut self, cursor: &mut Cursor<'_>) -> Result<i64, String> {
        for (token, step) in [("++", 1), ("--", -1)] {
            if cursor.eat(token) {
                let Some(name) = cursor.name() else {
                    // `--5` is twice negated.
                    return self.unary(cursor);
                };
                let value = self.variable(&name)?.wrapping_add(step);
                self.store(cursor, &name, value);
                return Ok(value);
            }
        }
        if cursor.eat("!") {
            return Ok(i64::from(self.unary(cursor)? == 0));
        }
        if cursor.eat("~") {
            return Ok(!self.unary(cursor)?);
        }
        if cursor.eat("-") {
            return Ok(self.unary(cursor)?.wrapping_neg());
        }
        if cursor.eat("+") {
            return self.unary(cursor);
        }
        self.power(cursor)
    }

    fn power(&mut self, cursor: &mut Cursor<'_>) -> Result<i64, String> {
        let base = self.primary(cursor)?;
        if !cursor.eat("**") {
            return Ok(base);
        }
        let exponent = u32::try_from(self.unary(cursor)?).map_err(|_| "exponent less than 0".to_owned())?;
        Ok(base.wrapping_pow(exponent))
    }

    fn primary(&mut self, cursor: &mut Cursor<'_>) -> Result<i64, String> {
        if cursor.eat("(") {
            let value = self.comma(cursor)?;
            return if cursor.eat(")") {
                Ok(value)
            } else {
                Err("arithmetic syntax error".to_owned())
            };
        }
        if let Some(name) = cursor.name() {
            let value = self.variable(&name)?;
            for (token, step) in [("++", 1), ("--", -1)] {
                if cursor.eat(token) {
                    self.store(cursor, &name, value.wrapping_add(step));
                }
            }
            return Ok(value);
        }
        cursor.blanks();
        let end = cursor
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '#'))
            .unwrap_or(cursor.rest.len());
        let (digits, rest) = cursor.rest.split_at(end);
        cursor.rest = rest;
        number(digits).ok_or_else(|| "arithmetic syntax error".to_owned())
    }

    fn variable(&mut self, name: &str) -> Result<i64, String> {
        match self.variables.get(name) {
            None => Ok(0),
            Some(text) => match number(text.trim()) {
                Some(value) => Ok(value),
                None => self.text(&text),
            },
        }
    }

    fn store(&mut self, cursor: &Cursor<'_>, name: &str, value: i64) {
        if !cursor.idle {
            self.variables.set(name, value);
        }
    }
}

/// A constant: decimal, `0x` hexadecimal, `0` octal, `base#digits`.
fn number(text: &str) -> Option<i64> {
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return i64::from_str_radix(hex, 16).ok();
    }
    if let Some((base, digits)) = text.split_once('#') {
        let base = base.parse().ok().filter(|base| (2..=36).contains(base))?;
        return i64::from_str_radix(digits, base).ok();
    }
    if text.len() > 1 && text.starts_with('0') {
        return i64::from_str_radix(&text[1..], 8).ok();
    }
    text.parse().ok()
}

fn apply(operator: &str, a: i64, b: i64) -> Result<i64, String> {
    let shift = u32::try_from(b & 63).unwrap_or(0);
    Ok(match operator {
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "*" => a.wrapping_mul(b),
        "/" | "%" if b == 0 => return Err("divide by zero".to_owned()),
        "/" => a.wrapping_div(b),
        "%" => a.wrapping_rem(b),
        "<<" => a.wrapping_shl(shift),
        ">>" => a.wrapping_shr(shift),
        "&" => a & b,
        "|" => a | b,
        "^" => a ^ b,
        "==" => i64::from(a == b),
        "!=" => i64::from(a != b),
        "<" => i64::from(a < b),
        "<=" => i64::from(a <= b),
        ">" => i64::from(a > b),
        ">=" => i64::from(a >= b),
        _ => return Err("arithmetic syntax error".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use crate::sim::btree::BTreeMap;

    use super::*;

    impl Variables for BTreeMap<String, String> {
        fn get(&mut self, name: &str) -> Option<String> {
            Self::get(self, name).cloned()
        }
        fn set(&mut self, name: &str, value: i64) {
            self.insert(name.to_owned(), value.to_string());
        }
    }

    #[test]
    fn expressions_have_values() {
        let cases = [
            ("1+2*3", Ok(7)),
            ("(1+2)*3", Ok(9)),
            ("(i+1)%5", Ok(3)),
            ("i++ + i", Ok(5)),
            ("i==2 ? 10 : 20", Ok(10)),
            ("1<2 && 3>=3", Ok(1)),
            ("1 << 4 | 1", Ok(17)),
            ("0x10 + 010", Ok(24)),
            ("2**10", Ok(1024)),
            ("-3 - -2", Ok(-1)),
            ("!0", Ok(1)),
            ("i += 5, i * 2", Ok(14)),
            ("0 && (i=9)", Ok(0)),
            ("", Ok(0)),
            ("unset + 1", Ok(1)),
            ("1/0", Err("divide by zero")),
            ("1 +", Err("arithmetic syntax error")),
            ("5 & 3", Ok(1)),
            ("7 - 2 - 1", Ok(4)),
        ];
        for (text, want) in cases {
            let mut variables = BTreeMap::from([("i".to_owned(), "2".to_owned())]);
            let got = evaluate(text, &mut variables);
            assert_eq!(
                got.as_ref().map_err(String::as_str),
                want.as_ref().map_err(|error| *error),
                "{text}"
            );
        }
    }
}
