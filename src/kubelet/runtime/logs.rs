//! What a container wrote: the lines that `kubectl logs` shows.

use std::collections::VecDeque;

use super::Str;
use super::spec::OutputStream;
use crate::sim::SimTime;

/// Lines kept at most.
const LINES_MAX: usize = 1000;
/// Bytes kept at most.
const BYTES_MAX: u64 = 256 << 10;
/// A line longer than this is cut in two, as containerd does.
const LINE_BYTES_MAX: usize = 16 << 10;

/// One line of output.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogLine {
    /// When its last byte was written.
    pub at: SimTime,
    /// Where to.
    pub stream: OutputStream,
    /// The text, without the line end.
    pub text: Str,
    /// The line end was written too.
    pub is_whole: bool,
}

/// The output of a container: its newest lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Logs {
    lines: VecDeque<LogLine>,
    partial: [Vec<u8>; 2],
    stored_bytes: u64,
    dropped: u64,
}

impl Logs {
    /// The lines, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &LogLine> + ExactSizeIterator {
        self.lines.iter()
    }

    /// Lines written since the start, those dropped included: a follower's place.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.dropped + self.lines.len() as u64
    }

    /// The end of the output as one text, for `FallbackToLogsOnError`.
    #[must_use]
    pub fn tail(&self, lines_max: u32, bytes_max: u32) -> String {
        let (lines_max, bytes_max) = (lines_max as usize, bytes_max as usize);
        let skip = self.lines.len().saturating_sub(lines_max);
        let mut text = String::new();
        for line in self.lines.iter().skip(skip) {
            text.push_str(&line.text);
            if line.is_whole {
                text.push('\n');
            }
        }
        let mut cut = text.len().saturating_sub(bytes_max);
        while !text.is_char_boundary(cut) {
            cut += 1;
        }
        text.split_off(cut)
    }

    pub(super) fn write(&mut self, at: SimTime, stream: OutputStream, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let partial = &mut self.partial[stream as usize];
            partial.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                partial.pop();
                self.end_line(at, stream, true);
            } else if partial.len() > LINE_BYTES_MAX {
                self.end_line(at, stream, false);
            }
        }
    }

    /// Takes what was written without a line end: the container is over.
    pub(super) fn flush(&mut self, at: SimTime) {
        for stream in [OutputStream::Stdout, OutputStream::Stderr] {
            if !self.partial[stream as usize].is_empty() {
                self.end_line(at, stream, false);
            }
        }
    }

    fn end_line(&mut self, at: SimTime, stream: OutputStream, is_whole: bool) {
        let bytes = std::mem::take(&mut self.partial[stream as usize]);
        let text: Str = String::from_utf8_lossy(&bytes).into();
        self.stored_bytes += text.len() as u64;
        self.lines.push_back(LogLine {
            at,
            stream,
            text,
            is_whole,
        });
        while self.lines.len() > LINES_MAX || self.stored_bytes > BYTES_MAX {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.stored_bytes -= oldest.text.len() as u64;
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_cut_into_lines_and_bounded() {
        let mut logs = Logs::default();
        logs.write(SimTime(1), OutputStream::Stdout, b"a\nb");
        logs.write(SimTime(2), OutputStream::Stdout, b"c\nd");
        let texts: Vec<_> = logs.lines().map(|line| (line.at.0, &*line.text)).collect();
        assert_eq!(texts, [(1, "a"), (2, "bc")]);
        logs.flush(SimTime(3));
        assert_eq!(logs.tail(80, 2048), "a\nbc\nd");
        for _ in 0..2000 {
            logs.write(SimTime(4), OutputStream::Stderr, b"x\n");
        }
        assert_eq!((logs.lines().len(), logs.written()), (1000, 2003));
        assert_eq!(logs.tail(2, 3), "\nx\n");
    }
}
