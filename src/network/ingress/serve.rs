//! What the Ingress controller does with a request.

use super::pages::Page;
use super::table::{self, Hit};
use crate::api::Str;
use crate::api::core::{Service, ServicePort};
use crate::api::networking::{Ingress, IngressBackend, IngressServiceBackend};
use crate::network::endpoints::{Endpoint, of_port};
use crate::network::request::{FailureKind, HopKind};
use crate::network::route::{Delivery, End, Proxy, Target, Trail};
use crate::network::url::Url;

/// How many endpoints are tried for one request.
// Models ingress-nginx's default proxy-next-upstream-tries.
const TRIES: usize = 3;
/// Another path for the backend.
const REWRITE_TARGET: &str = "nginx.ingress.kubernetes.io/rewrite-target";

/// Serves a request that has reached the controller.
pub(in crate::network) fn serve(trail: &mut Trail<'_, '_>, url: &Url, host: &str, why: &str) -> End {
    if !matches!(url.port, 80 | 443) {
        return End::Failed(FailureKind::Refused);
    }
    let hit = table::find(trail.api(), host, url.bare_path());
    let rule = format!("{why}{}", hit.rule);
    let address: Str = format!("{}:{}", crate::network::addresses::INGRESS_ADDRESS, url.port).into();
    let Some(ingress) = hit.ingress.clone() else {
        trail.go(HopKind::Ingress, &"".into(), &"".into(), address, rule);
        return End::Page(Page::of(404));
    };
    let meta = &ingress.meta;
    if hit.redirects && &*url.scheme == "http" {
        let rule = format!("{why}the host has a certificate: HTTP is sent on to HTTPS (ssl-redirect)");
        trail.go(HopKind::Ingress, &meta.namespace, &meta.name, address, rule);
        return End::Page(Page::redirect(&format!("https://{}{}", url.host, url.path)));
    }
    trail.go(HopKind::Ingress, &meta.namespace, &meta.name, address, rule);
    match backend(trail, &ingress, &hit) {
        Ok(targets) => End::Pods(Delivery {
            targets,
            by: Proxy::Ingress,
            path: rewritten(&ingress, url),
            headers: forwarded(&trail.sender.address, url, host),
            ..Delivery::default()
        }),
        Err(status) => End::Page(Page::of(status)),
    }
}

/// The endpoints of the backend in the order in which they are tried, or the status of the answer where there are none.
fn backend(trail: &mut Trail<'_, '_>, ingress: &Ingress, hit: &Hit) -> Result<Vec<Target>, u16> {
    let Some(IngressBackend {
        service: Some(wanted), ..
    }) = &hit.backend
    else {
        return Err(503);
    };
    let namespace = &ingress.meta.namespace;
    let Some(service) = trail.api().get::<Service>(namespace, &wanted.name).cloned() else {
        let rule = format!("there is no Service {}: 503", wanted.name);
        trail.go(HopKind::Service, namespace, &wanted.name, Str::default(), rule);
        return Err(503);
    };
    let Some(port) = port_of(&service, wanted) else {
        let rule = format!("the Service has no port {}: 503", port_words(wanted));
        trail.go(HopKind::Service, namespace, &wanted.name, Str::default(), rule);
        return Err(503);
    };
    let mut ready = of_port(trail.api(), &service, port);
    ready.retain(|endpoint| endpoint.ready);
    let rule = if ready.is_empty() {
        "the Service has no ready endpoint: 503".to_owned()
    } else {
        "the backend of the rule; the controller goes to its endpoints, not to its address".to_owned()
    };
    let address = format!("{}:{}", service.spec.cluster_ip, port.port).into();
    trail.go(HopKind::Service, namespace, &wanted.name, address, rule);
    if ready.is_empty() {
        return Err(503);
    }
    Ok(in_turn(
        trail,
        ready,
        &format!("{namespace}/{}:{}", wanted.name, port.port),
    ))
}

/// Round robin: the endpoint whose turn it is and those that come after it.
pub(in crate::network) fn in_turn(trail: &mut Trail<'_, '_>, ready: Vec<Endpoint>, what: &str) -> Vec<Target> {
    let count = ready.len();
    let turn = trail.world.memory.turn(what) % count as u64;
    let first = usize::try_from(turn).expect("a turn is below the number of endpoints");
    let order = (0..count.min(TRIES)).map(|step| &ready[(first + step) % count]);
    let targets = order.enumerate().map(|(step, endpoint)| {
        let rule = if step == 0 {
            format!("round robin: number {} of {count} ready endpoints", first + 1)
        } else {
            "the last one did not take the connection: the next".to_owned()
        };
        Target::of_endpoint(trail.api(), endpoint, rule)
    });
    targets.collect()
}

fn port_of<'a>(service: &'a Service, wanted: &IngressServiceBackend) -> Option<&'a ServicePort> {
    let mut ports = service.spec.ports.iter();
    if wanted.port.name.is_empty() {
        ports.find(|port| port.port == wanted.port.number)
    } else {
        ports.find(|port| port.name == wanted.port.name)
    }
}

fn port_words(wanted: &IngressServiceBackend) -> String {
    if wanted.port.name.is_empty() {
        wanted.port.number.to_string()
    } else {
        wanted.port.name.to_string()
    }
}

/// The path for the pod, where the Ingress asks for another one.
fn rewritten(ingress: &Ingress, url: &Url) -> Option<Str> {
    let target = ingress.meta.annotation(REWRITE_TARGET)?;
    // Groups of a regular expression are not simulated: the path stays.
    if target.contains('$') {
        return None;
    }
    let query = url.path.split_once('?').map(|(_, query)| format!("?{query}"));
    Some(format!("{target}{}", query.unwrap_or_default()).into())
}

/// What the controller tells the pod of the client.
fn forwarded(client: &Str, url: &Url, host: &str) -> Vec<(Str, Str)> {
    vec![
        ("X-Real-IP".into(), client.clone()),
        ("X-Forwarded-For".into(), client.clone()),
        ("X-Forwarded-Host".into(), host.into()),
        ("X-Forwarded-Port".into(), url.port.to_string().into()),
        ("X-Forwarded-Proto".into(), url.scheme.clone()),
    ]
}
