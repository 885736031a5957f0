//! The tokens of YAML.

use super::cursor::Mark;

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A line that begins with `%`.
    Directive,
    DocumentStart,
    DocumentEnd,
    StreamEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    /// `-` before an item.
    BlockEntry,
    /// `,` between items.
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    /// A tag, `!!` written out.
    Tag(String),
    /// A scalar; true for one without quotes.
    Scalar(String, bool),
}

/// A token and where it begins and ends.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: Mark,
    pub(super) end: Mark,
}
