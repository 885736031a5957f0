//! ConfigMaps, Secrets, namespaces and service accounts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::head;
use crate::api::names;
use crate::kubectl::args::Args;
use crate::kubectl::commands::Context;

pub(super) fn namespace(_: &Context<'_>, _: &Args, name: &str) -> Result<Value, String> {
    Ok(head("v1", "Namespace", name))
}

pub(super) fn service_account(_: &Context<'_>, _: &Args, name: &str) -> Result<Value, String> {
    Ok(head("v1", "ServiceAccount", name))
}

// Models create_configmap.go.
pub(super) fn config_map(context: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let mut map = head("v1", "ConfigMap", name);
    let refused = |key: &str, why: &str| format!("\"{key}\" is not a valid key name for a ConfigMap: {why}");
    let doubled = |key: &str| {
        format!("cannot add key \"{key}\", another key by that name already exists in Data for ConfigMap \"{name}\"")
    };
    let data = sources(context, args, &refused, &doubled)?;
    if !data.is_empty() {
        map["data"] = data
            .into_iter()
            .map(|(key, text)| (key, text.into()))
            .collect::<Map<_, _>>()
            .into();
    }
    Ok(map)
}

// Models create_secret.go.
pub(super) fn generic_secret(context: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let mut secret = head("v1", "Secret", name);
    let refused = |key: &str, why: &str| format!("\"{key}\" is not valid key name for a Secret {why}");
    let doubled = |key: &str| format!("cannot add key {key}, another key by that name already exists");
    let data = sources(context, args, &refused, &doubled)?;
    if let Some(kind) = args.get("type") {
        secret["type"] = kind.into();
    }
    if !data.is_empty() {
        secret["data"] = encoded(data);
    }
    Ok(secret)
}

fn encoded(data: Vec<(String, String)>) -> Value {
    let coded = data.into_iter().map(|(key, text)| (key, STANDARD.encode(text).into()));
    coded.collect::<Map<_, _>>().into()
}

// Models create_secret_tls.go.
pub(super) fn tls_secret(context: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let (Some(cert), Some(key)) = (args.get("cert"), args.get("key")) else {
        return Err("key and cert must be specified".to_owned());
    };
    let read = |file: &str| {
        let text = context.files.named.get(file).cloned();
        text.ok_or_else(|| format!("Cannot read file {file}, open {file}: no such file or directory"))
    };
    let mut secret = head("v1", "Secret", name);
    secret["type"] = "kubernetes.io/tls".into();
    secret["data"] = encoded(vec![
        ("tls.crt".to_owned(), read(cert)?),
        ("tls.key".to_owned(), read(key)?),
    ]);
    Ok(secret)
}

// Models create_secret_docker.go.
pub(super) fn docker_secret(context: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let mut secret = head("v1", "Secret", name);
    secret["type"] = "kubernetes.io/dockerconfigjson".into();
    if args.get("from-file").is_some() {
        let refused = |key: &str, why: &str| format!("\"{key}\" is not valid key name for a Secret {why}");
        let doubled = |key: &str| format!("cannot add key {key}, another key by that name already exists");
        secret["data"] = encoded(sources(context, args, &refused, &doubled)?);
        return Ok(secret);
    }
    let text = |flag: &str| args.get(flag).unwrap_or_default();
    let (user, password) = (text("docker-username"), text("docker-password"));
    if user.is_empty() || password.is_empty() {
        return Err(
            "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required"
                .to_owned(),
        );
    }
    let mut entry = json!({"username": user, "password": password});
    if !text("docker-email").is_empty() {
        entry["email"] = text("docker-email").into();
    }
    entry["auth"] = STANDARD.encode(format!("{user}:{password}")).into();
    let server = args.get("docker-server").unwrap_or("https://index.docker.io/v1/");
    let config = json!({"auths": {server: entry}}).to_string();
    secret["data"] = encoded(vec![(".dockerconfigjson".to_owned(), config)]);
    Ok(secret)
}

/// Keys and texts of `--from-file`, `--from-literal` and `--from-env-file`.
fn sources(
    context: &Context<'_>,
    args: &Args,
    refused: &dyn Fn(&str, &str) -> String,
    doubled: &dyn Fn(&str) -> String,
) -> Result<Vec<(String, String)>, String> {
    if args.get("from-env-file").is_some() && (args.get("from-file").is_some() || args.get("from-literal").is_some()) {
        return Err("from-env-file cannot be combined with from-file or from-literal".to_owned());
    }
    let read = |file: &str| {
        let text = context.files.named.get(file).cloned();
        text.ok_or_else(|| format!("error reading {file}: no such file or directory"))
    };
    let mut found: Vec<(String, String)> = Vec::new();
    let mut add = |key: &str, text: String| {
        let problems = names::is_config_map_key(key);
        if let Some(why) = problems.first() {
            return Err(refused(key, why));
        }
        if found.iter().any(|(known, _)| known == key) {
            return Err(doubled(key));
        }
        found.push((key.to_owned(), text));
        Ok(())
    };
    for source in args.all("from-file") {
        let (key, file) = source
            .split_once('=')
            .unwrap_or_else(|| (source.rsplit('/').next().unwrap_or(source), source));
        add(key, read(file)?)?;
    }
    for source in args.each("from-literal") {
        let pair = source.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, text) = pair.ok_or_else(|| format!("invalid literal source {source}, expected key=value"))?;
        add(key, text.to_owned())?;
    }
    for file in args.all("from-env-file") {
        for line in read(file)?.lines() {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, text) = line.split_once('=').unwrap_or((line, ""));
            add(key, text.to_owned())?;
        }
    }
    Ok(found)
}
