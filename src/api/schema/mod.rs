//! The kinds that the API server serves and the fields of every one, as tables.
//!
//! The fields stand in `types.txt`, searched in place: nothing is built at start and nothing is kept.
//! Its records are sorted by key. A line without indent opens one:
//!
//! - `core.PodSpec` is a struct; each line under it is a field: `name type flags`. The field's Go name is its JSON name
//!   with a capital, or follows a colon (`podIP:PodIP`). The name `.` inlines the type's fields.
//! - `core.RestartPolicy s Always Never` gives a name to a type; the words after it are its known values.
//!
//! Types: `s` string, `i` int32, `l` int64, `b` bool, `f` float64, `y` bytes in base64, `q` Quantity, `x` IntOrString,
//! `t` Time, `m` MicroTime, `d` Duration, `r` anything; `*T` pointer, `[T` list, `{T` map with string keys, `{K>T` map
//! with keys of the named type K; otherwise a record's key, without its package where that is the same.
//!
//! Flags: `!` required, `+` written even when empty (no `omitempty`), `z` left out when zero (`omitzero`),
//! `m=KEY` lists merge by KEY in a strategic merge patch (`m` alone: a set of scalars, or a struct that merges), `R` retainKeys, `p` replaces as a whole,
//! `k=KEYS` the keys of list items in server-side apply, `u` a set.

pub mod check;
pub mod decode;
pub mod encode;
mod hint;
pub mod kinds;
mod literal;
pub mod removed;
mod table;
mod types;

pub use kinds::KindInfo;
pub use types::{Field, Shape, Struct, TypeRef, struct_of};
