//! `kubarium bench`: how quick the engine is on this machine.

use std::process::ExitCode;

use kubarium::scenario::{Options, Scenario};
use kubarium::session::Player;
use kubarium::sim::SimTime;

use crate::args::Args;

/// Numbers of nodes that are measured where none is given.
const NODES: [u32; 3] = [100, 1000, 5000];
/// Virtual time that is played, in nanoseconds: long enough for every pod to be placed and to run.
const PLAYED_NS: u64 = 300_000_000_000;

pub(crate) fn bench(args: &Args) -> Result<ExitCode, String> {
    println!("nodes\tpods\tplaced\tplaced/s\tevents\tevents/s\tpeak memory");
    let counts = args.nodes.map_or_else(|| NODES.to_vec(), |nodes| vec![nodes]);
    for nodes in counts {
        measure(nodes, args.pods)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[allow(
    clippy::disallowed_types,
    reason = "a benchmark reads the wall clock; the engine does not"
)]
fn measure(nodes: u32, pods: u32) -> Result<(), String> {
    let text = workload(nodes, pods);
    let mut player = Player::new(Scenario::read(&text), Options::default());
    if let Some(problem) = player.diagnostics().first() {
        return Err(problem.to_string());
    }
    let start = std::time::Instant::now();
    let mut placing_ms = 0;
    let wanted = usize::try_from(pods).map_err(|error| error.to_string())?;
    while player.now().0 < PLAYED_NS {
        let until = SimTime(player.now().0 + 1_000_000_000);
        player.run(until, &mut || true);
        if placing_ms == 0 && placed(&player) == wanted {
            placing_ms = start.elapsed().as_millis().max(1);
        }
    }
    let all_ms = start.elapsed().as_millis().max(1);
    let events = u128::from(player.world().cluster.events());
    let placed = placed(&player);
    println!(
        "{nodes}\t{pods}\t{placed}\t{}\t{events}\t{}\t{} MiB",
        placed as u128 * 1000 / placing_ms.max(1),
        events * 1000 / all_ms,
        peak_memory_kib() / 1024
    );
    Ok(())
}

fn placed(player: &Player) -> usize {
    use kubarium::api::core::Pod;
    let pods = player.world().cluster.api().list::<Pod>(None);
    pods.filter(|pod| !pod.spec.node_name.is_empty()).count()
}

/// Pods of twenty Deployments on equal nodes.
fn workload(nodes: u32, pods: u32) -> String {
    const DEPLOYMENTS: u32 = 20;
    let mut text = format!(
        "apiVersion: kubarium.dev/v1\nkind: Scenario\nmetadata: {{name: bench}}\nspec:\n  nodes: [{{count: {nodes}, cpu: \"32\", memory: 64Gi}}]\n"
    );
    for index in 0..DEPLOYMENTS {
        let replicas = pods / DEPLOYMENTS + u32::from(index < pods % DEPLOYMENTS);
        text.push_str(&format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{index}}}\nspec:\n  replicas: {replicas}\n  \
             selector: {{matchLabels: {{app: app-{index}}}}}\n  template:\n    metadata: {{labels: {{app: app-{index}}}}}\n    \
             spec:\n      containers:\n      - {{name: c, image: \"nginx:1.27\", resources: {{requests: {{cpu: 100m, memory: 64Mi}}}}}}\n"
        ));
    }
    text
}

/// The most memory that the process has had, in KiB: a WebAssembly memory never shrinks.
#[cfg(target_family = "wasm")]
fn peak_memory_kib() -> u64 {
    core::arch::wasm32::memory_size::<0>() as u64 * 64
}

/// The most memory that the process has had, in KiB.
#[cfg(not(target_family = "wasm"))]
fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap_or_default()
}
