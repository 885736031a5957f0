//! `kubectl wait`.
// Models k8s.io/kubectl/pkg/cmd/wait.

use std::collections::VecDeque;

use serde_json::Value;

use super::{Context, Started, Waiting, duration_flag, sources};
use crate::api::{Kind, Object, Str, yaml};
use crate::apiserver::Key;
use crate::cluster::Cluster;
use crate::kubectl::args::{Args, Flag, switch, value};
use crate::kubectl::io::Output;
use crate::kubectl::jsonpath::{Template, shown};
use crate::kubectl::{errors, resource};
use crate::sim::{Duration, SimTime};

const FLAGS: [Flag; 9] = [
    value("for", ' '),
    value("timeout", ' '),
    value("filename", 'f'),
    value("selector", 'l'),
    value("field-selector", ' '),
    value("output", 'o'),
    switch("all", ' '),
    switch("all-namespaces", 'A'),
    switch("recursive", 'R'),
];

/// How long is waited where nothing is said.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long "for ever" is.
const WEEK: Duration = Duration::from_secs(168 * 3600);
/// How often it is looked; stands for the watch.
const LOOK: Duration = Duration::from_millis(10);
/// How often it is looked whether an object is there.
const CREATE_LOOK: Duration = Duration::from_millis(500);

/// What is waited for.
#[derive(Clone, Debug)]
enum Aim {
    Created,
    Deleted,
    Condition { name: String, status: String },
    Path { path: Template, value: Option<String> },
}

/// Objects that are waited for, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Waited {
    named: Named,
    aims: Vec<Aim>,
    /// The objects to come, each with how many of the aims it has met; none before they were looked up.
    left: Option<VecDeque<(Object, usize)>>,
    once: bool,
    until: SimTime,
}

/// How the command names the objects.
#[derive(Clone, Debug)]
struct Named {
    keys: Vec<(Kind, Key)>,
    kinds: Vec<Kind>,
    choice: resource::Choice,
}

pub(super) fn wait(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("wait", &FLAGS, words)?;
    let aims = args.each("for").map(aim).collect::<Result<Vec<_>, _>>()?;
    if aims.is_empty() {
        return Err("error: unrecognized condition: []\n".to_owned());
    }
    let timeout = match args.get("timeout") {
        None => PATIENCE,
        Some(text) if text.starts_with('-') => WEEK,
        Some(_) => duration_flag(&args, "wait", "timeout")?,
    };
    let waited = Waited {
        named: named(context, &args)?,
        aims,
        left: None,
        once: timeout == Duration::ZERO,
        until: context.cluster.now() + timeout,
    };
    Ok(Some(Waiting::Conditions(Box::new(waited))))
}

// Models conditionFuncsFor.
fn aim(text: &str) -> Result<Aim, String> {
    match text.to_ascii_lowercase().as_str() {
        "delete" => return Ok(Aim::Deleted),
        "create" => return Ok(Aim::Created),
        _ => {}
    }
    if let Some(condition) = text.strip_prefix("condition=") {
        let (name, status) = condition.split_once('=').unwrap_or((condition, "true"));
        return Ok(Aim::Condition {
            name: name.to_owned(),
            status: status.to_owned(),
        });
    }
    let Some(path) = text.strip_prefix("jsonpath=") else {
        return Err(format!("error: unrecognized condition: {text:?}\n"));
    };
    path_aim(path).map_err(|why| format!("error: {why}\n"))
}

// Models processJSONPathInput: an equal sign by itself parts path and value, a double one belongs to the path.
fn path_aim(text: &str) -> Result<Aim, String> {
    let parts: Vec<String> = text
        .replace("==", "\0")
        .split('=')
        .map(|part| part.replace('\0', "=="))
        .collect();
    let (path, value) = match parts.as_slice() {
        [path] => (path, None),
        [path, value] => (path, Some(value.trim_matches(['\'', '"']).to_owned())),
        _ => {
            return Err(
                "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or \
                 --for=jsonpath='{.status.readyReplicas}'"
                    .to_owned(),
            );
        }
    };
    if value.as_deref() == Some("") {
        return Err(
            "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3"
                .to_owned(),
        );
    }
    let path = relaxed(path.trim_matches(['\'', '"']));
    if path == "{.}" {
        return Err("jsonpath expression cannot be empty".to_owned());
    }
    let path = Template::parse(&path)?;
    Ok(Aim::Path { path, value })
}

/// A path with the braces and the dot that may be left out.
// Models k8s.io/kubectl/pkg/cmd/get/customcolumn.go RelaxedJSONPathExpression.
fn relaxed(path: &str) -> String {
    let inner = path
        .strip_prefix('{')
        .and_then(|path| path.strip_suffix('}'))
        .unwrap_or(path);
    format!("{{.{}}}", inner.trim_start_matches('.'))
}

fn named(context: &Context<'_>, args: &Args) -> Result<Named, String> {
    let choice = resource::Choice::of(args, &context.namespace)?;
    let mut found = Named {
        keys: Vec::new(),
        kinds: Vec::new(),
        choice,
    };
    if args.get("filename").is_some() {
        for (_, text) in sources(context, args)? {
            let documents = yaml::read(text).documents;
            found.keys.extend(
                documents
                    .iter()
                    .filter_map(|document| resource::key_of_document(&document.value, &context.namespace)),
            );
        }
        return Ok(found);
    }
    let named = resource::named(&args.words)?;
    let keys = named.names.iter();
    found.keys = keys
        .map(|(kind, name)| (*kind, resource::key(*kind, &context.namespace, name)))
        .collect();
    if found.keys.is_empty() {
        if named.kinds.is_empty() {
            return Err(
                "error: You must provide one or more resources by argument or filename.\nExample resource specifications \
                 include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'\n"
                    .to_owned(),
            );
        }
        if args.get("selector").is_none() && args.get("field-selector").is_none() && !args.is_set("all") {
            return Err("error: resource(s) were provided, but no name was specified\n".to_owned());
        }
        found.kinds = named.kinds;
    }
    Ok(found)
}

impl Named {
    /// The objects that are there; an error for the first that is not.
    fn objects(&self, cluster: &Cluster) -> Result<VecDeque<(Object, usize)>, String> {
        let mut objects = VecDeque::new();
        for (kind, key) in &self.keys {
            let object = resource::get(cluster, *kind, &key.namespace, &key.name);
            objects.push_back((object.map_err(|status| errors::message(&status, ""))?.clone(), 0));
        }
        for kind in &self.kinds {
            objects.extend(self.choice.list(cluster, *kind).map(|object| (object.clone(), 0)));
        }
        Ok(objects)
    }
}

impl Waited {
    pub(super) fn poll(&mut self, cluster: &Cluster, output: &mut Output) -> Option<SimTime> {
        match self.go_on(cluster, output) {
            Ok(next) => next,
            Err(problem) => {
                output.stderr.push_str(&problem);
                output.code = Some(1);
                None
            }
        }
    }

    fn go_on(&mut self, cluster: &Cluster, output: &mut Output) -> Result<Option<SimTime>, String> {
        let expired = cluster.now() >= self.until;
        if self.left.is_none() {
            match self.look_up(cluster) {
                Ok(objects) => self.left = Some(objects),
                Err(_) if self.has(|aim| matches!(aim, Aim::Created)) => {
                    return match expired {
                        true => Err("error: timed out waiting for the condition\n".to_owned()),
                        false => Ok(Some((cluster.now() + CREATE_LOOK).min(self.until))),
                    };
                }
                Err(problem) => return Err(problem),
            }
        }
        while let Some((object, met)) = self.left.as_mut().and_then(VecDeque::pop_front) {
            let Some(aim) = self.aims.get(met) else { continue };
            let is_met = is_met(aim, cluster, &object)?;
            if is_met {
                output
                    .stdout
                    .push_str(&format!("{} condition met\n", resource::title(&object)));
                self.put_back((object, met + 1));
                continue;
            }
            let info = object.kind().info();
            let name = object.meta().name.clone();
            if self.once {
                return Err(format!("error: condition not met for {}/{name}\n", info.plural));
            }
            if expired {
                let what = format!("{}/{name}", info.plural);
                return Err(format!("error: timed out waiting for the condition on {what}\n"));
            }
            self.put_back((object, met));
            return Ok(Some((cluster.now() + LOOK).min(self.until)));
        }
        Ok(None)
    }

    fn put_back(&mut self, object: (Object, usize)) {
        if let Some(left) = &mut self.left {
            left.push_front(object);
        }
    }

    fn has(&self, test: impl Fn(&Aim) -> bool) -> bool {
        self.aims.iter().any(test)
    }

    fn look_up(&self, cluster: &Cluster) -> Result<VecDeque<(Object, usize)>, String> {
        if !self.has(|aim| matches!(aim, Aim::Deleted)) {
            let objects = self.named.objects(cluster)?;
            return match objects.is_empty() {
                true => Err("error: no matching resources found\n".to_owned()),
                false => Ok(objects),
            };
        }
        let there = self.named.keys.iter();
        let there = there.filter(|(kind, key)| cluster.api().get_object(*kind, key).is_some());
        let named = Named {
            keys: there.cloned().collect(),
            ..self.named.clone()
        };
        named.objects(cluster)
    }
}

/// Whether an object is as it is wanted; an error where it is gone.
fn is_met(aim: &Aim, cluster: &Cluster, object: &Object) -> Result<bool, String> {
    let meta = object.meta();
    let now = resource::get(cluster, object.kind(), &meta.namespace, &meta.name);
    if matches!(aim, Aim::Created) {
        return Ok(true);
    }
    if matches!(aim, Aim::Deleted) {
        let same = |uid: &Str| *uid == meta.uid;
        return Ok(!now.is_ok_and(|now| same(&now.meta().uid)));
    }
    let now = now.map_err(|status| errors::message(&status, ""))?.encode();
    match aim {
        Aim::Condition { name, status } => Ok(has_condition(&now, name, status)),
        Aim::Path { path, value } => has_value(&now, path, value.as_deref()).map_err(|why| format!("error: {why}\n")),
        Aim::Created | Aim::Deleted => Ok(true),
    }
}

// Models ConditionalWait.checkCondition.
fn has_condition(object: &Value, name: &str, status: &str) -> bool {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    let same = |condition: &&Value| {
        let kind = condition["type"].as_str().unwrap_or_default();
        kind.eq_ignore_ascii_case(name) && condition["status"].is_string()
    };
    let Some(condition) = conditions.into_iter().flatten().find(same) else {
        return false;
    };
    let observed = condition["observedGeneration"]
        .as_i64()
        .or_else(|| object.pointer("/status/observedGeneration")?.as_i64());
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64);
    if let (Some(observed), Some(generation)) = (observed, generation)
        && observed < generation
    {
        return false;
    }
    condition["status"]
        .as_str()
        .is_some_and(|is| is.eq_ignore_ascii_case(status))
}

// Models JSONPathWait.checkCondition.
fn has_value(object: &Value, path: &Template, value: Option<&str>) -> Result<bool, String> {
    let found = path.find(object);
    let Some(first) = found.first().filter(|first| !first.is_empty()) else {
        return Ok(false);
    };
    if found.len() > 1 {
        return Err("given jsonpath expression matches more than one list".to_owned());
    }
    if first.len() > 1 {
        return Err("given jsonpath expression matches more than one value".to_owned());
    }
    let Some(value) = value else { return Ok(true) };
    if first[0].is_object() || first[0].is_array() {
        return Err("jsonpath leads to a nested object or list which is not supported".to_owned());
    }
    Ok(shown(first[0]).trim() == value.trim())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_and_paths_are_checked_as_kubectl_does() {
        let object = json!({
            "metadata": {"generation": 2},
            "status": {"observedGeneration": 2, "readyReplicas": 3, "phase": "Running", "conditions": [
                {"type": "Available", "status": "True"},
                {"type": "Progressing", "status": "False"},
                {"type": "Old", "status": "True", "observedGeneration": 1},
            ]},
        });
        let cases = [
            ("condition=available", Ok(true)),
            ("condition=Available=true", Ok(true)),
            ("condition=Available=False", Ok(false)),
            ("condition=Progressing=false", Ok(true)),
            ("condition=Old", Ok(false)),
            ("condition=Absent", Ok(false)),
            ("jsonpath={.status.phase}=Running", Ok(true)),
            ("jsonpath='{.status.readyReplicas}'=3", Ok(true)),
            ("jsonpath=.status.readyReplicas=2", Ok(false)),
            ("jsonpath={.status.phase}", Ok(true)),
            ("jsonpath={.status.absent}", Ok(false)),
            (
                "jsonpath={.status.conditions[?(@.type==\"Available\")].status}=True",
                Ok(true),
            ),
            (
                "jsonpath={.status.conditions[*].status}=True",
                Err("given jsonpath expression matches more than one value"),
            ),
            (
                "jsonpath={.status}=x",
                Err("jsonpath leads to a nested object or list which is not supported"),
            ),
        ];
        for (text, want) in cases {
            let got = match aim(text).expect(text) {
                Aim::Condition { name, status } => Ok(has_condition(&object, &name, &status)),
                Aim::Path { path, value } => has_value(&object, &path, value.as_deref()),
                other => panic!("{other:?}"),
            };
            assert_eq!(got, want.map_err(str::to_owned), "{text}");
        }
        let refused = [
            ("ready", "error: unrecognized condition: \"ready\"\n"),
            (
                "jsonpath={.a}=",
                "error: jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3\n",
            ),
        ];
        for (text, want) in refused {
            assert_eq!(aim(text).expect_err(text), want);
        }
    }
}
