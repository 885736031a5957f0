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
