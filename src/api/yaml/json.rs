//! Reads JSON with places. kubectl takes a stream of objects, one after the other, with nothing between them.

use crate::sim::btree::BTreeMap;

use serde_json::{Map, Number, Value};

use super::compose::{Composed, DEPTH_MAX};
use super::place::{Inside, Place, Places};

/// Reads the JSON object at the start of the text; gives how many bytes it took. None when it is no JSON.
pub(super) fn read_object(text: &str, start: Place) -> Option<(Composed, usize)> {
    let mut reader = Reader {
        text,
        at: 0,
        place: start,
        repeated: Vec::new(),
    };
    reader.skip_space();
    if reader.peek() != Some('{') {
        return None;
    }
    let (value, places) = reader.value(0)?;
    Some((
        Composed {
            value,
            places,
            repeated: reader.repeated,
        },
        reader.at,
    ))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    place: Place,
    repeated: Vec<(String, Place)>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        if c == '\n' {
            self.place = Place::new(self.place.line + 1, 1);
        } else {
            self.place.column += 1;
        }
        Some(c)
    }

    fn take(&mut self, wanted: char) -> Option<()> {
        (self.peek()? == wanted).then(|| self.bump()).map(|_| ())
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.bump();
        }
    }

    fn value(&mut self, depth: usize) -> Option<(Value, Places)> {
        if depth > DEPTH_MAX {
            return None;
        }
        let place = self.place;
        match self.peek()? {
            '{' => self.object(depth),
            '[' => self.array(depth),
            '"' => Some((Value::String(self.string()?), Places::scalar(place))),
            _ => Some((self.word()?, Places::scalar(place))),
        }
    }

    fn object(&mut self, depth: usize) -> Option<(Value, Places)> {
        let (start, mut values, mut inside) = (self.place, Map::new(), BTreeMap::new());
        self.take('{')?;
        self.skip_space();
        while self.peek()? != '}' {
            if !values.is_empty() {
                self.take(',')?;
                self.skip_space();
            }
            let at = self.place;
            let name = self.string()?;
            self.skip_space();
            self.take(':')?;
            self.skip_space();
            let (value, mut places) = self.value(depth + 1)?;
            places.key = at;
            if values.insert(name.clone(), value).is_some() {
                self.repeated.push((name.clone(), at));
            }
            inside.insert(name, places);
            self.skip_space();
        }
        self.bump();
        Some((Value::Object(values), Places::holding(start, Inside::Map(inside))))
    }

    fn array(&mut self, depth: usize) -> Option<(Value, Places)> {
        let (start, mut values, mut inside) = (self.place, Vec::new(), Vec::new());
        self.take('[')?;
        self.skip_space();
        while self.peek()? != ']' {
            if !values.is_empty() {
                self.take(',')?;
                self.skip_space();
            }
            let (value, places) = self.value(depth + 1)?;
            values.push(value);
            inside.push(places);
            self.skip_space();
        }
        self.bump();
        Some((Value::Array(values), Places::holding(start, Inside::List(inside))))
    }

    /// A string in quotes; its escapes are left to the JSON library.
    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.take('"')?;
        loop {
            match self.bump()? {
                '"' => break,
                '\\' => _ = self.bump()?,
                _ => {}
            }
        }
        serde_json::from_str(&self.text[start..self.at]).ok()
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Option<Value> {
        let start = self.at;
        while matches!(self.peek(), Some('a'..='z' | 'A'..='Z' | '0'..='9' | '+' | '-' | '.')) {
            self.bump();
        }
        let value: Value = serde_json::from_str(&self.text[start..self.at]).ok()?;
        let whole = value
            .as_f64()
            .filter(|f| value.is_f64() && f.fract() == 0.0 && f.abs() < 9e18);
        Some(match whole {
            Some(whole) => Value::Number(format!("{whole:.0}").parse::<i64>().map(Number::from).ok()?),
            None => value,
        })
    }
}
