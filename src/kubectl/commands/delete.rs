//! `kubectl delete`.

use super::{Context, Started, Waiting};
use crate::api::core::Pod;
use crate::api::yaml;
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{DeleteOptions, Key, Propagation};
use crate::cluster::Cluster;
use crate::kubectl::args::{Args, Flag, switch, value};
use crate::kubectl::io::Output;
use crate::kubectl::{errors, resource};
use crate::sim::{Duration, SimTime};

const FLAGS: [Flag; 13] = [
    value("filename", 'f'),
    switch("recursive", 'R'),
    value("selector", 'l'),
    value("field-selector", ' '),
    switch("all", ' '),
    switch("all-namespaces", 'A'),
    switch("force", ' '),
    switch("now", ' '),
    value("grace-period", ' '),
    Flag {
        name: "cascade",
        letter: ' ',
        alone: Some("background"),
    },
    switch("wait", ' '),
    switch("ignore-not-found", ' '),
    value("timeout", ' '),
];

/// Objects that are to be gone.
#[derive(Clone, Debug)]
pub(crate) struct Gone {
    left: Vec<(Kind, Key, Str)>,
    until: SimTime,
}

/// How often kubectl looks.
const LOOK: Duration = Duration::from_millis(100);

// Models k8s.io/kubectl/pkg/cmd/delete/delete.go.
pub(super) fn delete(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("delete", &FLAGS, words)?;
    let forced = args.is_set("force");
    let options = options(&args)?;
    let targets = targets(context, &args)?;
    if forced {
        context.output.stderr.push_str(
            "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The \
             resource may continue to run on the cluster indefinitely.\n",
        );
    }
    let mut left = Vec::new();
    let mut failed = false;
    for (kind, key) in targets {
        match context.cluster.delete(kind, &key, &options) {
            Ok((object, gone)) => {
                say(context, &object, forced);
                if !gone {
                    left.push((kind, key, object.meta().uid.clone()));
                }
            }
            Err(status) if args.is_set("ignore-not-found") && status.reason == crate::api::status::Reason::NotFound => {
            }
            Err(status) => {
                context.output.stderr.push_str(&errors::message(&status, ""));
                failed = true;
            }
        }
    }
    if failed {
        context.output.code = Some(1);
    }
    let waits = args.is_not_off("wait") && !(forced && options.grace_period_seconds == Some(0)) && !left.is_empty();
    let until = match args.get("timeout").map(crate::api::duration::parse_go_duration) {
        Some(Ok(ns)) if ns > 0 => context.cluster.now() + Duration(ns.unsigned_abs()),
        Some(Err(why)) => return Err(format!("error: invalid argument for \"--timeout\" flag: {why}\n")),
        _ => SimTime::NEVER,
    };
    Ok(waits.then_some(Waiting::Gone(Gone { left, until })))
}

fn options(args: &Args) -> Result<DeleteOptions, String> {
    let mut grace = args.number("delete", "grace-period")?.filter(|grace| *grace >= 0);
    if args.is_set("now") {
        grace = Some(1);
    }
    if args.is_set("force") {
        grace = grace.or(Some(0));
    } else if grace == Some(0) {
        // Zero without --force means the shortest grace that is still one.
        grace = Some(1);
    }
    let propagation = match args.get("cascade").unwrap_or("background") {
        "background" | "true" => Propagation::Background,
        "foreground" => Propagation::Foreground,
        "orphan" | "false" => Propagation::Orphan,
        other => {
            return Err(format!(
                "error: invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\"\n"
            ));
        }
    };
    Ok(DeleteOptions {
        grace_period_seconds: grace,
        propagation: Some(propagation),
        ..DeleteOptions::default()
    })
}

fn targets(context: &Context<'_>, args: &Args) -> Result<Vec<(Kind, Key)>, String> {
    let mut targets = Vec::new();
    for (_, text) in super::sources(context, args)? {
        let documents = yaml::read(text).documents;
        let keys = documents.iter();
        targets.extend(keys.filter_map(|document| resource::key_of_document(&document.value, &context.namespace)));
    }
    if args.get("filename").is_some() {
        return Ok(targets);
    }
    let named = resource::named(&args.words)?;
    if !named.names.is_empty() {
        let keys = named
            .names
            .iter()
            .map(|(kind, name)| (*kind, resource::key(*kind, &context.namespace, name)));
        return Ok(keys.collect());
    }
    if named.kinds.is_empty() {
        return Err("error: You must provide one or more resources by argument or filename.\n".to_owned());
    }
    if args.get("selector").is_none() && args.get("field-selector").is_none() && !args.is_set("all") {
        return Err("error: resource(s) were provided, but no name was specified\n".to_owned());
    }
    let choice = resource::Choice::of(args, &context.namespace)?;
    for kind in named.kinds {
        targets.extend(choice.list(context.cluster, kind).map(|object| (kind, Key::of(object))));
    }
    Ok(targets)
}

/// `pod "web" deleted from default namespace`.
fn say(context: &mut Context<'_>, object: &Object, forced: bool) {
    let word = if forced && object.kind() == Pod::KIND {
        "force deleted"
    } else {
        "deleted"
    };
    let meta = object.meta();
    let place = if meta.namespace.is_empty() {
        String::new()
    } else {
        format!(" from {} namespace", meta.namespace)
    };
    context.output.stdout.push_str(&format!(
        "{} \"{}\" {word}{place}\n",
        resource::qualified(object.kind()),
        meta.name
    ));
}

impl Gone {
    pub(super) fn poll(&mut self, cluster: &Cluster, output: &mut Output) -> Option<SimTime> {
        self.left.retain(|(kind, key, uid)| {
            cluster
                .api()
                .get_object(*kind, key)
                .is_some_and(|object| object.meta().uid == *uid)
        });
        if let Some((kind, key, _)) = self.left.first().filter(|_| cluster.now() >= self.until) {
            let what = format!("{}/{}", kind.info().plural, key.name);
            output
                .stderr
                .push_str(&format!("error: timed out waiting for the condition on {what}\n"));
            output.code = Some(1);
            return None;
        }
        (!self.left.is_empty()).then(|| cluster.now() + LOOK)
    }
}
