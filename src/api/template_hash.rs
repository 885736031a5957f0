//! The pod-template-hash.
