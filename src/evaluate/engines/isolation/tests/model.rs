//! The engine against a slow model that says what the API documentation says, word by word; and single cases from there.

use std::net::IpAddr;

use proptest::prelude::*;

use super::super::super::fixture::world;
use super::super::policies::selects;
use super::super::{Endpoint, can};
use crate::facts::Lacking;
use crate::facts::objects::{
    LabelSelector, Labels, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort,
};
use crate::outcome::Answer;

mod cases;

/// One end as the model knows it: namespace and labels of a pod, or an address.
#[derive(Clone, Debug)]
enum Plain {
    Pod(&'static str, Labels),
    Address(IpAddr),
}

const NAMESPACES: [(&str, &str); 3] = [("dock", "a"), ("quay", "b"), ("reef", "a")];

fn namespace_labels(name: &str) -> Labels {
    let team = NAMESPACES
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap()
        .1;
    let pairs = [("kubernetes.io/metadata.name", name), ("team", team)];
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

fn matches(selector: &LabelSelector, labels: &Labels) -> bool {
    selector
        .match_labels
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
        && selector.match_expressions.iter().all(|demand| {
            let value = labels.get(&demand.key);
            match demand.operator.as_str() {
                "In" => value.is_some_and(|value| demand.values.contains(value)),
                "NotIn" => !value.is_some_and(|value| demand.values.contains(value)),
                "Exists" => value.is_some(),
                _ => value.is_none(),
            }
        })
}

fn is_peer(peer: &NetworkPolicyPeer, home: &str, end: &Plain) -> bool {
    match end {
        Plain::Address(IpAddr::V4(address)) => peer.ip_block.as_ref().is_some_and(|block| {
            let inside = |cidr: &str| {
                let (base, bits) = cidr.split_once('/').unwrap();
                let mask = u32::MAX
                    .checked_shl(32 - bits.parse::<u32>().unwrap())
                    .unwrap_or(0);
                let base: std::net::Ipv4Addr = base.parse().unwrap();
                u32::from(base) & mask == u32::from(*address) & mask
            };
            inside(&block.cidr) && !block.except.iter().any(|range| inside(range))
        }),
        Plain::Address(_) => false,
        Plain::Pod(namespace, labels) => {
            peer.ip_block.is_none()
                && match (&peer.namespace_selector, &peer.pod_selector) {
                    (None, Some(pods)) => *namespace == home && matches(pods, labels),
                    (Some(spaces), None) => matches(spaces, &namespace_labels(namespace)),
                    (Some(spaces), Some(pods)) => {
                        matches(spaces, &namespace_labels(namespace)) && matches(pods, labels)
                    }
                    (None, None) => *namespace == home,
                }
        }
    }
}

fn is_port(held: &NetworkPolicyPort, protocol: &str, number: i32) -> bool {
    held.protocol.as_deref().unwrap_or("TCP") == protocol
        && match &held.port {
            None => true,
            Some(port) => number >= port.number && number <= held.end_port.unwrap_or(port.number),
        }
}

/// What the documentation says, policy by policy.
fn allowed(
    policies: &[NetworkPolicy],
    from: &Plain,
    to: &Plain,
    protocol: &str,
    port: i32,
) -> bool {
    let way = |egress: bool, own: &Plain, other: &Plain| {
        let Plain::Pod(namespace, labels) = own else {
            return true;
        };
        let mut isolated = false;
        let mut open = false;
        for policy in policies {
            if policy.metadata.namespace != *namespace
                || !matches(&policy.spec.pod_selector, labels)
            {
                continue;
            }
            let types = &policy.spec.policy_types;
            let about = match (types.is_empty(), egress) {
                (true, false) => true,
                (true, true) => !policy.spec.egress.is_empty(),
                (false, _) => types.iter().any(|name| (name == "Egress") == egress),
            };
            if !about {
                continue;
            }
            isolated = true;
            let rules: Vec<_> = match egress {
                true => policy
                    .spec
                    .egress
                    .iter()
                    .map(|rule| (&rule.ports, &rule.to))
                    .collect(),
                false => policy
                    .spec
                    .ingress
                    .iter()
                    .map(|rule| (&rule.ports, &rule.from))
                    .collect(),
            };
            for (ports, peers) in rules {
                let port =
                    ports.is_empty() || ports.iter().any(|held| is_port(held, protocol, port));
                let peer =
                    peers.is_empty() || peers.iter().any(|peer| is_peer(peer, namespace, other));
                open |= port && peer;
            }
        }
        !isolated || open
    };
    way(true, from, to) && way(false, to, from)
}

fn selector() -> impl Strategy<Value = String> {
    let label =
        ("app|tier", "x|z").prop_map(|(key, value)| format!("{{matchLabels: {{{key}: {value}}}}}"));
    let demand = (
        "app|tier",
        prop_oneof![
            Just("operator: In, values: [x, z]"),
            Just("operator: NotIn, values: [x]"),
            Just("operator: Exists"),
            Just("operator: DoesNotExist"),
        ],
    )
        .prop_map(|(key, rest)| format!("{{matchExpressions: [{{key: {key}, {rest}}}]}}"));
    prop_oneof![Just("{}".to_owned()), label, demand]
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("{}"),
        Just("{matchLabels: {team: a}}"),
        Just("{matchLabels: {kubernetes.io/metadata.name: quay}}"),
        Just("{matchExpressions: [{key: team, operator: NotIn, values: [a]}]}"),
    ]
}

fn peers() -> impl Strategy<Value = String> {
    let block = prop_oneof![
        Just("{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}".to_owned()),
        Just("{ipBlock: {cidr: 192.0.2.0/24}}".to_owned()),
    ];
    let peer = prop_oneof![
        selector().prop_map(|pods| format!("{{podSelector: {pods}}}")),
        space().prop_map(|space| format!("{{namespaceSelector: {space}}}")),
        (space(), selector()).prop_map(|(space, pods)| format!(
            "{{namespaceSelector: {space}, podSelector: {pods}}}"
        )),
        block,
    ];
    proptest::collection::vec(peer, 0..3).prop_map(|peers| format!("[{}]", peers.join(", ")))
}

fn rules(side: &'static str) -> impl Strategy<Value = String> {
    let port = prop_oneof![
        Just("{port: 80}"),
        Just("{port: 80, protocol: UDP}"),
        Just("{protocol: TCP}"),
        Just("{port: 70, endPort: 90}"),
    ];
    let ports =
        proptest::collection::vec(port, 0..2).prop_map(|ports| format!("[{}]", ports.join(", ")));
    let rule = (ports, peers())
        .prop_map(move |(ports, peers)| format!("{{ports: {ports}, {side}: {peers}}}"));
    proptest::collection::vec(rule, 0..3).prop_map(|rules| format!("[{}]", rules.join(", ")))
}

fn policy() -> impl Strategy<Value = String> {
    let types = prop_oneof![
        Just(""),
        Just(", policyTypes: [Ingress]"),
        Just(", policyTypes: [Egress]"),
        Just(", policyTypes: [Ingress, Egress]")
    ];
    ("dock|quay|reef", selector(), rules("from"), rules("to"), types).prop_map(|(namespace, pods, ingress, egress, types)| {
        format!("{{kind: NetworkPolicy, apiVersion: networking.k8s.io/v1, metadata: {{name: p, namespace: {namespace}}}, spec: {{podSelector: {pods}, ingress: {ingress}, egress: {egress}{types}}}}}\n---\n")
    })
}

fn end() -> impl Strategy<Value = Plain> {
    let labels = prop_oneof![
        Just(""),
        Just("app=x"),
        Just("app=z,tier=x"),
        Just("tier=z")
    ];
    let pod = (0..3usize, labels).prop_map(|(at, labels)| {
        let pairs = labels.split(',').filter_map(|pair| pair.split_once('='));
        let labels = pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        Plain::Pod(NAMESPACES[at].0, labels)
    });
    let address = prop_oneof![Just("10.1.2.3"), Just("192.0.2.7"), Just("203.0.113.9")];
    prop_oneof![3 => pod, 1 => address.prop_map(|text| Plain::Address(text.parse().unwrap()))]
}

fn endpoint(end: &Plain) -> Endpoint {
    match end {
        Plain::Address(address) => Endpoint::Address(*address),
        Plain::Pod(namespace, labels) => Endpoint::Labelled {
            namespace: (*namespace).to_owned(),
            labels: labels.clone(),
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Address ranges say nothing certain of pods, so there the engine may say that it does not know; else it says what
    /// the documentation does.
    #[test]
    fn the_engine_says_what_the_documentation_does(
        policies in proptest::collection::vec(policy(), 0..5),
        from in end(),
        to in end(),
        protocol in prop_oneof![Just("TCP"), Just("UDP")],
        port in prop_oneof![Just(80), Just(85), Just(443)],
    ) {
        let spaces: String = NAMESPACES
            .iter()
            .map(|(name, team)| format!("{{kind: Namespace, apiVersion: v1, metadata: {{name: {name}, labels: {{team: {team}}}}}}}\n---\n"))
            .collect();
        let facts = world(&format!("{spaces}{}", policies.concat()), &[]);
        let truth = allowed(&facts.network_policies.rows, &from, &to, protocol, port);
        let answers = can(&facts, &Lacking::default(), &endpoint(&from), &endpoint(&to), protocol, port);
        prop_assert_eq!(answers.len(), 1);
        let ranges = policies.concat().contains("ipBlock");
        match answers[0].allowed {
            Answer::Yes => prop_assert!(truth, "{:?}", answers),
            Answer::No => prop_assert!(!truth, "{:?}", answers),
            Answer::Unknown => prop_assert!(ranges, "{:?}", answers),
        }
    }
}
