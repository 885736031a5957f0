//! YAML and JSON documents with places.
