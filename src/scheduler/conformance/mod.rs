//! Runs facts about Kubernetes' scheduler, taken from its own tests, on this one.
//!
//! A fact is a JSON object as described in the README of the folder of vectors: nodes, pods on them, a pod and what one
//! plugin says of it.

mod recording;

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Value, json};

pub use recording::{Compared, run_recording};

use super::attempt::{Attempt, Search, schedule_pod};
use super::cache::{Cache, PodInfo};
use super::framework::{
    Code, FitArgs, Handle, Nominations, PluginName, PluginSet, Profile, Rejection, SpreadArgs, Strategy, pre_filter,
    score,
};
use super::{plugins, preemption};
use crate::api::core::{Node, NodeAffinity, Pod};
use crate::api::{Kind, Object, Str, lean};
use crate::apiserver::{ApiServer, Caller};
use crate::sim::{SimTime, Stream};

/// Runs one case; the error says what differs.
///
/// # Errors
/// When an expectation is not met, or the case cannot be read.
pub fn run_vector(case: &Value) -> Result<(), String> {
    let subject = case["subject"].as_str().unwrap_or_default();
    let parts: Vec<&str> = subject.split('/').collect();
    match parts.as_slice() {
        ["scheduler", "filter", plugin] => run_filter(case, plugin),
        ["scheduler", "score", plugin] => run_score(case, plugin),
        ["scheduler", "preemption", "dryRun"] => run_dry_run(case),
        ["scheduler", "preemption", "selectNode"] => run_select_node(case),
        ["scheduler", "preemption", "postFilter"] => run_post_filter(case),
        _ => Err(format!("no such subject: {subject}")),
    }
}

/// Whether this scheduler has what the case is about: the feature gates that it turns on.
#[must_use]
pub fn is_applicable(case: &Value) -> bool {
    case.get("featureGates").is_none()
}

/// The cluster of a case.
pub struct World {
    /// Everything but nodes and their pods.
    pub api: ApiServer,
    /// Nodes and their pods.
    pub cache: Cache,
    /// How the plugins are set up.
    pub profile: Profile,
}

impl World {
    /// A cluster without anything in it.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            api: ApiServer::new(0),
            cache: Cache::default(),
            profile,
        }
    }

    /// Loads the objects of a case as they stand.
    fn of(case: &Value, profile: Profile) -> Result<Self, String> {
        let mut world = Self::new(profile);
        for node in list(case, "nodes") {
            world.add_node(node)?;
        }
        for (kind, key) in [("Namespace", "namespaces"), ("PodDisruptionBudget", "pdbs")] {
            for object in list(case, key) {
                world.load(kind, object)?;
            }
        }
        for object in list(case, "objects") {
            world.load(object["kind"].as_str().unwrap_or_default(), object)?;
        }
        for pod in list(case, "existingPods") {
            world.add_pod(&read_pod(pod)?);
        }
        Ok(world)
    }

    /// Adds a node.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn add_node(&mut self, node: &Value) -> Result<(), String> {
        let node: Node = lean::decode(node.clone()).map_err(|error| error.to_string())?;
        self.cache.set_node(&Rc::new(node));
        Ok(())
    }

    /// Puts a pod on the node that it names.
    pub fn add_pod(&mut self, pod: &Rc<Pod>) {
        self.cache
            .add_pod(&Rc::new(PodInfo::new(pod)), &pod.spec.node_name, false);
    }

    /// Loads an object of another kind.
    ///
    /// # Errors
    /// When the kind is not known or the object cannot be read.
    pub fn load(&mut self, kind: &str, object: &Value) -> Result<(), String> {
        let kind = Kind::first(|info| info.kind == kind).ok_or_else(|| format!("no kind {kind}"))?;
        let object = Object::decode(kind, object.clone()).map_err(|error| error.to_string())?;
        let caller = Caller {
            actor: "user",
            now: SimTime::ZERO,
        };
        self.api
            .load(&caller, object)
            .map(drop)
            .map_err(|status| status.message)
    }

    /// What plugins may look at.
    pub fn handle(&mut self) -> Handle<'_> {
        Handle {
            cache: &mut self.cache,
            api: &self.api,
            profile: &self.profile,
        }
    }

    /// Looks at all nodes for a pod.
    pub fn attempt(&mut self, pod: &Rc<PodInfo>) -> Attempt {
        let nominations = Nominations::default();
        let search = Search {
            start: 0,
            exhaustive: true,
            nominations: &nominations,
        };
        schedule_pod(&mut self.handle(), pod, &search)
    }

    fn id_of(&self, name: &str) -> Result<u32, String> {
        self.cache.id_of(name).ok_or_else(|| format!("no node {name}"))
    }
}

fn list<'a>(case: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    case.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// Reads a pod; one without a uid gets its name for it.
///
/// # Errors
/// When it cannot be read.
pub fn read_pod(pod: &Value) -> Result<Rc<Pod>, String> {
    let mut pod: Pod = lean::decode(pod.clone()).map_err(|error| error.to_string())?;
    if pod.meta.uid.is_empty() {
        pod.meta.uid = format!("{}/{}", pod.meta.namespace, pod.meta.name).into();
    }
    Ok(Rc::new(pod))
}

fn incoming(case: &Value) -> Result<Rc<PodInfo>, String> {
    Ok(Rc::new(PodInfo::new(&read_pod(&case["pod"])?)))
}

fn plugin_named(name: &str) -> Result<PluginName, String> {
    PluginName::find(name).ok_or_else(|| format!("no plugin {name}"))
}

fn same(what: &str, got: &Value, want: &Value) -> Result<(), String> {
    if got == want {
        Ok(())
    } else {
        Err(format!("{what}: got {got}, want {want}"))
    }
}

/// The verdict of one plugin on every node.
fn run_filter(case: &Value, plugin: &str) -> Result<(), String> {
    let mut profile = profile(case, plugin_named(plugin)?)?;
    if case.get("args").is_none() {
        profile.spread = SpreadArgs {
            default_constraints: Vec::new(),
            system_defaulted: false,
        };
    }
    let (mut world, pod) = (World::of(case, profile)?, incoming(case)?);
    let pre = pre_filter(plugins::ALL, &mut world.handle(), &pod);
    for (node, want) in case["expect"].as_object().ok_or("expect is no object")? {
        let node_info = world.cache.node(world.id_of(node)?);
        let got = match &pre {
            Ok(pre) => pre
                .filters
                .run(node_info)
                .map_or_else(|rejection| verdict(&rejection, false), |()| json!("pass")),
            Err(rejection) => verdict(rejection, true),
        };
        same(node, &got, want)?;
    }
    Ok(())
}

fn verdict(rejection: &Rejection, before_nodes: bool) -> Value {
    let fail = match rejection.reasons.as_slice() {
        [one] => json!(one),
        several => json!(several),
    };
    let mut verdict = json!({"fail": fail, "code": rejection.code.text()});
    if before_nodes {
        verdict["stage"] = json!("PreFilter");
    }
    verdict
}

/// The scores of one plugin.
fn run_score(case: &Value, plugin: &str) -> Result<(), String> {
    let name = plugin_named(plugin)?;
    let (mut world, pod) = (World::of(case, profile(case, name)?)?, incoming(case)?);
    let all = world.cache.order();
    let nodes: Vec<u32> = match case.get("candidates").and_then(Value::as_array) {
        Some(names) => names
            .iter()
            .map(|name| world.id_of(name.as_str().unwrap_or_default()))
            .collect::<Result<_, _>>()?,
        None => all.to_vec(),
    };
    let scores = score(plugins::ALL, &mut world.handle(), &pod, &nodes);
    let expect = &case["expect"];
    let Some(scores) = scores.plugins.first() else {
        let equal = expect["scores"]
            .as_object()
            .is_some_and(|scores| scores.values().all(|score| *score == 0));
        return if expect["skip"] == true || equal {
            Ok(())
        } else {
            Err("the plugin stepped aside".to_owned())
        };
    };
    let named = nodes.iter().zip(&scores.normalised);
    let got: BTreeMap<String, i64> = named
        .map(|(id, score)| (world.cache.node(*id).name().to_string(), *score))
        .collect();
    if expect["skip"] == true {
        let equal = got.values().collect::<BTreeSet<_>>().len() <= 1;
        return if equal {
            Ok(())
        } else {
            Err(format!("should step aside, gave {got:?}"))
        };
    }
    same("scores", &got.into_iter().collect(), &expect["scores"])
}

/// All candidates for preemption.
fn run_dry_run(case: &Value) -> Result<(), String> {
    let (mut world, pod) = (World::of(case, preemption_profile(case)?)?, incoming(case)?);
    let attempt = everything_refused(&mut world, &pod)?;
    let mut lots = Stream::new(0, &["dry run"]);
    let (candidates, _) = preemption::candidates(&mut world.handle(), &pod, &attempt, &mut lots);
    let mut got = serde_json::Map::new();
    for candidate in candidates {
        let victims: BTreeSet<&Str> = candidate.victims.iter().map(|victim| &victim.pod.meta.name).collect();
        let victims: Vec<&str> = victims.into_iter().map(|name| &**name).collect();
        got.insert(
            candidate.node.to_string(),
            json!({"victims": victims, "pdbViolations": candidate.violations}),
        );
    }
    let mut want = case["expect"]["candidates"].clone();
    for candidate in want.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        if let Some(victims) = candidate["victims"].as_array_mut() {
            victims.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        }
    }
    same("candidates", &Value::Object(got), &want)
}

/// The node that is chosen for preemption.
fn run_select_node(case: &Value) -> Result<(), String> {
    let (mut world, pod) = (World::of(case, preemption_profile(case)?)?, incoming(case)?);
    let attempt = everything_refused(&mut world, &pod)?;
    let mut lots = Stream::new(0, &["select node"]);
    let (candidates, best) = preemption::candidates(&mut world.handle(), &pod, &attempt, &mut lots);
    let any_of = case["expect"]["nominatedNodeAnyOf"]
        .as_array()
        .ok_or("no nodes are expected")?;
    let got: Vec<&str> = best.iter().map(|place| &*candidates[*place].node).collect();
    if !got.is_empty() && got.iter().all(|node| any_of.contains(&json!(node))) {
        return Ok(());
    }
    Err(format!("chose one of {got:?}, want one of {any_of:?}"))
}

/// What preemption does after filters said what the case says.
fn run_post_filter(case: &Value) -> Result<(), String> {
    let mut profile = preemption_profile(case)?;
    profile.plugins.insert(PluginName::DefaultPreemption);
    let (mut world, pod) = (World::of(case, profile)?, incoming(case)?);
    let mut attempt = everything_refused(&mut world, &pod)?;
    attempt.rejected.clear();
    for (node, code) in case["filterStatuses"].as_object().into_iter().flatten() {
        let rejection = if *code == Code::Unschedulable.text() {
            Rejection::unschedulable("")
        } else {
            Rejection::unresolvable("")
        };
        attempt.rejected.push((world.id_of(node)?, rejection));
    }
    let mut lots = Stream::new(0, &["post filter"]);
    let nominations = Nominations::default();
    let after = preemption::post_filter(&mut world.handle(), &pod, &attempt, &nominations, &mut lots);
    let node = after.candidate.map(|candidate| candidate.node);
    same("node", &json!(node.as_deref()), &case["expect"]["nominatedNode"])?;
    match case["expect"].get("message") {
        Some(want) => same("message", &json!(after.message), want),
        None => Ok(()),
    }
}

/// An attempt in which every node refused, and might not with fewer pods.
fn everything_refused(world: &mut World, pod: &Rc<PodInfo>) -> Result<Attempt, String> {
    let filters = pre_filter(plugins::ALL, &mut world.handle(), pod)
        .map_err(|rejection| rejection.message())?
        .filters;
    let order = world.cache.order();
    Ok(Attempt {
        total: u32::try_from(order.len()).map_err(|error| error.to_string())?,
        rejected: order.iter().map(|id| (*id, Rejection::unschedulable(""))).collect(),
        filters: Some(filters),
        ..Attempt::default()
    })
}

fn preemption_profile(case: &Value) -> Result<Profile, String> {
    let names = list(case, "plugins").map(|name| plugin_named(name.as_str().unwrap_or_default()));
    let plugins: Vec<PluginName> = names.collect::<Result<_, _>>()?;
    Ok(Profile {
        plugins: plugins.into_iter().collect(),
        ..Profile::default()
    })
}

/// The profile with one plugin, set up as the case says.
fn profile(case: &Value, plugin: PluginName) -> Result<Profile, String> {
    let mut profile = Profile {
        plugins: PluginSet::from_iter([plugin]),
        ..Profile::default()
    };
    let Some(args) = case.get("args") else {
        return Ok(profile);
    };
    match plugin {
        PluginName::NodeResourcesFit => profile.fit = fit_args(args)?,
        PluginName::NodeResourcesBalancedAllocation => {
            profile.balanced = list(args, "resources")
                .map(|resource| text(&resource["name"]))
                .collect();
        }
        PluginName::NodeAffinity => {
            let affinity = lean::decode::<NodeAffinity>(args["addedAffinity"].clone());
            profile.added_affinity = Some(affinity.map_err(|error| error.to_string())?);
        }
        PluginName::InterPodAffinity => {
            let weight = args.get("hardPodAffinityWeight").and_then(Value::as_i64);
            profile.pod_affinity.hard_weight = weight.unwrap_or(profile.pod_affinity.hard_weight);
            profile.pod_affinity.ignore_preferred_of_existing = args["ignorePreferredTermsOfExistingPods"] == true;
        }
        PluginName::PodTopologySpread => profile.spread = spread_args(args)?,
        other => return Err(format!("{} takes no arguments", other.text())),
    }
    Ok(profile)
}

fn text(value: &Value) -> Str {
    value.as_str().unwrap_or_default().into()
}

fn fit_args(args: &Value) -> Result<FitArgs, String> {
    let mut fit = FitArgs {
        ignored_resources: list(args, "ignoredResources").map(text).collect(),
        ignored_resource_groups: list(args, "ignoredResourceGroups").map(text).collect(),
        ..FitArgs::default()
    };
    let Some(strategy) = args.get("scoringStrategy") else {
        return Ok(fit);
    };
    let resources = list(strategy, "resources");
    fit.resources = resources
        .map(|r| (text(&r["name"]), r["weight"].as_i64().unwrap_or(1)))
        .collect();
    let ratio = &strategy["requestedToCapacityRatio"];
    // A shape gives scores of 0..=10.
    let shape = list(ratio, "shape");
    let point = |p: &Value| {
        (
            p["utilization"].as_i64().unwrap_or_default(),
            p["score"].as_i64().unwrap_or_default() * 10,
        )
    };
    fit.strategy = match strategy["type"].as_str() {
        Some("LeastAllocated") => Strategy::LeastAllocated,
        Some("MostAllocated") => Strategy::MostAllocated,
        Some("RequestedToCapacityRatio") => Strategy::RequestedToCapacityRatio(shape.map(point).collect()),
        other => return Err(format!("no strategy {other:?}")),
    };
    Ok(fit)
}

fn spread_args(args: &Value) -> Result<SpreadArgs, String> {
    if args["defaultingType"] == "System" {
        return Ok(SpreadArgs::default());
    }
    let constraints = list(args, "defaultConstraints").map(|constraint| lean::decode(constraint.clone()));
    let default_constraints = constraints
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    Ok(SpreadArgs {
        default_constraints,
        system_defaulted: false,
    })
}
