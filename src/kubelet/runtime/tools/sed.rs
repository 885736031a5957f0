//! `sed`: addresses and the commands `s d p q = a i c y`.

use super::regex::{Regex, Syntax};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Address {
    Line(u64),
    Last,
    Match(Regex),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Command {
    Substitute {
        regex: Regex,
        with: String,
        global: bool,
        nth: u32,
        print: bool,
        ignore_case: bool,
    },
    Delete,
    Print,
    Quit,
    Number,
    Append(String),
    Insert(String),
    Change(String),
    Translate(Vec<char>, Vec<char>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Rule {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    is_inside: bool,
    command: Command,
}

/// A script and its place in the input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sed {
    rules: Vec<Rule>,
    silent: bool,
    line: u64,
    /// The line before the current one: the last line is known only when the input ends.
    held: Option<(String, bool)>,
}

struct Reader<'a> {
    rest: &'a str,
    syntax: Syntax,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    /// Text up to an unescaped `end`. An escaped `end` loses its backslash.
    fn until(&mut self, end: char) -> Result<String, String> {
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err("unterminated command".to_owned()),
                Some(c) if c == end => return Ok(text),
                Some('\\') => match self.next() {
                    Some(c) if c == end => text.push(c),
                    Some(c) => text.extend(['\\', c]),
                    None => return Err("unterminated command".to_owned()),
                },
                Some(c) => text.push(c),
            }
        }
    }

    fn address(&mut self) -> Result<Option<Address>, String> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        if end > 0 {
            let line = self.rest[..end].parse().map_err(|_| "bad line number".to_owned())?;
            self.rest = &self.rest[end..];
            return Ok(Some(Address::Line(line)));
        }
        match self.rest.chars().next() {
            Some('$') => {
                self.next();
                Ok(Some(Address::Last))
            }
            Some('/') => {
                self.next();
                let pattern = self.until('/')?;
                Ok(Some(Address::Match(Regex::new(&pattern, self.syntax)?)))
            }
            Some('\\') => {
                self.next();
                let end = self.next().unwrap_or('/');
                let pattern = self.until(end)?;
                Ok(Some(Address::Match(Regex::new(&pattern, self.syntax)?)))
            }
            _ => Ok(None),
        }
    }

    fn line_text(&mut self) -> String {
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        let text = self.rest[..end]
            .trim_start()
            .trim_start_matches('\\')
            .trim_start_matches('\n')
            .to_owned();
        self.rest = &self.rest[end..];
        text
    }

    fn command(&mut self) -> Result<Command, String> {
        let command = self.next().ok_or("missing command")?;
        Ok(match command {
            's' => {
                let end = self.next().ok_or("unterminated `s' command")?;
                let pattern = self.until(end)?;
                let with = self.until(end)?;
                let flags_end = self.rest.find([';', '\n', '}', ' ']).unwrap_or(self.rest.len());
                let flags = self.rest[..flags_end].to_owned();
                self.rest = &self.rest[flags_end..];
                let digits: String = flags.chars().filter(char::is_ascii_digit).collect();
                Command::Substitute {
                    regex: Regex::new(&pattern, self.syntax)?,
                    with,
                    global: flags.contains('g'),
                    nth: digits.parse().unwrap_or(1),
                    print: flags.contains('p'),
                    ignore_case: flags.contains(['i', 'I']),
                }
            }
            'd' => Command::Delete,
            'p' => Command::Print,
            'q' => Command::Quit,
            '=' => Command::Number,
            'a' => Command::Append(self.line_text()),
            'i' => Command::Insert(self.line_text()),
            'c' => Command::Change(self.line_text()),
            'y' => {
                let end = self.next().ok_or("unterminated `y' command")?;
                Command::Translate(self.until(end)?.chars().collect(), self.until(end)?.chars().collect())
            }
            other => return Err(format!("command '{other}' is not simulated")),
        })
    }
}

impl Sed {
    /// Reads a script.
    ///
    /// # Errors
    /// With the message after `sed: `.
    pub(super) fn new(script: &str, syntax: Syntax, silent: bool) -> Result<Self, String> {
        let mut reader = Reader { rest: script, syntax };
        let mut rules = Vec::new();
        loop {
            reader.rest = reader.rest.trim_start_matches([';', '\n', ' ', '\t']);
            if reader.rest.is_empty() {
                return Ok(Self {
                    rules,
                    silent,
                    line: 0,
                    held: None,
                });
            }
            let from = reader.address()?;
            let to = if from.is_some() && reader.rest.starts_with(',') {
                reader.next();
                reader.address()?
            } else {
                None
            };
            reader.rest = reader.rest.trim_start();
            let negated = reader.rest.starts_with('!');
            if negated {
                reader.next();
            }
            reader.rest = reader.rest.trim_start();
            let command = reader.command()?;
            rules.push(Rule {
                from,
                to,
                negated,
                is_inside: false,
                command,
            });
        }
    }

    /// Takes a line; true when the script quits.
    pub(super) fn line(&mut self, line: &str, has_end: bool, out: &mut Vec<u8>) -> bool {
        let before = self.held.replace((line.to_owned(), has_end));
        before.is_some_and(|(text, has_end)| self.run(&text, has_end, false, out))
    }

    /// The input is over.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some((text, has_end)) = self.held.take() {
            self.run(&text, has_end, true, out);
        }
    }

    /// Files that `w` wrote: none here.
    pub(super) fn files(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// A whole text at once, for `-i`.
    pub(super) fn edit(mut self, text: &str) -> String {
        let mut out = Vec::new();
        for line in text.split_inclusive('\n') {
            let bare = line.strip_suffix('\n');
            if self.line(bare.unwrap_or(line), bare.is_some(), &mut out) {
                return String::from_utf8_lossy(&out).into_owned();
            }
        }
        self.finish(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn run(&mut self, line: &str, has_end: bool, is_last: bool, out: &mut Vec<u8>) -> bool {
        self.line += 1;
        let number = self.line;
        let mut space = line.to_owned();
        let mut after = String::new();
        let mut quits = false;
        let mut shown = !self.silent;
        for rule in &mut self.rules {
            if !rule.applies(&space, number, is_last) {
                continue;
            }
            match &rule.command {
                Command::Substitute {
                    regex,
                    with,
                    global,
                    nth,
                    print,
                    ignore_case,
                } => {
                    if let Some(changed) = substitute(regex, &space, with, *global, *nth, *ignore_case) {
                        space = changed;
                        if *print {
                            out.extend(format!("{space}\n").into_bytes());
                        }
                    }
                }
                Command::Delete => {
                    shown = false;
                    break;
                }
                Command::Print => out.extend(format!("{space}\n").into_bytes()),
                Command::Number => out.extend(format!("{number}\n").into_bytes()),
                Command::Append(text) => after.push_str(&format!("{text}\n")),
                Command::Insert(text) => out.extend(format!("{text}\n").into_bytes()),
                Command::Change(text) => {
                    out.extend(format!("{text}\n").into_bytes());
                    shown = false;
                    break;
                }
                Command::Translate(from, to) => {
                    let map = |c| {
                        from.iter()
                            .position(|known| *known == c)
                            .and_then(|at| to.get(at).copied())
                            .unwrap_or(c)
                    };
                    space = space.chars().map(map).collect();
                }
                Command::Quit => {
                    quits = true;
                    break;
                }
            }
        }
        if shown {
            out.extend(space.into_bytes());
            if has_end || !after.is_empty() {
                out.push(b'\n');
            }
        }
        out.extend(after.into_bytes());
        if quits {
            self.held = None;
        }
        quits
    }
}

impl Rule {
    fn applies(&mut self, line: &str, number: u64, is_last: bool) -> bool {
        let hits = |address: &Address| match address {
            Address::Line(line) => *line == number,
            Address::Last => is_last,
            Address::Match(regex) => regex.is_match(line, false),
        };
        let holds = match (&self.from, &self.to) {
            (None, _) => true,
            (Some(from), None) => hits(from),
            (Some(_), Some(to)) if self.is_inside => {
                self.is_inside = !(hits(to) || matches!(to, Address::Line(line) if *line <= number));
                true
            }
            (Some(from), Some(to)) => {
                let starts = hits(from);
                self.is_inside = starts
                    && !matches!(to, Address::Line(line) if *line <= number)
                    && !(matches!(to, Address::Last) && is_last);
                starts
            }
        };
        holds != self.negated
    }
}

/// `s`: the changed text, if anything matched.
pub(super) fn substitute(
    regex: &Regex,
    text: &str,
    with: &str,
    global: bool,
    nth: u32,
    ignore_case: bool,
) -> Option<String> {
    let mut out = String::new();
    let mut from = 0;
    let mut copied = 0;
    let mut count = 0;
    let mut changed = false;
    while let Some(groups) = regex.find(text, from, ignore_case) {
        let Some((start, end)) = groups[0] else { break };
        count += 1;
        if count >= nth {
            out.push_str(&text[copied..start]);
            expand(with, text, &groups, &mut out);
            copied = end;
            changed = true;
            if !global {
                break;
            }
        }
        from = if end > start {
            end
        } else {
            end + text[end..].chars().next().map_or(1, char::len_utf8)
        };
        if from > text.len() {
            break;
        }
    }
    out.push_str(&text[copied..]);
    changed.then_some(out)
}

fn expand(with: &str, text: &str, groups: &[Option<(usize, usize)>], out: &mut String) {
    let group = |index: usize| {
        groups
            .get(index)
            .copied()
            .flatten()
            .map_or("", |(from, to)| &text[from..to])
    };
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        match c {
            '&' => out.push_str(group(0)),
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(digit) if digit.is_ascii_digit() => out.push_str(group(digit.to_digit(10).unwrap_or(0) as usize)),
                Some(other) => out.push(other),
                None => {}
            },
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_edit() {
        let cases = [
            ("s/a/b/", "aa\n", "ba\n"),
            ("s/a/b/g", "aa\nca\n", "bb\ncb\n"),
            ("s#/old#/new#", "x=/old\n", "x=/new\n"),
            (r"s/\(.*\)=\(.*\)/\2=\1/", "a=1\n", "1=a\n"),
            ("s/x/[&]/", "axb\n", "a[x]b\n"),
            ("2d", "1\n2\n3\n", "1\n3\n"),
            ("/b/,/d/d", "a\nb\nc\nd\ne\n", "a\ne\n"),
            ("$d", "a\nb\n", "a\n"),
            ("2q", "a\nb\nc\n", "a\nb\n"),
            ("/x/!d", "x\ny\n", "x\n"),
            ("1i\\top", "a\n", "top\na\n"),
            ("s/a/1/;s/b/2/", "ab", "12"),
            ("s/;$//g", "end;\n", "end\n"),
        ];
        for (script, input, want) in cases {
            let sed = Sed::new(script, Syntax::Basic, false).expect(script);
            assert_eq!(sed.edit(input), want, "{script}");
        }
        assert!(Sed::new("k", Syntax::Basic, false).is_err());
    }
}
