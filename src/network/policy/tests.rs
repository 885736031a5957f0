//! Tables of policies and what they allow.

use super::*;
use crate::network::testing;
use std::rc::Rc;

fn policies(specs: &str) -> Vec<Policy> {
    let api = testing::api(specs);
    of_namespace(&api, "default").collect()
}

fn pod(namespace: &str, name: &str) -> Party {
    let labels = |pairs: &[(&str, &str)]| Rc::new(crate::api::labels::labels_of(pairs));
    Party {
        pod: Some(Member {
            name: name.into(),
            namespace: namespace.into(),
            labels: labels(&[("app", name)]),
            namespace_labels: labels(&[("kubernetes.io/metadata.name", namespace)]),
            ports: vec![("http".into(), Str::default(), 8080)],
        }),
        address: None,
    }
}

fn policy(spec: &str) -> String {
    format!(r#"[{{"kind": "NetworkPolicy", "metadata": {{"name": "p"}}, "spec": {spec}}}]"#)
}

#[test]
fn rules_allow_what_they_name() {
    let web = r#""podSelector": {"matchLabels": {"app": "web"}}"#;
    let cases = [
        (
            "nothing selected",
            r#"{"podSelector": {"matchLabels": {"app": "other"}}}"#.to_owned(),
            "All Connections",
        ),
        ("no rule", format!("{{{web}}}"), "No Connections"),
        (
            "an empty rule",
            format!(r#"{{{web}, "ingress": [{{}}]}}"#),
            "All Connections",
        ),
        (
            "a pod selector means the same namespace",
            format!(r#"{{{web}, "ingress": [{{"from": [{{"podSelector": {{}}}}]}}]}}"#),
            "No Connections",
        ),
        (
            "both selectors of one item must hold",
            format!(
                r#"{{{web}, "ingress": [{{"from": [{{"podSelector": {{"matchLabels": {{"app": "x"}}}}, "namespaceSelector": {{}}}}]}}]}}"#
            ),
            "No Connections",
        ),
        (
            "a namespace and ports, one by its name and one range",
            format!(
                r#"{{{web}, "ingress": [{{"from": [{{"namespaceSelector": {{"matchLabels": {{"kubernetes.io/metadata.name": "shop"}}}}}}],
                    "ports": [{{"port": "http"}}, {{"port": 90, "endPort": 92, "protocol": "UDP"}}, {{"port": "none"}}]}}]}}"#
            ),
            "TCP 8080,UDP 90-92",
        ),
        (
            "addresses mean no pod without one",
            format!(r#"{{{web}, "ingress": [{{"from": [{{"ipBlock": {{"cidr": "0.0.0.0/0"}}}}]}}]}}"#),
            "No Connections",
        ),
        (
            "egress alone is no say over ingress",
            format!(r#"{{{web}, "policyTypes": ["Egress"]}}"#),
            "All Connections",
        ),
    ];
    for (name, spec, want) in cases {
        let policies = policies(&policy(&spec));
        let got = allowed(&policies, &pod("shop", "client"), &pod("default", "web"));
        assert_eq!(got.to_string(), want, "{name}");
    }
}

#[test]
fn policies_add_up_and_both_ends_must_allow() {
    let policies = policies(
        r#"[{"kind": "NetworkPolicy", "metadata": {"name": "deny"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}},
            {"kind": "NetworkPolicy", "metadata": {"name": "in"}, "spec": {"podSelector": {"matchLabels": {"app": "web"}},
             "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 80}]}, {"ports": [{"port": 443}]}]}},
            {"kind": "NetworkPolicy", "metadata": {"name": "out"}, "spec": {"podSelector": {"matchLabels": {"app": "client"}},
             "policyTypes": ["Egress"], "egress": [{"to": [{"podSelector": {}}], "ports": [{"port": 80}, {"port": 81}]}]}}]"#,
    );
    let cases = [
        (pod("default", "client"), pod("default", "web"), "TCP 80"),
        (pod("default", "web"), pod("default", "client"), "No Connections"),
        (Party::outside("203.0.113.7"), pod("default", "web"), "TCP 443"),
        (
            pod("default", "client"),
            Party::outside("203.0.113.7"),
            "No Connections",
        ),
        (pod("shop", "client"), pod("shop", "web"), "All Connections"),
    ];
    for (from, to, want) in cases {
        assert_eq!(allowed(&policies, &from, &to).to_string(), want, "{from:?} {to:?}");
    }
}

#[test]
fn the_gate_says_who_decides() {
    let api = testing::api(&policy(
        r#"{"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"ports": [{"port": 80}]}]}"#,
    ));
    let (client, web) = (pod("default", "client"), pod("default", "web"));
    let cases = [
        (
            &client,
            &web,
            80,
            Passage::Allowed("NetworkPolicy p allows the ingress".to_owned()),
        ),
        (
            &client,
            &web,
            81,
            Passage::Dropped(
                "NetworkPolicy p selects pod web for ingress, and no rule allows TCP 81: the packets are dropped"
                    .to_owned(),
            ),
        ),
        (&web, &client, 81, Passage::Open),
        (&web, &web, 81, Passage::Open),
    ];
    for (from, to, port, want) in cases {
        assert_eq!(check(&api, from, to, "TCP", port), want);
    }
}
