//! Reads the table of fields.

use std::fmt;

use super::table::{alias, record};

/// A struct of the Kubernetes API.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Struct {
    package: &'static str,
    name: &'static str,
    body: &'static str,
}

/// One field of a struct.
#[derive(Clone, Copy)]
pub struct Field {
    /// Name in JSON; empty for a struct that is inlined.
    pub json: &'static str,
    /// Type of the value.
    pub ty: TypeRef,
    go: &'static str,
    flags: &'static str,
}

/// A type as a field names it: not yet resolved.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TypeRef {
    package: &'static str,
    text: &'static str,
}

/// What a value looks like in JSON, pointers and names resolved.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A string.
    String,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// `true` or `false`.
    Bool,
    /// A number.
    Float,
    /// Base64 text.
    Bytes,
    /// A resource quantity, string or number.
    Quantity,
    /// A number or a string such as `25%`.
    IntOrString,
    /// RFC 3339 in whole seconds.
    Time,
    /// RFC 3339 in microseconds.
    MicroTime,
    /// A Go duration such as `30s`.
    Duration,
    /// Any value.
    Any,
    /// A list of.
    List(TypeRef),
    /// A map from strings to.
    Map(TypeRef),
    /// A struct.
    Struct(Struct),
}

/// The struct with this package and name, e.g. `core` and `PodSpec`.
pub fn struct_of(package: &str, name: &str) -> Option<Struct> {
    let (head, body) = record(package, name)?;
    let (package, name) = head.split_once('.')?;
    (!name.contains(' ')).then_some(Struct { package, name, body })
}

impl Struct {
    /// Name of the Go type with its Go package: `v1.PodSpec`.
    pub fn go_type(&self) -> String {
        format!("{}.{}", go_package(self.package), self.name)
    }

    /// Name of the Go type: `PodSpec`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Package in the table: `core`, `apps`, ...
    pub fn package(&self) -> &'static str {
        self.package
    }

    /// The fields as declared, in Go's order; inlined structs are one field with an empty JSON name.
    pub fn declared(&self) -> impl Iterator<Item = Field> + use<> {
        let package = self.package;
        self.body.lines().filter_map(move |line| Field::parse(package, line))
    }

    /// The fields as JSON has them: inlined structs opened.
    pub fn fields(&self) -> Vec<Field> {
        let mut all = Vec::new();
        for field in self.declared() {
            match field.inlined() {
                Some(inner) => all.extend(inner.fields()),
                None => all.push(field),
            }
        }
        all
    }

    /// The field with this JSON name.
    pub fn field(&self, json: &str) -> Option<Field> {
        self.declared().find_map(|field| match field.inlined() {
            Some(inner) => inner.field(json),
            None => (field.json == json).then_some(field),
        })
    }
}

impl fmt::Debug for Struct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.package, self.name)
    }
}

impl Field {
    fn parse(package: &'static str, line: &'static str) -> Option<Self> {
        let (name, rest) = line.strip_prefix(' ')?.split_once(' ')?;
        let (text, flags) = rest.split_once(' ').unwrap_or((rest, ""));
        let (json, go) = name.split_once(':').unwrap_or((name, ""));
        let json = if json == "." { "" } else { json };
        Some(Self {
            json,
            ty: TypeRef { package, text },
            go,
            flags,
        })
    }

    /// The struct whose fields stand in place of this one.
    pub fn inlined(&self) -> Option<Struct> {
        match self.json.is_empty().then(|| self.ty.shape())? {
            Shape::Struct(inner) => Some(inner),
            _ => None,
        }
    }

    /// Name of the field in Go.
    pub fn go_name(&self) -> String {
        if self.json.is_empty() {
            return self.ty.last_name().to_owned();
        }
        if !self.go.is_empty() {
            return self.go.to_owned();
        }
        let mut name = self.json.to_owned();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        name
    }

    /// The field must be given: neither `omitempty` nor optional.
    pub fn required(&self) -> bool {
        self.has("!")
    }

    /// Go writes the field even when it is empty.
    pub fn written_when_empty(&self) -> bool {
        self.has("+")
    }

    /// Go leaves the field out when it is the zero value (`omitzero`).
    pub fn omitted_when_zero(&self) -> bool {
        self.has("z")
    }

    /// The list or struct merges in a strategic merge patch (else a patch replaces it).
    pub fn merges(&self) -> bool {
        self.has("m") || self.merge_key().is_some()
    }

    /// Key by which list items merge in a strategic merge patch.
    pub fn merge_key(&self) -> Option<&'static str> {
        self.value_of("m=")
    }

    /// A strategic merge patch replaces the struct as a whole.
    pub fn replaces(&self) -> bool {
        self.has("p")
    }

    /// A strategic merge patch keeps only the keys it lists.
    pub fn retains_keys(&self) -> bool {
        self.has("R")
    }

    /// Keys of a list's items in server-side apply; empty when the list is not a map.
    pub fn list_map_keys(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.value_of("k=").into_iter().flat_map(|keys| keys.split(','))
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.split(' ').any(|f| f == flag)
    }

    fn value_of(&self, prefix: &str) -> Option<&'static str> {
        self.flags.split(' ').find_map(|f| f.strip_prefix(prefix))
    }
}

impl TypeRef {
    /// The Go field is a pointer, so that absent and zero differ.
    pub fn is_pointer(&self) -> bool {
        self.text.starts_with('*')
    }

    /// The type behind the pointer; itself when it is none.
    pub fn pointee(&self) -> Self {
        self.with(self.text.trim_start_matches('*'))
    }

    /// What a value of the type looks like.
    pub fn shape(&self) -> Shape {
        let text = self.text.trim_start_matches('*');
        let rest = text.get(1..).unwrap_or("");
        match text {
            "s" => Shape::String,
            "i" => Shape::Int32,
            "l" => Shape::Int64,
            "b" => Shape::Bool,
            "f" => Shape::Float,
            "y" => Shape::Bytes,
            "q" => Shape::Quantity,
            "x" => Shape::IntOrString,
            "t" => Shape::Time,
            "m" => Shape::MicroTime,
            "d" => Shape::Duration,
            "r" => Shape::Any,
            _ if text.starts_with('[') => Shape::List(self.with(rest)),
            _ if text.starts_with('{') => Shape::Map(self.with(rest.split_once('>').map_or(rest, |(_, v)| v))),
            _ => self.named_shape(),
        }
    }

    fn named_shape(&self) -> Shape {
        let (package, name) = self.key();
        let Some((head, _)) = record(package, name) else {
            return Shape::Any;
        };
        match alias(head) {
            Some((package, text, _)) => Self { package, text }.shape(),
            None => struct_of(package, name).map_or(Shape::Any, Shape::Struct),
        }
    }

    /// The known values of a string type; empty when any will do.
    pub fn values(&self) -> impl Iterator<Item = &'static str> + use<> {
        let (package, name) = self.key();
        let values = record(package, name)
            .and_then(|(head, _)| alias(head))
            .map_or("", |(.., values)| values);
        values.split(' ').filter(|v| !v.is_empty())
    }

    /// The type as Go prints it: `[]v1.ContainerPort`, `*int32`, `map[string]string`.
    pub fn go_type(&self) -> String {
        let Some(first) = self.text.chars().next() else {
            return String::new();
        };
        let rest = &self.text[first.len_utf8()..];
        let plain = match self.text {
            "s" => "string",
            "i" => "int32",
            "l" => "int64",
            "b" => "bool",
            "f" => "float64",
            "y" => "[]uint8",
            "q" => "resource.Quantity",
            "x" => "intstr.IntOrString",
            "t" => "v1.Time",
            "m" => "v1.MicroTime",
            "d" => "v1.Duration",
            "r" => "runtime.RawExtension",
            _ => "",
        };
        match first {
            _ if !plain.is_empty() => plain.to_owned(),
            '*' => format!("*{}", self.with(rest).go_type()),
            '[' => format!("[]{}", self.with(rest).go_type()),
            '{' => {
                let (key, value) = rest.split_once('>').unwrap_or(("s", rest));
                format!("map[{}]{}", self.with(key).go_type(), self.with(value).go_type())
            }
            _ => {
                let (package, name) = self.key();
                format!("{}.{name}", go_package(package))
            }
        }
    }

    fn with(&self, text: &'static str) -> Self {
        Self {
            package: self.package,
            text,
        }
    }

    fn key(&self) -> (&'static str, &'static str) {
        let text = self.text.trim_start_matches('*');
        text.split_once('.').unwrap_or((self.package, text))
    }

    fn last_name(&self) -> &'static str {
        self.key().1
    }
}

impl fmt::Debug for TypeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.go_type())
    }
}

/// Name of the Go package behind a package of the table.
fn go_package(package: &'static str) -> &'static str {
    match package {
        "autoscaling2" => "v2",
        "types" => "types",
        _ => "v1",
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::KINDS;
    use super::super::table::TABLE;
    use super::*;

    /// Every record is found by its key, and every type that a field names is resolved.
    #[test]
    fn the_table_is_sorted_and_closed() {
        let mut keys = Vec::new();
        for head in TABLE.lines().filter(|l| !l.starts_with(' ')) {
            let key = head.split(' ').next().unwrap();
            let (package, name) = key.split_once('.').unwrap();
            assert_eq!(record(package, name).map(|r| r.0), Some(head));
            keys.push((package, name));
            let Some(found) = struct_of(package, name) else {
                continue;
            };
            for field in found.declared() {
                let named = field.ty.text.trim_start_matches(['*', '[', '{']);
                let named = field.ty.with(named.split_once('>').map_or(named, |(_, v)| v));
                if named.text.len() > 1 {
                    let (package, name) = named.key();
                    assert!(record(package, name).is_some(), "{key}.{}: {}", field.json, named.text);
                }
            }
        }
        assert!(keys.is_sorted(), "records out of order");
        assert_eq!(record("core", "Nothing"), None);
        assert_eq!(record("", ""), None);
        assert_eq!(record("zzz", "Z"), None);
    }

    #[test]
    fn every_kind_has_metadata() {
        for k in KINDS {
            let found = struct_of(k.package, k.kind).unwrap_or_else(|| panic!("{}.{}", k.package, k.kind));
            for name in ["apiVersion", "kind", "metadata"] {
                assert!(found.field(name).is_some(), "{} {name}", k.kind);
            }
        }
    }

    #[test]
    fn fields_know_their_go_side() {
        for (package, name, json, go_name, go_type) in [
            ("core", "PodSpec", "containers", "Containers", "[]v1.Container"),
            (
                "core",
                "PodSpec",
                "serviceAccount",
                "DeprecatedServiceAccount",
                "string",
            ),
            ("core", "PodSpec", "restartPolicy", "RestartPolicy", "v1.RestartPolicy"),
            (
                "core",
                "PodSpec",
                "terminationGracePeriodSeconds",
                "TerminationGracePeriodSeconds",
                "*int64",
            ),
            ("core", "ResourceRequirements", "limits", "Limits", "v1.ResourceList"),
            ("core", "Volume", "emptyDir", "EmptyDir", "*v1.EmptyDirVolumeSource"),
            ("core", "Probe", "httpGet", "HTTPGet", "*v1.HTTPGetAction"),
            ("core", "Secret", "data", "Data", "map[string][]uint8"),
            ("meta", "ObjectMeta", "uid", "UID", "types.UID"),
            (
                "autoscaling2",
                "MetricSpec",
                "resource",
                "Resource",
                "*v2.ResourceMetricSource",
            ),
        ] {
            let field = struct_of(package, name).unwrap().field(json).unwrap();
            assert_eq!(
                (field.go_name().as_str(), field.ty.go_type().as_str()),
                (go_name, go_type)
            );
        }
    }

    #[test]
    fn flags_are_read() {
        let ports = struct_of("core", "Container").unwrap().field("ports").unwrap();
        assert_eq!(ports.merge_key(), Some("containerPort"));
        assert_eq!(ports.list_map_keys().collect::<Vec<_>>(), ["containerPort", "protocol"]);
        assert!(!ports.required() && ports.merges() && !ports.retains_keys());
        let volumes = struct_of("core", "PodSpec").unwrap().field("volumes").unwrap();
        assert!(volumes.retains_keys());
        let policy = struct_of("core", "PodSpec").unwrap().field("restartPolicy").unwrap();
        assert_eq!(policy.ty.values().collect::<Vec<_>>(), ["Always", "OnFailure", "Never"]);
        assert!(
            struct_of("meta", "ObjectMeta")
                .unwrap()
                .field("creationTimestamp")
                .unwrap()
                .omitted_when_zero()
        );
    }
}
