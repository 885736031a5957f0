//! Requests that were sent, with the way of each, in the reader's language.

use super::Glass;
use crate::apiserver::Key;
use crate::cluster::Trip;
use crate::network::HopKind;
use crate::view::Language;
use crate::view::hops::hop_words;

/// A request that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRow {
    /// Never used twice.
    pub id: u64,
    /// When, nanoseconds since the start.
    pub at_ns: u64,
    /// Method, address and sender, as in `GET http://web/`.
    pub what: String,
    /// The HTTP status; zero where there was no answer.
    pub status: u16,
    /// Why there was no answer, in curl's words; else empty.
    pub error: String,
    /// Each place on the way and why the request went there.
    pub hops: Vec<(String, String)>,
}

impl Glass<'_> {
    /// The latest requests that came by a Service or an Ingress (kind and name), or all; the latest first.
    #[must_use]
    pub fn sent(self, by: Option<(&str, &Key)>, language: Language, limit: usize) -> Vec<SentRow> {
        let trips = self
            .0
            .requests()
            .rev()
            .filter(|trip| by.is_none_or(|by| passed(trip, by)));
        trips.take(limit).map(|trip| row(trip, language)).collect()
    }
}

fn passed(trip: &Trip, (kind, key): (&str, &Key)) -> bool {
    let is_there = |hop: &crate::network::Hop| {
        hop.kind.name() == kind && hop.name == key.name && (hop.namespace == key.namespace || hop.kind == HopKind::Node)
    };
    trip.hops.iter().any(is_there)
}

fn row(trip: &Trip, language: Language) -> SentRow {
    let hop = |hop: &crate::network::Hop| {
        let place = match (hop.kind, language) {
            (HopKind::Internet, Language::English) => "Internet".to_owned(),
            (HopKind::Internet, Language::Chinese) => "互联网".to_owned(),
            (kind, _) => format!("{} {}", kind.name(), hop.name).trim_end().to_owned(),
        };
        (place, hop_words(language, &hop.rule))
    };
    SentRow {
        id: trip.id,
        at_ns: trip.at.0,
        what: format!("{} {}", trip.method, trip.url),
        status: trip.result.as_ref().copied().unwrap_or(0),
        error: trip.result.as_ref().err().map(ToString::to_string).unwrap_or_default(),
        hops: trip.hops.iter().map(hop).collect(),
    }
}
