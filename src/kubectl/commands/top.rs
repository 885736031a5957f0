//! `kubectl top`: what pods and nodes use.
// Models k8s.io/kubectl/pkg/cmd/top and pkg/metricsutil/metrics_printer.go.

use super::{Context, Started};
use crate::api::core::{Namespace, Node, Pod};
use crate::api::{Resource, Str};
use crate::apiserver::{Key, PodMetrics, Usage};
use crate::cluster::Cluster;
use crate::kubectl::args::{Args, Flag, switch, value};
use crate::kubectl::{errors, printers, resource};

const FLAGS: [Flag; 10] = [
    value("selector", 'l'),
    value("field-selector", ' '),
    value("sort-by", ' '),
    switch("all-namespaces", 'A'),
    switch("containers", ' '),
    switch("no-headers", ' '),
    switch("sum", ' '),
    switch("use-protocol-buffers", ' '),
    switch("show-swap", ' '),
    switch("show-capacity", ' '),
];

const UNKNOWN: &str = "<unknown>";

pub(super) fn top(context: &mut Context<'_>, words: &[String]) -> Started {
    let Some((what, rest)) = words.split_first() else {
        return Err("error: you must specify what to show: node, pod\n".to_owned());
    };
    let args = Args::parse(&format!("top {what}"), &FLAGS, rest)?;
    let sort_by = args.get("sort-by").unwrap_or_default();
    if !matches!(sort_by, "" | "cpu" | "memory") {
        return Err("error: --sort-by accepts only cpu or memory\n".to_owned());
    }
    let of_nodes = match what.as_str() {
        "node" | "nodes" | "no" => true,
        "pod" | "pods" | "po" => false,
        other => {
            return Err(format!(
                "error: unknown command \"{other}\"\nSee 'kubectl top -h' for help and examples\n"
            ));
        }
    };
    if !context.cluster.has_metrics() {
        return Err("error: Metrics API not available\n".to_owned());
    }
    let lines = if of_nodes {
        nodes(context, &args)?
    } else {
        pods(context, &args)?
    };
    context.output.stdout.push_str(&printers::columns(&lines));
    Ok(None)
}

/// The order: by name, or the largest first.
fn sort<T>(rows: &mut [(T, Usage)], sort_by: &str) {
    match sort_by {
        "cpu" => rows.sort_by_key(|(_, usage)| std::cmp::Reverse(usage.cpu_milli)),
        "memory" => rows.sort_by_key(|(_, usage)| std::cmp::Reverse(usage.memory_bytes)),
        _ => {}
    }
}

fn cells(usage: Usage) -> [String; 2] {
    [
        format!("{}m", usage.cpu_milli),
        format!("{}Mi", usage.memory_bytes / (1 << 20)),
    ]
}

fn nodes(context: &Context<'_>, args: &Args) -> Result<Vec<Vec<String>>, String> {
    let cluster = &*context.cluster;
    let choice = resource::Choice::of(args, "")?;
    let mut chosen: Vec<&Node> = Vec::new();
    for name in &args.words {
        let object = resource::get(cluster, Node::KIND, "", name).map_err(|status| errors::message(&status, ""))?;
        chosen.extend(Node::of(object).map(|node| &**node));
    }
    if args.words.is_empty() {
        chosen.extend(
            choice
                .list(cluster, Node::KIND)
                .filter_map(Node::of)
                .map(|node| &**node),
        );
    }
    let mut known = Vec::new();
    let mut silent = Vec::new();
    for node in chosen {
        match cluster.node_usage(node) {
            Some(usage) => known.push((node, usage)),
            None => silent.push(node),
        }
    }
    if known.is_empty() {
        return Err("error: metrics not available yet\n".to_owned());
    }
    sort(&mut known, args.get("sort-by").unwrap_or_default());
    let mut lines = Vec::new();
    if !args.is_set("no-headers") {
        lines.push(line(&["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"]));
    }
    for (node, usage) in known {
        let percent = |resource: &str, used_milli: i64| {
            let room = node
                .status
                .allocatable
                .get(resource)
                .map_or(0, |amount| amount.milli_value());
            let part = i128::from(used_milli) * 100;
            format!("{}%", part.checked_div(i128::from(room)).unwrap_or_default())
        };
        let [cpu, memory] = cells(usage);
        let parts = [
            percent("cpu", usage.cpu_milli),
            percent("memory", usage.memory_bytes.saturating_mul(1000)),
        ];
        lines.push(line(&[&node.meta.name, &cpu, &parts[0], &memory, &parts[1]]));
    }
    lines.extend(
        silent
            .iter()
            .map(|node| line(&[&node.meta.name, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN])),
    );
    Ok(lines)
}

/// The namespaces of a choice.
fn namespaces(cluster: &Cluster, choice: &resource::Choice) -> Vec<Str> {
    match &choice.namespace {
        Some(name) => vec![name.as_str().into()],
        None => cluster
            .api()
            .list::<Namespace>(None)
            .map(|namespace| namespace.meta.name.clone())
            .collect(),
    }
}

fn pods(context: &mut Context<'_>, args: &Args) -> Result<Vec<Vec<String>>, String> {
    let cluster = &*context.cluster;
    let choice = resource::Choice::of(args, &context.namespace)?;
    let namespaces = namespaces(cluster, &choice);
    if let Some(name) = args.words.first() {
        resource::get(cluster, Pod::KIND, &context.namespace, name).map_err(|status| errors::message(&status, ""))?;
    }
    let chosen = |key: &Key| {
        let named = args.words.first().is_none_or(|name| **name == *key.name);
        let object = cluster.api().get_object(Pod::KIND, key);
        named && object.is_some_and(|object| choice.takes(object))
    };
    let all = namespaces.iter().flat_map(|namespace| cluster.pod_metrics(namespace));
    let mut rows: Vec<((Key, PodMetrics), Usage)> = all
        .filter(|(key, _)| chosen(key))
        .map(|(key, metrics)| {
            let total = sum(metrics.containers.values());
            ((key, metrics), total)
        })
        .collect();
    if rows.is_empty() {
        if choice.list(cluster, Pod::KIND).next().is_some() {
            return Err("error: metrics not available yet\n".to_owned());
        }
        let place = choice.namespace.as_ref().map(|name| format!(" in {name} namespace."));
        let text = format!("No resources found{}\n", place.unwrap_or_default());
        context.output.stderr.push_str(&text);
        return Ok(Vec::new());
    }
    sort(&mut rows, args.get("sort-by").unwrap_or_default());
    let (by_container, with_namespace) = (args.is_set("containers"), choice.namespace.is_none());
    let mut lines: Vec<Vec<String>> = Vec::new();
    if !args.is_set("no-headers") {
        let optional = [(with_namespace, "NAMESPACE"), (by_container, "POD")];
        let mut head: Vec<&str> = optional.iter().filter(|(is, _)| *is).map(|(_, title)| *title).collect();
        head.extend(["NAME", "CPU(cores)", "MEMORY(bytes)"]);
        lines.push(line(&head));
    }
    for ((key, metrics), total) in &rows {
        let entries: Vec<(Vec<&str>, Usage)> = if by_container {
            let containers = metrics.containers.iter();
            containers
                .map(|(name, usage)| (vec![&*key.name, &**name], *usage))
                .collect()
        } else {
            vec![(vec![&*key.name], *total)]
        };
        for (names, usage) in entries {
            let [cpu, memory] = cells(usage);
            let mut cells: Vec<&str> = if with_namespace {
                vec![&*key.namespace]
            } else {
                Vec::new()
            };
            cells.extend(names);
            cells.extend([cpu.as_str(), memory.as_str()]);
            lines.push(line(&cells));
        }
    }
    if args.is_set("sum") {
        let total = sum(rows.iter().map(|(_, total)| total));
        lines.extend(sum_lines(
            total,
            usize::from(with_namespace) + usize::from(by_container),
        ));
    }
    Ok(lines)
}

/// The line under the columns, and the sum under it, with so many empty cells before them.
fn sum_lines(total: Usage, before: usize) -> [Vec<String>; 2] {
    let [cpu, memory] = cells(total);
    let blank = vec![""; before];
    let under = |tail: [&str; 3]| line(&[&blank[..], &tail].concat());
    [under(["", "________", "________"]), under(["", &cpu, &memory])]
}

fn sum<'a>(usages: impl Iterator<Item = &'a Usage>) -> Usage {
    usages.fold(Usage::default(), |sum, usage| Usage {
        cpu_milli: sum.cpu_milli.saturating_add(usage.cpu_milli),
        memory_bytes: sum.memory_bytes.saturating_add(usage.memory_bytes),
    })
}

/// A line; kubectl pads its last cell too.
fn line(cells: &[&str]) -> Vec<String> {
    cells.iter().chain([&""]).map(|cell| (*cell).to_owned()).collect()
}
