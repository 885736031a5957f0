//! Where each value of a document stands in the text.

use crate::sim::btree::BTreeMap;

/// A place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// Line, from 1; 0 for none.
    pub line: u32,
    /// Column in characters, from 1; 0 for none.
    pub column: u32,
}

impl Place {
    /// The place with this line and column, both from 1.
    pub fn new(line: u32, column: u32) -> Self {
        Self { line, column }
    }
}

/// The places of a value, of the key before it, and of all that is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// Where the key stands; where the value stands for list items and whole documents.
    pub key: Place,
    /// Where the value stands.
    pub value: Place,
    /// The places inside the value.
    pub inside: Inside,
}

/// The places inside a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Inside {
    /// A scalar has none.
    #[default]
    Scalar,
    /// By key.
    Map(BTreeMap<String, Places>),
    /// By index.
    List(Vec<Places>),
}

impl Places {
    /// A scalar's, or those of an empty value.
    pub fn scalar(at: Place) -> Self {
        Self {
            key: at,
            value: at,
            inside: Inside::Scalar,
        }
    }

    /// A list's or map's.
    pub fn holding(at: Place, inside: Inside) -> Self {
        Self {
            key: at,
            value: at,
            inside,
        }
    }

    /// The lines on which the value and all that is in it begin.
    pub fn lines(&self) -> std::ops::RangeInclusive<u32> {
        let last = |places: &Self| *places.lines().end();
        let end = match &self.inside {
            Inside::Scalar => self.value.line,
            Inside::Map(map) => map.values().map(last).max().unwrap_or(self.value.line),
            Inside::List(items) => items.iter().map(last).max().unwrap_or(self.value.line),
        };
        self.key.line.min(self.value.line)..=end
    }

    /// The places of a map's value.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.inside {
            Inside::Map(map) => map.get(key),
            _ => None,
        }
    }

    /// The places of a list's item.
    pub fn item(&self, index: usize) -> Option<&Self> {
        match &self.inside {
            Inside::List(items) => items.get(index),
            _ => None,
        }
    }

    /// The places of the field at a path as Kubernetes writes it (`spec.containers[0].image`,
    /// `metadata.labels[app.kubernetes.io/name]`), or of the nearest field above that the text has.
    pub fn nearest(&self, path: &str) -> &Self {
        let mut at = self;
        let mut rest = path;
        while let Some((next, after)) = at.step(rest) {
            (at, rest) = (next, after);
        }
        at
    }

    /// One step along the path. Keys may have dots in them, so the shortest prefix that is a key counts.
    fn step<'a>(&self, path: &'a str) -> Option<(&Self, &'a str)> {
        let path = path.strip_prefix('.').unwrap_or(path);
        if let Some(inner) = path.strip_prefix('[') {
            let (name, rest) = inner.split_once(']')?;
            let next = match &self.inside {
                Inside::List(items) => items.get(name.parse::<usize>().ok()?),
                Inside::Map(map) => map.get(name.trim_matches('"')),
                Inside::Scalar => None,
            };
            return next.map(|next| (next, rest));
        }
        let ends = path
            .char_indices()
            .filter(|(_, c)| matches!(c, '.' | '['))
            .map(|(i, _)| i)
            .chain([path.len()]);
        ends.into_iter()
            .find_map(|end| self.get(&path[..end]).map(|next| (next, &path[end..])))
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;

    #[test]
    fn paths_lead_to_places() {
        let text =
            "kind: Pod\nmetadata:\n  labels:\n    a.b/c: x\nspec:\n  containers:\n  - name: web\n    image: nginx\n";
        let documents = read(text).documents;
        for (path, key, value) in [
            ("", (1, 1), (1, 1)),
            ("kind", (1, 1), (1, 7)),
            ("metadata.labels[a.b/c]", (4, 5), (4, 12)),
            ("metadata.labels.a.b/c", (4, 5), (4, 12)),
            ("spec.containers[0].image", (8, 5), (8, 12)),
            ("spec.containers[0].ports[1].name", (7, 5), (7, 5)),
            ("spec.containers[9]", (6, 3), (7, 3)),
            ("spec.nothing", (5, 1), (6, 3)),
            ("status.x[", (1, 1), (1, 1)),
        ] {
            let found = documents[0].places.nearest(path);
            let got = (
                (found.key.line, found.key.column),
                (found.value.line, found.value.column),
            );
            assert_eq!(got, (key, value), "{path}");
        }
    }
}
