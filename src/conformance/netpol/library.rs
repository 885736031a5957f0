//! The manifests that rows of tables speak of.

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::workloads::World;
use crate::api::yaml;
use crate::conformance::NOT_APPLICABLE;
use crate::conformance::csv::Row;
use crate::conformance::gateway::BASE;

/// The files of a folder of facts, each set of manifests read once.
pub(in crate::conformance) struct Library<'a> {
    files: &'a BTreeMap<String, String>,
    read: BTreeMap<String, Arc<[Value]>>,
}

impl<'a> Library<'a> {
    /// A library of these files.
    pub(in crate::conformance) const fn new(files: &'a BTreeMap<String, String>) -> Self {
        Self {
            files,
            read: BTreeMap::new(),
        }
    }

    /// The objects of the manifests that a row names, by `policies_applied` or by `folder`; none for other rows.
    pub(in crate::conformance) fn objects(&mut self, row: &Row) -> Result<Arc<[Value]>, String> {
        if let Some(folder) = row.get("folder") {
            let ends = ["source", "destination"].map(|end| row.get(end).map(String::as_str).unwrap_or_default());
            return self.with_workloads(folder, &ends);
        }
        if let Some(name) = row.get("manifest").filter(|_| row.contains_key("gateways")) {
            return self.with_base(name);
        }
        let mut objects = Vec::new();
        let names = row.get("policies_applied").map(String::as_str).unwrap_or_default();
        for name in names.split_whitespace().filter(|name| *name != "(none)") {
            let text = self.files.get(&format!("corpus/{name}"));
            let text = text.ok_or_else(|| format!("{NOT_APPLICABLE}: no manifest {name}"))?;
            objects.extend(yaml::read(text).documents.into_iter().map(|document| document.value));
        }
        Ok(objects.into())
    }

    /// The objects of a manifest of Gateway API's conformance tests, with those that the tests share.
    fn with_base(&mut self, name: &str) -> Result<Arc<[Value]>, String> {
        if let Some(read) = self.read.get(name) {
            return Ok(read.clone());
        }
        let text = |path: &str| {
            let found = self.files.get(path);
            found.ok_or_else(|| format!("{NOT_APPLICABLE}: no manifest {path}"))
        };
        let (base, own) = (text(BASE)?, text(&format!("corpus/{name}"))?);
        let values = |text: &str| yaml::read(text).documents.into_iter().map(|document| document.value);
        // Pods cost time: those that the manifest does not lead to stay away.
        let is_used = |value: &Value| {
            value["kind"] != "Deployment" || value["metadata"]["name"].as_str().is_none_or(|name| own.contains(name))
        };
        let objects: Arc<[Value]> = values(base).filter(is_used).chain(values(own)).collect();
        self.read.insert(name.to_owned(), objects.clone());
        Ok(objects)
    }

    /// The objects of a folder. Folders that share their workloads hold them once: then with those of the folder beside it
    /// that has them.
    fn with_workloads(&mut self, folder: &str, ends: &[&str]) -> Result<Arc<[Value]>, String> {
        let has = |objects: &[Value]| {
            let world = World::new(objects.to_vec());
            ends.iter().all(|end| world.workload(end).is_ok())
        };
        let own = self.folder(folder);
        if has(&own) {
            return Ok(own);
        }
        for beside in self.beside(folder) {
            let name = format!("{folder} {beside}");
            if !self.read.contains_key(&name) {
                let others = self.folder(&beside);
                let shared = others.iter().filter(|value| value["kind"] != "NetworkPolicy").cloned();
                self.read
                    .insert(name.clone(), own.iter().cloned().chain(shared).collect());
            }
            if has(&self.read[&name]) {
                return Ok(self.read[&name].clone());
            }
        }
        Err(format!("{NOT_APPLICABLE}: no manifest of {}", ends.join(" and ")))
    }

    fn folder(&mut self, folder: &str) -> Arc<[Value]> {
        if let Some(read) = self.read.get(folder) {
            return read.clone();
        }
        let start = format!("corpus/{folder}/");
        let inside = self
            .files
            .range(start.clone()..)
            .take_while(|(name, _)| name.starts_with(&start));
        let documents = inside.flat_map(|(_, text)| yaml::read(text).documents);
        let objects: Arc<[Value]> = documents.map(|document| document.value).collect();
        self.read.insert(folder.to_owned(), objects.clone());
        objects
    }

    /// The other folders of the same source.
    fn beside(&self, folder: &str) -> BTreeSet<String> {
        let source = folder.split('/').next().unwrap_or_default();
        let start = format!("corpus/{source}/");
        let inside = self
            .files
            .range(start.clone()..)
            .take_while(|(name, _)| name.starts_with(&start));
        let folders =
            inside.filter_map(|(name, _)| Some(format!("{source}/{}", name[start.len()..].split_once('/')?.0)));
        folders.filter(|name| name != folder).collect()
    }
}
