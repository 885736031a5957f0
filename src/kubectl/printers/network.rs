//! Services, endpoints, Ingresses and policies of the network.

use crate::sim::btree::BTreeSet;

use serde_json::Value;

use super::row::{Row, with_more};
use super::{Cell, Printer};

/// Longest list of addresses that is shown, unless with `-o wide`.
const ADDRESSES_LENGTH: usize = 16;
/// Endpoints, ports or hosts that are shown.
const SHOWN: usize = 3;

pub(super) const PRINTERS: &[Printer] = &[
    Printer {
        group: "",
        kind: "Service",
        titles: &[
            "Name",
            "Type",
            "Cluster-IP",
            "External-IP",
            "Port(s)",
            "Age",
            "|Selector",
        ],
        row: service,
    },
    Printer {
        group: "",
        kind: "Endpoints",
        titles: &["Name", "Endpoints", "Age"],
        row: |row| vec![row.name(), Cell::Text(subsets(row)), row.age()],
    },
    Printer {
        group: "discovery.k8s.io",
        kind: "EndpointSlice",
        titles: &["Name", "AddressType", "Ports", "Endpoints", "Age"],
        row: |row| {
            vec![
                row.name(),
                row.text("/addressType"),
                slice_ports(row),
                slice_endpoints(row),
                row.age(),
            ]
        },
    },
    Printer {
        group: "networking.k8s.io",
        kind: "Ingress",
        titles: &["Name", "Class", "Hosts", "Address", "Ports", "Age"],
        row: ingress,
    },
    Printer {
        group: "networking.k8s.io",
        kind: "IngressClass",
        titles: &["Name", "Controller", "Parameters", "Age"],
        row: |row| {
            let name = row.name_marked("ingressclass.kubernetes.io/is-default-class");
            vec![
                name,
                row.text("/spec/controller"),
                Cell::Text(parameters(row)),
                row.age(),
            ]
        },
    },
    Printer {
        group: "networking.k8s.io",
        kind: "NetworkPolicy",
        titles: &["Name", "Pod-Selector", "Age"],
        row: |row| vec![row.name(), row.selector("/spec/podSelector"), row.age()],
    },
    Printer {
        group: "gateway.networking.k8s.io",
        kind: "GatewayClass",
        titles: &["Name", "Controller", "Accepted", "Age", "|Description"],
        row: |row| {
            vec![
                row.name(),
                row.text("/spec/controllerName"),
                condition(row, "Accepted"),
                row.age(),
                row.text("/spec/description"),
            ]
        },
    },
    Printer {
        group: "gateway.networking.k8s.io",
        kind: "ListenerSet",
        titles: &["Name", "Accepted", "Programmed", "Age"],
        row: |row| {
            vec![
                row.name(),
                condition(row, "Accepted"),
                condition(row, "Programmed"),
                row.age(),
            ]
        },
    },
    Printer {
        group: "gateway.networking.k8s.io",
        kind: "Gateway",
        titles: &["Name", "Class", "Address", "Programmed", "Age"],
        row: |row| {
            let address = row.text("/status/addresses/0/value");
            vec![
                row.name(),
                row.text("/spec/gatewayClassName"),
                address,
                condition(row, "Programmed"),
                row.age(),
            ]
        },
    },
    Printer {
        group: "gateway.networking.k8s.io",
        kind: "HTTPRoute",
        titles: &["Name", "Hostnames", "Age"],
        row: hostnames,
    },
    Printer {
        group: "gateway.networking.k8s.io",
        kind: "GRPCRoute",
        titles: &["Name", "Hostnames", "Age"],
        row: hostnames,
    },
];

/// A route of Gateway API: its hostnames as JSON writes them.
fn hostnames(row: &Row<'_>) -> Vec<Cell> {
    let names = row.value.pointer("/spec/hostnames").map(Value::to_string);
    vec![row.name(), Cell::Text(names.unwrap_or_default()), row.age()]
}

fn condition(row: &Row<'_>, kind: &str) -> Cell {
    let found = row
        .list("/status/conditions")
        .iter()
        .find(|entry| entry["type"] == kind);
    Cell::Text(
        found
            .and_then(|entry| entry["status"].as_str())
            .unwrap_or_default()
            .to_owned(),
    )
}

fn service(row: &Row<'_>) -> Vec<Cell> {
    let ports: Vec<String> = row.list("/spec/ports").iter().map(port).collect();
    let cluster_ip = row.text_or("/spec/clusterIPs/0", "<none>");
    vec![
        row.name(),
        row.text("/spec/type"),
        cluster_ip,
        Cell::Text(external_ip(row)),
        Cell::Text(if ports.is_empty() {
            "<none>".to_owned()
        } else {
            ports.join(",")
        }),
        row.age(),
        row.labels("/spec/selector"),
    ]
}

fn port(port: &Value) -> String {
    let protocol = port["protocol"].as_str().unwrap_or_default();
    match port["nodePort"].as_i64().filter(|node_port| *node_port > 0) {
        Some(node_port) => format!("{}:{node_port}/{protocol}", port["port"]),
        None => format!("{}/{protocol}", port["port"]),
    }
}

fn external_ip(row: &Row<'_>) -> String {
    let own: Vec<&str> = row.list("/spec/externalIPs").iter().filter_map(Value::as_str).collect();
    match row.str("/spec/type") {
        "ClusterIP" | "NodePort" if own.is_empty() => "<none>".to_owned(),
        "ClusterIP" | "NodePort" => own.join(","),
        "LoadBalancer" => {
            let given = addresses(row);
            let all: Vec<&str> = [given.as_str()]
                .into_iter()
                .filter(|given| !given.is_empty())
                .chain(own)
                .collect();
            if all.is_empty() {
                "<pending>".to_owned()
            } else {
                all.join(",")
            }
        }
        "ExternalName" => row.str("/spec/externalName").to_owned(),
        _ => "<unknown>".to_owned(),
    }
}

/// Addresses of a load balancer, sorted, cut to a width.
fn addresses(row: &Row<'_>) -> String {
    let entry = |entry: &Value| {
        entry["ip"]
            .as_str()
            .or_else(|| entry["hostname"].as_str())
            .map(str::to_owned)
    };
    let set: BTreeSet<String> = row
        .list("/status/loadBalancer/ingress")
        .iter()
        .filter_map(entry)
        .collect();
    let text = set.into_iter().collect::<Vec<_>>().join(",");
    if row.wide || text.len() <= ADDRESSES_LENGTH {
        return text;
    }
    format!("{}...", text.chars().take(ADDRESSES_LENGTH - 3).collect::<String>())
}

// Models formatEndpoints.
fn subsets(row: &Row<'_>) -> String {
    let subsets = row.list("/subsets");
    if subsets.is_empty() {
        return "<none>".to_owned();
    }
    let mut texts = Vec::new();
    for subset in subsets {
        let ips: Vec<&str> = subset["addresses"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|address| address["ip"].as_str())
            .collect();
        match subset["ports"].as_array().filter(|ports| !ports.is_empty()) {
            None => texts.extend(ips.iter().map(|ip| (*ip).to_owned())),
            Some(ports) => {
                for port in ports {
                    texts.extend(ips.iter().map(|ip| join_host_port(ip, &port["port"])));
                }
            }
        }
    }
    with_more(&texts, texts.len(), SHOWN)
}

fn join_host_port(ip: &str, port: &Value) -> String {
    if ip.contains(':') {
        format!("[{ip}]:{port}")
    } else {
        format!("{ip}:{port}")
    }
}

fn slice_ports(row: &Row<'_>) -> Cell {
    let text = |port: &Value| match (&port["port"], &port["name"]) {
        (Value::Number(number), _) => number.to_string(),
        (_, Value::String(name)) => name.clone(),
        _ => "*".to_owned(),
    };
    let texts: Vec<String> = row.list("/ports").iter().map(text).collect();
    Cell::Text(unset_or(with_more(&texts, texts.len(), SHOWN)))
}

fn slice_endpoints(row: &Row<'_>) -> Cell {
    let addresses = row
        .list("/endpoints")
        .iter()
        .flat_map(|endpoint| endpoint["addresses"].as_array().into_iter().flatten());
    let texts: Vec<String> = addresses.filter_map(Value::as_str).map(str::to_owned).collect();
    Cell::Text(unset_or(with_more(&texts, texts.len(), SHOWN)))
}

fn unset_or(text: String) -> String {
    if text.is_empty() { "<unset>".to_owned() } else { text }
}

fn ingress(row: &Row<'_>) -> Vec<Cell> {
    let ports = if row.list("/spec/tls").is_empty() {
        "80"
    } else {
        "80, 443"
    };
    vec![
        row.name(),
        row.text_or("/spec/ingressClassName", "<none>"),
        Cell::Text(hosts(row)),
        Cell::Text(addresses(row)),
        Cell::Text(ports.to_owned()),
        row.age(),
    ]
}

// Models formatHosts.
fn hosts(row: &Row<'_>) -> String {
    let rules = row.list("/spec/rules");
    let mut shown = Vec::new();
    let mut more = false;
    for rule in rules {
        more |= shown.len() == SHOWN;
        if let Some(host) = rule["host"].as_str().filter(|host| !more && !host.is_empty()) {
            shown.push(host);
        }
    }
    match shown.as_slice() {
        [] => "*".to_owned(),
        shown if more => format!("{} + {} more...", shown.join(","), rules.len() - SHOWN),
        shown => shown.join(","),
    }
}

fn parameters(row: &Row<'_>) -> String {
    let Some(parameters) = row.value.pointer("/spec/parameters") else {
        return "<none>".to_owned();
    };
    let text = |field: &str| parameters[field].as_str().unwrap_or_default();
    let group = if parameters["apiGroup"].is_null() {
        String::new()
    } else {
        format!(".{}", text("apiGroup"))
    };
    format!("{}{group}/{}", text("kind"), text("name"))
}
