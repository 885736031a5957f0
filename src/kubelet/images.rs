//! Images of a node: what it has, what it pulls, and the waits between failing pulls.

use crate::sim::btree::BTreeMap;
use std::collections::VecDeque;
use std::rc::Rc;

use super::agent::PodId;
use super::backoff::Backoff;
use super::runtime::{Image, ImageError, ImageRef, ImageStore};
use crate::api::Str;
use crate::client::Delays;
use crate::sim::{Duration, SimTime};

/// What is to be done for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ensure {
    Present(Rc<Image>),
    /// It is pulled now, or when the pulls before it are done.
    Pull,
    BackOff {
        message: String,
    },
    Never,
    Invalid {
        message: String,
    },
}

/// An image that a pod wants.
pub(super) struct Wanted<'a> {
    pub(super) uid: &'a Str,
    pub(super) pod: PodId,
    pub(super) image: &'a Str,
    pub(super) policy: &'a str,
    /// The pod has nothing to show to a registry that asks.
    pub(super) is_denied: bool,
}

/// The end of a pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PullDone {
    pub(super) result: Result<Rc<Image>, String>,
    /// How long the pull itself took.
    pub(super) pulling: Duration,
    /// How long it took with the wait for other pulls.
    pub(super) waiting: Duration,
}

/// A pull that waits or is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    pod: PodId,
    key: (Str, Str),
    /// The image as the pod names it.
    pub image: Str,
    reference: Str,
    /// What the registry says instead, where the pod may not have it.
    denial: Option<String>,
    asked_at: SimTime,
    /// When it began; none while it waits.
    pub began_at: Option<SimTime>,
    /// When it ends.
    pub ends_at: SimTime,
}

/// The images of one node.
// Models pkg/kubelet/images imageManager
#[derive(Clone, Debug, Default)]
pub(super) struct Images {
    present: BTreeMap<Str, Rc<Image>>,
    /// The first is under way: pulls go one after another.
    queue: VecDeque<Pull>,
    /// By pod uid and image.
    backoff: Backoff<(Str, Str)>,
    /// The error of the last pull, by pod uid and image.
    errors: BTreeMap<(Str, Str), Str>,
}

impl Images {
    /// Images that the node has.
    pub(super) fn present(&self) -> impl Iterator<Item = &Rc<Image>> {
        self.present.values()
    }

    /// The pull of a pod, if it has one.
    pub(super) fn pull_of(&self, pod: PodId) -> Option<&Pull> {
        self.queue.iter().find(|pull| pull.pod == pod)
    }

    /// The wait between pulls that is on: until when, and how often it was lengthened.
    pub(super) fn backoff_of(&self, uid: &Str, image: &Str, now: SimTime) -> Option<(SimTime, SimTime, u32)> {
        let key = (uid.clone(), image.clone());
        self.backoff.in_force(&key, now)?;
        let entry = self.backoff.get(&key)?;
        Some((entry.updated, entry.updated + entry.wait, entry.steps))
    }

    /// Looks for an image, and puts its pull into the queue where it has to be pulled.
    pub(super) fn ensure(&mut self, wanted: &Wanted<'_>, now: SimTime) -> Ensure {
        let Wanted { uid, image, policy, .. } = *wanted;
        let reference: Str = match ImageRef::parse(image) {
            Ok(reference) => reference.to_string().into(),
            Err(error) => return Ensure::Invalid { message: error.message },
        };
        let present = self.present.get(&reference).filter(|_| policy != "Always");
        match (present, policy) {
            (Some(image), _) => return Ensure::Present(image.clone()),
            (None, "Never") => return Ensure::Never,
            (None, _) => {}
        }
        let key = (uid.clone(), image.clone());
        if self.backoff.in_force(&key, now).is_some() {
            let error = self
                .errors
                .get(&key)
                .map_or_else(String::new, |error| format!(": {error}"));
            return Ensure::BackOff {
                message: format!("Back-off pulling image \"{image}\"{error}"),
            };
        }
        self.errors.remove(&key);
        let image = image.clone();
        let pull = Pull {
            pod: wanted.pod,
            key,
            denial: wanted.is_denied.then(|| ImageStore::denial(&image)).flatten(),
            image,
            reference,
            asked_at: now,
            began_at: None,
            ends_at: SimTime::NEVER,
        };
        self.queue.push_back(pull);
        Ensure::Pull
    }

    /// Begins the pull at the head, if it has not begun; gives its end. `takes`: how long a pull takes where a scenario
    /// says so.
    pub(super) fn begin_pull(
        &mut self,
        catalogue: &mut ImageStore,
        delays: &Delays,
        takes: impl Fn(&str) -> Option<Duration>,
        now: SimTime,
    ) -> Option<SimTime> {
        let present = &self.present;
        let pull = self.queue.front_mut()?;
        if pull.began_at.is_none() {
            let is_there = pull.denial.is_none() && catalogue.resolve(&pull.image).is_ok();
            let usual = match (is_there, present.contains_key(&pull.reference)) {
                (false, _) => delays.image_pull_error,
                // The registry is asked, and has nothing new; or a pull before this one has brought the image.
                (true, true) => Duration(delays.image_pull.0 / 4),
                (true, false) => takes(&pull.image).unwrap_or(delays.image_pull),
            };
            pull.began_at = Some(now);
            pull.ends_at = now + usual;
        }
        Some(pull.ends_at)
    }

    /// Ends the pull at the head when its time has come.
    pub(super) fn end_pull(&mut self, catalogue: &mut ImageStore, now: SimTime) -> Option<(PodId, PullDone)> {
        let pull = self.queue.pop_front_if(|pull| pull.ends_at <= now)?;
        let result = match pull.denial {
            Some(message) => Err(message),
            None => catalogue.resolve(&pull.image).map_err(|error| match error {
                ImageError::Invalid(invalid) => invalid.message,
                ImageError::Pull { message, .. } => message,
            }),
        };
        match &result {
            Ok(image) => {
                self.present.insert(image.reference.clone(), image.clone());
            }
            Err(error) => {
                self.backoff.next(pull.key.clone(), now, now);
                self.errors
                    .insert(pull.key.clone(), format!("ErrImagePull: {error}").into());
            }
        }
        let began = pull.began_at.unwrap_or(now);
        let done = PullDone {
            result,
            pulling: now.since(began),
            waiting: now.since(pull.asked_at),
        };
        Some((pull.pod, done))
    }

    /// Forgets what was noted for a pod that is gone.
    pub(super) fn forget(&mut self, uid: &str) {
        self.backoff.retain(|key| *key.0 != *uid);
        self.errors.retain(|key, _| *key.0 != *uid);
    }
}
