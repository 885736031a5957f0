//! What components share.
