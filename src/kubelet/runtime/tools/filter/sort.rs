//! `sort`, `shuf` and `uniq`.

use super::{Work, run};
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::process::{Base, Step};
use crate::kubelet::runtime::tools::{Args, Str};
use crate::sim::Arrange;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sort {
    pub(super) lines: Vec<Vec<u8>>,
    reverse: bool,
    numeric: bool,
    unique: bool,
    human: bool,
    random: bool,
    key: Option<u32>,
    separator: Option<char>,
}

impl Sort {
    pub(super) fn finish(&mut self, sys: &mut Sys<'_, '_>, out: &mut Vec<u8>) {
        let mut lines = std::mem::take(&mut self.lines);
        if self.random {
            for at in (1..lines.len()).rev() {
                let other = sys.kernel.random.below(at as u64 + 1);
                lines.swap(at, usize::try_from(other).unwrap_or(0));
            }
        } else {
            let key = |line: &[u8]| {
                let text = String::from_utf8_lossy(line).into_owned();
                match self.key {
                    None => text,
                    Some(field) => {
                        let index = field.saturating_sub(1) as usize;
                        match self.separator {
                            Some(separator) => text
                                .split(separator)
                                .skip(index)
                                .collect::<Vec<_>>()
                                .join(&separator.to_string()),
                            None => text.split_whitespace().skip(index).collect::<Vec<_>>().join(" "),
                        }
                    }
                }
            };
            let number = |line: &[u8]| number_key(&key(line), self.human);
            if self.numeric || self.human {
                lines.arrange_by(|a, b| number(a).cmp(&number(b)).then_with(|| a.cmp(b)));
            } else {
                lines.arrange_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.cmp(b)));
            }
            if self.reverse {
                lines.reverse();
            }
            if self.unique {
                lines.dedup();
            }
        }
        for line in lines {
            out.extend(line);
            out.push(b'\n');
        }
    }
}

/// The number a line starts with, in thousandths; with a size letter when `human`.
fn number_key(text: &str, human: bool) -> i128 {
    let text = text.trim_start();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let whole_end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let whole: i128 = digits[..whole_end].parse().unwrap_or(0);
    let rest = &digits[whole_end..];
    let fraction_text: String = rest
        .strip_prefix('.')
        .unwrap_or("")
        .chars()
        .take_while(char::is_ascii_digit)
        .chain("000".chars())
        .take(3)
        .collect();
    let fraction: i128 = fraction_text.parse().unwrap_or(0);
    let letter = rest
        .trim_start_matches(|c: char| c == '.' || c.is_ascii_digit())
        .chars()
        .next();
    let scale = match letter.filter(|_| human) {
        Some('K' | 'k') => 1 << 10,
        Some('M') => 1 << 20,
        Some('G') => 1 << 30,
        Some('T') => 1 << 40,
        _ => 1,
    };
    sign * (whole * 1000 + fraction) * scale
}

pub(crate) fn sort(base: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "ktn".trim_end_matches('n'));
    let key = args.value('k').unwrap_or("");
    let sort = Sort {
        lines: Vec::new(),
        reverse: args.has('r') || key.contains('r'),
        numeric: args.has('n') || key.contains('n') || args.has('g'),
        unique: args.has('u'),
        human: args.has('h'),
        random: args.has('R') || base.name() == "shuf",
        key: key
            .split([',', '.'])
            .next()
            .and_then(|field| field.trim_end_matches(char::is_alphabetic).parse().ok()),
        separator: args.value('t').and_then(|text| text.chars().next()),
    };
    run(&args.operands, Work::Sort(Box::new(sort)))
}

pub(crate) fn uniq(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    let work = Work::Uniq {
        count: args.has('c'),
        only_repeated: args.has('d'),
        only_single: args.has('u'),
        last: None,
    };
    run(&args.operands, work)
}
