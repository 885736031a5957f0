//! `kubarium kubectl`: one kubectl command at an instant of a run.

use std::process::ExitCode;

use kubarium::kubectl::Files;
use kubarium::session::Player;
use kubarium::sim::SimTime;

use crate::args::Args;
use crate::{print, sources};

/// How long a command that waits is given, in virtual nanoseconds: an hour.
const PATIENCE_NS: u64 = 3_600_000_000_000;

pub(crate) fn kubectl(args: &Args) -> Result<ExitCode, String> {
    if args.command.is_empty() {
        return Err(
            "the command of kubectl comes after --, as in: kubarium kubectl web.yaml --at 45s -- get pods".to_owned(),
        );
    }
    let files = sources::read(&args.names)?;
    let (scenario, clean) = sources::scenario(&files);
    let mut player = Player::new(scenario, sources::options(args));
    if !clean {
        return Ok(ExitCode::from(2));
    }
    player.seek(args.until);
    let mut world = player.world().clone();
    let number = world.kubectl(&args.command, &named_files(&args.command));
    let until = SimTime(args.until.0 + PATIENCE_NS);
    while world.output(number).is_some_and(|output| output.code.is_none()) && world.step(until) {}
    let output = world.output(number).cloned().unwrap_or_default();
    print(&output.stdout);
    eprint!("{}", output.stderr);
    Ok(ExitCode::from(u8::try_from(output.code.unwrap_or(1)).unwrap_or(1)))
}

/// The files that `-f` names.
fn named_files(words: &[String]) -> Files {
    let mut files = Files::default();
    for (index, word) in words.iter().enumerate() {
        let name = match word.as_str() {
            "-f" | "--filename" => words.get(index + 1).map(String::as_str),
            other => other.strip_prefix("--filename=").or_else(|| other.strip_prefix("-f=")),
        };
        for name in name.into_iter().flat_map(|names| names.split(',')) {
            let text = sources::read(&[name.to_owned()]);
            match text {
                Ok(mut texts) if name == "-" => files.stdin = texts.remove(0).1,
                Ok(mut texts) => {
                    files.named.insert(name.to_owned(), texts.remove(0).1);
                }
                // kubectl itself says that there is no such file.
                Err(_) => {}
            }
        }
    }
    files
}
