//! When the change happened that a slice tells of.
// Models staging/src/k8s.io/endpointslice/util/trigger_time_tracker.go

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use crate::api::Str;
use crate::api::core::{Pod, Service};
use crate::api::time::Time;
use crate::apiserver::Key;

/// The times that each Service was last synced with.
#[derive(Clone, Debug, Default)]
pub(in crate::controller) struct Triggers {
    services: BTreeMap<Key, Seen>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    service: Option<Time>,
    pods: BTreeMap<Str, Time>,
}

impl Triggers {
    /// The earliest time that is news since the last sync: a Service's creation or a change of a pod's readiness.
    /// `pods` are all pods of the Service.
    // Models staging/src/k8s.io/endpointslice/util/trigger_time_tracker.go ComputeEndpointLastChangeTriggerTime
    pub(in crate::controller) fn of_all(&mut self, key: &Key, service: &Service, pods: &[Rc<Pod>]) -> Option<Time> {
        let before = self.services.remove(key);
        let created = service.meta.creation_timestamp;
        let mut seen = Seen {
            service: created,
            ..Seen::default()
        };
        let mut earliest: Option<Time> = None;
        for pod in pods {
            let before = before
                .as_ref()
                .and_then(|before| before.pods.get(&pod.meta.name))
                .copied();
            let news = seen.look(pod, before);
            earliest = [earliest, news].into_iter().flatten().min();
        }
        self.services.insert(key.clone(), seen);
        match before {
            None => created,
            Some(before) if created > before.service => [earliest, created].into_iter().flatten().min(),
            Some(_) => earliest,
        }
    }

    /// The earliest time that is news of some pods of a Service that was synced before.
    pub(in crate::controller) fn of_some<'a>(
        &mut self,
        key: &Key,
        pods: impl Iterator<Item = (&'a Str, Option<&'a Rc<Pod>>)>,
    ) -> Option<Time> {
        let seen = self.services.get_mut(key)?;
        let mut earliest: Option<Time> = None;
        for (name, pod) in pods {
            let before = seen.pods.remove(name);
            let news = pod.and_then(|pod| seen.look(pod, before));
            earliest = [earliest, news].into_iter().flatten().min();
        }
        earliest
    }

    /// Forgets a Service that is gone.
    pub(in crate::controller) fn forget(&mut self, key: &Key) {
        self.services.remove(key);
    }
}

impl Seen {
    /// Notes the time of a pod; gives it where it is later than the one before.
    fn look(&mut self, pod: &Pod, before: Option<Time>) -> Option<Time> {
        let at = pod.status.condition("Ready")?.last_transition_time?;
        self.pods.insert(pod.meta.name.clone(), at);
        Some(at).filter(|at| before.is_none_or(|before| *at > before))
    }
}
