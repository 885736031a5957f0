//! What is wrong with a document, and where.

use std::fmt;

use super::Place;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Kubernetes takes the document, perhaps not as it was meant.
    Warning,
    /// Kubernetes refuses the document.
    Error,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What sort of finding it is.
    pub code: Code,
    /// What Kubernetes says, in its own words.
    pub message: String,
    /// Line in the text, from 1; 0 when there is none.
    pub line: u32,
    /// Column in characters, from 1; 0 when there is none.
    pub column: u32,
    /// Path of the field, e.g. `spec.containers[0].image`; empty for the whole document.
    pub path: String,
    /// What may help, in our words; empty when there is nothing to say.
    pub hint: String,
}

/// Sorts of findings, by the step of `kubectl apply` that meets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// The text is no YAML or JSON. kubectl: `error: error parsing FILE: MESSAGE`.
    Syntax,
    /// A key is given twice; the last one counts.
    DuplicateKey,
    /// The document is no object, or has no kind or apiVersion. kubectl: `error: error validating "FILE": MESSAGE; if ...`.
    NotAnObject,
    /// The metadata have a wrong type. kubectl: `error: unable to decode "FILE": MESSAGE`.
    Metadata,
    /// No such kind in this version. kubectl: `error: resource mapping not found for name: ... MESSAGE`.
    UnknownKind,
    /// A value that the API server cannot decode.
    WrongType,
    /// A field that the kind has not.
    UnknownField,
    /// Decoded, and refused by validation or admission.
    Invalid,
}

impl Diagnostic {
    /// An error with a place and no path.
    pub fn error(code: Code, message: impl Into<String>, place: Place) -> Self {
        let (path, hint) = (String::new(), String::new());
        let Place { line, column } = place;
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            line,
            column,
            path,
            hint,
        }
    }

    /// The same as a warning.
    pub fn as_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same with the path of the field.
    pub fn at_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The same with a hint.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{}:{}: {word}: {}", self.line, self.column, self.message)?;
        if self.hint.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.hint)
        }
    }
}
