//! Scenario documents, links, lessons.
