//! Manifests of others that keep data: each group comes to its state, and what was written is there afterwards.
#![allow(clippy::disallowed_methods, reason = "the environment says where the data is")]

use std::path::Path;

use kubarium::api::core::Pod;
use kubarium::api::storage::{PersistentVolume, PersistentVolumeClaim};
use kubarium::cluster::Cluster;
use kubarium::scenario::{Options, Scenario};
use kubarium::session::{Command, Player};
use kubarium::sim::SimTime;

/// Files that are applied together, and what comes of them.
struct Case {
    files: &'static [&'static str],
    /// What the page has the reader make by hand.
    more: &'static str,
    seconds: u64,
    claims: &'static [(&'static str, &'static str)],
    volumes: &'static [(&'static str, &'static str)],
    pods: &'static [(&'static str, &'static str)],
}

const SITE: &str = "kubernetes-website";

const CASES: &[Case] = &[
    Case {
        files: &["pods/storage/pv-volume", "pods/storage/pv-claim", "pods/storage/pv-pod"],
        more: "",
        seconds: 60,
        claims: &[("task-pv-claim", "Bound task-pv-volume 10Gi")],
        volumes: &[("task-pv-volume", "Bound Retain")],
        pods: &[("task-pv-pod", "Running")],
    },
    Case {
        files: &[
            "pods/storage/pv-volume",
            "pods/storage/pv-claim",
            "pods/storage/pv-duplicate",
        ],
        more: "",
        seconds: 60,
        claims: &[("task-pv-claim", "Bound task-pv-volume 10Gi")],
        volumes: &[("task-pv-volume", "Bound Retain")],
        pods: &[("test", "Running")],
    },
    Case {
        files: &["pods/storage/pv-volume"],
        more: "",
        seconds: 10,
        claims: &[],
        volumes: &[("task-pv-volume", "Available Retain")],
        pods: &[],
    },
    Case {
        files: &["application/mysql/mysql-pv", "application/mysql/mysql-deployment"],
        more: "",
        seconds: 90,
        claims: &[("mysql-pv-claim", "Bound mysql-pv-volume 20Gi")],
        volumes: &[("mysql-pv-volume", "Bound Retain")],
        pods: &[("mysql-", "Running")],
    },
    Case {
        files: &[
            "application/wordpress/mysql-deployment",
            "application/wordpress/wordpress-deployment",
        ],
        more: "apiVersion: v1\nkind: Secret\nmetadata: {name: mysql-pass}\nstringData: {password: x}\n",
        seconds: 120,
        claims: &[
            ("mysql-pv-claim", "Bound pvc- 20Gi"),
            ("wp-pv-claim", "Bound pvc- 20Gi"),
        ],
        volumes: &[("pvc-", "Bound Delete")],
        pods: &[("wordpress-", "Running"), ("wordpress-mysql-", "Running")],
    },
    Case {
        files: &["application/zookeeper/zookeeper"],
        more: "",
        seconds: 240,
        claims: &[("datadir-zk-0", "Bound pvc- 10Gi")],
        volumes: &[("pvc-", "Bound Delete")],
        pods: &[("zk-0", "Running")],
    },
    Case {
        files: &[
            "application/mysql/mysql-configmap",
            "application/mysql/mysql-services",
            "application/mysql/mysql-statefulset",
        ],
        more: "",
        seconds: 120,
        claims: &[("data-mysql-0", "Bound pvc- 10Gi")],
        volumes: &[("pvc-", "Bound Delete")],
        pods: &[],
    },
];

fn read(shared: &str, files: &[&str]) -> String {
    let folder = Path::new(shared).join("corpus").join(SITE);
    let read = |file: &&str| std::fs::read_to_string(folder.join(format!("{file}.yaml"))).expect("the corpus is there");
    files.iter().map(read).collect::<Vec<_>>().join("\n---\n")
}

fn pods(cluster: &Cluster, start: &str) -> Vec<String> {
    let pods = cluster.api().list::<Pod>(None);
    let pods = pods.filter(|pod| pod.meta.name.starts_with(start));
    pods.map(|pod| pod.status.phase.to_string()).collect()
}

#[test]
fn each_group_reaches_its_state() {
    let Ok(shared) = std::env::var("KUBARIUM_SHARED") else {
        return;
    };
    for case in CASES {
        let text = format!("{}\n---\n{}", read(&shared, case.files), case.more);
        let mut player = Player::new(Scenario::read(&text), Options::default());
        player.seek(SimTime(case.seconds * 1_000_000_000));
        let cluster = &player.world().cluster;
        for (name, want) in case.claims {
            let claim = cluster
                .api()
                .get::<PersistentVolumeClaim>("default", name)
                .expect("a claim");
            let volume = &claim.spec.volume_name;
            let volume = if volume.starts_with("pvc-") { "pvc-" } else { volume };
            let got = format!("{} {volume} {}", claim.status.phase, claim.capacity());
            assert_eq!(got, *want, "{name} of {:?}", case.files);
        }
        for (start, want) in case.volumes {
            let all = cluster.api().list::<PersistentVolume>(None);
            let these: Vec<_> = all.filter(|volume| volume.meta.name.starts_with(start)).collect();
            assert!(!these.is_empty(), "{start} of {:?}", case.files);
            for volume in these {
                let got = format!("{} {}", volume.status.phase, volume.spec.reclaim_policy);
                assert_eq!(got, *want, "{start} of {:?}", case.files);
            }
        }
        for (start, want) in case.pods {
            let got = pods(cluster, start);
            assert!(
                !got.is_empty() && got.iter().all(|phase| phase == want),
                "{start} of {:?}: {got:?}",
                case.files
            );
        }
    }
}

fn kubectl(player: &mut Player, line: &str, stdin: &str) {
    let (line, stdin) = (line.to_owned(), stdin.to_owned());
    player.act(Command::Kubectl { line, stdin });
}

fn log_of(player: &Player, pod: &str) -> String {
    let api = player.world().cluster.api();
    let pod = api.get::<Pod>("default", pod).expect("the pod is there");
    let statuses = pod.status.container_statuses.iter();
    let ends = statuses.filter_map(|status| status.state.terminated.as_ref());
    ends.map(|end| end.message.trim().to_owned()).collect()
}

/// A marker that is written into the volume of the page's pod is read by another pod after that one is gone, and after the
/// claim and the volume are made anew: the volume is kept, and so is the directory on the node.
#[test]
fn what_was_written_is_there_after_the_pod() {
    let Ok(shared) = std::env::var("KUBARIUM_SHARED") else {
        return;
    };
    let text = format!(
        "apiVersion: kubarium.dev/v1\nkind: Scenario\nmetadata: {{name: one}}\nspec: {{nodes: [{{count: 1}}]}}\n---\n{}",
        read(&shared, &["pods/storage/pv-volume", "pods/storage/pv-claim"])
    );
    let pod = |name: &str, command: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  restartPolicy: Never\n  containers:\n  \
             - name: c\n    image: busybox:1.36\n    command: [sh, -c, \"{command}\"]\n    volumeMounts: [{{name: v, \
             mountPath: /v}}]\n  volumes: [{{name: v, persistentVolumeClaim: {{claimName: task-pv-claim}}}}]\n"
        )
    };
    let mut player = Player::new(Scenario::read(&text), Options::default());
    let at = |player: &mut Player, second: u64| player.seek(SimTime(second * 1_000_000_000));
    at(&mut player, 20);
    kubectl(&mut player, "apply -f -", &pod("writer", "echo marker > /v/file"));
    at(&mut player, 39);
    let hash = player.world().cluster.state_hash();
    at(&mut player, 40);
    kubectl(&mut player, "delete pod writer", "");
    kubectl(
        &mut player,
        "apply -f -",
        &pod("reader", "cat /v/file > /dev/termination-log"),
    );
    at(&mut player, 60);
    assert_eq!(log_of(&player, "reader"), "marker");
    kubectl(&mut player, "delete pod reader", "");
    kubectl(&mut player, "delete pvc task-pv-claim --wait=false", "");
    at(&mut player, 70);
    let phase = |player: &Player| {
        let volume = player
            .world()
            .cluster
            .api()
            .get::<PersistentVolume>("", "task-pv-volume");
        volume.map(|volume| volume.status.phase.to_string())
    };
    assert_eq!(
        phase(&player).as_deref(),
        Some("Released"),
        "a volume that is kept is not given to another claim"
    );
    kubectl(&mut player, "delete pv task-pv-volume --wait=false", "");
    at(&mut player, 72);
    let again = read(&shared, &["pods/storage/pv-volume", "pods/storage/pv-claim"]);
    kubectl(&mut player, "apply -f -", &again);
    kubectl(
        &mut player,
        "apply -f -",
        &pod("again", "cat /v/file > /dev/termination-log"),
    );
    at(&mut player, 110);
    assert_eq!(log_of(&player, "again"), "marker");
    at(&mut player, 39);
    assert_eq!(
        player.world().cluster.state_hash(),
        hash,
        "time travel brings the files back too"
    );
}
