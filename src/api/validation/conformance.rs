//! Runs the shared vectors of `validation/`.

use serde_json::{Value, json};

use super::at::At;
use super::{create, networking};
use crate::api::Kind;
use crate::api::names::{self, FieldErrors, Path};

type Rule = fn(&str) -> Vec<String>;

/// Rules for plain values, by the name of their subject.
const RULES: &[(&str, Rule)] = &[
    ("IsConfigMapKey", names::is_config_map_key),
    ("IsDNS1035Label", names::is_dns1035_label),
    ("IsDNS1123Label", names::is_dns1123_label),
    ("IsDNS1123Subdomain", names::is_dns1123_subdomain),
    ("IsHTTPHeaderName", names::is_http_header_name),
    ("IsQualifiedName", names::is_qualified_name),
    ("IsRelaxedEnvVarName", names::is_relaxed_env_var_name),
    ("IsEnvVarName", names::is_env_var_name),
    ("IsValidLabelValue", names::is_valid_label_value),
    ("IsValidPercent", names::is_valid_percent),
    ("IsValidPortName", names::is_valid_port_name),
    ("IsWildcardDNS1123Subdomain", names::is_wildcard_dns1123_subdomain),
];

/// Compares one vector with what the rules say.
///
/// # Errors
/// What differs; it starts with `not applicable:` where the subject is not ours, or where a feature gate is set.
pub fn run_vector(case: &Value) -> Result<(), String> {
    let subject = case["subject"].as_str().unwrap_or_default();
    let name = subject.strip_prefix("validation/").unwrap_or_default();
    if case.get("featureGates").is_some() {
        return Err("not applicable: the server has the default feature gates".to_owned());
    }
    let expect = &case["expect"];
    match name {
        "ingress" | "ingressCreate" => whole("networking.k8s.io/v1", "Ingress", case),
        "ingressClass" => whole("networking.k8s.io/v1", "IngressClass", case),
        "networkPolicy" => whole("networking.k8s.io/v1", "NetworkPolicy", case),
        "ingressPath" => ingress_path(case),
        "IsValidPortNum" => values(case, |value| {
            names::is_valid_port_num(value.as_i64().unwrap_or_default()).is_empty()
        }),
        "IsFullyQualifiedDomainName" => values(case, |value| {
            names::is_fully_qualified_domain_name(&Path::NIL, value.as_str().unwrap_or_default()).is_empty()
        }),
        _ => match RULES.iter().find(|(rule, _)| *rule == name) {
            Some((_, rule)) => values(case, |value| rule(value.as_str().unwrap_or_default()).is_empty()),
            None => Err(format!("not applicable: {subject} {expect}")),
        },
    }
}

/// All values are legal or none is.
fn values(case: &Value, is_legal: impl Fn(&Value) -> bool) -> Result<(), String> {
    let want = case["expect"]["valid"] == json!(true);
    let list = case["values"].as_array().ok_or("the vector has no values")?;
    match list.iter().find(|value| is_legal(value) != want) {
        None => Ok(()),
        Some(value) => Err(format!("{value}: got {}, want {want}", !want)),
    }
}

fn whole(version: &str, kind: &str, case: &Value) -> Result<(), String> {
    let kind = Kind::find(version, kind).ok_or("no such kind")?;
    let mut errors = FieldErrors::default();
    create(kind.info(), &At::new(&case["object"], Path::NIL), &mut errors);
    verdict(&errors, &case["expect"])
}

fn ingress_path(case: &Value) -> Result<(), String> {
    let backend = json!({"service": {"name": "a", "port": {"number": 80}}});
    let path = json!({"path": case["path"], "pathType": case["pathType"], "backend": backend});
    let (root, mut errors) = (Path::new("testing"), FieldErrors::default());
    let (http, paths) = (root.child("http"), "paths");
    let list = http.child(paths);
    networking::http_path(&At::new(&path, list.index(0)), &mut errors);
    verdict(&errors, &case["expect"])
}

fn verdict(errors: &FieldErrors, expect: &Value) -> Result<(), String> {
    let list = |name: &str| expect.get(name).and_then(Value::as_array);
    let got: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let same = (expect["valid"] == json!(true)) == errors.is_empty()
        && list("errors").is_none_or(|want| got.iter().map(String::as_str).eq(want.iter().filter_map(Value::as_str)))
        && list("fields").is_none_or(|want| {
            errors
                .iter()
                .map(|error| error.path.as_str())
                .eq(want.iter().filter_map(Value::as_str))
        });
    if same {
        Ok(())
    } else {
        Err(format!("got {got:?}, want {expect}"))
    }
}
