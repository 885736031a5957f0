//! Labels and selectors.
