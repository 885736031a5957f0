//! Queue, framework, plugins, explanations.
