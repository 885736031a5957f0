//! `grep`.

use super::{Work, run};
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::process::{Base, Step};
use crate::kubelet::runtime::tools::regex::{Regex, Syntax};
use crate::kubelet::runtime::tools::{Args, Str, files};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Grep {
    regexes: Vec<Regex>,
    ignore_case: bool,
    invert: bool,
    count: bool,
    quiet: bool,
    names_only: bool,
    only_match: bool,
    whole_line: bool,
    number: bool,
    with_name: bool,
    pub(super) name: Str,
    pub(super) line: u64,
    pub(super) found: u64,
    pub(super) found_any: bool,
    stop_after: u64,
}

impl Grep {
    /// Looks at one line; true when the answer is known.
    pub(super) fn line(&mut self, line: &str, out: &mut Vec<u8>) -> bool {
        self.line += 1;
        let hit = self
            .regexes
            .iter()
            .any(|regex| match regex.find(line, 0, self.ignore_case) {
                Some(groups) => !self.whole_line || groups[0] == Some((0, line.len())),
                None => false,
            });
        if hit == self.invert {
            return false;
        }
        self.found += 1;
        self.found_any = true;
        if self.quiet {
            return true;
        }
        if !self.count && !self.names_only {
            let name = if self.with_name {
                format!("{}:", self.name)
            } else {
                String::new()
            };
            let number = if self.number {
                format!("{}:", self.line)
            } else {
                String::new()
            };
            if self.only_match {
                self.matches(line, &format!("{name}{number}"), out);
            } else {
                out.extend(format!("{name}{number}{line}\n").into_bytes());
            }
        }
        self.found >= self.stop_after
    }

    fn matches(&self, line: &str, lead: &str, out: &mut Vec<u8>) {
        for regex in &self.regexes {
            let mut from = 0;
            while let Some((start, end)) = regex.find(line, from, self.ignore_case).and_then(|groups| groups[0]) {
                if start < end {
                    out.extend(format!("{lead}{}\n", &line[start..end]).into_bytes());
                }
                from = if end > from {
                    end
                } else {
                    end + line[end..].chars().next().map_or(1, char::len_utf8)
                };
                if from > line.len() {
                    break;
                }
            }
        }
    }

    pub(super) fn end_of_file(&self, out: &mut Vec<u8>) {
        if self.quiet {
            return;
        }
        if self.names_only && self.found > 0 {
            out.extend(format!("{}\n", self.name).into_bytes());
        } else if self.count {
            let name = if self.with_name {
                format!("{}:", self.name)
            } else {
                String::new()
            };
            out.extend(format!("{name}{}\n", self.found).into_bytes());
        }
    }
}

pub(crate) fn grep(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "emABC");
    let mut operands = args.operands.clone();
    let mut patterns: Vec<Str> = args.values('e').cloned().collect();
    if patterns.is_empty() {
        if operands.is_empty() {
            sys.err(
                base,
                "Usage: grep [-HhnlLoqvsrRiwFE] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...\n",
            );
            return Step::Exit(2);
        }
        patterns = operands.remove(0).split('\n').map(Str::from).collect();
    }
    let name = base.name().to_owned();
    let extended = args.has('E') || args.has('P') || name == "egrep";
    let fixed = args.has('F') || name == "fgrep";
    let mut regexes = Vec::new();
    for pattern in &patterns {
        let syntax = if extended { Syntax::Extended } else { Syntax::Basic };
        let pattern = if args.has('w') && !fixed {
            format!("\\b{pattern}\\b")
        } else {
            pattern.to_string()
        };
        let compiled = if fixed {
            Ok(Regex::literal(&pattern))
        } else {
            Regex::new(&pattern, syntax)
        };
        match compiled {
            Ok(regex) => regexes.push(regex),
            Err(error) => {
                let text = format!("grep: {error}\n");
                sys.err(base, &text);
                return Step::Exit(2);
            }
        }
    }
    let recursive = args.has('r') || args.has('R');
    if recursive {
        let roots = if operands.is_empty() {
            vec![".".into()]
        } else {
            std::mem::take(&mut operands)
        };
        for root in roots {
            operands.extend(files::files_below(base, sys, &root));
        }
    }
    let grep = Grep {
        regexes,
        ignore_case: args.has('i'),
        invert: args.has('v'),
        count: args.has('c'),
        quiet: args.has('q'),
        names_only: args.has('l'),
        only_match: args.has('o'),
        whole_line: args.has('x'),
        number: args.has('n'),
        with_name: args.has('H') || (operands.len() > 1 || recursive) && !args.has('h'),
        name: "".into(),
        line: 0,
        found: 0,
        found_any: false,
        stop_after: args.value('m').and_then(|count| count.parse().ok()).unwrap_or(u64::MAX),
    };
    run(&operands, Work::Grep(Box::new(grep)))
}
