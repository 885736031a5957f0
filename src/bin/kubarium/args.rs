//! The arguments.

use kubarium::api::duration::parse_go_duration;
use kubarium::sim::SimTime;
use lexopt::{Arg, Parser, ValueExt};

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Help,
    Run,
    Check,
    Link,
    Open,
    Bench,
    Kubectl,
    Explain,
    Request,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Events,
    Json,
    Yaml,
    Hash,
}

/// All arguments.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) verb: Verb,
    /// Files, or the link.
    pub(crate) names: Vec<String>,
    pub(crate) until: SimTime,
    pub(crate) seed: Option<u64>,
    pub(crate) nodes: Option<u32>,
    pub(crate) pods: u32,
    pub(crate) frozen: bool,
    pub(crate) format: Format,
    /// Who sends a request.
    pub(crate) from: String,
    /// Words after `--`.
    pub(crate) command: Vec<String>,
}

/// How long a run lasts that names no end.
const DEFAULT_UNTIL: SimTime = SimTime(60_000_000_000);
const DEFAULT_PODS: u32 = 10_000;

impl Args {
    /// Reads the arguments of the process.
    pub(crate) fn parse() -> Result<Self, String> {
        let mut words = std::env::args_os().skip(1);
        let own: Vec<_> = words.by_ref().take_while(|word| word != "--").collect();
        let command = words.map(|word| word.to_string_lossy().into_owned()).collect();
        let args = Self::read(Parser::from_args(own)).map(|args| Self { command, ..args });
        args.map_err(|error| format!("{error}\nTry kubarium --help"))
    }

    fn read(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let mut args = Self {
            verb: Verb::Help,
            names: Vec::new(),
            until: DEFAULT_UNTIL,
            seed: None,
            nodes: None,
            pods: DEFAULT_PODS,
            frozen: false,
            format: Format::Events,
            from: "internet".to_owned(),
            command: Vec::new(),
        };
        let mut has_verb = false;
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Short('h') | Arg::Long("help") => args.verb = Verb::Help,
                Arg::Long("until" | "at") => args.until = instant(&parser.value()?.string()?)?,
                Arg::Long("seed") => args.seed = Some(parser.value()?.parse()?),
                Arg::Long("nodes") => args.nodes = Some(parser.value()?.parse()?),
                Arg::Long("pods") => args.pods = parser.value()?.parse()?,
                Arg::Long("from") => args.from = parser.value()?.string()?,
                Arg::Long("frozen") => args.frozen = true,
                Arg::Short('o') | Arg::Long("output") => args.format = format(&parser.value()?.string()?)?,
                Arg::Value(word) if !has_verb => {
                    args.verb = verb(&word.string()?)?;
                    has_verb = true;
                }
                Arg::Value(word) => args.names.push(word.string()?),
                other => return Err(other.unexpected()),
            }
        }
        Ok(args)
    }
}

fn verb(word: &str) -> Result<Verb, lexopt::Error> {
    Ok(match word {
        "help" => Verb::Help,
        "run" => Verb::Run,
        "check" => Verb::Check,
        "link" => Verb::Link,
        "open" => Verb::Open,
        "bench" => Verb::Bench,
        "kubectl" => Verb::Kubectl,
        "explain" => Verb::Explain,
        "request" => Verb::Request,
        other => return Err(lexopt::Error::Custom(format!("unknown command {other:?}").into())),
    })
}

fn instant(text: &str) -> Result<SimTime, lexopt::Error> {
    match parse_go_duration(text).map(u64::try_from) {
        Ok(Ok(ns)) => Ok(SimTime(ns)),
        Ok(Err(_)) => Err(lexopt::Error::Custom(format!("{text:?} lies before the start").into())),
        Err(why) => Err(lexopt::Error::Custom(why.into())),
    }
}

fn format(word: &str) -> Result<Format, lexopt::Error> {
    Ok(match word {
        "events" => Format::Events,
        "json" => Format::Json,
        "yaml" => Format::Yaml,
        "hash" => Format::Hash,
        other => {
            let problem = format!("unknown output {other:?}: there are events, json, yaml, hash");
            return Err(lexopt::Error::Custom(problem.into()));
        }
    })
}
