//! Vectors: Gateways with their routes, a request, and what becomes of it.

use serde_json::{Value, json};

use super::answer;
use crate::api::gateway::{GATEWAY, GROUP, items, port, text, text_or};
use crate::api::{Kind, Object, Str};
use crate::apiserver::{ApiServer, Caller};
use crate::network::ingress::pages::Page;
use crate::network::route::{Ask, Delivery, End, Route, World};
use crate::network::{HopKind, Memory, Origin, Sender, Url, route};
use crate::sim::{Duration, SimTime};

/// The address of each Gateway: its number is added.
const NETWORK: &str = "203.0.113";

/// Runs one vector: the request goes to the Gateway that it names, else to the only one of its routes' first parent.
pub(in crate::conformance) fn run(vector: &Value) -> Result<(), String> {
    let api = api(vector)?;
    let name = vector["gateway"].as_str().map(str::to_owned).or_else(|| {
        let route = items(&vector["routes"]).next()?;
        Some(text(&route["spec"]["parentRefs"][0]["name"]).to_owned())
    });
    let name = name.ok_or("no gateway")?;
    let mut gateways = items(&vector["gateways"]).enumerate();
    let (number, gateway) = gateways
        .find(|(_, gateway)| text(&gateway["metadata"]["name"]) == name)
        .ok_or("no such gateway")?;
    let request = &vector["request"];
    let (host, number_of_port) = place(gateway, request)?;
    let scheme = text_or(&request["scheme"], scheme_of(gateway, number_of_port));
    let url = Url::parse(&format!(
        "{scheme}://{NETWORK}.{}:{number_of_port}{}",
        number + FIRST,
        text(&request["path"])
    ))?;
    let pairs = |value: &Value| -> Vec<(Str, Str)> {
        let all = value.as_object().into_iter().flatten();
        all.map(|(name, value)| (name.as_str().into(), text(value).into()))
            .collect()
    };
    let headers = pairs(&request["headers"]);
    let ask = Ask {
        method: text_or(&request["method"], "GET"),
        host: &host,
        headers: &headers,
    };
    let way = way(&api, &url, &ask)?;
    let expect = &vector["expect"];
    match &way.end {
        End::Page(page) => check_page(page, expect, &url),
        End::Pods(delivery) => check_delivery(&way, delivery, expect, pairs(&vector["backendResponseHeaders"])),
        End::Failed(kind) => Err(format!("failed: {kind:?}, {:?}", way.hops.last().map(|hop| &hop.rule))),
    }
}

/// The number of the first Gateway's address.
const FIRST: usize = 130;

fn way(api: &ApiServer, url: &Url, ask: &Ask<'_>) -> Result<Route, String> {
    let mut memory = Memory::default();
    let mut world = World {
        api,
        memory: &mut memory,
        seed: 0,
        now: SimTime::ZERO,
        hop: Duration::ZERO,
    };
    let sender = Sender::of(api, &Origin::Internet)?;
    Ok(route(&mut world, &sender, url, ask))
}

/// The host asked for, and the port: the one of the host where a listener has it, else that of the first listener.
fn place(gateway: &Value, request: &Value) -> Result<(String, u16), String> {
    let host = text_or(&request["host"], "any.example.net").to_owned();
    let ports: Vec<u16> = items(&gateway["spec"]["listeners"])
        .map(|listener| port(&listener["port"]))
        .collect();
    let named = host.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    let first = ports.first().copied().ok_or("no listener")?;
    let is_usual = named.is_none() && ports.contains(&80) && request["scheme"].is_null();
    let wanted = if is_usual { Some(80) } else { named };
    Ok((host, wanted.filter(|port| ports.contains(port)).unwrap_or(first)))
}

fn scheme_of(gateway: &Value, number: u16) -> &'static str {
    let mut listeners = items(&gateway["spec"]["listeners"]);
    let listener = listeners.find(|listener| port(&listener["port"]) == number);
    if listener.is_some_and(|listener| text(&listener["protocol"]) == "HTTPS") {
        "https"
    } else {
        "http"
    }
}

/// An API server with the vector's objects, and with all that they refer to: classes, certificates, backends that are ready.
fn api(vector: &Value) -> Result<ApiServer, String> {
    let mut api = ApiServer::new(0);
    let mut objects = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let all = items(&vector["gateways"]).chain(items(&vector["routes"]));
    for object in all.clone() {
        names.push(text(&object["metadata"]["namespace"]).to_owned());
    }
    for (number, gateway) in items(&vector["gateways"]).enumerate() {
        let class = text(&gateway["spec"]["gatewayClassName"]);
        objects.push(json!({"apiVersion": format!("{GROUP}/v1"), "kind": "GatewayClass", "metadata": {"name": class}, "spec": {"controllerName": "example.com/vectors"}}));
        let mut gateway = gateway.clone();
        gateway["status"] =
            json!({"addresses": [{"type": "IPAddress", "value": format!("{NETWORK}.{}", number + FIRST)}]});
        for certificate in
            items(&gateway["spec"]["listeners"]).flat_map(|listener| items(&listener["tls"]["certificateRefs"]))
        {
            let namespace = text_or(&certificate["namespace"], text(&gateway["metadata"]["namespace"]));
            objects.push(super::world::certificate(namespace, text(&certificate["name"])));
        }
        objects.push(gateway);
    }
    for route in items(&vector["routes"]) {
        let home = text(&route["metadata"]["namespace"]);
        for rule in items(&route["spec"]["rules"]) {
            let mirrors = items(&rule["filters"]).map(|filter| &filter["requestMirror"]["backendRef"]);
            for backend in items(&rule["backendRefs"]).chain(mirrors.filter(|one| !one.is_null())) {
                let namespace = text_or(&backend["namespace"], home);
                names.push(namespace.to_owned());
                objects.extend(ready(namespace, text(&backend["name"]), port(&backend["port"])));
            }
        }
        objects.push(route.clone());
    }
    names.retain(|name| !name.is_empty());
    let namespaces = names
        .iter()
        .map(|name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
    let caller = Caller {
        actor: "vectors",
        now: SimTime::ZERO,
    };
    for value in namespaces.chain(objects) {
        let version = value["apiVersion"]
            .as_str()
            .map_or_else(|| format!("{GROUP}/v1"), str::to_owned);
        let kind = Kind::find(&version, text(&value["kind"])).ok_or("no such kind")?;
        let mut object = Object::decode(kind, value).map_err(|error| error.to_string())?;
        if kind == GATEWAY || kind.info().group == GROUP {
            crate::api::defaults::apply(&mut object);
        }
        // What two refer to is there once.
        drop(api.load(&caller, object));
    }
    Ok(api)
}

/// A Service with one endpoint.
fn ready(namespace: &str, name: &str, port: u16) -> [Value; 2] {
    let meta = json!({"name": name, "namespace": namespace});
    [
        json!({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"clusterIP": "10.96.1.1", "ports": [{"port": port}]}}),
        json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": name, "namespace": namespace, "labels": {"kubernetes.io/service-name": name}},
            "ports": [{"name": "", "port": port}],
            "endpoints": [{"addresses": ["10.244.0.5"], "conditions": {"ready": true}}]}),
    ]
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, want: T, got: T) -> Result<(), String> {
    if want == got {
        Ok(())
    } else {
        Err(format!("{what}: want {want:?}, got {got:?}"))
    }
}

/// What a proxy answers by itself.
fn check_page(page: &Page, expect: &Value, url: &Url) -> Result<(), String> {
    same("status", expect["status"].as_u64(), Some(page.status.into()))?;
    if expect["backend"].is_string() || expect["forwarded"].is_object() {
        return Err("no backend".to_owned());
    }
    if expect["redirect"].is_object() {
        answer::redirect(&page.headers, &expect["redirect"], (&url.scheme, &url.path))?;
    }
    answer::headers("answer", &page.headers, &expect["responseHeaders"])?;
    answer::absent("answer", &page.headers, &expect["absentResponseHeaders"])
}

/// What reaches a backend, which answers 200 with the headers `reply`.
fn check_delivery(way: &Route, delivery: &Delivery, expect: &Value, mut reply: Vec<(Str, Str)>) -> Result<(), String> {
    same("status", expect["status"].as_u64(), Some(200))?;
    let backend = way
        .hops
        .iter()
        .rfind(|hop| hop.kind == HopKind::Service)
        .ok_or("no Service")?;
    if let Some(name) = expect["backend"].as_str() {
        same("backend", name, &*backend.name)?;
    }
    if let Some(namespace) = expect["backendNamespace"].as_str() {
        same("backend's namespace", namespace, &*backend.namespace)?;
    }
    let sent = delivery.sent.as_deref().unwrap_or(&[]);
    let forwarded = &expect["forwarded"];
    if let (Some(want), Some(got)) = (forwarded["path"].as_str(), &delivery.path) {
        same("path", want, &**got)?;
    }
    if let Some(host) = forwarded["host"].as_str() {
        same("host", Some(host.to_owned()), answer::joined(sent, "host"))?;
    }
    answer::headers("forwarded", sent, &forwarded["headers"])?;
    answer::absent("forwarded", sent, &forwarded["absentHeaders"])?;
    delivery.reply.iter().for_each(|edit| edit.apply(&mut reply));
    answer::headers("answer", &reply, &expect["responseHeaders"])?;
    answer::absent("answer", &reply, &expect["absentResponseHeaders"])
}
