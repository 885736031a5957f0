//! Which nodes take a daemon pod, and what the pod of a node is like.
// Models pkg/controller/daemon/daemon_controller.go, pkg/controller/daemon/util/daemonset_util.go

use std::rc::Rc;

use crate::api::Str;
use crate::api::apps::DaemonSet;
use crate::api::component_helpers::{RequiredNodes, find_untolerated_taint};
use crate::api::core::{
    Affinity, Node, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec,
    PodTemplateSpec, Toleration,
};
use crate::controller::history::REVISION_HASH;

const NO_SCHEDULE: &str = "NoSchedule";
const NO_EXECUTE: &str = "NoExecute";
/// Label and annotation that count the changes of the template.
const GENERATION_LABEL: &str = "pod-template-generation";
const GENERATION: &str = "deprecated.daemonset.template.generation";
/// Taints that daemon pods put up with.
const TOLERATED: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", NO_EXECUTE),
    ("node.kubernetes.io/unreachable", NO_EXECUTE),
    ("node.kubernetes.io/disk-pressure", NO_SCHEDULE),
    ("node.kubernetes.io/memory-pressure", NO_SCHEDULE),
    ("node.kubernetes.io/pid-pressure", NO_SCHEDULE),
    ("node.kubernetes.io/unschedulable", NO_SCHEDULE),
];
const NETWORK_UNAVAILABLE: (&str, &str) = ("node.kubernetes.io/network-unavailable", NO_SCHEDULE);

/// Whether a node is to have a pod, and whether a pod that is there may stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) runs: bool,
    pub(super) stays: bool,
}

/// What a DaemonSet asks of nodes.
#[derive(Clone, Debug)]
pub(super) struct Demands {
    node_name: Str,
    nodes: RequiredNodes,
    tolerations: Rc<[Toleration]>,
}

impl Demands {
    pub(super) fn of(set: &DaemonSet) -> Self {
        let pod = Pod {
            spec: set.spec.template.spec.clone(),
            ..Pod::default()
        };
        Self {
            node_name: pod.spec.node_name.clone(),
            nodes: RequiredNodes::of(&pod),
            tolerations: tolerations(&pod.spec),
        }
    }

    /// What they mean for a node.
    // Models pkg/controller/daemon/daemon_controller.go NodeShouldRunDaemonPod
    pub(super) fn judge(&self, node: &Node) -> Verdict {
        let named = self.node_name.is_empty() || self.node_name == node.meta.name;
        if !named || !self.nodes.matches(node) {
            return Verdict {
                runs: false,
                stays: false,
            };
        }
        let repels = |effects: &[&str]| {
            let taints = &node.spec.taints;
            find_untolerated_taint(taints, &self.tolerations, |taint| effects.contains(&&*taint.effect)).is_some()
        };
        Verdict {
            runs: !repels(&[NO_SCHEDULE, NO_EXECUTE]),
            stays: !repels(&[NO_EXECUTE]),
        }
    }
}

/// The tolerations of a daemon pod: those of its template, and some that all have.
// Models pkg/controller/daemon/util/daemonset_util.go AddOrUpdateDaemonPodTolerations
fn tolerations(spec: &PodSpec) -> Rc<[Toleration]> {
    let mut tolerations = spec.tolerations.to_vec();
    for (key, effect) in TOLERATED
        .into_iter()
        .chain(spec.host_network.then_some(NETWORK_UNAVAILABLE))
    {
        let toleration = Toleration {
            key: key.into(),
            operator: "Exists".into(),
            effect: effect.into(),
            ..Toleration::default()
        };
        let same = |other: &&mut Toleration| {
            other.key == toleration.key && other.effect == toleration.effect && other.value.is_empty()
        };
        let same = tolerations
            .iter_mut()
            .filter(|other| other.operator == toleration.operator)
            .find(same);
        match same {
            Some(other) => *other = toleration,
            None => tolerations.push(toleration),
        }
    }
    tolerations.into()
}

/// The template of a revision's pods.
// Models pkg/controller/daemon/util/daemonset_util.go CreatePodTemplate
pub(super) fn template(set: &DaemonSet, hash: &str) -> PodTemplateSpec {
    let mut template = set.spec.template.clone();
    let tolerations = tolerations(&template.spec);
    Rc::make_mut(&mut template.spec).tolerations = tolerations;
    if let Some(generation) = generation(set) {
        template.meta.set_label(GENERATION_LABEL, generation);
    }
    template.meta.set_label(REVISION_HASH, hash);
    template
}

fn generation(set: &DaemonSet) -> Option<&str> {
    let text = set.meta.annotation(GENERATION)?;
    text.parse::<i64>().ok().map(|_| &**text)
}

/// The template bound to one node: the scheduler places its pod there and nowhere else.
// Models pkg/controller/daemon/util/daemonset_util.go ReplaceDaemonSetPodNodeNameNodeAffinity
pub(super) fn bind_to(template: &PodTemplateSpec, node: &Str) -> PodTemplateSpec {
    let mut template = template.clone();
    let spec = Rc::make_mut(&mut template.spec);
    let requirement = NodeSelectorRequirement {
        key: "metadata.name".into(),
        operator: "In".into(),
        values: [node.clone()].into(),
        ..NodeSelectorRequirement::default()
    };
    let term = NodeSelectorTerm {
        match_fields: [requirement].into(),
        ..NodeSelectorTerm::default()
    };
    let mut affinity = spec.affinity.as_deref().cloned().unwrap_or_else(Affinity::default);
    let mut of_nodes = affinity.node_affinity.take().unwrap_or_else(NodeAffinity::default);
    of_nodes.required = Some(NodeSelector {
        node_selector_terms: [term].into(),
        ..NodeSelector::default()
    });
    affinity.node_affinity = Some(of_nodes);
    spec.affinity = Some(Rc::new(affinity));
    template
}

/// The node that a daemon pod is on or meant for.
// Models pkg/controller/daemon/util/daemonset_util.go GetTargetNodeName
pub(super) fn target_node(pod: &Pod) -> Option<Str> {
    if !pod.spec.node_name.is_empty() {
        return Some(pod.spec.node_name.clone());
    }
    let affinity = pod.spec.affinity.as_ref()?.node_affinity.as_ref()?;
    let terms = affinity.required.as_ref()?.node_selector_terms.iter();
    let mut fields = terms.flat_map(|term| term.match_fields.iter());
    let field = fields.find(|field| &*field.key == "metadata.name" && &*field.operator == "In")?;
    field.values.first().cloned()
}

/// Whether a pod is of the newest template.
// Models pkg/controller/daemon/util/daemonset_util.go IsPodUpdated
pub(super) fn is_updated(set: &DaemonSet, pod: &Pod, hash: &str) -> bool {
    let has = |key: &str, value: &str| pod.meta.label(key).is_some_and(|label| **label == *value);
    has(REVISION_HASH, hash) || generation(set).is_some_and(|generation| has(GENERATION_LABEL, generation))
}
