//! Paths of fields: `spec.containers[0].image`.

use std::fmt;

/// Where a field is, built as a chain of borrowed links: it costs nothing until an error prints it.
///
/// ```
/// # use kubarium::api::names::Path;
/// let containers = Path::new("spec.containers");
/// let container = containers.index(0);
/// assert_eq!(container.child("image").to_string(), "spec.containers[0].image");
/// ```
// Models apimachinery/pkg/util/validation/field Path
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    parent: Option<&'a Self>,
    element: Element<'a>,
}

/// One link of a path.
#[derive(Clone, Copy, Debug)]
enum Element<'a> {
    /// No path: prints as Go's nil, and not at all in front of a child.
    Nil,
    Name(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    /// The absent path, which upstream hands on where an error belongs to no field.
    pub const NIL: Path<'static> = Path {
        parent: None,
        element: Element::Nil,
    };

    /// The path of a top-level field. The name may hold dots: `spec.template`.
    pub const fn new(name: &'a str) -> Self {
        Self {
            parent: None,
            element: Element::Name(name),
        }
    }

    /// A field of this one. The name may hold dots.
    pub const fn child(&'a self, name: &'a str) -> Self {
        Self {
            parent: Some(self),
            element: Element::Name(name),
        }
    }

    /// An item of this list.
    pub const fn index(&'a self, index: usize) -> Self {
        Self {
            parent: Some(self),
            element: Element::Index(index),
        }
    }

    /// An entry of this map.
    pub const fn key(&'a self, key: &'a str) -> Self {
        Self {
            parent: Some(self),
            element: Element::Key(key),
        }
    }

    /// Writes the links from the root on.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parent = self.parent.filter(|parent| !matches!(parent.element, Element::Nil));
        if let Some(parent) = parent {
            parent.write(f)?;
        }
        match self.element {
            Element::Nil => f.write_str("<nil>"),
            Element::Name(name) if parent.is_some() => write!(f, ".{name}"),
            Element::Name(name) => f.write_str(name),
            Element::Index(index) => write!(f, "[{index}]"),
            Element::Key(key) => write!(f, "[{key}]"),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let spec = Path::new("spec");
        let containers = spec.child("containers");
        let first = containers.index(0);
        assert_eq!(first.child("image").to_string(), "spec.containers[0].image");
        assert_eq!(
            Path::new("metadata").child("labels").key("a/b").to_string(),
            "metadata.labels[a/b]"
        );
        assert_eq!(Path::NIL.to_string(), "<nil>");
        assert_eq!(Path::NIL.child("key").to_string(), "key");
        assert_eq!(Path::NIL.child("values").index(2).key("x").to_string(), "values[2][x]");
    }
}
