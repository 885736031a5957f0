//! Volumes and claims.
