//! HorizontalPodAutoscalers: as many replicas as metrics ask for.
// Models pkg/controller/podautoscaler/horizontal.go

mod history;
mod metrics;
mod ratio;
mod reconcile;
mod replicas;

use crate::sim::btree::BTreeMap;

use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::api::labels::Selector;
use crate::api::status::Status;
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, Ctx, Recorder, WorkQueue};
use crate::sim::Duration;

use super::{Reconciler, work};

pub(super) use history::History;
pub(super) use ratio::Tolerances;
pub(super) use replicas::{Calculator, Sample, Samples};

/// How often an autoscaler looks.
// Models the controller manager's --horizontal-pod-autoscaler-sync-period.
pub const PERIOD: Duration = Duration::from_secs(15);
const WORKERS: u32 = 5;
const QUEUE: u8 = 0;

/// The horizontal pod autoscaler's controller.
#[derive(Clone, Debug)]
pub struct HorizontalController {
    queue: WorkQueue,
    recorder: Recorder,
    histories: BTreeMap<Key, History>,
    /// The pods of each autoscaler, as of its last look.
    selectors: BTreeMap<Key, Selector>,
    settings: Settings,
}

/// What the controller manager's flags set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) tolerances: Tolerances,
    pub(super) cpu_initialization_s: i64,
    pub(super) initial_readiness_s: i64,
    pub(super) downscale_window: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tolerances: Tolerances::default(),
            cpu_initialization_s: 300,
            initial_readiness_s: 30,
            downscale_window: Duration::from_secs(300),
        }
    }
}

impl Default for HorizontalController {
    fn default() -> Self {
        Self::with_settings(Settings::default())
    }
}

impl Component for HorizontalController {
    fn name(&self) -> &'static str {
        "horizontal-pod-autoscaler"
    }

    fn watches(&self) -> &'static [Kind] {
        &[HorizontalPodAutoscaler::KIND]
    }

    fn queue_length(&self) -> Option<u64> {
        Some(self.queue.len() as u64)
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        let key = Key::of(&change.object);
        if change.verb == Verb::Deleted {
            self.selectors.remove(&key);
            self.histories.remove(&key);
        } else if let Object::HorizontalPodAutoscaler(_) = &change.object {
            self.selectors.entry(key.clone()).or_insert(Selector::Nothing);
            self.queue.add_after(ctx, key, PERIOD);
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }
}

impl Reconciler for HorizontalController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    // Models processNextWorkItem: what failed is looked at again no sooner than all else.
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let Some(autoscaler) = ctx.api.get_key::<HorizontalPodAutoscaler>(key).cloned() else {
            self.histories.remove(key);
            return Ok(());
        };
        self.reconcile(ctx, key, &autoscaler);
        self.queue.add_after(ctx, key.clone(), PERIOD);
        Ok(())
    }
}

impl HorizontalController {
    /// A controller with other settings.
    pub(super) fn with_settings(settings: Settings) -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, WORKERS),
            recorder: Recorder::default(),
            histories: BTreeMap::new(),
            selectors: BTreeMap::new(),
            settings,
        }
    }

    /// The history of an autoscaler, to change.
    pub(super) fn history(&mut self, key: &Key) -> &mut History {
        self.histories.entry(key.clone()).or_default()
    }
}
