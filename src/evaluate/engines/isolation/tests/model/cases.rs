//! Cases that the model leaves out.

use super::*;

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
