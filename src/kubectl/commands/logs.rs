//! `kubectl logs` and `kubectl exec`.

use super::{Context, Started, Waiting};
use crate::api::core::Pod;
use crate::api::labels::Selector;
use crate::api::status::{Reason, Status};
use crate::api::{Resource, Str};
use crate::cluster::Cluster;
use crate::kubectl::args::{Args, Flag, switch, value};
use crate::kubectl::io::Output;
use crate::kubectl::{errors, resource};
use crate::kubelet::ExecHandle;
use crate::sim::{Duration, SimTime};

const LOGS_FLAGS: [Flag; 9] = [
    switch("follow", 'f'),
    switch("previous", 'p'),
    value("container", 'c'),
    value("tail", ' '),
    value("since", ' '),
    switch("timestamps", ' '),
    switch("all-containers", ' '),
    switch("prefix", ' '),
    value("selector", 'l'),
];

/// The pod that the words name: by itself, or one behind a workload.
fn pod(context: &Context<'_>, words: &[String]) -> Result<std::rc::Rc<Pod>, String> {
    let word = words
        .first()
        .ok_or("error: expected 'POD or TYPE/NAME' is a required argument\n")?;
    let Some((kind, name)) = word.split_once('/') else {
        let found = context.cluster.api().get::<Pod>(&context.namespace, word);
        return found
            .cloned()
            .ok_or_else(|| errors::message(&Status::not_found(Pod::KIND, word), ""));
    };
    let kind = resource::kind(kind)?;
    let object = resource::get(context.cluster, kind, &context.namespace, name)
        .map_err(|status| errors::message(&status, ""))?;
    if let Some(pod) = Pod::of(object) {
        return Ok(pod.clone());
    }
    let selector = object
        .pod_selector()
        .ok_or_else(|| format!("error: {} has no pods\n", resource::title(object)))?;
    let mut pods = context
        .cluster
        .api()
        .list::<Pod>(Some(&context.namespace))
        .filter(|pod| selector.matches(&pod.meta.labels));
    pods.next()
        .cloned()
        .ok_or_else(|| "error: timed out waiting for the condition\n".to_owned())
}

/// The container that `-c` names, or the first one; tells which, where there are several.
fn container(context: &mut Context<'_>, args: &Args, pod: &Pod) -> Result<Str, String> {
    let all: Vec<(Str, &str)> = {
        let plain = pod.spec.containers.iter().map(|container| (container.name.clone(), ""));
        plain
            .chain(
                pod.spec
                    .init_containers
                    .iter()
                    .map(|container| (container.name.clone(), " (init)")),
            )
            .collect()
    };
    if let Some(name) = args.get("container") {
        let found = all.iter().find(|(other, _)| **other == *name);
        let missing = || format!("error: container {name} is not valid for pod {}\n", pod.meta.name);
        return found.map(|(name, _)| name.clone()).ok_or_else(missing);
    }
    let first = all.first().map(|(name, _)| name.clone()).unwrap_or_default();
    if all.len() > 1 {
        let names: Vec<String> = all.iter().map(|(name, mark)| format!("{name}{mark}")).collect();
        context.output.stderr.push_str(&format!(
            "Defaulted container \"{first}\" out of: {}\n",
            names.join(", ")
        ));
    }
    Ok(first)
}

// Models k8s.io/kubectl/pkg/cmd/logs/logs.go.
pub(super) fn logs(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("logs", &LOGS_FLAGS, words)?;
    let bare = args.words.first().filter(|word| !word.contains('/'));
    if let Some(name) = bare.filter(|name| context.cluster.api().get::<Pod>(&context.namespace, name).is_none()) {
        return Err(format!(
            "error: error from server (NotFound): pods \"{name}\" not found in namespace \"{}\"\n",
            context.namespace
        ));
    }
    let selector = args.get("selector");
    let pods = match selector {
        Some(_) if !args.words.is_empty() => {
            return Err("error: only a selector (-l) or a POD name is allowed\n".to_owned());
        }
        Some(selector) => pods_of(context, selector)?,
        None => vec![pod(context, &args.words)?],
    };
    let tail = args.number("logs", "tail")?;
    // Of several pods the ends are shown, unless more is asked for.
    let tail = tail.or(selector.map(|_| SELECTOR_TAIL));
    let tail = tail.and_then(|tail| usize::try_from(tail).ok());
    let mut all = Vec::new();
    for pod in &pods {
        for name in containers(context, &args, pod)? {
            let mut following = Following {
                namespace: pod.meta.namespace.clone(),
                pod: pod.meta.name.clone(),
                container: name,
                previous: args.is_set("previous"),
                timestamps: args.is_set("timestamps"),
                prefix: args.is_set("prefix"),
                written: 0,
            };
            let refuse = |why: String| errors::message(&Status::new(Reason::BadRequest, why), "");
            following.print(context.cluster, context.output, tail).map_err(refuse)?;
            all.push(following);
        }
    }
    let follows = args.is_set("follow") && !all.is_empty();
    Ok(follows.then_some(Waiting::Logs(all)))
}

/// The pods that a selector finds; says so where there are none.
fn pods_of(context: &mut Context<'_>, selector: &str) -> Result<Vec<std::rc::Rc<Pod>>, String> {
    let selector = Selector::parse(selector).map_err(|why| format!("error: {why}\n"))?;
    let pods = context.cluster.api().list::<Pod>(Some(&context.namespace));
    let pods: Vec<_> = pods.filter(|pod| selector.matches(&pod.meta.labels)).cloned().collect();
    if pods.is_empty() {
        let message = format!("No resources found in {} namespace.\n", context.namespace);
        context.output.stderr.push_str(&message);
    }
    Ok(pods)
}

/// The containers of a pod whose logs are asked for.
fn containers(context: &mut Context<'_>, args: &Args, pod: &Pod) -> Result<Vec<Str>, String> {
    if !args.is_set("all-containers") {
        return container(context, args, pod).map(|name| vec![name]);
    }
    let all = pod.spec.init_containers.iter().chain(pod.spec.containers.iter());
    Ok(all.map(|container| container.name.clone()).collect())
}

/// Lines of each pod that are shown where a selector finds them.
const SELECTOR_TAIL: i64 = 10;

/// A `logs -f` of one container.
#[derive(Clone, Debug)]
pub(crate) struct Following {
    namespace: Str,
    pod: Str,
    container: Str,
    previous: bool,
    timestamps: bool,
    /// Each line names its pod and container.
    prefix: bool,
    /// Lines that were printed.
    written: u64,
}

const LOOK: Duration = Duration::from_millis(100);

impl Following {
    fn print(&mut self, cluster: &Cluster, output: &mut Output, tail: Option<usize>) -> Result<(), String> {
        let logs = cluster
            .kubelets()
            .logs(&self.namespace, &self.pod, &self.container, self.previous)?;
        let lines: Vec<_> = logs.lines().collect();
        let fresh = usize::try_from(logs.written().saturating_sub(self.written)).unwrap_or(usize::MAX);
        let count = fresh.min(lines.len()).min(tail.unwrap_or(usize::MAX));
        for line in &lines[lines.len() - count..] {
            let stamp = if self.timestamps {
                format!("{} ", cluster.api().micro_time(line.at))
            } else {
                String::new()
            };
            if self.prefix {
                output
                    .stdout
                    .push_str(&format!("[pod/{}/{}] ", self.pod, self.container));
            }
            output.stdout.push_str(&format!("{stamp}{}\n", line.text));
        }
        self.written = logs.written();
        Ok(())
    }

    pub(super) fn poll(&mut self, cluster: &Cluster, output: &mut Output) -> Option<SimTime> {
        self.print(cluster, output, None).ok()?;
        let pod = cluster.api().get::<Pod>(&self.namespace, &self.pod)?;
        let all = pod
            .status
            .container_statuses
            .iter()
            .chain(pod.status.init_container_statuses.iter());
        let ended = all
            .filter(|status| status.name == self.container)
            .any(|status| status.state.terminated.is_some());
        (!ended).then(|| cluster.now() + LOOK)
    }
}

const EXEC_FLAGS: [Flag; 5] = [
    value("container", 'c'),
    switch("stdin", 'i'),
    switch("tty", 't'),
    switch("quiet", 'q'),
    value("filename", 'f'),
];

/// A command that runs in a container.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    handle: ExecHandle,
}

// Models k8s.io/kubectl/pkg/cmd/exec/exec.go.
pub(super) fn exec(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("exec", &EXEC_FLAGS, words)?;
    if args.rest.is_empty() {
        return Err("error: you must specify at least one command for the container\n".to_owned());
    }
    let pod = pod(context, &args.words)?;
    if pod.is_finished() {
        let phase = &pod.status.phase;
        return Err(format!(
            "error: cannot exec into a container in a completed pod; current phase is {phase}\n"
        ));
    }
    let name = container(context, &args, &pod)?;
    let command: Vec<Str> = args.rest.iter().map(|word| word.as_str().into()).collect();
    let started = context
        .cluster
        .exec(&pod.meta.namespace, &pod.meta.name, &name, &command);
    match started {
        Ok(handle) => Ok(Some(Waiting::Exec(Running { handle }))),
        Err(why) if why.starts_with("container not found") => Err(format!(
            "error: Internal error occurred: unable to upgrade connection: {why}\n"
        )),
        Err(why) => Err(format!(
            "error: Internal error occurred: error executing command in container: {why}\n"
        )),
    }
}

impl Running {
    pub(super) fn poll(&self, cluster: &mut Cluster, output: &mut Output) -> Option<SimTime> {
        let Some(result) = cluster.exec_result(&self.handle) else {
            return Some(cluster.now() + Duration::from_millis(10));
        };
        output.stdout.push_str(&result.stdout);
        output.stderr.push_str(&result.stderr);
        if result.exit_code != 0 {
            output
                .stderr
                .push_str(&format!("command terminated with exit code {}\n", result.exit_code));
        }
        output.code = Some(result.exit_code);
        None
    }
}
