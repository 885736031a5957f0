//! Random actions on what there is at that instant.

use kubarium::api::core::{Node, Pod};
use kubarium::cluster::Cluster;

use crate::draw::Draw;

/// What somebody does now, as the player's log has it. May well be refused.
pub(crate) fn draw(draw: &mut Draw, cluster: &Cluster, workloads: &[String]) -> String {
    let api = cluster.api();
    let pods: Vec<&str> = api.list::<Pod>(Some("default")).map(|pod| &*pod.meta.name).collect();
    let nodes: Vec<&str> = api.list::<Node>(None).map(|node| &*node.meta.name).collect();
    let workloads: Vec<&str> = workloads.iter().map(String::as_str).collect();
    let workload = draw.one(&workloads);
    let node = if nodes.is_empty() { "none" } else { draw.one(&nodes) };
    let pod = if pods.is_empty() { "none" } else { draw.one(&pods) };
    let count = draw.number(0, 9);
    let image = draw.one(&[
        "nginx:1.27",
        "nginx:1.26",
        "nginx:1.161",
        "httpd:2.4",
        "example.com/shop/api:v2",
    ]);
    match draw.number(0, 24) {
        0..=2 => format!("kubectl scale {workload} --replicas={count}"),
        3..=5 => format!("kubectl set image {workload} c0={image}"),
        6 | 7 => format!("kubectl delete pod {pod} --wait=false"),
        8 => format!("kubectl delete pod {pod} --force --grace-period=0"),
        9 => format!(
            "kubectl delete {workload} --wait=false --cascade={}",
            draw.one(&["background", "foreground", "orphan"])
        ),
        10 => format!("kubectl rollout undo {workload}"),
        11 => format!(
            "kubectl rollout {} {workload}",
            draw.one(&["pause", "resume", "restart"])
        ),
        12 => format!("kubectl cordon {node}"),
        13 => format!("kubectl uncordon {node}"),
        14 => format!("fail node/{node} for {count}0s"),
        15 => format!("kubectl delete node {node}"),
        16 => format!("kill pod/{pod}"),
        17 => format!(
            "{} pod/{pod}",
            draw.one(&["oom", "fail-probes", "pass-probes", "exit 2"])
        ),
        18 => format!("kubectl label pod {pod} app=stray --overwrite"),
        19 => format!("fetch http://shop.example.com/w{}", count % 6),
        20 => format!("kubectl drain {node} --force --ignore-daemonsets --delete-emptydir-data --timeout={count}s"),
        21 => format!(
            "kubectl patch {workload} --type=merge -p '{{\"spec\":{{\"suspend\":{}}}}}'",
            count.is_multiple_of(2)
        ),
        22 => format!("kubectl patch {workload} --type=merge -p '{{\"spec\":{{\"parallelism\":{count}}}}}'"),
        23 => format!("kubectl create job {node}-{count} --from={workload}"),
        _ => format!("kubectl annotate {workload} note=n{count} --overwrite"),
    }
}
