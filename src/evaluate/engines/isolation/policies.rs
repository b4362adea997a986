//! NetworkPolicy v1 as its documentation defines it: whom a policy selects, and what its rules let pass, in three values.
//!
//! Source: <https://kubernetes.io/docs/concepts/services-networking/network-policies/>. What a policy allows adds up, so one
//! that allows something decides, whatever was not listed. Where the documentation leaves it to the network plugin (address
//! ranges that hold pods, pods in the node's own network), the answer is a gap that says so.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::ranges::{contains, is_wide, parse};
use crate::facts::objects::{
    LabelSelector, LabelSelectorRequirement, Labels, Namespace, NetworkPolicy, NetworkPolicyPeer,
    NetworkPolicyPort,
};
use crate::facts::workload::UNCOUNTED;
use crate::facts::{Facts, Gap, GapReason};

/// A namespace's own name, which the API server puts on every namespace as a label.
pub(crate) const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// True, false, or a reason not to know.
pub(crate) type Tri = Result<bool, Gap>;

/// Into a pod or out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

/// The rules of a policy in one direction: the ports, and the other side.
pub(super) type Rule<'p> = (&'p [NetworkPolicyPort], &'p [NetworkPolicyPeer]);

/// One end of a connection.
#[derive(Clone, Copy)]
pub(super) enum End<'e> {
    /// A pod.
    Pod(&'e Pod<'e>),
    /// An address that is no pod's.
    Address(IpAddr),
    /// Any address outside the cluster.
    World,
}

/// A pod, as policies see it.
pub(super) struct Pod<'p> {
    pub(super) namespace: &'p str,
    pub(super) labels: &'p Labels,
    /// Its ports that have names: name, protocol, number.
    pub(super) ports: Vec<(&'p str, &'p str, i32)>,
    /// Whether it uses the network of its node.
    pub(super) host_network: bool,
}

/// A port that is asked for.
#[derive(Clone, Copy)]
pub(super) struct Port<'p> {
    pub(super) protocol: &'p str,
    pub(super) number: i32,
}

/// All policies, by namespace, and the labels of namespaces.
pub(super) struct Policies<'f> {
    pub(super) facts: &'f Facts,
    by_namespace: BTreeMap<&'f str, Vec<&'f NetworkPolicy>>,
    namespaces: BTreeMap<&'f str, &'f Labels>,
    /// Whether manifests are asked for what they say by themselves.
    alone: bool,
}

impl<'f> Policies<'f> {
    pub(super) fn new(facts: &'f Facts) -> Self {
        let mut by_namespace: BTreeMap<&str, Vec<&NetworkPolicy>> = BTreeMap::new();
        let policies = &facts.network_policies;
        for policy in &policies.rows {
            let (namespace, name) = (&policy.metadata.namespace, &policy.metadata.name);
            // Of one that is declared twice it is not known what it says; the lack stands for it.
            if policies.doubt(namespace, name).is_some() {
                continue;
            }
            let here = by_namespace.entry(&policy.metadata.namespace).or_default();
            here.push(policy);
        }
        let namespaces = facts.namespaces.rows.iter();
        let sure = |one: &&Namespace| facts.namespaces.doubt("", &one.metadata.name).is_none();
        let namespaces = namespaces
            .filter(sure)
            .map(|one| (one.metadata.name.as_str(), &one.metadata.labels));
        Self {
            facts,
            by_namespace,
            namespaces: namespaces.collect(),
            alone: false,
        }
    }

    /// The same for an answer that is given with a reservation: that a cluster may hold more than the manifests.
    pub(super) fn stated(facts: &'f Facts) -> Self {
        Self {
            alone: true,
            ..Self::new(facts)
        }
    }

    /// The policies of a namespace.
    pub(super) fn of(&self, namespace: &str) -> &[&'f NetworkPolicy] {
        self.by_namespace.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// Why policies of a namespace may be missing.
    pub(super) fn lack(&self, namespace: &str) -> Option<&Gap> {
        let lack = self.facts.network_policies.lack_in(Some(namespace));
        lack.filter(|gap| !(self.alone && gap.reason == GapReason::Outside))
    }

    /// The policies that isolate a pod in one direction, and why there may be more.
    pub(super) fn selecting(
        &self,
        pod: &Pod<'_>,
        direction: Direction,
    ) -> (Vec<&'f NetworkPolicy>, Option<Gap>) {
        let mut selecting = Vec::new();
        let mut open = self.lack(pod.namespace).cloned();
        let here = self.of(pod.namespace).iter();
        for policy in here.filter(|policy| applies(policy, direction)) {
            match selects(&policy.spec.pod_selector, pod.labels) {
                Ok(true) => selecting.push(*policy),
                Ok(false) => {}
                Err(gap) => open = Some(gap),
            }
        }
        (selecting, open)
    }

    /// Whether an address is that of a node.
    pub(super) fn is_node(&self, address: IpAddr) -> bool {
        let nodes = self.facts.nodes.rows.iter();
        let mut addresses = nodes.flat_map(|node| &node.status.addresses);
        addresses.any(|known| known.address.parse() == Ok(address))
    }

    /// Whether a policy lets the other end of a connection pass, by one of its rules.
    pub(super) fn lets_pass(
        &self,
        policy: &NetworkPolicy,
        direction: Direction,
        other: End<'_>,
        to: Option<&Pod<'_>>,
        port: Port<'_>,
    ) -> Tri {
        any(rules(policy, direction).into_iter(), |(ports, peers)| {
            let port = ports.is_empty() || ports.iter().any(|held| admits(held, port, to));
            if !port {
                return Ok(false);
            }
            let namespace = &policy.metadata.namespace;
            match peers.is_empty() {
                true => Ok(true),
                false => any(peers.iter(), |peer| self.is(peer, namespace, other)),
            }
        })
    }

    /// Whether an end is the peer of a policy of `namespace`.
    fn is(&self, peer: &NetworkPolicyPeer, namespace: &str, end: End<'_>) -> Tri {
        if let Some(block) = &peer.ip_block {
            return match end {
                End::Address(address) => {
                    let mut except = block.except.iter();
                    let out = except.any(|range| contains(range, address));
                    Ok(contains(&block.cidr, address) && !out)
                }
                End::World if is_wide(&block.cidr) => Ok(true),
                End::World if parse(&block.cidr).is_some() => Err(part_of_the_world(&block.cidr)),
                End::World => Ok(false),
                End::Pod(_) if parse(&block.cidr).is_none() => Ok(false),
                End::Pod(_) => Err(by_plugin(
                    "address ranges count for pods: the network plugin decides",
                )),
            };
        }
        let End::Pod(pod) = end else {
            return Ok(false);
        };
        if pod.host_network {
            return Err(by_plugin(
                "selectors count for pods in the node's own network: the network plugin decides",
            ));
        }
        let inside = match &peer.namespace_selector {
            None => Ok(pod.namespace == namespace),
            Some(selector) => self.selects_namespace(selector, pod.namespace),
        };
        let selected = match &peer.pod_selector {
            None => Ok(true),
            Some(selector) => selects(selector, pod.labels),
        };
        both(inside, selected)
    }

    fn selects_namespace(&self, selector: &LabelSelector, name: &str) -> Tri {
        if is_every_namespace(selector) {
            return Ok(true);
        }
        let mut labels = match (
            self.namespaces.get(name),
            self.facts.namespaces.lack_in(None),
        ) {
            (Some(labels), _) => (*labels).clone(),
            // Its name is known all the same.
            (None, Some(gap)) if !by_name(selector) => return Err(gap.clone()),
            (None, _) => Labels::default(),
        };
        labels.insert(NAME_LABEL.to_owned(), name.to_owned());
        selects(selector, &labels)
    }
}

/// Whether every namespace is selected, whatever its labels.
pub(super) fn is_every_namespace(selector: &LabelSelector) -> bool {
    let mut demands = selector.match_expressions.iter();
    selector.match_labels.is_empty()
        && demands.all(|demand| demand.key == NAME_LABEL && demand.operator == "Exists")
}

/// Whether a selector looks at nothing but the names of namespaces.
fn by_name(selector: &LabelSelector) -> bool {
    let mut labels = selector.match_labels.keys();
    let mut demands = selector.match_expressions.iter();
    labels.all(|key| key == NAME_LABEL) && demands.all(|demand| demand.key == NAME_LABEL)
}

/// Which directions a policy is about: `policyTypes`, else Ingress always and Egress when it has egress rules.
pub(super) fn applies(policy: &NetworkPolicy, direction: Direction) -> bool {
    let types = &policy.spec.policy_types;
    match direction {
        Direction::Ingress => types.is_empty() || types.iter().any(|name| name == "Ingress"),
        Direction::Egress if types.is_empty() => !policy.spec.egress.is_empty(),
        Direction::Egress => types.iter().any(|name| name == "Egress"),
    }
}

pub(super) fn rules(policy: &NetworkPolicy, direction: Direction) -> Vec<Rule<'_>> {
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

/// Whether `labels` satisfy a selector. Operators that nobody knows, and labels that were not kept, are gaps.
pub(crate) fn selects(selector: &LabelSelector, labels: &Labels) -> Tri {
    let mut known = Ok(true);
    for (key, value) in &selector.match_labels {
        if labels.get(key) == Some(value) {
            continue;
        }
        match UNCOUNTED.contains(&key.as_str()) {
            true => known = Err(uncounted(key)),
            false => return Ok(false),
        }
    }
    for demand in &selector.match_expressions {
        match satisfies(demand, labels) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(gap) => known = Err(gap),
        }
    }
    known
}

fn satisfies(demand: &LabelSelectorRequirement, labels: &Labels) -> Tri {
    if UNCOUNTED.contains(&demand.key.as_str()) {
        return Err(uncounted(&demand.key));
    }
    let held = labels.get(&demand.key);
    let named = held.is_some_and(|held| demand.values.contains(held));
    match demand.operator.as_str() {
        "In" => Ok(named),
        "NotIn" => Ok(!named),
        "Exists" => Ok(held.is_some()),
        "DoesNotExist" => Ok(held.is_none()),
        _ => Err(Gap::new(
            "operator of a label selector",
            "",
            GapReason::Unparsable,
            "use In, NotIn, Exists or DoesNotExist",
        )),
    }
}

fn uncounted(key: &str) -> Gap {
    Gap::new(
        format!("label {key} of single pods"),
        "",
        GapReason::NotAsked,
        "select by a label that all pods of the workload share",
    )
}

fn part_of_the_world(cidr: &str) -> Gap {
    Gap::new(
        format!("which part of the world is asked about: {cidr} may pass"),
        "",
        GapReason::NotAsked,
        "ask about one address",
    )
}

pub(super) fn by_plugin(what: &str) -> Gap {
    Gap::new(
        format!("whether {what}"),
        "",
        GapReason::NotAsked,
        "select pods by labels, and the world by address ranges",
    )
}

/// Whether a rule's port is the one that is asked for; a name is that of a port of the pod that is connected to.
fn admits(held: &NetworkPolicyPort, port: Port<'_>, to: Option<&Pod<'_>>) -> bool {
    let protocol = protocol(held);
    if protocol != port.protocol {
        return false;
    }
    match &held.port {
        Some(named) if !named.name.is_empty() => to.is_some_and(|pod| {
            let wanted = (named.name.as_str(), port.protocol, port.number);
            pod.ports.contains(&wanted)
        }),
        _ => includes(held, port.number),
    }
}

/// The protocol of a rule's port.
pub(super) fn protocol(held: &NetworkPolicyPort) -> &str {
    let stated = held.protocol.as_deref().filter(|name| !name.is_empty());
    stated.unwrap_or("TCP")
}

/// Whether a port without a name includes a number.
pub(super) fn includes(held: &NetworkPolicyPort, port: i32) -> bool {
    match &held.port {
        None => true,
        Some(first) if first.name.is_empty() => {
            (first.number..=held.end_port.unwrap_or(first.number)).contains(&port)
        }
        Some(_) => false,
    }
}

/// True as soon as one is; else the gap that may hide one.
pub(super) fn any<T>(items: impl Iterator<Item = T>, holds: impl Fn(T) -> Tri) -> Tri {
    let mut known = Ok(false);
    for item in items {
        match holds(item) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(gap) => known = Err(gap),
        }
    }
    known
}

/// False as soon as one is; else the gap that may hide that.
pub(super) fn both(a: Tri, b: Tri) -> Tri {
    match (a, b) {
        (Ok(false), _) | (_, Ok(false)) => Ok(false),
        (Err(gap), _) | (_, Err(gap)) => Err(gap),
        (Ok(true), Ok(true)) => Ok(true),
    }
}
