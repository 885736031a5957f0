//! `kubarium request`: one request through the network at an instant of a run.

use std::process::ExitCode;

use kubarium::network::{Origin, Request};
use kubarium::session::Player;
use kubarium::view::{outcome_json, outcome_text};

use crate::args::{Args, Format};
use crate::{print, sources};

pub(crate) fn request(args: &Args) -> Result<ExitCode, String> {
    let (url, names) = args.names.split_last().ok_or("request takes files and then a URL")?;
    let from = Origin::parse(&args.from)?;
    let files = sources::read(names)?;
    let (scenario, clean) = sources::scenario(&files);
    let mut player = Player::new(scenario, sources::options(args));
    player.seek(args.until);
    let mut cluster = player.world().cluster.clone();
    let request = Request::get(from, url);
    let outcome = cluster.fetch(&request);
    let value = outcome_json(&request, &outcome);
    match args.format {
        Format::Json => print(&format!("{value:#}\n")),
        Format::Yaml => print(&kubarium::api::yaml::to_yaml(&value)),
        _ => print(&outcome_text(&outcome)),
    }
    Ok(match (clean, &outcome.result) {
        (false, _) => ExitCode::from(2),
        (true, Ok(_)) => ExitCode::SUCCESS,
        (true, Err(_)) => ExitCode::FAILURE,
    })
}
