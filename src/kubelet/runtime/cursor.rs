//! A place in a sequence: what hand-written parsers move along.

/// Items and a place among them.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<T> {
    items: Vec<T>,
    at: u32,
}

impl<T> Cursor<T> {
    pub(crate) const fn new(items: Vec<T>) -> Self {
        Self { items, at: 0 }
    }

    /// What is still to come.
    pub(crate) fn rest(&self) -> &[T] {
        self.items.get(self.at as usize..).unwrap_or_default()
    }

    /// The item here.
    pub(crate) fn peek(&self) -> Option<&T> {
        self.items.get(self.at as usize)
    }

    /// The item so many places further.
    pub(crate) fn peek_at(&self, ahead: usize) -> Option<&T> {
        self.items.get(self.at as usize + ahead)
    }

    /// Moves on.
    pub(crate) fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// The place, to come back to or to measure.
    pub(crate) const fn place(&self) -> u32 {
        self.at
    }

    /// Moves to a place.
    pub(crate) const fn go(&mut self, place: u32) {
        self.at = place;
    }

    /// The items from a place on.
    pub(crate) fn since(&self, place: u32) -> &[T] {
        self.items.get(place as usize..).unwrap_or_default()
    }

    /// The items between two places.
    pub(crate) fn between(&self, from: u32, to: u32) -> &[T] {
        self.items.get(from as usize..to as usize).unwrap_or_default()
    }
}
