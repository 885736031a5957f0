//! Kinds by number.

use super::schema::kinds::{KINDS, KindInfo};

/// A kind of object: its place in the table of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(u16);

const ALL: [Kind; KINDS.len()] = {
    let mut all = [Kind(0); KINDS.len()];
    let mut index = 0;
    while index < KINDS.len() {
        assert!(index <= u16::MAX as usize, "kinds are numbered by 16 bits");
        #[expect(
            clippy::cast_possible_truncation,
            reason = "asserted above; const functions know no try_from"
        )]
        let kind = Kind(index as u16);
        all[index] = kind;
        index += 1;
    }
    all
};

impl Kind {
    /// All kinds, in the order of the table.
    pub const ALL: &'static [Self] = &ALL;

    /// The kind of that group and name. Evaluated while compiling, where an unknown name is an error.
    #[must_use]
    pub const fn named(group: &str, kind: &str) -> Self {
        let mut index = 0;
        while index < KINDS.len() {
            if same(KINDS[index].group, group) && same(KINDS[index].kind, kind) {
                assert!(index <= u16::MAX as usize, "kinds are numbered by 16 bits");
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "asserted above; const functions know no try_from"
                )]
                return Self(index as u16);
            }
            index += 1;
        }
        panic!("the table of kinds has no such kind");
    }

    /// The kind of that API version (`apps/v1`) and name.
    #[must_use]
    pub fn find(api_version: &str, kind: &str) -> Option<Self> {
        Self::first(|info| info.kind == kind && info.api_version() == api_version).map(Self::stored)
    }

    /// The kind of that group, version and plural, as in the paths of the REST API.
    #[must_use]
    pub fn by_plural(group: &str, version: &str, plural: &str) -> Option<Self> {
        Self::first(|info| info.plural == plural && info.group == group && info.version == version).map(Self::stored)
    }

    /// The version in which objects of this kind are kept: those of Gateway API and autoscalers are one and the same in all
    /// versions, and the table names the preferred one first.
    #[must_use]
    fn stored(self) -> Self {
        let info = self.info();
        if ![super::gateway::GROUP, super::autoscaling::GROUP].contains(&info.group) {
            return self;
        }
        Self::first(|other| other.group == info.group && other.kind == info.kind).unwrap_or(self)
    }

    /// The first kind that passes `test`.
    #[must_use]
    pub fn first(test: impl Fn(&KindInfo) -> bool) -> Option<Self> {
        let index = KINDS.iter().position(test)?;
        u16::try_from(index).ok().map(Self)
    }

    /// The kind that the table describes so.
    #[must_use]
    pub fn described(info: &KindInfo) -> Option<Self> {
        Self::first(|other| other == info).map(Self::stored)
    }

    /// All kinds, one by one.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied()
    }

    /// What the table says of it.
    #[must_use]
    pub fn info(self) -> &'static KindInfo {
        &KINDS[usize::from(self.0)]
    }

    /// Its place in the table.
    #[must_use]
    pub const fn index(self) -> u16 {
        self.0
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
