//! The player of a scenario: what a tape deck is to a tape.

use super::call::ApiRequest;
use super::command::{Command, CommandError};
use super::history::{Checkpoint, History};
use super::world::World;
use crate::api::yaml::Diagnostic;
use crate::apiserver::rest::Response;
use crate::kubectl::Output;
use crate::network::{Outcome, Request};
use crate::scenario::{Link, Options, Scenario};
use crate::sim::{Arrange, SimTime};

/// Speed of play in thousandths of real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Speed(pub u32);

impl Speed {
    /// The slowest.
    pub const MIN: Self = Self(100);
    /// As in reality.
    pub const REAL: Self = Self(1000);
    /// The quickest.
    pub const MAX: Self = Self(1_000_000);
}

/// How far an advance came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// To the instant that was wanted.
    Done,
    /// The budget ran out first: the cluster is busier than the machine is quick.
    Behind,
}

/// A command and when it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    at: SimTime,
    command: Command,
    /// Whether a person did it; the others stand in the scenario's timeline.
    by_user: bool,
}

/// A session: a world, the log of what was done to it, and its past.
#[derive(Clone, Debug)]
pub struct Player {
    scenario: Scenario,
    options: Options,
    world: World,
    history: History,
    /// In the order of their instants.
    log: Vec<Entry>,
    /// How many entries of the log were done.
    done: u64,
    playing: bool,
    speed: Speed,
    /// The latest instant that was seen.
    latest: SimTime,
    /// What is wrong with the scenario, and what the API refused of it.
    diagnostics: Vec<Diagnostic>,
}

impl Player {
    /// A session at the start of `scenario`, paused.
    #[must_use]
    pub fn new(scenario: Scenario, options: Options) -> Self {
        let (cluster, refused) = scenario.build(options);
        let mut diagnostics = scenario.diagnostics.clone();
        diagnostics.extend(refused);
        let log = timeline(&scenario, &mut diagnostics);
        let world = World::new(cluster);
        let history = History::starting_with(&world);
        Self {
            scenario,
            options,
            world,
            history,
            log,
            done: 0,
            playing: false,
            speed: Speed::REAL,
            latest: SimTime::ZERO,
            diagnostics,
        }
    }

    /// The session that a link holds. `text` is the scenario's, found in the gallery where the link only names it.
    ///
    /// # Errors
    /// When a command of its log cannot be read.
    pub fn open(link: &Link, text: &str) -> Result<Self, CommandError> {
        let options = Options {
            seed: link.seed,
            ..Options::default()
        };
        let mut player = Self::new(Scenario::read(text), options);
        for (at, line, stdin) in &link.log {
            let command = Command::parse(line, stdin)?;
            player.insert(Entry {
                at: SimTime(*at),
                command,
                by_user: true,
            });
        }
        player.seek(SimTime(link.at_ns));
        Ok(player)
    }

    /// The link to this session. `gallery` is its name there, or empty; `view` is the page's own.
    #[must_use]
    pub fn link(&self, gallery: &str, view: serde_json::Value) -> Link {
        let by_user = self.log.iter().filter(|entry| entry.by_user);
        Link {
            gallery: gallery.to_owned(),
            text: if gallery.is_empty() {
                self.scenario.text.clone()
            } else {
                String::new()
            },
            seed: self.options.seed,
            log: by_user
                .map(|entry| (entry.at.0, entry.command.to_string(), entry.command.stdin().to_owned()))
                .collect(),
            at_ns: self.now().0,
            view,
        }
    }

    /// The instant that is shown.
    #[must_use]
    pub const fn now(&self) -> SimTime {
        self.world.cluster.now()
    }

    /// The latest instant that was seen; later than now after a look back.
    #[must_use]
    pub const fn latest(&self) -> SimTime {
        self.latest
    }

    /// The world as it is now.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The scenario.
    #[must_use]
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What is wrong with the scenario, and what the API refused of it.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Whether time runs.
    #[must_use]
    pub const fn is_playing(&self) -> bool {
        self.playing
    }

    /// Lets time run.
    pub const fn play(&mut self) {
        self.playing = true;
    }

    /// Stops time.
    pub const fn pause(&mut self) {
        self.playing = false;
    }

    /// The speed.
    #[must_use]
    pub const fn speed(&self) -> Speed {
        self.speed
    }

    /// Sets the speed, within its bounds.
    pub fn set_speed(&mut self, speed: Speed) {
        self.speed = speed.clamp(Speed::MIN, Speed::MAX);
    }

    /// What the command of that number printed so far.
    #[must_use]
    pub fn output(&self, number: u64) -> Option<&Output> {
        self.world.output(number)
    }

    /// What was done and when, by the user.
    pub fn log(&self) -> impl Iterator<Item = (SimTime, &Command)> {
        self.log
            .iter()
            .filter(|entry| entry.by_user)
            .map(|entry| (entry.at, &entry.command))
    }

    /// Lets `wall_ns` of real time pass, at the speed of play. `has_time` is asked after each event.
    ///
    /// Pieces of real time longer than half a second count as half a second: a page that was hidden does not run away.
    pub fn advance(&mut self, wall_ns: u64, has_time: &mut dyn FnMut() -> bool) -> Progress {
        const LONGEST_NS: u64 = 500_000_000;
        if !self.playing {
            return Progress::Done;
        }
        let span = u128::from(wall_ns.min(LONGEST_NS)) * u128::from(self.speed.0) / 1000;
        let until = SimTime(self.now().0.saturating_add(u64::try_from(span).unwrap_or(u64::MAX)));
        self.run(until, has_time)
    }

    /// Goes on to `until`, while `has_time` says so.
    pub fn run(&mut self, until: SimTime, has_time: &mut dyn FnMut() -> bool) -> Progress {
        loop {
            let next_command = self.next_entry().map_or(SimTime::NEVER, |entry| entry.at);
            if self.world.step(until.min(next_command)) {
                self.remember();
            } else if next_command <= until {
                self.world.cluster.run_until(next_command);
                self.do_next();
            } else {
                self.world.cluster.run_until(until);
                self.latest = self.latest.max(until);
                return Progress::Done;
            }
            self.latest = self.latest.max(self.now());
            if !has_time() {
                return Progress::Behind;
            }
        }
    }

    /// Goes on to the next event, and through everything else at that instant.
    pub fn step(&mut self) {
        let next_command = self.next_entry().map_or(SimTime::NEVER, |entry| entry.at);
        let next_event = self.world.next_at().unwrap_or(SimTime::NEVER);
        let next = next_command.min(next_event);
        if next < SimTime::NEVER {
            self.run(next, &mut || true);
        }
    }

    /// Shows the instant `at`: goes on to it, or back to the nearest copy and on from there. Changes nothing.
    pub fn seek(&mut self, at: SimTime) {
        if at < self.now()
            && let Some(checkpoint) = self.history.before(at)
        {
            self.world = checkpoint.world.clone();
            self.done = checkpoint.done;
        }
        let latest = self.latest;
        self.run(at, &mut || true);
        self.latest = self.latest.max(latest);
    }

    /// Does something now; gives the number of the command, for [`Player::output`].
    /// In the past this begins another history: what came later is forgotten.
    pub fn act(&mut self, command: Command) -> u64 {
        // What is due at this instant comes first.
        self.run(self.now(), &mut || true);
        self.fork(command);
        self.do_next()
    }

    /// Answers a request to the API server, now. One that writes is an act: see [`Player::act`].
    ///
    /// A refused one is kept in the log too: names and addresses that it used up are not given out again.
    pub fn request(&mut self, request: &ApiRequest) -> Response {
        if !request.is_write() {
            return self.world.request(request);
        }
        self.run(self.now(), &mut || true);
        self.fork(Command::Request(request.clone()));
        self.done += 1;
        self.world.request(request)
    }

    /// Sends a request through the network, now. It is an act, see [`Player::act`]: servers and proxies remember it.
    pub fn fetch(&mut self, request: &Request) -> Outcome {
        self.run(self.now(), &mut || true);
        self.fork(Command::Fetch(request.clone()));
        self.done += 1;
        self.world.fetch(request).1
    }

    /// Puts a command into the log at this instant, and forgets what a user did later.
    fn fork(&mut self, command: Command) {
        let now = self.now();
        self.history.cut(now);
        self.log.retain(|entry| entry.at <= now || !entry.by_user);
        self.latest = now;
        self.insert(Entry {
            at: now,
            command,
            by_user: true,
        });
    }

    /// Takes back the last thing that the user did, up to now.
    pub fn undo(&mut self) -> bool {
        let now = self.now();
        let last = self.log.iter().rposition(|entry| entry.by_user && entry.at <= now);
        let Some(last) = last else { return false };
        let at = self.log.remove(last).at;
        // A copy from the very instant of the command may have seen it.
        self.history.cut(SimTime(at.0.saturating_sub(1)));
        if self.history.before(at).is_none() {
            self.restart();
        }
        self.world = self
            .history
            .before(at)
            .map_or_else(|| self.world.clone(), |checkpoint| checkpoint.world.clone());
        self.done = self.history.before(at).map_or(0, |checkpoint| checkpoint.done);
        self.run(now, &mut || true);
        true
    }

    /// Back to the start; what the user did is forgotten.
    pub fn reset(&mut self) {
        self.log.retain(|entry| !entry.by_user);
        self.restart();
    }

    fn restart(&mut self) {
        let (cluster, _) = self.scenario.build(self.options);
        self.world = World::new(cluster);
        self.done = 0;
        self.latest = SimTime::ZERO;
        self.history = History::default();
        self.history.keep(Checkpoint {
            world: self.world.clone(),
            done: 0,
        });
    }

    fn next_entry(&self) -> Option<&Entry> {
        self.log.get(usize::try_from(self.done).ok()?)
    }

    fn do_next(&mut self) -> u64 {
        let Some(command) = self.next_entry().map(|entry| entry.command.clone()) else {
            return 0;
        };
        self.done += 1;
        self.world.execute(&command)
    }

    /// Puts an entry behind all that are not later.
    fn insert(&mut self, entry: Entry) {
        let place = self.log.partition_point(|other| other.at <= entry.at);
        self.log.insert(place, entry);
    }

    fn remember(&mut self) {
        if self.history.wants(&self.world) {
            self.history.keep(Checkpoint {
                world: self.world.clone(),
                done: self.done,
            });
        }
    }
}

fn timeline(scenario: &Scenario, diagnostics: &mut Vec<Diagnostic>) -> Vec<Entry> {
    let mut log = Vec::new();
    for (index, entry) in scenario.spec.timeline.iter().enumerate() {
        let at = crate::api::duration::parse_go_duration(&entry.at).unwrap_or_default();
        match Command::of_entry(entry) {
            Ok(commands) => log.extend(commands.into_iter().map(|command| Entry {
                at: SimTime(at.unsigned_abs()),
                command,
                by_user: false,
            })),
            Err(error) => diagnostics.push(scenario.complaint(&format!("spec.timeline[{index}]"), error.0)),
        }
    }
    log.arrange_by_key(|entry| entry.at);
    log
}
