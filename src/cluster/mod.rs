//! Wiring: builds the components, routes events, takes commands.
