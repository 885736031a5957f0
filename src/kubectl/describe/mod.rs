//! `kubectl describe`.
// Models k8s.io/kubectl/pkg/describe/describe.go.

mod template;

pub use template::pod_template;
