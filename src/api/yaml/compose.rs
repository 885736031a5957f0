//! Builds a value with its places from the events of the YAML parser.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Value};

use super::place::{Inside, Place, Places};
use super::problem::{Problem, name_at};
use super::scalar;

/// Deepest nesting that is read. Kubernetes objects have about 20 levels.
pub(super) const DEPTH_MAX: usize = 256;

/// Most values that aliases may make of one document.
const NODES_MAX: usize = 400_000;

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
    let parser = Parser::new_from_str(text);
    let mut composer = Composer {
        text,
        parser,
        first_line,
        anchors: BTreeMap::new(),
        nodes: 0,
        repeated: Vec::new(),
    };
    loop {
        let (event, span) = composer.next()?;
        match event {
            Event::StreamEnd => return Ok(None),
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            event => {
                let node = composer.node(event, span, 0)?;
                return Ok(Some(Composed {
                    value: node.value,
                    places: node.places,
                    repeated: composer.repeated,
                }));
            }
        }
    }
}

struct Composer<'a> {
    text: &'a str,
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    first_line: u32,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    repeated: Vec<(String, Place)>,
}

#[derive(Clone)]
struct Node {
    value: Value,
    places: Places,
    /// How many values it holds, itself included.
    size: usize,
    /// It is the word `<<`, which merges other maps as a key.
    merge: bool,
}

impl Node {
    fn new(value: Value, places: Places) -> Self {
        Self {
            value,
            places,
            size: 1,
            merge: false,
        }
    }
}

impl<'a> Composer<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Problem> {
        match self.parser.next_event() {
            Some(Ok(found)) => Ok(found),
            Some(Err(error)) => Err(Problem::of_parser(&error, self.text, self.first_line)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn place(&self, span: &Span) -> Place {
        super::problem::place_of(&span.start, self.first_line)
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Problem> {
        let place = self.place(&span);
        if depth > DEPTH_MAX {
            return Err(Problem::new(format!("yaml: exceeded max depth of {DEPTH_MAX}"), place));
        }
        self.nodes += 1;
        let (node, anchor) = match event {
            Event::Alias(anchor) => return self.alias(anchor, &span),
            Event::Scalar(text, style, anchor, tag) => (scalar_node(&text, style, tag.as_deref(), place)?, anchor),
            Event::SequenceStart(anchor, _) => (self.sequence(place, depth)?, anchor),
            Event::MappingStart(anchor, _) => (self.mapping(place, depth)?, anchor),
            _ => return Err(Problem::new("yaml: did not find expected node content", place)),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// A copy of the anchor's value. Models go.yaml.in/yaml/v2 decoder.alias
    fn alias(&mut self, anchor: usize, span: &Span) -> Result<Node, Problem> {
        let place = self.place(span);
        let Some(mut node) = self.anchors.get(&anchor).cloned() else {
            let name = name_at(self.text, &span.start);
            return Err(Problem::new(
                format!("yaml: anchor '{name}' value contains itself"),
                place,
            ));
        };
        self.nodes = self.nodes.saturating_add(node.size);
        if self.nodes > NODES_MAX {
            return Err(Problem::new("yaml: document contains excessive aliasing", place));
        }
        node.merge = false;
        (node.places.key, node.places.value) = (place, place);
        Ok(node)
    }

    fn sequence(&mut self, place: Place, depth: usize) -> Result<Node, Problem> {
        let (mut values, mut places, mut size) = (Vec::new(), Vec::new(), 1);
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                let places = Places::holding(place, Inside::List(places));
                return Ok(Node {
                    size,
                    ..Node::new(Value::Array(values), places)
                });
            }
            let item = self.node(event, span, depth + 1)?;
            size += item.size;
            values.push(item.value);
            places.push(item.places);
        }
    }

    fn mapping(&mut self, place: Place, depth: usize) -> Result<Node, Problem> {
        let (mut values, mut places, mut size) = (Map::new(), BTreeMap::new(), 1);
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                let places = Places::holding(place, Inside::Map(places));
                return Ok(Node {
                    size,
                    ..Node::new(Value::Object(values), places)
                });
            }
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let mut value = self.node(event, span, depth + 1)?;
            size += value.size;
            if key.merge {
                merge(value, &mut values, &mut places)?;
                continue;
            }
            let at = key.places.value;
            let name = key_text(&key.value).map_err(|message| Problem::new(message, at))?;
            value.places.key = at;
            if values.insert(name.clone(), value.value).is_some() {
                self.repeated.push((name.clone(), at));
            }
            places.insert(name, value.places);
        }
    }
}

/// Puts the entries of the map (or of each map of the list, the first one last) into the map that is being read.
///
/// Models go.yaml.in/yaml/v2 decoder.merge
fn merge(from: Node, values: &mut Map<String, Value>, places: &mut BTreeMap<String, Places>) -> Result<(), Problem> {
    match (from.value, from.places.inside) {
        (Value::Object(map), Inside::Map(at)) => {
            values.extend(map);
            places.extend(at);
            Ok(())
        }
        (Value::Array(maps), Inside::List(at)) if maps.iter().all(Value::is_object) => {
            for (value, places_of_map) in maps.into_iter().zip(at).rev() {
                merge(Node::new(value, places_of_map), values, places)?;
            }
            Ok(())
        }
        _ => {
            let message = "yaml: map merge requires map or sequence of maps as the value";
            Err(Problem::new(message, from.places.value))
        }
    }
}

fn scalar_node(text: &str, style: ScalarStyle, tag: Option<&Tag>, place: Place) -> Result<Node, Problem> {
    let plain = style == ScalarStyle::Plain;
    let tag = tag.filter(|t| t.is_yaml_core_schema()).map(|t| t.suffix.as_str());
    let value = match tag {
        None if plain => scalar::resolve(text),
        None | Some("str" | "timestamp") => Ok(Value::String(text.to_owned())),
        Some(tag) => scalar::resolve_tagged(text, tag),
    };
    let value = value.map_err(|message| Problem::new(message, place))?;
    let merge = plain && tag.is_none() && text == "<<";
    Ok(Node {
        merge,
        ..Node::new(value, Places::scalar(place))
    })
}

/// A map's key as JSON has it. Models sigs.k8s.io/yaml convertToJSONableObject
fn key_text(key: &Value) -> Result<String, String> {
    match key {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null => Err("unsupported map key of type: %!s(<nil>), key: <nil>".to_owned()),
        Value::Array(_) | Value::Object(_) => Err(format!("yaml: invalid map key: {}", go_syntax(key))),
    }
}

/// A value as Go's `%#v` prints it.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Object(map) => {
            let entries = map.iter().map(|(k, v)| format!("{k:?}:{}", go_syntax(v)));
            format!(
                "map[interface {{}}]interface {{}}{{{}}}",
                entries.collect::<Vec<_>>().join(", ")
            )
        }
        Value::Array(list) => {
            let items: Vec<_> = list.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        scalar => scalar.to_string(),
    }
}
