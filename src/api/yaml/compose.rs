//! Builds a value with its places from the tokens of a document.
// Models go.yaml.in/yaml/v2 parserc.go and decode.go

use crate::sim::btree::BTreeMap;

use serde_json::Value;

use super::cursor::Mark;
use super::map::Entries;
use super::node::Node;
use super::place::{Inside, Place, Places};
use super::problem::{Fault, Problem, place_of};
use super::scalar;
use super::scanner::Scanner;
use super::token::{Kind, Token};

/// Deepest nesting that is read. Kubernetes objects have about 20 levels.
pub(super) const DEPTH_MAX: usize = 100;

/// Most values that aliases may make of one document.
const NODES_MAX: usize = 400_000;

/// What the tags of YAML itself begin with.
pub(super) const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// A value, its places and the keys given twice.
#[derive(Debug, Default)]
pub(super) struct Composed {
    pub(super) value: Value,
    pub(super) places: Places,
    pub(super) repeated: Vec<(String, Place)>,
}

/// Reads the first YAML document of the text; none when there is only white space and comments.
///
/// `first_line` is the line of the whole text at which this text begins.
pub(super) fn compose(text: &str, first_line: u32) -> Result<Option<Composed>, Problem> {
    let scanner = Scanner::new(text);
    let anchors = BTreeMap::new();
    let mut composer = Composer {
        scanner,
        first_line,
        anchors,
        nodes: 0,
        depth: 0,
        repeated: Vec::new(),
    };
    let node = composer.document().map_err(|fault| fault.in_text(first_line))?;
    let repeated = composer.repeated;
    Ok(node.map(|node| Composed {
        value: node.value,
        places: node.places,
        repeated,
    }))
}

struct Composer {
    scanner: Scanner,
    first_line: u32,
    /// Values by anchor; none while the value is being read.
    anchors: BTreeMap<String, Option<Node>>,
    nodes: usize,
    depth: usize,
    repeated: Vec<(String, Place)>,
}

/// Where a node may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    /// In brackets.
    Flow,
    Block,
    /// In a block, where a list may stand at the indentation of the map around it.
    Indentless,
}

impl Composer {
    fn document(&mut self) -> Result<Option<Node>, Fault> {
        while self.at(&[Kind::DocumentEnd])? {
            self.scanner.next()?;
        }
        let token = self.scanner.peek()?.clone();
        match token.kind {
            Kind::StreamEnd => return Ok(None),
            Kind::Directive => return Err(Fault::parsing("did not find expected <document start>", token.start)),
            _ => {}
        }
        self.take(&Kind::DocumentStart)?;
        if self.at(&[Kind::Directive, Kind::DocumentStart, Kind::DocumentEnd, Kind::StreamEnd])? {
            return Ok(None);
        }
        let node = self.node(Context::Block)?;
        // What follows the value is not looked at, but it must be a token.
        self.scanner.peek()?;
        Ok(Some(node))
    }

    /// Whether the next token is one of these.
    fn at(&mut self, kinds: &[Kind]) -> Result<bool, Fault> {
        Ok(kinds.contains(&self.scanner.peek()?.kind))
    }

    /// Takes the next token when it is this one.
    fn take(&mut self, kind: &Kind) -> Result<Option<Token>, Fault> {
        if self.scanner.peek()?.kind == *kind {
            self.scanner.next().map(Some)
        } else {
            Ok(None)
        }
    }

    fn place(&self, mark: Mark) -> Place {
        place_of(mark, self.first_line)
    }

    fn leaf(&self, value: Value, mark: Mark) -> Node {
        Node {
            value,
            places: Places::scalar(self.place(mark)),
            mark,
            size: 1,
            merge: false,
        }
    }

    fn node(&mut self, context: Context) -> Result<Node, Fault> {
        self.depth += 1;
        self.nodes += 1;
        if self.depth > DEPTH_MAX {
            let mark = self.scanner.peek()?.start;
            return Err(Fault::meaning(format!("yaml: exceeded max depth of {DEPTH_MAX}"), mark));
        }
        let node = self.node_with_properties(context);
        self.depth -= 1;
        node
    }

    /// Reads an alias, or a value with its anchor and tag.
    fn node_with_properties(&mut self, context: Context) -> Result<Node, Fault> {
        let (mut anchor, mut tag, mut after) = (None, None, None);
        loop {
            match &self.scanner.peek()?.kind {
                Kind::Alias(_) if after.is_none() => return self.alias(),
                Kind::Anchor(_) if anchor.is_none() => {}
                Kind::Tag(_) if tag.is_none() => {}
                _ => break,
            }
            let token = self.scanner.next()?;
            after = Some(token.end);
            match token.kind {
                Kind::Anchor(name) => anchor = Some(name),
                Kind::Tag(name) => tag = Some(name),
                _ => {}
            }
        }
        let Some(name) = anchor else {
            return self.content(context, tag.as_deref(), after);
        };
        self.anchors.insert(name.clone(), None);
        let node = self.content(context, tag.as_deref(), after)?;
        self.anchors.insert(name, Some(node.clone()));
        Ok(node)
    }

    /// Reads a value. After an anchor or a tag, which end at `after`, there may be none.
    fn content(&mut self, context: Context, tag: Option<&str>, after: Option<Mark>) -> Result<Node, Fault> {
        let token = self.scanner.peek()?;
        let (start, block) = (token.start, context != Context::Flow);
        match (&token.kind, after) {
            (Kind::BlockEntry, _) if context == Context::Indentless => self.indentless_list(start),
            (Kind::FlowSequenceStart, _) => self.flow_list(start),
            (Kind::FlowMappingStart, _) => self.flow_map(start),
            (Kind::BlockSequenceStart, _) if block => self.block_list(start),
            (Kind::BlockMappingStart, _) if block => self.block_map(start),
            (Kind::Scalar(..), _) => match self.scanner.next()?.kind {
                Kind::Scalar(text, plain) => self.scalar(&text, plain, tag, start),
                _ => Err(Fault::parsing("did not find expected node content", start)),
            },
            (_, Some(mark)) => self.scalar("", true, tag, mark),
            (_, None) => Err(Fault::parsing("did not find expected node content", start)),
        }
    }

    fn scalar(&self, text: &str, plain: bool, tag: Option<&str>, mark: Mark) -> Result<Node, Fault> {
        let yaml_tag = tag.and_then(|tag| tag.strip_prefix(YAML_TAGS));
        let value = match yaml_tag {
            Some("str" | "timestamp") => Ok(Value::String(text.to_owned())),
            Some(tag) => scalar::resolve_tagged(text, tag),
            None if plain && tag.is_none() => scalar::resolve(text),
            None => Ok(Value::String(text.to_owned())),
        };
        let value = value.map_err(|message| Fault::meaning(message, mark))?;
        let merge = plain && text == "<<" && tag.is_none();
        Ok(Node {
            merge,
            ..self.leaf(value, mark)
        })
    }

    /// A copy of the anchor's value.
    fn alias(&mut self) -> Result<Node, Fault> {
        let Token { kind, start: mark, .. } = self.scanner.next()?;
        let Kind::Alias(name) = kind else {
            return Err(Fault::parsing("did not find expected node content", mark));
        };
        let mut node = match self.anchors.get(&name) {
            None => {
                return Err(Fault::meaning(
                    format!("yaml: unknown anchor '{name}' referenced"),
                    mark,
                ));
            }
            Some(None) => {
                return Err(Fault::meaning(
                    format!("yaml: anchor '{name}' value contains itself"),
                    mark,
                ));
            }
            Some(Some(node)) => node.clone(),
        };
        self.nodes = self.nodes.saturating_add(node.size);
        if self.nodes > NODES_MAX {
            return Err(Fault::meaning("yaml: document contains excessive aliasing", mark));
        }
        node.merge = false;
        (node.places.key, node.places.value) = (self.place(mark), self.place(mark));
        Ok(node)
    }

    fn list(&self, items: Vec<Node>, mark: Mark) -> Node {
        let size = 1 + items.iter().map(|item| item.size).sum::<usize>();
        let (values, places) = items.into_iter().map(|item| (item.value, item.places)).unzip();
        let places = Places::holding(self.place(mark), Inside::List(places));
        Node {
            value: Value::Array(values),
            places,
            mark,
            size,
            merge: false,
        }
    }

    fn map(&mut self, entries: Entries, mark: Mark) -> Node {
        self.repeated.extend(entries.repeated);
        let places = Places::holding(self.place(mark), Inside::Map(entries.places));
        Node {
            value: Value::Object(entries.values),
            places,
            mark,
            size: entries.size + 1,
            merge: false,
        }
    }

    /// Reads a value, or nothing before one of these tokens.
    fn optional(&mut self, context: Context, before: &[Kind], mark: Mark) -> Result<Node, Fault> {
        if self.at(before)? {
            Ok(self.leaf(Value::Null, mark))
        } else {
            self.node(context)
        }
    }

    fn block_list(&mut self, start: Mark) -> Result<Node, Fault> {
        self.scanner.next()?;
        let mut items = Vec::new();
        while let Some(entry) = self.take(&Kind::BlockEntry)? {
            items.push(self.optional(Context::Block, &[Kind::BlockEntry, Kind::BlockEnd], entry.end)?);
        }
        self.expect_block_end("did not find expected '-' indicator")?;
        Ok(self.list(items, start))
    }

    fn expect_block_end(&mut self, words: &str) -> Result<(), Fault> {
        let token = self.scanner.next()?;
        if token.kind == Kind::BlockEnd {
            Ok(())
        } else {
            Err(Fault::parsing(words, token.start))
        }
    }

    fn indentless_list(&mut self, start: Mark) -> Result<Node, Fault> {
        let mut items = Vec::new();
        while let Some(entry) = self.take(&Kind::BlockEntry)? {
            let before = [Kind::BlockEntry, Kind::Key, Kind::Value, Kind::BlockEnd];
            items.push(self.optional(Context::Block, &before, entry.end)?);
        }
        Ok(self.list(items, start))
    }

    fn block_map(&mut self, start: Mark) -> Result<Node, Fault> {
        self.scanner.next()?;
        let mut entries = Entries::default();
        let before = [Kind::Key, Kind::Value, Kind::BlockEnd];
        while let Some(token) = self.take(&Kind::Key)? {
            let key = self.optional(Context::Indentless, &before, token.end)?;
            let value = match self.take(&Kind::Value)? {
                Some(token) => self.optional(Context::Indentless, &before, token.end)?,
                None => self.leaf(Value::Null, key.mark),
            };
            entries.add(key, value)?;
        }
        self.expect_block_end("did not find expected key")?;
        Ok(self.map(entries, start))
    }

    /// Goes past the comma between items; true at the end of the collection.
    fn flow_ends(&mut self, end: &Kind, first: bool, words: &str) -> Result<bool, Fault> {
        if !first && self.scanner.peek()?.kind != *end {
            let token = self.scanner.next()?;
            if token.kind != Kind::FlowEntry {
                return Err(Fault::parsing(words, token.start));
            }
        }
        Ok(self.take(end)?.is_some())
    }

    fn flow_list(&mut self, start: Mark) -> Result<Node, Fault> {
        self.scanner.next()?;
        let mut items = Vec::new();
        while !self.flow_ends(
            &Kind::FlowSequenceEnd,
            items.is_empty(),
            "did not find expected ',' or ']'",
        )? {
            let item = match self.take(&Kind::Key)? {
                Some(token) => {
                    let mut entries = Entries::default();
                    self.flow_entry(&mut entries, &Kind::FlowSequenceEnd, token.end)?;
                    self.map(entries, token.start)
                }
                None => self.node(Context::Flow)?,
            };
            items.push(item);
        }
        Ok(self.list(items, start))
    }

    fn flow_map(&mut self, start: Mark) -> Result<Node, Fault> {
        self.scanner.next()?;
        let (mut entries, mut first) = (Entries::default(), true);
        while !self.flow_ends(&Kind::FlowMappingEnd, first, "did not find expected ',' or '}'")? {
            first = false;
            match self.take(&Kind::Key)? {
                Some(token) => self.flow_entry(&mut entries, &Kind::FlowMappingEnd, token.end)?,
                None => {
                    let key = self.node(Context::Flow)?;
                    let value = self.leaf(Value::Null, key.mark);
                    entries.add(key, value)?;
                }
            }
        }
        Ok(self.map(entries, start))
    }

    /// Reads a key and its value in brackets that end with this token.
    fn flow_entry(&mut self, entries: &mut Entries, end: &Kind, mark: Mark) -> Result<(), Fault> {
        let key = self.optional(Context::Flow, &[Kind::Value, Kind::FlowEntry, end.clone()], mark)?;
        let value = match self.take(&Kind::Value)? {
            Some(token) => self.optional(Context::Flow, &[Kind::FlowEntry, end.clone()], token.end)?,
            None => self.leaf(Value::Null, key.mark),
        };
        entries.add(key, value)
    }
}
