//! The controllers, one file or folder each.
