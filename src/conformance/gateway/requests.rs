//! Requests of the conformance tests, sent in a cluster with their manifests.

use serde_json::Value;

use super::{answer, world};
use crate::api::Str;
use crate::api::gateway::{items, port, text};
use crate::cluster::Cluster;
use crate::conformance::csv::Row;
use crate::conformance::{Budget, NOT_APPLICABLE};
use crate::network::{HopKind, Origin, Outcome, Request};

/// How many requests tell the share that is copied or sent to a backend.
const SAMPLE: u32 = 400;
/// By how many percent that share may differ.
const SLACK: i64 = 10;

/// Sends the request of a row, and compares everything that it says of the answer.
pub(in crate::conformance) fn run(row: &Row, objects: &[Value], budget: Budget<'_>) -> Result<(), String> {
    applies(row)?;
    let mut cluster = world::cluster(objects, budget)?;
    send(&mut cluster, row)
}

fn cell<'a>(row: &'a Row, name: &str) -> &'a str {
    row.get(name).map(String::as_str).unwrap_or_default()
}

/// Whether a row can be sent as it stands.
pub(super) fn applies(row: &Row) -> Result<(), String> {
    let all = ["host", "path_or_rpc", "expected_status"].map(|name| cell(row, name));
    if all.iter().any(|text| text.contains('$') || text.starts_with("tc.")) {
        return Err(format!("{NOT_APPLICABLE}: it names a variable of the test"));
    }
    let is_encrypted = cell(row, "test").starts_with("BackendTLSPolicy") || cell(row, "more").contains("BackendIsTLS");
    if is_encrypted {
        return Err(format!("{NOT_APPLICABLE}: connections to backends are not encrypted"));
    }
    Ok(())
}

/// Sends the request of a row to each Gateway that it names, until one answers as it says: which one it is about, the row does
/// not tell.
pub(super) fn send(cluster: &mut Cluster, row: &Row) -> Result<(), String> {
    let mut result = Err("no gateway".to_owned());
    for gateway in cell(row, "gateways").split_whitespace() {
        result = to_gateway(cluster, row, gateway);
        if result.is_ok() {
            return Ok(());
        }
    }
    match result {
        Err(why) if !cell(row, "caution").is_empty() && !why.starts_with(NOT_APPLICABLE) => Err(format!(
            "{NOT_APPLICABLE}: {}; as it stands, {why}",
            cell(row, "caution")
        )),
        result => result,
    }
}

fn json(row: &Row, name: &str) -> Value {
    serde_json::from_str(cell(row, name)).unwrap_or_default()
}

fn to_gateway(cluster: &mut Cluster, row: &Row, gateway: &str) -> Result<(), String> {
    let found = world::object(cluster, "Gateway", "gateway-conformance-infra", gateway)?;
    let address = text(&found["status"]["addresses"][0]["value"]).to_owned();
    if address.is_empty() {
        return Err(format!("Gateway {gateway} has no address"));
    }
    let more = json(row, "more");
    let host = cell(row, "host");
    let listener = listener(&found, host)?;
    let scheme = match text(&listener["protocol"]) {
        "HTTP" => "http",
        "HTTPS" => "https",
        "TCP" => "tcp",
        other => {
            return Err(format!(
                "{NOT_APPLICABLE}: connections of {other} listeners are not simulated"
            ));
        }
    };
    let is_grpc = cell(row, "protocol") == "gRPC";
    let path = match is_grpc {
        true => format!(
            "/gateway_api_conformance.echo_basic.grpcecho.GrpcEcho/{}",
            cell(row, "path_or_rpc")
        ),
        false if cell(row, "path_or_rpc").is_empty() => "/".to_owned(),
        false => cell(row, "path_or_rpc").to_owned(),
    };
    let mut request = Request::get(
        Origin::Internet,
        &format!("{scheme}://{address}:{}{path}", port(&listener["port"])),
    );
    if !host.is_empty() {
        request.headers.push(("Host".into(), host.into()));
    }
    let method = if is_grpc { "POST" } else { cell(row, "method") };
    if !method.is_empty() {
        request.method = method.into();
    }
    let mut headers = json(row, "headers");
    if is_grpc {
        request.headers.push(("Content-Type".into(), "application/grpc".into()));
        let metadata = &more["RequestMetadata"];
        headers = metadata["Metadata"].clone();
        if let Some(authority) = metadata["Authority"].as_str() {
            request.headers.push(("Host".into(), authority.into()));
        }
    }
    let pairs = headers.as_object().into_iter().flatten();
    request
        .headers
        .extend(pairs.map(|(name, value)| (Str::from(name.as_str()), Str::from(text(value)))));
    if more["MirroredTo"].is_array() {
        return mirrored(cluster, row, &request, &more["MirroredTo"]);
    }
    compare(&cluster.fetch(&request), row, (scheme, &path))
}

/// The listener for a host: the one whose port it names, else the first.
fn listener<'a>(gateway: &'a Value, host: &str) -> Result<&'a Value, String> {
    let named = host.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    let listeners = &gateway["spec"]["listeners"];
    let by_port = items(listeners).find(|one| Some(port(&one["port"])) == named);
    by_port
        .or_else(|| items(listeners).next())
        .ok_or_else(|| "no listener".to_owned())
}

/// Compares everything that a row says with an answer.
fn compare(got: &Outcome, row: &Row, asked: (&str, &str)) -> Result<(), String> {
    let trail: Vec<String> = got
        .hops
        .iter()
        .map(|hop| format!("{} {}: {}", hop.kind.name(), hop.name, hop.rule))
        .collect();
    let check = || {
        status(got, row)?;
        backend(got, row)?;
        redirect(got, row, asked)?;
        received(got, row)?;
        answered(got, row)
    };
    check().map_err(|why| format!("{why} [{}]", trail.join(" -> ")))
}

fn status(got: &Outcome, row: &Row) -> Result<(), String> {
    let want = cell(row, "expected_status");
    let told = if cell(row, "protocol") == "gRPC" {
        match answer::joined(&got.headers, "grpc-status").as_deref() {
            None | Some("0") if got.status() == 200 => "OK".to_owned(),
            Some("12") => "codes.Unimplemented".to_owned(),
            other => format!("{other:?}"),
        }
    } else {
        got.status().to_string()
    };
    // A connection of TCP is open when something answers.
    let is_open = want == "OK" && got.status() == 200;
    if is_open || want.split(" or ").any(|one| one == told) {
        Ok(())
    } else {
        Err(format!("status: want {want}, got {told}"))
    }
}

fn backend(got: &Outcome, row: &Row) -> Result<(), String> {
    let (name, namespace) = (cell(row, "expected_backend"), cell(row, "expected_namespace"));
    if name.is_empty() && namespace.is_empty() {
        return Ok(());
    }
    let pod = got
        .hops
        .last()
        .filter(|hop| hop.kind == HopKind::Pod)
        .ok_or("no pod answered")?;
    // `backend` is a variable of the test.
    let is_named = matches!(name, "" | "backend")
        || *pod.name == *name
        || pod.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
    // `ns` is a variable of the test for its own namespace.
    let is_there = matches!(namespace, "" | "ns") || *pod.namespace == *namespace;
    if is_named && is_there {
        Ok(())
    } else {
        Err(format!(
            "backend: want {namespace}/{name}, got {}/{}",
            pod.namespace, pod.name
        ))
    }
}

fn redirect(got: &Outcome, row: &Row, asked: (&str, &str)) -> Result<(), String> {
    match json(row, "expected_redirect") {
        Value::Null => Ok(()),
        want => answer::redirect(&got.headers, &want, asked),
    }
}

/// What the backend says that it received.
fn received(got: &Outcome, row: &Row) -> Result<(), String> {
    let want = json(row, "expected_request_at_backend");
    let request = &want["Request"];
    // A test that looks at nothing writes `nil`.
    let is_nothing = want.is_null() || (request["Headers"] == "nil" && want["AbsentHeaders"].is_null());
    if is_nothing {
        return Ok(());
    }
    let told: Value = serde_json::from_str(&got.body).map_err(|_| "the backend does not tell what it received")?;
    for (field, name) in [("Path", "path"), ("Host", "host"), ("Method", "method")] {
        if request[field].is_string() && request[field] != told[name] {
            return Err(format!(
                "{name} at the backend: want {}, got {}",
                request[field], told[name]
            ));
        }
    }
    let headers = seen(&told);
    answer::headers("backend's", &headers, &request["Headers"])?;
    answer::absent("backend's", &headers, &want["AbsentHeaders"])
}

/// The headers that the backend tells of.
fn seen(told: &Value) -> Vec<(Str, Str)> {
    let all = told["headers"].as_object().into_iter().flatten();
    let each = all
        .flat_map(|(name, values)| items(values).map(move |value| (Str::from(name.as_str()), Str::from(text(value)))));
    each.collect()
}

/// What else is told of the answer.
fn answered(got: &Outcome, row: &Row) -> Result<(), String> {
    let more = json(row, "more");
    for (name, want) in more.as_object().into_iter().flatten() {
        match name.as_str() {
            // How the request is sent, its name in the test, and what was read above.
            "Request.SNI"
            | "Request.UnfollowRedirect"
            | "Request.Protocol"
            | "TestCaseName"
            | "RequestMetadata"
            | "Response.IgnoreWhitespace" => {}
            // What a gRPC backend tells of the metadata that it received.
            "Response.Headers" if cell(row, "protocol") == "gRPC" => {
                let told: Value = serde_json::from_str(&got.body).unwrap_or_default();
                let packed = want.as_object().into_iter().flatten().map(|(name, values)| {
                    let all: Vec<&str> = items(values).map(text).collect();
                    (name.clone(), Value::from(all.join(",")))
                });
                let result = answer::headers("backend's", &seen(&told), &Value::Object(packed.collect()));
                // Upstream writes them down and does not compare them: some are not those of the manifest.
                result
                    .map_err(|why| format!("{NOT_APPLICABLE}: the test itself does not compare its metadata; {why}"))?;
            }
            "Response.Headers" | "Response.ValidHeaderValues" => answer::headers("answer", &got.headers, want)?,
            "Response.AbsentHeaders" => answer::absent("answer", &got.headers, want)?,
            other => return Err(format!("{NOT_APPLICABLE}: nothing is known of the expectation {other}")),
        }
    }
    Ok(())
}

/// Sends many requests: each is answered as the row says, and the share of copies is the one told.
fn mirrored(cluster: &mut Cluster, row: &Row, request: &Request, want: &Value) -> Result<(), String> {
    let mut copies = vec![0_u32; want.as_array().map_or(0, Vec::len)];
    let mut plain = row.clone();
    plain.remove("more");
    for _ in 0..SAMPLE {
        let got = cluster.fetch(request);
        compare(&got, &plain, ("http", &request.url))?;
        for (count, mirror) in copies.iter_mut().zip(items(want)) {
            let note = format!("a copy goes to Service {}", text(&mirror["BackendRef"]["Name"]));
            *count += u32::from(got.hops.iter().any(|hop| hop.rule.contains(&note)));
        }
    }
    for (count, mirror) in copies.into_iter().zip(items(want)) {
        let percent = text(&mirror["Percent"])
            .trim_start_matches("int32(")
            .trim_end_matches(')');
        let want: i64 = if percent.is_empty() {
            100
        } else {
            percent.parse().map_err(|_| "no percentage")?
        };
        let got = i64::from(count * 100 / SAMPLE);
        if (got - want).abs() > SLACK {
            return Err(format!("want {want} percent of copies, got {got}"));
        }
    }
    Ok(())
}
