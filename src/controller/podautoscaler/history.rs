//! What an autoscaler recommended and did, and the bounds that this sets to what it may do next.
// Models pkg/controller/podautoscaler/horizontal.go

use super::ratio::{grown, shrunk};
use crate::api::autoscaling::HpaScalingRules;
use crate::sim::{Duration, SimTime};

/// Recommendations and changes of one autoscaler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::controller) struct History {
    /// Recommendations, oldest first; none before the first look.
    pub(in crate::controller) recommendations: Option<Vec<(SimTime, i32)>>,
    ups: Vec<(SimTime, i32)>,
    downs: Vec<(SimTime, i32)>,
}

/// A number of replicas, and why it is not another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounded {
    pub(super) replicas: i32,
    pub(super) reason: &'static str,
    pub(super) message: &'static str,
}

/// The bounds of an autoscaler, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) min: i32,
    pub(super) max: i32,
    pub(super) current: i32,
}

const UP_STABILIZED: (&str, &str) = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
);
pub(super) const DOWN_STABILIZED: (&str, &str) = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
);
const WITHIN: (&str, &str) = ("DesiredWithinRange", "the desired count is within the acceptable range");
const TOO_MANY: (&str, &str) = (
    "TooManyReplicas",
    "the desired replica count is more than the maximum replica count",
);
const TOO_FEW: (&str, &str) = (
    "TooFewReplicas",
    "the desired replica count is less than the minimum replica count",
);
const UP_LIMIT: (&str, &str) = (
    "ScaleUpLimit",
    "the desired replica count is increasing faster than the maximum scale rate",
);
const DOWN_LIMIT: (&str, &str) = (
    "ScaleDownLimit",
    "the desired replica count is decreasing faster than the maximum scale rate",
);

const fn bounded(replicas: i32, (reason, message): (&'static str, &'static str)) -> Bounded {
    Bounded {
        replicas,
        reason,
        message,
    }
}

impl History {
    /// Notes the size at the first look.
    // Models recordInitialRecommendation
    pub(super) fn begin(&mut self, now: SimTime, replicas: i32) {
        self.recommendations.get_or_insert_with(|| vec![(now, replicas)]);
    }

    /// The highest recommendation of the window, the new one included.
    // Models stabilizeRecommendation
    pub(super) fn stabilize(&mut self, now: SimTime, window: Duration, desired: i32) -> i32 {
        let known = self.recommendations.get_or_insert_default();
        let from = SimTime(now.0.saturating_sub(window.0));
        known.retain(|(at, _)| *at >= from);
        let highest = known.iter().map(|(_, replicas)| *replicas).max();
        known.push((now, desired));
        highest.map_or(desired, |highest| highest.max(desired))
    }

    /// The lowest recommendation of one window, at most the highest of the other.
    // Models stabilizeRecommendationWithBehaviors
    pub(super) fn stabilize_by_rules(
        &mut self,
        now: SimTime,
        [up_window, down_window]: [Duration; 2],
        current: i32,
        desired: i32,
    ) -> Bounded {
        let known = self.recommendations.get_or_insert_default();
        let after = |window: Duration| move |at: &SimTime| now.0.checked_sub(window.0).is_none_or(|from| at.0 > from);
        let (is_up, is_down) = (after(up_window), after(down_window));
        let up = known.iter().filter(|(at, _)| is_up(at)).map(|(_, replicas)| *replicas);
        let up = up.fold(desired, i32::min);
        let down = known
            .iter()
            .filter(|(at, _)| is_down(at))
            .map(|(_, replicas)| *replicas);
        let down = down.fold(desired, i32::max);
        let longest = Duration(up_window.0.max(down_window.0));
        known.retain(|(at, _)| at.0 >= now.0.saturating_sub(longest.0));
        known.push((now, desired));
        let told = if desired >= current {
            UP_STABILIZED
        } else {
            DOWN_STABILIZED
        };
        bounded(current.max(up).min(down), told)
    }

    /// Notes a change. Changes that no policy looks back to are forgotten.
    // Models storeScaleEvent
    pub(super) fn note_change(&mut self, now: SimTime, rules: [Option<&HpaScalingRules>; 2], from: i32, to: i32) {
        let (changes, rules) = if to > from {
            (&mut self.ups, rules[0])
        } else {
            (&mut self.downs, rules[1])
        };
        let policies = rules.map(|rules| &*rules.policies).unwrap_or_default();
        let longest = policies.iter().map(|policy| policy.period_seconds).max();
        let longest = Duration::from_secs(u64::from(longest.unwrap_or_default().unsigned_abs()));
        changes.retain(|(at, _)| at.0 >= now.0.saturating_sub(longest.0));
        changes.push((now, (to - from).abs()));
    }

    /// The number within the bounds that the rules set for one step.
    // Models convertDesiredReplicasWithBehaviorRate
    pub(super) fn limit_by_rules(
        &self,
        now: SimTime,
        rules: [Option<&HpaScalingRules>; 2],
        bounds: Bounds,
        desired: i32,
    ) -> Bounded {
        let Bounds { min, max, current } = bounds;
        if desired > current {
            let limit = rules[0]
                .map_or(max, |rules| self.up_limit(now, rules, current))
                .max(current);
            let (most, told) = if max > limit {
                (limit, UP_LIMIT)
            } else {
                (max, TOO_MANY)
            };
            if desired > most {
                return bounded(most, told);
            }
        } else if desired < current {
            let limit = rules[1]
                .map_or(min, |rules| self.down_limit(now, rules, current))
                .min(current);
            let (least, told) = if min < limit {
                (limit, DOWN_LIMIT)
            } else {
                (min, TOO_FEW)
            };
            if desired < least {
                return bounded(least, told);
            }
        }
        bounded(desired, WITHIN)
    }

    // Models calculateScaleUpLimitWithScalingRules
    fn up_limit(&self, now: SimTime, rules: &HpaScalingRules, current: i32) -> i32 {
        self.step_limit(now, rules, current, &|start, by_pods, value| {
            if by_pods {
                start.saturating_add(value)
            } else {
                grown(start, value)
            }
        })
        .unwrap_or((current, current))
        .1
    }

    // Models calculateScaleDownLimitWithBehaviors
    fn down_limit(&self, now: SimTime, rules: &HpaScalingRules, current: i32) -> i32 {
        self.step_limit(now, rules, current, &|start, by_pods, value| {
            if by_pods {
                start.saturating_sub(value)
            } else {
                shrunk(start, value)
            }
        })
        .unwrap_or((current, current))
        .0
    }

    /// The bounds that the policies allow together, for scaling down and up; none where scaling is off.
    fn step_limit(
        &self,
        now: SimTime,
        rules: &HpaScalingRules,
        current: i32,
        propose: &dyn Fn(i32, bool, i32) -> i32,
    ) -> Option<(i32, i32)> {
        let select = rules.select_policy.as_deref().unwrap_or("Max");
        if select == "Disabled" {
            return None;
        }
        let proposals: Vec<i32> = rules
            .policies
            .iter()
            .map(|policy| {
                let period = Duration::from_secs(u64::from(policy.period_seconds.unsigned_abs()));
                let start = current - changed(&self.ups, now, period) + changed(&self.downs, now, period);
                propose(start, &*policy.kind == "Pods", policy.value)
            })
            .collect();
        let (least, most) = (proposals.iter().min(), proposals.iter().max());
        let (least, most) = (least.copied().unwrap_or(current), most.copied().unwrap_or(current));
        // The largest change: the fewest pods on the way down, the most on the way up; or the other way round.
        Some(if select == "Min" { (most, least) } else { (least, most) })
    }
}

// Models getReplicasChangePerPeriod
fn changed(changes: &[(SimTime, i32)], now: SimTime, period: Duration) -> i32 {
    let is_recent = |at: SimTime| now.0.checked_sub(period.0).is_none_or(|from| at.0 > from);
    let recent = changes.iter().filter(|(at, _)| is_recent(*at));
    recent.map(|(_, change)| *change).sum()
}

/// The number within the bounds for autoscalers without rules: at most twice as many in one step, and at least up to four.
// Models convertDesiredReplicasWithRules
pub(super) fn limit(bounds: Bounds, desired: i32) -> Bounded {
    let step = bounds.current.saturating_mul(2).max(4);
    let (most, told) = if bounds.max > step {
        (step, UP_LIMIT)
    } else {
        (bounds.max, TOO_MANY)
    };
    if desired < bounds.min {
        bounded(bounds.min, TOO_FEW)
    } else if desired > most {
        bounded(most, told)
    } else {
        bounded(desired, WITHIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::autoscaling::HpaScalingPolicy;

    fn rules(select: &str, policies: &[(&str, i32, i32)]) -> HpaScalingRules {
        let policy = |(kind, value, period_seconds): &(&str, i32, i32)| HpaScalingPolicy {
            kind: (*kind).into(),
            value: *value,
            period_seconds: *period_seconds,
            ..HpaScalingPolicy::default()
        };
        HpaScalingRules {
            select_policy: Some(select.into()),
            policies: policies.iter().map(policy).collect(),
            ..HpaScalingRules::default()
        }
    }

    const fn at(seconds: u64) -> SimTime {
        SimTime(seconds * 1_000_000_000)
    }

    #[test]
    fn policies_bound_a_step_by_what_changed_in_their_period() {
        let up = rules("Max", &[("Pods", 4, 15), ("Percent", 100, 15)]);
        let careful = rules("Min", &[("Pods", 4, 15), ("Percent", 100, 15)]);
        let off = rules("Disabled", &[]);
        let down = rules("Max", &[("Percent", 50, 30)]);
        let bounds = |current| Bounds {
            min: 1,
            max: 100,
            current,
        };
        let mut history = History::default();
        for (name, rules, current, desired, want) in [
            ("four at least", [&up, &down], 2, 50, (6, "ScaleUpLimit")),
            ("twice as many", [&up, &down], 10, 50, (20, "ScaleUpLimit")),
            ("the smaller step", [&careful, &down], 10, 50, (14, "ScaleUpLimit")),
            ("off", [&off, &down], 10, 50, (10, "ScaleUpLimit")),
            ("half", [&up, &down], 7, 1, (3, "ScaleDownLimit")),
            ("within", [&up, &down], 7, 6, (6, "DesiredWithinRange")),
            ("too many", [&up, &down], 60, 500, (100, "TooManyReplicas")),
        ] {
            let got = history.limit_by_rules(at(100), rules.map(Some), bounds(current), desired);
            assert_eq!((got.replicas, got.reason), want, "{name}");
        }
        history.note_change(at(100), [Some(&up), Some(&down)], 10, 20);
        let soon = history.limit_by_rules(at(110), [Some(&up), Some(&down)], bounds(20), 50);
        let later = history.limit_by_rules(at(116), [Some(&up), Some(&down)], bounds(20), 50);
        assert_eq!((soon.replicas, later.replicas), (20, 40));
    }

    #[test]
    fn a_window_keeps_the_highest_or_the_lowest() {
        let mut history = History::default();
        let window = Duration::from_secs(300);
        history.begin(at(0), 5);
        assert_eq!(history.stabilize(at(15), window, 2), 5);
        assert_eq!(history.stabilize(at(300), window, 2), 5);
        assert_eq!(history.stabilize(at(301), window, 2), 2);
        let mut history = History::default();
        let windows = [Duration::from_secs(60), Duration::from_secs(300)];
        history.begin(at(100), 5);
        assert_eq!(history.stabilize_by_rules(at(115), windows, 5, 9).replicas, 5);
        assert_eq!(history.stabilize_by_rules(at(161), windows, 5, 9).replicas, 9);
        assert_eq!(history.stabilize_by_rules(at(176), windows, 9, 2).replicas, 9);
    }
}
