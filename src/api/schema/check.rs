//! Checks a document against the tables: its kind, its fields, the types of its values.

use crate::sim::btree::BTreeSet;

use serde_json::Value;

use super::decode::{Fault, Finding, findings};
use super::hint;
use super::kinds::{self, KindInfo};
use super::types::struct_of;
use crate::api::yaml::{Code, Diagnostic, Document, json_type};

/// Group of the project's own documents, which are no Kubernetes objects.
const OWN_GROUP: &str = "kubarium.dev";

/// Checks every document; kinds that one of them defines (a CustomResourceDefinition) are known to all.
pub fn check_documents(documents: &[Document]) -> Vec<Diagnostic> {
    let defined: BTreeSet<(String, String)> = documents.iter().flat_map(|d| defined_kinds(&d.value)).collect();
    let of_defined = |document: &Document| {
        let (group, _) = kinds::split_api_version(text(&document.value, "apiVersion").unwrap_or(""));
        let kind = text(&document.value, "kind").unwrap_or("");
        defined.contains(&(group.to_owned(), kind.to_owned()))
    };
    let found = documents.iter().flat_map(|document| {
        let known = of_defined(document);
        check_document(document)
            .into_iter()
            .filter(move |d| !(known && d.code == Code::UnknownKind))
    });
    found.collect()
}

/// What kubectl and the API server's decoder would say of a document. Validation comes after, elsewhere.
pub fn check_document(document: &Document) -> Vec<Diagnostic> {
    let (api_version, kind) = match identity(document) {
        Ok(found) => found,
        Err(diagnostic) => return vec![diagnostic],
    };
    if kinds::split_api_version(api_version).0 == OWN_GROUP {
        return Vec::new();
    }
    let Some(info) = kinds::find(api_version, kind) else {
        let mut found = metadata_findings(document);
        found.push(unknown_kind(document, api_version, kind));
        return found;
    };
    let Some(of) = struct_of(info.package, info.kind) else {
        return Vec::new();
    };
    findings(of, &document.value)
        .into_iter()
        .map(|f| diagnostic(document, info, f))
        .collect()
}

/// What is wrong with one of the project's own documents: unknown fields, wrong types.
pub fn check_own(document: &Document, kind: &str) -> Vec<Diagnostic> {
    let Some(of) = struct_of("kubarium", kind) else {
        return Vec::new();
    };
    let place = |finding: Finding| {
        let at = document.places.nearest(&finding.path);
        if finding.fault == Fault::Unknown {
            let hint = hint::for_field(&finding);
            let found = Diagnostic::error(Code::UnknownField, finding.message, at.key);
            return found.at_path(finding.path).with_hint(hint);
        }
        Diagnostic::error(Code::WrongType, finding.message, at.value).at_path(finding.path)
    };
    findings(of, &document.value).into_iter().map(place).collect()
}

/// The kinds that a CustomResourceDefinition defines: group and kind.
fn defined_kinds(value: &Value) -> Option<(String, String)> {
    if text(value, "kind") != Some("CustomResourceDefinition") {
        return None;
    }
    let group = value.pointer("/spec/group")?.as_str()?;
    let kind = value.pointer("/spec/names/kind")?.as_str()?;
    Some((group.to_owned(), kind.to_owned()))
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

/// apiVersion and kind. Models k8s.io/kubectl/pkg/validation getObjectKind
fn identity(document: &Document) -> Result<(&str, &str), Diagnostic> {
    let refuse = |message: &str| {
        let message = format!("error validating data: {message}");
        Diagnostic::error(Code::NotAnObject, message, document.places.value)
    };
    if !document.value.is_object() {
        return Err(refuse("invalid object to validate"));
    }
    let field = |name: &str| match document.value.get(name) {
        None | Some(Value::Null) => Err(format!("{name} not set")),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(format!("{name} isn't string type")),
    };
    match (field("apiVersion"), field("kind")) {
        (Ok(api_version), Ok(_)) if api_version.matches('/').count() > 1 => {
            Err(refuse(&format!("unexpected GroupVersion string: {api_version}")))
        }
        (Ok(api_version), Ok(kind)) => Ok((api_version, kind)),
        (Err(message), Ok(_)) | (Ok(_), Err(message)) => Err(refuse(&message)),
        (Err(first), Err(second)) => Err(refuse(&format!("[{first}, {second}]"))),
    }
}

fn unknown_kind(document: &Document, api_version: &str, kind: &str) -> Diagnostic {
    let message = format!("no matches for kind {kind:?} in version {api_version:?}");
    let place = document.places.nearest("apiVersion").value;
    let found = Diagnostic::error(Code::UnknownKind, message, place).at_path("apiVersion");
    found.with_hint(hint::for_kind(api_version, kind))
}

/// Faults in the metadata, which kubectl reads of any kind.
fn metadata_findings(document: &Document) -> Vec<Diagnostic> {
    let Some(meta) = struct_of("meta", "PartialObjectMetadata") else {
        return Vec::new();
    };
    let found = findings(meta, &document.value).into_iter();
    let found = found.filter(|f| f.fault != Fault::Unknown && in_metadata(&f.path));
    found.map(|f| metadata_diagnostic(document, f)).collect()
}

fn in_metadata(path: &str) -> bool {
    path.strip_prefix("metadata")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn metadata_diagnostic(document: &Document, mut finding: Finding) -> Diagnostic {
    // kubectl reads the metadata alone, into a struct of its own.
    if finding.path == "metadata" {
        let (own, kubectls) = (finding.holder.name(), "metadataOnlyObject");
        finding.message = finding
            .message
            .replace(&[own, ".metadata "].concat(), &[kubectls, ".metadata "].concat());
    }
    let place = document.places.nearest(&finding.path).value;
    Diagnostic::error(Code::Metadata, finding.message, place).at_path(finding.path)
}

fn diagnostic(document: &Document, info: &KindInfo, finding: Finding) -> Diagnostic {
    let at = document.places.nearest(&finding.path);
    if finding.fault == Fault::Unknown {
        let hint = hint::for_field(&finding);
        return Diagnostic::error(Code::UnknownField, finding.message, at.key)
            .at_path(finding.path)
            .with_hint(hint);
    }
    if in_metadata(&finding.path) {
        return metadata_diagnostic(document, finding);
    }
    if info.package == "gateway" {
        return custom_resource_diagnostic(document, finding);
    }
    let hint = hint::for_value(&finding, at_path(&document.value, &finding.path));
    Diagnostic::error(Code::WrongType, finding.message, at.value)
        .at_path(finding.path)
        .with_hint(hint)
}

/// Custom resources are not decoded but validated against their schema.
fn custom_resource_diagnostic(document: &Document, finding: Finding) -> Diagnostic {
    let value = at_path(&document.value, &finding.path).unwrap_or(&Value::Null);
    let type_name = |value: &Value| match value {
        Value::Number(number) if number.is_i64() => "integer",
        other => match json_type(other) {
            "bool" => "boolean",
            other => other,
        },
    };
    let wanted = finding
        .holder
        .field(&finding.name)
        .map_or("object", |field| hint::schema_type(&field.ty));
    let (path, found) = (finding.path, type_name(value));
    let message = format!("{path}: Invalid value: {found:?}: {path} in body must be of type {wanted}: {found:?}");
    Diagnostic::error(Code::Invalid, message, document.places.nearest(&path).value).at_path(path)
}

/// The value at a path with dots and indexes.
fn at_path<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut at = value;
    for step in path.split('.') {
        let (name, indexes) = step.split_once('[').unwrap_or((step, ""));
        at = at.get(name)?;
        for index in indexes.split('[').filter(|i| !i.is_empty()) {
            at = at.get(index.trim_end_matches(']').parse::<usize>().ok()?)?;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::yaml::read;

    fn check(text: &str) -> Vec<String> {
        let read = read(text);
        let found = read.diagnostics.into_iter().chain(check_documents(&read.documents));
        found.map(|d| format!("{:?} {d}", d.code)).collect()
    }

    #[test]
    fn faults_are_told_with_their_places() {
        for (text, want) in [
            ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n", &[][..]),
            (
                "hello\n",
                &["NotAnObject 1:1: error: error validating data: invalid object to validate"],
            ),
            (
                "a: 1\n",
                &["NotAnObject 1:1: error: error validating data: [apiVersion not set, kind not set]"],
            ),
            (
                "kind: Pod\napiVersion: 1\n",
                &["NotAnObject 1:1: error: error validating data: apiVersion isn't string type"],
            ),
            (
                "apiVersion: v1\nkind: Deployment\n",
                &[
                    "UnknownKind 1:13: error: no matches for kind \"Deployment\" in version \"v1\" (Deployment is in apps/v1)",
                ],
            ),
            (
                "apiVersion: extensions/v1beta1\nkind: Ingress\n",
                &[
                    "UnknownKind 1:13: error: no matches for kind \"Ingress\" in version \"extensions/v1beta1\" \
                   (removed in Kubernetes 1.22: use networking.k8s.io/v1)",
                ],
            ),
            (
                "apiVersion: apps/v1\nkind: Deploymnet\n",
                &[
                    "UnknownKind 1:13: error: no matches for kind \"Deploymnet\" in version \"apps/v1\" (did you mean Deployment?)",
                ],
            ),
            (
                "apiVersion: v1\nkind: Pod\nspec:\n  contianers:\n  - name: x\n",
                &["UnknownField 4:3: error: unknown field \"spec.contianers\" (did you mean \"containers\"?)"],
            ),
            (
                "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: x\n    limits: {cpu: 1}\n",
                &[
                    "UnknownField 6:5: error: unknown field \"spec.containers[0].limits\" (it belongs under \"resources\")",
                ],
            ),
            (
                "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: x\n    env:\n    - name: A\n      value: yes\n",
                &[
                    "WrongType 8:14: error: json: cannot unmarshal bool into Go struct field EnvVar.spec.containers.env.value \
                   of type string (put it in quotes to make it a string)",
                ],
            ),
            (
                "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  labels:\n    a: 1\n",
                &[
                    "Metadata 5:8: error: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
                    "UnknownKind 1:13: error: no matches for kind \"Widget\" in version \"example.com/v1\"",
                ],
            ),
            (
                "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nspec:\n  hostnames: a\n",
                &[
                    "Invalid 4:14: error: spec.hostnames: Invalid value: \"string\": spec.hostnames in body must be of type array: \"string\"",
                ],
            ),
        ] {
            assert_eq!(check(text), want, "{text}");
        }
    }

    #[test]
    fn kinds_defined_beside_are_known() {
        let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  group: example.com\n  \
                          names: {kind: Widget, plural: widgets}\n  scope: Namespaced\n  versions: []\n";
        let widget = "---\napiVersion: example.com/v1\nkind: Widget\n";
        assert_eq!(check(&format!("{definition}{widget}")), [""; 0]);
    }
}
