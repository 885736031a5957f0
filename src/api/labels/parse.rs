//! Reads label selectors from text: `app=web,tier in (front,back),!canary`.

use crate::sim::btree::BTreeSet;

use super::{Operator, Requirement, Selector, check_key};
use crate::api::Str;
use crate::api::names::Path;

impl Selector {
    /// Reads a selector. The error is upstream's.
    // Models apimachinery/pkg/labels Parse
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser {
            tokens: lex(text),
            position: 0,
        };
        parser.selector().map(Self::new)
    }
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    End,
    Close,
    Comma,
    Not,
    DoubleEquals,
    Equals,
    Greater,
    Identifier,
    In,
    Less,
    NotEquals,
    NotIn,
    Open,
}

/// A piece of text.
#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
}

/// The signs, longer ones first.
const SIGNS: [(&str, Kind); 9] = [
    ("==", Kind::DoubleEquals),
    ("!=", Kind::NotEquals),
    ("=", Kind::Equals),
    ("!", Kind::Not),
    ("(", Kind::Open),
    (")", Kind::Close),
    (",", Kind::Comma),
    (">", Kind::Greater),
    ("<", Kind::Less),
];

/// The operators that stand between a key and its values, in the order of upstream's messages.
const BINARY_OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

/// Cuts a text into tokens; the last one is the end.
fn lex(text: &str) -> Vec<Token<'_>> {
    let is_space = |c| matches!(c, ' ' | '\t' | '\r' | '\n');
    let is_sign = |c| matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<');
    let mut rest = text.trim_start_matches(is_space);
    let mut tokens = Vec::new();
    while !rest.is_empty() {
        let (length, kind) = match SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            Some((sign, kind)) => (sign.len(), *kind),
            None => {
                let length = rest.find(|c| is_sign(c) || is_space(c)).unwrap_or(rest.len());
                (length, word_kind(&rest[..length]))
            }
        };
        let (text, after) = rest.split_at(length);
        tokens.push(Token { kind, text });
        rest = after.trim_start_matches(is_space);
    }
    tokens.push(Token {
        kind: Kind::End,
        text: "",
    });
    tokens
}

fn word_kind(word: &str) -> Kind {
    match word {
        "in" => Kind::In,
        "notin" => Kind::NotIn,
        _ => Kind::Identifier,
    }
}

/// The tokens, and how far they are read.
struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    position: usize,
}

impl<'a> Parser<'a> {
    /// The next token, with `in` and `notin` as the operators they may be. The end is never passed.
    fn peek_operator(&self) -> Token<'a> {
        let last = self.tokens.len() - 1;
        self.tokens[self.position.min(last)]
    }

    /// The next token, with `in` and `notin` as words.
    fn peek(&self) -> Token<'a> {
        let token = self.peek_operator();
        match token.kind {
            Kind::In | Kind::NotIn => Token {
                kind: Kind::Identifier,
                ..token
            },
            _ => token,
        }
    }

    /// Takes the next token.
    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.position += 1;
        token
    }

    // Models apimachinery/pkg/labels Parser.parse
    fn selector(&mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        loop {
            let token = self.peek();
            match token.kind {
                Kind::Identifier | Kind::Not => {
                    let requirement = self
                        .requirement()
                        .map_err(|error| format!("unable to parse requirement: {error}"))?;
                    requirements.push(requirement);
                }
                Kind::End => return Ok(requirements),
                _ => return Err(found(&token, ", expected: !, identifier, or 'end of string'")),
            }
            let token = self.next();
            match token.kind {
                Kind::End => return Ok(requirements),
                Kind::Comma => {
                    let token = self.peek();
                    if !matches!(token.kind, Kind::Identifier | Kind::Not) {
                        return Err(found(&token, ", expected: identifier after ','"));
                    }
                }
                _ => return Err(found(&token, ", expected: ',' or 'end of string'")),
            }
        }
    }

    // Models apimachinery/pkg/labels Parser.parseRequirement
    fn requirement(&mut self) -> Result<Requirement, String> {
        let (key, existence) = self.key()?;
        let (operator, values) = match existence {
            Some(operator) => (operator, BTreeSet::new()),
            None => {
                let operator = self.operator()?;
                let values = match operator {
                    Operator::In | Operator::NotIn => self.values()?,
                    _ => BTreeSet::from([self.exact_value()?]),
                };
                (operator, values)
            }
        };
        let values: Vec<Str> = values.into_iter().map(Str::from).collect();
        Requirement::new(key, operator, values, &Path::NIL).map_err(|errors| errors.aggregate())
    }

    /// A key, and whether it stands alone.
    // Models apimachinery/pkg/labels Parser.parseKeyAndInferOperator
    fn key(&mut self) -> Result<(Str, Option<Operator>), String> {
        let mut token = self.next();
        let mut operator = None;
        if token.kind == Kind::Not {
            operator = Some(Operator::DoesNotExist);
            token = self.next();
        }
        if token.kind != Kind::Identifier {
            return Err(found(&token, ", expected: identifier"));
        }
        if let Some(error) = check_key(token.text, &Path::NIL) {
            return Err(error.to_string());
        }
        if matches!(self.peek().kind, Kind::End | Kind::Comma) {
            operator = operator.or(Some(Operator::Exists));
        }
        Ok((token.text.into(), operator))
    }

    // Models apimachinery/pkg/labels Parser.parseOperator
    fn operator(&mut self) -> Result<Operator, String> {
        let token = self.peek_operator();
        self.position += 1;
        Ok(match token.kind {
            Kind::In => Operator::In,
            Kind::NotIn => Operator::NotIn,
            Kind::Equals => Operator::Equals,
            Kind::DoubleEquals => Operator::DoubleEquals,
            Kind::NotEquals => Operator::NotEquals,
            Kind::Greater => Operator::GreaterThan,
            Kind::Less => Operator::LessThan,
            _ => return Err(found(&token, &format!(", expected: {BINARY_OPERATORS}"))),
        })
    }

    /// The values in parentheses.
    // Models apimachinery/pkg/labels Parser.parseValues
    fn values(&mut self) -> Result<BTreeSet<&'a str>, String> {
        let token = self.next();
        if token.kind != Kind::Open {
            return Err(found(&token, " expected: '('"));
        }
        let token = self.peek();
        match token.kind {
            Kind::Identifier | Kind::Comma => {
                let values = self.identifiers()?;
                if self.next().kind != Kind::Close {
                    return Err(found(&token, ", expected: ')'"));
                }
                Ok(values)
            }
            Kind::Close => {
                self.position += 1;
                Ok(BTreeSet::from([""]))
            }
            _ => Err(found(&token, ", expected: ',', ')' or identifier")),
        }
    }

    /// Values between commas, where nothing between two commas is the empty value. Stops before the parenthesis.
    // Models apimachinery/pkg/labels Parser.parseIdentifiersList
    fn identifiers(&mut self) -> Result<BTreeSet<&'a str>, String> {
        let mut values = BTreeSet::new();
        loop {
            let token = self.next();
            let after = self.peek();
            match token.kind {
                Kind::Identifier => {
                    values.insert(token.text);
                    match after.kind {
                        Kind::Comma => {}
                        Kind::Close => return Ok(values),
                        _ => return Err(found(&after, ", expected: ',' or ')'")),
                    }
                }
                Kind::Comma => {
                    if values.is_empty() || matches!(after.kind, Kind::Close | Kind::Comma) {
                        values.insert("");
                    }
                    if after.kind == Kind::Close {
                        return Ok(values);
                    }
                }
                _ => return Err(found(&token, ", expected: ',', or identifier")),
            }
        }
    }

    /// The one value of `=` and the like; nothing is the empty value.
    // Models apimachinery/pkg/labels Parser.parseExactValue
    fn exact_value(&mut self) -> Result<&'a str, String> {
        if matches!(self.peek().kind, Kind::End | Kind::Comma) {
            return Ok("");
        }
        let token = self.next();
        if token.kind == Kind::Identifier {
            Ok(token.text)
        } else {
            Err(found(&token, ", expected: identifier"))
        }
    }
}

/// The message of a token that must not be there.
fn found(token: &Token<'_>, expected: &str) -> String {
    format!("found '{}'{expected}", token.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_text() {
        for (text, want) in [
            ("", ""),
            ("  ", ""),
            ("b=2 , a == 1", "a==1,b=2"),
            ("x in ( b, a, b )", "x in (a,b)"),
            ("in in (in, notin)", "in in (in,notin)"),
            ("x notin (a,,)", "x notin (,a)"),
            ("!x,y", "!x,y"),
            ("x=in", "x=in"),
            ("example.com/x!=1", "example.com/x!=1"),
        ] {
            assert_eq!(
                Selector::parse(text).map(|selector| selector.to_string()),
                Ok(want.to_owned()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn refusals_use_the_words_of_the_server() {
        let requirement = |why: &str| format!("unable to parse requirement: {why}");
        for (text, want) in [
            ("(", "found '(', expected: !, identifier, or 'end of string'".to_owned()),
            ("a,", "found '', expected: identifier after ','".to_owned()),
            ("a,,b", "found ',', expected: identifier after ','".to_owned()),
            ("x=a b", "found 'b', expected: ',' or 'end of string'".to_owned()),
            ("!x=a", "found '=', expected: ',' or 'end of string'".to_owned()),
            ("!(", requirement("found '(', expected: identifier")),
            ("x y", requirement(&format!("found 'y', expected: {BINARY_OPERATORS}"))),
            ("x (", requirement(&format!("found '(', expected: {BINARY_OPERATORS}"))),
            ("x in a", requirement("found 'a' expected: '('")),
            ("x in (", requirement("found '', expected: ',', ')' or identifier")),
            ("x in (a", requirement("found '', expected: ',' or ')'")),
            ("x in (a,", requirement("found '', expected: ',', or identifier")),
            ("x in (a b)", requirement("found 'b', expected: ',' or ')'")),
            ("x==a==b", "found '==', expected: ',' or 'end of string'".to_owned()),
            ("x=(", requirement("found '(', expected: identifier")),
            ("x>=1", requirement("found '=', expected: identifier")),
            ("x===1", requirement("found '=', expected: identifier")),
            (
                "x<a",
                requirement("values[0]: Invalid value: \"a\": for 'Gt', 'Lt' operators, the value must be an integer"),
            ),
        ] {
            assert_eq!(Selector::parse(text).unwrap_err(), want, "{text:?}");
        }
        let error = Selector::parse("-x=a").unwrap_err();
        assert!(
            error.starts_with("unable to parse requirement: <nil>: Invalid value: \"-x\": name part must"),
            "{error}"
        );
        let error = Selector::parse("x=-a").unwrap_err();
        assert!(
            error.starts_with("unable to parse requirement: values[0][x]: Invalid value: \"-a\": a valid label must"),
            "{error}"
        );
    }
}
