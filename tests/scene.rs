//! The scene that the page draws, of clusters that run.

use kubarium::scenario::{Options, Scenario};
use kubarium::session::Player;
use kubarium::sim::SimTime;
use kubarium::view::SceneKeeper;
use kubarium::view::scene::{ArcKind, PodState};

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: \"nginx:1.27\"}]
";

const CRASHING: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: crash}
spec:
  containers: [{name: c, image: busybox, command: [sh, -c, exit 1]}]
";

const TOO_BIG: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: big}
spec:
  containers: [{name: c, image: busybox, resources: {requests: {cpu: \"99\"}}}]
";

fn player(text: &str) -> Player {
    let player = Player::new(Scenario::read(text), Options::default());
    assert!(player.diagnostics().is_empty(), "{:?}", player.diagnostics());
    player
}

fn seconds(count: u64) -> SimTime {
    SimTime(count * 1_000_000_000)
}

#[test]
fn pods_become_ready_and_keep_their_numbers() {
    let mut player = player(WEB);
    let mut keeper = SceneKeeper::default();
    player.seek(SimTime(300_000_000));
    let early = keeper.update(&player.world().cluster);
    assert_eq!(early.pods.len(), 3);
    assert!(early.pods.iter().all(|pod| pod.state != PodState::Ready));
    player.seek(seconds(10));
    let late = keeper.update(&player.world().cluster);
    assert_eq!(
        late.pods.iter().map(|pod| pod.state).collect::<Vec<_>>(),
        [PodState::Ready; 3]
    );
    let ids = |scene: &kubarium::view::scene::Scene| scene.pods.iter().map(|pod| pod.id).collect::<Vec<_>>();
    assert_eq!(ids(&early), ids(&late));
    assert!(
        late.pods
            .iter()
            .all(|pod| pod.node.is_some() && pod.owner_key == late.pods[0].owner_key)
    );
    player.seek(SimTime(300_000_000));
    let again = keeper.update(&player.world().cluster);
    assert_eq!(ids(&again), ids(&early), "a look back shows the same pods");
    assert!(again.pods.iter().all(|pod| pod.state != PodState::Ready));
}

#[test]
fn a_scene_shares_what_did_not_change() {
    let mut player = player(WEB);
    let mut keeper = SceneKeeper::default();
    player.seek(seconds(20));
    let before = keeper.update(&player.world().cluster);
    assert!(std::rc::Rc::ptr_eq(&before, &keeper.update(&player.world().cluster)));
    player.act(kubarium::session::Command::parse("kubectl scale deployment/web --replicas=4", "").expect("a command"));
    player.seek(seconds(30));
    let after = keeper.update(&player.world().cluster);
    assert_eq!(after.pods.len(), 4);
    for pod in &before.pods {
        let same = after.pod(pod.id).expect("still there");
        assert!(std::rc::Rc::ptr_eq(pod, same), "{} did not change", pod.name);
    }
}

#[test]
fn a_back_off_shows_while_it_is_in_force() {
    let mut player = player(CRASHING);
    let mut keeper = SceneKeeper::default();
    let mut seen = false;
    for second in 2..60 {
        player.seek(seconds(second));
        let scene = keeper.update(&player.world().cluster);
        let pod = &scene.pods[0];
        if let Some(arc) = pod.arc_at(scene.now_ns).filter(|arc| arc.kind == ArcKind::Backoff) {
            assert_eq!(pod.state_at(scene.now_ns), PodState::CrashLoopBackOff);
            let length = (arc.until_ns - arc.from_ns) / 1_000_000_000;
            assert!([10, 20, 40].contains(&length), "a wait of {length} s");
            seen = true;
        }
    }
    assert!(seen, "a container that exits at once is waited for");
}

#[test]
fn a_pod_that_fits_nowhere_waits_in_the_queue() {
    let mut player = player(TOO_BIG);
    let mut keeper = SceneKeeper::default();
    player.seek(seconds(30));
    let scene = keeper.update(&player.world().cluster);
    assert_eq!((scene.pods[0].state, scene.pods[0].node), (PodState::Pending, None));
    assert!(scene.pods[0].queue.is_some());
    assert_eq!(
        scene.control_plane.queue_unschedulable + scene.control_plane.queue_backoff,
        1
    );
}

fn facts(owner: &kubarium::view::scene::OwnerView) -> Vec<String> {
    let language = kubarium::view::Language::English;
    owner.facts.iter().map(|fact| language.say(&fact.say)).collect()
}

#[test]
fn a_rollout_shows_its_arithmetic_and_its_revisions() {
    let mut player = player(WEB);
    let mut keeper = SceneKeeper::default();
    player.seek(seconds(20));
    let before = keeper.update(&player.world().cluster);
    let [deployment, old] = &before.owners[..] else {
        panic!("a Deployment and its ReplicaSet, got {:?}", before.owners);
    };
    assert_eq!((&*deployment.name, &*deployment.remark), ("web", "3/3"));
    assert_eq!((old.parent, old.revision), (Some(deployment.id), 1));
    assert!(before.pods.iter().all(|pod| pod.owner == Some(old.id)));
    assert_eq!(
        facts(deployment),
        [
            "3 of 3 up to date",
            "3 pods ≤ 4 = 3 + 1 maxSurge",
            "3 available ≥ 3 = 3 − 0 maxUnavailable"
        ]
    );

    player.seek(seconds(1));
    let early = keeper.update(&player.world().cluster);
    assert_eq!(
        facts(&early.owners[0])[2],
        "0 available, to be at least 3 = 3 − 0 maxUnavailable",
        "a bound that does not hold yet is not said to hold"
    );
    player.seek(seconds(20));

    let update = "kubectl set image deployment/web web=nginx:1.28";
    player.act(kubarium::session::Command::parse(update, "").expect("a command"));
    player.seek(SimTime(20_300_000_000));
    let middle = keeper.update(&player.world().cluster);
    assert_eq!(
        facts(&middle.owners[0]),
        [
            "1 of 3 up to date",
            "4 pods ≤ 4 = 3 + 1 maxSurge",
            "3 available ≥ 3 = 3 − 0 maxUnavailable"
        ]
    );
    let gauge = middle.owners[0].facts[0].gauge.expect("a bar");
    assert_eq!((gauge.strong, gauge.weak, gauge.mark, gauge.full), (1, 3, 3, 4));

    player.seek(seconds(60));
    let after = keeper.update(&player.world().cluster);
    let sets: Vec<(u64, &str)> = after.owners[1..]
        .iter()
        .map(|set| (set.revision, &*set.remark))
        .collect();
    assert_eq!(sets, [(1, "0/0"), (2, "3/3")]);
    player.seek(seconds(61));
    let later = keeper.update(&player.world().cluster);
    assert!(
        std::rc::Rc::ptr_eq(&after.owners[0], &later.owners[0]),
        "what did not change is shared"
    );
    player.seek(seconds(10));
    let back = keeper.update(&player.world().cluster);
    assert_eq!(back.owners.len(), 2, "looking back shows what was");
}

#[test]
fn pods_of_a_stateful_set_have_their_ordinals_and_an_autoscaler_stands_above() {
    let text = "\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 2
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: db, image: \"redis:7\"}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: db}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}
  minReplicas: 2
  maxReplicas: 5
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
";
    let mut player = player(text);
    player.seek(seconds(30));
    let mut keeper = SceneKeeper::default();
    let scene = keeper.update(&player.world().cluster);
    let find = |kind: &str| {
        scene
            .owners
            .iter()
            .find(|owner| owner.kind.info().kind == kind)
            .expect("an owner")
    };
    let (set, scaler) = (find("StatefulSet"), find("HorizontalPodAutoscaler"));
    assert_eq!(set.parent, Some(scaler.id));
    assert_eq!(facts(set)[0], "ordinals 0 to 1, one after another");
    assert!(
        facts(scaler).contains(&"2 to 5 replicas".to_owned()),
        "{:?}",
        facts(scaler)
    );
    let mut ordinals: Vec<(&str, u32)> = scene.pods.iter().map(|pod| (&*pod.name, pod.ordinal)).collect();
    ordinals.sort_unstable();
    assert_eq!(ordinals, [("db-0", 0), ("db-1", 1)]);
    player.act(kubarium::session::Command::parse("kubectl delete hpa db", "").expect("a command"));
    let scene = keeper.update(&player.world().cluster);
    assert_eq!(
        scene.owners.iter().map(|owner| owner.parent).collect::<Vec<_>>(),
        [None]
    );
}

#[test]
fn jobs_count_and_a_cron_job_tells_its_next_run() {
    let text = "\
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup}
spec:
  schedule: \"*/5 * * * *\"
  jobTemplate:
    spec:
      completions: 2
      backoffLimit: 1
      template:
        spec:
          restartPolicy: Never
          containers: [{name: main, image: busybox, command: [sleep, \"3\"]}]
";
    let mut player = player(text);
    let mut keeper = SceneKeeper::default();
    player.seek(seconds(10));
    let scene = keeper.update(&player.world().cluster);
    assert_eq!(
        facts(&scene.owners[0]),
        ["0 running", "next runs at 5m0s, 10m0s, 15m0s"]
    );
    player.seek(seconds(330));
    let scene = keeper.update(&player.world().cluster);
    let find = |kind: &str| {
        scene
            .owners
            .iter()
            .find(|owner| owner.kind.info().kind == kind)
            .expect("an owner")
    };
    let (cron, job) = (find("CronJob"), find("Job"));
    assert_eq!(
        facts(cron),
        ["0 running", "last run at 5m0s", "next runs at 10m0s, 15m0s, 20m0s"]
    );
    assert_eq!((job.parent, &*job.remark), (Some(cron.id), "2/2"));
    assert_eq!(
        facts(job),
        [
            "2 of 2 completed",
            "0 running, at most 1 at once",
            "0 failures, 1 are allowed"
        ]
    );
    assert!(scene.pods.iter().all(|pod| pod.owner == Some(job.id)));
}

#[test]
fn a_job_that_waits_after_failures_has_a_clock() {
    let text = "\
apiVersion: batch/v1
kind: Job
metadata: {name: fails}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: busybox, command: [\"false\"]}]
";
    let mut player = player(text);
    let mut keeper = SceneKeeper::default();
    let mut clock = |second| {
        player.seek(seconds(second));
        let scene = keeper.update(&player.world().cluster);
        let fact = scene.owners[0]
            .facts
            .iter()
            .find(|fact| fact.say.key == "owners.job.backoff");
        fact.map(|fact| kubarium::view::Language::English.say(&fact.say))
    };
    assert_eq!(clock(1), None, "its first pod runs");
    for (second, want) in [
        (6, "back-off of 10s (failures in a row: 1), next try at 11s"),
        (20, "back-off of 20s (failures in a row: 2), next try at 31s"),
    ] {
        assert_eq!(clock(second).as_deref(), Some(want));
    }
}
