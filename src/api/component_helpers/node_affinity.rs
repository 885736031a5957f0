//! Node selectors and node affinity, ready to match.

use crate::api::Str;
use crate::api::core::{Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod, PreferredSchedulingTerm};
use crate::api::labels::{Operator, Requirement, Selector};
use crate::api::names::Path;

/// Terms of which one must match.
// Models k8s.io/component-helpers/scheduling/corev1/nodeaffinity LazyErrorNodeSelector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeMatcher {
    terms: Vec<Term>,
}

/// What a pod demands of its node: its node selector and its required node affinity.
// Models k8s.io/component-helpers/scheduling/corev1/nodeaffinity RequiredNodeAffinity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequiredNodes {
    labels: Option<Selector>,
    affinity: Option<NodeMatcher>,
}

/// Which nodes a pod would like, each wish with its weight.
// Models k8s.io/component-helpers/scheduling/corev1/nodeaffinity PreferredSchedulingTerms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreferredNodes {
    terms: Vec<(Term, i64)>,
}

/// A term: all of its parts must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    All {
        labels: Selector,
        fields: Vec<FieldTerm>,
    },
    /// An operator or value that has no meaning: matches no node.
    Broken,
}

/// A demand on a field of the node; only its name can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FieldTerm {
    key: Str,
    value: Str,
    equal: bool,
}

impl NodeMatcher {
    /// The meaning of a node selector. Terms without any requirement match nothing.
    #[must_use]
    pub fn new(selector: &NodeSelector) -> Self {
        let terms = selector.node_selector_terms.iter();
        Self {
            terms: terms.filter(|term| !is_empty(term)).map(Term::new).collect(),
        }
    }

    /// Whether a term matches the node.
    #[must_use]
    pub fn matches(&self, node: &Node) -> bool {
        self.terms.iter().any(|term| term.matches(node))
    }
}

impl RequiredNodes {
    /// What `pod` demands.
    #[must_use]
    pub fn of(pod: &Pod) -> Self {
        let labels = (!pod.spec.node_selector.is_empty()).then(|| Selector::from_set(&pod.spec.node_selector));
        let affinity = pod
            .spec
            .affinity
            .as_ref()
            .and_then(|affinity| affinity.node_affinity.as_ref());
        let affinity = affinity
            .and_then(|affinity| affinity.required.as_ref())
            .map(NodeMatcher::new);
        Self { labels, affinity }
    }

    /// Whether the pod demands nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.labels.is_none() && self.affinity.is_none()
    }

    /// Whether the node will do.
    #[must_use]
    pub fn matches(&self, node: &Node) -> bool {
        self.labels
            .as_ref()
            .is_none_or(|labels| labels.matches(&node.meta.labels))
            && self.affinity.as_ref().is_none_or(|affinity| affinity.matches(node))
    }
}

impl PreferredNodes {
    /// The meaning of preferred terms. Empty and weightless ones do not count.
    #[must_use]
    pub fn new(terms: &[PreferredSchedulingTerm]) -> Self {
        let terms = terms
            .iter()
            .filter(|term| term.weight != 0 && !is_empty(&term.preference));
        Self {
            terms: terms
                .map(|term| (Term::new(&term.preference), i64::from(term.weight)))
                .collect(),
        }
    }

    /// The sum of the weights of the terms that match the node.
    #[must_use]
    pub fn score(&self, node: &Node) -> i64 {
        self.terms
            .iter()
            .filter(|(term, _)| term.matches(node))
            .map(|(_, weight)| weight)
            .sum()
    }
}

impl Term {
    // Models k8s.io/component-helpers/scheduling/corev1/nodeaffinity newNodeSelectorTerm.
    fn new(term: &NodeSelectorTerm) -> Self {
        let labels: Option<Vec<_>> = term.match_expressions.iter().map(label_requirement).collect();
        let fields: Option<Vec<_>> = term.match_fields.iter().map(field_requirement).collect();
        match (labels, fields) {
            (Some(labels), Some(fields)) => Self::All {
                labels: Selector::new(labels),
                fields,
            },
            _ => Self::Broken,
        }
    }

    fn matches(&self, node: &Node) -> bool {
        match self {
            Self::All { labels, fields } => {
                labels.matches(&node.meta.labels) && fields.iter().all(|field| field.matches(node))
            }
            Self::Broken => false,
        }
    }
}

impl FieldTerm {
    fn matches(&self, node: &Node) -> bool {
        let field = if &*self.key == "metadata.name" {
            &*node.meta.name
        } else {
            ""
        };
        (field == &*self.value) == self.equal
    }
}

fn is_empty(term: &NodeSelectorTerm) -> bool {
    term.match_expressions.is_empty() && term.match_fields.is_empty()
}

fn label_requirement(requirement: &NodeSelectorRequirement) -> Option<Requirement> {
    let operator = match &*requirement.operator {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        "Gt" => Operator::GreaterThan,
        "Lt" => Operator::LessThan,
        _ => return None,
    };
    Requirement::new(
        requirement.key.clone(),
        operator,
        requirement.values.to_vec(),
        &Path::NIL,
    )
    .ok()
}

fn field_requirement(requirement: &NodeSelectorRequirement) -> Option<FieldTerm> {
    let equal = match &*requirement.operator {
        "In" => true,
        "NotIn" => false,
        _ => return None,
    };
    let [value] = &*requirement.values else { return None };
    Some(FieldTerm {
        key: requirement.key.clone(),
        value: value.clone(),
        equal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::lean;
    use serde_json::json;

    fn matches(selector: serde_json::Value) -> bool {
        let labels = json!({"zone": "a", "size": "10"});
        let node: Node = lean::decode(json!({"metadata": {"name": "n1", "labels": labels}})).expect("a node");
        let selector: NodeSelector = lean::decode(json!({"nodeSelectorTerms": selector})).expect("a selector");
        NodeMatcher::new(&selector).matches(&node)
    }

    #[test]
    fn terms_are_alternatives_of_conjunctions() {
        let zone = |values: &[&str]| json!({"key": "zone", "operator": "In", "values": values});
        let size = |operator: &str, value: &str| json!({"key": "size", "operator": operator, "values": [value]});
        let name = |operator: &str| json!([{"key": "metadata.name", "operator": operator, "values": ["n1"]}]);
        for (terms, want) in [
            (json!([]), false),
            (json!([{}]), false),
            (
                json!([{"matchExpressions": [zone(&["b"])]}, {"matchExpressions": [zone(&["a"])]}]),
                true,
            ),
            (json!([{"matchExpressions": [zone(&["a"]), size("Gt", "10")]}]), false),
            (json!([{"matchExpressions": [zone(&["a"]), size("Lt", "11")]}]), true),
            (json!([{"matchFields": name("In")}]), true),
            (json!([{"matchFields": name("NotIn")}]), false),
            (
                json!([{"matchExpressions": [zone(&["b"])], "matchFields": name("In")}]),
                false,
            ),
            (json!([{"matchExpressions": [size("Like", "1")]}]), false),
        ] {
            assert_eq!(matches(terms.clone()), want, "{terms}");
        }
    }
}
