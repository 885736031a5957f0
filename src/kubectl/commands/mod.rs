//! The commands.

mod apply;
mod columns;
mod delete;
mod describe;
mod documents;
mod drain;
mod events;
mod explain;
mod generate;
mod get;
mod logs;
mod marks;
mod raw;
mod rollout;
mod scale;
mod set;
mod taint;
mod top;
mod wait;
mod watch;

pub use apply::{applied_over, with_last_applied};

use super::args::Args;
use super::io::{Files, Output};
use super::words;
use crate::cluster::Cluster;
use crate::sim::{Duration, SimTime};

/// What a command is given.
pub(super) struct Context<'a> {
    pub(super) cluster: &'a mut Cluster,
    pub(super) files: &'a Files,
    /// The namespace of the context, or of `-n`.
    pub(super) namespace: String,
    pub(super) output: &'a mut Output,
}

/// What a command does after its start: gives what it waits for, or an error's text for standard error.
pub(super) type Started = Result<Option<Waiting>, String>;

/// What a command waits for.
#[derive(Clone, Debug)]
pub(super) enum Waiting {
    /// Objects that are to be gone.
    Gone(delete::Gone),
    /// A rollout that is to be complete.
    Rollout(rollout::Watching),
    /// A table that goes on.
    Rows(Box<watch::Rows>),
    /// A log that goes on.
    Logs(Vec<logs::Following>),
    /// A command in a container.
    Exec(logs::Running),
    /// Nodes that are to be empty.
    Drain(Box<drain::Draining>),
    /// Conditions that are to be met.
    Conditions(Box<wait::Waited>),
}

impl Waiting {
    /// Looks whether it has come; gives when to look again.
    pub(super) fn poll(&mut self, cluster: &mut Cluster, output: &mut Output) -> Option<SimTime> {
        match self {
            Self::Gone(gone) => gone.poll(cluster, output),
            Self::Rollout(watching) => watching.poll(cluster, output),
            Self::Rows(rows) => rows.poll(cluster, output),
            Self::Logs(all) => all.iter_mut().filter_map(|one| one.poll(cluster, output)).min(),
            Self::Exec(running) => running.poll(cluster, output),
            Self::Drain(draining) => draining.poll(cluster, output),
            Self::Conditions(waited) => waited.poll(cluster, output),
        }
    }
}

/// How a command is run: with the words after its name.
type Run = fn(&mut Context<'_>, &[String]) -> Started;

/// The commands by name.
const COMMANDS: &[(&str, Run)] = &[
    ("annotate", marks::annotate),
    ("apply", apply::apply),
    ("autoscale", generate::autoscale),
    ("cordon", drain::cordon),
    ("create", apply::create),
    ("delete", delete::delete),
    ("describe", describe::run),
    ("drain", drain::drain),
    ("events", events::events),
    ("exec", logs::exec),
    ("explain", explain::explain),
    ("expose", generate::expose),
    ("get", get::get),
    ("label", marks::label),
    ("logs", logs::logs),
    ("patch", marks::run_patch),
    ("rollout", rollout::rollout),
    ("run", generate::run),
    ("scale", scale::scale),
    ("set", set::set),
    ("taint", taint::taint),
    ("top", top::top),
    ("uncordon", drain::uncordon),
    ("wait", wait::wait),
];

/// Starts the command that the words name.
pub(super) fn start(
    cluster: &mut Cluster,
    words: &[String],
    files: &Files,
    namespace: &str,
    output: &mut Output,
) -> Started {
    let Some((name, rest)) = words.split_first() else {
        return Err("kubectl controls the Kubernetes cluster manager.\n".to_owned());
    };
    let Some((_, run)) = COMMANDS.iter().find(|(known, _)| known == name) else {
        return Err(unknown_command(name));
    };
    let namespace = namespace_flag(rest).unwrap_or(namespace).to_owned();
    run(
        &mut Context {
            cluster,
            files,
            namespace,
            output,
        },
        rest,
    )
}

/// The value of `-n` or `--namespace`, wherever it stands.
fn namespace_flag(words: &[String]) -> Option<&str> {
    let own = words.split(|word| word == "--").next().unwrap_or_default();
    own.iter().enumerate().find_map(|(at, word)| {
        if word == "-n" || word == "--namespace" {
            return own.get(at + 1).map(String::as_str);
        }
        word.strip_prefix("--namespace=")
            .or_else(|| word.strip_prefix("-n="))
            .or_else(|| {
                word.strip_prefix("-n")
                    .filter(|rest| !rest.is_empty() && !word.starts_with("--"))
            })
    })
}

// Models github.com/spf13/cobra command.go findSuggestions.
fn unknown_command(name: &str) -> String {
    let close: Vec<&str> = COMMANDS
        .iter()
        .map(|(known, _)| *known)
        .filter(|known| words::distance(name, known) <= 2)
        .collect();
    let hint = if close.is_empty() {
        String::new()
    } else {
        format!("\n\nDid you mean this?\n\t{}", close.join("\n\t"))
    };
    format!("error: unknown command \"{name}\" for \"kubectl\"{hint}\n")
}

/// The value of a flag that is a duration; zero for none.
fn duration_flag(args: &Args, command: &str, name: &str) -> Result<Duration, String> {
    let Some(text) = args.get(name) else {
        return Ok(Duration::ZERO);
    };
    match crate::api::duration::parse_go_duration(text) {
        Ok(ns) => Ok(Duration(u64::try_from(ns).unwrap_or_default())),
        Err(why) => Err(format!(
            "error: invalid argument \"{text}\" for \"--{name}\" flag: {why}\nSee 'kubectl {command} --help' for usage.\n"
        )),
    }
}

/// The documents of the files that `-f` names, with the name of their file.
fn sources<'a>(context: &Context<'a>, args: &'a Args) -> Result<Vec<(&'a str, &'a str)>, String> {
    let mut texts = Vec::new();
    for name in args.all("filename") {
        let text = if name == "-" {
            Some(context.files.stdin.as_str())
        } else {
            context.files.named.get(name).map(String::as_str)
        };
        let text = text.ok_or_else(|| format!("error: the path \"{name}\" does not exist\n"))?;
        texts.push((if name == "-" { "STDIN" } else { name }, text));
    }
    Ok(texts)
}
