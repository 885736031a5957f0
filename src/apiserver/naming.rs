//! Names and uids that the server gives.

use super::server::ApiServer;
use super::store::Key;
use crate::api::{Object, Str};
use crate::sim::Stream;

/// No vowels and no digits that look like letters.
// Models k8s.io/apimachinery/pkg/util/rand/rand.go alphanums.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
/// Longest base of a generated name: 63 less five random characters.
const BASE_LENGTH_MAX: usize = 58;
/// Tries before the server gives up on a free name.
const TRIES: u64 = 8;

/// Gives an object with `generateName` a name that is free.
// Models k8s.io/apiserver/pkg/storage/names/generate.go.
pub(super) fn name(server: &ApiServer, object: &mut Object) {
    let meta = object.meta();
    if !meta.name.is_empty() || meta.generate_name.is_empty() {
        return;
    }
    let base: String = meta.generate_name.chars().take(BASE_LENGTH_MAX).collect();
    let namespace = meta.namespace.clone();
    let purpose = format!("{}/{base}/{}", namespace, server.uid_count);
    let mut stream = Stream::new(server.seed, &["apiserver", &purpose, "name"]);
    let mut name = String::new();
    for _ in 0..TRIES {
        name = format!("{base}{}", suffix(&mut stream));
        if server.get_object(object.kind(), &Key::new(&namespace, &name)).is_none() {
            break;
        }
    }
    object.meta_mut().name = name.into();
}

/// Five random characters.
pub(super) fn suffix(stream: &mut Stream) -> String {
    (0..5)
        .map(|_| char::from(ALPHABET[stream.pick(ALPHABET.len())]))
        .collect()
}

/// The next uid: a random UUID (version 4) of the seed.
pub(super) fn uid(seed: u64, count: &mut u64) -> Str {
    *count += 1;
    let mut stream = Stream::new(seed, &["apiserver", &count.to_string(), "uid"]);
    let (a, b) = (stream.next_u64(), stream.next_u64());
    let version = (a & 0xffff_ffff_ffff_0fff) | 0x4000;
    let variant = (b & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
    let (time_low, time_mid, time_high) = (version >> 32, version >> 16 & 0xffff, version & 0xffff);
    format!(
        "{time_low:08x}-{time_mid:04x}-{time_high:04x}-{:04x}-{:012x}",
        variant >> 48,
        variant & 0xffff_ffff_ffff
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_are_uuids_of_version_4_and_differ() {
        let mut count = 0;
        let (a, b) = (uid(1, &mut count), uid(1, &mut count));
        assert_ne!(a, b);
        for id in [a, b] {
            let parts: Vec<&str> = id.split('-').collect();
            assert_eq!(
                parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
                [8, 4, 4, 4, 12]
            );
            assert!(parts[2].starts_with('4'), "{id}");
            assert!("89ab".contains(&parts[3][..1]), "{id}");
        }
    }
}
