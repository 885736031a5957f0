//! Tools that work through their input: a machine that reads, and a [`Work`] for each tool.

use std::collections::VecDeque;

use std::rc::Rc;

use crate::kubelet::runtime::kernel::{Input, Sys};

use crate::kubelet::runtime::process::{Base, Program, Step};

mod codec;
mod columns;
mod grep;
mod sort;
mod start;

use super::awk::Awk;
pub(crate) use codec::{base64, md5sum};
use codec::{encode, md5};
use columns::{Cut, Tr};
pub(crate) use columns::{cut, tr};
use grep::Grep;
pub(crate) use grep::grep;
use sort::Sort;
pub(crate) use sort::{sort, uniq};
pub(crate) use start::{awk, cat, head, nl, paste, rev, sed, tac, tail, tee, wc, xargs};

use super::batch::Batch;

use super::sed::Sed;

use super::{Str, cannot_open};

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
        Self::write(&out, base, sys).unwrap_or(Step::Ready)
    }

    fn write(out: &[u8], base: &mut Base, sys: &mut Sys<'_, '_>) -> Option<Step> {
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
                kept.extend_from_slice(bytes);
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
            Work::HeadLines(_) | Work::HeadBut(..) | Work::TailLines(..) | Work::TailFrom(..) => {
                let mut whole = line.to_vec();
                if has_end {
                    whole.push(b'\n');
                }
                self.pick_line(whole, out);
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
            Work::Paste { separator, is_first } => {
                if !std::mem::take(is_first) {
                    out.extend_from_slice(separator.as_bytes());
                }
                out.extend_from_slice(line);
            }
            _ => {}
        }
    }

    /// `head` and `tail`: a line that is shown, kept or passed over by its place.
    fn pick_line(&mut self, line: Vec<u8>, out: &mut Vec<u8>) {
        match &mut self.work {
            Work::HeadLines(left) => {
                if *left > 0 {
                    out.extend(line);
                    *left -= 1;
                }
                self.is_over = *left == 0;
            }
            Work::HeadBut(keep, kept) => {
                kept.push_back(line);
                if kept.len() as u64 > *keep {
                    out.extend(kept.pop_front().unwrap_or_default());
                }
            }
            Work::TailLines(keep, kept) => {
                kept.push_back(line);
                if kept.len() as u64 > *keep {
                    kept.pop_front();
                }
            }
            Work::TailFrom(from, seen) => {
                *seen += 1;
                if *seen >= *from {
                    out.extend(line);
                }
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
            Work::Grep(grep) if status == 0 => status = i32::from(!grep.found_any),
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
        Self::write(&out, base, sys).unwrap_or(Step::Exit(status))
    }
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
