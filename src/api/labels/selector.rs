//! Selectors ready to match.

use crate::sim::Arrange;
use std::fmt;

use super::{Labels, Operator, Requirement};
use crate::api::Str;

/// A choice of objects by their labels: all requirements must hold.
// Models apimachinery/pkg/labels Selector
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selector {
    /// Matches no object at all.
    Nothing,
    /// Matches where all requirements hold, which are in the order of their keys; everything if there are none.
    All(Vec<Requirement>),
}

impl Selector {
    /// Matches all objects.
    pub const fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// A selector of these requirements.
    pub fn new(mut requirements: Vec<Requirement>) -> Self {
        requirements.arrange_by(|a, b| a.key().cmp(b.key()));
        Self::All(requirements)
    }

    /// Matches objects that have all these labels. Does not check them.
    // Models apimachinery/pkg/labels SelectorFromSet
    pub fn from_set(labels: &Labels) -> Self {
        let requirements = labels
            .iter()
            .map(|(key, value)| Requirement::equals(key.clone(), value.clone()));
        Self::All(requirements.collect())
    }

    /// Whether the selector chooses an object with these labels.
    pub fn matches(&self, labels: &Labels) -> bool {
        match self {
            Self::Nothing => false,
            Self::All(requirements) => requirements.iter().all(|requirement| requirement.matches(labels)),
        }
    }

    /// Whether the selector matches all objects.
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::All(requirements) if requirements.is_empty())
    }

    /// The requirements; none for [`Self::Nothing`] too.
    pub fn requirements(&self) -> &[Requirement] {
        match self {
            Self::Nothing => &[],
            Self::All(requirements) => requirements,
        }
    }

    /// The one value that a label must have, if the selector fixes it. Lets an index answer.
    // Models apimachinery/pkg/labels Selector.RequiresExactMatch
    pub fn requires_exact_match(&self, key: &str) -> Option<&Str> {
        let requirement = self
            .requirements()
            .iter()
            .find(|requirement| &**requirement.key() == key)?;
        match (requirement.operator(), requirement.values()) {
            (Operator::Equals | Operator::DoubleEquals | Operator::In, [value]) => Some(value),
            _ => None,
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, requirement) in self.requirements().iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            write!(f, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::labels_of;
    use super::*;

    #[test]
    fn matching() {
        let labels = labels_of(&[("app", "web"), ("size", "10"), ("empty", "")]);
        for (text, want) in [
            ("", true),
            ("app=web", true),
            ("app==web,size", true),
            ("app!=web", false),
            ("app!=db,other!=x", true),
            ("app in (web,db)", true),
            ("app notin (web)", false),
            ("other notin (web)", true),
            ("other in (web)", false),
            ("!other", true),
            ("!app", false),
            ("empty=", true),
            ("size>9,size<11", true),
            ("size>10", false),
            ("app>1", false),
            ("other<1", false),
        ] {
            let selector = Selector::parse(text).unwrap();
            assert_eq!(selector.matches(&labels), want, "{text}");
        }
        assert!(!Selector::Nothing.matches(&labels));
    }

    #[test]
    fn selectors_from_labels() {
        let set = labels_of(&[("b", "2"), ("a", "1")]);
        let selector = Selector::from_set(&set);
        assert_eq!(selector.to_string(), "a=1,b=2");
        assert!(selector.matches(&set));
        assert!(!selector.matches(&labels_of(&[("a", "1")])));
        assert!(Selector::from_set(&Labels::new()).is_everything());
    }

    #[test]
    fn exact_matches_are_found() {
        let selector = Selector::parse("a=1,b in (2),c in (3,4),d").unwrap();
        for (key, want) in [
            ("a", Some("1")),
            ("b", Some("2")),
            ("c", None),
            ("d", None),
            ("e", None),
        ] {
            assert_eq!(selector.requires_exact_match(key).map(|value| &**value), want, "{key}");
        }
    }
}
