//! What policies do: to each set of running pods, and seen from each policy, to whom it makes a difference.

use std::collections::{BTreeMap, BTreeSet};

use super::plugin::Network;
use super::policies::{Direction, Pod, Policies, Rule, applies, protocol, rules, selects};
use super::reach::{answer, pod};
use super::{all_ports, everyone, foreign, source, unread};
use crate::evaluate::SAMPLE;
use crate::facts::objects::{
    LabelSelector, Labels, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort,
};
use crate::facts::workload::PodSet;
use crate::facts::{Cell, Facts, Gap, GapReason, Lacking};
use crate::outcome::{Answer, Posture, Postures, Traffic};

crate::facts::record! {
    /// What difference a network policy makes.
    #[derive(Debug, Default)]
    pub struct PolicyEffect {
        /// How many pods it selects: those that run; of manifests, one for each pod template.
        pub selected: Cell<i64>,
        /// Whether it selects whatever is in its namespace.
        pub selects_everything: bool,
        /// Policies of the namespace that allow everything, in a direction in which this one isolates, to every pod that it selects: it has no effect there. Of very many the first.
        pub overridden_by: Cell<Vec<String>>,
        /// Whether one of its rules lets everybody in.
        pub opens_ingress: bool,
        /// Whether one of its rules lets everything out.
        pub opens_egress: bool,
    }
}

/// The effect of each policy, in their order.
pub(crate) fn effects(facts: &Facts, lacking: &Lacking) -> Vec<PolicyEffect> {
    let policies = Policies::new(facts);
    let unread = unread(lacking).or_else(|| lacking.below(PodSet::schema()));
    let mut sets: BTreeMap<&str, Vec<&PodSet>> = BTreeMap::new();
    for set in &facts.pods.rows {
        sets.entry(&set.namespace).or_default().push(set);
    }
    let mut open: BTreeMap<&str, Vec<&NetworkPolicy>> = BTreeMap::new();
    let rows = &facts.network_policies.rows;
    let namespaces: BTreeSet<&str> = rows
        .iter()
        .map(|policy| &*policy.metadata.namespace)
        .collect();
    for namespace in namespaces {
        let opens = |policy: &&NetworkPolicy| DIRECTIONS.iter().any(|way| opens(policy, *way));
        let here = policies.of(namespace).iter().copied();
        open.insert(namespace, here.filter(opens).collect());
    }
    let of = |policy: &NetworkPolicy| {
        let namespace = policy.metadata.namespace.as_str();
        let here = sets.get(namespace).map_or(&[][..], Vec::as_slice);
        let open = open.get(namespace).map_or(&[][..], Vec::as_slice);
        effect(&policies, policy, (here, open), unread)
    };
    rows.iter().map(of).collect()
}

/// Whether a rule of a policy lets everything pass.
fn opens(policy: &NetworkPolicy, direction: Direction) -> bool {
    let open = |rule: &Rule<'_>| all_ports(rule.0) && everyone(rule.1);
    applies(policy, direction) && rules(policy, direction).iter().any(open)
}

const DIRECTIONS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

/// Those of `open`, the policies that let everything pass in a direction, that undo `policy`, which selects the pods of `mine`, and of which that is all only if it `is_all`.
fn overriding(
    open: &[&NetworkPolicy],
    policy: &NetworkPolicy,
    mine: &[&PodSet],
    is_all: bool,
) -> Vec<String> {
    let selects_all = |selector: &LabelSelector| {
        let mut mine = mine.iter();
        mine.all(|set| selects(selector, &set.labels) == Ok(true))
    };
    let mut closes = DIRECTIONS.to_vec();
    closes.retain(|direction| applies(policy, *direction) && !opens(policy, *direction));
    if closes.is_empty() {
        return Vec::new();
    }
    let undoes = |other: &&&NetworkPolicy| {
        let selector = &other.spec.pod_selector;
        let moot = || closes.iter().any(|direction| opens(other, *direction));
        let whole = || {
            *selector == policy.spec.pod_selector
                || *selector == LabelSelector::default()
                || !mine.is_empty() && is_all && selects_all(selector)
        };
        !std::ptr::eq(**other, policy) && moot() && whole()
    };
    let undoing = open.iter().filter(undoes);
    undoing
        .take(SAMPLE)
        .map(|other| other.metadata.name.clone())
        .collect()
}

fn effect(
    policies: &Policies<'_>,
    policy: &NetworkPolicy,
    (sets, open): (&[&PodSet], &[&NetworkPolicy]),
    unread: Option<&Gap>,
) -> PolicyEffect {
    let namespace = policy.metadata.namespace.as_str();
    let selector = &policy.spec.pod_selector;
    let selected: Vec<_> = sets
        .iter()
        .map(|set| (set, selects(selector, &set.labels)))
        .collect();
    let gap = selected.iter().find_map(|(_, known)| known.as_ref().err());
    let known = unread.or(gap);
    let lack = policies.facts.pods.lack_in(Some(namespace));
    let gap = known.or(lack);
    // Manifests that declare pods of the namespace declare those that their policies are for.
    let beyond = lack.filter(|lack| sets.is_empty() || lack.reason != GapReason::Outside);
    let mine: Vec<&PodSet> = selected
        .iter()
        .filter(|(_, known)| *known == Ok(true))
        .map(|(set, _)| **set)
        .collect();
    let overriding = overriding(open, policy, &mine, gap.is_none());
    let lack = unread.or_else(|| policies.lack(namespace));
    let count = mine.iter().map(|set| set.instances.max(1)).sum();
    PolicyEffect {
        // Some are some, however many more there may be.
        selected: match known.or(beyond) {
            Some(gap) if count == 0 => Cell::Gap(gap.clone()),
            _ => Cell::explicit(count, source("pods of the namespace")),
        },
        selects_everything: *selector == LabelSelector::default(),
        overridden_by: match lack.or(gap.filter(|_| overriding.is_empty())) {
            Some(gap) if overriding.is_empty() => Cell::Gap(gap.clone()),
            _ => Cell::explicit(overriding, source("network policies of the namespace")),
        },
        opens_ingress: opens(policy, Direction::Ingress),
        opens_egress: opens(policy, Direction::Egress),
    }
}

/// What policies leave to each set of running pods, and to a new pod, in these namespaces (none: in all).
pub(crate) fn list(facts: &Facts, lacking: &Lacking, wanted: &[String]) -> Postures {
    let policies = Policies::stated(facts);
    let hidden = unread(lacking)
        .or_else(|| lacking.below(PodSet::schema()))
        .cloned()
        .or_else(|| foreign(facts));
    let asked = |name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);
    let unlabelled = Labels::default();
    let names = facts.namespaces.rows.iter();
    let names = names.map(|namespace| namespace.metadata.name.as_str());
    let new = names.filter(|name| asked(name)).map(|namespace| {
        let pod = Pod {
            namespace,
            labels: &unlabelled,
            ports: Vec::new(),
            host_network: false,
        };
        line(&policies, &pod, "a new pod".to_owned(), 0, hidden.as_ref())
    });
    let mut lines: Vec<Posture> = new.collect();
    for set in facts.pods.rows.iter().filter(|set| asked(&set.namespace)) {
        let name = format!("{} {}", set.kind, set.workload);
        let instances = u64::try_from(set.instances).unwrap_or_default();
        let line = line(
            &policies,
            &pod(facts, set),
            name,
            instances,
            hidden.as_ref(),
        );
        // Sets of one workload follow each other.
        let mut near = lines.iter_mut().rev().take_while(|known: &&mut Posture| {
            known.namespace == line.namespace && known.pods == line.pods
        });
        match near.find(|known| same(known, &line)) {
            Some(known) => known.instances += line.instances,
            None => lines.push(line),
        }
    }
    lines.sort_by(|a, b| a.namespace.cmp(&b.namespace));
    let network = Network::of(facts, lacking);
    let lacks = facts
        .network_policies
        .lacks
        .iter()
        .map(|lack| lack.gap.clone());
    let lacks = lacks.chain(facts.pods.lacks.iter().map(|lack| lack.gap.clone()));
    let gaps: BTreeSet<Gap> = lacks.chain(hidden).collect();
    Postures {
        plugins: network.network_plugins.value().cloned().unwrap_or_default(),
        enforced: enforced(&network),
        lines,
        gaps: gaps.into_iter().collect(),
    }
}

/// Whether anything enforces policies.
pub(crate) fn enforced(network: &Network) -> Answer {
    match network.network_policies_enforced.value() {
        Some(true) => Answer::Yes,
        Some(false) => Answer::No,
        None => Answer::Unknown,
    }
}

/// Whether two lines of one workload say the same.
fn same(a: &Posture, b: &Posture) -> bool {
    a.ingress == b.ingress && a.egress == b.egress
}

fn line(
    policies: &Policies<'_>,
    pod: &Pod<'_>,
    name: String,
    instances: u64,
    hidden: Option<&Gap>,
) -> Posture {
    Posture {
        namespace: pod.namespace.to_owned(),
        pods: if pod.host_network {
            name + " (network of its node)"
        } else {
            name
        },
        instances,
        ingress: traffic(policies, pod, Direction::Ingress, hidden),
        egress: traffic(policies, pod, Direction::Egress, hidden),
    }
}

fn traffic(
    policies: &Policies<'_>,
    pod: &Pod<'_>,
    direction: Direction,
    hidden: Option<&Gap>,
) -> Traffic {
    let (isolating, lack) = match pod.host_network {
        true => (Vec::new(), None),
        false => policies.selecting(pod, direction),
    };
    let open = hidden.cloned().or(lack);
    let allows = isolating.iter().flat_map(|policy| rules(policy, direction));
    let allows: BTreeSet<String> = allows.map(|rule| shown(&rule)).collect();
    let isolated = match (hidden, isolating.is_empty(), open.clone()) {
        (None, false, _) => Ok(true),
        (_, _, Some(gap)) => Err(gap),
        (_, empty, None) => Ok(!empty),
    };
    Traffic {
        isolated: answer(&isolated),
        policies: isolating
            .iter()
            .map(|policy| policy.metadata.name.clone())
            .collect(),
        allows: allows.into_iter().collect(),
        reason: isolated.err().or(open),
    }
}

/// A rule in a few words: `TCP 80,443 from pods app=web of every namespace`.
fn shown((ports, peers): &Rule<'_>) -> String {
    let ports = match ports {
        [] => "everything".to_owned(),
        ports => ports.iter().map(port).collect::<Vec<_>>().join(", "),
    };
    let peers = match peers {
        [] => "everybody".to_owned(),
        peers => peers.iter().map(peer).collect::<Vec<_>>().join(" or "),
    };
    format!("{ports}: {peers}")
}

fn port(held: &NetworkPolicyPort) -> String {
    let protocol = protocol(held);
    match (&held.port, held.end_port) {
        (None, _) => format!("{protocol} any port"),
        (Some(first), _) if !first.name.is_empty() => format!("{protocol} {}", first.name),
        (Some(first), Some(last)) => format!("{protocol} {}-{last}", first.number),
        (Some(first), None) => format!("{protocol} {}", first.number),
    }
}

fn peer(peer: &NetworkPolicyPeer) -> String {
    if let Some(block) = &peer.ip_block {
        return match &block.except[..] {
            [] => block.cidr.clone(),
            except => format!("{} but {}", block.cidr, except.join(", ")),
        };
    }
    let pods = match &peer.pod_selector {
        Some(selector) => format!("pods{}", selector_shown(selector)),
        None => "pods".to_owned(),
    };
    match &peer.namespace_selector {
        Some(selector) if *selector == LabelSelector::default() => {
            format!("{pods} of every namespace")
        }
        Some(selector) => format!("{pods} of namespaces{}", selector_shown(selector)),
        None => format!("{pods} of this namespace"),
    }
}

fn selector_shown(selector: &LabelSelector) -> String {
    let equal = selector
        .match_labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"));
    let demands = selector.match_expressions.iter().map(|demand| {
        let values = demand.values.join(",");
        match demand.operator.as_str() {
            "In" => format!("{} in ({values})", demand.key),
            "NotIn" => format!("{} not in ({values})", demand.key),
            "Exists" => demand.key.clone(),
            "DoesNotExist" => format!("without {}", demand.key),
            other => format!("{} {other} ({values})", demand.key),
        }
    });
    let parts: Vec<String> = equal.chain(demands).collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" {}", parts.join(", "))
    }
}
