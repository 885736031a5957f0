//! What the made-up pods go through.

use super::{SECOND, mix};
use crate::view::scene::{
    ArcKind, ArcView, ContainerKind, ContainerState, ContainerView, PodState, PodView, ProbeKind, ProbeTick, Str,
};

/// Between two probes.
const PERIOD: u64 = 4 * SECOND;

/// Sets the pod to what its script says `age_ns` after its start.
pub(super) fn play(pod: &mut PodView, index: u32, age_ns: u64, start_ns: u64) {
    let wait = SECOND / 2 + mix(u64::from(index), 20) % SECOND;
    pod.status = Str::from("");
    if age_ns < wait {
        return;
    }
    let pulled = wait + SECOND + mix(u64::from(index), 21) % (2 * SECOND);
    let clock = Clock { age_ns, start_ns };
    match ((index * 11 + 8) % 40, age_ns < pulled) {
        (0, _) => pod.status = "Unschedulable".into(),
        (_, true) => {
            pod.state = PodState::ContainerCreating;
            clock.arc(pod, ArcKind::ImagePull, wait, pulled);
        }
        (1 | 2, _) => crash_loop(pod, &clock, pulled),
        (3, _) => image_pull(pod, &clock, pulled),
        (4, _) => flap(pod, &clock, pulled),
        (5, _) => end(pod, PodState::Completed, &clock, pulled),
        (6, _) => end(pod, PodState::Error, &clock, pulled),
        (7, _) => stop(pod, &clock, pulled),
        (8, _) if age_ns > pulled + 20 * SECOND => pod.state = PodState::Unknown,
        _ => serve(pod, &clock, pulled, index),
    }
    if pod.status.is_empty() {
        pod.status = pod.state.name().into();
    }
    containers(pod, index);
}

struct Clock {
    age_ns: u64,
    start_ns: u64,
}

impl Clock {
    fn arc(&self, pod: &mut PodView, kind: ArcKind, from: u64, until: u64) {
        if (from..until).contains(&self.age_ns) {
            pod.arcs.push(ArcView {
                kind,
                from_ns: self.start_ns + from,
                until_ns: self.start_ns + until,
            });
        }
    }
}

fn probes(pod: &mut PodView, clock: &Clock, first: u64, ok: impl Fn(u64) -> bool) {
    let mut at = first + clock.age_ns.saturating_sub(first + 40 * SECOND) / PERIOD * PERIOD;
    while at <= clock.age_ns {
        pod.probes.push(ProbeTick {
            at_ns: clock.start_ns + at,
            kind: ProbeKind::Readiness,
            ok: ok(at),
        });
        at += PERIOD;
    }
}

fn serve(pod: &mut PodView, clock: &Clock, begun: u64, index: u32) {
    let delay = begun + 2 * SECOND;
    clock.arc(pod, ArcKind::ProbeDelay, begun, delay);
    pod.ready = clock.age_ns >= delay;
    pod.state = if pod.ready { PodState::Ready } else { PodState::Running };
    pod.restart_count = if mix(u64::from(index), 30).is_multiple_of(19) {
        1
    } else {
        0
    };
    if !index.is_multiple_of(3) {
        probes(pod, clock, delay, |_| true);
    }
}

fn crash_loop(pod: &mut PodView, clock: &Clock, begun: u64) {
    let (mut at, mut wait) = (begun, 10 * SECOND);
    loop {
        let crash = at + 3 * SECOND;
        if clock.age_ns < crash {
            pod.state = PodState::Running;
            return;
        }
        let again = crash + wait;
        if clock.age_ns < again {
            pod.state = PodState::Error;
            clock.arc(pod, ArcKind::Backoff, crash, again);
            return;
        }
        pod.restart_count += 1;
        (at, wait) = (again, (wait * 2).min(300 * SECOND));
    }
}

fn image_pull(pod: &mut PodView, clock: &Clock, begun: u64) {
    pod.state = PodState::ImagePullBackOff;
    let (mut at, mut wait) = (begun, 10 * SECOND);
    while clock.age_ns >= at + wait {
        (at, wait) = (at + wait, (wait * 2).min(300 * SECOND));
    }
    clock.arc(pod, ArcKind::ImagePullBackoff, at, at + wait);
}

fn flap(pod: &mut PodView, clock: &Clock, begun: u64) {
    pod.ready = (clock.age_ns - begun) % (18 * SECOND) < 11 * SECOND;
    pod.state = if pod.ready { PodState::Ready } else { PodState::NotReady };
    probes(pod, clock, begun, |at| (at - begun) % (18 * SECOND) < 11 * SECOND);
}

fn end(pod: &mut PodView, state: PodState, clock: &Clock, begun: u64) {
    pod.state = if clock.age_ns < begun + 4 * SECOND {
        PodState::Running
    } else {
        state
    };
}

fn stop(pod: &mut PodView, clock: &Clock, begun: u64) {
    let asked = begun + 8 * SECOND;
    pod.ready = clock.age_ns < asked;
    pod.state = if pod.ready {
        PodState::Ready
    } else {
        PodState::Terminating
    };
    clock.arc(pod, ArcKind::Grace, asked, asked + 30 * SECOND);
}

fn containers(pod: &mut PodView, index: u32) {
    let count = if index.is_multiple_of(5) { 2 } else { 1 };
    let state = match pod.state {
        PodState::Running | PodState::Ready | PodState::NotReady | PodState::Terminating => ContainerState::Running,
        PodState::Completed => ContainerState::Terminated {
            reason: "Completed".into(),
            exit_code: 0,
        },
        PodState::Error => ContainerState::Terminated {
            reason: "Error".into(),
            exit_code: 1,
        },
        other => ContainerState::Waiting {
            reason: other.name().into(),
        },
    };
    pod.containers.extend((0..count).map(|place| ContainerView {
        name: if place == 0 { "main".into() } else { "proxy".into() },
        kind: ContainerKind::App,
        state: state.clone(),
        ready: pod.ready || (place == 1 && pod.state == PodState::NotReady),
        restart_count: pod.restart_count,
    }));
}
