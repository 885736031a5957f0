//! One look of an autoscaler.
// Models pkg/controller/podautoscaler/horizontal.go reconcileAutoscaler

use std::rc::Rc;

use super::HorizontalController;
use super::history::{Bounded, Bounds, DOWN_STABILIZED, limit};
use super::metrics::{Found, Look, Lost};
use super::ratio::Tolerances;
use super::replicas::Calculator;
use crate::api::autoscaling::{HorizontalPodAutoscaler, HpaScalingRules, MetricStatus};
use crate::api::labels::Selector;
use crate::api::meta::Condition;
use crate::api::quantity::Quantity;
use crate::api::status::Status;
use crate::api::{Kind, Object, Str};
use crate::apiserver::{Key, Scale};
use crate::client::{Ctx, Severity};
use crate::sim::Duration;

const ABLE_TO_SCALE: &str = "AbleToScale";
const SCALING_ACTIVE: &str = "ScalingActive";
const SCALING_LIMITED: &str = "ScalingLimited";
/// Set where scaling to zero is on, which it is not by default.
const SCALED_TO_ZERO: &str = "ScaledToZero";
const READY: (&str, &str) = ("ReadyForNewScale", "recommended size matches current size");

/// A look under way: the autoscaler as it becomes.
struct Turn<'a> {
    key: &'a Key,
    before: &'a Rc<HorizontalPodAutoscaler>,
    next: HorizontalPodAutoscaler,
}

/// What the metrics ask for together.
struct Wanted {
    replicas: i32,
    /// The metric that asks for it.
    name: String,
}

impl HorizontalController {
    pub(super) fn reconcile(&mut self, ctx: &mut Ctx<'_>, key: &Key, autoscaler: &Rc<HorizontalPodAutoscaler>) {
        let mut turn = Turn {
            key,
            before: autoscaler,
            next: (**autoscaler).clone(),
        };
        let (kind, scale) = match target(ctx, autoscaler) {
            Ok(found) => found,
            Err(why) => {
                self.warn(ctx, &turn, "FailedGetScale", &why);
                let message = format!("the HPA controller was unable to get the target's current scale: {why}");
                turn.set(ctx, ABLE_TO_SCALE, false, "FailedGetScale", &message);
                return self.write(ctx, turn);
            }
        };
        let message = "the HPA controller was able to get the target's current scale";
        turn.set(ctx, ABLE_TO_SCALE, true, "SucceededGetScale", message);
        let current = scale.replicas;
        let now = ctx.now;
        self.history(key).begin(now, current);
        let (min, max) = (autoscaler.spec.min_replicas.unwrap_or(1), autoscaler.spec.max_replicas);
        let mut statuses = None;
        let (desired, reason) = if current == 0 {
            let message = "scaling is disabled since the replica count of the target is zero";
            turn.set(ctx, SCALING_ACTIVE, false, "ScalingDisabled", message);
            turn.remove(SCALED_TO_ZERO);
            (0, String::new())
        } else if current > max {
            (max, "Current number of replicas above Spec.MaxReplicas".to_owned())
        } else if current < min {
            (min, "Current number of replicas below Spec.MinReplicas".to_owned())
        } else {
            let (wanted, found) = self.ask_metrics(ctx, &mut turn, &scale);
            match wanted {
                Ok(wanted) => {
                    statuses = found;
                    self.bound(ctx, &mut turn, Bounds { min, max, current }, &wanted)
                }
                Err(why) => {
                    turn.tell(current, autoscaler.status.desired_replicas, found);
                    self.write(ctx, turn);
                    return self.warn_of(ctx, autoscaler, "FailedComputeMetricsReplicas", &why);
                }
            }
        };
        let rescales = desired != current;
        if rescales && !self.rescale(ctx, &mut turn, kind, [current, desired], &reason) {
            turn.tell(current, autoscaler.status.desired_replicas, statuses);
            return self.write(ctx, turn);
        }
        turn.tell(current, desired, statuses);
        if rescales {
            turn.next.status.last_scale_time = Some(ctx.time());
        }
        self.write(ctx, turn);
    }

    fn warn(&mut self, ctx: &mut Ctx<'_>, turn: &Turn<'_>, reason: &str, message: &str) {
        self.warn_of(ctx, turn.before, reason, message);
    }

    fn warn_of(&mut self, ctx: &mut Ctx<'_>, about: &Rc<HorizontalPodAutoscaler>, reason: &str, message: &str) {
        let about = Object::HorizontalPodAutoscaler(about.clone());
        self.recorder.event(ctx, &about, Severity::Warning, reason, message);
    }

    /// Asks for another number of replicas; says whether that was granted.
    fn rescale(
        &mut self,
        ctx: &mut Ctx<'_>,
        turn: &mut Turn<'_>,
        kind: Kind,
        [current, desired]: [i32; 2],
        reason: &str,
    ) -> bool {
        let target = Key {
            namespace: turn.key.namespace.clone(),
            name: turn.before.spec.scale_target_ref.name.clone(),
        };
        let caller = ctx.caller();
        if let Err(status) = ctx.api.rescale(&caller, kind, &target, desired) {
            let message = format!("New size: {desired}; reason: {reason}; error: {status}");
            self.warn(ctx, turn, "FailedRescale", &message);
            let message = format!("the HPA controller was unable to update the target scale: {status}");
            turn.set(ctx, ABLE_TO_SCALE, false, "FailedUpdateScale", &message);
            return false;
        }
        let message = format!("the HPA controller was able to update the target scale to {desired}");
        turn.set(ctx, ABLE_TO_SCALE, true, "SucceededRescale", &message);
        let about = Object::HorizontalPodAutoscaler(turn.before.clone());
        let message = format!("New size: {desired}; reason: {reason}");
        self.recorder
            .event(ctx, &about, Severity::Normal, "SuccessfulRescale", &message);
        turn.remove(SCALED_TO_ZERO);
        if turn.before.spec.behavior.is_some() {
            let now = ctx.now;
            let rules = rules(turn.before);
            self.history(turn.key).note_change(now, rules, current, desired);
        }
        true
    }

    /// What all metrics ask for, and what each of them was.
    // Models computeReplicasForMetrics
    fn ask_metrics(
        &mut self,
        ctx: &mut Ctx<'_>,
        turn: &mut Turn<'_>,
        scale: &Scale,
    ) -> (Result<Wanted, String>, Option<Rc<[MetricStatus]>>) {
        let calculator = match self.calculator(ctx, turn, scale) {
            Ok(calculator) => calculator,
            Err(why) => return (Err(why), None),
        };
        let specs = turn.before.spec.metrics.clone();
        let look = Look {
            api: ctx.api,
            calculator,
            namespace: turn.key.namespace.clone(),
            wanted: scale.replicas,
            there: scale.current,
        };
        let results: Vec<Result<Found, Lost>> = specs.iter().map(|spec| look.at(spec)).collect();
        let mut statuses = Vec::new();
        let mut wanted: Option<Wanted> = None;
        let mut first: Option<Lost> = None;
        let mut lost = 0;
        for result in results {
            match result {
                Ok(Found { replicas, name, status }) => {
                    statuses.push(status);
                    if wanted
                        .as_ref()
                        .is_none_or(|known| known.replicas == 0 || replicas > known.replicas)
                    {
                        wanted = Some(Wanted { replicas, name });
                    }
                }
                Err(problem) => {
                    statuses.push(MetricStatus::default());
                    lost += 1;
                    self.warn(ctx, turn, problem.reason, &problem.why);
                    first.get_or_insert(problem);
                }
            }
        }
        let statuses = Some(statuses.into());
        let down = wanted.as_ref().is_none_or(|wanted| wanted.replicas < scale.replicas);
        match (first, wanted) {
            (Some(first), wanted) if wanted.is_none() || down => {
                let message = format!("the HPA was unable to compute the replica count: {}", first.why);
                turn.set(ctx, SCALING_ACTIVE, false, first.reason, &message);
                let why = format!(
                    "invalid metrics ({lost} invalid out of {}), first error is: {}",
                    specs.len(),
                    first.message
                );
                (Err(why), statuses)
            }
            (_, wanted) => {
                let wanted = wanted.unwrap_or(Wanted {
                    replicas: 0,
                    name: String::new(),
                });
                let message = format!(
                    "the HPA was able to successfully calculate a replica count from {}",
                    wanted.name
                );
                turn.set(ctx, SCALING_ACTIVE, true, "ValidMetricFound", &message);
                (Ok(wanted), statuses)
            }
        }
    }

    /// The pods of the workload, unless they cannot be told from others'.
    // Models validateAndParseSelector
    fn calculator(&mut self, ctx: &mut Ctx<'_>, turn: &mut Turn<'_>, scale: &Scale) -> Result<Calculator, String> {
        let text = scale.selector.as_ref().map(ToString::to_string).unwrap_or_default();
        let Some(selector) = scale.selector.clone().filter(|_| !text.is_empty()) else {
            let why = "selector is required";
            self.warn(ctx, turn, "SelectorRequired", why);
            let message = "the HPA target's scale is missing a selector";
            turn.set(ctx, SCALING_ACTIVE, false, "InvalidSelector", message);
            return Err(why.to_owned());
        };
        let pods = crate::controller::pods::matching(ctx.api, &turn.key.namespace, &selector);
        if let Some(known) = self.selectors.get_mut(turn.key) {
            *known = selector;
        }
        let chooses = |selector: &Selector| pods.iter().any(|pod| selector.matches(&pod.meta.labels));
        let choosing = self
            .selectors
            .iter()
            .filter(|(key, selector)| key.namespace == turn.key.namespace && chooses(selector));
        let choosing: Vec<String> = choosing
            .map(|(key, _)| format!("{{{} {}}}", key.name, key.namespace))
            .collect();
        if choosing.len() > 1 {
            let why = format!(
                "pods by selector {text} are controlled by multiple HPAs: [{}]",
                choosing.join(" ")
            );
            self.warn(ctx, turn, "AmbiguousSelector", &why);
            turn.set(ctx, SCALING_ACTIVE, false, "AmbiguousSelector", &why);
            return Err(why);
        }
        Ok(Calculator {
            pods,
            now_ns: ctx.api.wall_ns(ctx.now),
            tolerances: self.tolerances(turn.before),
            cpu_initialization_s: self.settings.cpu_initialization_s,
            initial_readiness_s: self.settings.initial_readiness_s,
        })
    }

    // Models tolerancesForHpa
    fn tolerances(&self, autoscaler: &HorizontalPodAutoscaler) -> Tolerances {
        let [up, down] = rules(autoscaler);
        let own = |rules: Option<&HpaScalingRules>| rules?.tolerance.as_ref().map(Quantity::milli_value);
        let standard = self.settings.tolerances;
        Tolerances {
            up_milli: own(up).unwrap_or(standard.up_milli),
            down_milli: own(down).unwrap_or(standard.down_milli),
        }
    }

    /// The number that is allowed now, and the reason that an event gives for it.
    // Models normalizeDesiredReplicas and normalizeDesiredReplicasWithBehaviors
    fn bound(&mut self, ctx: &Ctx<'_>, turn: &mut Turn<'_>, bounds: Bounds, wanted: &Wanted) -> (i32, String) {
        let reason = match wanted.replicas.cmp(&bounds.current) {
            std::cmp::Ordering::Greater => format!("{} above target", wanted.name),
            std::cmp::Ordering::Less => "All metrics below target".to_owned(),
            std::cmp::Ordering::Equal => String::new(),
        };
        let window = self.settings.downscale_window;
        let history = self.history(turn.key);
        let (stable, limited) = if turn.before.spec.behavior.is_some() {
            let rules = rules(turn.before);
            let window_of = |rules: Option<&HpaScalingRules>, standard: Duration| {
                let seconds = rules.and_then(|rules| rules.stabilization_window_seconds);
                seconds.map_or(standard, |seconds| {
                    Duration::from_secs(u64::from(seconds.unsigned_abs()))
                })
            };
            let windows = [window_of(rules[0], Duration::ZERO), window_of(rules[1], window)];
            let stable = history.stabilize_by_rules(ctx.now, windows, bounds.current, wanted.replicas);
            let limited = history.limit_by_rules(ctx.now, rules, bounds, stable.replicas);
            (stable, limited)
        } else {
            let stable = Bounded {
                replicas: history.stabilize(ctx.now, window, wanted.replicas),
                reason: DOWN_STABILIZED.0,
                message: DOWN_STABILIZED.1,
            };
            (stable, limit(bounds, stable.replicas))
        };
        let (able, message) = if stable.replicas == wanted.replicas {
            READY
        } else {
            (stable.reason, stable.message)
        };
        turn.set(ctx, ABLE_TO_SCALE, true, able, message);
        let is_limited = limited.replicas != stable.replicas;
        turn.set(ctx, SCALING_LIMITED, is_limited, limited.reason, limited.message);
        (limited.replicas, reason)
    }

    // Models updateStatusIfNeeded
    fn write(&mut self, ctx: &mut Ctx<'_>, turn: Turn<'_>) {
        if turn.next.status == turn.before.status {
            return;
        }
        if let Err(status) = ctx.update_status(turn.next) {
            self.warn_of(ctx, turn.before, "FailedUpdateStatus", &status.message);
        }
    }
}

impl Turn<'_> {
    /// Sets a condition; the time of its change stays where the status does.
    // Models setConditionInList
    fn set(&mut self, ctx: &Ctx<'_>, kind: &str, status: bool, reason: &str, message: &str) {
        let mut condition = Condition::new(kind, status, reason, message, ctx.time());
        let mut conditions = self.next.status.conditions.to_vec();
        match conditions.iter_mut().find(|old| *old.kind == *kind) {
            Some(old) => {
                if old.status == condition.status {
                    condition.last_transition_time = old.last_transition_time;
                }
                *old = condition;
            }
            None => conditions.push(condition),
        }
        self.next.status.conditions = conditions.into();
    }

    fn remove(&mut self, kind: &str) {
        let conditions = self.next.status.conditions.iter();
        self.next.status.conditions = conditions
            .filter(|condition| *condition.kind != *kind)
            .cloned()
            .collect();
    }

    // Models setStatus
    fn tell(&mut self, current: i32, desired: i32, metrics: Option<Rc<[MetricStatus]>>) {
        let status = &mut self.next.status;
        status.current_replicas = current;
        status.desired_replicas = desired;
        status.current_metrics = metrics;
    }
}

/// The rules for up and down.
fn rules(autoscaler: &HorizontalPodAutoscaler) -> [Option<&HpaScalingRules>; 2] {
    let behavior = autoscaler.spec.behavior.as_ref();
    let up = behavior.and_then(|behavior| behavior.scale_up.as_ref());
    let down = behavior.and_then(|behavior| behavior.scale_down.as_ref());
    [up, down]
}

/// The kind of what is scaled, and its scale.
// Models scaleForResourceMappings
fn target(ctx: &Ctx<'_>, autoscaler: &HorizontalPodAutoscaler) -> Result<(Kind, Scale), String> {
    let target = &autoscaler.spec.scale_target_ref;
    let group: &Str = &target.api_version;
    let group = group.rsplit_once('/').map_or("", |(group, _)| group);
    let kind = Kind::first(|info| info.kind == &*target.kind && info.group == group)
        .ok_or_else(|| format!("no matches for kind \"{}\" in group \"{group}\"", target.kind))?;
    if !Scale::has(kind) {
        return Err("the server could not find the requested resource".to_owned());
    }
    let key = Key {
        namespace: autoscaler.meta.namespace.clone(),
        name: target.name.clone(),
    };
    let scale = ctx.api.scale(kind, &key);
    let scale = scale.ok_or_else(|| Status::not_found(kind, &key.name).message)?;
    Ok((kind, scale))
}
