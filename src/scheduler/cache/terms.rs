//! Affinity terms of pods, ready to match.

use crate::sim::btree::BTreeSet;

use crate::api::Str;
use crate::api::core::{Pod, PodAffinityTerm, WeightedPodAffinityTerm};
use crate::api::labels::{Labels, Selector};

/// Pods near which, or away from which, a pod wants to be.
// Models k8s.io/kube-scheduler/framework AffinityTerm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AffinityTerm {
    /// The namespaces meant by name.
    pub namespaces: BTreeSet<Str>,
    /// The namespaces meant by their labels.
    pub namespace_selector: Selector,
    /// The pods meant.
    pub selector: Selector,
    /// The node label whose values are the places.
    pub topology_key: Str,
}

/// All terms of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// What must be near.
    pub required: Vec<AffinityTerm>,
    /// What must not be near.
    pub required_anti: Vec<AffinityTerm>,
    /// What should be near, with weights.
    pub preferred: Vec<(AffinityTerm, i64)>,
    /// What should not be near, with weights.
    pub preferred_anti: Vec<(AffinityTerm, i64)>,
    /// Why terms cannot be read; validation keeps such pods out.
    pub broken: Option<String>,
}

impl AffinityTerm {
    // Models k8s.io/kube-scheduler/framework newAffinityTerm.
    fn new(pod: &Pod, term: &PodAffinityTerm) -> Result<Self, String> {
        let mut namespaces: BTreeSet<Str> = term.namespaces.iter().cloned().collect();
        if namespaces.is_empty() && term.namespace_selector.is_none() {
            namespaces.insert(pod.meta.namespace.clone());
        }
        Ok(Self {
            namespaces,
            namespace_selector: Selector::from_label_selector(term.namespace_selector.as_ref())?,
            selector: Selector::from_label_selector(term.label_selector.as_ref())?,
            topology_key: term.topology_key.clone(),
        })
    }

    /// Whether the term means `pod`, whose namespace has these labels.
    #[must_use]
    pub fn matches(&self, pod: &Pod, namespace_labels: &Labels) -> bool {
        (self.namespaces.contains(&pod.meta.namespace) || self.namespace_selector.matches(namespace_labels))
            && self.selector.matches(&pod.meta.labels)
    }
}

impl Terms {
    /// The terms of `pod`; none where it has none.
    // Models pkg/scheduler/framework/types.go PodInfo.Update.
    #[must_use]
    pub fn of(pod: &Pod) -> Option<Self> {
        let affinity = pod.spec.affinity.as_ref()?;
        let hard = |terms: &[PodAffinityTerm]| terms.iter().map(|term| AffinityTerm::new(pod, term)).collect();
        let soft = |terms: &[WeightedPodAffinityTerm]| {
            let weighted = |term: &WeightedPodAffinityTerm| {
                Ok((AffinityTerm::new(pod, &term.pod_affinity_term)?, i64::from(term.weight)))
            };
            terms.iter().map(weighted).collect()
        };
        let (mut terms, mut broken) = (Self::default(), Vec::new());
        if let Some(near) = &affinity.pod_affinity {
            terms.required = keep(hard(&near.required), "requiredAffinityTerms", &mut broken);
            terms.preferred = keep(soft(&near.preferred), "preferredAffinityTerms", &mut broken);
        }
        if let Some(away) = &affinity.pod_anti_affinity {
            terms.required_anti = keep(hard(&away.required), "requiredAntiAffinityTerms", &mut broken);
            terms.preferred_anti = keep(soft(&away.preferred), "preferredAntiAffinityTerms", &mut broken);
        }
        terms.broken = match broken.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(format!("[{}]", several.join(", "))),
        };
        (terms != Self::default()).then_some(terms)
    }
}

/// The terms, or none and the reason among those that are broken.
fn keep<T>(terms: Result<Vec<T>, String>, what: &str, broken: &mut Vec<String>) -> Vec<T> {
    terms.unwrap_or_else(|why| {
        broken.push(format!("{what}: {why}"));
        Vec::new()
    })
}
