//! The versions of each object of a recording.

use crate::sim::btree::BTreeMap;

use serde_json::Value;

/// The versions of one object over time; of several in a row where its name was used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    pub(super) kind: String,
    pub(super) name: String,
    /// What the name was generated from; empty for names that were given.
    pub(super) prefix: String,
    /// When, in milliseconds since the start, and the object; none when it was gone.
    pub(super) versions: Vec<(i64, Option<Value>)>,
}

/// Whether a name is random after its prefix: the pods of a StatefulSet have a prefix too, and an ordinal.
fn is_random(name: &str, prefix: &str) -> bool {
    const SUFFIX: usize = 5;
    name.strip_prefix(prefix).is_some_and(|suffix| suffix.len() == SUFFIX)
}

/// All objects of a namespace, in the order in which they were first seen.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    pub(super) tracks: Vec<Track>,
    by_name: BTreeMap<(String, String), usize>,
}

impl History {
    /// The track of an object; a new one at first sight.
    fn track(&mut self, kind: &str, name: &str) -> &mut Track {
        let next = self.tracks.len();
        let index = *self.by_name.entry((kind.to_owned(), name.to_owned())).or_insert(next);
        if index == next {
            self.tracks.push(Track {
                kind: kind.to_owned(),
                name: name.to_owned(),
                ..Track::default()
            });
        }
        &mut self.tracks[index]
    }

    /// Adds a version of an object; none when it is gone.
    pub(super) fn add(&mut self, at: i64, kind: &str, name: &str, object: Option<Value>) {
        let track = self.track(kind, name);
        if let Some(prefix) = object
            .as_ref()
            .and_then(|object| object["metadata"]["generateName"].as_str())
            .filter(|prefix| is_random(name, prefix))
        {
            prefix.clone_into(&mut track.prefix);
        }
        track.versions.push((at, object));
    }

    /// The latest version of an object.
    pub(super) fn latest(&self, kind: &str, name: &str) -> Option<Value> {
        let index = self.by_name.get(&(kind.to_owned(), name.to_owned()))?;
        self.tracks[*index].versions.last()?.1.clone()
    }

    /// Generated names, and what they were generated from.
    pub(super) fn generated(&self) -> impl Iterator<Item = (&str, &str)> {
        let generated = self
            .tracks
            .iter()
            .filter(|track| !track.prefix.is_empty() && track.kind != "Event");
        generated.map(|track| (track.name.as_str(), track.prefix.as_str()))
    }

    /// The names of the objects of a kind that were generated from `prefix`, in the order of their creation.
    pub(super) fn names_from<'a>(&'a self, kind: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let same = self
            .tracks
            .iter()
            .filter(move |track| track.kind == kind && track.prefix == prefix);
        same.map(|track| track.name.as_str())
    }
}
