//! YAML and JSON documents with places: reading as kubectl reads, writing as kubectl writes.
//!
//! [`read`] never fails as a whole: a broken document becomes a [`Diagnostic`], the others are read.

mod compose;
mod cursor;
mod diagnostic;
mod json;
mod list;
mod map;
mod node;
mod order;
mod place;
mod problem;
mod scalar;
mod scan_name;
mod scan_scalar;
mod scanner;
mod split;
mod style;
mod token;
mod write;

use serde_json::Value;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use place::{Inside, Place, Places};
pub use write::to_yaml;

use compose::Composed;
use split::Chunk;

/// One object of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The object, as JSON has it. Not always a map: what is none is refused by the checks.
    pub value: Value,
    /// Where each of its values stands.
    pub places: Places,
}

/// What a text holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Documents {
    /// The objects in order; empty documents are left out and lists are opened.
    pub documents: Vec<Document>,
    /// What could not be read, and keys given twice.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a text of YAML documents or JSON objects.
///
/// Models k8s.io/apimachinery/pkg/util/yaml YAMLOrJSONDecoder
pub fn read(text: &str) -> Documents {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut found = Documents::default();
    let rest = read_json_stream(&text, &mut found);
    for chunk in split::chunks(rest.0, rest.1) {
        read_chunk(&chunk, &mut found);
    }
    found
}

impl Documents {
    fn add(&mut self, composed: Composed) {
        for (name, place) in composed.repeated {
            let message = format!("key {name:?} already set in map");
            let warning = Diagnostic::error(Code::DuplicateKey, message, place).as_warning();
            self.diagnostics
                .push(warning.with_hint("kubectl keeps the last value of a key and drops the others"));
        }
        let document = Document {
            value: composed.value,
            places: composed.places,
        };
        match list::open(document) {
            Ok(documents) => self.documents.extend(documents),
            Err(problem) => self.diagnostics.push(problem),
        }
    }
}

/// Reads JSON objects for as long as there are any; gives the rest of the text and the line it begins at.
fn read_json_stream<'a>(text: &'a str, found: &mut Documents) -> (&'a str, u32) {
    let (mut rest, mut line) = (text, 1);
    while let Some((composed, length)) = json::read_object(rest, Place::new(line, 1)) {
        let after = &rest[length..];
        let (gap, ends_line) = match after.find(|c: char| !c.is_whitespace() || c == '\n') {
            Some(at) if after.as_bytes()[at] == b'\n' => (at + 1, true),
            Some(at) => (at, after[at..].starts_with('{')),
            None => (after.len(), true),
        };
        // `{...} # comment` is one line of YAML, not an object and a rest.
        if !ends_line {
            break;
        }
        found.add(composed);
        line += u32::try_from(rest[..length + gap].matches('\n').count()).unwrap_or(0);
        rest = &after[gap..];
    }
    (rest, line)
}

fn read_chunk(chunk: &Chunk<'_>, found: &mut Documents) {
    if let Some(words) = chunk.bad_separator {
        let message = format!("invalid Yaml document separator: {words}");
        found.diagnostics.push(Diagnostic::error(
            Code::Syntax,
            message,
            Place::new(chunk.first_line, 1),
        ));
    }
    let read = match split::unprintable(chunk) {
        Some(problem) => Err(problem),
        None => compose::compose(chunk.text, chunk.first_line),
    };
    match read {
        Ok(Some(composed)) if !composed.value.is_null() => found.add(composed),
        Ok(_) => {}
        Err(problem) => {
            let message = format!("error converting YAML to JSON: {}", problem.message);
            found
                .diagnostics
                .push(Diagnostic::error(Code::Syntax, message, problem.place));
        }
    }
}

#[cfg(test)]
mod tests;

/// What JSON calls the type of a value, as error messages of the decoder name it.
pub(crate) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
