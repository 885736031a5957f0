//! Prefers nodes whose resources would be used evenly.
// Models pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go.

use std::rc::Rc;

use super::resource_allocation::{Scored, Use};
use crate::scheduler::cache::{NodeInfo, PodInfo};
use crate::scheduler::framework::{Handle, MAX_NODE_SCORE, Plugin, PluginName, Score};

/// The plugin.
pub(super) struct BalancedAllocation;

struct Balance(Vec<Scored>);

impl Plugin for BalancedAllocation {
    fn name(&self) -> PluginName {
        PluginName::NodeResourcesBalancedAllocation
    }

    fn pre_score(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>, _nodes: &[u32]) -> Option<Box<dyn Score>> {
        let resources: Vec<_> = handle
            .profile
            .balanced
            .iter()
            .map(|name| Scored::new(name, pod, false))
            .collect();
        if resources.iter().all(Scored::is_unasked) {
            return None;
        }
        Some(Box::new(Balance(resources)))
    }
}

impl Score for Balance {
    fn score(&self, node: &NodeInfo) -> i64 {
        let uses = || {
            self.0
                .iter()
                .map(|resource| resource.on(node, false))
                .filter(|used| used.allocatable != 0)
        };
        let with = evenness(uses().map(|used: Use| (used.after, used.allocatable)));
        let without = evenness(uses().map(|used: Use| (used.before, used.allocatable)));
        MAX_NODE_SCORE / 2 + (MAX_NODE_SCORE / 2 + with - without) / 2
    }
}

/// 100 where all resources are used alike, less the more they differ.
///
/// In the floating point of upstream, whose rounding shows in the score; each step is exact by IEEE 754, the square
/// root included.
// Models noderesources balancedResourceScore.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "bit for bit as upstream, and not stored"
)]
fn evenness(uses: impl Iterator<Item = (i64, i64)> + Clone) -> i64 {
    let fractions = uses.map(|(used, allocatable)| (used as f64 / allocatable as f64).min(1.0));
    let (mut count, mut total) = (0_u32, 0.0);
    let mut first_two = [0.0; 2];
    for fraction in fractions.clone() {
        if let Some(place) = first_two.get_mut(count as usize) {
            *place = fraction;
        }
        count += 1;
        total += fraction;
    }
    let deviation = match count {
        0 | 1 => 0.0,
        2 => ((first_two[0] - first_two[1]) / 2.0).abs(),
        _ => {
            let mean = total / f64::from(count);
            let squares = fractions.fold(0.0, |sum, fraction| sum + (fraction - mean) * (fraction - mean));
            (squares / f64::from(count)).sqrt()
        }
    };
    ((1.0 - deviation) * MAX_NODE_SCORE as f64) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evenness_falls_with_the_deviation() {
        for (uses, want) in [
            (vec![], 100),
            (vec![(1, 2)], 100),
            (vec![(1, 2), (1, 2)], 100),
            (vec![(1, 1), (0, 1)], 50),
            (vec![(3, 1), (0, 1)], 50),
            (vec![(0, 1), (0, 1), (1, 1)], 52),
        ] {
            assert_eq!(evenness(uses.clone().into_iter()), want, "{uses:?}");
        }
    }
}
