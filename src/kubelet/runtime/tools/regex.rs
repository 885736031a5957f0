//! Regular expressions, basic and extended, for `grep`, `sed`, `awk` and `[[ =~ ]]`.
//!
//! A backtracking matcher with a budget of steps: an expression that would take too long matches nothing.

use std::cell::Cell;

use crate::kubelet::runtime::cursor::Cursor;
use crate::kubelet::runtime::shell::glob;

/// Steps of one search at most.
const STEPS_MAX: u32 = 200_000;
/// Nested groups and matches at most.
const DEPTH_MAX: u32 = 500;

/// Which dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Syntax {
    /// `\(`, `\)`, `\{`, `\|`
    Basic,
    /// `(`, `)`, `{`, `|`
    Extended,
}

/// A compiled expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Regex {
    branches: Vec<Vec<Node>>,
    groups: u8,
}

/// Byte ranges of the whole match and of each group.
pub(crate) type Groups = Vec<Option<(usize, usize)>>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
    Char(char),
    Any,
    /// The inside of a bracket expression, with its end.
    Class(Vec<char>),
    Start,
    End,
    WordEdge(bool),
    Back(u8),
    Group(Vec<Vec<Self>>, u8),
    Repeat {
        node: Box<Self>,
        min: u32,
        max: u32,
        lazy: bool,
    },
}

struct Compiler {
    chars: Cursor<char>,
    syntax: Syntax,
    groups: u8,
    depth: u32,
}

impl Regex {
    /// Compiles.
    ///
    /// # Errors
    /// When the expression is none.
    pub(crate) fn new(pattern: &str, syntax: Syntax) -> Result<Self, String> {
        let mut compiler = Compiler {
            chars: Cursor::new(pattern.chars().collect()),
            syntax,
            groups: 0,
            depth: 0,
        };
        let branches = compiler.branches()?;
        if compiler.chars.peek().is_some() {
            return Err(format!("bad regex '{pattern}': Unmatched ( or )"));
        }
        Ok(Self {
            branches,
            groups: compiler.groups,
        })
    }

    /// An expression that matches `text` itself.
    pub(crate) fn literal(text: &str) -> Self {
        Self {
            branches: vec![text.chars().map(Node::Char).collect()],
            groups: 0,
        }
    }

    /// The first match at or after the byte `from`.
    pub(crate) fn find(&self, text: &str, from: usize, ignore_case: bool) -> Option<Groups> {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let chars: Vec<char> = text.chars().collect();
        let matcher = Matcher {
            chars: &chars,
            ignore_case,
            steps: Cell::new(0),
            depth: Cell::new(0),
        };
        let first = places.iter().position(|at| *at >= from).unwrap_or(chars.len());
        for start in first..=chars.len() {
            let mut groups = vec![None; usize::from(self.groups) + 1];
            let found = matcher.any(&self.branches, start, &mut groups, &mut |end, groups| {
                groups[0] = Some((start, end));
                true
            });
            if found {
                let byte = |index: usize| places[index];
                return Some(
                    groups
                        .into_iter()
                        .map(|group| group.map(|(a, b)| (byte(a), byte(b))))
                        .collect(),
                );
            }
        }
        None
    }

    /// Whether the text holds a match.
    pub(crate) fn is_match(&self, text: &str, ignore_case: bool) -> bool {
        self.find(text, 0, ignore_case).is_some()
    }
}

impl Compiler {
    fn peek(&self) -> Option<char> {
        self.chars.peek().copied()
    }

    /// Takes an operator that the basic dialect writes with a backslash.
    fn operator(&mut self, c: char) -> bool {
        let found = match self.syntax {
            Syntax::Extended => self.peek() == Some(c),
            Syntax::Basic => self.peek() == Some('\\') && self.chars.peek_at(1) == Some(&c),
        };
        if found {
            self.chars.skip(if self.syntax == Syntax::Basic { 2 } else { 1 });
        }
        found
    }

    fn at_operator(&self, c: char) -> bool {
        match self.syntax {
            Syntax::Extended => self.peek() == Some(c),
            Syntax::Basic => self.peek() == Some('\\') && self.chars.peek_at(1) == Some(&c),
        }
    }

    fn branches(&mut self) -> Result<Vec<Vec<Node>>, String> {
        self.depth += 1;
        if self.depth > 50 {
            return Err("regular expression too deep".to_owned());
        }
        let mut branches = vec![self.branch()?];
        while self.operator('|') {
            branches.push(self.branch()?);
        }
        self.depth -= 1;
        Ok(branches)
    }

    fn branch(&mut self) -> Result<Vec<Node>, String> {
        let mut nodes: Vec<Node> = Vec::new();
        while self.peek().is_some() && !self.at_operator('|') && !(self.at_operator(')') && self.depth > 1) {
            let node = self.atom(nodes.is_empty())?;
            nodes.push(self.repeats(node)?);
        }
        Ok(nodes)
    }

    fn atom(&mut self, is_first: bool) -> Result<Node, String> {
        if self.operator('(') {
            if self.syntax == Syntax::Extended && self.peek() == Some('?') && self.chars.peek_at(1) == Some(&':') {
                self.chars.skip(2);
            }
            self.groups = self.groups.saturating_add(1);
            let index = self.groups;
            let branches = self.branches()?;
            if !self.operator(')') {
                return Err("Unmatched ( or \\(".to_owned());
            }
            return Ok(Node::Group(branches, index));
        }
        let c = self.peek().expect("the caller looked");
        self.chars.skip(1);
        Ok(match c {
            '.' => Node::Any,
            '^' if is_first || self.syntax == Syntax::Extended => Node::Start,
            '$' if self.syntax == Syntax::Extended
                || self.peek().is_none()
                || self.at_operator(')')
                || self.at_operator('|') =>
            {
                Node::End
            }
            '[' => self.class()?,
            '\\' => self.escape()?,
            c => Node::Char(c),
        })
    }

    fn class(&mut self) -> Result<Node, String> {
        let rest = self.chars.rest();
        let (_, used) = glob::class(rest, '\0').ok_or("Unmatched [, [^, [:, [., or [=")?;
        let inside = rest[..used].to_vec();
        self.chars.skip(used);
        Ok(Node::Class(inside))
    }

    fn escape(&mut self) -> Result<Node, String> {
        let Some(c) = self.peek() else {
            return Err("Trailing backslash".to_owned());
        };
        self.chars.skip(1);
        let class = |text: &str| Node::Class(text.chars().collect());
        Ok(match c {
            'n' => Node::Char('\n'),
            't' => Node::Char('\t'),
            'w' => class("[:alnum:]_]"),
            'W' => class("^[:alnum:]_]"),
            's' => class("[:space:]]"),
            'S' => class("^[:space:]]"),
            'd' => class("[:digit:]]"),
            'D' => class("^[:digit:]]"),
            'b' | '<' | '>' => Node::WordEdge(true),
            'B' => Node::WordEdge(false),
            '1'..='9' => Node::Back(u8::try_from(c.to_digit(10).unwrap_or(1)).unwrap_or(1)),
            c => Node::Char(c),
        })
    }

    fn repeats(&mut self, mut node: Node) -> Result<Node, String> {
        loop {
            let plain = |c: char| self.syntax == Syntax::Extended && self.peek() == Some(c);
            let (min, max) = if self.peek() == Some('*') {
                self.chars.skip(1);
                (0, u32::MAX)
            } else if plain('+') || self.syntax == Syntax::Basic && self.at_operator('+') {
                self.operator('+');
                (1, u32::MAX)
            } else if plain('?') || self.syntax == Syntax::Basic && self.at_operator('?') {
                self.operator('?');
                (0, 1)
            } else if self.at_operator('{') {
                self.operator('{');
                self.interval()?
            } else {
                return Ok(node);
            };
            let lazy = self.syntax == Syntax::Extended && self.peek() == Some('?');
            if lazy {
                self.chars.skip(1);
            }
            node = Node::Repeat {
                node: Box::new(node),
                min,
                max,
                lazy,
            };
        }
    }

    fn interval(&mut self) -> Result<(u32, u32), String> {
        let mut text = String::new();
        while !self.at_operator('}') {
            text.push(self.peek().ok_or("Unmatched { or \\{")?);
            self.chars.skip(1);
        }
        self.operator('}');
        let number = |text: &str| text.parse::<u32>().map_err(|_| "Invalid content of \\{\\}".to_owned());
        match text.split_once(',') {
            None => number(&text).map(|count| (count, count)),
            Some((min, "")) => Ok((number(min)?, u32::MAX)),
            Some(("", max)) => Ok((0, number(max)?)),
            Some((min, max)) => Ok((number(min)?, number(max)?)),
        }
    }
}

struct Matcher<'a> {
    chars: &'a [char],
    ignore_case: bool,
    steps: Cell<u32>,
    depth: Cell<u32>,
}

type Next<'n> = &'n mut dyn FnMut(usize, &mut Groups) -> bool;

impl Matcher<'_> {
    fn any(&self, branches: &[Vec<Node>], at: usize, groups: &mut Groups, next: Next<'_>) -> bool {
        branches.iter().any(|branch| {
            let before = groups.clone();
            let found = self.sequence(branch, at, groups, next);
            if !found {
                *groups = before;
            }
            found
        })
    }

    fn sequence(&self, nodes: &[Node], at: usize, groups: &mut Groups, next: Next<'_>) -> bool {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > STEPS_MAX || self.depth.get() > DEPTH_MAX {
            return false;
        }
        let Some((node, rest)) = nodes.split_first() else {
            return next(at, groups);
        };
        if let Some(width) = self.single(node, at) {
            return width <= self.chars.len() - at && self.sequence(rest, at + width, groups, next);
        }
        self.depth.set(self.depth.get() + 1);
        let found = match node {
            Node::Group(branches, index) => {
                let index = usize::from(*index);
                self.any(branches, at, groups, &mut |end, groups| {
                    let before = groups[index];
                    groups[index] = Some((at, end));
                    let found = self.sequence(rest, end, groups, next);
                    if !found {
                        groups[index] = before;
                    }
                    found
                })
            }
            Node::Repeat { node, min, max, lazy } => self.repeat(node, *min, *max, *lazy, rest, at, groups, next),
            Node::Back(index) => {
                let Some((from, to)) = groups.get(usize::from(*index)).copied().flatten() else {
                    return false;
                };
                let width = to - from;
                let same =
                    at + width <= self.chars.len() && (0..width).all(|i| self.chars[from + i] == self.chars[at + i]);
                same && self.sequence(rest, at + width, groups, next)
            }
            _ => false,
        };
        self.depth.set(self.depth.get() - 1);
        found
    }

    /// For a node that takes a fixed number of characters: how many match here; more than there are when none do.
    fn single(&self, node: &Node, at: usize) -> Option<usize> {
        const NO: usize = usize::MAX;
        let c = self.chars.get(at).copied();
        Some(match node {
            Node::Char(want) => match c {
                Some(c) if c == *want || self.ignore_case && c.eq_ignore_ascii_case(want) => 1,
                _ => NO,
            },
            Node::Any => c.map_or(NO, |_| 1),
            Node::Class(inside) => match c {
                Some(c) if self.in_class(inside, c) => 1,
                _ => NO,
            },
            Node::Start => {
                if at == 0 {
                    0
                } else {
                    NO
                }
            }
            Node::End => {
                if at == self.chars.len() {
                    0
                } else {
                    NO
                }
            }
            Node::WordEdge(edge) => {
                let is_word = |index: Option<usize>| {
                    index
                        .and_then(|index| self.chars.get(index))
                        .is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_')
                };
                if (is_word(at.checked_sub(1)) != is_word(Some(at))) == *edge {
                    0
                } else {
                    NO
                }
            }
            _ => return None,
        })
    }

    fn in_class(&self, inside: &[char], c: char) -> bool {
        let holds = |c| glob::class(inside, c).is_some_and(|(holds, _)| holds);
        holds(c) || self.ignore_case && (holds(c.to_ascii_lowercase()) || holds(c.to_ascii_uppercase()))
    }

    #[allow(clippy::too_many_arguments)] // One call carries the whole state of a backtracking point.
    fn repeat(
        &self,
        node: &Node,
        min: u32,
        max: u32,
        lazy: bool,
        rest: &[Node],
        at: usize,
        groups: &mut Groups,
        next: Next<'_>,
    ) -> bool {
        if self.single(node, at).is_some() {
            let mut count = 0;
            let mut reach = vec![at];
            while count < max {
                let last = reach[reach.len() - 1];
                match self.single(node, last) {
                    Some(width) if width > 0 && width <= self.chars.len() - last => reach.push(last + width),
                    _ => break,
                }
                count += 1;
            }
            let tries = reach
                .iter()
                .enumerate()
                .filter(|(count, _)| *count as u64 >= u64::from(min))
                .map(|(_, at)| *at);
            return if lazy {
                tries.clone().any(|at| self.sequence(rest, at, groups, next))
            } else {
                tries.rev().any(|at| self.sequence(rest, at, groups, next))
            };
        }
        if lazy && min == 0 && self.sequence(rest, at, groups, next) {
            return true;
        }
        if max > 0 {
            let again = [node.clone()];
            let found = self.sequence(&again, at, groups, &mut |end, groups| {
                // An empty round would go on for ever.
                end != at && self.repeat(node, min.saturating_sub(1), max - 1, lazy, rest, end, groups, next)
            });
            if found {
                return true;
            }
        }
        !lazy && min == 0 && self.sequence(rest, at, groups, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_match() {
        use Syntax::{Basic, Extended};
        let cases = [
            (Basic, "a.c", "xabcx", Some("abc")),
            (Basic, "^a", "ba", None),
            (Basic, "c$", "abc", Some("c")),
            (Basic, "a*", "baa", Some("")),
            (Basic, r"\(ab\)*c", "ababc", Some("ababc")),
            (Basic, "a+", "a+b", Some("a+")),
            (Basic, r"[^-]*$", "web-0", Some("0")),
            (Extended, "-([0-9]+)$", "mysql-12", Some("-12")),
            (Extended, "(a|bc)+d", "xabcad", Some("abcad")),
            (Extended, "a{2,3}", "aaaa", Some("aaa")),
            (Extended, "^(.*?)[[:space:]]+(.*?)$", "bin.1 42", Some("bin.1 42")),
            (Extended, r"\bfoo\b", "a foo b", Some("foo")),
            (Extended, "(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaac", None),
            (Extended, "", "abc", Some("")),
        ];
        for (syntax, pattern, text, want) in cases {
            let regex = Regex::new(pattern, syntax).expect(pattern);
            let got = regex
                .find(text, 0, false)
                .and_then(|groups| groups[0])
                .map(|(from, to)| &text[from..to]);
            assert_eq!(got, want, "{pattern} on {text}");
        }
        assert!(Regex::new("(a", Extended).is_err());
        assert!(Regex::new("[a", Extended).is_err());
        assert!(Regex::new("ABC", Basic).is_ok_and(|regex| regex.is_match("xabc", true)));
    }
}
