//! Does a namespace isolate a new pod? NetworkPolicy as the API documentation defines it, in three values.
//!
//! A pod is isolated in a direction when a policy of its namespace selects it and names that direction; what such
//! policies allow adds up. The question here is about a *new pod without labels*: policies that select by label leave
//! it open. Source: <https://kubernetes.io/docs/concepts/services-networking/network-policies/>.

use std::net::IpAddr;

use crate::facts::objects::{
    CustomResourceDefinition, LabelSelector, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort,
    Node,
};
use crate::facts::workload::Workload;
use crate::facts::{Cell, Facts, Gap, GapReason, Lacking, Source};

crate::facts::record! {
    /// What a namespace's network policies do to a new pod without labels.
    #[derive(Debug, Default)]
    pub struct Isolation {
        /// Nothing may connect to it unless a policy allows it, and no policy allows everything.
        pub ingress_isolated: Cell<bool>,
        /// It may connect to nothing unless a policy allows it, and no policy allows everything.
        pub egress_isolated: Cell<bool>,
        /// Whether anything runs, or is declared, that network policies can reach: pods outside the node's own network.
        pub pod_network_used: Cell<bool>,
        /// Whether it may connect to the metadata service of the cloud, where the nodes say that they are in one.
        pub cloud_metadata_reachable: Cell<bool>,
    }
}

/// API groups whose policies add to, or override, NetworkPolicy, and are not modelled here.
const FOREIGN_GROUPS: [&str; 4] = [
    "policy.networking.k8s.io",
    "cilium.io",
    "crd.projectcalico.org",
    "projectcalico.org",
];

const POLICIES: &str = "network policies of the namespace";

/// A namespace's own name, which the API server puts on every namespace as a label.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Where clouds serve metadata, credentials of the node among them, by plain HTTP.
const METADATA: (IpAddr, i32) = (IpAddr::V4(std::net::Ipv4Addr::new(169, 254, 169, 254)), 80);

/// How the provider ids of nodes begin that are in a cloud with a metadata service.
const CLOUDS: [&str; 7] = [
    "aws://",
    "gce://",
    "azure://",
    "openstack://",
    "digitalocean://",
    "oci://",
    "ibm://",
];

/// A rule of either direction: the ports, and the other side.
type Rule<'p> = (&'p [NetworkPolicyPort], &'p [NetworkPolicyPeer]);

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Ingress,
    Egress,
}

/// Computes the isolation of `namespace`.
pub(crate) fn isolation(facts: &Facts, lacking: &Lacking, namespace: &str) -> Isolation {
    let unread = [
        NetworkPolicy::schema(),
        CustomResourceDefinition::schema(),
        Workload::schema(),
        Node::schema(),
    ]
    .into_iter()
    .find_map(|record| lacking.below(record));
    if let Some(gap) = unread {
        return Isolation {
            ingress_isolated: Cell::Gap(gap.clone()),
            egress_isolated: Cell::Gap(gap.clone()),
            pod_network_used: Cell::Gap(gap.clone()),
            cloud_metadata_reachable: Cell::Gap(gap.clone()),
        };
    }
    Isolation {
        ingress_isolated: direction(facts, namespace, Direction::Ingress),
        egress_isolated: direction(facts, namespace, Direction::Egress),
        pod_network_used: pod_network_used(facts, namespace),
        cloud_metadata_reachable: metadata_reachable(facts, namespace),
    }
}

fn direction(facts: &Facts, namespace: &str, direction: Direction) -> Cell<bool> {
    let allowed = |rule: &Rule<'_>| all_ports(rule.0) && everyone(rule.1);
    allows(facts, namespace, direction, allowed).map(|open| !open)
}

fn metadata_reachable(facts: &Facts, namespace: &str) -> Cell<bool> {
    let in_cloud = |node: &Node| {
        let mut clouds = CLOUDS.iter();
        clouds.any(|cloud| node.spec.provider_id.starts_with(cloud))
    };
    if !facts.nodes.rows.iter().any(in_cloud) {
        return match facts.nodes.lack_in(None) {
            Some(gap) => Cell::Gap(gap.clone()),
            None => Cell::explicit(false, source("provider ids of the nodes")),
        };
    }
    let (address, port) = METADATA;
    let allowed = |rule: &Rule<'_>| {
        let mut ports = rule.0.iter();
        let mut peers = rule.1.iter();
        (rule.0.is_empty() || ports.any(|held| tcp(held) && includes(held, port)))
            && (rule.1.is_empty() || peers.any(|peer| has_address(peer, address)))
    };
    allows(facts, namespace, Direction::Egress, allowed)
}

/// Whether a new pod may have traffic that `allowed` recognises: it is not isolated, or a rule lets it pass.
fn allows(
    facts: &Facts,
    namespace: &str,
    direction: Direction,
    allowed: impl Fn(&Rule<'_>) -> bool,
) -> Cell<bool> {
    if let Some(gap) = foreign(facts) {
        return Cell::Gap(gap);
    }
    let selecting: Vec<&NetworkPolicy> = facts
        .network_policies
        .rows
        .iter()
        .filter(|policy| policy.metadata.namespace == namespace)
        .filter(|policy| {
            applies(policy, direction) && selects_unlabelled(&policy.spec.pod_selector)
        })
        .collect();
    // What policies allow adds up, so one that allows it decides, whatever was not listed.
    let mut rules = selecting.iter().flat_map(|policy| rules(policy, direction));
    if rules.any(|rule| allowed(&rule)) {
        return Cell::explicit(true, source(POLICIES));
    }
    match facts.network_policies.lack_in(Some(namespace)) {
        Some(gap) => Cell::Gap(gap.clone()),
        None => Cell::explicit(selecting.is_empty(), source(POLICIES)),
    }
}

/// A gap when another kind of policy is installed, or when it is not known whether one is.
fn foreign(facts: &Facts) -> Option<Gap> {
    let definitions = &facts.custom_resource_definitions;
    let installed = definitions.rows.iter().find(|definition| {
        let spec = &definition.spec;
        FOREIGN_GROUPS.contains(&spec.group.as_str()) && spec.names.kind.contains("NetworkPolicy")
    });
    if let Some(definition) = installed {
        return Some(Gap::new(
            format!("effect of {} objects", definition.spec.names.kind),
            format!("API group {}", definition.spec.group),
            GapReason::NotAsked,
            "judge these policies by hand: this version evaluates NetworkPolicy only",
        ));
    }
    definitions.lack_in(None).cloned()
}

/// Which directions a policy is about: `policyTypes`, else Ingress always and Egress when it has egress rules.
fn applies(policy: &NetworkPolicy, direction: Direction) -> bool {
    let types = &policy.spec.policy_types;
    match direction {
        Direction::Ingress => types.is_empty() || types.iter().any(|name| name == "Ingress"),
        Direction::Egress if types.is_empty() => !policy.spec.egress.is_empty(),
        Direction::Egress => types.iter().any(|name| name == "Egress"),
    }
}

fn selects_unlabelled(selector: &LabelSelector) -> bool {
    selector.match_labels.is_empty()
        && selector
            .match_expressions
            .iter()
            .all(|expression| matches!(expression.operator.as_str(), "NotIn" | "DoesNotExist"))
}

fn rules(policy: &NetworkPolicy, direction: Direction) -> Vec<Rule<'_>> {
    let spec = &policy.spec;
    match direction {
        Direction::Ingress => {
            let rules = spec.ingress.iter();
            rules.map(|rule| (&*rule.ports, &*rule.from)).collect()
        }
        Direction::Egress => {
            let rules = spec.egress.iter();
            rules.map(|rule| (&*rule.ports, &*rule.to)).collect()
        }
    }
}

/// No port at all is every port; so is every port of TCP, over which nearly everything is reached.
fn all_ports(ports: &[NetworkPolicyPort]) -> bool {
    let all = |held: &NetworkPolicyPort| tcp(held) && includes(held, 1) && includes(held, 65_535);
    ports.is_empty() || ports.iter().any(all)
}

fn tcp(held: &NetworkPolicyPort) -> bool {
    let protocol = held.protocol.as_deref();
    protocol.is_none_or(|protocol| protocol.is_empty() || protocol == "TCP")
}

/// A port by name is one that pods declare: it stands for no number here.
fn includes(held: &NetworkPolicyPort, port: i32) -> bool {
    match &held.port {
        None => true,
        Some(first) if first.name.is_empty() => {
            (first.number..=held.end_port.unwrap_or(first.number)).contains(&port)
        }
        Some(_) => false,
    }
}

/// Nobody named is everybody; so are all pods of all namespaces, and every address. Exceptions from every address leave
/// the rest of the world.
fn everyone(peers: &[NetworkPolicyPeer]) -> bool {
    let all = |peer: &NetworkPolicyPeer| match &peer.ip_block {
        Some(block) => block.cidr.ends_with("/0"),
        None => {
            let namespaces = peer.namespace_selector.as_ref();
            let pods = peer.pod_selector.as_ref();
            namespaces.is_some_and(every_namespace)
                && pods.is_none_or(|pods| *pods == LabelSelector::default())
        }
    };
    peers.is_empty() || peers.iter().any(all)
}

fn every_namespace(selector: &LabelSelector) -> bool {
    let mut demands = selector.match_expressions.iter();
    selector.match_labels.is_empty()
        && demands.all(|demand| demand.key == NAME_LABEL && demand.operator == "Exists")
}

/// Whether the peer is a range of addresses with this one in it. Selectors stand for pods, never for a link-local address.
fn has_address(peer: &NetworkPolicyPeer, address: IpAddr) -> bool {
    peer.ip_block.as_ref().is_some_and(|block| {
        let mut except = block.except.iter();
        contains(&block.cidr, address) && !except.any(|range| contains(range, address))
    })
}

/// Whether `address` is in the range `cidr`; a range that is none holds nothing.
fn contains(cidr: &str, address: IpAddr) -> bool {
    let parts = cidr.split_once('/');
    let Some((base, Ok(bits))) = parts.map(|(base, bits)| (base, bits.parse::<u32>())) else {
        return false;
    };
    let same = |a: u128, b: u128, width: u32| {
        bits <= width && (bits == 0 || (a ^ b) >> (width - bits) == 0)
    };
    match (base.parse::<IpAddr>(), address) {
        (Ok(IpAddr::V4(base)), IpAddr::V4(address)) => {
            same(base.to_bits().into(), address.to_bits().into(), 32)
        }
        (Ok(IpAddr::V6(base)), IpAddr::V6(address)) => same(base.to_bits(), address.to_bits(), 128),
        _ => false,
    }
}

fn pod_network_used(facts: &Facts, namespace: &str) -> Cell<bool> {
    let used = facts
        .workloads
        .rows
        .iter()
        .filter(|workload| workload.namespace == namespace)
        .flat_map(|workload| &workload.templates)
        .any(|template| !template.spec.host_network);
    match facts.workloads.lack_in(Some(namespace)) {
        Some(gap) if !used => Cell::Gap(gap.clone()),
        _ => Cell::explicit(used, source("pods of the namespace")),
    }
}

fn source(engine: &str) -> Source {
    Source::Derived {
        engine: engine.to_owned(),
    }
}

#[cfg(test)]
mod tests;
