//! `kubectl expose` and `kubectl autoscale`: objects beside one that is there.

use serde_json::{Map, Value, json};

use super::{head, labels, require, send};
use crate::api::Object;
use crate::api::intstr::IntOrString;
use crate::api::quantity::Quantity;
use crate::apiserver::Scale;
use crate::kubectl::args::{Args, DRY_RUN, Flag, switch, value};
use crate::kubectl::commands::{Context, Started};
use crate::kubectl::{errors, resource};

const FLAGS: &[Flag] = &[
    DRY_RUN,
    value("output", 'o'),
    value("name", ' '),
    value("port", ' '),
    value("target-port", ' '),
    value("protocol", ' '),
    value("type", ' '),
    value("selector", ' '),
    value("labels", 'l'),
    value("external-ip", ' '),
    value("load-balancer-ip", ' '),
    value("cluster-ip", ' '),
    value("session-affinity", ' '),
    value("field-manager", ' '),
    switch("save-config", ' '),
    value("min", ' '),
    value("max", ' '),
    value("cpu", ' '),
    value("cpu-percent", ' '),
    value("memory", ' '),
];

/// The longest name of a Service.
const NAME_MAX: usize = 63;

/// The objects that a command names.
fn objects(context: &Context<'_>, args: &Args) -> Result<Vec<Object>, String> {
    let named = resource::named(&args.words)?;
    if named.names.is_empty() {
        return Err(if named.kinds.is_empty() {
            "error: You must provide one or more resources by argument or filename.\n".to_owned()
        } else {
            "error: resource(s) were provided, but no name was specified\n".to_owned()
        });
    }
    let get = |(kind, name): &(crate::api::Kind, String)| {
        let found = resource::get(context.cluster, *kind, &context.namespace, name);
        found.cloned().map_err(|status| errors::message(&status, ""))
    };
    named.names.iter().map(get).collect()
}

// Models k8s.io/kubectl/pkg/cmd/expose/expose.go.
pub(in crate::kubectl::commands) fn expose(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("expose", FLAGS, words)?;
    for object in objects(context, &args)? {
        let service = service(&args, &object).map_err(|why| format!("error: {why}\n"))?;
        send(context, &args, service, "exposed", "")?;
    }
    Ok(None)
}

/// A port of the exposed object: number and protocol.
type Port = (i64, String);

fn service(args: &Args, object: &Object) -> Result<Value, String> {
    let value = object.encode();
    let kind = object.kind().info().kind;
    let (selector, ports) = match kind {
        "Service" => (&value["spec"]["selector"], service_ports(&value)),
        "Pod" => (&value["metadata"]["labels"], container_ports(&value["spec"])),
        "Deployment" | "ReplicaSet" => (
            &value["spec"]["selector"]["matchLabels"],
            container_ports(&value["spec"]["template"]["spec"]),
        ),
        "ReplicationController" => (
            &value["spec"]["selector"],
            container_ports(&value["spec"]["template"]["spec"]),
        ),
        _ => return Err(format!("cannot expose a {}", go_kind(object))),
    };
    let selector = match args.get("selector").filter(|text| !text.is_empty()) {
        Some(text) => labels(text)?,
        None => introspected(kind, selector, &value)?,
    };
    let name = args.get("name").unwrap_or(&object.meta().name);
    let name = name.get(..NAME_MAX).unwrap_or(name);
    let headless = args.get("cluster-ip") == Some("None");
    let mut service = head("v1", "Service", name);
    service["metadata"]["labels"] = match args.get("labels").filter(|text| !text.is_empty()) {
        Some(text) => labels(text)?,
        None => value["metadata"]["labels"].clone(),
    };
    service["spec"] = json!({"selector": selector});
    let ports = chosen_ports(args, &ports, headless)?;
    if !ports.is_empty() {
        service["spec"]["ports"] = ports.into();
    }
    if let Some(affinity) = args.get("session-affinity") {
        if !matches!(affinity, "None" | "ClientIP") {
            return Err(format!("unknown session affinity: {affinity}"));
        }
        service["spec"]["sessionAffinity"] = affinity.into();
    }
    for (flag, field) in [
        ("type", "type"),
        ("cluster-ip", "clusterIP"),
        ("load-balancer-ip", "loadBalancerIP"),
    ] {
        if let Some(text) = args.get(flag).filter(|text| !text.is_empty()) {
            service["spec"][field] = text.into();
        }
    }
    if let Some(address) = args.get("external-ip") {
        service["spec"]["externalIPs"] = json!([address]);
    }
    service["status"] = json!({"loadBalancer": {}});
    Ok(service)
}

fn go_kind(object: &Object) -> String {
    let info = object.kind().info();
    if info.group.is_empty() {
        info.kind.to_owned()
    } else {
        format!("{}.{}", info.kind, info.group)
    }
}

/// The labels by which the exposed object's pods are known.
// Models k8s.io/kubectl/pkg/polymorphichelpers/mapbasedselectorforobject.go.
fn introspected(kind: &str, selector: &Value, value: &Value) -> Result<Value, String> {
    let failed = |why: &str| {
        Err(format!(
            "couldn't retrieve selectors via --selector flag or introspection: {why}"
        ))
    };
    if value.pointer("/spec/selector/matchExpressions").is_some() {
        return failed("couldn't convert expressions to map-based selector format");
    }
    if selector.as_object().is_some_and(|labels| !labels.is_empty()) {
        return Ok(selector.clone());
    }
    match kind {
        "Pod" => failed("the pod has no labels and cannot be exposed"),
        "Service" => failed("the service has no pod selector set"),
        "Deployment" => failed("invalid deployment: no selectors, therefore cannot be exposed"),
        _ => failed("invalid replicaset: no selectors, therefore cannot be exposed"),
    }
}

fn port_of(port: &Value, field: &str) -> Option<Port> {
    let protocol = port["protocol"].as_str().unwrap_or("TCP");
    Some((port[field].as_i64()?, protocol.to_owned()))
}

fn service_ports(service: &Value) -> Vec<Port> {
    let ports = service["spec"]["ports"].as_array().into_iter().flatten();
    ports.filter_map(|port| port_of(port, "port")).collect()
}

fn container_ports(spec: &Value) -> Vec<Port> {
    let containers = spec["containers"].as_array().into_iter().flatten();
    let ports = containers.flat_map(|container| container["ports"].as_array().into_iter().flatten());
    ports.filter_map(|port| port_of(port, "containerPort")).collect()
}

fn chosen_ports(args: &Args, there: &[Port], headless: bool) -> Result<Vec<Value>, String> {
    let mut numbers: Vec<i64> = Vec::new();
    match args.get("port").filter(|text| !text.is_empty()) {
        Some(text) => {
            for port in text.split(',') {
                let number = port
                    .parse()
                    .map_err(|_| format!("strconv.Atoi: parsing \"{port}\": invalid syntax"))?;
                numbers.push(number);
            }
        }
        None if there.is_empty() && !headless => {
            return Err("couldn't find port via --port flag or introspection".to_owned());
        }
        None => {
            let mut known: Vec<i64> = there.iter().map(|(number, _)| *number).collect();
            known.dedup();
            numbers = known;
        }
    }
    let several = numbers.len() > 1;
    let mut ports = Vec::new();
    for (index, number) in numbers.iter().enumerate() {
        let same = there.iter().filter(|(other, _)| other == number);
        let mut protocols: Vec<&str> = same.map(|(_, protocol)| protocol.as_str()).collect();
        protocols.dedup();
        if let Some(protocol) = args.get("protocol").filter(|text| !text.is_empty()) {
            protocols = vec![protocol];
        }
        if protocols.is_empty() {
            protocols = vec!["TCP"];
        }
        for protocol in &protocols {
            let mut port = Map::new();
            let place = index + 1;
            let name = match protocols.len() {
                1 => format!("port-{place}"),
                _ => format!("port-{place}-{}", protocol.to_ascii_lowercase()),
            };
            if several || protocols.len() > 1 {
                port.insert("name".to_owned(), name.into());
            }
            port.insert("port".to_owned(), (*number).into());
            port.insert("protocol".to_owned(), (*protocol).into());
            let target = match args.get("target-port").map(IntOrString::parse) {
                Some(IntOrString::Int(target)) => target.into(),
                Some(IntOrString::String(target)) => (*target).into(),
                None => (*number).into(),
            };
            port.insert("targetPort".to_owned(), target);
            ports.push(Value::Object(port));
        }
    }
    Ok(ports)
}

// Models k8s.io/kubectl/pkg/cmd/autoscale/autoscale.go.
pub(in crate::kubectl::commands) fn autoscale(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("autoscale", FLAGS, words)?;
    require(&args, &["max"])?;
    let max = args.number("autoscale", "max")?.unwrap_or(-1);
    let min = args.number("autoscale", "min")?.unwrap_or(-1);
    let percent = args.number("autoscale", "cpu-percent")?.unwrap_or(-1);
    if args.get("cpu-percent").is_some() {
        context.output.stderr.push_str(
            "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for \
             utilization or '500m' for milliCPU).\n",
        );
    }
    if max < 1 {
        return Err(format!(
            "error: --max=MAXPODS is required and must be at least 1, max: {max}\n"
        ));
    }
    if max < min {
        return Err(format!(
            "error: --max=MAXPODS must be larger or equal to --min=MINPODS, max: {max}, min: {min}\n"
        ));
    }
    if percent > 0 && args.get("cpu").is_some() {
        return Err("error: --cpu-percent and --cpu are mutually exclusive\n".to_owned());
    }
    let mut metrics = Vec::new();
    if percent >= 0 {
        metrics.push(resource_metric(
            "cpu",
            &json!({"type": "Utilization", "averageUtilization": percent}),
        ));
    }
    for (name, unit) in [("cpu", "m"), ("memory", "Mi")] {
        if let Some(text) = args.get(name).filter(|text| !text.is_empty()) {
            let target = target(text.trim(), name, unit).map_err(|why| format!("error: {why}\n"))?;
            metrics.push(resource_metric(name, &target));
        }
    }
    for object in objects(context, &args)? {
        let info = object.kind().info();
        if !Scale::has(object.kind()) {
            return Err(format!(
                "error: cannot autoscale a {}: could not find scale subresource for {}, Resource={} in discovery information\n",
                info.kind,
                info.api_version(),
                info.plural
            ));
        }
        let name = args.get("name").unwrap_or(&object.meta().name);
        let mut scaler = head("autoscaling/v2", "HorizontalPodAutoscaler", name);
        let reference = json!({"apiVersion": info.api_version(), "kind": info.kind, "name": *object.meta().name});
        scaler["spec"] = json!({"maxReplicas": max, "scaleTargetRef": reference});
        if min > 0 {
            scaler["spec"]["minReplicas"] = min.into();
        }
        if !metrics.is_empty() {
            scaler["spec"]["metrics"] = metrics.clone().into();
        }
        let word = if args.dry_run() == Some("client") {
            "created"
        } else {
            "autoscaled"
        };
        send(context, &args, scaler, word, "")?;
    }
    Ok(None)
}

fn resource_metric(name: &str, target: &Value) -> Value {
    json!({"type": "Resource", "resource": {"name": name, "target": target}})
}

// Models parseResourceInput.
fn target(text: &str, name: &str, unit: &str) -> Result<Value, String> {
    if let Some(percent) = text.strip_suffix('%') {
        let number: i32 = percent
            .parse()
            .ok()
            .filter(|number| *number >= 0)
            .ok_or_else(|| format!("invalid percentage value: {percent}"))?;
        return Ok(json!({"type": "Utilization", "averageUtilization": number}));
    }
    let is_bare = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let amount = if is_bare {
        format!("{text}{unit}")
    } else {
        text.to_owned()
    };
    Quantity::parse(&amount).map_err(|_| format!("invalid resource {name} value: {text}"))?;
    Ok(json!({"type": "AverageValue", "averageValue": amount}))
}
