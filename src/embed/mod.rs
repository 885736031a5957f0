//! The JavaScript API.
// The rules of the engine do not bind a face: JavaScript numbers are floats.
#![allow(clippy::float_arithmetic, clippy::cast_possible_truncation)]
