//! Draws from a seed.

use kubarium::sim::Stream;

/// A stream of draws for one purpose.
pub(crate) struct Draw(Stream);

impl Draw {
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        Self(Stream::new(seed, &["sweep", purpose]))
    }

    /// A number from `least` to `most`.
    pub(crate) fn number(&mut self, least: u64, most: u64) -> u64 {
        least + self.0.below(most - least + 1)
    }

    /// True `count` times out of a hundred.
    pub(crate) fn percent(&mut self, count: u64) -> bool {
        self.0.below(100) < count
    }

    /// One of `choices`.
    pub(crate) fn one<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.0.pick(choices.len())]
    }

    /// `text` so often out of a hundred, else nothing.
    pub(crate) fn maybe(&mut self, count: u64, text: &str) -> String {
        if self.percent(count) {
            text.to_owned()
        } else {
            String::new()
        }
    }
}
