//! Which runner answers for which vector.

use serde_json::Value;

use super::{NOT_APPLICABLE, gateway, netpol, no_such_subject, values};
use crate::{api, apiserver, controller, kubectl, kubelet, scheduler, storage};

/// Runs one vector.
pub(super) fn run(subject: &str, vector: &Value) -> Result<(), String> {
    let area = subject.split('/').next().unwrap_or_default();
    let result = match area {
        "scheduler" if !scheduler::conformance::is_applicable(vector) => {
            return Err(format!("{NOT_APPLICABLE}: a feature gate that is off"));
        }
        "scheduler" => scheduler::conformance::run_vector(vector),
        "kubelet" => kubelet::conformance::run_vector(vector),
        "autoscaler" | "cronjob" | "deployment" | "disruption" | "endpointslice" | "job" | "node" | "replicaset" => {
            controller::conformance::run_vector(vector)
        }
        "cron" => api::cron::conformance::run_vector(vector),
        "admission" | "quota" => apiserver::conformance::run_vector(vector),
        "pod" | "resources" => api::core::conformance::run_vector(vector),
        "quantity" | "intstr" | "duration" | "labels" => values::run_vector(vector),
        "validation" => api::validation::conformance::run_vector(vector),
        "network" if subject == "network/policy" => netpol::run_vector(vector),
        "gateway" => gateway::run_vector(vector),
        "volume" => storage::conformance::run_vector(vector),
        "printers" => kubectl::printers::run_vector(vector),
        _ => return no_such_subject(),
    };
    // Runners that do not know a function of their area say so in these words.
    match result {
        Err(why) if why.starts_with("no function is known as") || why.starts_with("no such subject") => {
            no_such_subject()
        }
        result => result,
    }
}
