//! Hashes of pod templates: `pod-template-hash`, `controller-revision-hash` and the names of revisions.
//!
//! The same template has the same hash as in Kubernetes, so names of ReplicaSets match those of a real cluster. It is
//! computed over a printed form of the Go struct, which the schema table gives the field order and types of.

mod dump;

use std::fmt::{self, Write};

use serde_json::{Value, json};

use super::schema::struct_of;

/// Letters of names: no vowels and no digits that look like one.
const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Hash of a pod template with its defaults, as Deployments and DaemonSets label their pods with. The collision count
/// is that of the owner's status.
// Models pkg/controller/controller_utils.go ComputeHash
pub fn pod_template_hash(template: &Value, collision_count: Option<i32>) -> String {
    let mut hasher = Fnv32::new(true);
    if let Some(of) = struct_of("core", "PodTemplateSpec") {
        dump::structure(&mut hasher, of, Some(template)).expect("a hasher takes all text");
    }
    if let Some(count) = collision_count {
        hasher.bytes(&count.to_le_bytes());
        hasher.bytes(&[0; 4]);
    }
    safe_encode(hasher.state)
}

/// What a ControllerRevision keeps of a StatefulSet or DaemonSet: a patch that puts this template in.
// Models pkg/controller/statefulset getPatch, pkg/controller/daemon getPatch
pub fn revision_data(template: &Value) -> Value {
    let mut template = template.clone();
    template["$patch"] = json!("replace");
    json!({"spec": {"template": template}})
}

/// Hash of a ControllerRevision's data, as StatefulSets label their pods with. The probe is the collision count.
// Models pkg/controller/history HashControllerRevision
pub fn controller_revision_hash(data: &Value, probe: Option<i32>) -> String {
    let mut hasher = Fnv32::new(false);
    hasher.bytes(go_json(data).as_bytes());
    if let Some(probe) = probe {
        hasher.bytes(probe.to_string().as_bytes());
    }
    safe_encode(hasher.state)
}

/// JSON as Go writes it: keys sorted, no spaces, and the signs of HTML escaped.
pub fn go_json(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}

/// Hash of a value of a core type, by which Kubernetes puts lists in an order that says nothing.
// Models pkg/util/hash DeepHashObject with hash/fnv New128a
pub fn deep_hash(kind: &str, value: &Value) -> u128 {
    let mut hasher = Fnv128(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
    if let Some(of) = struct_of("core", kind) {
        dump::structure(&mut hasher, of, Some(value)).expect("a hasher takes all text");
    }
    hasher.0
}

/// FNV-1a in 128 bits.
struct Fnv128(u128);

impl Write for Fnv128 {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        const PRIME: u128 = (1 << 88) + 0x13b;
        for byte in text.bytes() {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(PRIME);
        }
        Ok(())
    }
}

/// The number's digits in the letters of names.
// Models k8s.io/apimachinery/pkg/util/rand SafeEncodeString
fn safe_encode(number: u32) -> String {
    number
        .to_string()
        .bytes()
        .map(|digit| char::from(LETTERS[usize::from(digit) % LETTERS.len()]))
        .collect()
}

/// The hash of Fowler, Noll and Vo in 32 bits.
struct Fnv32 {
    state: u32,
    /// FNV-1a takes the byte in before it multiplies, FNV-1 after.
    takes_first: bool,
}

impl Fnv32 {
    const PRIME: u32 = 16_777_619;

    fn new(takes_first: bool) -> Self {
        Self {
            state: 2_166_136_261,
            takes_first,
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.state = if self.takes_first {
                (self.state ^ u32::from(byte)).wrapping_mul(Self::PRIME)
            } else {
                self.state.wrapping_mul(Self::PRIME) ^ u32::from(byte)
            };
        }
    }
}

impl Write for Fnv32 {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_hashes_are_those_of_go() {
        let mut hasher = Fnv128(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        hasher.write_str("a").expect("a hasher takes all text");
        assert_eq!(hasher.0, 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }

    #[test]
    fn digits_become_letters() {
        assert_eq!(safe_encode(0), "4");
        assert_eq!(safe_encode(1_234_567_890), "56789bcdf4");
    }

    #[test]
    fn json_is_written_as_go_writes_it() {
        assert_eq!(
            go_json(&json!({"b": "<a & b>", "a": 1})),
            r#"{"a":1,"b":"\u003ca \u0026 b\u003e"}"#
        );
    }

    #[test]
    fn collision_counts_change_the_hash() {
        let template = json!({"spec": {"containers": [{"name": "a"}]}});
        let hash = pod_template_hash(&template, None);
        assert_eq!(hash, pod_template_hash(&template, None));
        assert_ne!(hash, pod_template_hash(&template, Some(0)));
        assert_ne!(
            pod_template_hash(&template, Some(1)),
            pod_template_hash(&template, Some(0))
        );
    }
}
