//! Rules for amounts of resources.
// Models pkg/apis/core/validation/validation.go and pkg/apis/core/helper/helpers.go.

use super::at::At;
use crate::api::names::{FieldError, FieldErrors, is_qualified_name};
use crate::api::quantity::Quantity;
use crate::sim::Arrange;

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
pub(super) fn is_overcommit_allowed(name: &str) -> bool {
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
pub(super) fn is_standard_for_quota(name: &str) -> bool {
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
    let whole = COUNTED.contains(&name) || is_extended(name);
    if whole && amount.milli_value() % 1000 != 0 {
        at.invalid_as(errors, &amount.to_string(), "must be an integer");
    }
}

/// Requests and limits of a container or pod.
// Models validateResourceRequirements.
pub(super) fn requirements(at: &At<'_, '_>, names: Names, claims: &[&str], errors: &mut FieldErrors) {
    if !at.is_set() {
        return;
    }
    let (limits, requests) = (at.get("limits"), at.get("requests"));
    for (name, amount) in limits.entries() {
        check_name(name, &amount, names, errors);
        check_amount(name, &amount, errors);
        check_pages(name, &amount, errors);
    }
    for (name, amount) in requests.entries() {
        check_name(name, &amount, names, errors);
        check_amount(name, &amount, errors);
        compare(name, amount.quantity(), &limits, &requests, errors);
        check_pages(name, &amount, errors);
    }
    let named = |test: fn(&str) -> bool| limits.entries().chain(requests.entries()).any(|(name, _)| test(name));
    if named(is_huge_pages) && !named(|name| matches!(name, "cpu" | "memory")) {
        at.forbidden(errors, "HugePages require cpu or memory");
    }
    claim_names(&at.get("claims"), claims, errors);
}

/// Pages come whole.
// Models validateResourceQuantityHugePageValue.
fn check_pages(name: &str, at: &At<'_, '_>, errors: &mut FieldErrors) {
    let Some(size) = name.strip_prefix("hugepages-") else {
        return;
    };
    let size = serde_json::Value::from(size);
    let size = At::new(&size, at.path).quantity().map_or(0, |size| size.value());
    let Some(amount) = at.quantity() else { return };
    if size <= 0 || amount.value() % size != 0 {
        let detail = format!("{amount} is not positive integer multiple of {name}");
        at.invalid_as(errors, &amount.to_string(), detail);
    }
}

// Models validateResourceClaimNames.
fn claim_names(at: &At<'_, '_>, known: &[&str], errors: &mut FieldErrors) {
    let mut seen: Vec<String> = Vec::new();
    for claim in at.items() {
        let (name, request) = (claim.get("name"), claim.get("request"));
        let name = name.told_as(claim.path);
        if name.text().is_empty() {
            name.required(errors, "");
            continue;
        }
        let part = |request: &str| [name.text(), "/", request].concat();
        if seen.iter().any(|key| key == name.text()) {
            name.duplicate(errors);
        } else if request.text().is_empty() {
            if seen.iter().any(|key| key.starts_with(&part(""))) {
                name.duplicate(errors);
            }
            seen.push(name.text().to_owned());
        } else {
            request.rule(errors, crate::api::names::is_dns1123_label(request.text()));
            let key = part(request.text());
            if seen.contains(&key) {
                errors.push(FieldError::duplicate(&name.path, key.as_str()));
            }
            seen.push(key);
        }
        if !known.contains(&name.text()) {
            let mut error = FieldError::not_found(&name.path, name.text());
            let mut names = known.to_vec();
            names.arrange();
            error.detail = if names.is_empty() {
                "must be one of the names in pod.spec.resourceClaims which is empty".to_owned()
            } else {
                [
                    "must be one of the names in pod.spec.resourceClaims: ",
                    &names.join(", "),
                ]
                .concat()
            };
            errors.push(error);
        }
    }
}

/// The containers fit into what their pod asks for as a whole.
// Models validatePodResourceConsistency.
pub(super) fn fit_in_pod(spec: &At<'_, '_>, at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (requests, limits) = (at.get("requests"), at.get("limits"));
    let sums = |what: &str, name: &str| aggregate(spec, what, name);
    for (name, amount) in requests.entries() {
        let (Some(own), Some(sum)) = (amount.quantity(), sums("requests", name)) else {
            continue;
        };
        if sum > own {
            let detail = format!("must be greater than or equal to aggregate container requests of {sum}");
            amount.invalid_as(errors, &own.to_string(), detail);
        }
    }
    for (name, amount) in limits.entries().filter(|(name, _)| is_huge_pages(name)) {
        let (Some(own), Some(sum)) = (amount.quantity(), sums("limits", name)) else {
            continue;
        };
        if sum > own {
            let detail = format!("must be greater than or equal to aggregate container limits of {sum}");
            amount.invalid_as(errors, &own.to_string(), detail);
        }
    }
    let told = at.path.child("containers");
    for (index, container) in spec.get("containers").items().enumerate() {
        let resources = container.get("resources");
        for (name, amount) in resources.get("limits").entries() {
            let (Some(own), Some(whole)) = (amount.quantity(), limits.get(name).quantity()) else {
                continue;
            };
            if own > whole {
                let (item, detail) = (
                    told.index(index),
                    format!("must be less than or equal to pod limits of {whole}"),
                );
                errors.push(FieldError::invalid(
                    &item.key(name).child("limits"),
                    &own.to_string(),
                    detail,
                ));
            }
        }
    }
}

/// What the containers of a pod ask for together at most: those that run side by side, or the largest that runs before.
// Models component-helpers/resource AggregateContainerRequests.
fn aggregate(spec: &At<'_, '_>, what: &str, name: &str) -> Option<Quantity> {
    let of = |container: &At<'_, '_>| container.get("resources").get(what).get(name).quantity();
    let mut found = false;
    let mut sum = Quantity::default();
    let mut add = |sum: &mut Quantity, amount: Option<Quantity>| {
        if let Some(amount) = amount {
            found = true;
            sum.add(&amount);
        }
    };
    let mut peak = Quantity::default();
    let mut sidecars = Quantity::default();
    for container in spec.get("initContainers").items() {
        let mut now = sidecars.clone();
        add(&mut now, of(&container));
        if container.get("restartPolicy").text() == "Always" {
            sidecars = now.clone();
        }
        peak = peak.max(now);
    }
    for container in spec.get("containers").items() {
        add(&mut sum, of(&container));
    }
    sum.add(&sidecars);
    found.then(|| sum.max(peak))
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
