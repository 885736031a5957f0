//! Decodes a value against the fields of its kind, as the API server's strict JSON decoder does, and says what is wrong.

use serde_json::Value;

use super::kinds::KindInfo;
use super::literal::{self, Refusal};
use super::types::{Field, Shape, Struct, TypeRef, struct_of};
use crate::api::yaml::json_type;

/// Most unknown fields that the decoder reports.
const UNKNOWN_MAX: usize = 100;

/// What sort of fault a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A value of another type than the field's. The decoder goes on and reports the first one.
    Type,
    /// A value that the type's own reader refuses (a quantity, a time, a number or percentage). The decoder stops here.
    Literal,
    /// A field that the struct has not.
    Unknown,
}

/// One thing that the decoder finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What sort of fault it is.
    pub fault: Fault,
    /// The decoder's words.
    pub message: String,
    /// Path of the field: `spec.containers[0].image`.
    pub path: String,
    /// The struct that holds the field.
    pub holder: Struct,
    /// The field's name.
    pub name: String,
}

/// All that the decoder would find in a value of this type, in order; nothing for a value it takes.
///
/// Models sigs.k8s.io/json UnmarshalStrict
pub fn findings(of: Struct, value: &Value) -> Vec<Finding> {
    let (name, holder) = (String::new(), of);
    let mut decoder = Decoder {
        holder,
        name,
        fields: Vec::new(),
        path: String::new(),
        found: Vec::new(),
    };
    decoder.structure(of, &format!("v1.{}", of.name()), value);
    decoder.found
}

/// The decoder's error for these findings: the first refused literal, else the first wrong type, else the unknown fields.
pub fn message(findings: &[Finding]) -> Option<String> {
    let first = |fault| findings.iter().find(|f| f.fault == fault).map(|f| f.message.clone());
    first(Fault::Literal).or_else(|| first(Fault::Type)).or_else(|| {
        let unknown: Vec<_> = findings.iter().take(UNKNOWN_MAX).map(|f| f.message.as_str()).collect();
        (!unknown.is_empty()).then(|| format!("strict decoding error: {}", unknown.join(", ")))
    })
}

/// What the API server answers (400) to a value that it cannot decode as this kind; none when it can.
// Models k8s.io/apiserver/pkg/endpoints/handlers transformDecodeError
pub fn bad_request(info: &KindInfo, value: &Value) -> Option<String> {
    let words = message(&findings(struct_of(info.package, info.kind)?, value))?;
    let (kind, version) = (info.kind, info.version);
    Some(format!(
        "{kind} in version {version:?} cannot be handled as a {kind}: {words}"
    ))
}

struct Decoder {
    /// The struct whose field is being decoded, and the field's name.
    holder: Struct,
    name: String,
    /// Names of the fields from the top, as type errors list them: no indexes, no map keys.
    fields: Vec<String>,
    path: String,
    found: Vec<Finding>,
}

impl Decoder {
    fn add(&mut self, fault: Fault, message: String) {
        let (path, name) = (self.path.clone(), self.name.clone());
        self.found.push(Finding {
            fault,
            message,
            path,
            holder: self.holder,
            name,
        });
    }

    fn type_error(&mut self, fault: Fault, found: &str, go_type: &str) {
        let message = if self.fields.is_empty() {
            format!("json: cannot unmarshal {found} into Go value of type {go_type}")
        } else {
            let field = format!("{}.{}", self.holder.name(), self.fields.join("."));
            format!("json: cannot unmarshal {found} into Go struct field {field} of type {go_type}")
        };
        self.add(fault, message);
    }

    fn value(&mut self, ty: TypeRef, value: &Value) {
        if let Some(result) = literal::check(&ty.shape(), value) {
            match result {
                Ok(()) => {}
                Err(Refusal::Words(message)) => self.add(Fault::Literal, message),
                Err(Refusal::Type(found, go_type)) => self.type_error(Fault::Literal, &found, go_type),
            }
            return;
        }
        let go_type = ty.pointee().go_type();
        match (ty.shape(), value) {
            (_, Value::Null) | (Shape::String, Value::String(_)) | (Shape::Bool, Value::Bool(_)) => {}
            (Shape::Float, Value::Number(_)) => {}
            (Shape::Bytes, Value::String(text)) => {
                if let Some(message) = literal::base64_error(text) {
                    self.add(Fault::Type, message);
                }
            }
            (Shape::Int32, Value::Number(n)) if n.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => {}
            (Shape::Int64, Value::Number(n)) if n.is_i64() => {}
            (Shape::Int32 | Shape::Int64, Value::Number(n)) => {
                self.type_error(Fault::Type, &format!("number {n}"), &go_type);
            }
            (Shape::List(item), Value::Array(items)) => self.list(item, items),
            (Shape::Map(item), Value::Object(map)) => {
                for (key, value) in map {
                    self.inside(&format!(".{key}"), |decoder| decoder.value(item, value));
                }
            }
            (Shape::Struct(of), value) => self.structure(of, &go_type, value),
            (_, other) => self.type_error(Fault::Type, json_type(other), &go_type),
        }
    }

    fn list(&mut self, item: TypeRef, items: &[Value]) {
        for (index, value) in items.iter().enumerate() {
            self.inside(&format!("[{index}]"), |decoder| decoder.value(item, value));
        }
    }

    fn structure(&mut self, of: Struct, go_type: &str, value: &Value) {
        let Value::Object(map) = value else {
            if !value.is_null() {
                self.type_error(Fault::Type, json_type(value), go_type);
            }
            return;
        };
        let outer = (self.holder, std::mem::take(&mut self.name));
        for (key, value) in map {
            (self.holder, self.name) = (of, key.clone());
            match of.field(key) {
                Some(field) => self.field(&field, value),
                None => self.inside(&format!(".{key}"), |decoder| {
                    let message = format!("unknown field {:?}", decoder.path);
                    decoder.add(Fault::Unknown, message);
                }),
            }
        }
        (self.holder, self.name) = outer;
    }

    fn field(&mut self, field: &Field, value: &Value) {
        self.fields.push(field.json.to_owned());
        self.inside(&format!(".{}", field.json), |decoder| decoder.value(field.ty, value));
        self.fields.pop();
    }

    /// Goes one step down the path and back.
    fn inside(&mut self, step: &str, work: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(if length == 0 {
            step.trim_start_matches('.')
        } else {
            step
        });
        work(self);
        self.path.truncate(length);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kinds;
    use super::*;

    fn decode(api_version: &str, kind: &str, value: &Value) -> Option<String> {
        let info = kinds::find(api_version, kind).unwrap();
        message(&findings(struct_of(info.package, kind).unwrap(), value))
    }

    fn pod(container: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]}})
    }

    #[test]
    fn wrong_values_are_refused_in_the_servers_words() {
        let quantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
        for (container, want) in [
            (json!({"name": "c", "image": "i"}), None),
            (
                json!({"img": 1}),
                Some("strict decoding error: unknown field \"spec.containers[0].img\""),
            ),
            (
                json!({"name": 5}),
                Some(
                    "json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string",
                ),
            ),
            (
                json!({"env": [{"name": "A", "value": true}], "img": 1}),
                Some(
                    "json: cannot unmarshal bool into Go struct field EnvVar.spec.containers.env.value of type string",
                ),
            ),
            (
                json!({"ports": 80}),
                Some(
                    "json: cannot unmarshal number into Go struct field Container.spec.containers.ports of type []v1.ContainerPort",
                ),
            ),
            (
                json!({"ports": [{"containerPort": 1.5}]}),
                Some(
                    "json: cannot unmarshal number 1.5 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32",
                ),
            ),
            (
                json!({"resources": []}),
                Some(
                    "json: cannot unmarshal array into Go struct field Container.spec.containers.resources of type v1.ResourceRequirements",
                ),
            ),
            (
                json!({"livenessProbe": "x"}),
                Some(
                    "json: cannot unmarshal string into Go struct field Container.spec.containers.livenessProbe of type v1.Probe",
                ),
            ),
            (
                json!({"name": 5, "resources": {"limits": {"cpu": "lots"}}}),
                Some(quantity),
            ),
            (
                json!({"resources": {"limits": {"cpu": 1.5, "memory": "1Gi", "x": null}}}),
                None,
            ),
            (
                json!({"livenessProbe": {"httpGet": {"port": [1]}}}),
                Some(
                    "json: cannot unmarshal array into Go struct field HTTPGetAction.spec.containers.livenessProbe.httpGet.port of type int32",
                ),
            ),
            (json!({"livenessProbe": {"httpGet": {"port": "http"}}}), None),
        ] {
            assert_eq!(decode("v1", "Pod", &pod(container)).as_deref(), want);
        }
    }

    #[test]
    fn the_answer_names_kind_and_version() {
        let info = kinds::find("apps/v1", "DaemonSet").unwrap();
        let want = "DaemonSet in version \"v1\" cannot be handled as a DaemonSet: strict decoding error: unknown field \
                    \"spec.replicas\"";
        assert_eq!(
            bad_request(info, &json!({"spec": {"replicas": 1}})).as_deref(),
            Some(want)
        );
        assert_eq!(bad_request(info, &json!({"spec": {}})), None);
    }

    #[test]
    fn maps_bytes_and_times_are_checked() {
        for (kind, value, want) in [
            (
                "Secret",
                json!({"data": {"a": "!"}}),
                Some("illegal base64 data at input byte 0"),
            ),
            ("Secret", json!({"data": {"a": "eHg="}}), None),
            (
                "Secret",
                json!({"data": {"a": "eHg"}}),
                Some("illegal base64 data at input byte 0"),
            ),
            (
                "ConfigMap",
                json!({"data": {"a": 1}}),
                Some("json: cannot unmarshal number into Go struct field ConfigMap.data of type string"),
            ),
            (
                "ConfigMap",
                json!({"metadata": {"labels": "x"}}),
                Some(
                    "json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string",
                ),
            ),
            (
                "ConfigMap",
                json!({"metadata": {"creationTimestamp": "now"}}),
                Some("parsing time \"now\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"now\" as \"2006\""),
            ),
            (
                "ConfigMap",
                json!([]),
                Some("json: cannot unmarshal array into Go value of type v1.ConfigMap"),
            ),
            ("ConfigMap", json!({"metadata": null, "data": null}), None),
        ] {
            assert_eq!(decode("v1", kind, &value).as_deref(), want, "{kind} {value}");
        }
    }
}
