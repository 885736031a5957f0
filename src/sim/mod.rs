//! Virtual clock, event queue, seeded randomness. Knows no Kubernetes.
