//! Addresses, Services, Ingress and the requests that travel through them.
//!
//! Routing is pure: [`route()`] reads the API and says where a connection goes and why, hop by hop. Who owns the processes
//! asks them and brings the answer back; this module only knows that a pod may answer, refuse or stay silent.
//!
//! | file | what |
//! |---|---|
//! | `url`, `request` | what is sent, what comes back, and the hops in between |
//! | `names` | the cluster's DNS |
//! | `addresses` | what an address belongs to |
//! | `endpoints`, `proxy` | the addresses behind a Service, and kube-proxy's choice among them |
//! | `ingress/` | rules of Ingresses, the controller that serves them, its pages |
//! | `gateway/` | Gateways: listeners, rules of routes, filters |
//! | `policy/`, `guard` | NetworkPolicies: who may talk to whom, and what that means on the way |
//! | `route` | the way of a connection: what it is made of and where it ends |
//! | `connect` | all of these, one after the other |
//! | `memory` | what the network remembers between connections |
//! | `cloud`, `traffic` | addresses for load balancers; clients that send at a rate |

pub mod addresses;
mod cloud;
pub mod conformance;
mod connect;
pub mod endpoints;
pub mod gateway;
mod guard;
pub mod ingress;
mod memory;
pub mod names;
pub mod policy;
pub mod proxy;
mod request;
pub mod route;
mod sender;
#[cfg(test)]
mod testing;
pub mod traffic;
mod url;

pub use cloud::CloudController;
pub use connect::route;
pub use ingress::IngressController;
pub use memory::Memory;
pub use request::{Failure, FailureKind, Hop, HopKind, Origin, Outcome, Request};
pub use sender::Sender;
pub use url::Url;
