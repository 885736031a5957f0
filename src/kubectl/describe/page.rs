//! Text in columns, as Go's tabwriter lays it out.
// Models text/tabwriter and k8s.io/kubectl/pkg/describe PrefixWriter.

use crate::api::labels::Labels;

/// Spaces between columns.
const PADDING: usize = 2;

/// A page being written. Cells end with tabs; a column is as wide as its widest cell over the lines that follow one another.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    done: String,
    open: String,
}

impl Page {
    /// Writes text at a level of indentation. Line ends are the text's own.
    pub(super) fn write(&mut self, level: usize, text: &str) {
        self.open.push_str(&"  ".repeat(level));
        self.open.push_str(text);
    }

    /// Writes a title and a value in two columns.
    pub(super) fn pair(&mut self, level: usize, title: &str, value: &str) {
        self.write(level, &format!("{title}:\t{value}\n"));
    }

    /// Lays out what was written so far; columns begin anew.
    pub(super) fn flush(&mut self) {
        let open = std::mem::take(&mut self.open);
        self.done.push_str(&align(&open));
    }

    /// The whole text.
    pub(super) fn finish(mut self) -> String {
        self.flush();
        self.done
    }

    /// Labels, one a line.
    pub(super) fn labels(&mut self, title: &str, labels: &Labels) {
        self.write(0, &format!("{title}:\t"));
        if labels.is_empty() {
            self.write(0, "<none>\n");
        }
        for (index, (key, value)) in labels.iter().enumerate() {
            let indent = if index == 0 { "" } else { "\t" };
            self.write(0, &format!("{indent}{key}={value}\n"));
        }
    }

    /// Annotations, one a line; long ones below their key.
    pub(super) fn annotations(&mut self, title: &str, annotations: &Labels) {
        const HIDDEN: &str = "kubectl.kubernetes.io/last-applied-configuration";
        const LENGTH_MAX: usize = 140;
        self.write(0, &format!("{title}:\t"));
        let shown: Vec<_> = annotations.iter().filter(|(key, _)| &***key != HIDDEN).collect();
        if shown.is_empty() {
            self.write(0, "<none>\n");
        }
        for (index, (key, value)) in shown.into_iter().enumerate() {
            let indent = if index == 0 { "" } else { "\t" };
            let value = value.strip_suffix('\n').unwrap_or(value);
            if value.len() + key.len() + 2 <= LENGTH_MAX && !value.contains('\n') {
                self.write(0, &format!("{indent}{key}: {value}\n"));
                continue;
            }
            self.write(0, &format!("{indent}{key}:\n"));
            for line in value.split('\n') {
                self.write(0, &format!("\t  {}\n", shorten(line, LENGTH_MAX - 2)));
            }
        }
    }
}

fn shorten(line: &str, length: usize) -> String {
    if line.len() <= length {
        return line.to_owned();
    }
    let end = (0..=length)
        .rev()
        .find(|end| line.is_char_boundary(*end))
        .unwrap_or_default();
    format!("{}...", &line[..end])
}

fn align(text: &str) -> String {
    let body = text.strip_suffix('\n').unwrap_or(text);
    if body.is_empty() {
        return text.to_owned();
    }
    let lines: Vec<Vec<&str>> = body.split('\n').map(|line| line.split('\t').collect()).collect();
    let mut out = String::new();
    block(&lines, &mut Vec::new(), &mut out);
    out
}

/// Lays out lines whose first columns have the given widths.
fn block(lines: &[Vec<&str>], widths: &mut Vec<usize>, out: &mut String) {
    let column = widths.len();
    let mut at = 0;
    let mut printed = 0;
    while at < lines.len() {
        if column + 1 >= lines[at].len() {
            at += 1;
            continue;
        }
        print(&lines[printed..at], widths, out);
        let end = lines[at..]
            .iter()
            .position(|line| column + 1 >= line.len())
            .map_or(lines.len(), |length| at + length);
        let width = lines[at..end]
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or_default();
        widths.push(width + PADDING);
        block(&lines[at..end], widths, out);
        widths.pop();
        at = end;
        printed = end;
    }
    print(&lines[printed..], widths, out);
}

fn print(lines: &[Vec<&str>], widths: &[usize], out: &mut String) {
    for line in lines {
        for (index, cell) in line.iter().enumerate() {
            out.push_str(cell);
            if let Some(width) = widths.get(index) {
                out.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
            }
        }
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::align;

    #[test]
    fn columns_are_as_wide_as_their_block() {
        let cases = [
            ("a:\tb\nlonger:\tc\n", "a:       b\nlonger:  c\n"),
            ("a:\tb\nno cell\nlonger:\tc\n", "a:  b\nno cell\nlonger:  c\n"),
            ("a\tb\tc\naa\tbbb\tc\n", "a   b    c\naa  bbb  c\n"),
            ("\tx\nkey\ty\n", "     x\nkey  y\n"),
        ];
        for (text, want) in cases {
            assert_eq!(align(text), want, "{text:?}");
        }
    }
}
