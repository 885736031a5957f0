//! A scheduling attempt as a document: what `kubarium explain` prints.

use serde_json::{Value, json};

use crate::scheduler::{Explanation, NodeExplanation};

/// The JSON form: per node each filter's verdict with Kubernetes' reasons and each score raw, normalised and weighted.
#[must_use]
pub fn explained(explanation: &Explanation) -> Value {
    json!({
        "namespace": explanation.pod.namespace.as_ref(),
        "pod": explanation.pod.name.as_ref(),
        "chosen": explanation.chosen.as_deref(),
        "nominated": explanation.nominated.as_deref(),
        "victims": explanation.victims.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "message": explanation.message.as_ref(),
        "nodes": explanation.nodes.iter().map(node).collect::<Vec<_>>(),
    })
}

fn node(node: &NodeExplanation) -> Value {
    let filters: Vec<Value> = node
        .filters
        .iter()
        .map(|filter| json!({"plugin": filter.plugin.text(), "passed": filter.passed, "reasons": filter.reasons, "resolvable": filter.resolvable}))
        .collect();
    let scores: Vec<Value> = node
        .scores
        .iter()
        .map(|score| json!({"plugin": score.plugin.text(), "raw": score.raw, "normalised": score.normalised, "weighted": score.weighted}))
        .collect();
    json!({
        "node": node.node.as_ref(),
        "feasible": node.decided_by.is_none(),
        "decidedBy": node.decided_by.map(crate::scheduler::framework::PluginName::text),
        "filters": filters,
        "scores": scores,
        "total": node.total,
    })
}

/// The same for people: a line a node, then the sentence.
#[must_use]
pub fn explained_text(explanation: &Explanation) -> String {
    let mut text = format!("pod {}\n", explanation.pod);
    for node in &explanation.nodes {
        let refused = node.filters.iter().find(|filter| !filter.passed);
        let verdict = match (refused, node.total) {
            (Some(filter), _) => format!("no: {} ({})", filter.reasons.join(", "), filter.plugin.text()),
            (None, Some(total)) => {
                let scores: Vec<String> = node
                    .scores
                    .iter()
                    .map(|score| format!("{} {}", score.plugin.text(), score.weighted))
                    .collect();
                format!("{total} points: {}", scores.join(", "))
            }
            (None, None) => "fits".to_owned(),
        };
        let mark = if explanation.chosen.as_ref() == Some(&node.node) {
            "*"
        } else {
            " "
        };
        text.push_str(&format!("{mark} {:<16} {verdict}\n", node.node));
    }
    if !explanation.message.is_empty() {
        text.push_str(&format!("{}\n", explanation.message));
    }
    text
}
