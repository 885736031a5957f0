//! Every Pod manifest of the shared corpus reaches the state that its note tells, or that it would reach on a plain cluster.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the shared data lie where the environment says, and the count is printed"
)]

use std::fs;

use kubarium::scenario::{Options, Scenario};
use kubarium::session::{Command, Player};
use kubarium::sim::SimTime;

const NODES: &str =
    "apiVersion: kubarium.dev/v1\nkind: Scenario\nspec: {nodes: [{count: 3, cpu: \"8\", memory: 16Gi}]}\n";
/// How long each manifest is played, in seconds.
const PLAYED: u64 = 110;

/// The cells of a table whose quoted cells may hold commas and line ends.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}

/// The manifests with a pod: the first column of rows whose kinds name one.
fn manifests(shared: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("{shared}/corpus/MANIFEST.csv")).expect("the list is there");
    let has_pod = |row: &Vec<String>| row[4].split(' ').any(|kind| kind.starts_with("Pod:"));
    rows(&text)
        .into_iter()
        .skip(1)
        .filter(has_pod)
        .map(|row| row[0].clone())
        .collect()
}

fn kubectl(player: &mut Player, line: &str, stdin: &str) -> String {
    let (line, stdin) = (line.to_owned(), stdin.to_owned());
    let number = player.act(Command::Kubectl { line, stdin });
    let until = SimTime(player.now().0 + 1_000_000_000);
    player.run(until, &mut || true);
    let output = player.output(number).expect("kept");
    format!("{}{}", output.stdout, output.stderr)
}

/// What `kubectl get pods` shows of a manifest's pods after a while, or why it was refused.
fn states(shared: &str, path: &str) -> Vec<String> {
    let mut player = Player::new(Scenario::read(NODES), Options::default());
    player.seek(SimTime(2_000_000_000));
    let read = |path: &str| fs::read_to_string(format!("{shared}/corpus/{path}")).expect("the manifest is there");
    let with = WITH
        .iter()
        .find(|(of, _)| *of == path)
        .map_or(&[] as &[&str], |(_, with)| with);
    for other in with {
        match other.strip_prefix("namespace/") {
            Some(name) => {
                let text = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n");
                kubectl(&mut player, "apply -f -", &text)
            }
            None => kubectl(&mut player, "apply -f -", &read(other)),
        };
    }
    let applied = kubectl(&mut player, "apply -f -", &read(path));
    player.seek(SimTime(PLAYED * 1_000_000_000));
    let listed = kubectl(&mut player, "get pods -A --no-headers", "");
    let mut states: Vec<String> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().nth(3).map(str::to_owned))
        .filter(|state| state != "resources")
        .collect();
    let refused = applied
        .lines()
        .filter(|line| line.to_ascii_lowercase().contains("error") || line.contains("is invalid"))
        .map(|line| format!("refused: {line}"));
    states.extend(refused);
    states.sort();
    states.dedup();
    states
}

/// What has to be there first: other manifests, or namespaces.
#[rustfmt::skip]
const WITH: &[(&str, &[&str])] = &[
    ("kubernetes-website/admin/resource/cpu-constraints-pod.yaml", &["kubernetes-website/admin/resource/cpu-constraints.yaml"]),
    ("kubernetes-website/admin/resource/cpu-constraints-pod-2.yaml", &["kubernetes-website/admin/resource/cpu-constraints.yaml"]),
    ("kubernetes-website/admin/resource/cpu-constraints-pod-3.yaml", &["kubernetes-website/admin/resource/cpu-constraints.yaml"]),
    ("kubernetes-website/admin/resource/cpu-constraints-pod-4.yaml", &["kubernetes-website/admin/resource/cpu-constraints.yaml"]),
    ("kubernetes-website/admin/resource/limit-range-pod-1.yaml", &["kubernetes-website/admin/resource/limit-mem-cpu-container.yaml"]),
    ("kubernetes-website/admin/resource/limit-range-pod-2.yaml", &["kubernetes-website/admin/resource/limit-mem-cpu-container.yaml", "kubernetes-website/admin/resource/limit-mem-cpu-pod.yaml"]),
    ("kubernetes-website/admin/resource/limit-range-pod-3.yaml", &["kubernetes-website/admin/resource/limit-memory-ratio-pod.yaml"]),
    ("kubernetes-website/admin/resource/quota-mem-cpu-pod-2.yaml", &["kubernetes-website/admin/resource/quota-mem-cpu.yaml", "kubernetes-website/admin/resource/quota-mem-cpu-pod.yaml"]),
    ("kubernetes-website/concepts/policy/limit-range/example-conflict-with-limitrange-cpu.yaml", &["kubernetes-website/concepts/policy/limit-range/problematic-limit-range.yaml"]),
    ("kubernetes-website/concepts/policy/limit-range/example-no-conflict-with-limitrange-cpu.yaml", &["kubernetes-website/concepts/policy/limit-range/problematic-limit-range.yaml"]),
    ("kubernetes-website/pods/inject/secret-pod.yaml", &["kubernetes-website/pods/inject/secret.yaml"]),
    ("kubernetes-website/pods/pod-configmap-env-var-valueFrom.yaml", &["kubernetes-website/configmap/configmap-multikeys.yaml"]),
    ("kubernetes-website/pods/pod-configmap-envFrom.yaml", &["kubernetes-website/configmap/configmap-multikeys.yaml"]),
    ("kubernetes-website/pods/pod-configmap-volume.yaml", &["kubernetes-website/configmap/configmap-multikeys.yaml"]),
    ("kubernetes-website/pods/inject/pod-secret-envFrom.yaml", &["kubernetes-website/pods/inject/secret.yaml"]),
    ("kubernetes-website/pods/qos/qos-pod-2.yaml", &["namespace/qos-example"]),
    ("kubernetes-website/pods/qos/qos-pod-3.yaml", &["namespace/qos-example"]),
    ("kubernetes-website/pods/qos/qos-pod-4.yaml", &["namespace/qos-example"]),
    ("kubernetes-website/pods/resource/cpu-request-limit-2.yaml", &["namespace/cpu-example"]),
    ("kubernetes-website/pods/resource/memory-request-limit-3.yaml", &["namespace/mem-example"]),
    ("kubernetes-website/pods/resource/pod-level-cpu-request-limit.yaml", &["namespace/pod-resources-example"]),
    ("kubernetes-website/pods/resource/pod-level-resources.yaml", &["namespace/pod-resources-example"]),
    ("gke-samples/security/wi-secrets/manifests/admin-pod.yaml", &["namespace/admin-ns"]),
    ("gke-samples/security/wi-secrets/manifests/readonly-pod.yaml", &["namespace/readonly-ns"]),
    ("gke-samples/security/wi-secrets/manifests/secret-app.yaml", &["namespace/readonly-ns"]),
];

/// States other than Running and Completed, by the end of the path's start: as the note tells, or as a plain cluster has it.
#[rustfmt::skip]
const OTHER: &[(&str, &str, &str)] = &[
    ("kubernetes-website-inline/concepts/containers__runtime-class--2", "not found", "its RuntimeClass is in another file"),
    ("kuar-examples/chapter-19/19-8-", "not found", "its RuntimeClass is in another file"),
    ("kubernetes-website-inline/concepts/scheduling-eviction__pod-overhead--2", "not found", "its RuntimeClass is in another file"),
    ("argo-cd-testdata/syncwaves-prune-order/pod", "serviceaccount", "its account is in another file"),
    ("gke-samples/batch/aiml-workloads/kubernetes-manifests/redis-pod", "Pending", "its claim is in another file"),
    ("gke-samples/security/wi-secrets/manifests/", "serviceaccount", "its account is in another file"),
    ("kuar-examples/chapter-13/13-", "ContainerCreating", "what it mounts is made by hand"),
    ("kubernetes-examples-cs/Pod/spec.containers.volumeMounts.subPath/", "Pending", "its claim is not in the file"),
    ("kubernetes-examples-cs/Pod/spec.topologySpreadConstraints/", "Pending", "no node has the label zone"),
    ("kubernetes-examples-cs/broken-Pod/broken-pods/failed-command", "Error", "exit 1 each time"),
    ("kubernetes-examples-cs/broken-Pod/broken-pods/oom-killed", "OOMKilled", "allocates more than its limit"),
    ("kubernetes-examples-cs/broken-Pod/broken-pods/private-repo", "ErrImagePull", "a private image"),
    ("kubernetes-examples-cs/broken-Secret/simple-secret", "ContainerCreating", "the Secret is not there"),
    ("kubernetes-examples/archived/volumes/aws_ebs/", "Unsupported value", "protocol: tcp"),
    ("kubernetes-examples/archived/volumes/azure_disk/claim/", "Pending", "its claim is in another file"),
    ("kubernetes-examples/archived/volumes/azure_file/azure-2", "Pending", "its claim is in another file"),
    ("kubernetes-examples/archived/volumes/cinder/", "Unsupported value", "protocol: tcp"),
    ("kubernetes-examples/archived/volumes/fibre_channel/", "cannot unmarshal", "lun is a text"),
    ("kubernetes-examples/archived/volumes/portworx/portworx-volume-pvc", "Pending", "its claim is in another file"),
    ("kubernetes-examples/archived/volumes/rbd/rbd.", "unknown field", "fields in lower case"),
    ("kubernetes-examples/archived/volumes/storageos/storageos-pod", "unknown field", "a field that never was"),
    ("kubernetes-examples/archived/volumes/storageos/", "Pending", "its claim is in another file"),
    ("kubernetes-examples/archived/volumes/vsphere/vsphere-volume-pvc", "Pending", "its claim is in another file"),
    ("kubernetes-website/admin/resource/cpu-constraints-pod-2", "maximum cpu usage per Container is 800m, but limit is 1500m", "over the LimitRange"),
    ("kubernetes-website/admin/resource/cpu-constraints-pod-3", "minimum cpu usage per Container is 200m, but request is 100m", "under the LimitRange"),
    ("kubernetes-website/admin/resource/limit-range-pod-2", "maximum cpu usage per Pod is 2", "over the LimitRange together"),
    ("kubernetes-website/admin/resource/limit-range-pod-3", "ratio per Pod is 2, but provided ratio is 3.000000", "limit far over request"),
    ("kubernetes-website/admin/resource/quota-mem-cpu-pod-2", "exceeded quota: mem-cpu-demo", "over the quota"),
    ("kubernetes-website-inline/concepts/storage__ephemeral-volumes--2", "Pending", "its class is not there"),
    ("kubernetes-website/admin/sched/pod3", "Pending", "its scheduler does not run"),
    ("kubernetes-website/concepts/policy/limit-range/example-conflict", "must be less than or equal to cpu limit of 500m", "the default limit is under its request"),
    ("kubernetes-website/configmap/env-configmap", "CreateContainerConfigError", "the ConfigMap is in another file"),
    ("kubernetes-website/dra/", "namespaces", "its namespace is not there"),
    ("kubernetes-website/pods/inject/pod-multiple-secret", "CreateContainerConfigError", "made by hand"),
    ("kubernetes-website/pods/inject/secret-envars", "CreateContainerConfigError", "made by hand"),
    ("kubernetes-website/pods/pod-nginx-required-affinity", "Pending", "no node has disktype=ssd"),
    ("kubernetes-website/pods/pod-nginx.", "Pending", "no node has disktype=ssd"),
    ("kubernetes-website/pods/pod-projected-svc-token", "serviceaccount", "its account is not there"),
    ("kubernetes-website/pods/pod-with-node-affinity", "Pending", "no node is in antarctica"),
    ("kubernetes-website/pods/pod-with-pod-affinity", "Pending", "no pod is labelled security=S1"),
    ("kubernetes-website/pods/private-reg-pod", "InvalidImageName", "a placeholder"),
    ("kubernetes-website/pods/resource/cpu-request-limit-2", "Pending", "asks for 100 cpus"),
    ("kubernetes-website/pods/resource/memory-request-limit-3", "Pending", "asks for 1000Gi"),
    ("kubernetes-website/pods/restart-policy/restart-all", "unknown field", "onExit is no field"),
    ("kubernetes-website/pods/storage/projected-secrets", "ContainerCreating", "the Secrets are made by hand"),
    ("kubernetes-website/pods/storage/projected.", "ContainerCreating", "the Secrets are made by hand"),
    ("kubernetes-website/pods/storage/pv-duplicate", "Pending", "its claim is not there"),
    ("kubernetes-website/pods/storage/pv-pod", "Pending", "its claim is in another file"),
    ("kubernetes-website/pods/topology-spread-constraints/two", "Pending", "no node has the labels zone and node"),
    ("kubernetes-website/policy/high-priority-pod", "no PriorityClass with name high was found", "its class is in another file"),
    ("kubernetes-website-inline/concepts/configuration__configmap--4", "CreateContainerConfigError", "its ConfigMap is in another block"),
    ("kubernetes-website-inline/concepts/containers__runtime-class--2", "spec.containers: Required value", "a part of a pod"),
    ("kubernetes-website-inline/concepts/extend-kubernetes", "Pending", "no node has the device"),
    ("kubernetes-website-inline/concepts/overview__working-with-objects__labels--2", "Pending", "no node has the label"),
    ("kubernetes-website-inline/concepts/scheduling-eviction__pod-priority", "no PriorityClass", "its class is in another block"),
    ("kubernetes-website-inline/concepts/storage__persistent-volumes--10", "Pending", "its claim is in another block"),
    ("kubernetes-website-inline/concepts/storage__volumes--1.", "ContainerCreating", "its ConfigMap is not there"),
    ("kubernetes-website-inline/concepts/storage__volumes--9", "Pending", "its claim is not there"),
    ("kubernetes-website-inline/concepts/workloads__pods__init-containers--1", "Init:0/2", "the Services that it waits for are in another block"),
    ("kubernetes-website-inline/concepts/workloads__pods__workload-reference", "unknown field", "a field of another version"),
    ("kubernetes-website-inline/tasks/debug__debug-cluster__topology", "Pending", "no node has the device"),
    ("kubernetes-website-inline/tasks/inject-data-application", "ContainerCreating", "the Secret is made by hand"),
    ("kubernetes-website-inline/tasks/manage-", "Pending", "no node has the device, or huge pages"),
    ("kwok/examples/scheduling/node-affinity/", "Pending", "no node has the label"),
    ("kwok/stages/stage/pod/fast/testdata/pod-running-with-job", "parsing time", "a template"),
    ("kwok/stages/", "", "bound to a node that is not there: collected"),
    ("local-path-provisioner/examples/pod", "Pending", "its claim is in another file"),
    ("netpol-analyzer/example_pods_w_same_owner", "is invalid", "owner references without uid"),
    ("netpol-analyzer/minikube_resources/", "serviceaccount", "taken from a cluster with accounts of its own"),
];

/// Where the engine differs from a real cluster.
#[rustfmt::skip]
const MISSES: &[(&str, &str)] = &[
    ("kubernetes-examples-cs/ServiceAccount/service-account-pod", "it asks the API server, which is not on the simulated network"),
    ("kuar-examples/chapter-5/5-6-", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-examples/archived/volumes/azure_disk/azure.", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-examples/archived/volumes/azure_disk/static-", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-examples/archived/volumes/azure_file/azure.", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-examples/archived/volumes/cephfs/", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-examples/archived/volumes/flexvolume/", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-examples/archived/volumes/flocker/", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-examples/archived/volumes/portworx/portworx-volume-pod", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-examples/archived/volumes/quobyte/", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-examples/archived/volumes/rbd/rbd-with", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-examples/archived/volumes/vsphere/vsphere-volume-pod", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-website-inline/concepts/storage__ephemeral-volumes--1", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-website-inline/concepts/storage__volumes--4", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-website-inline/concepts/storage__volumes--7", "volumes of clouds and networks are mounted, and empty"),
    ("kubernetes-website-inline/concepts/storage__volumes--8", "volumes of clouds and networks are mounted, and empty"),
];

#[test]
fn each_pod_reaches_its_state() {
    let Ok(shared) = std::env::var("KUBARIUM_SHARED") else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return;
    };
    let (mut usual, mut other, mut misses) = (0, 0, 0);
    let mut wrong = Vec::new();
    for path in manifests(&shared) {
        let states = states(&shared, &path).join(" + ");
        let told = OTHER.iter().find(|(start, ..)| path.starts_with(start));
        let is_usual = states
            .split(" + ")
            .all(|state| matches!(state, "Running" | "Completed"));
        if MISSES.iter().any(|(start, _)| path.starts_with(start)) {
            misses += 1;
        } else if told.is_some_and(|(_, want, _)| states.contains(want)) {
            other += 1;
        } else if told.is_none() && is_usual {
            usual += 1;
        } else {
            wrong.push(format!("{path}: {states}"));
        }
    }
    println!(
        "{usual} manifests with pods run or complete, {other} reach another state that was told, {misses} are known misses"
    );
    assert_eq!(wrong, Vec::<String>::new());
}
