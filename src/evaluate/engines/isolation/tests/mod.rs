//! The documented meaning of policies, for a new pod without labels.

mod model;

use super::super::fixture::{lack, world};
use super::*;

fn policy(spec: &str) -> String {
    format!(
        "{{kind: NetworkPolicy, apiVersion: networking.k8s.io/v1, metadata: {{name: p, namespace: quay}}, spec: {spec}}}\n---\n"
    )
}

fn answers(facts: &Facts) -> [Option<bool>; 3] {
    let got = isolation(&Policies::new(facts), &used(facts), "quay");
    [
        got.ingress_isolated,
        got.egress_isolated,
        got.cloud_metadata_reachable,
    ]
    .map(|cell| cell.value().copied())
}

const CLOUD: &str =
    "{kind: Node, apiVersion: v1, metadata: {name: m}, spec: {providerID: 'aws:///eu/i-1'}}\n---\n";

/// Ingress isolated, egress isolated, metadata service reachable (`-` for no) | the specs of the policies, ` + ` between.
const CASES: &str = "
- - M |
I E - | {podSelector: {}, policyTypes: [Ingress, Egress]}
I - M | {podSelector: {}}
- - M | {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}
- E - | {podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}, policyTypes: [Egress]}
I E - | {podSelector: {}, egress: [{to: [{podSelector: {}}]}]}
I - M | {podSelector: {}, policyTypes: [Ingress], egress: [{}]}
- E - | {podSelector: {}, policyTypes: [Ingress, Egress]} + {podSelector: {}, policyTypes: [Ingress], ingress: [{}]}
I - M | {podSelector: {}, policyTypes: [Ingress, Egress]} + {podSelector: {}, policyTypes: [Egress], egress: [{}]}
- - M | {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}
- - M | {podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {}}]}]}
I - M | {podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {a: b}}}]}]}
I - M | {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {a: b}}}]}]}
- - M | {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: Exists}]}}]}]}
I - M | {podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}
- - M | {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}
- - M | {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '::/0'}}]}]}
I - M | {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}
- - M | {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}}]}]}
- - M | {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '2000::/3'}}]}]}
I - M | {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 'fc00::/7'}}]}]}
- E - | {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}, {port: 53}]}]}
- - M | {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{protocol: TCP}]}]}
- E - | {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{protocol: UDP}]}]}
- - M | {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 1, endPort: 65535}]}]}
- E M | {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 80}]}]}
- E - | {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}
- - - | {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}]}
- E M | {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 169.254.0.0/16}}]}]}
";

#[test]
fn policies_isolate_unless_they_let_everything_pass() {
    let lines = CASES.lines().filter(|line| !line.is_empty());
    assert_eq!(lines.clone().count(), 29);
    for line in lines {
        let (expected, specs) = line.split_once('|').unwrap();
        let specs = specs.split(" + ").filter(|spec| !spec.trim().is_empty());
        let policies: String = specs.map(policy).collect();
        let facts = world(&format!("{CLOUD}{policies}"), &[]);
        let expected: Vec<_> = expected
            .split_whitespace()
            .map(|word| Some(word != "-"))
            .collect();
        assert_eq!(answers(&facts)[..], expected, "{line}");
    }
}

#[test]
fn what_is_open_is_known_however_little_was_read() {
    let with = |spec| {
        let mut facts = world(&format!("{CLOUD}{}", policy(spec)), &[]);
        facts.network_policies.lacks.push(lack());
        facts
    };
    let open = with("{podSelector: {}, ingress: [{}], egress: [{}]}");
    assert_eq!(answers(&open), [Some(false), Some(false), Some(true)]);
    let closed = with("{podSelector: {}, policyTypes: [Ingress, Egress]}");
    assert_eq!(answers(&closed), [None, None, None]);
}

#[test]
fn metadata_is_out_of_question_outside_a_cloud_only_when_all_nodes_are_known() {
    let node =
        "{kind: Node, apiVersion: v1, metadata: {name: m}, spec: {providerID: 'kind://docker/n'}}";
    let mut facts = world(node, &[]);
    assert_eq!(answers(&facts)[2], Some(false));
    facts.nodes.lacks.push(lack());
    assert_eq!(answers(&facts)[2], None);
}

#[test]
fn addresses_are_in_ranges() {
    let cases = [
        ("0.0.0.0/0", "1.2.3.4", true),
        ("169.254.169.254/32", "169.254.169.254", true),
        ("169.254.169.253/32", "169.254.169.254", false),
        ("10.0.0.0/8", "10.255.0.1", true),
        ("::/0", "1.2.3.4", false),
        ("fe80::/10", "fe80::1", true),
        ("10.0.0.0/33", "10.0.0.1", false),
        ("10.0.0.0", "10.0.0.0", false),
        ("x/8", "10.0.0.0", false),
    ];
    for (range, address, expected) in cases {
        assert_eq!(
            contains(range, address.parse().unwrap()),
            expected,
            "{range} {address}"
        );
    }
}

/// Of many policies that undo one the first are named: all of all would be their number squared.
#[test]
fn what_undoes_a_policy_is_named_up_to_a_number() {
    let open = policy("{podSelector: {}, ingress: [{}]}");
    let open: String = (0..30)
        .map(|n| open.replace("name: p", &format!("name: open{n}")))
        .collect();
    let closed = policy("{podSelector: {}}");
    let facts = world(&format!("{open}{closed}"), &[]);
    let effects = posture::effects(&facts, &Lacking::default());
    let named = |at: usize| effects[at].overridden_by.value().unwrap().clone();
    assert!(named(0).is_empty());
    assert_eq!(named(30).len(), crate::evaluate::SAMPLE);
    assert_eq!(named(30)[..2], ["open0", "open1"]);
}
