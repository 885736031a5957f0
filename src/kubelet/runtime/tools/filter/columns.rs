//! `cut` and `tr`.

use super::{Work, run};
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::process::{Base, Step};
use crate::kubelet::runtime::tools::{Args, Str};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cut {
    delimiter: char,
    by_field: bool,
    ranges: Vec<(u32, u32)>,
    only_delimited: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tr {
    from: Vec<char>,
    to: Vec<char>,
    delete: bool,
    squeeze: bool,
    complement: bool,
    last: Option<char>,
}

impl Cut {
    pub(super) fn run(&self, line: &str) -> Option<String> {
        let takes = |position: u32| self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&position));
        if !self.by_field {
            return Some(
                line.chars()
                    .zip(1..)
                    .filter(|(_, position)| takes(*position))
                    .map(|(c, _)| c)
                    .collect(),
            );
        }
        if !line.contains(self.delimiter) {
            return (!self.only_delimited).then(|| line.to_owned());
        }
        let fields: Vec<&str> = line
            .split(self.delimiter)
            .zip(1..)
            .filter(|(_, position)| takes(*position))
            .map(|(field, _)| field)
            .collect();
        Some(fields.join(&self.delimiter.to_string()))
    }
}

impl Tr {
    pub(super) fn run(&mut self, text: &str) -> String {
        let mut out = String::new();
        for c in text.chars() {
            let at = self.from.iter().position(|from| *from == c);
            let hit = at.is_some() != self.complement;
            if hit && self.delete {
                continue;
            }
            let last_to = self.to.last().copied();
            let mapped = match at {
                _ if !hit || self.to.is_empty() => c,
                Some(at) if !self.complement => self.to.get(at).copied().or(last_to).unwrap_or(c),
                _ => last_to.unwrap_or(c),
            };
            let squeezes = self.squeeze && hit;
            if squeezes && self.last == Some(mapped) {
                continue;
            }
            self.last = squeezes.then_some(mapped);
            out.push(mapped);
        }
        out
    }
}

pub(crate) fn cut(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "dfcb");
    let list = args.value('f').or(args.value('c')).or(args.value('b'));
    let Some(list) = list else {
        sys.err(base, "cut: expected a list of bytes, characters, or fields\n");
        return Step::Exit(1);
    };
    let number = |text: &str, default| {
        if text.is_empty() {
            default
        } else {
            text.parse().unwrap_or(default)
        }
    };
    let range = |item: &str| match item.split_once('-') {
        Some((from, to)) => (number(from, 1), number(to, u32::MAX)),
        None => (number(item, 1), number(item, 1)),
    };
    let cut = Cut {
        delimiter: args.value('d').and_then(|text| text.chars().next()).unwrap_or('\t'),
        by_field: args.value('f').is_some(),
        ranges: list.split(',').map(range).collect(),
        only_delimited: args.has('s'),
    };
    run(&args.operands, Work::Cut(Box::new(cut)))
}

/// The characters of a `tr` set: ranges, classes, escapes.
fn tr_set(text: &str) -> Vec<char> {
    let text =
        crate::kubelet::runtime::shell::escape::unescape(text, crate::kubelet::runtime::shell::escape::Style::Printf).0;
    let chars: Vec<char> = text.chars().collect();
    let mut set = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if chars[at] == '[' && chars.get(at + 1) == Some(&':') {
            let rest: String = chars[at + 2..].iter().collect();
            if let Some((name, _)) = rest.split_once(":]") {
                set.extend(
                    (0..128u8)
                        .map(char::from)
                        .filter(|c| crate::kubelet::runtime::shell::glob::is_in_class(name, *c)),
                );
                at += name.chars().count() + 4;
                continue;
            }
        }
        if chars.get(at + 1) == Some(&'-') && at + 2 < chars.len() {
            set.extend((chars[at]..=chars[at + 2]).take(256));
            at += 3;
            continue;
        }
        set.push(chars[at]);
        at += 1;
    }
    set
}

pub(crate) fn tr(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    let set = |index: usize| args.operands.get(index).map(|text| tr_set(text)).unwrap_or_default();
    let tr = Tr {
        from: set(0),
        to: set(1),
        delete: args.has('d'),
        squeeze: args.has('s'),
        complement: args.has('c') || args.has('C'),
        last: None,
    };
    run(&[], Work::Tr(Box::new(tr)))
}
