//! What the scheduler said of each node: filters of those that refused, scores of those that could take the pod.

use std::rc::Rc;

use super::Glass;
use crate::api::Resource;
use crate::api::core::{Node, Pod};
use crate::scheduler::explain;

/// Nodes that are shown.
const NODES_MAX: usize = 30;

/// What the scheduler said of each node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// The plugins that refused a node.
    pub plugins: Vec<&'static str>,
    /// The nodes that were refused.
    pub refused: Vec<NodeVerdicts>,
    /// The nodes that could take the pod.
    pub scores: Vec<NodeScore>,
}

/// What the filters said of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeVerdicts {
    /// Name of the node.
    pub node: String,
    /// For each plugin whether it passed, and why not; none where it was not asked.
    pub verdicts: Vec<Option<Result<(), String>>>,
}

/// How a node scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeScore {
    /// Name of the node.
    pub node: String,
    /// All points together.
    pub total: i64,
    /// Whether it was chosen.
    pub chosen: bool,
    /// The plugins that gave points, weighted, in words.
    pub parts: String,
}

impl Glass<'_> {
    /// The verdicts about a pod. Without a node they are worked out anew for all filters; with one, what the attempt left.
    #[must_use]
    pub fn verdicts(self, pod: &Rc<Pod>) -> Option<Verdicts> {
        let api = self.0.api();
        let small = api.count(Node::KIND) <= NODES_MAX;
        let explanation = if pod.spec.node_name.is_empty() && small {
            Rc::new(explain(api, pod, 0, self.0.now()))
        } else {
            self.0.scheduler().explanation(&pod.meta.uid)?.clone()
        };
        // What passes everywhere tells nothing.
        let mut plugins = Vec::new();
        for filter in explanation.nodes.iter().flat_map(|node| &node.filters) {
            if !filter.passed && !plugins.contains(&filter.plugin) {
                plugins.push(filter.plugin);
            }
        }
        let mut verdicts = Verdicts {
            plugins: plugins.iter().map(|plugin| plugin.text()).collect(),
            ..Verdicts::default()
        };
        for node in explanation.nodes.iter().take(NODES_MAX) {
            let verdict = |plugin| {
                let filter = node.filters.iter().find(|filter| filter.plugin == plugin)?;
                let why = || filter.reasons.join(", ");
                Some(if filter.passed { Ok(()) } else { Err(why()) })
            };
            if let Some(total) = node.total {
                let parts = node.scores.iter().filter(|score| score.weighted != 0);
                let parts: Vec<String> = parts
                    .map(|score| format!("{} {}", score.plugin.text(), score.weighted))
                    .collect();
                verdicts.scores.push(NodeScore {
                    node: node.node.to_string(),
                    total,
                    chosen: explanation.chosen.as_ref() == Some(&node.node),
                    parts: parts.join(", "),
                });
            } else if node.filters.iter().any(|filter| !filter.passed) {
                verdicts.refused.push(NodeVerdicts {
                    node: node.node.to_string(),
                    verdicts: plugins.iter().map(|plugin| verdict(*plugin)).collect(),
                });
            }
        }
        Some(verdicts)
    }
}
