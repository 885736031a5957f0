//! `kubarium run`: lets time pass and prints what came of it.

use std::process::ExitCode;

use kubarium::api::yaml::to_yaml;
use kubarium::session::Player;
use kubarium::view::Report;

use crate::args::{Args, Format};
use crate::{print, sources};

pub(crate) fn run(args: &Args) -> Result<ExitCode, String> {
    let files = sources::read(&args.names)?;
    let (scenario, clean) = sources::scenario(&files);
    let known = scenario.diagnostics.len();
    let mut player = Player::new(scenario, sources::options(args));
    let name = files.first().map_or("-", |(name, _)| name.as_str());
    let clean = sources::report(name, &player.diagnostics()[known..]) && clean;
    play(args, &mut player);
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Plays up to the end that the arguments name and prints.
pub(crate) fn play(args: &Args, player: &mut Player) {
    let mut report = Report::start(&player.world().cluster);
    if !args.frozen {
        while player.now() < args.until {
            // The log of changes holds tens of thousands: reading it now and then misses none.
            let mut left = 1000;
            player.run(args.until, &mut || {
                left -= 1;
                left > 0
            });
            report.note(&player.world().cluster);
        }
    }
    let cluster = &player.world().cluster;
    match args.format {
        Format::Hash => print(&format!("{:016x}\n", cluster.state_hash())),
        Format::Events => print(&report.events_text(cluster)),
        Format::Json => print(&format!("{:#}\n", report.document(cluster))),
        Format::Yaml => print(&to_yaml(&report.document(cluster))),
    }
}
