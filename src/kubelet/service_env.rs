//! Variables that tell a container of the Services around it.

use crate::sim::btree::BTreeMap;

use crate::api::Str;
use crate::api::core::{Pod, Service, ServicePort};
use crate::client::Ctx;

/// The variables of all Services that a pod is told of.
// Models pkg/kubelet getServiceEnvVarMap
pub(super) fn variables(ctx: &Ctx<'_>, pod: &Pod) -> BTreeMap<Str, Str> {
    let mut vars = BTreeMap::new();
    let has_address = |service: &Service| !matches!(&*service.spec.cluster_ip, "" | "None");
    // The API server is told of everywhere.
    let known = ctx
        .api
        .get::<Service>("default", "kubernetes")
        .filter(|service| has_address(service));
    match known {
        Some(service) => describe(service, &mut vars),
        None => describe(&api_server(), &mut vars),
    }
    if pod.spec.enable_service_links != Some(false) {
        for service in ctx
            .api
            .list::<Service>(Some(&pod.meta.namespace))
            .filter(|service| has_address(service))
        {
            describe(service, &mut vars);
        }
    }
    vars
}

/// The Service of the API server, where nobody has made it.
fn api_server() -> Service {
    let mut service = Service::default();
    service.meta.name = "kubernetes".into();
    service.spec.cluster_ip = "10.96.0.1".into();
    let port = ServicePort {
        name: "https".into(),
        protocol: "TCP".into(),
        port: 443,
        ..ServicePort::default()
    };
    service.spec.ports = [port].into();
    service
}

// Models pkg/kubelet/envvars FromServices
fn describe(service: &Service, vars: &mut BTreeMap<Str, Str>) {
    let name = service.meta.name.to_ascii_uppercase().replace(['-', '.'], "_");
    let ip = &service.spec.cluster_ip;
    let mut put = |key: String, value: String| {
        vars.insert(key.into(), value.into());
    };
    let Some(first) = service.spec.ports.first() else {
        return;
    };
    put(format!("{name}_SERVICE_HOST"), ip.to_string());
    put(format!("{name}_SERVICE_PORT"), first.port.to_string());
    for port in service.spec.ports.iter().filter(|port| !port.name.is_empty()) {
        let suffix = port.name.to_ascii_uppercase().replace('-', "_");
        put(format!("{name}_SERVICE_PORT_{suffix}"), port.port.to_string());
    }
    for (index, port) in service.spec.ports.iter().enumerate() {
        let protocol = if port.protocol.is_empty() {
            "TCP"
        } else {
            &*port.protocol
        };
        let url = format!("{}://{ip}:{}", protocol.to_ascii_lowercase(), port.port);
        let prefix = format!("{name}_PORT_{}_{protocol}", port.port);
        if index == 0 {
            put(format!("{name}_PORT"), url.clone());
        }
        put(prefix.clone(), url);
        put(format!("{prefix}_PROTO"), protocol.to_ascii_lowercase());
        put(format!("{prefix}_PORT"), port.port.to_string());
        put(format!("{prefix}_ADDR"), ip.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::lean;
    use serde_json::json;

    #[test]
    fn a_service_is_told_of() {
        let service: Service = lean::decode(json!({
            "metadata": {"name": "redis-primary"},
            "spec": {"clusterIP": "10.96.0.11", "ports": [{"port": 6379, "name": "main"}]},
        }))
        .expect("a service");
        let mut vars = BTreeMap::new();
        describe(&service, &mut vars);
        let want = [
            ("REDIS_PRIMARY_PORT", "tcp://10.96.0.11:6379"),
            ("REDIS_PRIMARY_PORT_6379_TCP", "tcp://10.96.0.11:6379"),
            ("REDIS_PRIMARY_PORT_6379_TCP_ADDR", "10.96.0.11"),
            ("REDIS_PRIMARY_PORT_6379_TCP_PORT", "6379"),
            ("REDIS_PRIMARY_PORT_6379_TCP_PROTO", "tcp"),
            ("REDIS_PRIMARY_SERVICE_HOST", "10.96.0.11"),
            ("REDIS_PRIMARY_SERVICE_PORT", "6379"),
            ("REDIS_PRIMARY_SERVICE_PORT_MAIN", "6379"),
        ];
        let got: Vec<(&str, &str)> = vars.iter().map(|(key, value)| (&**key, &**value)).collect();
        assert_eq!(got, want);
    }
}
