//! Taints and the tolerations that put up with them.

use crate::api::core::{Taint, Toleration};

/// Pods that do not tolerate the taint are not placed.
pub const NO_SCHEDULE: &str = "NoSchedule";
/// Pods that do not tolerate the taint are placed elsewhere where that is possible.
pub const PREFER_NO_SCHEDULE: &str = "PreferNoSchedule";
/// Pods that do not tolerate the taint are neither placed nor kept.
pub const NO_EXECUTE: &str = "NoExecute";

/// Whether the taint keeps pods off, rather than only being a wish.
#[must_use]
pub fn is_hard(taint: &Taint) -> bool {
    matches!(&*taint.effect, NO_SCHEDULE | NO_EXECUTE)
}

/// Whether the toleration puts up with a taint. `Gt` and `Lt` belong to a gate that is off, so they never match.
// Models k8s.io/api/core/v1/toleration.go ToleratesTaint.
#[must_use]
pub fn tolerates(toleration: &Toleration, key: &str, value: &str, effect: &str) -> bool {
    if !toleration.effect.is_empty() && *toleration.effect != *effect {
        return false;
    }
    if !toleration.key.is_empty() && *toleration.key != *key {
        return false;
    }
    match &*toleration.operator {
        "" | "Equal" => *toleration.value == *value,
        "Exists" => true,
        _ => false,
    }
}

/// Whether one of the tolerations puts up with the taint.
// Models k8s.io/component-helpers/scheduling/corev1/helpers.go TolerationsTolerateTaint.
#[must_use]
pub fn tolerated(tolerations: &[Toleration], taint: &Taint) -> bool {
    tolerations
        .iter()
        .any(|toleration| tolerates(toleration, &taint.key, &taint.value, &taint.effect))
}

/// The first taint that passes `filter` and that no toleration puts up with.
// Models k8s.io/component-helpers/scheduling/corev1/helpers.go FindMatchingUntoleratedTaint.
pub fn find_untolerated_taint<'a>(
    taints: &'a [Taint],
    tolerations: &[Toleration],
    filter: impl Fn(&Taint) -> bool,
) -> Option<&'a Taint> {
    taints
        .iter()
        .find(|taint| filter(taint) && !tolerated(tolerations, taint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toleration(key: &str, operator: &str, value: &str, effect: &str) -> Toleration {
        Toleration {
            key: key.into(),
            operator: operator.into(),
            value: value.into(),
            effect: effect.into(),
            ..Toleration::default()
        }
    }

    #[test]
    fn tolerations_match_by_key_operator_value_and_effect() {
        for (toleration, want) in [
            (toleration("k", "Equal", "v", "NoSchedule"), true),
            (toleration("k", "", "v", "NoSchedule"), true),
            (toleration("k", "", "w", "NoSchedule"), false),
            (toleration("k", "Exists", "", "NoSchedule"), true),
            (toleration("", "Exists", "", ""), true),
            (toleration("k", "Exists", "", "NoExecute"), false),
            (toleration("other", "Exists", "", ""), false),
            (toleration("k", "Gt", "1", ""), false),
        ] {
            assert_eq!(tolerates(&toleration, "k", "v", NO_SCHEDULE), want, "{toleration:?}");
        }
    }

    #[test]
    fn wishes_are_not_hard() {
        let taint = |effect: &str| Taint {
            key: "k".into(),
            effect: effect.into(),
            ..Taint::default()
        };
        let taints = [taint(PREFER_NO_SCHEDULE), taint(NO_EXECUTE)];
        let found = find_untolerated_taint(&taints, &[], is_hard).map(|taint| &*taint.effect);
        assert_eq!(found, Some(NO_EXECUTE));
        assert_eq!(find_untolerated_taint(&taints[..1], &[], is_hard), None);
    }
}
