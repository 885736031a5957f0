//! The pods that affinity terms mean, by the namespaces as they are now.

use crate::sim::btree::BTreeSet;

use crate::api::Str;
use crate::api::core::Namespace;
use crate::api::labels::{Labels, Selector};
use crate::apiserver::ApiServer;
use crate::scheduler::cache::{AffinityTerm, Counted, PodCounts};
use crate::scheduler::framework::Handle;

/// The term with all its namespaces by name, as they are now.
// Models interpodaffinity mergeAffinityTermNamespacesIfNotEmpty. An empty selector means every namespace and stays.
pub(super) fn by_name(api: &ApiServer, term: &AffinityTerm) -> AffinityTerm {
    let mut term = term.clone();
    if !term.namespace_selector.is_everything() {
        let namespaces = api.list::<Namespace>(None);
        let meant = namespaces.filter(|namespace| term.namespace_selector.matches(&namespace.meta.labels));
        term.namespaces
            .extend(meant.map(|namespace| namespace.meta.name.clone()));
        term.namespace_selector = Selector::Nothing;
    }
    term
}

/// The labels of a namespace; none where it is not known.
// Models interpodaffinity GetNamespaceLabelsSnapshot.
pub(super) fn labels_of(api: &ApiServer, namespace: &str) -> Labels {
    api.get::<Namespace>("", namespace)
        .map(|namespace| (*namespace.meta.labels).clone())
        .unwrap_or_default()
}

/// Pods in some namespaces, or in all.
#[derive(Clone)]
pub(super) struct Meant {
    counts: Vec<PodCounts>,
}

impl Meant {
    /// The pods that every one of the terms means; the terms have their namespaces by name.
    pub(super) fn by_all(handle: &mut Handle<'_>, terms: &[&AffinityTerm]) -> Self {
        let mut requirements = Vec::new();
        let mut namespaces: Option<BTreeSet<Str>> = None;
        for term in terms {
            if term.selector == Selector::Nothing {
                return Self { counts: Vec::new() };
            }
            requirements.extend(term.selector.requirements().iter().cloned());
            if !term.namespace_selector.is_everything() {
                namespaces = Some(match namespaces {
                    Some(before) => before.intersection(&term.namespaces).cloned().collect(),
                    None => term.namespaces.clone(),
                });
            }
        }
        let selector = Selector::new(requirements);
        let mut count = |namespace| {
            handle.cache.counts(&Counted {
                namespace,
                selector: selector.clone(),
                live_only: false,
            })
        };
        let counts = match namespaces {
            Some(namespaces) => namespaces.into_iter().map(|namespace| count(Some(namespace))).collect(),
            None => vec![count(None)],
        };
        Self { counts }
    }

    /// How many of them are on a node.
    pub(super) fn on(&self, node: u32) -> i64 {
        self.counts
            .iter()
            .filter_map(|counts| counts.get(node as usize))
            .map(|count| i64::from(*count))
            .sum()
    }
}
