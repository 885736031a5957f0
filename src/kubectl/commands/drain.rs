//! `kubectl drain`, `cordon`, `uncordon`.
// Models k8s.io/kubectl/pkg/cmd/drain/drain.go and k8s.io/kubectl/pkg/drain.

use std::rc::Rc;

use super::{Context, Started, Waiting};
use crate::api::core::{Node, Pod};
use crate::api::labels::Selector;
use crate::api::status::Reason;
use crate::api::{Object, Resource, Str, duration};
use crate::apiserver::{DeleteOptions, Key, Subresource};
use crate::cluster::Cluster;
use crate::kubectl::args::{Args, DRY_RUN, Flag, switch, value};
use crate::kubectl::io::Output;
use crate::kubectl::{errors, resource};
use crate::sim::{Duration, SimTime};

mod filters;

use filters::{Filters, Judged};

const FLAGS: [Flag; 12] = [
    DRY_RUN,
    value("selector", 'l'),
    value("pod-selector", ' '),
    value("grace-period", ' '),
    value("timeout", ' '),
    value("chunk-size", ' '),
    value("skip-wait-for-delete-timeout", ' '),
    switch("force", ' '),
    switch("ignore-daemonsets", ' '),
    switch("delete-emptydir-data", ' '),
    switch("disable-eviction", ' '),
    switch("delete-local-data", ' '),
];

/// How long an eviction that was refused is put off.
const RETRY: Duration = Duration::from_secs(5);
/// How often kubectl looks whether a pod is gone.
const LOOK: Duration = Duration::from_secs(1);

pub(super) fn cordon(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("cordon", &FLAGS, words)?;
    let nodes = nodes(context, &args, "cordon")?;
    set_schedulable(context, &args, &nodes, false);
    Ok(None)
}

pub(super) fn uncordon(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("uncordon", &FLAGS, words)?;
    let nodes = nodes(context, &args, "uncordon")?;
    set_schedulable(context, &args, &nodes, true);
    Ok(None)
}

pub(super) fn drain(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("drain", &FLAGS, words)?;
    let pods = Selector::parse(args.get("pod-selector").unwrap_or_default())
        .map_err(|_| "error: --pod-selector=<pod_selector> must be a valid label selector\n".to_owned())?;
    let timeout = super::duration_flag(&args, "drain", "timeout")?;
    let mut nodes = nodes(context, &args, "drain")?;
    set_schedulable(context, &args, &nodes, false);
    nodes.reverse();
    let draining = Draining {
        nodes,
        now: None,
        filters: Filters {
            pods,
            force: args.is_set("force"),
            ignore_daemon_sets: args.is_set("ignore-daemonsets"),
            delete_empty_dirs: args.is_set("delete-emptydir-data") || args.is_set("delete-local-data"),
            skip_terminating_s: args
                .number("drain", "skip-wait-for-delete-timeout")?
                .unwrap_or_default(),
        },
        grace: args.number("drain", "grace-period")?.filter(|grace| *grace >= 0),
        timeout: (timeout.0 > 0).then_some(timeout),
        evicts: !args.is_set("disable-eviction"),
        tail: args.dry_run_tail(),
        failed: Vec::new(),
        problems: Vec::new(),
    };
    Ok(Some(Waiting::Drain(Box::new(draining))))
}

/// The nodes that a command names or selects.
fn nodes(context: &Context<'_>, args: &Args, verb: &str) -> Result<Vec<Rc<Node>>, String> {
    let usage = |problem: String| format!("error: {problem}\nSee 'kubectl {verb} -h' for help and examples\n");
    if args.words.is_empty() && args.get("selector").is_none() {
        return Err(usage(format!("USAGE: {verb} NODE [flags]")));
    }
    if !args.words.is_empty() && args.get("selector").is_some() {
        return Err(usage(
            "error: cannot specify both a node name and a --selector option".to_owned(),
        ));
    }
    if args.words.is_empty() {
        let choice = resource::Choice::of(args, "")?;
        let found = choice.list(context.cluster, Node::KIND).filter_map(Node::of);
        return Ok(found.cloned().collect());
    }
    let mut nodes = Vec::new();
    for word in &args.words {
        let name = word.split_once('/').map_or(word.as_str(), |(_, name)| name);
        let object =
            resource::get(context.cluster, Node::KIND, "", name).map_err(|status| errors::message(&status, ""))?;
        nodes.extend(Node::of(object).cloned());
    }
    Ok(nodes)
}

// Models RunCordonOrUncordon.
fn set_schedulable(context: &mut Context<'_>, args: &Args, nodes: &[Rc<Node>], schedulable: bool) {
    let (verb, done) = if schedulable {
        ("uncordon", "uncordoned")
    } else {
        ("cordon", "cordoned")
    };
    for node in nodes {
        let name = &node.meta.name;
        let mut already = "already ";
        if node.spec.unschedulable == schedulable {
            already = "";
            let mut node = (**node).clone();
            node.spec.unschedulable = !schedulable;
            node.meta.resource_version.0 = 0;
            let stored = if args.dry_run().is_some() {
                Ok(node.into_object())
            } else {
                context.cluster.update(node.into_object(), Subresource::Main)
            };
            if let Err(status) = stored {
                let problem = format!("error: unable to {verb} node \"{name}\": {status}\n");
                context.output.stderr.push_str(&problem);
                continue;
            }
        }
        let line = format!("node/{name} {already}{done}{}\n", args.dry_run_tail());
        context.output.stdout.push_str(&line);
    }
}

/// A drain under way, node by node.
#[derive(Clone, Debug)]
pub(crate) struct Draining {
    /// Nodes to come, the next one last.
    nodes: Vec<Rc<Node>>,
    now: Option<NodeDrain>,
    filters: Filters,
    grace: Option<i64>,
    timeout: Option<Duration>,
    evicts: bool,
    /// What a dry run appends to its lines.
    tail: &'static str,
    failed: Vec<Str>,
    problems: Vec<String>,
}

/// The drain of one node.
#[derive(Clone, Debug)]
struct NodeDrain {
    node: Str,
    pods: Vec<Going>,
    until: Option<SimTime>,
    problems: Vec<String>,
}

/// A pod that is to go.
#[derive(Clone, Debug)]
struct Going {
    key: Key,
    uid: Str,
    /// Whether it still has to be evicted; else it is waited for.
    asks: bool,
    at: SimTime,
}

impl Draining {
    pub(super) fn poll(&mut self, cluster: &mut Cluster, output: &mut Output) -> Option<SimTime> {
        loop {
            if let Some(mut drain) = self.now.take() {
                if let Some(next) = self.go_on(&mut drain, cluster, output) {
                    self.now = Some(drain);
                    return Some(next);
                }
                let NodeDrain { node, problems, .. } = drain;
                self.finish(&node, problems, cluster, output);
            }
            match self.nodes.pop() {
                Some(node) => self.begin(&node.meta.name, cluster, output),
                None => {
                    self.tell_end(output);
                    return None;
                }
            }
        }
    }

    /// Looks which pods are to go. Pods that may not go end the drain of the node before it begins.
    // Models deleteOrEvictPodsSimple.
    fn begin(&mut self, node: &Str, cluster: &mut Cluster, output: &mut Output) {
        let judged = self.filters.judge(cluster, node);
        if !judged.problems.is_empty() {
            return self.fail(node, judged.problems, output);
        }
        if !judged.warnings.is_empty() {
            output.stderr.push_str(&format!("Warning: {}\n", judged.warnings));
        }
        if !self.tail.is_empty() {
            for key in judged.pods.iter().map(key_of) {
                let line = format!("evicting pod {}/{}{}\n", key.namespace, key.name, self.tail);
                output.stdout.push_str(&line);
            }
            output.stdout.push_str(&format!("node/{node} drained{}\n", self.tail));
            return;
        }
        let now = cluster.now();
        let going = |pod: &Rc<Pod>| Going {
            key: key_of(pod),
            uid: pod.meta.uid.clone(),
            asks: self.evicts,
            at: now,
        };
        let mut drain = NodeDrain {
            node: node.clone(),
            pods: judged.pods.iter().map(going).collect(),
            until: self.timeout.map(|timeout| now + timeout),
            problems: Vec::new(),
        };
        if !self.evicts {
            for pod in &drain.pods {
                let deleted = cluster.delete(Pod::KIND, &pod.key, &self.options());
                if let Err(status) = deleted
                    && status.reason != Reason::NotFound
                {
                    drain.problems.push(status.message);
                    drain.pods.clear();
                    break;
                }
            }
        }
        self.now = Some(drain);
    }

    fn options(&self) -> DeleteOptions {
        DeleteOptions {
            grace_period_seconds: self.grace,
            ..DeleteOptions::default()
        }
    }

    /// Takes the steps that are due; gives when the next one is.
    fn go_on(&self, drain: &mut NodeDrain, cluster: &mut Cluster, output: &mut Output) -> Option<SimTime> {
        let now = cluster.now();
        let expired = drain.until.is_some_and(|until| now >= until);
        let pods = std::mem::take(&mut drain.pods);
        for mut pod in pods {
            let due = pod.at <= now || (expired && !pod.asks);
            let stays = if !due {
                Ok(true)
            } else if pod.asks {
                self.evict(&mut pod, expired, cluster, output)
            } else {
                self.look(&mut pod, expired, cluster, output)
            };
            match stays {
                Ok(true) => drain.pods.push(pod),
                Ok(false) => {}
                Err(problem) => {
                    if !drain.problems.contains(&problem) {
                        drain.problems.push(problem);
                    }
                }
            }
        }
        let next = drain.pods.iter().map(|pod| pod.at).min()?;
        Some(
            drain
                .until
                .filter(|until| *until > now)
                .map_or(next, |until| until.min(next)),
        )
    }

    /// Asks for an eviction. Gives whether the pod is still to be dealt with.
    // Models evictPods.
    fn evict(
        &self,
        pod: &mut Going,
        expired: bool,
        cluster: &mut Cluster,
        output: &mut Output,
    ) -> Result<bool, String> {
        let Key { namespace, name } = &pod.key;
        output.stdout.push_str(&format!("evicting pod {namespace}/{name}\n"));
        let head = format!("error when evicting pods/\"{name}\" -n \"{namespace}\"");
        if expired {
            let timeout = duration::go_duration(self.timeout.unwrap_or_default().0.cast_signed());
            return Err(format!("{head}: global timeout reached: {timeout}"));
        }
        match cluster.evict(&pod.key, &self.options()) {
            Ok(()) => {
                pod.asks = false;
                self.look(pod, false, cluster, output)
            }
            Err(status) if status.reason == Reason::NotFound => Ok(false),
            Err(status) if status.reason == Reason::TooManyRequests => {
                let line = format!("{head} (will retry after 5s): {status}\n");
                output.stderr.push_str(&line);
                pod.at = cluster.now() + RETRY;
                Ok(true)
            }
            Err(status) => Err(format!("{head}: {status}")),
        }
    }

    /// Looks whether a pod is gone. Gives whether it is still waited for.
    // Models waitForDelete.
    fn look(&self, pod: &mut Going, expired: bool, cluster: &Cluster, output: &mut Output) -> Result<bool, String> {
        let Key { namespace, name } = &pod.key;
        let there = cluster.api().get_key::<Pod>(&pod.key);
        let Some(there) = there.filter(|there| there.meta.uid == pod.uid) else {
            let word = if self.evicts { "evicted" } else { "deleted" };
            output.stdout.push_str(&format!("pod/{name} {word}\n"));
            return Ok(false);
        };
        if self.filters.skips(there, cluster.api().time(cluster.now())) {
            let seconds = self.filters.skip_terminating_s;
            output.stdout.push_str(&format!(
                "pod \"{name}\" has DeletionTimestamp older than {seconds} seconds, skipping\n"
            ));
            return Ok(false);
        }
        if expired {
            let why = "context deadline exceeded";
            return Err(if self.evicts {
                format!("error when waiting for pod \"{name}\" in namespace \"{namespace}\" to terminate: {why}")
            } else {
                why.to_owned()
            });
        }
        if pod.at <= cluster.now() {
            pod.at = cluster.now() + LOOK;
        }
        Ok(true)
    }

    fn finish(&mut self, node: &Str, problems: Vec<String>, cluster: &Cluster, output: &mut Output) {
        if problems.is_empty() {
            output.stdout.push_str(&format!("node/{node} drained\n"));
            return;
        }
        let Judged {
            pods, problems: more, ..
        } = self.filters.judge(cluster, node);
        if !pods.is_empty() {
            let why = aggregate(&problems);
            output.stderr.push_str(&format!(
                "There are pending pods in node \"{node}\" when an error occurred: {why}\n"
            ));
            for pod in pods {
                output.stderr.push_str(&format!("pod/{}\n", pod.meta.name));
            }
        }
        if !more.is_empty() {
            output.stderr.push_str(&format!(
                "Following errors occurred while getting the list of pods to delete:\n{}",
                aggregate(&more)
            ));
        }
        self.fail(node, problems, output);
    }

    fn fail(&mut self, node: &Str, problems: Vec<String>, output: &mut Output) {
        output.stderr.push_str(&format!(
            "error: unable to drain node \"{node}\" due to error: {}, continuing command...\n",
            aggregate(&problems)
        ));
        self.failed.push(node.clone());
        self.problems.extend(problems);
    }

    fn tell_end(&self, output: &mut Output) {
        if self.failed.is_empty() {
            return;
        }
        output.stderr.push_str("There are pending nodes to be drained:\n");
        for node in &self.failed {
            output.stderr.push_str(&format!(" {node}\n"));
        }
        for problem in &self.problems {
            output.stderr.push_str(&format!("{problem}\n"));
        }
        output.code = Some(1);
    }
}

fn key_of(pod: &Rc<Pod>) -> Key {
    Key::of(&Object::Pod(pod.clone()))
}

/// Several errors as one text.
// Models apimachinery/pkg/util/errors aggregate.Error.
fn aggregate(problems: &[String]) -> String {
    match problems {
        [single] => single.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}
