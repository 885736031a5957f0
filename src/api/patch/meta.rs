//! What a type says of how its parts merge.

use super::PatchError;
use crate::api::schema::{Shape, Struct, TypeRef};

/// The type at a place of the object.
#[derive(Clone, Copy)]
pub(super) enum Meta {
    /// A struct of the table.
    Struct(Struct),
    /// A map with values of this type.
    Map(TypeRef),
    /// A scalar, or a type that is open.
    Open,
}

/// How a field merges, and the type in it: for a list that of its items.
#[derive(Clone, Copy)]
pub(super) struct FieldMeta {
    pub(super) inner: Meta,
    /// A list whose items merge, by this key; by their values when the key is empty.
    pub(super) merge_key: Option<&'static str>,
    /// A map that the patch replaces as a whole.
    pub(super) replaces: bool,
    /// The patch lists the keys that stay.
    pub(super) retains_keys: bool,
}

impl Meta {
    fn of(ty: TypeRef) -> Self {
        match ty.shape() {
            Shape::Struct(of) => Self::Struct(of),
            Shape::Map(value) => Self::Map(value),
            Shape::List(item) => Self::of(item),
            _ => Self::Open,
        }
    }

    /// The field with this name. A field that the type has not is an error.
    // Models k8s.io/apimachinery/third_party/forked/golang/json LookupPatchMetadataForStruct
    pub(super) fn field(&self, name: &str) -> Result<FieldMeta, PatchError> {
        let plain = |inner| {
            Ok(FieldMeta {
                inner,
                merge_key: None,
                replaces: false,
                retains_keys: false,
            })
        };
        let of = match self {
            Self::Struct(of) => of,
            Self::Map(value) => return plain(Self::of(*value)),
            Self::Open => return plain(Self::Open),
        };
        let Some(field) = of.field(name) else {
            let message = format!(
                "unable to find api field in struct {} for the json field {name:?}",
                of.name()
            );
            return Err(PatchError::Unprocessable(message));
        };
        let merge_key = field.merges().then(|| field.merge_key().unwrap_or(""));
        let (inner, retains_keys) = (Self::of(field.ty), field.retains_keys());
        Ok(FieldMeta {
            inner,
            merge_key,
            replaces: field.replaces(),
            retains_keys,
        })
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Struct(of) => of.name(),
            Self::Map(_) | Self::Open => "map",
        }
    }
}
