//! Services and Ingresses.

use serde_json::{Value, json};

use super::{head, number};
use crate::api::intstr::IntOrString;
use crate::api::names;
use crate::kubectl::args::Args;
use crate::kubectl::commands::Context;

pub(super) fn cluster_ip(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    service(args, name, "ClusterIP")
}

pub(super) fn node_port(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    service(args, name, "NodePort")
}

pub(super) fn load_balancer(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    service(args, name, "LoadBalancer")
}

pub(super) fn external_name(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    service(args, name, "ExternalName")
}

// Models create_service.go.
fn service(args: &Args, name: &str, kind: &str) -> Result<Value, String> {
    let pairs = args.all("tcp");
    let is_headless = args.get("clusterip") == Some("None");
    if !is_headless && pairs.is_empty() && kind != "ExternalName" {
        return Err("at least one tcp port specifier must be provided".to_owned());
    }
    let outside = args.get("external-name").unwrap_or_default();
    if kind == "ExternalName" && !names::is_dns1123_subdomain(outside).is_empty() {
        return Err(format!("invalid service external name {outside}"));
    }
    let node_port = number(args, "node-port")?.filter(|port| *port != 0);
    let mut ports = Vec::new();
    for pair in pairs {
        let (port, target) = parse_ports(pair)?;
        let mut entry = json!({"name": pair.replace(':', "-"), "port": port, "protocol": "TCP", "targetPort": target});
        if let Some(node_port) = node_port {
            entry["nodePort"] = node_port.into();
        }
        ports.push(entry);
    }
    let mut service = head("v1", "Service", name);
    service["metadata"]["labels"] = json!({"app": name});
    service["spec"] = json!({"selector": {"app": name}, "type": kind});
    if !ports.is_empty() {
        service["spec"]["ports"] = ports.into();
    }
    if kind == "ExternalName" {
        service["spec"]["externalName"] = outside.into();
    }
    if let Some(address) = args.get("clusterip").filter(|address| !address.is_empty()) {
        service["spec"]["clusterIP"] = address.into();
    }
    service["status"] = json!({"loadBalancer": {}});
    Ok(service)
}

/// Reads `port` or `port:targetPort`.
// Models create_service.go parsePorts.
fn parse_ports(text: &str) -> Result<(u16, Value), String> {
    let (port, target) = text.split_once(':').unwrap_or((text, text));
    let number: u16 = port
        .parse()
        .map_err(|_| format!("strconv.ParseUint: parsing \"{port}\": invalid syntax"))?;
    match IntOrString::parse(target) {
        IntOrString::Int(target) => Ok((number, target.into())),
        IntOrString::String(target) => match names::is_valid_port_name(&target).as_slice() {
            [] => Ok((number, (*target).into())),
            problems => Err(problems.join(",")),
        },
    }
}

// Models create_ingress.go.
pub(super) fn ingress(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let rules: Vec<&str> = args.each("rule").collect();
    let fallback = args.get("default-backend");
    if rules.is_empty() && fallback.is_none() {
        return Err(
            "not enough information provided: every ingress has to either specify a default-backend (which \
                    catches all traffic) or a list of rules (which catch specific paths)"
                .to_owned(),
        );
    }
    let mut annotations = serde_json::Map::new();
    let mut spec = json!({});
    for annotation in args.each("annotation") {
        let (key, value) = annotation
            .split_once('=')
            .ok_or_else(|| format!("annotation {annotation} is invalid and should be in format key=[value]"))?;
        annotations.insert(key.to_owned(), value.into());
    }
    let (mut tls, mut hosts): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    for rule in rules {
        let wrong =
            || format!("rule {rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]");
        add_rule(rule, &mut hosts, &mut tls).ok_or_else(wrong)?;
    }
    if let Some(fallback) = fallback {
        let wrong = "default-backend should be in format servicename:serviceport";
        spec["defaultBackend"] = backend(fallback).ok_or(wrong)?;
    }
    if let Some(class) = args.get("class") {
        spec["ingressClassName"] = class.into();
    }
    for (field, list) in [("rules", hosts), ("tls", tls)] {
        if !list.is_empty() {
            spec[field] = list.into();
        }
    }
    let mut ingress = head("networking.k8s.io/v1", "Ingress", name);
    if !annotations.is_empty() {
        ingress["metadata"]["annotations"] = annotations.into();
    }
    ingress["spec"] = spec;
    ingress["status"] = json!({"loadBalancer": {}});
    Ok(ingress)
}

/// Adds `host/path=service:port[,tls[=secret]]`; none where it is not of that form.
fn add_rule(rule: &str, rules: &mut Vec<Value>, tls: &mut Vec<Value>) -> Option<()> {
    let (plain, secured) = rule
        .split_once(',')
        .map_or((rule, None), |(plain, tail)| (plain, Some(tail)));
    let (host, rest) = plain.split_once('/')?;
    let (path, service) = rest.split_once('=')?;
    let (path, kind) = match path.strip_suffix('*') {
        Some(path) => (path, "Prefix"),
        None => (path, "Exact"),
    };
    let path = json!({"path": format!("/{path}"), "pathType": kind, "backend": backend(service)?});
    let same_host = |rule: &&mut Value| rule["host"].as_str().unwrap_or_default() == host;
    match rules.iter_mut().find(same_host) {
        Some(rule) => rule["http"]["paths"].as_array_mut()?.push(path),
        None => {
            let mut rule = json!({"http": {"paths": [path]}});
            if !host.is_empty() {
                rule["host"] = host.into();
            }
            rules.push(rule);
        }
    }
    let Some(secured) = secured else { return Some(()) };
    let (word, secret) = secured.split_once('=').unwrap_or((secured, ""));
    if word != "tls" {
        return None;
    }
    let has_host = |entry: &Value| {
        entry["hosts"]
            .as_array()
            .is_some_and(|hosts| hosts.contains(&host.into()))
    };
    if tls.iter().any(has_host) || (host.is_empty() && secret.is_empty()) {
        return Some(());
    }
    let same = |entry: &&mut Value| entry["secretName"].as_str().unwrap_or_default() == secret;
    if let Some(entry) = tls.iter_mut().find(same) {
        entry["hosts"].as_array_mut()?.push(host.into());
        return Some(());
    }
    let mut entry = json!({});
    if !host.is_empty() {
        entry["hosts"] = json!([host]);
    }
    if !secret.is_empty() {
        entry["secretName"] = secret.into();
    }
    tls.push(entry);
    Some(())
}

fn backend(text: &str) -> Option<Value> {
    let (name, port) = text.split_once(':').filter(|(_, port)| !port.contains(':'))?;
    let port = match IntOrString::parse(port) {
        IntOrString::Int(number) => json!({"number": number}),
        IntOrString::String(name) => json!({"name": *name}),
    };
    Some(json!({"service": {"name": name, "port": port}}))
}
