//! Rules for names, labels keys and values.
