//! What must hold of a cluster after every event.
//!
//! Each rule looks at one change and at what an index finds next to it, so that checking costs about as much as the
//! event itself. Only what is true of Kubernetes at every instant stands here; what comes true in the end is looked at
//! by [`Invariants::at_rest`].

mod batch;
mod network;
mod objects;
mod pods;
mod workloads;

use kubarium::api::{Kind, Object};
use kubarium::apiserver::{ApiServer, Change, Key, Verb};
use kubarium::cluster::Cluster;
use kubarium::session::{Player, Progress};
use kubarium::sim::SimTime;

/// The rules, and what they remember of the changes that they have seen.
#[derive(Clone, Debug, Default)]
pub struct Invariants {
    /// The revision up to which changes were looked at.
    revision: u64,
    now: SimTime,
    network: network::Index,
    broken: Vec<String>,
}

/// A change and the world that it led to.
struct Seen<'a> {
    api: &'a ApiServer,
    change: &'a Change,
}

impl Seen<'_> {
    /// `kind namespace/name` of the changed object, and who changed it.
    fn name(&self) -> String {
        let object = &self.change.object;
        let kind = object.kind().info().kind;
        format!("{kind} {} of {}", Key::of(object), self.change.actor)
    }
}

impl Invariants {
    /// The rules for what comes after this; what stands there is taken as it is.
    pub fn from_now_on(cluster: &Cluster) -> Self {
        let api = cluster.api();
        let mut rules = Self {
            revision: api.revision(),
            now: cluster.now(),
            ..Self::default()
        };
        for object in Kind::all().flat_map(|kind| api.list_objects(kind, None)) {
            rules.network.put(object);
        }
        rules
    }

    /// Looks at all that changed since the last time. Gives the rules that are broken, each with what breaks it.
    pub fn check(&mut self, cluster: &Cluster) -> Vec<String> {
        let api = cluster.api();
        let has_looked_back = cluster.now() < self.now || api.revision() < self.revision;
        let Some(changes) = api.changes_after(self.revision).filter(|_| !has_looked_back) else {
            *self = Self::from_now_on(cluster);
            return Vec::new();
        };
        self.now = cluster.now();
        changes.for_each(|change| self.see(&Seen { api, change }));
        self.network.look_back(self.now, &mut self.broken);
        std::mem::take(&mut self.broken)
    }

    fn see(&mut self, seen: &Seen<'_>) {
        let broken = &mut self.broken;
        if seen.change.revision <= self.revision {
            broken.push(format!(
                "revision {} comes after {}",
                seen.change.revision, self.revision
            ));
        }
        self.revision = seen.change.revision;
        if seen.change.at > self.now {
            broken.push(format!("{} is written in the future", seen.name()));
        }
        objects::check(seen, broken);
        if seen.change.verb != Verb::Deleted {
            pods::check(seen, broken);
            workloads::check(seen, broken);
            batch::check(seen, broken);
        }
        self.network.check(seen, broken);
    }

    /// What must hold once nothing is left to do.
    pub fn at_rest(cluster: &Cluster) -> Vec<String> {
        let api = cluster.api();
        let mut broken = Vec::new();
        for object in Kind::all().flat_map(|kind| api.list_objects(kind, None)) {
            workloads::at_rest(api, object, &mut broken);
            objects::at_rest(api, object, &mut broken);
        }
        broken
    }
}

/// A player under the rules: whatever is played forward is checked after every event.
pub struct Checked {
    player: Player,
    rules: Invariants,
}

impl Checked {
    /// Puts a player under the rules.
    pub fn new(player: Player) -> Self {
        let rules = Invariants::from_now_on(&player.world().cluster);
        Self { player, rules }
    }

    /// As [`Player::seek`].
    pub fn seek(&mut self, at: SimTime) {
        if at < self.player.now() {
            self.player.seek(at);
        }
        play("a test", &mut self.player, at, &mut self.rules);
    }
}

impl std::ops::Deref for Checked {
    type Target = Player;

    fn deref(&self) -> &Player {
        &self.player
    }
}

impl std::ops::DerefMut for Checked {
    fn deref_mut(&mut self) -> &mut Player {
        &mut self.player
    }
}

/// Plays to `until` one event at a time and stops with the first that breaks a rule. Gives how many events that took.
///
/// # Panics
/// When a rule is broken, with `name`, the instant and the rules.
pub fn play(name: &str, player: &mut Player, until: SimTime, rules: &mut Invariants) -> u64 {
    let before = player.world().cluster.events();
    loop {
        let progress = player.run(until, &mut || false);
        let cluster = &player.world().cluster;
        let broken = rules.check(cluster);
        assert!(
            broken.is_empty(),
            "{name}: after event {} at {} ns:\n  {}",
            cluster.events(),
            cluster.now().0,
            broken.join("\n  ")
        );
        if progress == Progress::Done {
            return cluster.events() - before;
        }
    }
}

/// The version before the change and the one after it, where both are a `T`.
fn versions<'a, T: kubarium::api::Resource>(change: &'a Change) -> Option<(Option<&'a T>, &'a T)> {
    let of = |object: &'a Object| T::of(object).map(|object| &**object);
    Some((change.old.as_ref().and_then(of), of(&change.object)?))
}
