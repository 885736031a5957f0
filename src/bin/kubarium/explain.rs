//! `kubarium explain`: why a pod goes where it goes, or nowhere.

use std::process::ExitCode;

use kubarium::api::core::Pod;
use kubarium::scheduler;
use kubarium::session::Player;
use kubarium::view::{explained, explained_text};

use crate::args::{Args, Format};
use crate::{print, sources};

pub(crate) fn explain(args: &Args) -> Result<ExitCode, String> {
    let (target, names) = args.names.split_last().ok_or("explain takes files and then pod/NAME")?;
    let name = target
        .strip_prefix("pod/")
        .ok_or_else(|| format!("{target:?} names no pod: write pod/NAME after the files"))?;
    let (namespace, name) = name.split_once('/').unwrap_or(("default", name));
    let files = sources::read(names)?;
    let (scenario, clean) = sources::scenario(&files);
    let player = Player::new(scenario, sources::options(args));
    let cluster = &player.world().cluster;
    let pod = cluster.api().get::<Pod>(namespace, name);
    let pod = pod.ok_or_else(|| format!("there is no pod {namespace}/{name} in the files"))?;
    let explanation = scheduler::explain(cluster.api(), pod, args.seed.unwrap_or_default(), cluster.now());
    match args.format {
        Format::Json => print(&format!("{:#}\n", explained(&explanation))),
        Format::Yaml => print(&kubarium::api::yaml::to_yaml(&explained(&explanation))),
        _ => print(&explained_text(&explanation)),
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
