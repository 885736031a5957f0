//! What a component is to the wiring.

use super::{Ctx, Message};
use crate::api::Kind;
use crate::apiserver::Change;

/// A component by number: the owner of timers and the addressee of deliveries and messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId(pub u8);

/// A part of the control plane or of the nodes. It is woken by deliveries, messages and its own timers, reads and writes the
/// API through its context, and meets other components only in API objects and messages.
pub trait Component {
    /// Its name, as in the source of its events.
    fn name(&self) -> &'static str;

    /// The kinds whose changes it is told.
    fn watches(&self) -> &'static [Kind];

    /// Whether it is told of `change`, which is of a kind that it watches: of all, unless it says otherwise.
    fn wants(&self, _change: &Change) -> bool {
        true
    }

    /// Called once, at the start of the cluster.
    fn start(&mut self, _ctx: &mut Ctx<'_>) {}

    /// How many keys wait in its queue, for components that have one.
    fn queue_length(&self) -> Option<u64> {
        None
    }

    /// A change of a watched kind has arrived. What the change says may be older than what the API holds by now.
    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change);

    /// A timer fired.
    fn on_timer(&mut self, ctx: &mut Ctx<'_>, purpose: u8, object: u64);

    /// A message of another component has arrived.
    fn on_message(&mut self, _ctx: &mut Ctx<'_>, _message: &Message) {}
}
