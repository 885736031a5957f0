//! Simulated containers: image catalogue, processes, shell, file systems.
