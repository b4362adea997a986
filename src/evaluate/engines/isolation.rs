//! Does a namespace isolate a new pod? NetworkPolicy as the API documentation defines it, in three values.
//!
//! A pod is isolated in a direction when a policy of its namespace selects it and names that direction; what such
//! policies allow adds up. The question here is about a *new pod without labels*: policies that select by label leave
//! it open. Source: <https://kubernetes.io/docs/concepts/services-networking/network-policies/>.

use crate::facts::objects::{CustomResourceDefinition, LabelSelector, NetworkPolicy};
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
    ]
    .into_iter()
    .find_map(|record| lacking.below(record));
    if let Some(gap) = unread {
        return Isolation {
            ingress_isolated: Cell::Gap(gap.clone()),
            egress_isolated: Cell::Gap(gap.clone()),
            pod_network_used: Cell::Gap(gap.clone()),
        };
    }
    Isolation {
        ingress_isolated: direction(facts, namespace, Direction::Ingress),
        egress_isolated: direction(facts, namespace, Direction::Egress),
        pod_network_used: pod_network_used(facts, namespace),
    }
}

fn direction(facts: &Facts, namespace: &str, direction: Direction) -> Cell<bool> {
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
    // What policies allow adds up, so one that allows everything decides, whatever was not listed.
    if selecting.iter().any(|policy| allows_all(policy, direction)) {
        return Cell::explicit(false, source(POLICIES));
    }
    match facts.network_policies.lack_in(Some(namespace)) {
        Some(gap) => Cell::Gap(gap.clone()),
        None => Cell::explicit(!selecting.is_empty(), source(POLICIES)),
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

/// A rule without peers and ports allows everything.
fn allows_all(policy: &NetworkPolicy, direction: Direction) -> bool {
    match direction {
        Direction::Ingress => {
            let mut rules = policy.spec.ingress.iter();
            rules.any(|rule| rule.from.is_empty() && rule.ports.is_empty())
        }
        Direction::Egress => {
            let mut rules = policy.spec.egress.iter();
            rules.any(|rule| rule.to.is_empty() && rule.ports.is_empty())
        }
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
