//! `kubectl run`.
// Models k8s.io/kubectl/pkg/cmd/run/run.go and pkg/generate/versioned/run.go.

use serde_json::{Map, Value, json};

use super::{head, labels, require, send};
use crate::kubectl::args::{Args, DRY_RUN, Flag, switch, value};
use crate::kubectl::commands::{Context, Started};

const FLAGS: &[Flag] = &[
    DRY_RUN,
    value("output", 'o'),
    value("image", ' '),
    value("image-pull-policy", ' '),
    value("annotations", ' '),
    value("labels", 'l'),
    value("env", ' '),
    value("port", ' '),
    value("restart", ' '),
    value("field-manager", ' '),
    value("pod-running-timeout", ' '),
    switch("command", ' '),
    switch("expose", ' '),
    switch("privileged", ' '),
    switch("stdin", 'i'),
    switch("tty", 't'),
    switch("attach", ' '),
    switch("rm", ' '),
    switch("quiet", 'q'),
];

pub(in crate::kubectl::commands) fn run(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("run", FLAGS, words)?;
    let usage = |why: &str| format!("error: {why}\nSee 'kubectl run -h' for help and examples\n");
    require(&args, &["image"])?;
    let Some((name, more)) = args.words.split_first() else {
        return Err(usage("NAME is required for run"));
    };
    let image = args.get("image").unwrap_or_default();
    if image.is_empty() {
        return Err("error: --image is required\n".to_owned());
    }
    if args.is_set("tty") && !args.is_set("stdin") {
        return Err(usage("-i/--stdin is required for containers with -t/--tty=true"));
    }
    if args.is_set("expose") && args.get("port").is_none() {
        return Err(usage("--port must be set when exposing a service"));
    }
    let restart = args.get("restart").unwrap_or("Always");
    if !matches!(restart, "Always" | "OnFailure" | "Never") {
        return Err(usage(&format!("invalid restart policy: {restart}")));
    }
    let attaches = args.is_set("attach") || args.is_set("stdin");
    if args.is_set("rm") && !attaches {
        return Err(usage("--rm should only be used for attached containers"));
    }
    if attaches {
        return Err(
            "error: attaching to a new pod is not simulated: run it without -i, -t, --attach and --rm\n".to_owned(),
        );
    }
    let command: Vec<&String> = more.iter().chain(&args.rest).collect();
    let pod = pod(&args, name, image, restart, &command).map_err(|why| format!("error: {why}\n"))?;
    let labels = pod["metadata"]["labels"].clone();
    if args.is_set("expose") {
        let mut service = head("v1", "Service", name);
        let port: i64 = args.get("port").and_then(|port| port.parse().ok()).unwrap_or_default();
        service["spec"] = json!({"ports": [{"port": port, "protocol": "TCP", "targetPort": port}], "selector": labels});
        send(context, &args, service, "created", "")?;
    }
    send(context, &args, pod, "created", "")
}

fn pod(args: &Args, name: &str, image: &str, restart: &str, command: &[&String]) -> Result<Value, String> {
    let mut container = json!({"image": image, "name": name, "resources": {}});
    if !command.is_empty() {
        let field = if args.is_set("command") { "command" } else { "args" };
        container[field] = json!(command);
    }
    let mut variables = Vec::new();
    for variable in args.each("env") {
        let (key, value) = variable
            .split_once('=')
            .ok_or_else(|| format!("invalid env: {variable}"))?;
        variables.push(json!({"name": key, "value": value}));
    }
    if !variables.is_empty() {
        container["env"] = variables.into();
    }
    if let Some(policy) = args.get("image-pull-policy") {
        container["imagePullPolicy"] = policy.into();
    }
    if let Some(port) = args.get("port") {
        let number: i32 = port
            .parse()
            .map_err(|_| format!("strconv.Atoi: parsing \"{port}\": invalid syntax"))?;
        container["ports"] = json!([{"containerPort": number}]);
    }
    if args.is_set("privileged") {
        container["securityContext"] = json!({"privileged": true});
    }
    let mut pod = head("v1", "Pod", name);
    pod["metadata"]["labels"] = match args.get("labels").filter(|text| !text.is_empty()) {
        Some(text) => labels(text)?,
        None => json!({"run": name}),
    };
    let mut annotations = Map::new();
    for annotation in args.each("annotations") {
        let (key, value) = annotation
            .split_once('=')
            .ok_or_else(|| format!("unexpected annotation: {annotation}"))?;
        annotations.insert(key.to_owned(), value.into());
    }
    if !annotations.is_empty() {
        pod["metadata"]["annotations"] = annotations.into();
    }
    pod["spec"] = json!({"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart});
    pod["status"] = json!({});
    Ok(pod)
}
