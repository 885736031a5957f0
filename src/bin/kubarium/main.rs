//! The command line: the same engine, without a page.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints")]

mod args;
mod bench;
mod check;
mod explain;
mod kubectl;
mod link;
mod request;
mod run;
mod sources;

use std::process::ExitCode;

use args::{Args, Verb};

const USAGE: &str = "\
kubarium: a Kubernetes cluster under glass, on the command line

  kubarium run FILE... [--until 1m] [--seed N] [--nodes N] [--frozen] [-o events|json|yaml|hash]
  kubarium check FILE...                    what is wrong with the files; plays each lesson's solution
  kubarium explain FILE... pod/NAME [-o json] why the scheduler puts the pod where it does, or nowhere
  kubarium kubectl FILE... [--at 45s] -- get pods -o wide
  kubarium request FILE... URL [--at 45s] [--from internet|pod/NAME|node/NAME] [-o json] the way of one request
  kubarium link FILE... [--seed N] [--at T] the link that holds them
  kubarium open LINK [run's options]        runs what a link holds
  kubarium bench [--nodes N] [--pods N]     how quick the engine is on this machine

FILE may be - for standard input. Exit: 0, 1 when a check failed, 2 for bad input.
";

fn main() -> ExitCode {
    let args = match Args::parse() {
        Ok(args) => args,
        Err(problem) => return refuse(&problem),
    };
    let result = match args.verb {
        Verb::Help => {
            print(USAGE);
            Ok(ExitCode::SUCCESS)
        }
        Verb::Run => run::run(&args),
        Verb::Check => check::check(&args),
        Verb::Link => link::link(&args),
        Verb::Open => link::open(&args),
        Verb::Bench => bench::bench(&args),
        Verb::Kubectl => kubectl::kubectl(&args),
        Verb::Explain => explain::explain(&args),
        Verb::Request => request::request(&args),
    };
    result.unwrap_or_else(|problem| refuse(&problem))
}

/// Prints. A reader that has gone away, as `head` does, ends the output and is no fault.
fn print(text: &str) {
    use std::io::Write;
    std::io::stdout().write_all(text.as_bytes()).unwrap_or_default();
}

/// Bad input: says so on standard error and exits with 2.
fn refuse(problem: &str) -> ExitCode {
    eprintln!("{problem}");
    ExitCode::from(2)
}
