//! What a scenario says of containers, in the runtime's terms.

use super::document::{Behaviour, ExitAfter, HttpOverride, MemoryUse};
use super::rates::parse_growth;
use crate::api::Str;
use crate::api::duration::parse_go_duration;
use crate::api::quantity::Quantity;
use crate::kubelet::runtime as behaviour;
use crate::kubelet::stock::BehaviourRule;
use crate::sim::Duration;

/// The rule of one entry. Texts that do not read were told by the reader; they count as not given.
pub(super) fn rule(entry: &Behaviour) -> BehaviourRule {
    let given = |text: &Str| (!text.is_empty()).then(|| text.clone());
    BehaviourRule {
        image: given(&entry.select.image),
        container: given(&entry.select.container),
        labels: entry
            .select
            .labels
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        behaviour: behaviour::Behaviour {
            pull: duration(&entry.pull),
            start: duration(&entry.start),
            http: entry.http.iter().map(http).collect(),
            exit: entry.exit.as_ref().map(exit),
            memory: entry.memory.as_ref().map(memory),
            latency: duration(&entry.latency),
            cpu: duration(&entry.cpu),
            calls: entry.calls.clone(),
        },
    }
}

fn duration(text: &Str) -> Option<Duration> {
    let ns = parse_go_duration(text).ok()?;
    u64::try_from(ns).ok().map(Duration)
}

fn http(entry: &HttpOverride) -> behaviour::HttpOverride {
    behaviour::HttpOverride {
        path: entry.path.clone(),
        status: u16::try_from(entry.status).unwrap_or(500),
        after: duration(&entry.after).unwrap_or_default(),
        lasts: duration(&entry.lasts),
    }
}

fn exit(entry: &ExitAfter) -> behaviour::ExitAfter {
    behaviour::ExitAfter {
        after: duration(&entry.after).unwrap_or_default(),
        code: entry.code,
        reason: entry.reason.clone(),
    }
}

fn memory(entry: &MemoryUse) -> behaviour::MemoryUse {
    let bytes = Quantity::parse(entry.from.trim()).map_or(0, |quantity| quantity.value());
    behaviour::MemoryUse {
        from_bytes: u64::try_from(bytes).unwrap_or_default(),
        growth_bytes_per_s: parse_growth(&entry.growth).unwrap_or_default(),
    }
}
