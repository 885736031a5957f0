//! What a pod's containers call themselves, and whom they ask for names.

use serde_json::Value;

use crate::api::Str;
use crate::api::core::Pod;

/// Longest name of a host.
const NAME_MAX: usize = 63;

/// The name of the pod's host.
// Models pkg/kubelet GeneratePodHostNameAndDomain
pub(super) fn hostname(pod: &Pod, node: &Str) -> Str {
    let spec = &pod.spec;
    if spec.host_network {
        return node.clone();
    }
    if spec.rest.get("setHostnameAsFQDN") == Some(&Value::Bool(true)) && !spec.subdomain.is_empty() {
        return format!("{}.{}", short(pod), domain(pod)).into();
    }
    short(pod)
}

fn short(pod: &Pod) -> Str {
    let name = match pod.spec.rest.get("hostnameOverride").and_then(Value::as_str) {
        Some(name) => name,
        None if pod.spec.hostname.is_empty() => &pod.meta.name,
        None => &pod.spec.hostname,
    };
    match name.get(..NAME_MAX) {
        Some(cut) => cut.trim_end_matches(['-', '.']).into(),
        None if *name == *pod.meta.name => pod.meta.name.clone(),
        None => name.into(),
    }
}

/// The domain of that name; empty for none.
pub(super) fn domain(pod: &Pod) -> Str {
    let (subdomain, namespace) = (&pod.spec.subdomain, &pod.meta.namespace);
    if subdomain.is_empty() || pod.spec.rest.get("hostnameOverride").is_some() {
        return "".into();
    }
    format!("{subdomain}.{namespace}.svc.cluster.local").into()
}

/// The lines that `hostAliases` adds to `/etc/hosts`.
// Models pkg/kubelet hostsEntriesFromHostAliases
pub(super) fn host_aliases(pod: &Pod) -> Str {
    let Some(aliases) = pod.spec.rest.get("hostAliases").and_then(Value::as_array) else {
        return "".into();
    };
    let mut lines = "\n# Entries added by HostAliases.\n".to_owned();
    for alias in aliases {
        lines.push_str(alias["ip"].as_str().unwrap_or_default());
        for name in texts(&alias["hostnames"]) {
            lines.push('\t');
            lines.push_str(name);
        }
        lines.push('\n');
    }
    lines.into()
}

/// `/etc/resolv.conf`.
// Models pkg/kubelet/network/dns Configurer.GetPodDNS
pub(super) fn resolv_conf(pod: &Pod) -> Str {
    let namespace = &pod.meta.namespace;
    let (mut servers, mut searches, mut options) = (Vec::new(), Vec::new(), Vec::<String>::new());
    match &*pod.spec.dns_policy {
        "None" => {}
        "ClusterFirst" if !pod.spec.host_network => cluster(namespace, &mut servers, &mut searches, &mut options),
        "ClusterFirstWithHostNet" => cluster(namespace, &mut servers, &mut searches, &mut options),
        _ => servers.push("172.18.0.1".to_owned()),
    }
    let config = pod.spec.rest.get("dnsConfig").unwrap_or(&Value::Null);
    servers.extend(texts(&config["nameservers"]).map(str::to_owned));
    searches.extend(texts(&config["searches"]).map(str::to_owned));
    for option in config["options"].as_array().into_iter().flatten() {
        let name = option["name"].as_str().unwrap_or_default();
        options.retain(|known| known.split(':').next() != Some(name));
        options.push(match option["value"].as_str() {
            Some(value) => format!("{name}:{value}"),
            None => name.to_owned(),
        });
    }
    let mut text = String::new();
    if !searches.is_empty() {
        text = format!("search {}\n", searches.join(" "));
    }
    for server in servers {
        text.push_str(&format!("nameserver {server}\n"));
    }
    if !options.is_empty() {
        text.push_str(&format!("options {}\n", options.join(" ")));
    }
    text.into()
}

/// What the cluster's DNS wants to be asked.
fn cluster(namespace: &str, servers: &mut Vec<String>, searches: &mut Vec<String>, options: &mut Vec<String>) {
    servers.push("10.96.0.10".to_owned());
    searches.push(format!("{namespace}.svc.cluster.local"));
    searches.push("svc.cluster.local".to_owned());
    searches.push("cluster.local".to_owned());
    options.push("ndots:5".to_owned());
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(spec: Value) -> Pod {
        let value = json!({"metadata": {"name": "web-0", "namespace": "shop"}, "spec": spec});
        crate::api::lean::decode(value).expect("a pod")
    }

    #[test]
    fn hosts_have_names() {
        let cases = [
            (json!({}), "web-0", ""),
            (
                json!({"hostname": "a", "subdomain": "db"}),
                "a",
                "db.shop.svc.cluster.local",
            ),
            (
                json!({"subdomain": "db", "setHostnameAsFQDN": true}),
                "web-0.db.shop.svc.cluster.local",
                "db.shop.svc.cluster.local",
            ),
            (json!({"hostnameOverride": "x.y", "subdomain": "db"}), "x.y", ""),
            (json!({"hostNetwork": true}), "n1", ""),
        ];
        for (spec, name, of) in cases {
            let pod = pod(spec.clone());
            assert_eq!((&*hostname(&pod, &"n1".into()), &*domain(&pod)), (name, of), "{spec}");
        }
    }

    #[test]
    fn names_are_asked_of_whom_the_policy_says() {
        let own = json!({"nameservers": ["1.2.3.4"], "searches": ["a.b"], "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}]});
        let cluster = "search shop.svc.cluster.local svc.cluster.local cluster.local";
        let cases = [
            (
                json!({"dnsPolicy": "ClusterFirst"}),
                format!("{cluster}\nnameserver 10.96.0.10\noptions ndots:5\n"),
            ),
            (
                json!({"dnsPolicy": "ClusterFirst", "dnsConfig": own}),
                format!("{cluster} a.b\nnameserver 10.96.0.10\nnameserver 1.2.3.4\noptions ndots:2 edns0\n"),
            ),
            (
                json!({"dnsPolicy": "None", "dnsConfig": own}),
                "search a.b\nnameserver 1.2.3.4\noptions ndots:2 edns0\n".to_owned(),
            ),
            (
                json!({"dnsPolicy": "ClusterFirst", "hostNetwork": true}),
                "nameserver 172.18.0.1\n".to_owned(),
            ),
        ];
        for (spec, want) in cases {
            assert_eq!(&*resolv_conf(&pod(spec.clone())), want, "{spec}");
        }
    }
}
