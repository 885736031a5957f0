//! `kubectl get --watch`: the table as it is, then a row for each change.

use super::{Context, Waiting};
use crate::api::{Kind, Object};
use crate::cluster::Cluster;
use crate::kubectl::args::Args;
use crate::kubectl::io::Output;
use crate::kubectl::printers::{self, Layout};
use crate::kubectl::resource::{Choice, Named};
use crate::sim::{Duration, SimTime};

/// How often a watching command looks.
const LOOK: Duration = Duration::from_millis(10);

/// A `get --watch` under way.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    kind: Kind,
    /// The names that were asked for; empty for all.
    names: Vec<String>,
    choice: Choice,
    layout: Layout,
    /// The last revision that was shown.
    seen: u64,
    /// Columns never become narrower again; none before the titles are printed.
    widths: Vec<usize>,
}

/// Goes on after the first table. One kind is watched, as kubectl does.
pub(super) fn start(
    context: &mut Context<'_>,
    args: &Args,
    named: &Named,
    objects: &[Object],
    layout: Layout,
) -> Result<Option<Waiting>, String> {
    let [kind] = named.kinds[..] else {
        return Err("error: you may only specify a single resource type\n".to_owned());
    };
    let mut rows = Rows {
        kind,
        names: named.names.iter().map(|(_, name)| name.clone()).collect(),
        choice: Choice::of(args, &context.namespace)?,
        layout,
        seen: context.cluster.api().revision(),
        widths: Vec::new(),
    };
    if !objects.is_empty() {
        let objects: Vec<&Object> = objects.iter().collect();
        rows.print(context.cluster, &objects, context.output);
    }
    Ok(Some(Waiting::Rows(Box::new(rows))))
}

impl Rows {
    pub(super) fn poll(&mut self, cluster: &Cluster, output: &mut Output) -> Option<SimTime> {
        let changes: Vec<_> = cluster
            .api()
            .changes_after(self.seen)
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        for change in changes {
            self.seen = change.revision;
            if self.shows(&change.object) {
                self.print(cluster, &[&change.object], output);
            }
        }
        Some(cluster.now() + LOOK)
    }

    fn shows(&self, object: &Object) -> bool {
        let meta = object.meta();
        object.kind() == self.kind
            && (self.names.is_empty() || self.names.iter().any(|name| **name == *meta.name))
            && self
                .choice
                .namespace
                .as_deref()
                .is_none_or(|own| meta.namespace.is_empty() || *own == *meta.namespace)
            && self.choice.takes(object)
    }

    fn print(&mut self, cluster: &Cluster, objects: &[&Object], output: &mut Output) {
        let now = cluster.api().time(cluster.now());
        let table = printers::table(self.kind, objects, now, self.layout.wide);
        if self.layout.before.is_some() {
            let namespaces = objects.iter().map(|object| object.meta().namespace.to_string());
            self.layout.before = Some(("NAMESPACE".to_owned(), namespaces.collect()));
        }
        let text = printers::render_below(&table, &self.layout, &mut self.widths);
        output.stdout.push_str(&text);
        self.layout.no_headers = true;
    }
}
