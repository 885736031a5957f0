//! Writes YAML as kubectl writes it: block style, keys in natural order, quotes where the reader would take a string for
//! something else, literal blocks for text of several lines, long lines folded at 80 columns.

use crate::sim::Arrange;
use serde_json::{Map, Value};

use super::order::natural;
use super::style::{Style, Traits, style_of};

/// Columns after which a space of a long scalar becomes a line break.
const WIDTH: usize = 80;

/// Longest key, in bytes, that stands on one line with its value.
const SIMPLE_KEY_MAX: usize = 128;

/// The value as a YAML document, ended by a line break.
///
/// Models sigs.k8s.io/yaml Marshal
pub fn to_yaml(value: &Value) -> String {
    let mut writer = Writer {
        out: String::new(),
        column: 0,
    };
    match value {
        Value::Object(map) if !map.is_empty() => writer.map(map, 0),
        Value::Array(list) if !list.is_empty() => writer.list(list, 0),
        leaf => {
            writer.leaf(leaf, 0);
            writer.line_break();
        }
    }
    writer.out
}

struct Writer {
    out: String,
    /// Characters on the line so far.
    column: usize,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column += indent;
    }

    /// Every entry on a line of its own; the first one where the pen is.
    fn map(&mut self, map: &Map<String, Value>, indent: usize) {
        let mut keys: Vec<_> = map.keys().collect();
        keys.arrange_by(|a, b| natural(a, b));
        for (index, key) in keys.into_iter().enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            self.entry(key, &map[key], indent);
        }
    }

    fn entry(&mut self, key: &str, value: &Value, indent: usize) {
        let long = key.len() > SIMPLE_KEY_MAX;
        if long {
            self.put("? ");
            self.string(key, indent + 2, false);
            self.line_break();
            self.indent(indent);
        } else {
            self.string(key, indent + 2, true);
        }
        self.put(":");
        match value {
            Value::Object(map) if !map.is_empty() => {
                self.before_block(long, indent + 2);
                self.map(map, indent + 2);
            }
            Value::Array(list) if !list.is_empty() => {
                self.before_block(long, indent);
                self.list(list, indent);
            }
            leaf => {
                self.put(" ");
                self.leaf(leaf, indent + 2);
                self.line_break();
            }
        }
    }

    /// A block follows its key on the next line; after a key on lines of its own, on the same one.
    fn before_block(&mut self, long_key: bool, indent: usize) {
        if long_key {
            self.put(" ");
        } else {
            self.line_break();
            self.indent(indent);
        }
    }

    fn list(&mut self, list: &[Value], indent: usize) {
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            self.put("- ");
            match item {
                Value::Object(map) if !map.is_empty() => self.map(map, indent + 2),
                Value::Array(list) if !list.is_empty() => self.list(list, indent + 2),
                leaf => {
                    self.leaf(leaf, indent + 2);
                    self.line_break();
                }
            }
        }
    }

    /// A scalar or something empty. `indent` is where its further lines begin.
    fn leaf(&mut self, value: &Value, indent: usize) {
        match value {
            Value::String(text) => self.string(text, indent, false),
            Value::Object(_) => self.put("{}"),
            Value::Array(_) => self.put("[]"),
            other => self.put(&other.to_string()),
        }
    }

    fn string(&mut self, text: &str, indent: usize, key: bool) {
        let traits = Traits::of(text);
        match style_of(text, &traits, key) {
            Style::Plain => self.folded(text, indent, !key, false),
            Style::Single => {
                self.put("'");
                self.folded(&text.replace('\'', "''"), indent, !key, true);
                self.put("'");
            }
            Style::Double => self.double_quoted(text, indent, !key),
            Style::Literal => self.literal(text, indent),
        }
    }

    /// Text in which a space past the width becomes a line break. In quotes the first and the last character do not.
    ///
    /// Models go.yaml.in/yaml/v2 yaml_emitter_write_plain_scalar, yaml_emitter_write_single_quoted
    fn folded(&mut self, text: &str, indent: usize, fold: bool, quoted: bool) {
        let mut after_space = false;
        let mut rest = text.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            let next_is_space = rest.peek().is_some_and(|(_, c)| *c == ' ');
            let inside = !quoted || (at > 0 && rest.peek().is_some());
            if c == ' ' && fold && !after_space && self.column > WIDTH && inside && !next_is_space {
                self.line_break();
                self.indent(indent);
            } else {
                self.put(c.encode_utf8(&mut [0; 4]));
            }
            after_space = c == ' ';
        }
    }

    /// Models go.yaml.in/yaml/v2 yaml_emitter_write_double_quoted
    fn double_quoted(&mut self, text: &str, indent: usize, fold: bool) {
        self.put("\"");
        let mut after_space = false;
        let mut rest = text.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            if c == ' ' && fold && !after_space && self.column > WIDTH && at > 0 && rest.peek().is_some() {
                self.line_break();
                self.indent(indent);
                if rest.peek().is_some_and(|(_, c)| *c == ' ') {
                    self.put("\\");
                }
            } else {
                self.escaped(c);
            }
            after_space = c == ' ';
        }
        self.put("\"");
    }

    fn escaped(&mut self, c: char) {
        let short = match c {
            '\0' => "\\0",
            '\x07' => "\\a",
            '\x08' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\x0b' => "\\v",
            '\x0c' => "\\f",
            '\r' => "\\r",
            '\x1b' => "\\e",
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{85}' => "\\N",
            '\u{2028}' => "\\L",
            '\u{2029}' => "\\P",
            _ if super::style::is_printable(c) => return self.put(c.encode_utf8(&mut [0; 4])),
            _ => "",
        };
        if !short.is_empty() {
            return self.put(short);
        }
        let code = u32::from(c);
        let text = match code {
            0..=0xff => format!("\\x{code:02X}"),
            0x100..=0xffff => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        };
        self.put(&text);
    }

    /// Models go.yaml.in/yaml/v2 yaml_emitter_write_literal_scalar
    fn literal(&mut self, text: &str, indent: usize) {
        self.put("|");
        if text.starts_with([' ', '\n']) {
            self.put("2");
        }
        match text.strip_suffix('\n') {
            None => self.put("-"),
            Some(before) if before.is_empty() || before.ends_with('\n') => self.put("+"),
            Some(_) => {}
        }
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.line_break();
            if !line.is_empty() {
                self.indent(indent);
                self.put(line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::read;
    use super::*;

    #[test]
    fn values_are_written_as_kubectl_writes_them() {
        let long = "word ".repeat(20);
        for (value, want) in [
            (json!({}), "{}\n".to_owned()),
            (
                json!({"b": 1, "a": [], "c": {}, "d": null}),
                "a: []\nb: 1\nc: {}\nd: null\n".to_owned(),
            ),
            (
                json!({"a": [{"x": 1, "y": 2}, [1, 2], "s"]}),
                "a:\n- x: 1\n  \"y\": 2\n- - 1\n  - 2\n- s\n".to_owned(),
            ),
            (json!({"a10": 1, "a2": 2, "a": 3}), "a: 3\na2: 2\na10: 1\n".to_owned()),
            (
                json!({"a": "yes", "b": "5", "c": "1:30", "d": "", "e": "x: y", "f": "2026-01-01T00:00:00Z"}),
                "a: \"yes\"\nb: \"5\"\nc: \"1:30\"\nd: \"\"\ne: 'x: y'\nf: \"2026-01-01T00:00:00Z\"\n".to_owned(),
            ),
            (
                json!({"a": "x\ny\n", "b": "x\n\n y"}),
                "a: |\n  x\n  y\nb: |-\n  x\n\n   y\n".to_owned(),
            ),
            (
                json!({"a": " x\n", "b": "x\n\n", "c": "x \ny"}),
                "a: |2\n   x\nb: |+\n  x\n\nc: \"x \\ny\"\n".to_owned(),
            ),
            (
                json!({"a": "- x", "b": "*x", "c": "it's", "d": "a#b", "e": "a #b"}),
                "a: '- x'\nb: '*x'\nc: it's\nd: a#b\ne: 'a #b'\n".to_owned(),
            ),
            (
                json!({"a": "tab\there", "b": "😀", "c": "é"}),
                "a: \"tab\\there\"\nb: \"\\U0001F600\"\nc: é\n".to_owned(),
            ),
            (
                json!({"k": long.trim()}),
                format!("k: {}\n  {}\n", "word ".repeat(16).trim(), "word ".repeat(4).trim()),
            ),
        ] {
            assert_eq!(to_yaml(&value), want);
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "", " ", "x", "a: b", "#", "'", "\"", "\n", "a\n", "\na", " a\nb", "a \nb", "\t", "-", "---", "y", "0644",
            "1e3", "%", "@x", "[", "a,b", "{}", "? x", ": x", "x:", "!x", "&x", "|", ">", "\u{85}", "\u{7f}", "~",
        ] {
            let value = json!({"k": text, "l": [text], "m": {text: text}});
            let written = to_yaml(&value);
            let documents = read(&written);
            assert_eq!(
                documents.documents.first().map(|d| &d.value),
                Some(&value),
                "{text:?}\n{written}"
            );
        }
    }
}
