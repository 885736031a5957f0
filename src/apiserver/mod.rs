//! The store and its admission: the only writer.
