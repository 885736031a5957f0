//! Files of a volume that come to lie on the same path.
// Models pkg/api/pod/warnings.go warningsForOverlappingVirtualPaths.

use super::Warnings;
use crate::api::names::quote;
use crate::api::validation::at::At;

/// A path and what puts a file there.
#[derive(Clone, PartialEq)]
struct Place {
    path: String,
    source: String,
}

impl Place {
    fn new(path: &str, source: &str) -> Self {
        Self {
            path: path.trim_end_matches('/').to_owned(),
            source: source.to_owned(),
        }
    }

    fn shown(&self) -> String {
        if self.source.is_empty() {
            quote(&self.path)
        } else {
            [&quote(&self.path), " (", &self.source, ")"].concat()
        }
    }

    // Models checkForOverlap.
    fn overlaps(&self, other: &Self) -> bool {
        let (a, b) = ([&self.path, "/"].concat(), [&other.path, "/"].concat());
        !self.path.is_empty() && !other.path.is_empty() && (a.starts_with(&b) || b.starts_with(&a))
    }
}

pub(super) fn volume(volume: &At<'_, '_>, out: &mut Warnings) {
    let name = volume.get("name").text();
    for (field, named, word) in [
        ("configMap", "name", "ConfigMap"),
        ("secret", "secretName", "Secret"),
        ("downwardAPI", "", "DownwardAPI"),
    ] {
        let source = volume.get(field);
        let what = titled(word, source.get(named).text(), !named.is_empty());
        check(name, &what, &items(&source, ""), out);
    }
    let projected = volume.get("projected");
    let mut all = Vec::new();
    for source in projected.get("sources").items() {
        if source.len() == 0 {
            out.say(&["volume ", &quote(name), " (Projected) has no sources provided"].concat());
        }
        all.extend(places(&source));
    }
    check(name, "Projected", &all, out);
}

fn titled(word: &str, name: &str, is_named: bool) -> String {
    if is_named {
        [word, " ", &quote(name)].concat()
    } else {
        word.to_owned()
    }
}

fn items(source: &At<'_, '_>, title: &str) -> Vec<Place> {
    let items = source.get("items");
    items
        .items()
        .map(|item| Place::new(item.get("path").text(), title))
        .collect()
}

/// Where the files of a source of a projected volume lie.
fn places(source: &At<'_, '_>) -> Vec<Place> {
    for (field, word) in [
        ("configMap", "ConfigMap"),
        ("secret", "Secret"),
        ("downwardAPI", "DownwardAPI"),
    ] {
        let one = source.get(field);
        if one.is_set() && one.get("items").is_set() {
            return items(&one, &titled(word, one.get("name").text(), field != "downwardAPI"));
        }
    }
    let token = source.get("serviceAccountToken");
    if token.is_set() {
        return vec![Place::new(token.get("path").text(), "ServiceAccountToken")];
    }
    let bundle = source.get("clusterTrustBundle");
    if bundle.is_set() {
        let name = if bundle.get("name").is_set() {
            bundle.get("name").text()
        } else {
            bundle.get("signerName").text()
        };
        return vec![Place::new(
            bundle.get("path").text(),
            &titled("ClusterTrustBundle", name, true),
        )];
    }
    let certificate = source.get("podCertificate");
    let parts = [
        ("certificateChainPath", "PodCertificate chain"),
        ("keyPath", "PodCertificate key"),
        ("credentialBundlePath", "PodCertificate credential bundle"),
    ];
    parts
        .iter()
        .filter(|(field, _)| certificate.get(field).is_filled())
        .map(|(field, word)| Place::new(certificate.get(field).text(), word))
        .collect()
}

fn check(volume: &str, what: &str, places: &[Place], out: &mut Warnings) {
    for (index, place) in places.iter().enumerate() {
        for other in places[..index].iter().filter(|other| place.overlaps(other)) {
            let text = format!(
                "volume {} ({what}): overlapping paths: {} with {}",
                quote(volume),
                place.shown(),
                other.shown()
            );
            out.say(&text);
        }
    }
}
