//! Durations in Go's and kubectl's forms.
