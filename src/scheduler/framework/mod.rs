//! The extension points of the scheduler and what runs the plugins at them.

mod event;
mod nominations;
mod plugin;
mod profile;
mod runtime;
mod status;

pub use event::{Action, ClusterEvent, Interest, Subject, node_changes, pod_changes};
pub use nominations::Nominations;
pub use plugin::{Filter, Handle, MAX_NODE_SCORE, Plugin, PreFilter, Score, default_normalise};
pub use profile::{FitArgs, PodAffinityArgs, Profile, SpreadArgs, Strategy, weight};
pub use runtime::{Filters, PluginScores, PreFiltered, Scores, fit_error, narrowed_out, pre_filter, score};
pub use status::{Code, PluginName, PluginSet, Rejection, Verdict};
