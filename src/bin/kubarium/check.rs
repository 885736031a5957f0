//! `kubarium check`: what is wrong with files, before anything runs.

use std::process::ExitCode;

use crate::args::Args;
use crate::sources;

pub(crate) fn check(args: &Args) -> Result<ExitCode, String> {
    let files = sources::read(&args.names)?;
    let mut clean = true;
    for file in &files {
        let (scenario, readable) = sources::scenario(std::slice::from_ref(file));
        let (_, refused) = scenario.build(sources::options(args));
        clean &= sources::report(&file.0, &refused) && readable;
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
