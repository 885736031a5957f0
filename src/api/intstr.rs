//! Integer-or-string values.
