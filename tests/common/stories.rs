//! Stories: a scenario in a folder of `tests`, played, and what is told of it in a golden of the same name.
//!
//! `UPDATE_EXPECT=1` writes the goldens anew; read the difference before you commit it. `STORY=NAME` plays one.
#![allow(
    clippy::disallowed_methods,
    reason = "the test asks the environment what to play, and whether to rewrite its goldens"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use kubarium::apiserver::{ApiServer, Change};
use kubarium::scenario::{Options, Scenario};
use kubarium::session::{Command, Player};
use kubarium::sim::SimTime;
use kubarium::sim::btree::BTreeSet;

use super::invariants::Checked;

/// The stories of a folder.
pub struct Stories {
    /// The folder below `tests`, and below `tests/goldens`.
    pub folder: &'static str,
    /// How wide the seconds are written.
    pub width: usize,
    /// What is told of a change; nothing where it is no matter.
    pub line: fn(&Change) -> Option<String>,
}

/// How often an event was told, where it was more than once.
pub fn times(count: i32) -> String {
    if count > 1 { format!(" x{count}") } else { String::new() }
}

fn tests(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).expect("the folder is there");
    let stem = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
    files.map(|entry| stem(&entry.expect("a file").path())).collect()
}

/// The seconds that a story is played: `# 60 s: what it shows` is its first line.
fn seconds(text: &str) -> u64 {
    let first = text.lines().next().and_then(|line| line.strip_prefix("# "));
    let number = first.and_then(|line| line.split_once(" s: ")).map(|(number, _)| number);
    number
        .and_then(|number| number.parse().ok())
        .expect("a first line with the seconds")
}

/// The parts of a story: the scenario, and what is applied later, after lines such as `# at 20 s`.
fn parts(text: &str) -> (String, Vec<(u64, String)>) {
    let mut parts: Vec<(u64, String)> = vec![(0, String::new())];
    for line in text.lines() {
        let at = line.strip_prefix("# at ").and_then(|rest| rest.strip_suffix(" s"));
        match at.map(str::parse) {
            Some(second) => parts.push((second.expect("a second"), String::new())),
            None => *parts.last_mut().map(|(_, text)| text).expect("a part") += &format!("{line}\n"),
        }
    }
    let (_, scenario) = parts.remove(0);
    (scenario, parts)
}

impl Stories {
    /// Plays each story under the invariants and compares what is told with its golden.
    pub fn check(&self) {
        let only = std::env::var("STORY").unwrap_or_default();
        let (folder, goldens) = (tests(self.folder), tests("goldens").join(self.folder));
        let all = names(&folder);
        assert!(!all.is_empty(), "a story");
        let mut different = Vec::new();
        for name in all.iter().filter(|name| name.contains(&only)) {
            let text = fs::read_to_string(folder.join(format!("{name}.yaml"))).expect("a text");
            let told = self.play(&text);
            let golden = goldens.join(format!("{name}.txt"));
            let want = fs::read_to_string(&golden).unwrap_or_default();
            if told == want {
                continue;
            }
            if std::env::var_os("UPDATE_EXPECT").is_some() {
                fs::write(&golden, &told).expect("the golden can be written");
                continue;
            }
            let differs = told.lines().zip(want.lines()).find(|(now, before)| now != before);
            different.push(format!("{name}: {differs:?}"));
        }
        assert_eq!(names(&goldens), all, "a golden for each story");
        assert!(
            different.is_empty(),
            "(UPDATE_EXPECT=1 rewrites them)\n{}",
            different.join("\n")
        );
    }

    fn play(&self, text: &str) -> String {
        let (scenario, later) = parts(text);
        let mut player = Checked::new(Player::new(Scenario::read(&scenario), Options::default()));
        assert_eq!(player.diagnostics(), []);
        let (mut told, mut seen) = (String::new(), 0);
        for second in 1..=seconds(text) {
            player.seek(SimTime(second * 1_000_000_000));
            for (_, stdin) in later.iter().filter(|(at, _)| *at == second) {
                let (line, stdin) = ("apply -f -".to_owned(), stdin.clone());
                player.act(Command::Kubectl { line, stdin });
            }
            self.tell(player.world().cluster.api(), &mut seen, &mut told);
        }
        let outputs = (1..).map_while(|number| player.output(number));
        let refused = outputs.filter(|output| output.code.unwrap_or_default() != 0);
        let refused: Vec<&str> = refused.map(|output| &*output.stderr).collect();
        assert_eq!(refused, [""; 0], "commands of\n{text}");
        told
    }

    fn tell(&self, api: &ApiServer, seen: &mut u64, told: &mut String) {
        for change in api.changes_after(*seen).expect("the log reaches a second back") {
            *seen = change.revision;
            if let Some(line) = (self.line)(change) {
                let (ms, width) = (change.at.0 / 1_000_000, self.width);
                writeln!(told, "{:>width$}.{:03} {line}", ms / 1000, ms % 1000).expect("a string takes text");
            }
        }
    }
}
