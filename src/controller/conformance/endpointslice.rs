//! Cases of the EndpointSlice controller.

use serde_json::{Value, json};

use super::{compare, decode, unknown};
use crate::api::core::{Node, Pod, Service, ServicePort};
use crate::api::lean::Field;
use crate::controller::endpointslice::{address_types, find_port, pod_endpoint, pod_ports};

pub(super) fn run(function: &str, case: &Value) -> Result<(), String> {
    let expect = &case["expect"];
    let pod: Pod = decode(&case["pod"])?;
    let service: Service = decode(&case["service"])?;
    match function {
        "addressTypes" => compare("addressTypes", &expect["addressTypes"], &json!(address_types(&service))),
        "ports" => compare("ports", &expect["ports"], &pod_ports(&service, &pod).get_always()),
        "targetPort" => {
            let port: ServicePort = decode(&case["servicePort"])?;
            let got = find_port(&pod, &port).map_or_else(|| json!({"error": true}), |port| json!({"port": port}));
            compare("port", expect, &got)
        }
        "endpoint" => {
            let node = Some(&case["node"])
                .filter(|node| !node.is_null())
                .map(decode::<Node>)
                .transpose()?;
            let endpoint = pod_endpoint(&pod, node.as_ref(), &service, "IPv4");
            compare("endpoint", &expect["endpoint"], &endpoint.get_always())
        }
        _ => Err(unknown(function)),
    }
}
