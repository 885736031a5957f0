//! How a command names objects: `pods`, `po/x`, `deployment web`, `all`, `pods,services -l app=web`.
// Models k8s.io/cli-runtime/pkg/resource/builder.go.

use serde_json::Value;

use super::args::Args;
use crate::api::labels::{FieldSelector, Selector};
use crate::api::schema::kinds;
use crate::api::status::Status;
use crate::api::{Kind, Object};
use crate::apiserver::Key;
use crate::cluster::Cluster;

/// What a command names.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// Kinds in the order in which they were named.
    pub(super) kinds: Vec<Kind>,
    /// Single objects: kind and name.
    pub(super) names: Vec<(Kind, String)>,
}

/// The kind behind a word: plural, singular, short name, with or without group and version.
pub(super) fn kind(word: &str) -> Result<Kind, String> {
    let info = kinds::find_by_name(word);
    let unknown = || {
        let resource = word.split('.').next().unwrap_or(word);
        format!("error: the server doesn't have a resource type \"{resource}\"\n")
    };
    let info = info.ok_or_else(unknown)?;
    Kind::described(info).ok_or_else(unknown)
}

/// Reads the words that name objects.
pub(super) fn named(words: &[String]) -> Result<Named, String> {
    let mut found = Named {
        kinds: Vec::new(),
        names: Vec::new(),
    };
    if words.iter().any(|word| word.contains('/')) {
        for word in words {
            let Some((kind_word, name)) = word.split_once('/') else {
                return Err(
                    "error: there is no need to specify a resource type as a separate argument when passing arguments in \
                     resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource \
                     resource/<resource_name>'\n"
                        .to_owned(),
                );
            };
            let kind = kind(kind_word)?;
            if !found.kinds.contains(&kind) {
                found.kinds.push(kind);
            }
            found.names.push((kind, name.to_owned()));
        }
        return Ok(found);
    }
    let Some((first, names)) = words.split_first() else {
        return Ok(found);
    };
    for word in first.split(',') {
        if word == "all" {
            found
                .kinds
                .extend(Kind::all().filter(|kind| kind.info().categories.contains(&"all")));
        } else {
            found.kinds.push(kind(word)?);
        }
    }
    for kind in &found.kinds {
        found.names.extend(names.iter().map(|name| (*kind, name.clone())));
    }
    Ok(found)
}

/// A choice by namespace and selectors, from the flags `-A`, `-l` and `--field-selector`.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// None for all namespaces.
    pub(super) namespace: Option<String>,
    labels: Selector,
    fields: FieldSelector,
}

impl Choice {
    pub(super) fn of(args: &Args, namespace: &str) -> Result<Self, String> {
        let labels = Selector::parse(args.get("selector").unwrap_or_default());
        let labels =
            labels.map_err(|why| format!("Error from server (BadRequest): unable to parse requirement: {why}\n"))?;
        let fields = FieldSelector::parse(args.get("field-selector").unwrap_or_default());
        let fields = fields.map_err(|why| format!("Error from server (BadRequest): {why}\n"))?;
        let namespace = (!args.is_set("all-namespaces")).then(|| namespace.to_owned());
        Ok(Self {
            namespace,
            labels,
            fields,
        })
    }

    /// The objects of a kind that are chosen.
    pub(super) fn list<'a>(&'a self, cluster: &'a Cluster, kind: Kind) -> impl Iterator<Item = &'a Object> {
        let namespace = self.namespace.as_deref().filter(|_| kind.info().namespaced);
        let objects = cluster.api().list_objects(kind, namespace);
        objects.filter(|object| self.takes(object))
    }

    /// Whether the selectors choose an object.
    pub(super) fn takes(&self, object: &Object) -> bool {
        self.labels.matches(&object.meta().labels)
            && (self.fields.is_everything() || self.fields.matches(|path| object.field_label(path)))
    }
}

/// The key of an object of that name, in `namespace` where its kind lives in one.
pub(super) fn key(kind: Kind, namespace: &str, name: &str) -> Key {
    Key::new(if kind.info().namespaced { namespace } else { "" }, name)
}

/// Kind and key of the object that a document describes, if the kind is known.
pub(super) fn key_of_document(document: &Value, namespace: &str) -> Option<(Kind, Key)> {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let kind = Kind::find(text("/apiVersion"), text("/kind"))?;
    let namespace = match text("/metadata/namespace") {
        "" => namespace,
        own => own,
    };
    Some((kind, key(kind, namespace, text("/metadata/name"))))
}

/// The object of that name.
pub(super) fn get<'a>(cluster: &'a Cluster, kind: Kind, namespace: &str, name: &str) -> Result<&'a Object, Status> {
    let found = cluster.api().get_object(kind, &key(kind, namespace, name));
    found.ok_or_else(|| Status::not_found(kind, name))
}

/// `deployment.apps/web`, as kubectl names an object in what it did.
pub(super) fn title(object: &Object) -> String {
    title_of(object.kind(), &object.meta().name)
}

/// `deployment.apps/web`.
pub(super) fn title_of(kind: Kind, name: &str) -> String {
    format!("{}/{name}", qualified(kind))
}

/// `deployment.apps`: singular and group.
pub(super) fn qualified(kind: Kind) -> String {
    let info = kind.info();
    if info.group.is_empty() {
        info.singular.to_owned()
    } else {
        format!("{}.{}", info.singular, info.group)
    }
}

/// What the server says of kinds that are on their way out.
// Models pkg/apis/core/v1 zz_generated.prerelease-lifecycle, k8s.io/apiserver/pkg/endpoints/deprecation
pub(super) fn warning(kinds: &[Kind]) -> &'static str {
    if kinds.contains(&Kind::named("", "Endpoints")) {
        "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n"
    } else {
        ""
    }
}
