//! NetworkPolicy: who is isolated, by what, and what is still allowed, in three values.
//!
//! A namespace is judged by what happens to a *new pod without labels*: policies that select by label leave it open.

mod plugin;
mod policies;
mod posture;
mod ranges;
mod reach;

use std::net::IpAddr;

use policies::{Direction, Pod, Policies, Rule, includes, is_every_namespace, protocol, rules};
use ranges::{contains, is_wide};

use crate::facts::objects::{
    CustomResourceDefinition, LabelSelector, Labels, NetworkPolicy, NetworkPolicyPeer,
    NetworkPolicyPort, Node,
};
use crate::facts::workload::Workload;
use crate::facts::{Cell, Facts, Gap, GapReason, Lacking, Source};

pub(crate) use plugin::Network;
pub(crate) use policies::{NAME_LABEL, selects};
pub(crate) use posture::{PolicyEffect, effects, enforced, list};
pub use reach::{Endpoint, EndpointError, Nobody};
pub(crate) use reach::{can, nobody, reservation};

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
        /// Whether it may connect to the API server, at port 6443 of the control-plane nodes.
        pub api_server_reachable: Cell<bool>,
        /// Whether it may connect to the kubelet of another node than its own, of which no policy can keep it.
        pub kubelets_reachable: Cell<bool>,
        /// Whether it may look up names: port 53 of every pod, or of those of `kube-system`.
        pub dns_reachable: Cell<bool>,
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

/// Where clouds serve metadata, credentials of the node among them, by plain HTTP.
const METADATA: (IpAddr, i32) = (IpAddr::V4(std::net::Ipv4Addr::new(169, 254, 169, 254)), 80);

/// The port of the API server of kubeadm, and that of kubelets.
const API_SERVER: i32 = 6443;
const KUBELET: i32 = 10_250;

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

const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

/// The isolation of each namespace, in their order.
pub(crate) fn isolations(facts: &Facts, lacking: &Lacking) -> Vec<Isolation> {
    let policies = Policies::new(facts);
    let used = used(facts);
    let names = facts
        .namespaces
        .rows
        .iter()
        .map(|one| one.metadata.name.as_str());
    match unread(lacking) {
        Some(gap) => names.map(|_| unknown(gap)).collect(),
        None => names
            .map(|name| isolation(&policies, &used, name))
            .collect(),
    }
}

/// Why a field that is read here was not recorded.
fn unread(lacking: &Lacking) -> Option<&Gap> {
    let schemas = [
        NetworkPolicy::schema(),
        CustomResourceDefinition::schema(),
        Workload::schema(),
        Node::schema(),
    ];
    schemas.into_iter().find_map(|record| lacking.below(record))
}

fn unknown(gap: &Gap) -> Isolation {
    let cell = || Cell::Gap(gap.clone());
    Isolation {
        ingress_isolated: cell(),
        egress_isolated: cell(),
        pod_network_used: cell(),
        cloud_metadata_reachable: cell(),
        api_server_reachable: cell(),
        kubelets_reachable: cell(),
        dns_reachable: cell(),
    }
}

fn isolation(policies: &Policies<'_>, used: &[&str], namespace: &str) -> Isolation {
    let direction = |direction| {
        let allowed = |rule: &Rule<'_>| all_ports(rule.0) && everyone(rule.1);
        allows(policies, namespace, direction, allowed).map(|open| !open)
    };
    let facts = policies.facts;
    let servers = addresses(facts, |node| {
        node.metadata.labels.contains_key(CONTROL_PLANE)
    });
    // Where no node is one, the provider runs the API server at an address of its own.
    let servers = servers.and_then(|known| {
        if known.is_empty() {
            Err(elsewhere())
        } else {
            Ok(known)
        }
    });
    let nodes = addresses(facts, |_| true);
    let pod_network_used = match facts.workloads.lack_in(Some(namespace)) {
        Some(gap) if used.binary_search(&namespace).is_err() => Cell::Gap(gap.clone()),
        _ => {
            let used = used.binary_search(&namespace).is_ok();
            Cell::explicit(used, source("pods of the namespace"))
        }
    };
    Isolation {
        ingress_isolated: direction(Direction::Ingress),
        egress_isolated: direction(Direction::Egress),
        pod_network_used,
        cloud_metadata_reachable: metadata_reachable(policies, namespace),
        api_server_reachable: reaches(policies, namespace, &servers, API_SERVER),
        kubelets_reachable: reaches(policies, namespace, &nodes, KUBELET),
        dns_reachable: dns_reachable(policies, namespace),
    }
}

fn metadata_reachable(policies: &Policies<'_>, namespace: &str) -> Cell<bool> {
    let facts = policies.facts;
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
    reaches(policies, namespace, &Ok(vec![address]), port)
}

/// The internal addresses of some nodes; a gap where none is known and some may be missing.
fn addresses(facts: &Facts, wanted: impl Fn(&Node) -> bool) -> Result<Vec<IpAddr>, Gap> {
    let nodes = facts.nodes.rows.iter().filter(|node| wanted(node));
    let found: Vec<IpAddr> = nodes
        .flat_map(|node| &node.status.addresses)
        .filter(|address| address.type_ == "InternalIP")
        .filter_map(|address| address.address.parse().ok())
        .collect();
    match facts.nodes.lack_in(None) {
        Some(gap) if found.is_empty() => Err(gap.clone()),
        _ => Ok(found),
    }
}

fn elsewhere() -> Gap {
    Gap::new(
        "addresses of the API server",
        "",
        GapReason::NotAsked,
        "no node is part of the control plane: look at the endpoints of the Service default/kubernetes",
    )
}

/// Whether a new pod may connect to a port of one of these addresses.
fn reaches(
    policies: &Policies<'_>,
    namespace: &str,
    addresses: &Result<Vec<IpAddr>, Gap>,
    port: i32,
) -> Cell<bool> {
    let addresses = match addresses {
        Ok(addresses) => addresses,
        // Wherever they are, every address may be reached.
        Err(gap) => {
            let all = allows(policies, namespace, Direction::Egress, |rule| {
                all_ports(rule.0) && every_address(rule.1)
            });
            return match &all {
                Cell::Value { value: true, .. } => all,
                other => {
                    let gaps = other.gap().into_iter().chain([gap]);
                    Cell::Gap(Gap::decisive(gaps).unwrap_or(gap).clone())
                }
            };
        }
    };
    if addresses.is_empty() {
        return Cell::explicit(false, source("addresses of the nodes"));
    }
    let allowed = |rule: &Rule<'_>| {
        let mut ports = rule.0.iter();
        let mut peers = rule.1.iter();
        (rule.0.is_empty() || ports.any(|held| protocol(held) == "TCP" && includes(held, port)))
            && (rule.1.is_empty()
                || peers.any(|peer| addresses.iter().any(|address| has_address(peer, *address))))
    };
    allows(policies, namespace, Direction::Egress, allowed)
}

fn dns_reachable(policies: &Policies<'_>, namespace: &str) -> Cell<bool> {
    let system: Labels = [(
        "kubernetes.io/metadata.name".to_owned(),
        "kube-system".to_owned(),
    )]
    .into();
    let allowed = |rule: &Rule<'_>| {
        let mut ports = rule.0.iter();
        let mut peers = rule.1.iter();
        let dns = |peer: &NetworkPolicyPeer| {
            let selector = peer.namespace_selector.as_ref();
            let inside = selector.is_some_and(|selector| selects(selector, &system) == Ok(true));
            inside || everyone(std::slice::from_ref(peer))
        };
        (rule.0.is_empty() || ports.any(|held| protocol(held) == "UDP" && includes(held, 53)))
            && (rule.1.is_empty() || peers.any(dns))
    };
    allows(policies, namespace, Direction::Egress, allowed)
}

/// Whether a new pod may have traffic that `allowed` recognises: it is not isolated, or a rule lets it pass.
fn allows(
    policies: &Policies<'_>,
    namespace: &str,
    direction: Direction,
    allowed: impl Fn(&Rule<'_>) -> bool,
) -> Cell<bool> {
    if let Some(gap) = foreign(policies.facts) {
        return Cell::Gap(gap);
    }
    let unlabelled = Labels::default();
    let pod = Pod {
        namespace,
        labels: &unlabelled,
        ports: Vec::new(),
        host_network: false,
    };
    let (selecting, open) = policies.selecting(&pod, direction);
    // What policies allow adds up, so one that allows it decides, whatever was not listed.
    let mut rules = selecting.iter().flat_map(|policy| rules(policy, direction));
    if rules.any(|rule| allowed(&rule)) {
        return Cell::explicit(true, source(POLICIES));
    }
    match open {
        Some(gap) => Cell::Gap(gap),
        None => Cell::explicit(selecting.is_empty(), source(POLICIES)),
    }
}

/// A gap when another kind of policy is installed, or when it is not known whether one is. What manifests allow is what
/// NetworkPolicy allows: of other kinds only those among them count.
fn foreign(facts: &Facts) -> Option<Gap> {
    let declared = facts.asked.manifests.iter();
    let mut others = declared.flat_map(|manifests| manifests.others.keys());
    if let Some(kind) = others.find(|kind| kind.contains("NetworkPolicy")) {
        return Some(Gap::new(
            format!("effect of {kind} objects"),
            "",
            GapReason::NotAsked,
            "judge these policies by hand: this version evaluates NetworkPolicy of networking.k8s.io/v1 only",
        ));
    }
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
    let lack = definitions.lack_in(None);
    lack.filter(|gap| gap.reason != GapReason::Outside).cloned()
}

/// No port at all is every port; so is every port of TCP, over which nearly everything is reached.
fn all_ports(ports: &[NetworkPolicyPort]) -> bool {
    let all = |held: &NetworkPolicyPort| {
        protocol(held) == "TCP" && includes(held, 1) && includes(held, 65_535)
    };
    ports.is_empty() || ports.iter().any(all)
}

/// Nobody named is everybody; so are all pods of all namespaces, and nearly every address. Exceptions leave the rest of
/// the world.
fn everyone(peers: &[NetworkPolicyPeer]) -> bool {
    let all = |peer: &NetworkPolicyPeer| match &peer.ip_block {
        Some(block) => is_wide(&block.cidr),
        None => {
            let namespaces = peer.namespace_selector.as_ref();
            let pods = peer.pod_selector.as_ref();
            namespaces.is_some_and(is_every_namespace)
                && pods.is_none_or(|pods| *pods == LabelSelector::default())
        }
    };
    peers.is_empty() || peers.iter().any(all)
}

/// Whether nothing is said of the other end, or the whole of its addresses.
fn every_address(peers: &[NetworkPolicyPeer]) -> bool {
    let whole = |peer: &NetworkPolicyPeer| {
        let block = peer.ip_block.as_ref();
        block.is_some_and(|block| block.cidr.ends_with("/0") && block.except.is_empty())
    };
    peers.is_empty() || peers.iter().any(whole)
}

/// Whether the peer is a range of addresses with this one in it. Selectors stand for pods, never for other addresses.
fn has_address(peer: &NetworkPolicyPeer, address: IpAddr) -> bool {
    peer.ip_block.as_ref().is_some_and(|block| {
        let mut except = block.except.iter();
        contains(&block.cidr, address) && !except.any(|range| contains(range, address))
    })
}

/// The namespaces with pods, running or declared, outside the node's own network.
fn used(facts: &Facts) -> Vec<&str> {
    let mut used: Vec<&str> = facts
        .workloads
        .rows
        .iter()
        .filter(|workload| workload.templates.iter().any(|one| !one.spec.host_network))
        .map(|workload| workload.namespace.as_str())
        .collect();
    used.sort_unstable();
    used.dedup();
    used
}

fn source(engine: &'static str) -> Source {
    Source::computed(engine)
}

#[cfg(test)]
mod tests;
