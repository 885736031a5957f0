//! A made-up cluster: the same scene for the same numbers and instant, for tests, measurements and pictures.
//!
//! Nothing here is simulated. Each pod follows a script that depends only on its index and the time.

mod requests;
mod scripts;

use crate::api::Kind;
use crate::view::Say;
use crate::view::scene::{
    Actor, ControlPlane, ControllerView, EndpointView, Fact, Gauge, IngressView, Mood, NodeState, NodeView, OwnerView,
    PodState, PodView, Pulse, PulseKind, QueueKind, Scene, ServiceView, Str, Usage,
};
use std::rc::Rc;

/// A second, nanoseconds.
pub const SECOND: u64 = 1_000_000_000;
const WORKLOADS: [(&str, &str); 8] = [
    ("shop", "frontend"),
    ("shop", "cart"),
    ("shop", "catalog"),
    ("shop", "checkout"),
    ("shop", "payments"),
    ("data", "redis"),
    ("data", "worker"),
    ("kube-system", "coredns"),
];
/// The first workloads have a Service, the very first ones an Ingress too.
const SERVICE_COUNT: usize = 6;
const INGRESS_COUNT: usize = 2;

/// The scene of so many nodes and pods at an instant.
#[must_use]
pub fn scene(node_count: u32, pod_count: u32, now_ns: u64) -> Scene {
    let mut demo = Demo::new(node_count, pod_count);
    demo.refresh(now_ns, pod_count as usize);
    demo.scene(now_ns)
}

/// The same by steps, sharing what has not changed.
pub struct Demo {
    node_count: u32,
    nodes: Vec<Rc<NodeView>>,
    pods: Vec<Rc<PodView>>,
    owners: Vec<Rc<OwnerView>>,
    cursor: usize,
}

impl Demo {
    /// A cluster at its start.
    #[must_use]
    pub fn new(node_count: u32, pod_count: u32) -> Self {
        let nodes = (0..node_count)
            .map(|index| Rc::new(node(index, node_count, pod_count)))
            .collect();
        let pods = (0..pod_count)
            .map(|index| Rc::new(pod(index, node_count, pod_count, 0)))
            .collect();
        Self {
            node_count,
            nodes,
            pods,
            owners: owners(pod_count),
            cursor: 0,
        }
    }

    /// Brings the next `limit` pods up to date, round and round.
    pub fn refresh(&mut self, now_ns: u64, limit: usize) {
        let count = self.pods.len();
        for _ in 0..limit.min(count) {
            let fresh = pod(self.cursor as u32, self.node_count, count as u32, now_ns);
            if *self.pods[self.cursor] != fresh {
                self.pods[self.cursor] = Rc::new(fresh);
            }
            self.cursor = (self.cursor + 1) % count;
        }
    }

    /// What it looks like now.
    #[must_use]
    pub fn scene(&self, now_ns: u64) -> Scene {
        let (services, ingresses) = network(&self.pods);
        let requests = requests::at(&services, &ingresses, now_ns);
        let control_plane = control_plane(&self.pods, now_ns);
        Scene {
            now_ns,
            nodes: self.nodes.clone(),
            pods: self.pods.clone(),
            services,
            ingresses,
            owners: self.owners.clone(),
            requests,
            control_plane,
        }
    }
}

/// A number that depends on both and looks like chance.
fn mix(a: u64, b: u64) -> u64 {
    let mut z = a
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(b.wrapping_mul(0xbf58_476d_1ce4_e5b9));
    z = (z ^ (z >> 30)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A Deployment and its ReplicaSet for each workload that has pods.
fn owners(pod_count: u32) -> Vec<Rc<OwnerView>> {
    let named = |id: u64, kind: &str, (namespace, name): (&str, &str)| OwnerView {
        id,
        kind: Kind::find("apps/v1", kind).expect("the table of kinds has it"),
        namespace: namespace.into(),
        name: name.into(),
        parent: None,
        revision: 1,
        remark: "1/1".into(),
        mood: Mood::Good,
        facts: Vec::new(),
    };
    let mut owners = Vec::new();
    for (index, workload) in (0_u64..).zip(WORKLOADS).take(pod_count as usize) {
        let mut deployment = named(index * 2 + 1, "Deployment", workload);
        deployment.facts.push(Fact {
            say: Say::plain("owners.updated").with("updated", 1).with("desired", 1),
            gauge: Some(Gauge {
                strong: 1,
                weak: 0,
                mark: 1,
                full: 2,
            }),
        });
        let mut set = named(index * 2 + 2, "ReplicaSet", workload);
        set.parent = Some(deployment.id);
        owners.extend([Rc::new(deployment), Rc::new(set)]);
    }
    owners
}

fn node(index: u32, node_count: u32, pod_count: u32) -> NodeView {
    let mut view = NodeView::new(u64::from(index), format!("node-{}", index + 1).into());
    view.zone = ["zone-a", "zone-b", "zone-c"][index as usize % 3].into();
    let share = u64::from(pod_count / node_count.max(1));
    view.pods = Usage {
        requested: share,
        allocatable: 110,
    };
    view.cpu = Usage {
        requested: 900 + mix(u64::from(index), 1) % 2700,
        allocatable: 4000,
    };
    view.memory = Usage {
        requested: (1 + mix(u64::from(index), 2) % 7) << 30,
        allocatable: 8 << 30,
    };
    if node_count > 3 && index % 17 == 3 {
        view.state = NodeState::Unknown;
    }
    if node_count > 2 && index % 11 == 2 {
        view.cordoned = true;
    }
    if node_count > 4 && index % 13 == 4 {
        view.pressure = "MemoryPressure".into();
    }
    view
}

fn pod(index: u32, node_count: u32, pod_count: u32, now_ns: u64) -> PodView {
    let (namespace, workload) = WORKLOADS[index as usize % WORKLOADS.len()];
    let letters: String = (0..5)
        .map(|place| b"bcdfghjklmnpqrstvwxz2456789"[(mix(u64::from(index), place) % 27) as usize] as char)
        .collect();
    let hash = format!("{:x}", mix(index as u64 % WORKLOADS.len() as u64, 77) & 0xf_ffff_ffff);
    let mut view = PodView::new(
        u64::from(index) + 1,
        namespace.into(),
        format!("{workload}-{hash}-{letters}").into(),
    );
    view.label = format!("{workload}-{letters}").into();
    view.owner_key = index % WORKLOADS.len() as u32;
    view.owner = Some(u64::from(view.owner_key) * 2 + 2);
    let start_ns = u64::from(index) * (6 * SECOND / u64::from(pod_count.max(1)));
    scripts::play(&mut view, index, now_ns.saturating_sub(start_ns), start_ns);
    if view.state == PodState::Pending {
        view.queue = Some(if view.status.is_empty() {
            QueueKind::Active
        } else {
            QueueKind::Unschedulable
        });
    } else if node_count > 0 {
        view.node = Some(mix(u64::from(index), 9) % u64::from(node_count));
    } else {
        view.state = PodState::Pending;
    }
    view
}

fn network(pods: &[Rc<PodView>]) -> (Vec<Rc<ServiceView>>, Vec<Rc<IngressView>>) {
    let service = |index: usize| {
        let (namespace, name) = WORKLOADS[index];
        let behind = pods
            .iter()
            .skip(index)
            .step_by(WORKLOADS.len())
            .filter(|pod| pod.node.is_some());
        let bound = behind.filter(|pod| !matches!(pod.state, PodState::ContainerCreating | PodState::Completed));
        let endpoints = bound.map(|pod| EndpointView {
            pod: pod.id,
            ready: pod.ready,
            terminating: pod.state == PodState::Terminating,
        });
        Rc::new(ServiceView {
            id: index as u64,
            namespace: namespace.into(),
            name: name.into(),
            kind: "ClusterIP".into(),
            address: format!("10.96.{index}.10:80").into(),
            external: false,
            endpoints: endpoints.collect(),
        })
    };
    let ingress = |index: usize| {
        let rules: [&[&str]; INGRESS_COUNT] = [
            &["shop.example.com/", "shop.example.com/cart"],
            &["api.example.com/catalog"],
        ];
        Rc::new(IngressView {
            id: index as u64,
            kind: crate::ui::selection::INGRESS,
            namespace: "shop".into(),
            name: ["shop", "api"][index].into(),
            class: "nginx".into(),
            rules: rules[index].iter().map(|&rule| Str::from(rule)).collect(),
            services: if index == 0 { vec![0, 1] } else { vec![2] },
        })
    };
    (
        (0..SERVICE_COUNT).map(service).collect(),
        (0..INGRESS_COUNT).map(ingress).collect(),
    )
}

const CONTROLLERS: [&str; 6] = [
    "deployment",
    "replicaset",
    "endpointslice",
    "job",
    "nodelifecycle",
    "garbagecollector",
];

fn control_plane(pods: &[Rc<PodView>], now_ns: u64) -> ControlPlane {
    let waiting = |kind| pods.iter().filter(|pod| pod.queue == Some(kind)).count() as u32;
    let step = SECOND / 5;
    let newest = now_ns / step;
    let pulses = (newest.saturating_sub(5)..=newest)
        .filter(|_| now_ns > 0)
        .map(|id| Pulse {
            id,
            at_ns: id * step,
            actor: match mix(id, 5) % 8 {
                0 | 1 => Actor::Scheduler,
                2 => Actor::Kubelet(mix(id, 6) % 3),
                other => Actor::Controller(CONTROLLERS[other as usize % CONTROLLERS.len()].into()),
            },
            kind: if mix(id, 7).is_multiple_of(4) {
                PulseKind::Wake
            } else {
                PulseKind::Write
            },
            about: None,
        });
    ControlPlane {
        controllers: CONTROLLERS
            .iter()
            .map(|&name| ControllerView {
                name: name.into(),
                queue_len: 0,
            })
            .collect(),
        queue_active: waiting(QueueKind::Active),
        queue_backoff: 0,
        queue_unschedulable: waiting(QueueKind::Unschedulable),
        revision: 1000 + newest,
        pulses: pulses.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_give_the_same_scene() {
        assert_eq!(scene(3, 40, 17 * SECOND), scene(3, 40, 17 * SECOND));
    }

    #[test]
    fn every_state_is_on_show() {
        let scene = scene(3, 60, 20 * SECOND);
        for state in PodState::ALL {
            let shown = scene.pods.iter().any(|pod| pod.state_at(scene.now_ns) == state);
            let elsewhere = (0..60).any(|second| {
                let scene = super::scene(3, 60, second * SECOND);
                scene.pods.iter().any(|pod| pod.state_at(scene.now_ns) == state)
            });
            assert!(shown || elsewhere, "{state:?}");
        }
    }

    #[test]
    fn steps_share_what_has_not_changed() {
        let mut demo = Demo::new(3, 60);
        demo.refresh(20 * SECOND, 60);
        let before = demo.scene(20 * SECOND);
        demo.refresh(20 * SECOND + 1, 60);
        let after = demo.scene(20 * SECOND + 1);
        let shared = before
            .pods
            .iter()
            .zip(&after.pods)
            .filter(|(a, b)| Rc::ptr_eq(a, b))
            .count();
        assert!(shared > 50, "{shared}");
    }
}
