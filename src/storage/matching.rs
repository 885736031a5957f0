//! Which volume a claim gets.
// Models pkg/controller/volume/persistentvolume/index.go and component-helpers/storage/volume/pv_helpers.go.

use crate::sim::Arrange;
use std::cmp::Ordering;

use serde_json::Value;

use crate::api::labels::{LabelSelector, Labels, Selector};
use crate::api::lean::Field;
use crate::api::quantity::Quantity;

const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// The volume for a claim, both in their JSON form: the one that is bound to it, else the smallest that fits among those
/// with the fewest access modes.
// Models findBestMatchForClaim.
#[must_use]
pub fn find_best<'a>(claim: &Value, volumes: &'a [Value]) -> Option<&'a Value> {
    let wanted = modes(claim);
    let mut offers: Vec<Vec<&str>> = volumes.iter().map(modes).collect();
    offers.retain(|offer| wanted.iter().all(|mode| offer.contains(mode)));
    offers.arrange_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    offers.dedup();
    offers
        .iter()
        .find_map(|offer| find(claim, volumes.iter().filter(|volume| modes(volume) == *offer)))
}

fn modes(object: &Value) -> Vec<&str> {
    let modes = object["spec"]["accessModes"].as_array().into_iter().flatten();
    let mut modes: Vec<&str> = modes.filter_map(Value::as_str).collect();
    modes.arrange();
    modes
}

// Models FindMatchingVolume.
fn find<'a>(claim: &Value, volumes: impl Iterator<Item = &'a Value>) -> Option<&'a Value> {
    let spec = &claim["spec"];
    let wanted = quantity(&spec["resources"]["requests"]["storage"]);
    let selector = selector(&spec["selector"])?;
    let mut best: Option<(Quantity, &Value)> = None;
    for volume in volumes {
        let bound = is_bound_to(volume, claim);
        let size = quantity(&volume["spec"]["capacity"]["storage"]);
        let is_taken = !volume["spec"]["claimRef"].is_null() && !bound;
        let has_other_attributes =
            text(spec, "volumeAttributesClassName") != text(&volume["spec"], "volumeAttributesClassName");
        let is_leaving = !volume["metadata"]["deletionTimestamp"].is_null();
        if is_taken
            || size.cmp(&wanted) == Ordering::Less
            || modes_mismatch(spec, &volume["spec"])
            || has_other_attributes
            || is_leaving
        {
            continue;
        }
        if bound {
            return Some(volume);
        }
        let fits = volume["status"]["phase"] == "Available"
            && selector.matches(&labels(volume))
            && class(volume) == class(claim);
        if fits && best.as_ref().is_none_or(|(least, _)| *least > size) {
            best = Some((size, volume));
        }
    }
    best.map(|(_, volume)| volume)
}

/// Whether a claim and a volume differ in their volume modes; absent ones are `Filesystem`.
// Models CheckVolumeModeMismatches.
#[must_use]
pub fn modes_mismatch(claim_spec: &Value, volume_spec: &Value) -> bool {
    let mode = |spec: &Value| spec["volumeMode"].as_str().unwrap_or("Filesystem").to_owned();
    mode(claim_spec) != mode(volume_spec)
}

// Models IsVolumeBoundToClaim.
fn is_bound_to(volume: &Value, claim: &Value) -> bool {
    let reference = &volume["spec"]["claimRef"];
    let same = |field: &str| text(reference, field) == text(&claim["metadata"], field);
    !reference.is_null() && same("name") && same("namespace") && (text(reference, "uid").is_empty() || same("uid"))
}

// Models GetPersistentVolumeClass and GetPersistentVolumeClaimClass.
fn class(object: &Value) -> &str {
    let annotated = &object["metadata"]["annotations"][CLASS_ANNOTATION];
    annotated
        .as_str()
        .unwrap_or_else(|| text(&object["spec"], "storageClassName"))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn quantity(value: &Value) -> Quantity {
    let mut quantity = Quantity::default();
    if !value.is_null() && quantity.set(value.clone()).is_err() {
        return Quantity::default();
    }
    quantity
}

fn labels(object: &Value) -> Labels {
    let mut labels = Labels::default();
    let given = &object["metadata"]["labels"];
    if !given.is_null() && labels.set(given.clone()).is_err() {
        return Labels::default();
    }
    labels
}

/// A claim without a selector takes any volume; one whose selector has no meaning takes none.
fn selector(value: &Value) -> Option<Selector> {
    let mut selector = LabelSelector::default();
    if !value.is_null() {
        selector.set(value.clone()).ok()?;
    }
    Selector::from_label_selector(Some(&selector)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn volume(name: &str, size: &str, modes: &[&str], spec: &Value) -> Value {
        let mut volume = json!({
            "metadata": {"name": name}, "status": {"phase": "Available"},
            "spec": {"capacity": {"storage": size}, "accessModes": modes},
        });
        for (field, value) in spec.as_object().into_iter().flatten() {
            volume["spec"][field] = value.clone();
        }
        volume
    }

    #[test]
    fn the_smallest_that_fits() {
        let none = json!({});
        let volumes = [
            volume("many", "1Gi", &["ReadWriteOnce", "ReadOnlyMany"], &none),
            volume("big", "9Gi", &["ReadWriteOnce"], &none),
            volume("small", "2Gi", &["ReadWriteOnce"], &none),
            volume("block", "1Gi", &["ReadWriteOnce"], &json!({"volumeMode": "Block"})),
            volume("fast", "1Gi", &["ReadWriteOnce"], &json!({"storageClassName": "fast"})),
            volume(
                "taken",
                "1Gi",
                &["ReadWriteOnce"],
                &json!({"claimRef": {"name": "other", "namespace": "d"}}),
            ),
            volume(
                "mine",
                "20Gi",
                &["ReadWriteOnce"],
                &json!({"claimRef": {"name": "own", "namespace": "d"}}),
            ),
        ];
        for (name, size, spec, want) in [
            ("c", "1Gi", json!({}), Some("small")),
            ("c", "3Gi", json!({}), Some("big")),
            ("c", "1Gi", json!({"accessModes": ["ReadOnlyMany"]}), Some("many")),
            ("c", "1Gi", json!({"volumeMode": "Block"}), Some("block")),
            ("c", "1Gi", json!({"storageClassName": "fast"}), Some("fast")),
            ("own", "1Gi", json!({}), Some("mine")),
            ("c", "30Gi", json!({}), None),
            ("c", "1Gi", json!({"selector": {"matchLabels": {"a": "b"}}}), None),
        ] {
            let mut claim = volume(name, size, &["ReadWriteOnce"], &spec);
            claim["metadata"]["namespace"] = json!("d");
            claim["spec"]["resources"] = json!({"requests": {"storage": size}});
            let got = find_best(&claim, &volumes).and_then(|volume| volume["metadata"]["name"].as_str());
            assert_eq!(got, want, "{name} {size} {spec}");
        }
    }
}
