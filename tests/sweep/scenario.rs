//! A random scenario: nodes, behaviours, workloads. What it says is valid, and often cannot work out: that is life.

use std::fmt::Write;

use crate::draw::Draw;

/// Workloads that may be changed later, as kubectl names them: `deployment/d0`.
pub(crate) struct Drawn {
    pub(crate) text: String,
    pub(crate) workloads: Vec<String>,
}

const IMAGES: [&str; 8] = [
    "nginx:1.27",
    "nginx:1.26",
    "nginx:1.161",
    "httpd:2.4",
    "redis:7",
    "busybox:1.36",
    "registry.k8s.io/pause:3.10",
    "example.com/shop/api:v2",
];
const COMMANDS: [&str; 8] = [
    "sleep 3600",
    "sleep 5; exit 1",
    "sleep 9",
    "exit 3",
    "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600",
    "trap 'exit 0' TERM; while true; do sleep 1; done",
    "trap '' TERM; sleep 3600",
    "i=0; while [ $i -lt 20 ]; do echo tick $i; i=$((i+1)); sleep 3; done; exit 1",
];

/// The scenario of that seed.
pub(crate) fn draw(seed: u64) -> Drawn {
    let mut draw = Draw::new(seed, "scenario");
    let mut text = head(&mut draw, seed);
    text.push_str(
        "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: urgent}\nvalue: 1000\n",
    );
    let mut workloads = Vec::new();
    for index in 0..draw.number(1, 6) {
        let (kind, manifest) = workload(&mut draw, index);
        write!(text, "---\n{manifest}").expect("a text grows");
        workloads.push(format!("{kind}/w{index}"));
        if draw.percent(50) {
            text.push_str(&service(&mut draw, index));
        }
        text.push_str(&policies(&mut draw, kind, index));
    }
    text.push_str(&draw.maybe(
        40,
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {COLOUR: red}\n",
    ));
    if draw.percent(25) {
        let (pods, cpu) = (draw.number(2, 12), draw.number(1, 8));
        write!(
            text,
            "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: quota}}\nspec: {{hard: {{pods: \"{pods}\", requests.cpu: \"{cpu}\"}}}}\n\
             ---\napiVersion: v1\nkind: LimitRange\nmetadata: {{name: limits}}\nspec: {{limits: [{{type: Container, defaultRequest: {{cpu: 100m}}}}]}}\n"
        )
        .expect("a text grows");
    }
    Drawn { text, workloads }
}

fn head(draw: &mut Draw, seed: u64) -> String {
    let mut text = format!(
        "apiVersion: kubarium.dev/v1\nkind: Scenario\nmetadata: {{name: sweep-{seed}}}\nspec:\n  seed: {seed}\n  nodes:\n"
    );
    for group in 0..draw.number(1, 3) {
        let (count, cpu) = (draw.number(1, 4), draw.one(&["1", "2", "4", "500m"]));
        let memory = draw.one(&["512Mi", "2Gi", "8Gi"]);
        let zones = draw.maybe(50, ", zones: [a, b, c]");
        let labels = draw.maybe(40, ", labels: {disk: ssd}");
        let pods = draw.maybe(20, ", pods: 4");
        let effect = draw.one(&["NoSchedule", "PreferNoSchedule", "NoExecute"]);
        let taint = format!(", taints: [{{key: special, value: \"yes\", effect: {effect}}}]");
        let taint = draw.maybe(25, &taint);
        writeln!(
            text,
            "  - {{name: g{group}, count: {count}, cpu: \"{cpu}\", memory: {memory}{zones}{labels}{pods}{taint}}}"
        )
        .expect("a text grows");
    }
    if draw.percent(40) {
        let (after, code) = (draw.number(1, 60), draw.one(&["0", "1", "139"]));
        let status = draw.one(&["200", "500", "503"]);
        write!(
            text,
            "  behaviours:\n  - match: {{image: \"example.com/shop/*\"}}\n    start: {}s\n    exit: {{after: {after}s, code: {code}}}\n  \
             - match: {{image: \"nginx:1.26\"}}\n    http: [{{path: /, status: {status}, after: {after}s, for: 20s}}]\n    \
             memory: {{from: 20Mi, growth: {}Mi/s}}\n",
            draw.number(0, 9),
            draw.number(0, 4)
        )
        .expect("a text grows");
    }
    text
}

/// The resource name for kubectl, and the manifest.
fn workload(draw: &mut Draw, index: u64) -> (&'static str, String) {
    let kind = draw.one(&[
        "Deployment",
        "Deployment",
        "Deployment",
        "ReplicaSet",
        "StatefulSet",
        "DaemonSet",
        "Pod",
        "Job",
        "CronJob",
    ]);
    let name = format!("w{index}");
    let labels = format!("{{app: {name}, tier: {}}}", draw.one(&["front", "back"]));
    if kind == "Pod" {
        let policy = draw.one(&["Always", "OnFailure", "Never"]);
        let spec = pod_spec(draw, "  ", true);
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {labels}}}\nspec:\n  restartPolicy: {policy}\n{spec}"
        );
        return ("pod", text);
    }
    if kind == "Job" {
        let text = format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}}}\nspec:\n{}",
            job_spec(draw, "  ", &labels)
        );
        return ("job", text);
    }
    if kind == "CronJob" {
        return ("cronjob", cron_job(draw, &name, &labels));
    }
    let mut spec = format!("  selector: {{matchLabels: {{app: {name}}}}}\n");
    if kind != "DaemonSet" {
        writeln!(spec, "  replicas: {}", draw.number(0, 6)).expect("a text grows");
    }
    if draw.percent(50) {
        spec.push_str(&own_settings(draw, kind));
    }
    if kind == "StatefulSet" {
        writeln!(spec, "  serviceName: {name}").expect("a text grows");
    }
    let pod = pod_spec(draw, "      ", false);
    let text = format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n{spec}  template:\n    metadata: {{labels: {labels}}}\n    spec:\n{pod}"
    );
    let resource = match kind {
        "Deployment" => "deployment",
        "ReplicaSet" => "replicaset",
        "StatefulSet" => "statefulset",
        _ => "daemonset",
    };
    (resource, text)
}

/// The lines of a Job's spec.
fn job_spec(draw: &mut Draw, indent: &str, labels: &str) -> String {
    let never = draw.percent(60);
    let indexed = draw.percent(40);
    let (parallelism, completions) = (draw.number(0, 4), draw.number(1, 6));
    let mut lines = vec![format!("parallelism: {parallelism}")];
    if indexed {
        lines.push(format!("completionMode: Indexed\n{indent}completions: {completions}"));
        lines.push(draw.maybe(30, &format!("backoffLimitPerIndex: {}", draw_limit(completions))));
        lines.push(draw.maybe(20, "successPolicy: {rules: [{succeededCount: 1}]}"));
    } else {
        lines.push(draw.maybe(70, &format!("completions: {completions}")));
    }
    let replaced = draw.one(&["Failed", "TerminatingOrFailed"]);
    let wishes = [
        (40, format!("backoffLimit: {}", completions % 4)),
        (25, format!("activeDeadlineSeconds: {}", 20 * completions)),
        (20, format!("ttlSecondsAfterFinished: {}", 10 * parallelism)),
        (15, "suspend: true".to_owned()),
        (20, format!("podReplacementPolicy: {replaced}")),
    ];
    let chosen = wishes.into_iter().filter(|(often, _)| draw.percent(*often));
    let mut chosen: Vec<String> = chosen.map(|(_, text)| text).collect();
    if never && draw.percent(30) {
        chosen.retain(|line| !line.ends_with("TerminatingOrFailed"));
        let action = draw.one(&["FailJob", "Ignore", "Count"]);
        chosen.push(format!(
            "podFailurePolicy: {{rules: [{{action: {action}, onExitCodes: {{operator: In, values: [1, 3]}}}}]}}"
        ));
    }
    lines.extend(chosen);
    let policy = if never { "Never" } else { "OnFailure" };
    let pod = pod_spec(draw, &format!("{indent}    "), true);
    lines.push(format!(
        "template:\n{indent}  metadata: {{labels: {labels}}}\n{indent}  spec:\n{indent}    restartPolicy: {policy}\n{pod}"
    ));
    lines.retain(|line| !line.is_empty());
    lines.iter().fold(String::new(), |text, line| {
        text + indent + line + if line.ends_with('\n') { "" } else { "\n" }
    })
}

/// How often one index may fail.
const fn draw_limit(completions: u64) -> u64 {
    completions % 3
}

fn cron_job(draw: &mut Draw, name: &str, labels: &str) -> String {
    let schedule = draw.one(&["* * * * *", "*/2 * * * *", "1-59/2 * * * *"]);
    let policy = draw.one(&["Allow", "Forbid", "Replace"]);
    let suspended = draw.maybe(15, "  suspend: true\n");
    let deadline = draw.maybe(25, "  startingDeadlineSeconds: 15\n");
    let kept = draw.number(0, 2);
    let job = job_spec(draw, "      ", labels);
    format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: {name}}}\nspec:\n  schedule: \"{schedule}\"\n  concurrencyPolicy: {policy}\n\
         {suspended}{deadline}  successfulJobsHistoryLimit: {kept}\n  jobTemplate:\n    spec:\n{job}"
    )
}

/// A disruption budget, an autoscaler and a network policy for a workload, or some of them, or none.
fn policies(draw: &mut Draw, kind: &str, index: u64) -> String {
    let mut text = String::new();
    let name = format!("w{index}");
    if draw.percent(20) {
        let bound = draw.one(&[
            "minAvailable: 1",
            "minAvailable: 50%",
            "maxUnavailable: 1",
            "maxUnavailable: 0",
        ]);
        write!(
            text,
            "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {name}}}\n\
             spec: {{{bound}, selector: {{matchLabels: {{app: {name}}}}}}}\n"
        )
        .expect("a text grows");
    }
    let scales = match kind {
        "deployment" => "Deployment",
        "statefulset" => "StatefulSet",
        "replicaset" => "ReplicaSet",
        _ => "",
    };
    if !scales.is_empty() && draw.percent(20) {
        let (least, most) = (draw.number(1, 3), draw.number(3, 7));
        let share = draw.one(&["10", "50", "100"]);
        write!(
            text,
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\nspec:\n  \
             scaleTargetRef: {{apiVersion: apps/v1, kind: {scales}, name: {name}}}\n  minReplicas: {least}\n  maxReplicas: {most}\n  \
             metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: {share}}}}}}}]\n"
        )
        .expect("a text grows");
    }
    if draw.percent(20) {
        let from = draw.one(&[
            "[]",
            "[{from: [{podSelector: {matchLabels: {tier: front}}}]}]",
            "[{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]",
            "[{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]",
        ]);
        write!(
            text,
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}}}\n\
             spec: {{podSelector: {{matchLabels: {{app: {name}}}}}, policyTypes: [Ingress], ingress: {from}}}\n"
        )
        .expect("a text grows");
    }
    text
}

/// What only workloads of that kind have.
fn own_settings(draw: &mut Draw, kind: &str) -> String {
    let ready = format!("  minReadySeconds: {}\n", draw.number(0, 8));
    let share = draw.one(&["0", "1", "2", "25%", "50%"]);
    let own = match kind {
        "Deployment" => draw
            .one(&[
                "  strategy: {type: Recreate}\n",
                "  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}\n",
                "  strategy: {rollingUpdate: {maxSurge: 2, maxUnavailable: 0}}\n",
                "  strategy: {rollingUpdate: {maxSurge: 50%, maxUnavailable: 50%}}\n",
                "  progressDeadlineSeconds: 30\n  revisionHistoryLimit: 1\n",
                "  paused: true\n",
            ])
            .to_owned(),
        "StatefulSet" => draw
            .one(&[
                "  podManagementPolicy: Parallel\n",
                "  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Delete}\n",
                "  updateStrategy: {rollingUpdate: {partition: 1}}\n",
                "  updateStrategy: {type: OnDelete}\n",
                "  ordinals: {start: 3}\n",
            ])
            .to_owned(),
        "DaemonSet" if share != "0" => format!("  updateStrategy: {{rollingUpdate: {{maxUnavailable: {share}}}}}\n"),
        "DaemonSet" => "  updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}\n".to_owned(),
        _ => String::new(),
    };
    own + &ready
}

/// The lines of a pod's spec; only one that stands alone may have a deadline.
fn pod_spec(draw: &mut Draw, indent: &str, alone: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    let grace = format!("terminationGracePeriodSeconds: {}", draw.number(4, 20));
    let deadline = format!("activeDeadlineSeconds: {}", draw.number(5, 90));
    let wishes = [
        (30, grace.as_str()),
        (if alone { 20 } else { 0 }, &deadline),
        (15, "nodeSelector: {disk: ssd}"),
        (30, "tolerations: [{key: special, operator: Exists}]"),
        (10, "priorityClassName: urgent"),
        (
            15,
            "topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {tier: front}}}]",
        ),
        (
            15,
            "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {tier: front}}}]}}",
        ),
        (20, "volumes: [{name: scratch, emptyDir: {}}]"),
    ];
    lines.extend(
        wishes
            .iter()
            .filter(|(often, _)| draw.percent(*often))
            .map(|(_, text)| (*text).to_owned()),
    );
    if draw.percent(20) {
        let policy = draw.maybe(50, ", restartPolicy: Always");
        let command = if policy.is_empty() {
            draw.one(&["sleep 4", "exit 1", "true"])
        } else {
            "sleep 3600"
        };
        lines.push(format!(
            "initContainers: [{{name: first, image: \"busybox:1.36\", command: [sh, -c, \"{command}\"]{policy}}}]"
        ));
    }
    // Two containers of a pod cannot have the same port of the node.
    let (count, has_host_port) = (draw.number(1, 2), draw.percent(8));
    let has_host_port = has_host_port && count == 1;
    lines.push(draw.maybe(if count == 1 { 4 } else { 0 }, "hostNetwork: true"));
    lines.push("containers:".to_owned());
    for index in 0..count {
        lines.push(format!("- {{name: c{index}{}}}", container(draw, has_host_port)));
    }
    lines
        .iter()
        .fold(String::new(), |text, line| text + indent + line + "\n")
}

/// All of a container but its name.
fn container(draw: &mut Draw, has_host_port: bool) -> String {
    let mut text = format!(", image: \"{}\"", draw.one(&IMAGES));
    if text.contains("busybox") && draw.percent(90) {
        write!(text, ", command: [sh, -c, \"{}\"]", draw.one(&COMMANDS)).expect("a text grows");
    }
    if draw.percent(60) {
        let (cpu, memory) = (
            draw.one(&["50m", "200m", "700m", "1500m"]),
            draw.one(&["32Mi", "200Mi", "1Gi"]),
        );
        let limits = draw.maybe(40, ", limits: {memory: 1Gi, cpu: \"2\"}");
        write!(
            text,
            ", resources: {{requests: {{cpu: {cpu}, memory: {memory}}}{limits}}}"
        )
        .expect("a text grows");
    }
    let ports = if has_host_port { ", hostPort: 80" } else { "" };
    write!(text, ", ports: [{{containerPort: 80{ports}}}]").expect("a text grows");
    for (often, probe) in [(35, "readinessProbe"), (25, "livenessProbe"), (12, "startupProbe")] {
        if draw.percent(often) {
            write!(text, ", {probe}: {{{}}}", probe_spec(draw)).expect("a text grows");
        }
    }
    let extras = [
        (10, ", lifecycle: {preStop: {sleep: {seconds: 3}}}"),
        (6, ", lifecycle: {postStart: {exec: {command: [sh, -c, sleep 2]}}}"),
        (10, ", envFrom: [{configMapRef: {name: settings}}]"),
        (10, ", imagePullPolicy: Always"),
    ];
    // One extra at most: two would be the same key twice.
    if let Some((_, extra)) = extras.iter().find(|(often, _)| draw.percent(*often)) {
        text.push_str(extra);
    }
    text
}

fn probe_spec(draw: &mut Draw) -> String {
    let action = draw.one(&[
        "httpGet: {path: /, port: 80}",
        "tcpSocket: {port: 80}",
        "exec: {command: [cat, /tmp/healthy]}",
        "exec: {command: [\"true\"]}",
        "grpc: {port: 80}",
    ]);
    let (delay, period, failures) = (draw.number(0, 6), draw.number(1, 10), draw.number(1, 4));
    format!("{action}, initialDelaySeconds: {delay}, periodSeconds: {period}, failureThreshold: {failures}")
}

fn service(draw: &mut Draw, index: u64) -> String {
    let kind = draw.one(&["ClusterIP", "NodePort", "LoadBalancer"]);
    let headless = if kind == "ClusterIP" {
        draw.maybe(30, ", clusterIP: None")
    } else {
        String::new()
    };
    let early = draw.maybe(15, ", publishNotReadyAddresses: true");
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: w{index}}}\nspec: {{type: {kind}{headless}{early}, selector: {{app: w{index}}}, ports: [{{port: 80}}]}}\n\
         ---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: w{index}}}\nspec: {{rules: [{{http: {{paths: [{{path: /w{index}, pathType: Prefix, \
         backend: {{service: {{name: w{index}, port: {{number: 80}}}}}}}}]}}}}]}}\n"
    )
}
