//! Which volume a claim gets.
// Models pkg/controller/volume/persistentvolume/index.go.

use std::rc::Rc;

use crate::api::Str;
use crate::api::component_helpers::find_matching_volume;
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim};
use crate::sim::Arrange;

/// The volume for a claim: the one that is bound to it, else the smallest that fits among those with the fewest access
/// modes. A claim that waits for its consumer (`waits`) gets none but the one that is bound to it.
// Models findBestMatchForClaim.
#[must_use]
pub fn find_best<'a>(
    claim: &PersistentVolumeClaim,
    volumes: &[&'a Rc<PersistentVolume>],
    waits: bool,
) -> Option<&'a Rc<PersistentVolume>> {
    let mut offers: Vec<Vec<&Str>> = volumes.iter().map(|volume| modes(volume)).collect();
    offers.retain(|offer| claim.spec.access_modes.iter().all(|mode| offer.contains(&mode)));
    offers.arrange_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    offers.dedup();
    offers.iter().find_map(|offer| {
        let of_these = volumes.iter().copied().filter(|volume| modes(volume) == *offer);
        find_matching_volume(claim, of_these, None, waits)
    })
}

fn modes(volume: &PersistentVolume) -> Vec<&Str> {
    let mut modes: Vec<&Str> = volume.spec.access_modes.iter().collect();
    modes.arrange();
    modes
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::lean;

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
        let once = &["ReadWriteOnce"];
        let volumes = [
            volume("many", "1Gi", &["ReadWriteOnce", "ReadOnlyMany"], &none),
            volume("big", "9Gi", once, &none),
            volume("small", "2Gi", once, &none),
            volume("block", "1Gi", once, &json!({"volumeMode": "Block"})),
            volume("fast", "1Gi", once, &json!({"storageClassName": "fast"})),
            volume(
                "taken",
                "1Gi",
                once,
                &json!({"claimRef": {"name": "other", "namespace": "d"}}),
            ),
            volume(
                "mine",
                "20Gi",
                once,
                &json!({"claimRef": {"name": "own", "namespace": "d"}}),
            ),
        ];
        let volumes = volumes.map(|volume| Rc::new(lean::decode::<PersistentVolume>(volume).expect("a volume")));
        let volumes: Vec<_> = volumes.iter().collect();
        for (name, size, spec, waits, want) in [
            ("c", "1Gi", json!({}), false, Some("small")),
            ("c", "1Gi", json!({}), true, None),
            ("own", "1Gi", json!({}), true, Some("mine")),
            ("c", "3Gi", json!({}), false, Some("big")),
            (
                "c",
                "1Gi",
                json!({"accessModes": ["ReadOnlyMany"]}),
                false,
                Some("many"),
            ),
            ("c", "1Gi", json!({"volumeMode": "Block"}), false, Some("block")),
            ("c", "1Gi", json!({"storageClassName": "fast"}), false, Some("fast")),
            ("own", "1Gi", json!({}), false, Some("mine")),
            ("c", "30Gi", json!({}), false, None),
            (
                "c",
                "1Gi",
                json!({"selector": {"matchLabels": {"a": "b"}}}),
                false,
                None,
            ),
        ] {
            let mut claim = volume(name, size, once, &spec);
            claim["metadata"]["namespace"] = json!("d");
            claim["spec"]["resources"] = json!({"requests": {"storage": size}});
            let claim: PersistentVolumeClaim = lean::decode(claim).expect("a claim");
            let got = find_best(&claim, &volumes, waits).map(|volume| &*volume.meta.name);
            assert_eq!(got, want, "{name} {size} {spec}");
        }
    }
}
