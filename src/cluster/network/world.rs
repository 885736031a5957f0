//! The world outside the cluster, as containers ask for it: under every public name there is a page.

use super::Cluster;
use crate::api::Str;
use crate::kubelet::runtime::{EffectRequest, EffectResult, HttpReply, NetError};
use crate::network::Sender;
use crate::network::policy::{Party, Passage, check, of_sender};
use crate::sim::Duration;

/// Where all of it is.
const ADDRESS: &str = "203.0.113.80";
/// There and back.
const ROUND: Duration = Duration::from_millis(40);
/// Last parts of public names.
const TOPS: [&str; 16] = [
    "com", "org", "net", "io", "dev", "app", "edu", "gov", "info", "me", "co", "ch", "de", "uk", "cn", "sh",
];

/// Whether a name is one of the world, for all that is known here.
fn is_public(host: &str) -> bool {
    let name = host.trim_end_matches('.');
    name.rsplit_once('.')
        .is_some_and(|(head, top)| !head.is_empty() && TOPS.contains(&top))
}

impl Cluster {
    /// What the world answers to a process that asked for a name which the cluster does not know.
    pub(super) fn ask_the_world(&self, sender: &Sender, request: &EffectRequest) -> Option<(EffectResult, Duration)> {
        let (host, port) = match request {
            EffectRequest::Http(http) => (&http.host, http.port),
            EffectRequest::Dns { name } => (name, 0),
            EffectRequest::Ping { host } => (host, 0),
            EffectRequest::Tcp { host, port } => (host, *port),
            EffectRequest::Grpc { .. } => return None,
        };
        if !is_public(host) {
            return None;
        }
        let address: Str = ADDRESS.into();
        let passage = check(
            &self.api,
            &of_sender(&self.api, sender),
            &Party::outside(ADDRESS),
            "TCP",
            port,
        );
        if port > 0 && matches!(passage, Passage::Dropped(_)) {
            return Some((EffectResult::Failed(NetError::Timeout { address }), ROUND));
        }
        let result = match request {
            EffectRequest::Http(_) => EffectResult::Http {
                address,
                reply: HttpReply::html(
                    200,
                    format!("<html><head><title>{host}</title></head><body>{host}</body></html>\n"),
                ),
            },
            EffectRequest::Dns { name } => EffectResult::Dns {
                name: name.clone(),
                addresses: vec![address],
                server: crate::network::addresses::DNS_ADDRESS.into(),
            },
            _ => EffectResult::Open { address },
        };
        Some((result, ROUND))
    }
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn public_names_end_in_known_parts() {
        let cases = [
            ("info.cern.ch", true),
            ("github.com.", true),
            ("com", false),
            ("db", false),
            ("db.default", false),
            ("db.default.svc.cluster.local", false),
            ("10.0.0.1", false),
        ];
        for (name, want) in cases {
            assert_eq!(is_public(name), want, "{name}");
        }
    }
}
