//! When the change happened that a slice tells of.
// Models staging/src/k8s.io/endpointslice/util/trigger_time_tracker.go

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::Str;
use crate::api::core::{Pod, Service};
use crate::api::time::Time;
use crate::apiserver::Key;

/// The times that each Service was last synced with.
#[derive(Clone, Debug, Default)]
pub(super) struct Triggers {
    services: BTreeMap<Key, Seen>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    service: Option<Time>,
    pods: BTreeMap<Str, Time>,
}

impl Triggers {
    /// The earliest time that is news since the last sync: a Service's creation or a change of a pod's readiness.
    // Models staging/src/k8s.io/endpointslice/util/trigger_time_tracker.go ComputeEndpointLastChangeTriggerTime
    pub(super) fn of(&mut self, key: &Key, service: &Service, pods: &[Rc<Pod>]) -> Option<Time> {
        let known = self.services.get(key);
        let before = |name: &Str| known.and_then(|seen| seen.pods.get(name)).copied();
        let mut earliest: Option<Time> = None;
        let mut seen = Seen {
            service: service.meta.creation_timestamp,
            ..Seen::default()
        };
        for pod in pods {
            let ready = pod.status.condition("Ready");
            let Some(at) = ready.and_then(|ready| ready.last_transition_time) else {
                continue;
            };
            if before(&pod.meta.name).is_none_or(|before| at > before) {
                earliest = Some(earliest.map_or(at, |earliest| earliest.min(at)));
            }
            seen.pods.insert(pod.meta.name.clone(), at);
        }
        let created = seen.service;
        let is_known = known.is_some();
        let is_newer = known.is_none_or(|known| created > known.service);
        self.services.insert(key.clone(), seen);
        if !is_known {
            return created;
        }
        if is_newer {
            earliest = [earliest, created].into_iter().flatten().min();
        }
        earliest
    }

    /// Forgets a Service that is gone.
    pub(super) fn forget(&mut self, key: &Key) {
        self.services.remove(key);
    }
}
