//! Writes: create, replace, patch, delete.

use serde_json::{Value, json};

use super::{Path, Request, method_not_allowed, no_such_path, scale};
use crate::api::autoscaling;
use crate::api::core::Pod;
use crate::api::lean::DecodeError;
use crate::api::patch;
use crate::api::schema::{self, decode::Fault};
use crate::api::status::{Reason, Status};
use crate::api::{Kind, Object, Resource, defaults};
use crate::apiserver::{ApiServer, Caller, DeleteOptions, Key, Propagation, Subresource};

type Answer = Result<(u16, Value), Status>;

pub(super) fn post(server: &mut ApiServer, caller: &Caller, path: &Path, request: &Request) -> Answer {
    let body = body(request)?;
    match (path.subresource.as_deref(), &path.name) {
        (None, None) => {
            let mut object = decode(path.kind, body, request)?;
            settle_namespace(&mut object, path)?;
            Ok((201, server.create(caller, object)?.encode()))
        }
        (Some("binding"), Some(_)) if path.kind == Pod::KIND => {
            let node = body.pointer("/target/name").and_then(Value::as_str).unwrap_or_default();
            server.bind(caller, &path.key(), node)?;
            Ok(success())
        }
        (Some("eviction"), Some(_)) if path.kind == Pod::KIND => evict(server, caller, path, &body),
        (Some(_), _) => Err(no_such_path()),
        (None, Some(_)) => Err(method_not_allowed()),
    }
}

fn success() -> (u16, Value) {
    let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    (201, body)
}

// Models pkg/registry/core/pod/storage/eviction.go Create
fn evict(server: &mut ApiServer, caller: &Caller, path: &Path, body: &Value) -> Answer {
    let key = path.key();
    if body.pointer("/metadata/name").and_then(Value::as_str) != Some(&key.name) {
        let why = "name in URL does not match name in Eviction object";
        return Err(Status::new(Reason::BadRequest, why));
    }
    let request = Request {
        body: body.get("deleteOptions").cloned(),
        ..Request::default()
    };
    let options = delete_options(&request);
    if body.pointer("/deleteOptions/dryRun/0").and_then(Value::as_str) == Some("All") {
        server.clone().evict(caller, &key, &options)?;
    } else {
        server.evict(caller, &key, &options)?;
    }
    Ok(success())
}

pub(super) fn put(server: &mut ApiServer, caller: &Caller, path: &Path, request: &Request) -> Answer {
    let body = body(request)?;
    let name = path.name.as_deref().ok_or_else(method_not_allowed)?;
    if path.subresource.as_deref() == Some("scale") {
        return put_scale(server, caller, path, &body);
    }
    let mut object = decode(path.kind, body, request)?;
    settle_namespace(&mut object, path)?;
    if *object.meta().name != *name {
        let why = format!(
            "the name of the object ({}) does not match the name on the URL ({name})",
            object.meta().name
        );
        return Err(Status::new(Reason::BadRequest, why));
    }
    Ok((200, server.update(caller, object, part(path)?)?.encode()))
}

pub(super) fn patch(server: &mut ApiServer, caller: &Caller, path: &Path, request: &Request) -> Answer {
    let body = body(request)?;
    let key = path.key();
    let old = server
        .get_object(path.kind, &key)
        .cloned()
        .ok_or_else(|| Status::not_found(path.kind, &key.name))?;
    let scales = path.subresource.as_deref() == Some("scale");
    let before = if scales {
        scale::encode(&old).ok_or_else(no_such_path)?
    } else {
        old.encode()
    };
    let after = patched(&request.content_type, path.kind, scales, &before, &body)?;
    if scales {
        return put_scale(server, caller, path, &after);
    }
    let mut object = decode(path.kind, after, request)?;
    // A patch carries no version unless the patch itself names one.
    if body.pointer("/metadata/resourceVersion").is_none() {
        object.meta_mut().resource_version.0 = 0;
    }
    Ok((200, server.update(caller, object, part(path)?)?.encode()))
}

/// The object as the patch leaves it; the content type tells which kind of patch it is.
fn patched(content_type: &str, kind: Kind, scales: bool, before: &Value, body: &Value) -> Result<Value, Status> {
    let info = kind.info();
    let (package, name) = if scales {
        ("autoscaling", "Scale")
    } else {
        (info.package, info.kind)
    };
    let result = match content_type.split(';').next().unwrap_or_default().trim() {
        "application/json-patch+json" => patch::json_patch(before, body),
        "application/merge-patch+json" => Ok(patch::merge_patch(before, body)),
        "application/strategic-merge-patch+json" => {
            let of = schema::struct_of(package, name).ok_or_else(|| unsupported(content_type))?;
            patch::strategic_merge_patch(of, before, body)
        }
        _ => return Err(unsupported(content_type)),
    };
    result.map_err(|error| Status::new(Reason::BadRequest, error.to_string()))
}

fn put_scale(server: &mut ApiServer, caller: &Caller, path: &Path, body: &Value) -> Answer {
    let key = path.key();
    let old = server
        .get_object(path.kind, &key)
        .cloned()
        .ok_or_else(|| Status::not_found(path.kind, &key.name))?;
    let scaled = scale::apply(&old, body).map_err(bad_request)?;
    let stored = server.update(caller, scaled, Subresource::Main)?;
    Ok((200, scale::encode(&stored).ok_or_else(no_such_path)?))
}

pub(super) fn delete(server: &mut ApiServer, caller: &Caller, path: &Path, request: &Request) -> Answer {
    let options = delete_options(request);
    if path.name.is_none() {
        return delete_collection(server, caller, path, request, &options);
    }
    let (object, gone) = server.delete(caller, path.kind, &path.key(), &options)?;
    if gone && path.kind != Pod::KIND {
        let info = path.kind.info();
        let details = json!({"name": object.meta().name.as_ref(), "group": info.group, "kind": info.plural, "uid": object.meta().uid.as_ref()});
        let body =
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
        return Ok((200, body));
    }
    Ok((200, object.encode()))
}

fn delete_collection(
    server: &mut ApiServer,
    caller: &Caller,
    path: &Path,
    request: &Request,
    options: &DeleteOptions,
) -> Answer {
    let (code, list) = super::list::list(server, path, request)?;
    for item in list["items"].as_array().into_iter().flatten() {
        let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let key = Key::new(text("/metadata/namespace"), text("/metadata/name"));
        server.delete(caller, path.kind, &key, options)?;
    }
    Ok((code, list))
}

/// Options from the body, and from the query where the body says nothing.
fn delete_options(request: &Request) -> DeleteOptions {
    let body = request.body.as_ref();
    let text = |name: &str| {
        let from_body = body.and_then(|body| body[name].as_str());
        from_body.or_else(|| request.param(name)).map(str::to_owned)
    };
    let grace = body.and_then(|body| body["gracePeriodSeconds"].as_i64());
    let precondition = |name: &str| body.and_then(|body| body["preconditions"][name].as_str());
    DeleteOptions {
        grace_period_seconds: grace.or_else(|| request.param("gracePeriodSeconds").and_then(|text| text.parse().ok())),
        propagation: match text("propagationPolicy").as_deref() {
            Some("Foreground") => Some(Propagation::Foreground),
            Some("Orphan") => Some(Propagation::Orphan),
            Some("Background") => Some(Propagation::Background),
            _ => None,
        },
        uid: precondition("uid").map(Into::into),
        resource_version: precondition("resourceVersion").and_then(|text| text.parse().ok()),
    }
}

fn body(request: &Request) -> Result<Value, Status> {
    request
        .body
        .clone()
        .ok_or_else(|| Status::new(Reason::BadRequest, "the request has no body"))
}

fn decode(kind: Kind, mut body: Value, request: &Request) -> Result<Object, Status> {
    let info = kind.info();
    if let Value::Object(fields) = &mut body
        && info.group == autoscaling::GROUP
    {
        autoscaling::raise(fields);
    }
    for (field, want) in [("kind", info.kind.to_owned()), ("apiVersion", info.api_version())] {
        if let Some(got) = body.get(field).and_then(Value::as_str).filter(|got| *got != want) {
            let why = format!("{field} {got:?} in the body does not match the {field} {want:?} of the URL");
            return Err(Status::new(Reason::BadRequest, why));
        }
    }
    let of = schema::struct_of(info.package, info.kind);
    let found = of.map(|of| schema::decode::findings(of, &body)).unwrap_or_default();
    // What the kind does not have is dropped, unless the client asks for more, as kubectl does.
    let strict = request.param("fieldValidation") == Some("Strict");
    let counts = |fault: Fault| strict || fault != Fault::Unknown;
    let faults: Vec<_> = found.into_iter().filter(|found| counts(found.fault)).collect();
    if let Some(words) = schema::decode::message(&faults) {
        let (kind, version) = (info.kind, info.version);
        let why = format!("{kind} in version \"{version}\" cannot be handled as a {kind}: {words}");
        return Err(Status::new(Reason::BadRequest, why));
    }
    defaults::canonical::canonicalize(kind, &mut body);
    Object::decode(kind, body).map_err(bad_request)
}

fn bad_request(error: DecodeError) -> Status {
    Status::new(Reason::BadRequest, error.to_string())
}

fn unsupported(content_type: &str) -> Status {
    let why = format!(
        "the body of the request was in an unknown format - accepted media types include: \
         application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json; got {content_type}"
    );
    Status::new(Reason::UnsupportedMediaType, why)
}

/// An object goes into the namespace of the URL.
fn settle_namespace(object: &mut Object, path: &Path) -> Result<(), Status> {
    let Some(wanted) = &path.namespace else { return Ok(()) };
    let meta = object.meta_mut();
    if meta.namespace.is_empty() {
        meta.namespace = wanted.as_str().into();
    }
    if *meta.namespace == **wanted {
        return Ok(());
    }
    let why = "the namespace of the provided object does not match the namespace sent on the request";
    Err(Status::new(Reason::BadRequest, why))
}

fn part(path: &Path) -> Result<Subresource, Status> {
    match path.subresource.as_deref() {
        None => Ok(Subresource::Main),
        Some("status") => Ok(Subresource::Status),
        Some(_) => Err(no_such_path()),
    }
}
