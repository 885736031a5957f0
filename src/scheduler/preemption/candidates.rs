//! The nodes on which room can be made, and which of them is best.

use std::rc::Rc;

use super::budgets::list_budgets;
use super::victims::select;
use crate::api::Str;
use crate::api::time::Time;
use crate::scheduler::attempt::Attempt;
use crate::scheduler::cache::PodInfo;
use crate::scheduler::framework::{Code, Handle, Nominations, Profile, Rejection};
use crate::sim::{Arrange, Stream};

/// A node on which room can be made.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its name.
    pub node: Str,
    /// Who has to go, the most important first.
    pub victims: Vec<Rc<PodInfo>>,
    /// How many of them a disruption budget would keep.
    pub violations: u32,
}

/// Tries to make room on the nodes where that might help, from a random one on, until there are enough candidates.
// Models preemption.go DryRunPreemption.
pub(super) fn dry_run(
    handle: &mut Handle<'_>,
    pod: &Rc<PodInfo>,
    attempt: &Attempt,
    nominations: &Nominations,
    lots: &mut Stream,
) -> (Vec<Candidate>, Vec<(u32, Rejection)>) {
    let (mut kind, mut violating, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    let (nodes, Some(filters)) = (helpful_nodes(handle, attempt), &attempt.filters) else {
        return (kind, refused);
    };
    if nodes.is_empty() {
        return (kind, refused);
    }
    let budgets = list_budgets(handle.api);
    let offset = usize::try_from(lots.below(nodes.len() as u64)).unwrap_or_default();
    let wanted = candidates_wanted(handle.profile, nodes.len());
    for step in 0..nodes.len() {
        let id = nodes[(offset + step) % nodes.len()];
        let node = handle.cache.node(id);
        let victims = match select(pod, node, filters, nominations, &budgets) {
            // Somebody left since the filters looked: upstream too calls that no candidate.
            Ok(victims) if victims.pods.is_empty() => continue,
            Ok(victims) => victims,
            Err(rejection) => {
                refused.push((id, rejection));
                continue;
            }
        };
        let list = if victims.violations == 0 {
            &mut kind
        } else {
            &mut violating
        };
        let node = node.name().clone();
        list.push(Candidate {
            node,
            victims: victims.pods,
            violations: victims.violations,
        });
        if !kind.is_empty() && kind.len() + violating.len() >= wanted {
            break;
        }
    }
    violating.truncate(wanted);
    kind.append(&mut violating);
    (kind, refused)
}

/// The nodes whose refusal fewer pods might lift, in order.
fn helpful_nodes(handle: &mut Handle<'_>, attempt: &Attempt) -> Vec<u32> {
    let mut codes: Vec<(u32, Code)> = attempt
        .rejected
        .iter()
        .map(|(id, rejection)| (*id, rejection.code))
        .collect();
    codes.arrange_by_key(|(id, _)| *id);
    let absent = attempt
        .absent
        .as_ref()
        .map_or(Code::UnschedulableAndUnresolvable, |rejection| rejection.code);
    let code = |id: u32| {
        codes
            .binary_search_by_key(&id, |(id, _)| *id)
            .map_or(absent, |place| codes[place].1)
    };
    let order = handle.cache.order();
    order
        .iter()
        .copied()
        .filter(|id| code(*id) == Code::Unschedulable)
        .collect()
}

/// How many candidates are enough.
// Models defaultpreemption calculateNumCandidates.
fn candidates_wanted(profile: &Profile, nodes: usize) -> usize {
    let share = nodes * profile.min_candidate_nodes_percentage as usize / 100;
    share.max(profile.min_candidate_nodes_absolute as usize).min(nodes)
}

/// The places of the best candidates: those that are left equal by every measure.
// Models preemption.go pickOneNodeForPreemption.
pub(super) fn pick(candidates: &[Candidate]) -> Vec<usize> {
    let measures: [&dyn Fn(&Candidate) -> i64; 5] = [
        &|candidate| -i64::from(candidate.violations),
        &|candidate| -i64::from(candidate.victims.first().map_or(0, |victim| victim.priority())),
        &|candidate| {
            let shifted = |victim: &Rc<PodInfo>| i64::from(victim.priority()) + i64::from(i32::MAX) + 1;
            -candidate.victims.iter().map(shifted).sum::<i64>()
        },
        &|candidate| -(candidate.victims.len() as i64),
        &|candidate| earliest_start(candidate).map_or(i64::MAX, |start| start.0),
    ];
    let mut best: Vec<usize> = (0..candidates.len()).collect();
    for measure in measures {
        let highest = best.iter().map(|place| measure(&candidates[*place])).max();
        best.retain(|place| Some(measure(&candidates[*place])) == highest);
    }
    best
}

/// The earliest start among the victims of the highest priority; none where none has started.
// Models pkg/scheduler/util/utils.go GetEarliestPodStartTime.
fn earliest_start(candidate: &Candidate) -> Option<Time> {
    let highest = candidate.victims.iter().map(|victim| victim.priority()).max()?;
    let important = candidate.victims.iter().filter(|victim| victim.priority() == highest);
    important.filter_map(|victim| victim.pod.status.start_time).min()
}
