//! Rules for amounts of resources.
// Models pkg/apis/core/validation/validation.go and pkg/apis/core/helper/helpers.go.

use super::at::At;
use crate::api::names::{FieldError, FieldErrors, is_qualified_name};
use crate::api::quantity::Quantity;

/// Resources that containers know.
const OF_CONTAINERS: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// Objects that quotas count, always whole numbers.
const COUNTED: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

/// How the names of resources are judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// What containers may ask for.
    Container,
    /// What a pod as a whole may ask for.
    Pod,
    /// What a quota may count.
    Quota,
    /// Anything known.
    Any,
}

fn is_huge_pages(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Names without a domain, and those of Kubernetes' own.
// Models IsNativeResource.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Names of somebody's own domain, as devices have.
// Models IsExtendedResourceName.
fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && is_qualified_name(&format!("requests.{name}")).is_empty()
}

/// Only resources that can be taken from one and given to another may be promised twice.
// Models IsOvercommitAllowed.
fn is_overcommit_allowed(name: &str) -> bool {
    is_native(name) && !is_huge_pages(name)
}

// Models IsStandardResourceName.
fn is_standard(name: &str) -> bool {
    let compute = |name: &str| OF_CONTAINERS.contains(&name) || name == "storage";
    let part = name.strip_prefix("requests.");
    compute(name)
        || COUNTED.contains(&name)
        || part.is_some_and(|part| compute(part) || is_huge_pages(part))
        || name
            .strip_prefix("limits.")
            .is_some_and(|part| OF_CONTAINERS.contains(&part))
        || is_huge_pages(name)
}

// Models IsStandardQuotaResourceName.
fn is_standard_for_quota(name: &str) -> bool {
    is_standard(name) && name != "storage"
}

/// What is wrong with a resource's name.
pub(super) fn check_name(name: &str, at: &At<'_, '_>, names: Names, errors: &mut FieldErrors) {
    let before = errors.len();
    errors.push_invalid(&at.path, name, is_qualified_name(name));
    if errors.len() == before && !name.contains('/') && !is_standard(name) {
        at.invalid_as(errors, name, "must be a standard resource type or fully qualified");
    }
    match names {
        Names::Container if !name.contains('/') && !OF_CONTAINERS.contains(&name) && !is_huge_pages(name) => {
            at.invalid_as(errors, name, "must be a standard resource for containers");
        }
        Names::Container if !is_native(name) && !is_extended(name) => {
            at.invalid_as(errors, name, "doesn't follow extended resource name standard");
        }
        Names::Pod if errors.len() == before && !matches!(name, "cpu" | "memory") && !is_huge_pages(name) => {
            errors.push(FieldError::not_supported(
                &at.path,
                name,
                &["cpu", "hugepages-", "memory"],
            ));
        }
        Names::Quota if !name.contains('/') && !is_standard_for_quota(name) => {
            at.invalid_as(errors, name, "must be a standard resource for quota");
        }
        _ => {}
    }
}

// Models ValidateResourceQuantityValue.
pub(super) fn check_amount(name: &str, at: &At<'_, '_>, errors: &mut FieldErrors) {
    let Some(amount) = at.quantity() else { return };
    if amount.sign() < 0 {
        at.invalid_as(errors, &amount.to_string(), "must be greater than or equal to 0");
    }
    if COUNTED.contains(&name) && amount.milli_value() % 1000 != 0 {
        at.invalid_as(errors, &amount.to_string(), "must be an integer");
    }
}

/// Requests and limits of a container or pod.
// Models validateResourceRequirements.
pub(super) fn requirements(at: &At<'_, '_>, names: Names, errors: &mut FieldErrors) {
    if !at.is_set() {
        return;
    }
    let (limits, requests) = (at.get("limits"), at.get("requests"));
    for (name, amount) in limits.entries() {
        check_name(name, &amount, names, errors);
        check_amount(name, &amount, errors);
    }
    for (name, amount) in requests.entries() {
        check_name(name, &amount, names, errors);
        check_amount(name, &amount, errors);
        compare(name, amount.quantity(), &limits, &requests, errors);
    }
    let named = |test: fn(&str) -> bool| limits.entries().chain(requests.entries()).any(|(name, _)| test(name));
    if named(is_huge_pages) && !named(|name| matches!(name, "cpu" | "memory")) {
        at.forbidden(errors, "HugePages require cpu or memory");
    }
}

/// A request may not be more than its limit, and must equal it where it cannot be promised twice.
fn compare(
    name: &str,
    request: Option<Quantity>,
    limits: &At<'_, '_>,
    requests: &At<'_, '_>,
    errors: &mut FieldErrors,
) {
    let Some(request) = request else { return };
    let overcommit = is_overcommit_allowed(name);
    match limits.get(name).quantity() {
        Some(limit) if request != limit && !overcommit => {
            let detail = format!("must be equal to {name} limit of {limit}");
            requests.invalid_as(errors, &request.to_string(), detail);
        }
        Some(limit) if request > limit => {
            let detail = format!("must be less than or equal to {name} limit of {limit}");
            requests.invalid_as(errors, &request.to_string(), detail);
        }
        None if !overcommit => limits.required(errors, "Limit must be set for non overcommitable resources"),
        _ => {}
    }
}
