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
        ("app|tier", "x|y").prop_map(|(key, value)| format!("{{matchLabels: {{{key}: {value}}}}}"));
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
        Just("app=y,tier=x"),
        Just("tier=y")
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

#[test]
fn ports_by_name_are_those_of_the_receiver() {
    let objects = "
{kind: Namespace, apiVersion: v1, metadata: {name: quay}}
---
{kind: Pod, apiVersion: v1, metadata: {name: web, namespace: quay, labels: {app: web}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}, status: {phase: Running}}
---
{kind: NetworkPolicy, apiVersion: networking.k8s.io/v1, metadata: {name: p, namespace: quay}, spec: {podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: http}]}]}}
";
    let facts = world(objects, &[]);
    for (to, port, expected) in [
        ("quay/web", 8080, Answer::Yes),
        ("quay/pod/web", 80, Answer::No),
        ("quay/app=web", 8080, Answer::No),
    ] {
        let answers = can(
            &facts,
            &Lacking::default(),
            &Endpoint::World,
            &to.parse().unwrap(),
            "TCP",
            port,
        );
        assert_eq!(answers[0].allowed, expected, "{to} {port}");
    }
}

/// Half the world is not nobody, and what is on one node passes whatever policies say.
#[test]
fn denied_is_said_of_all_that_is_asked_about_or_not_at_all() {
    let objects = "
{kind: Node, apiVersion: v1, metadata: {name: w}, status: {addresses: [{type: InternalIP, address: 10.0.0.7}]}}
---
{kind: Pod, apiVersion: v1, metadata: {name: agent, namespace: quay}, spec: {hostNetwork: true, containers: [{name: c}]}, status: {phase: Running}}
---
{kind: NetworkPolicy, apiVersion: networking.k8s.io/v1, metadata: {name: shut, namespace: dock}, spec: {podSelector: {}, policyTypes: [Ingress, Egress]}}
---
{kind: NetworkPolicy, apiVersion: networking.k8s.io/v1, metadata: {name: part, namespace: reef}, spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]}}
---
{kind: NetworkPolicy, apiVersion: networking.k8s.io/v1, metadata: {name: half, namespace: cove}, spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 128.0.0.0/1}}]}]}}
";
    let facts = world(objects, &[]);
    for (from, to, expected) in [
        ("world", "dock/", Answer::No),
        ("world", "reef/", Answer::Unknown),
        ("world", "cove/", Answer::Yes),
        ("192.0.2.1", "reef/", Answer::Yes),
        ("192.0.3.1", "reef/", Answer::No),
        ("quay/agent", "dock/", Answer::Unknown),
        ("10.0.0.7", "dock/", Answer::Unknown),
        ("10.0.0.8", "dock/", Answer::No),
        ("dock/", "10.0.0.7", Answer::Unknown),
    ] {
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let answers = can(&facts, &Lacking::default(), &from, &to, "TCP", 80);
        assert_eq!(answers[0].allowed, expected, "{from:?} {to:?}");
    }
}

#[test]
fn what_cannot_be_told_is_not_guessed() {
    let policy = |spec: &str| {
        format!(
            "{{kind: NetworkPolicy, apiVersion: networking.k8s.io/v1, metadata: {{name: p, namespace: quay}}, spec: {spec}}}\n---\n"
        )
    };
    let cilium = "{kind: CustomResourceDefinition, apiVersion: apiextensions.k8s.io/v1, metadata: {name: c}, spec: {group: cilium.io, names: {kind: CiliumNetworkPolicy, plural: c}}}\n---\n";
    let cases = [
        (
            policy("{podSelector: {matchExpressions: [{key: a, operator: Near, values: [b]}]}}"),
            Answer::Unknown,
        ),
        (
            policy("{podSelector: {matchLabels: {apps.kubernetes.io/pod-index: '0'}}}"),
            Answer::Unknown,
        ),
        (
            policy("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}"),
            Answer::Unknown,
        ),
        (
            policy("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: nonsense}}]}]}"),
            Answer::No,
        ),
        (policy("{podSelector: {}}"), Answer::No),
        (cilium.to_owned(), Answer::Unknown),
        (String::new(), Answer::Yes),
    ];
    for (objects, expected) in cases {
        let facts = world(&objects, &[]);
        let (from, to) = ("dock/".parse().unwrap(), "quay/".parse().unwrap());
        let answers = can(&facts, &Lacking::default(), &from, &to, "TCP", 80);
        assert_eq!(answers[0].allowed, expected, "{objects}");
    }
    let hidden = world("", &["networkPolicies"]);
    let answers = can(
        &hidden,
        &Lacking::default(),
        &"dock/".parse().unwrap(),
        &Endpoint::World,
        "TCP",
        80,
    );
    assert_eq!(answers[0].allowed, Answer::Unknown);
}

#[test]
fn a_policy_with_ten_thousand_peers_is_no_trouble() {
    let peers: Vec<String> = (0..10_000)
        .map(|at| format!("{{podSelector: {{matchLabels: {{app: a{at}}}}}}}"))
        .collect();
    let objects = format!(
        "{{kind: NetworkPolicy, apiVersion: networking.k8s.io/v1, metadata: {{name: p, namespace: quay}}, spec: {{podSelector: {{}}, ingress: [{{from: [{}]}}]}}}}",
        peers.join(", ")
    );
    let facts = world(&objects, &[]);
    let (from, to) = ("quay/app=a9999".parse().unwrap(), "quay/".parse().unwrap());
    assert_eq!(
        can(&facts, &Lacking::default(), &from, &to, "TCP", 1)[0].allowed,
        Answer::Yes
    );
}

#[test]
fn ends_are_written_in_few_ways() {
    for wrong in ["", "quay", "/web", "300.1.2.3", "quay/a=b,c"] {
        assert!(wrong.parse::<Endpoint>().is_err(), "{wrong}");
    }
    assert_eq!(
        "[::1]".parse(),
        Ok(Endpoint::Address("::1".parse().unwrap()))
    );
    assert_eq!(
        selects(&LabelSelector::default(), &Labels::default()),
        Ok(true)
    );
}
