//! The objects worth a line in the overview, and which kinds nothing acts on yet.

use super::Glass;
use crate::api::gateway::{CLASS, GATEWAY, GRPC_ROUTE, HTTP_ROUTE, LISTENER_SET, REFERENCE_GRANT, TCP_ROUTE};
use crate::api::{Kind, Object, Str};
use crate::apiserver::Verb;

/// An object in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace, or empty.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    /// How it is, as short as can be; may be empty.
    pub state: String,
}

/// The kinds that are listed, workloads first.
const SHOWN: [Kind; 11] = [
    Kind::named("apps", "Deployment"),
    Kind::named("apps", "StatefulSet"),
    Kind::named("apps", "DaemonSet"),
    Kind::named("batch", "CronJob"),
    Kind::named("batch", "Job"),
    Kind::named("autoscaling", "HorizontalPodAutoscaler"),
    Kind::named("", "Service"),
    Kind::named("networking.k8s.io", "Ingress"),
    GATEWAY,
    HTTP_ROUTE,
    GRPC_ROUTE,
];
/// Kinds without a struct of their own that have their effect all the same.
const EFFECTIVE: [Kind; 15] = [
    Kind::named("", "ServiceAccount"),
    Kind::named("", "LimitRange"),
    Kind::named("", "ResourceQuota"),
    Kind::named("", "Endpoints"),
    Kind::named("apps", "ControllerRevision"),
    Kind::named("node.k8s.io", "RuntimeClass"),
    Kind::named("networking.k8s.io", "NetworkPolicy"),
    Kind::named("scheduling.k8s.io", "PriorityClass"),
    CLASS,
    GATEWAY,
    LISTENER_SET,
    REFERENCE_GRANT,
    HTTP_ROUTE,
    GRPC_ROUTE,
    TCP_ROUTE,
];
/// Objects of a kind that are listed.
const LISTED_MAX: usize = 12;

/// Whether something acts on objects of this kind; the others are stored and shown.
#[must_use]
pub fn is_simulated(kind: Kind) -> bool {
    Object::has_struct(kind) || EFFECTIVE.contains(&kind)
}

impl Glass<'_> {
    /// Workloads, Services and Ingresses, and then what is stored only.
    #[must_use]
    pub fn listed(self) -> Vec<Listed> {
        let stored = Kind::all().filter(|kind| !SHOWN.contains(kind) && !is_simulated(*kind));
        let mut listed = Vec::new();
        for kind in SHOWN.into_iter().chain(stored) {
            let objects = self.0.api().list_objects(kind, None);
            let own = objects.filter(|object| &*object.meta().name != "kubernetes");
            listed.extend(own.take(LISTED_MAX).map(line));
        }
        listed
    }

    /// The objects without effect that were made after a revision.
    #[must_use]
    pub fn without_effect_after(self, revision: u64) -> Vec<String> {
        let changes = self.0.api().changes_after(revision).into_iter().flatten();
        let made = changes.filter(|change| change.verb == Verb::Added && !is_simulated(change.object.kind()));
        made.map(|change| format!("{} {}", change.object.kind().info().kind, change.object.meta().name))
            .collect()
    }
}

fn line(object: &Object) -> Listed {
    Listed {
        kind: object.kind(),
        namespace: object.meta().namespace.clone(),
        name: object.meta().name.clone(),
        state: state(object),
    }
}

fn state(object: &Object) -> String {
    match object {
        Object::Deployment(own) => format!("{}/{}", own.status.ready_replicas, own.spec.replicas.unwrap_or(1)),
        Object::StatefulSet(own) => format!("{}/{}", own.status.ready_replicas, own.spec.replicas.unwrap_or(1)),
        Object::DaemonSet(own) => format!("{}/{}", own.status.number_ready, own.status.desired_number_scheduled),
        Object::Service(own) => own.spec.kind.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Cluster, Config};

    #[test]
    fn kinds_that_nothing_acts_on_are_told_apart() {
        let cases = [
            ("", "Pod", true),
            ("apps", "DaemonSet", true),
            ("", "ServiceAccount", true),
            ("networking.k8s.io", "NetworkPolicy", true),
            ("gateway.networking.k8s.io", "Gateway", true),
            ("gateway.networking.k8s.io", "TLSRoute", false),
            ("rbac.authorization.k8s.io", "Role", false),
        ];
        for (group, kind, want) in cases {
            let found = Kind::first(|info| info.group == group && info.kind == kind).expect(kind);
            assert_eq!(is_simulated(found), want, "{kind}");
        }
    }

    #[test]
    fn a_fresh_cluster_lists_nothing_of_its_own() {
        let cluster = Cluster::new(Config::default());
        assert_eq!(Glass::new(&cluster).listed(), []);
    }
}
