//! What waits for the world: watches and promises, and the letters that are on their way to them.

use std::collections::VecDeque;

use js_sys::Function;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;

use super::values::{hops, milliseconds, to_js};
use crate::api::status::{Reason, Status};
use crate::apiserver::rest::Watch;
use crate::apiserver::{Change, Verb};
use crate::cluster::Trip;
use crate::kubectl::Output;
use crate::session::{NOT_STARTED, Player};
use crate::sim::SimTime;

/// A watch and who wants its events.
struct Watcher {
    id: u64,
    watch: Watch,
    on_event: Function,
    on_done: Option<Function>,
    /// When the server ends it: `timeoutSeconds`.
    ends_at: SimTime,
    /// Its last letters are under way.
    is_over: bool,
}

/// Who wants to know of all that happens, and how far it was told.
struct Follower {
    id: u64,
    on_event: Function,
    revision: u64,
    trip: u64,
}

/// A promise of the outcome of a command.
struct Promised {
    number: u64,
    resolve: Function,
    reject: Function,
    /// Whether it rejects when the command could not be started, or time went back.
    rejects: bool,
}

/// What is to be told, and to whom.
enum Letter {
    Event { to: u64, event: Value },
    Done { to: u64 },
    Settled { promised: Promised, output: Output },
    Dropped { promised: Promised },
}

/// A function of JavaScript that is to be called.
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) argument: JsValue,
}

/// All that waits.
#[derive(Default)]
pub(super) struct Outbox {
    watchers: Vec<Watcher>,
    followers: Vec<Follower>,
    promised: Vec<Promised>,
    letters: VecDeque<Letter>,
    count: u64,
}

impl Outbox {
    /// Adds a watch; gives its number.
    pub(super) fn watch(
        &mut self,
        watch: Watch,
        on_event: Function,
        on_done: Option<Function>,
        ends_at: SimTime,
    ) -> u64 {
        self.count += 1;
        self.watchers.push(Watcher {
            id: self.count,
            watch,
            on_event,
            on_done,
            ends_at,
            is_over: false,
        });
        self.count
    }

    /// Adds one who is told all that happens from now on; gives its number.
    pub(super) fn follow(&mut self, player: &Player, on_event: Function) -> u64 {
        self.count += 1;
        let mut follower = Follower {
            id: self.count,
            on_event,
            revision: 0,
            trip: 0,
        };
        follower.catch_up(player);
        self.followers.push(follower);
        self.count
    }

    /// Ends a watch: nothing is told any more.
    pub(super) fn stop(&mut self, id: u64) {
        self.watchers.retain(|watcher| watcher.id != id);
        self.followers.retain(|follower| follower.id != id);
    }

    /// Keeps the two functions of a promise until command `number` has ended, or is no more.
    pub(super) fn promise(&mut self, number: u64, resolve: Function, reject: Function, rejects: bool) {
        self.promised.push(Promised {
            number,
            resolve,
            reject,
            rejects,
        });
    }

    /// Writes the letters that are due.
    pub(super) fn collect(&mut self, player: &Player) {
        let (server, now) = (player.world().cluster.api(), player.now());
        for watcher in self.watchers.iter_mut().filter(|watcher| !watcher.is_over) {
            let to = watcher.id;
            match watcher.watch.poll(server) {
                Ok(events) => {
                    let events = events.into_iter().map(|event| Letter::Event { to, event });
                    self.letters.extend(events);
                    if watcher.ends_at <= now {
                        let bookmark = watcher.watch.bookmark();
                        end(&mut self.letters, watcher, bookmark);
                    }
                }
                Err(status) => end(&mut self.letters, watcher, Some(error_event(&status))),
            }
        }
        for follower in &mut self.followers {
            let to = follower.id;
            let events = follower.tell(player).into_iter();
            self.letters.extend(events.map(|event| Letter::Event { to, event }));
        }
        for promised in std::mem::take(&mut self.promised) {
            match player.output(promised.number) {
                Some(output) if output.code.is_some() => {
                    let output = output.clone();
                    self.letters.push_back(Letter::Settled { promised, output });
                }
                _ => self.promised.push(promised),
            }
        }
    }

    /// Ends all that waits: time went back, to a world with another future.
    pub(super) fn expire(&mut self, player: &Player) {
        for follower in &mut self.followers {
            follower.catch_up(player);
            let (to, event) = (follower.id, json!({"type": "SEEK", "at": milliseconds(player.now())}));
            self.letters.push_back(Letter::Event { to, event });
        }
        let status = Status::new(Reason::Expired, "time went back: list again");
        for watcher in self.watchers.iter_mut().filter(|watcher| !watcher.is_over) {
            end(&mut self.letters, watcher, Some(error_event(&status)));
        }
        let dropped = self.promised.drain(..).map(|promised| Letter::Dropped { promised });
        self.letters.extend(dropped);
    }

    /// The next call that is to be made.
    pub(super) fn next(&mut self) -> Option<Call> {
        loop {
            if let Some(call) = self.letters.pop_front().map(|letter| self.open(letter))? {
                return Some(call);
            }
        }
    }

    /// Makes a call of a letter; none, when nobody waits for it any more.
    fn open(&mut self, letter: Letter) -> Option<Call> {
        match letter {
            Letter::Event { to, event } => {
                let watcher = self.watchers.iter().find(|watcher| watcher.id == to);
                let follower = self.followers.iter().find(|follower| follower.id == to);
                let function = watcher.map(|watcher| &watcher.on_event);
                Some(Call {
                    function: function.or(follower.map(|follower| &follower.on_event))?.clone(),
                    argument: to_js(&event),
                })
            }
            Letter::Done { to } => {
                let place = self.watchers.iter().position(|watcher| watcher.id == to)?;
                Some(Call {
                    function: self.watchers.remove(place).on_done?,
                    argument: JsValue::UNDEFINED,
                })
            }
            Letter::Settled { promised, output } => Some(settle(promised, &output)),
            Letter::Dropped { promised } if promised.rejects => Some(Call {
                function: promised.reject,
                argument: js_sys::Error::new("time went back before the command ended").into(),
            }),
            Letter::Dropped { promised } => Some(settle(promised, &Output::default())),
        }
    }
}

impl Follower {
    /// Stands at the present: what was before is not told.
    fn catch_up(&mut self, player: &Player) {
        let cluster = &player.world().cluster;
        self.revision = cluster.api().revision();
        self.trip = cluster.requests().next_back().map_or(0, |trip| trip.id);
    }

    /// What happened since the last call: the changes, and then the requests.
    fn tell(&mut self, player: &Player) -> Vec<Value> {
        let cluster = &player.world().cluster;
        let changes = cluster.api().changes_after(self.revision).into_iter().flatten();
        let mut events: Vec<Value> = changes.map(change_event).collect();
        let trips = cluster.requests().filter(|trip| trip.id > self.trip);
        events.extend(trips.map(|trip| request_event(trip)));
        self.catch_up(player);
        events
    }
}

fn change_event(change: &Change) -> Value {
    let kind = match change.verb {
        Verb::Added => "ADDED",
        Verb::Modified => "MODIFIED",
        Verb::Deleted => "DELETED",
    };
    json!({"type": kind, "at": milliseconds(change.at), "actor": change.actor, "object": change.object.encode()})
}

fn request_event(trip: &Trip) -> Value {
    json!({
        "type": "REQUEST",
        "at": milliseconds(trip.at),
        "from": trip.from.to_string(),
        "method": &*trip.method,
        "url": &*trip.url,
        "status": trip.result.as_ref().copied().unwrap_or(0),
        "error": trip.result.as_ref().err().map(ToString::to_string),
        "latency": milliseconds(crate::sim::SimTime(trip.latency.0)),
        "hops": hops(&trip.hops),
    })
}

fn end(letters: &mut VecDeque<Letter>, watcher: &mut Watcher, last: Option<Value>) {
    let to = watcher.id;
    watcher.is_over = true;
    letters.extend(last.map(|event| Letter::Event { to, event }));
    letters.push_back(Letter::Done { to });
}

fn error_event(status: &Status) -> Value {
    json!({"type": "ERROR", "object": status.encode()})
}

fn settle(promised: Promised, output: &Output) -> Call {
    if promised.rejects && output.code == Some(NOT_STARTED) {
        return Call {
            function: promised.reject,
            argument: js_sys::Error::new(&output.stderr).into(),
        };
    }
    Call {
        function: promised.resolve,
        argument: to_js(&outcome(output)),
    }
}

/// What a command printed so far, as JavaScript sees it.
pub(super) fn outcome(output: &Output) -> Value {
    json!({"stdout": output.stdout, "stderr": output.stderr, "exitCode": output.code})
}
