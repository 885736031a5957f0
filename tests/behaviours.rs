//! What scenarios say of containers comes true.

use kubarium::api::core::Pod;
use kubarium::scenario::{Options, Scenario};
use kubarium::session::Player;
use kubarium::sim::SimTime;

const HEAD: &str = "apiVersion: kubarium.dev/v1\nkind: Scenario\nmetadata: {name: test}\nspec:\n  behaviours:\n";
const POD: &str = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: x}}\nspec:\n  restartPolicy: Never\n  containers:\n  - {name: c, image: \"shop/api:v2\", ports: [{containerPort: 80}], resources: {limits: {memory: 100Mi}}}\n";

/// Reason and exit code of the container's end within two minutes.
fn end(behaviour: &str) -> Option<(String, i32)> {
    let text = format!("{HEAD}  - {{match: {{image: \"shop/api:v2*\"}}, {behaviour}}}\n{POD}");
    let mut player = Player::new(Scenario::read(&text), Options::default());
    assert!(player.diagnostics().is_empty(), "{:?}", player.diagnostics());
    player.seek(SimTime(120_000_000_000));
    let pod = player
        .world()
        .cluster
        .api()
        .get::<Pod>("default", "p")
        .cloned()
        .expect("the pod stays");
    let ended = pod.status.container_statuses[0].state.terminated.clone()?;
    Some((ended.reason.to_string(), ended.exit_code))
}

#[test]
fn containers_end_as_the_scenario_says() {
    let cases = [
        ("exit: {after: 20s, code: 3}", Some(("Error".to_owned(), 3))),
        ("exit: {after: 20s, code: 0}", Some(("Completed".to_owned(), 0))),
        (
            "memory: {from: 20Mi, growth: 10Mi/s}",
            Some(("OOMKilled".to_owned(), 137)),
        ),
        ("memory: {from: 20Mi}", None),
        ("latency: 20ms", None),
    ];
    for (behaviour, want) in cases {
        assert_eq!(end(behaviour), want, "{behaviour}");
    }
}
