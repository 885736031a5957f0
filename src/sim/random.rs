//! Seeded randomness: one stream per (component, object, purpose), integers only.

use std::hash::Hasher;

use super::StableHasher;

/// A stream of pseudo-random integers (splitmix64).
///
/// Its start depends on the seed and on who asks for what, so that adding one object does not shift another's draws.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    state: u64,
}

impl Stream {
    /// The stream of `path` (component, object, purpose) under `seed`.
    #[must_use]
    pub fn new(seed: u64, path: &[&str]) -> Self {
        let mut hasher = StableHasher::default();
        hasher.write_u64(seed);
        for part in path {
            hasher.write(part.as_bytes());
            hasher.write(&[0xff]);
        }
        let mut stream = Self { state: hasher.finish() };
        stream.next_u64();
        stream
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which must not be zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "no number is below zero");
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).expect("the high half of 128 bits has 64")
    }
}

impl Stream {
    /// A place in a list of `length` elements, which must not be empty.
    pub fn pick(&mut self, length: usize) -> usize {
        let place = self.below(length as u64);
        usize::try_from(place).expect("a place below a usize is one")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_path_and_not_by_order_of_use() {
        let mut a = Stream::new(7, &["kubelet", "pod-a", "pull"]);
        let mut b = Stream::new(7, &["kubelet", "pod-b", "pull"]);
        let first = (a.next_u64(), b.next_u64());
        let mut b = Stream::new(7, &["kubelet", "pod-b", "pull"]);
        let mut a = Stream::new(7, &["kubelet", "pod-a", "pull"]);
        assert_eq!((first.1, first.0), (b.next_u64(), a.next_u64()));
        assert_ne!(first.0, first.1);
    }

    #[test]
    fn below_stays_below() {
        let mut stream = Stream::new(1, &["t"]);
        for bound in [1, 2, 7, 27, 1 << 40] {
            for _ in 0..100 {
                assert!(stream.below(bound) < bound);
            }
        }
    }
}
