//! Tools that work through their input: a machine that reads, and a [`Work`] for each tool.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;

use super::super::kernel::{Input, Sys};
use super::super::process::{Base, Program, Step};
use super::awk::Awk;
use super::batch::Batch;
use super::follow::Follow;
use super::regex::{Regex, Syntax};
use super::sed::Sed;
use super::{Args, Str, cannot_open};

/// The descriptor of the file being read.
const INPUT_FD: u32 = 900;

/// Reads files or standard input, piece by piece.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Filter {
    inputs: VecDeque<Str>,
    open: Option<u32>,
    /// A line whose end has not come.
    carry: Vec<u8>,
    work: Work,
    status: i32,
    /// `head`: the rest of the input is not wanted.
    is_over: bool,
}

/// What is done with the input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Work {
    Cat {
        number: bool,
        line: u64,
    },
    Tee {
        fds: Vec<u32>,
    },
    Wc {
        counts: [u64; 3],
        show: [bool; 3],
        in_word: bool,
        name: Str,
    },
    HeadLines(u64),
    HeadBytes(u64),
    /// All but the last lines.
    HeadBut(u64, VecDeque<Vec<u8>>),
    TailLines(u64, VecDeque<Vec<u8>>),
    TailBytes(u64, Vec<u8>),
    /// From this line on.
    TailFrom(u64, u64),
    Grep(Box<Grep>),
    Sed(Box<Sed>),
    Awk(Box<Awk>),
    Cut(Box<Cut>),
    Tr(Box<Tr>),
    Sort(Box<Sort>),
    Uniq {
        count: bool,
        only_repeated: bool,
        only_single: bool,
        last: Option<(Vec<u8>, u64)>,
    },
    Rev,
    Tac(Vec<Vec<u8>>),
    Nl(u64),
    Paste {
        separator: Str,
        is_first: bool,
    },
    Base64 {
        decode: bool,
        wrap: u32,
        bytes: Vec<u8>,
    },
    Md5(Vec<u8>, Str),
    Xargs {
        command: Rc<[Str]>,
        replace: Option<Str>,
        max: u32,
        by_line: bool,
        bytes: Vec<u8>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Grep {
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
    name: Str,
    line: u64,
    found: u64,
    found_any: bool,
    stop_after: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Cut {
    delimiter: char,
    by_field: bool,
    ranges: Vec<(u32, u32)>,
    only_delimited: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Tr {
    from: Vec<char>,
    to: Vec<char>,
    delete: bool,
    squeeze: bool,
    complement: bool,
    last: Option<char>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Sort {
    lines: Vec<Vec<u8>>,
    reverse: bool,
    numeric: bool,
    unique: bool,
    human: bool,
    random: bool,
    key: Option<u32>,
    separator: Option<char>,
}

fn run(inputs: &[Str], work: Work) -> Step {
    let inputs = if inputs.is_empty() {
        ["-".into()].into()
    } else {
        inputs.iter().cloned().collect()
    };
    Step::Become(Program::Filter(Box::new(Filter {
        inputs,
        open: None,
        carry: Vec::new(),
        work,
        status: 0,
        is_over: false,
    })))
}

impl Filter {
    pub(crate) fn step(&mut self, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        if self.is_over {
            return self.finish(base, sys);
        }
        let Some(fd) = self.open else {
            return self.next_input(base, sys);
        };
        let mut out = Vec::new();
        match sys.read(base, fd, usize::MAX) {
            Input::Wait(wait) => return Step::Wait(wait),
            Input::Bytes(bytes) => self.feed(&bytes, &mut out, base, sys),
            Input::Zeros(count) => self.zeros(count, base, sys),
            Input::End => {
                let rest = std::mem::take(&mut self.carry);
                if !rest.is_empty() {
                    self.line(&rest, false, &mut out);
                }
                self.end_of_file(&mut out);
                self.open = None;
                base.fds.close(INPUT_FD);
            }
        }
        self.write(&out, base, sys).unwrap_or(Step::Ready)
    }

    fn write(&mut self, out: &[u8], base: &mut Base, sys: &mut Sys<'_, '_>) -> Option<Step> {
        if out.is_empty() {
            return None;
        }
        let error = sys.write(base, 1, out).err()?;
        let text = format!("{}: write error: {error}\n", base.name());
        sys.err(base, &text);
        Some(Step::Exit(1))
    }

    fn next_input(&mut self, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        let Some(path) = self.inputs.pop_front() else {
            self.is_over = true;
            return Step::Ready;
        };
        let name = if &*path == "-" {
            "(standard input)".into()
        } else {
            path.clone()
        };
        match &mut self.work {
            Work::Grep(grep) => {
                grep.name = name;
                grep.line = 0;
                grep.found = 0;
            }
            Work::Wc { name, .. } | Work::Md5(_, name) => *name = path.clone(),
            _ => {}
        }
        if &*path == "-" {
            self.open = Some(0);
            return Step::Ready;
        }
        match sys.open_read(base, &path) {
            Ok(fd) => {
                base.fds.set(INPUT_FD, fd);
                self.open = Some(INPUT_FD);
            }
            Err(error) => {
                let text = match error {
                    super::FsError::IsDirectory => format!("{}: {path}: Is a directory\n", base.name()),
                    _ => cannot_open(base, sys, &path, error),
                };
                sys.err(base, &text);
                self.status = if matches!(self.work, Work::Grep(_)) { 2 } else { 1 };
            }
        }
        Step::Ready
    }

    /// Works on bytes, whole or by lines as the tool wants them.
    fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>, base: &mut Base, sys: &mut Sys<'_, '_>) {
        match &mut self.work {
            Work::Cat { number: false, .. } => out.extend_from_slice(bytes),
            Work::Tee { fds } => {
                out.extend_from_slice(bytes);
                for fd in fds.clone() {
                    if let Err(error) = sys.write(base, fd, bytes) {
                        let text = format!("tee: write error: {error}\n");
                        sys.err(base, &text);
                        self.status = 1;
                    }
                }
            }
            Work::Wc { counts, in_word, .. } => {
                for byte in bytes {
                    counts[0] += u64::from(*byte == b'\n');
                    let is_space = byte.is_ascii_whitespace();
                    counts[1] += u64::from(!is_space && !*in_word);
                    *in_word = !is_space;
                }
                counts[2] += bytes.len() as u64;
            }
            Work::HeadBytes(left) => {
                let take = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                out.extend_from_slice(&bytes[..take]);
                *left -= take as u64;
                self.is_over = *left == 0;
            }
            Work::TailBytes(keep, kept) => {
                kept.extend_from_slice(bytes);
                let keep = usize::try_from(*keep).unwrap_or(usize::MAX);
                let cut = kept.len().saturating_sub(keep);
                kept.drain(..cut);
            }
            Work::Tr(tr) => out.extend(tr.run(&String::from_utf8_lossy(bytes)).into_bytes()),
            Work::Base64 { bytes: kept, .. } | Work::Md5(kept, _) | Work::Xargs { bytes: kept, .. } => {
                kept.extend_from_slice(bytes)
            }
            _ => {
                for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
                    self.carry.extend_from_slice(piece);
                    if !piece.ends_with(b"\n") {
                        continue;
                    }
                    let mut line = std::mem::take(&mut self.carry);
                    line.pop();
                    self.line(&line, true, out);
                    if self.is_over {
                        break;
                    }
                }
            }
        }
    }

    /// A run of zeros from `/dev/zero` or a hole: only its size matters.
    fn zeros(&mut self, count: u64, base: &mut Base, sys: &mut Sys<'_, '_>) {
        match &mut self.work {
            Work::Wc { counts, .. } => counts[2] += count,
            Work::HeadBytes(left) => {
                let take = count.min(*left);
                sys.write_zeros(base, 1, take).ok();
                *left -= take;
                self.is_over = *left == 0;
            }
            _ => {
                sys.write_zeros(base, 1, count).ok();
            }
        }
    }

    fn line(&mut self, line: &[u8], has_end: bool, out: &mut Vec<u8>) {
        let put = |out: &mut Vec<u8>, bytes: &[u8]| {
            out.extend_from_slice(bytes);
            if has_end {
                out.push(b'\n');
            }
        };
        match &mut self.work {
            Work::Cat { line: number, .. } => {
                *number += 1;
                out.extend(format!("{number:6}\t").into_bytes());
                put(out, line);
            }
            Work::HeadLines(left) => {
                if *left > 0 {
                    put(out, line);
                    *left -= 1;
                }
                self.is_over = *left == 0;
            }
            Work::HeadBut(keep, kept) => {
                kept.push_back(line.to_vec());
                if kept.len() as u64 > *keep
                    && let Some(oldest) = kept.pop_front()
                {
                    put(out, &oldest);
                }
            }
            Work::TailLines(keep, kept) => {
                let mut whole = line.to_vec();
                if has_end {
                    whole.push(b'\n');
                }
                kept.push_back(whole);
                if kept.len() as u64 > *keep {
                    kept.pop_front();
                }
            }
            Work::TailFrom(from, seen) => {
                *seen += 1;
                if *seen >= *from {
                    put(out, line);
                }
            }
            Work::Grep(grep) => self.is_over = grep.line(&String::from_utf8_lossy(line), out),
            Work::Sed(sed) => self.is_over = sed.line(&String::from_utf8_lossy(line), has_end, out),
            Work::Awk(awk) => {
                let code = awk.line(&String::from_utf8_lossy(line), out);
                if let Some(code) = code {
                    self.status = code;
                    self.is_over = true;
                }
            }
            Work::Cut(cut) => {
                if let Some(text) = cut.run(&String::from_utf8_lossy(line)) {
                    out.extend(text.into_bytes());
                    out.push(b'\n');
                }
            }
            Work::Sort(sort) => sort.lines.push(line.to_vec()),
            Work::Uniq { .. } => self.uniq(line, out),
            Work::Rev => {
                let text: String = String::from_utf8_lossy(line).chars().rev().collect();
                put(out, text.as_bytes());
            }
            Work::Tac(lines) => lines.push(line.to_vec()),
            Work::Nl(number) => {
                *number += 1;
                out.extend(format!("{number:6}\t").into_bytes());
                put(out, line);
            }
            Work::Paste { separator, is_first } => {
                if !std::mem::take(is_first) {
                    out.extend_from_slice(separator.as_bytes());
                }
                out.extend_from_slice(line);
            }
            _ => {}
        }
    }

    fn uniq(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let Work::Uniq { last, .. } = &mut self.work else {
            return;
        };
        if let Some((text, count)) = last
            && text == line
        {
            *count += 1;
            return;
        }
        self.flush_uniq(out);
        if let Work::Uniq { last, .. } = &mut self.work {
            *last = Some((line.to_vec(), 1));
        }
    }

    fn flush_uniq(&mut self, out: &mut Vec<u8>) {
        let Work::Uniq {
            count,
            only_repeated,
            only_single,
            last,
        } = &mut self.work
        else {
            return;
        };
        let Some((text, times)) = last.take() else { return };
        if *only_repeated && times < 2 || *only_single && times > 1 {
            return;
        }
        if *count {
            out.extend(format!("{times:7} ").into_bytes());
        }
        out.extend(text);
        out.push(b'\n');
    }

    fn end_of_file(&mut self, out: &mut Vec<u8>) {
        if let Work::Grep(grep) = &mut self.work {
            grep.end_of_file(out);
        }
    }

    /// All input is read.
    fn finish(&mut self, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        let mut out = Vec::new();
        let mut status = self.status;
        match &mut self.work {
            Work::Wc { counts, show, name, .. } => {
                let shown: Vec<String> = counts
                    .iter()
                    .zip(*show)
                    .filter(|(_, on)| *on)
                    .map(|(count, _)| count.to_string())
                    .collect();
                let name = if &**name == "-" {
                    String::new()
                } else {
                    format!(" {name}")
                };
                out.extend(format!("{}{name}\n", shown.join(" ")).into_bytes());
            }
            Work::TailLines(_, kept) => out.extend(kept.drain(..).flatten()),
            Work::TailBytes(_, kept) => out.append(kept),
            Work::Grep(grep) => {
                if status == 0 {
                    status = i32::from(!grep.found_any);
                }
            }
            Work::Sed(sed) => {
                sed.finish(&mut out);
                for (path, text) in sed.files() {
                    if let Err(error) = sys.fs.write(&base.cwd, &path, text.as_bytes()) {
                        let text = format!("sed: couldn't open file {path}: {error}\n");
                        sys.err(base, &text);
                        status = 4;
                    }
                }
            }
            Work::Awk(awk) => {
                if let Some(code) = awk.finish(&mut out) {
                    status = code;
                }
            }
            Work::Sort(sort) => sort.finish(sys, &mut out),
            Work::Uniq { .. } => self.flush_uniq(&mut out),
            Work::Tac(lines) => {
                for line in lines.iter().rev() {
                    out.extend_from_slice(line);
                    out.push(b'\n');
                }
            }
            Work::Paste { .. } => out.push(b'\n'),
            Work::Base64 { decode, wrap, bytes } => match encode(*decode, *wrap, bytes) {
                Ok(text) => out.extend(text),
                Err(text) => {
                    sys.err(base, &text);
                    status = 1;
                }
            },
            Work::Md5(bytes, name) => out.extend(format!("{}  {name}\n", md5(bytes)).into_bytes()),
            Work::Xargs {
                command,
                replace,
                max,
                by_line,
                bytes,
            } => {
                let text = String::from_utf8_lossy(bytes).into_owned();
                let commands = xargs_commands(command, replace.as_deref(), *max, *by_line, &text);
                return Step::Become(Program::Batch(Box::new(Batch::new(commands, Some(123)))));
            }
            _ => {}
        }
        self.write(&out, base, sys).unwrap_or(Step::Exit(status))
    }
}

impl Grep {
    /// Looks at one line; true when the answer is known.
    fn line(&mut self, line: &str, out: &mut Vec<u8>) -> bool {
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

    fn end_of_file(&self, out: &mut Vec<u8>) {
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

impl Cut {
    fn run(&self, line: &str) -> Option<String> {
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
    fn run(&mut self, text: &str) -> String {
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

impl Sort {
    fn finish(&mut self, sys: &mut Sys<'_, '_>, out: &mut Vec<u8>) {
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
                lines.sort_by(|a, b| number(a).cmp(&number(b)).then_with(|| a.cmp(b)));
            } else {
                lines.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.cmp(b)));
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

fn encode(decode: bool, wrap: u32, bytes: &[u8]) -> Result<Vec<u8>, String> {
    if decode {
        let text: Vec<u8> = bytes
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        return STANDARD.decode(text).map_err(|_| "base64: invalid input\n".to_owned());
    }
    let text = STANDARD.encode(bytes);
    if wrap == 0 {
        return Ok(text.into_bytes());
    }
    let lines: Vec<String> = text
        .as_bytes()
        .chunks(wrap as usize)
        .map(|line| String::from_utf8_lossy(line).into_owned() + "\n")
        .collect();
    Ok(lines.concat().into_bytes())
}

fn xargs_commands(command: &Rc<[Str]>, replace: Option<&str>, max: u32, by_line: bool, text: &str) -> Vec<Rc<[Str]>> {
    if let Some(mark) = replace {
        let fill = |line: &str| command.iter().map(|word| Str::from(word.replace(mark, line))).collect();
        return text.lines().filter(|line| !line.is_empty()).map(fill).collect();
    }
    let words: Vec<Str> = if by_line {
        text.split('\0')
            .filter(|word| !word.is_empty())
            .map(Str::from)
            .collect()
    } else {
        text.split_whitespace().map(Str::from).collect()
    };
    if words.is_empty() {
        return vec![Rc::clone(command)];
    }
    words
        .chunks(max as usize)
        .map(|chunk| command.iter().chain(chunk).cloned().collect())
        .collect()
}

pub(super) fn cat(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    run(
        &args.operands,
        Work::Cat {
            number: args.has('n'),
            line: 0,
        },
    )
}

pub(super) fn tee(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    let mut fds = Vec::new();
    let mut status = 0;
    for (path, fd) in args.operands.iter().zip(901..) {
        match sys.open_write(base, path, !args.has('a')) {
            Ok(target) => {
                base.fds.set(fd, target);
                fds.push(fd);
            }
            Err(error) => {
                let text = format!("tee: {path}: {error}\n");
                sys.err(base, &text);
                status = 1;
            }
        }
    }
    let filter = Filter {
        inputs: ["-".into()].into(),
        open: None,
        carry: Vec::new(),
        work: Work::Tee { fds },
        status,
        is_over: false,
    };
    Step::Become(Program::Filter(Box::new(filter)))
}

pub(super) fn wc(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    let all = !args.has('l') && !args.has('w') && !args.has('c') && !args.has('m');
    let show = [
        all || args.has('l'),
        all || args.has('w'),
        all || args.has('c') || args.has('m'),
    ];
    run(
        &args.operands,
        Work::Wc {
            counts: [0; 3],
            show,
            in_word: false,
            name: "-".into(),
        },
    )
}

/// A count with an optional unit: `10`, `1k`, `2M`.
pub(super) fn parse_count(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    let scale = match &text[end..] {
        "" | "c" => 1,
        "b" => 512,
        "k" | "K" | "KiB" => 1 << 10,
        "M" | "m" | "MiB" => 1 << 20,
        "G" | "g" | "GiB" => 1 << 30,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    number.checked_mul(scale)
}

/// `-5` as `-n 5`.
fn old_style(args: &[Str]) -> Vec<Str> {
    let is_count =
        |arg: &Str| arg.len() > 1 && arg.starts_with('-') && arg[1..].bytes().all(|byte| byte.is_ascii_digit());
    args.iter()
        .map(|arg| {
            if is_count(arg) {
                format!("-n{}", &arg[1..]).into()
            } else {
                arg.clone()
            }
        })
        .collect()
}

pub(super) fn head(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(&old_style(args), "nc");
    if let Some(bytes) = args.value('c').and_then(parse_count) {
        return run(&args.operands, Work::HeadBytes(bytes));
    }
    let lines = args.value('n').unwrap_or("10");
    let work = match lines.strip_prefix('-') {
        Some(but) => Work::HeadBut(but.parse().unwrap_or(0), VecDeque::new()),
        None => Work::HeadLines(lines.parse().unwrap_or(10)),
    };
    run(&args.operands, work)
}

pub(super) fn tail(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(&old_style(args), "ncs");
    let lines = args.value('n').unwrap_or("10");
    if args.has('f') || args.has('F') {
        return tail_follow(base, sys, &args, lines);
    }
    if let Some(bytes) = args.value('c').and_then(parse_count) {
        return run(&args.operands, Work::TailBytes(bytes, Vec::new()));
    }
    let work = match lines.strip_prefix('+') {
        Some(from) => Work::TailFrom(from.parse().unwrap_or(1), 0),
        None => Work::TailLines(lines.parse().unwrap_or(10), VecDeque::new()),
    };
    run(&args.operands, work)
}

fn tail_follow(base: &mut Base, sys: &mut Sys<'_, '_>, args: &Args, lines: &str) -> Step {
    let retries = args.has('F');
    let mut followed = Vec::new();
    for path in &args.operands {
        match sys.fs.read(&base.cwd, path) {
            Ok(content) => {
                let text = String::from_utf8_lossy(&content.bytes).into_owned();
                let all: Vec<&str> = text.split_inclusive('\n').collect();
                let skip = match lines.strip_prefix('+') {
                    Some(from) => from.parse::<usize>().unwrap_or(1).saturating_sub(1),
                    None => all.len().saturating_sub(lines.parse().unwrap_or(10)),
                };
                let shown: String = all.iter().skip(skip).copied().collect();
                if args.operands.len() > 1 {
                    let header = format!("==> {path} <==\n");
                    sys.out(base, &header);
                }
                sys.out(base, &shown);
                followed.push(path.clone());
            }
            Err(error) => {
                let text = cannot_open(base, sys, path, error);
                sys.err(base, &text);
                if retries {
                    followed.push(path.clone());
                }
            }
        }
    }
    if followed.is_empty() && !args.operands.is_empty() {
        sys.err(base, "tail: no files\n");
        return Step::Exit(1);
    }
    Step::Become(Program::Follow(Box::new(Follow::new(base, sys, &followed, retries))))
}

pub(super) fn grep(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
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
            operands.extend(super::files::files_below(base, sys, &root));
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

pub(super) fn sed(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    // `-i` may carry a suffix; `-e` and `-f` take a value.
    let in_place = args.iter().any(|arg| arg.starts_with("-i") || &**arg == "--in-place");
    let args: Vec<Str> = args
        .iter()
        .filter(|arg| !arg.starts_with("-i") && &***arg != "--in-place")
        .cloned()
        .collect();
    let args = Args::new(&args, "ef");
    let mut operands = args.operands.clone();
    let mut script: Vec<Str> = args.values('e').cloned().collect();
    if script.is_empty() {
        if operands.is_empty() {
            sys.err(base, "Usage: sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...\n");
            return Step::Exit(1);
        }
        script.push(operands.remove(0));
    }
    let syntax = if args.has('E') || args.has('r') {
        Syntax::Extended
    } else {
        Syntax::Basic
    };
    match Sed::new(&script.join("\n"), syntax, args.has('n')) {
        Ok(sed) if in_place => {
            for path in &operands {
                let Ok(content) = sys.fs.read(&base.cwd, path) else {
                    let text = format!("sed: {path}: No such file or directory\n");
                    sys.err(base, &text);
                    return Step::Exit(1);
                };
                let text = sed.clone().edit(&String::from_utf8_lossy(&content.bytes));
                if let Err(error) = sys.fs.write(&base.cwd, path, text.as_bytes()) {
                    let text = format!("sed: couldn't open {path}: {error}\n");
                    sys.err(base, &text);
                    return Step::Exit(4);
                }
            }
            Step::Exit(0)
        }
        Ok(sed) => run(&operands, Work::Sed(Box::new(sed))),
        Err(error) => {
            let text = format!("sed: {error}\n");
            sys.err(base, &text);
            Step::Exit(1)
        }
    }
}

pub(super) fn awk(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "Fvf");
    let mut operands = args.operands.clone();
    let program = match args.value('f') {
        Some(path) => match sys.fs.read(&base.cwd, path) {
            Ok(content) => String::from_utf8_lossy(&content.bytes).into(),
            Err(error) => {
                let text = format!("awk: {path}: {error}\n");
                sys.err(base, &text);
                return Step::Exit(2);
            }
        },
        None if operands.is_empty() => {
            sys.err(base, "Usage: awk [-F SEP] [-v VAR=VAL]... 'PROGRAM' [FILE]...\n");
            return Step::Exit(1);
        }
        None => operands.remove(0),
    };
    let variables: BTreeMap<Str, Str> = args
        .values('v')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    match Awk::new(&program, args.value('F').unwrap_or(" "), variables) {
        Ok(mut awk) => {
            let mut out = Vec::new();
            awk.begin(&mut out);
            sys.write(base, 1, &out).ok();
            if awk.needs_no_input() {
                Step::Exit(0)
            } else {
                run(&operands, Work::Awk(Box::new(awk)))
            }
        }
        Err(error) => {
            let text = format!("awk: {error}\n");
            sys.err(base, &text);
            Step::Exit(2)
        }
    }
}

pub(super) fn cut(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
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
    let text = super::super::shell::escape::unescape(text, super::super::shell::escape::Style::Printf).0;
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
                        .filter(|c| super::super::shell::glob::is_in_class(name, *c)),
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

pub(super) fn tr(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
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

pub(super) fn sort(base: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
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

pub(super) fn uniq(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    let work = Work::Uniq {
        count: args.has('c'),
        only_repeated: args.has('d'),
        only_single: args.has('u'),
        last: None,
    };
    run(&args.operands, work)
}

pub(super) fn rev(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    run(args, Work::Rev)
}

pub(super) fn tac(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    run(args, Work::Tac(Vec::new()))
}

pub(super) fn nl(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    run(&Args::new(args, "").operands, Work::Nl(0))
}

pub(super) fn paste(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "d");
    let separator = args.value('d').unwrap_or("\t").into();
    run(
        &args.operands,
        Work::Paste {
            separator,
            is_first: true,
        },
    )
}

pub(super) fn base64(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "w");
    let wrap = args.value('w').and_then(|width| width.parse().ok()).unwrap_or(76);
    run(
        &args.operands,
        Work::Base64 {
            decode: args.has('d') || args.has('D'),
            wrap,
            bytes: Vec::new(),
        },
    )
}

pub(super) fn md5sum(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    run(&args[..args.len().min(1)], Work::Md5(Vec::new(), "-".into()))
}

/// Reads the words for `xargs`.
pub(super) fn xargs(args: &[Str]) -> Step {
    let mut replace = None;
    let mut max = u32::MAX;
    let mut by_line = false;
    let mut rest = args;
    while let Some((first, others)) = rest.split_first().filter(|(first, _)| first.starts_with('-')) {
        rest = others;
        match &**first {
            "-I" | "-i" => {
                replace = rest.first().cloned();
                rest = rest.get(1..).unwrap_or_default();
            }
            "-n" | "-L" | "-P" | "-s" => {
                if &**first == "-n" || &**first == "-L" {
                    max = rest
                        .first()
                        .and_then(|count| count.parse().ok())
                        .filter(|count| *count > 0)
                        .unwrap_or(1);
                }
                rest = rest.get(1..).unwrap_or_default();
            }
            "-0" => by_line = true,
            flag => {
                if let Some(count) = flag
                    .strip_prefix("-n")
                    .and_then(|count| count.parse().ok())
                    .filter(|count| *count > 0)
                {
                    max = count;
                }
            }
        }
    }
    let command: Rc<[Str]> = if rest.is_empty() {
        ["echo".into()].into()
    } else {
        rest.into()
    };
    run(
        &[],
        Work::Xargs {
            command,
            replace,
            max,
            by_line,
            bytes: Vec::new(),
        },
    )
}

/// RFC 1321.
fn md5(input: &[u8]) -> String {
    const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let mut message = input.to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend_from_slice(&(input.len() as u64).wrapping_mul(8).to_le_bytes());
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for chunk in message.chunks(64) {
        let word = |index: usize| {
            u32::from_le_bytes([
                chunk[index * 4],
                chunk[index * 4 + 1],
                chunk[index * 4 + 2],
                chunk[index * 4 + 3],
            ])
        };
        let [mut a, mut b, mut c, mut d] = state;
        for i in 0..64 {
            let (mix, index) = match i / 16 {
                0 => ((b & c) | (!b & d), i),
                1 => ((d & b) | (!d & c), (5 * i + 1) % 16),
                2 => (b ^ c ^ d, (3 * i + 5) % 16),
                _ => (c ^ (b | !d), 7 * i % 16),
            };
            let sum = a.wrapping_add(mix).wrapping_add(SINES[i]).wrapping_add(word(index));
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(SHIFTS[i / 16][i % 4]));
        }
        for (total, part) in state.iter_mut().zip([a, b, c, d]) {
            *total = total.wrapping_add(part);
        }
    }
    state
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The constants of MD5: the whole part of `2^32 * |sin(i + 1)|`.
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];
