//! `kubectl create KIND NAME ...`, `run`, `expose`, `autoscale`: objects made of flags.
// Models k8s.io/kubectl/pkg/cmd/create.

mod access;
mod config;
mod expose;
mod policy;
mod run;
mod service;
mod workload;

use serde_json::{Value, json};

use super::{Context, Started};
use crate::api::yaml::to_yaml;
use crate::api::{Kind, Object};
use crate::kubectl::args::{Args, DRY_RUN, Flag, switch, value};
use crate::kubectl::{errors, resource};

pub(super) use expose::{autoscale, expose};
pub(super) use run::run;

/// How an object of a kind is made.
struct Generator {
    /// The words that name it, the first one in usage lines.
    words: &'static [&'static str],
    /// What a refusal of the server is called: `failed to create configmap: ...`; empty for the server's own words.
    noun: &'static str,
    /// Flags without which nothing can be made.
    required: &'static [&'static str],
    make: fn(&Context<'_>, &Args, &str) -> Result<Value, String>,
}

const GENERATORS: &[Generator] = &[
    generator(&["clusterrole"], "", &[], access::cluster_role),
    generator(
        &["clusterrolebinding"],
        "clusterrolebinding",
        &["clusterrole"],
        access::cluster_role_binding,
    ),
    generator(&["configmap", "cm"], "configmap", &[], config::config_map),
    generator(
        &["cronjob", "cj"],
        "cronjob",
        &["image", "schedule"],
        workload::cron_job,
    ),
    generator(
        &["deployment", "deploy"],
        "deployment",
        &["image"],
        workload::deployment,
    ),
    generator(&["ingress", "ing"], "ingress", &[], service::ingress),
    generator(&["job"], "job", &[], workload::job),
    generator(&["namespace", "ns"], "", &[], config::namespace),
    generator(
        &["poddisruptionbudget", "pdb"],
        "poddisruptionbudgets",
        &[],
        policy::budget,
    ),
    generator(&["priorityclass", "pc"], "priorityclass", &[], policy::priority_class),
    generator(&["quota", "resourcequota"], "quota", &[], policy::quota),
    generator(&["role"], "", &[], access::role),
    generator(&["rolebinding"], "rolebinding", &[], access::role_binding),
    generator(&["secret docker-registry"], "secret", &[], config::docker_secret),
    generator(&["secret generic"], "secret", &[], config::generic_secret),
    generator(&["secret tls"], "secret", &[], config::tls_secret),
    generator(
        &["service clusterip", "svc clusterip"],
        "ClusterIP service",
        &[],
        service::cluster_ip,
    ),
    generator(
        &["service externalname", "svc externalname"],
        "ExternalName service",
        &["external-name"],
        service::external_name,
    ),
    generator(
        &["service loadbalancer", "svc loadbalancer"],
        "LoadBalancer service",
        &[],
        service::load_balancer,
    ),
    generator(
        &["service nodeport", "svc nodeport"],
        "NodePort service",
        &[],
        service::node_port,
    ),
    generator(
        &["serviceaccount", "sa"],
        "serviceaccount",
        &[],
        config::service_account,
    ),
];

const fn generator(
    words: &'static [&'static str],
    noun: &'static str,
    required: &'static [&'static str],
    make: fn(&Context<'_>, &Args, &str) -> Result<Value, String>,
) -> Generator {
    Generator {
        words,
        noun,
        required,
        make,
    }
}

/// The flags of all generators: one list, for most of them share most.
const FLAGS: &[Flag] = &[
    DRY_RUN,
    value("output", 'o'),
    value("validate", ' '),
    value("field-manager", ' '),
    switch("save-config", ' '),
    value("from-literal", ' '),
    value("from-file", ' '),
    value("from-env-file", ' '),
    switch("append-hash", ' '),
    value("type", ' '),
    value("cert", ' '),
    value("key", ' '),
    value("docker-server", ' '),
    value("docker-username", ' '),
    value("docker-password", ' '),
    value("docker-email", ' '),
    value("image", ' '),
    value("replicas", 'r'),
    value("port", ' '),
    value("schedule", ' '),
    value("restart", ' '),
    value("from", ' '),
    value("tcp", ' '),
    value("clusterip", ' '),
    value("node-port", ' '),
    value("external-name", ' '),
    value("rule", ' '),
    value("class", ' '),
    value("default-backend", ' '),
    value("annotation", ' '),
    value("hard", ' '),
    value("scopes", ' '),
    value("selector", ' '),
    value("min-available", ' '),
    value("max-unavailable", ' '),
    value("value", ' '),
    value("description", ' '),
    value("preemption-policy", ' '),
    switch("global-default", ' '),
    value("verb", ' '),
    value("resource", ' '),
    value("resource-name", ' '),
    value("non-resource-url", ' '),
    value("aggregation-rule", ' '),
    value("clusterrole", ' '),
    value("role", ' '),
    value("user", ' '),
    value("group", ' '),
    value("serviceaccount", ' '),
];

/// `create KIND NAME`; none where the words name no kind that can be made of flags.
pub(super) fn create(context: &mut Context<'_>, words: &[String]) -> Option<Started> {
    let first = words.first()?;
    let two = words.get(1).map(|second| format!("{first} {second}"));
    let named = |word: &str| GENERATORS.iter().find(|generator| generator.words.contains(&word));
    let (generator, used) = match (named(first), two.as_deref().and_then(named)) {
        (Some(generator), _) => (generator, 1),
        (None, Some(generator)) => (generator, 2),
        (None, None) => return None,
    };
    Some(generate(context, generator, &words[used..]))
}

fn generate(context: &mut Context<'_>, generator: &Generator, words: &[String]) -> Started {
    let command = format!("create {}", generator.words[0]);
    let args = Args::parse(&command, FLAGS, words)?;
    require(&args, generator.required)?;
    let usage = |count: usize| {
        format!("error: exactly one NAME is required, got {count}\nSee 'kubectl {command} -h' for help and examples\n")
    };
    let [name] = args.words.as_slice() else {
        return Err(usage(args.words.len()));
    };
    let document = (generator.make)(context, &args, name).map_err(|why| format!("error: {why}\n"))?;
    send(context, &args, document, "created", generator.noun)
}

/// An error where a flag is missing without which nothing can be made.
// Models github.com/spf13/cobra ValidateRequiredFlags.
fn require(args: &Args, names: &[&str]) -> Result<(), String> {
    let missing: Vec<String> = names
        .iter()
        .filter(|name| args.get(name).is_none())
        .map(|name| format!("{name:?}"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("error: required flag(s) {} not set\n", missing.join(", ")))
}

/// Creates what a document describes, or shows it, and says so. `noun` names it in a refusal.
fn send(context: &mut Context<'_>, args: &Args, document: Value, word: &str, noun: &str) -> Started {
    let text = |name: &str| document[name].as_str().unwrap_or_default();
    let kind = Kind::find(text("apiVersion"), text("kind")).ok_or("error: no such kind\n")?;
    let output = args.get("output").map(str::to_owned);
    let shown = document.clone();
    let decoded = |value: Value| Object::decode(kind, value).map_err(|why| format!("error: {why}\n"));
    let mut object = decoded(document)?;
    if kind.info().namespaced {
        object.meta_mut().namespace = context.namespace.as_str().into();
    }
    let refused = |status: crate::api::status::Status| match noun {
        "" => errors::message(&status, ""),
        // Upstream writes no colon for secrets.
        "secret" => format!("error: failed to create secret {status}\n"),
        noun => format!("error: failed to create {noun}: {status}\n"),
    };
    let stored = match args.dry_run() {
        Some("server") => context.cluster.clone().create(object).map_err(refused)?,
        Some(_) => object,
        None => context.cluster.create(object).map_err(refused)?,
    };
    let document = if args.dry_run() == Some("client") {
        shown
    } else {
        stored.encode()
    };
    let text = match output.as_deref() {
        None => format!("{} {word}{}\n", resource::title(&stored), args.dry_run_tail()),
        Some("name") => format!("{}\n", resource::title(&stored)),
        Some("yaml") => to_yaml(&document),
        Some("json") => super::get::indented(&document),
        Some(other) => {
            return Err(format!(
                "error: unable to match a printer suitable for the output format \"{other}\", allowed formats are: \
                 go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,templatefile,yaml\n"
            ));
        }
    };
    context.output.stdout.push_str(&text);
    Ok(None)
}

/// A document with its head.
fn head(api_version: &str, kind: &str, name: &str) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}})
}

/// A whole number of a flag; the error names the flag.
fn number(args: &Args, name: &str) -> Result<Option<i64>, String> {
    let found = args.number("create", name);
    found.map_err(|why| why.trim_start_matches("error: ").trim_end().to_owned())
}

/// Reads `a=b,c=d`.
// Models k8s.io/kubectl/pkg/cmd/expose/expose.go parseLabels.
fn labels(text: &str) -> Result<Value, String> {
    let mut map = serde_json::Map::new();
    for pair in text.split(',') {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| format!("unexpected label spec: {pair}"))?;
        if key.is_empty() {
            return Err("unexpected empty label key".to_owned());
        }
        map.insert(key.to_owned(), value.into());
    }
    Ok(Value::Object(map))
}

#[cfg(test)]
mod tests {
    use crate::cluster::{Cluster, Config};
    use crate::kubectl::{Files, Invocation, split};

    /// Runs each line on one cluster and compares what it printed, on both outputs.
    fn check(lines: &[(&str, &str)]) {
        let mut cluster = Cluster::new(Config::default());
        let mut files = Files::default();
        files
            .named
            .insert("app.conf".to_owned(), "a=1\n# note\nb=2\n".to_owned());
        for (line, want) in lines {
            let words = split(line).expect(line);
            let done = Invocation::start(&mut cluster, &words, &files, "default");
            let output = done.output();
            assert_eq!(format!("{}{}", output.stdout, output.stderr), *want, "{line}");
        }
    }

    #[test]
    fn objects_are_made_of_flags() {
        check(&[
            ("create ns shop", "namespace/shop created\n"),
            (
                "create deployment web --image=nginx:1.27 --replicas=2 --port=80",
                "deployment.apps/web created\n",
            ),
            (
                "get deploy web -o jsonpath={.spec.template.spec.containers[0].name}:{.spec.replicas}",
                "nginx:2",
            ),
            ("create job pi --image=perl:5 -- perl -v", "job.batch/pi created\n"),
            (
                "create cronjob tick --image=busybox --schedule='*/5 * * * *' -- date",
                "cronjob.batch/tick created\n",
            ),
            (
                "create configmap app --from-file=app.conf --from-literal=c=3",
                "configmap/app created\n",
            ),
            ("get cm app -o jsonpath={.data.c}", "3"),
            ("create cm env --from-env-file=app.conf", "configmap/env created\n"),
            ("get cm env -o jsonpath={.data.a}{.data.b}", "12"),
            ("create secret generic s --from-literal=p=x", "secret/s created\n"),
            ("get secret s -o jsonpath={.data.p}", "eA=="),
            (
                "create secret docker-registry r --docker-username=u --docker-password=p",
                "secret/r created\n",
            ),
            ("create svc clusterip web --tcp=80:8080", "service/web created\n"),
            (
                "get svc web -o jsonpath={.spec.ports[0].name}={.spec.ports[0].targetPort}",
                "80-8080=8080",
            ),
            (
                "create service externalname db --external-name=db.example.com",
                "service/db created\n",
            ),
            (
                "create ingress web --rule=shop.example.com/*=web:80 --rule=shop.example.com/api=api:http,tls=cert",
                "ingress.networking.k8s.io/web created\n",
            ),
            (
                "get ing web -o jsonpath={.spec.rules[0].http.paths[*].pathType}:{.spec.tls[0].secretName}",
                "Prefix Exact:cert",
            ),
            ("create quota q --hard=pods=4,services=9", "resourcequota/q created\n"),
            (
                "create pdb web --selector=app=web --min-available=50%",
                "poddisruptionbudget.policy/web created\n",
            ),
            (
                "create priorityclass high --value=1000",
                "priorityclass.scheduling.k8s.io/high created\n",
            ),
            (
                "create role r --verb=get,list --resource=pods,deployments",
                "role.rbac.authorization.k8s.io/r created\n",
            ),
            ("get role r -o jsonpath={.rules[*].resources[0]}", "pods deployments"),
            (
                "create rolebinding b --role=r --serviceaccount=default:sa --user=ann",
                "rolebinding.rbac.authorization.k8s.io/b created\n",
            ),
            ("create sa sa", "serviceaccount/sa created\n"),
            (
                "run probe --image=busybox -l a=b --env=X=1 -- sleep 5",
                "pod/probe created\n",
            ),
            (
                "get pod probe -o jsonpath={.spec.containers[0].args[0]}{.metadata.labels.a}",
                "sleepb",
            ),
            (
                "expose deployment web --name=front --port=8080 --target-port=80",
                "service/front exposed\n",
            ),
            ("expose deployment web --name=bare", "service/bare exposed\n"),
            (
                "get svc bare -o jsonpath={.spec.ports[0].port}{.spec.selector.app}",
                "80web",
            ),
            (
                "autoscale deployment web --cpu=50% --memory=200Mi --min=2 --max=5",
                "horizontalpodautoscaler.autoscaling/web autoscaled\n",
            ),
            (
                "create sa other --dry-run=client",
                "serviceaccount/other created (dry run)\n",
            ),
            ("create sa other --dry-run=server -o name", "serviceaccount/other\n"),
        ]);
    }

    #[test]
    fn refusals_are_kubectls() {
        let usage = |word: &str| {
            format!(
                "error: exactly one NAME is required, got 0\nSee 'kubectl create {word} -h' for help and examples\n"
            )
        };
        check(&[
            ("create deployment", "error: required flag(s) \"image\" not set\n"),
            (
                "create cronjob x",
                "error: required flag(s) \"image\", \"schedule\" not set\n",
            ),
            ("create cm", &usage("configmap")),
            (
                "create cm x --from-literal=a",
                "error: invalid literal source a, expected key=value\n",
            ),
            (
                "create cm x --from-file=nosuch",
                "error: error reading nosuch: no such file or directory\n",
            ),
            ("create cm x", "configmap/x created\n"),
            (
                "create cm x",
                "error: failed to create configmap: configmaps \"x\" already exists\n",
            ),
            ("create secret tls t", "error: key and cert must be specified\n"),
            (
                "create cm x -n nosuch",
                "error: failed to create configmap: namespaces \"nosuch\" not found\n",
            ),
            (
                "create ns default",
                "Error from server (AlreadyExists): namespaces \"default\" already exists\n",
            ),
            (
                "create pdb p --selector=a=b",
                "error: one of min-available or max-unavailable must be specified\n",
            ),
            (
                "create pdb p --selector=a=b --min-available=5Gi",
                "error: invalid format specified for min-available\n",
            ),
            (
                "create rolebinding b --role=r --clusterrole=c",
                "error: exactly one of clusterrole or role must be specified\n",
            ),
            ("run x", "error: required flag(s) \"image\" not set\n"),
            (
                "autoscale deploy web --min=1",
                "error: required flag(s) \"max\" not set\n",
            ),
            ("expose cm x --port=80", "error: cannot expose a ConfigMap\n"),
        ]);
    }
}
