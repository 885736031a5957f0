//! `kubarium link` and `kubarium open`.

use std::process::ExitCode;

use kubarium::scenario::{Link, salvage};
use kubarium::session::Player;
use serde_json::Value;

use crate::args::Args;
use crate::{run, sources};

pub(crate) fn link(args: &Args) -> Result<ExitCode, String> {
    let files = sources::read(&args.names)?;
    let (scenario, clean) = sources::scenario(&files);
    let mut player = Player::new(scenario, sources::options(args));
    player.seek(args.until);
    println!("{}", player.link("", Value::Null).encode());
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

pub(crate) fn open(args: &Args) -> Result<ExitCode, String> {
    let [text] = args.names.as_slice() else {
        return Err("open takes one link".to_owned());
    };
    let link = Link::decode(text).map_err(|error| match salvage(text) {
        Some(saved) => format!("{error}\nThis much of its scenario could be saved:\n{saved}"),
        None => error.to_string(),
    })?;
    if !link.gallery.is_empty() {
        return Err(format!(
            "the link names the scenario {:?} of a gallery, which is on the page",
            link.gallery
        ));
    }
    let mut player = Player::open(&link, &link.text).map_err(|error| error.to_string())?;
    let clean = sources::report("link", player.diagnostics());
    run::play(args, &mut player);
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
