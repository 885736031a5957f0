//! Pods and pod templates.

use std::rc::Rc;

use serde_json::json;

use super::container::{default_container, default_host_ports, requests_from_limits};
use super::fill;
use super::volume::default_volume;
use crate::api::core::{Container, Pod, PodSpec, PodTemplateSpec};

const GRACE_PERIOD_SECONDS: i64 = 30;

/// A pod gets the defaults of its spec and some that templates do not get.
// Models SetDefaults_Pod.
pub(super) fn default_pod(pod: &mut Pod) {
    let spec = Rc::make_mut(&mut pod.spec);
    default_spec(spec);
    each_container(&mut spec.containers, requests_from_limits);
    each_container(&mut spec.init_containers, requests_from_limits);
    spec.enable_service_links.get_or_insert(true);
    if spec.host_network {
        each_container(&mut spec.containers, default_host_ports);
        each_container(&mut spec.init_containers, default_host_ports);
    }
}

/// Fills in a pod template.
pub fn default_template(template: &mut PodTemplateSpec) {
    default_spec(Rc::make_mut(&mut template.spec));
}

// Models SetDefaults_PodSpec and what it reaches.
fn default_spec(spec: &mut PodSpec) {
    fill(&mut spec.dns_policy, "ClusterFirst");
    fill(&mut spec.restart_policy, "Always");
    fill(&mut spec.scheduler_name, "default-scheduler");
    let grace = spec
        .termination_grace_period_seconds
        .get_or_insert(GRACE_PERIOD_SECONDS);
    // Models pkg/apis/core/v1/conversion.go Convert_v1_Pod_To_core_Pod.
    if *grace < 0 {
        *grace = 1;
    }
    if spec.rest.get("securityContext").is_none() {
        spec.rest.set("securityContext", json!({}));
    }
    same_service_account(spec);
    each_container(&mut spec.init_containers, default_container);
    each_container(&mut spec.containers, default_container);
    each_container(&mut spec.ephemeral_containers, default_container);
    if !spec.volumes.is_empty() {
        Rc::make_mut(&mut spec.volumes).iter_mut().for_each(default_volume);
    }
}

/// `serviceAccount` is the old name of `serviceAccountName`: the server writes both.
// Models pkg/apis/core/v1/conversion.go Convert_core_PodSpec_To_v1_PodSpec.
fn same_service_account(spec: &mut PodSpec) {
    if spec.service_account_name.is_empty() {
        spec.service_account_name = spec.service_account.clone();
    }
    spec.service_account = spec.service_account_name.clone();
}

fn each_container(containers: &mut Rc<[Container]>, fill_in: fn(&mut Container)) {
    if !containers.is_empty() {
        Rc::make_mut(containers).iter_mut().for_each(fill_in);
    }
}
