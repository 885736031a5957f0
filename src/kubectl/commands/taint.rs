//! `kubectl taint`.
// Models k8s.io/kubectl/pkg/cmd/taint.

use std::rc::Rc;

use super::{Context, Started};
use crate::api::core::{Node, Taint};
use crate::api::{Resource, names};
use crate::apiserver::Subresource;
use crate::kubectl::args::{Args, DRY_RUN, Flag, switch, value};
use crate::kubectl::{errors, resource};

const FLAGS: [Flag; 6] = [
    DRY_RUN,
    value("selector", 'l'),
    value("validate", ' '),
    value("field-manager", ' '),
    switch("overwrite", ' '),
    switch("all", ' '),
];

/// Taints to set, and taints to take off: an empty effect means all of the key.
#[derive(Debug, Default)]
struct Changes {
    add: Vec<Taint>,
    remove: Vec<Taint>,
}

pub(super) fn taint(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("taint", &FLAGS, words)?;
    let (targets, specs) = split(&args.words)?;
    if targets.is_empty() {
        return Err("error: one or more resources must be specified as <resource> <name>\n".to_owned());
    }
    if specs.is_empty() {
        return Err("error: at least one taint update is required\n".to_owned());
    }
    let usage = |why: String| format!("error: {why}\nSee 'kubectl taint -h' for help and examples\n");
    let changes = parse_all(specs).map_err(usage)?;
    for node in nodes(context, &args, targets, &changes)? {
        let (word, taints) =
            changed(&node, &changes, args.is_set("overwrite")).map_err(|why| format!("error: {why}\n"))?;
        let mut next = (*node).clone();
        next.spec.taints = taints.into();
        next.meta.resource_version.0 = 0;
        if args.dry_run().is_none() {
            context
                .cluster
                .update(next.into_object(), Subresource::Main)
                .map_err(|status| errors::message(&status, ""))?;
        }
        let line = format!("node/{} {word}{}\n", node.meta.name, args.dry_run_tail());
        context.output.stdout.push_str(&line);
    }
    Ok(None)
}

/// The words that name nodes, and those that name taints.
fn split(words: &[String]) -> Result<(&[String], &[String]), String> {
    let is_taint = |word: &String| word.contains('=') || word.contains(':') || word.ends_with('-');
    let place = words.iter().position(is_taint).unwrap_or(words.len());
    let (targets, specs) = words.split_at(place);
    match specs.iter().find(|word| !is_taint(word)) {
        Some(word) => Err(format!(
            "error: all resources must be specified before taint changes: {word}\n"
        )),
        None => Ok((targets, specs)),
    }
}

// Models TaintOptions.Validate and the finding of the nodes.
fn nodes(context: &Context<'_>, args: &Args, targets: &[String], changes: &Changes) -> Result<Vec<Rc<Node>>, String> {
    let kind_word = targets[0].split_once('/').map_or(targets[0].as_str(), |(kind, _)| kind);
    let kind_word = kind_word.to_ascii_lowercase();
    if resource::kind(&kind_word)? != Node::KIND {
        return Err(format!(
            "error: invalid resource type {kind_word}, only node types are supported\n"
        ));
    }
    let both = |add: &Taint| {
        let of_key = changes.remove.iter().filter(|gone| gone.key == add.key);
        let clash = of_key.filter(|gone| gone.effect.is_empty() || gone.effect == add.effect);
        clash
            .map(|gone| format!("{}={}", gone.key, gone.effect))
            .collect::<Vec<_>>()
    };
    let clashes: Vec<String> = changes.add.iter().flat_map(both).collect();
    if !clashes.is_empty() {
        return Err(format!(
            "error: can not both modify and remove the following taint(s) in the same command: {}\n",
            clashes.join(", ")
        ));
    }
    let selects = args.get("selector").is_some();
    if args.is_set("all") && selects {
        return Err("error: setting 'all' parameter with a non empty selector is prohibited\n".to_owned());
    }
    if args.is_set("all") || selects {
        let choice = resource::Choice::of(args, "")?;
        let found = choice.list(context.cluster, Node::KIND).filter_map(Node::of);
        return Ok(found.cloned().collect());
    }
    let by_slash = targets[0].contains('/');
    if targets.len() < 2 && !by_slash {
        return Err(
            "error: at least one resource name must be specified since 'all' parameter is not set\n".to_owned(),
        );
    }
    let names = targets.iter().skip(usize::from(!by_slash));
    let mut nodes = Vec::new();
    for word in names {
        let name = word.split_once('/').map_or(word.as_str(), |(_, name)| name);
        let object =
            resource::get(context.cluster, Node::KIND, "", name).map_err(|status| errors::message(&status, ""))?;
        nodes.extend(Node::of(object).cloned());
    }
    Ok(nodes)
}

// Models parseTaints.
fn parse_all(specs: &[String]) -> Result<Changes, String> {
    let mut changes = Changes::default();
    for spec in specs {
        if let Some(gone) = spec.strip_suffix('-') {
            let mut gone = parse(gone)?;
            gone.value = "".into();
            changes.remove.push(gone);
            continue;
        }
        let taint = parse(spec)?;
        if taint.effect.is_empty() {
            return Err(format!("invalid taint spec: {spec}"));
        }
        if changes.add.iter().any(|other| same(other, &taint)) {
            return Err(format!(
                "duplicated taints with the same key and effect: {{{} {} {} <nil>}}",
                taint.key, taint.value, taint.effect
            ));
        }
        changes.add.push(taint);
    }
    Ok(changes)
}

/// Reads `key=value:effect`, `key:effect` or `key`.
// Models parseTaint.
fn parse(spec: &str) -> Result<Taint, String> {
    let invalid = || format!("invalid taint spec: {spec}");
    let faulty = |problems: Vec<String>| format!("invalid taint spec: {spec}, {}", problems.join("; "));
    let parts: Vec<&str> = spec.split(':').collect();
    let (left, effect) = match parts[..] {
        [left] => (left, ""),
        [left, effect] => (left, effect),
        _ => return Err(invalid()),
    };
    let mut pair = vec![left];
    if parts.len() == 2 {
        if !matches!(effect, "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            return Err(format!("invalid taint effect: {effect}, unsupported taint effect"));
        }
        pair = left.split('=').collect();
    }
    let (key, value) = match pair[..] {
        [key] => (key, ""),
        [key, value] => (key, value),
        _ => return Err(invalid()),
    };
    let problems = names::is_valid_label_value(value);
    if !problems.is_empty() {
        return Err(faulty(problems));
    }
    let problems = names::is_qualified_name(key);
    if !problems.is_empty() {
        return Err(faulty(problems));
    }
    Ok(Taint {
        key: key.into(),
        value: value.into(),
        effect: effect.into(),
        ..Taint::default()
    })
}

fn same(a: &Taint, b: &Taint) -> bool {
    a.key == b.key && a.effect == b.effect
}

/// The node's taints after the changes, and the word for what was done.
// Models updateTaints and reorganizeTaints.
fn changed(node: &Node, changes: &Changes, overwrite: bool) -> Result<(&'static str, Vec<Taint>), String> {
    let before = &node.spec.taints;
    let there = changes.add.iter().filter(|add| before.iter().any(|old| same(old, add)));
    let there: Vec<&str> = there.map(|add| &*add.key).collect();
    if !overwrite && !there.is_empty() {
        return Err(format!(
            "node {} already has {} taint(s) with same effect(s) and --overwrite is false",
            node.meta.name,
            there.join(",")
        ));
    }
    let mut taints = changes.add.clone();
    let kept = before
        .iter()
        .filter(|old| !changes.add.iter().any(|add| same(add, old)));
    taints.extend(kept.cloned());
    let added = before.len() != taints.len();
    let mut removed = false;
    let mut problems = Vec::new();
    for gone in &changes.remove {
        let count = taints.len();
        taints.retain(|taint| taint.key != gone.key || !(gone.effect.is_empty() || gone.effect == taint.effect));
        removed = taints.len() != count;
        if !removed {
            let colon = if gone.effect.is_empty() { "" } else { ":" };
            problems.push(format!("taint \"{}{colon}{}\" not found", gone.key, gone.effect));
        }
    }
    match problems.as_slice() {
        [] if (added && removed) || overwrite => Ok(("modified", taints)),
        [] if added => Ok(("tainted", taints)),
        [] => Ok(("untainted", taints)),
        [single] => Err(single.clone()),
        several => Err(format!("[{}]", several.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(before: &[&str], specs: &[&str], overwrite: bool) -> Result<String, String> {
        let mut node = Node::default();
        node.meta.name = "n".into();
        node.spec.taints = before.iter().map(|spec| parse(spec).expect("a taint")).collect();
        let specs: Vec<String> = specs.iter().map(|spec| (*spec).to_owned()).collect();
        let (word, taints) = changed(&node, &parse_all(&specs)?, overwrite)?;
        let shown = taints
            .iter()
            .map(|taint| format!(" {}={}:{}", taint.key, taint.value, taint.effect));
        Ok(format!("{word}{}", shown.collect::<String>()))
    }

    #[test]
    fn taints_are_set_replaced_and_taken_off() {
        let cases: [(&[&str], &[&str], bool, &str); 10] = [
            (&[], &["a=b:NoSchedule"], false, "tainted a=b:NoSchedule"),
            (&[], &["a:NoExecute"], false, "tainted a=:NoExecute"),
            (
                &["a=b:NoSchedule"],
                &["a=c:NoSchedule"],
                false,
                "node n already has a taint(s) with same effect(s) and --overwrite is false",
            ),
            (
                &["a=b:NoSchedule"],
                &["a=c:NoSchedule"],
                true,
                "modified a=c:NoSchedule",
            ),
            (&["a=b:NoSchedule", "a=b:NoExecute"], &["a-"], false, "untainted"),
            (
                &["a=b:NoSchedule", "a=b:NoExecute"],
                &["a:NoExecute-"],
                false,
                "untainted a=b:NoSchedule",
            ),
            (&[], &["zzz-"], false, "taint \"zzz\" not found"),
            (&[], &["a:NoExecute-"], false, "taint \"a:NoExecute\" not found"),
            (
                &[],
                &["a=b:NoRun"],
                false,
                "invalid taint effect: NoRun, unsupported taint effect",
            ),
            (
                &["b:NoExecute"],
                &["a:NoSchedule", "b-"],
                false,
                "modified a=:NoSchedule",
            ),
        ];
        for (before, specs, overwrite, want) in cases {
            let got = run(before, specs, overwrite).unwrap_or_else(|why| why);
            assert_eq!(got, want, "{before:?} {specs:?}");
        }
    }
}
