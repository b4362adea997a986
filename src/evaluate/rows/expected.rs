//! What should be there: a kubelet and a kube-proxy per node, the control plane per control-plane node.
//!
//! A run that did not ask the API audits the machines it read and nothing else, so it expects nothing beyond them.

use std::collections::BTreeSet;

use crate::facts::component::{Component, ComponentKind};
use crate::facts::host::Role;
use crate::facts::objects::Node;
use crate::facts::{Facts, Gap, GapReason};

/// Labels that kubeadm and its like put on control-plane nodes; a hint only, so a component that is seen counts too.
const CONTROL_PLANE_LABELS: [&str; 3] = [
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
    "node-role.kubernetes.io/controlplane",
];

/// Distributions whose provider runs the control plane out of the customer's sight.
const MANAGED: [&str; 3] = ["eks", "gke", "aks"];

/// The control plane's components.
const CONTROL_PLANE: [ComponentKind; 4] = [
    ComponentKind::ApiServer,
    ComponentKind::ControllerManager,
    ComponentKind::Scheduler,
    ComponentKind::Etcd,
];

/// Files that lie on control-plane nodes alone: what the control plane is started, configured and kept with.
const CONTROL_PLANE_FILES: [Role; 14] = [
    Role::ApiServerManifest,
    Role::ControllerManagerManifest,
    Role::SchedulerManifest,
    Role::EtcdManifest,
    Role::EtcdDataDirectory,
    Role::SchedulerKubeconfig,
    Role::ControllerManagerKubeconfig,
    Role::AuditPolicy,
    Role::AuditLog,
    Role::EncryptionConfig,
    Role::AdmissionConfig,
    Role::AuthenticationConfig,
    Role::AuthorizationConfig,
    Role::TokenAuthFile,
];

/// Whether a file of this role can lie on a node that is not one of the control plane.
pub(super) fn is_on_workers(role: Role) -> bool {
    !CONTROL_PLANE_FILES.contains(&role)
}

/// The nodes of the control plane, where it is known that there are no others.
pub(super) fn control_plane_nodes(facts: &Facts) -> Option<Vec<String>> {
    if !facts.components.lacks.is_empty() || facts.nodes.lack_in(None).is_some() {
        return None;
    }
    match control_plane(facts) {
        Expected::On(nodes) => Some(nodes),
        Expected::Nowhere(_) => Some(Vec::new()),
        Expected::Unclear(_) => None,
    }
}

/// What is expected of one kind of component.
pub(super) enum Expected {
    /// One on each of these nodes.
    On(Vec<String>),
    /// It is not known on which nodes: the gap says why.
    Unclear(Gap),
    /// Known to be nowhere: the text says why.
    Nowhere(String),
}

/// Where `kind` is expected to run.
pub(super) fn expected(facts: &Facts, kind: ComponentKind) -> Expected {
    if facts.asked.api.is_none() {
        let nodes = facts.asked.manifests.is_none();
        if let Some(lack) = facts.hosts.lacks.first().filter(|_| nodes) {
            return Expected::Unclear(lack.gap.clone());
        }
        // Whatever ran on the machines that were read has a row, or the listing says what it lacks.
        return Expected::Nowhere("it does not run on the machine that was read".to_owned());
    }
    if let Some(gap) = facts.nodes.lack_in(None) {
        return Expected::Unclear(gap.clone());
    }
    if CONTROL_PLANE.contains(&kind) {
        return control_plane(facts);
    }
    if kind == ComponentKind::KubeProxy && proxy_replaced(facts) {
        return Expected::Nowhere("no kube-proxy runs in this cluster".to_owned());
    }
    Expected::On(names(facts, |_| true))
}

/// Every instance of `kind`, known to be all of them; else the gap of one that is not known.
pub(super) fn every(facts: &Facts, kind: ComponentKind) -> Result<Vec<&Component>, Gap> {
    let rows = facts.components.rows.iter();
    let seen: Vec<&Component> = rows.filter(|component| component.kind == kind).collect();
    let lacks = facts.components.lacks.iter();
    let lacks = lacks.filter(|lack| kind.may_be_lacked(lack));
    if let Some(gap) = Gap::decisive(lacks.map(|lack| &lack.gap)) {
        return Err(gap.clone());
    }
    match expected(facts, kind) {
        Expected::Unclear(gap) => Err(gap),
        Expected::Nowhere(_) => Ok(seen),
        Expected::On(nodes) => {
            let on: BTreeSet<&str> = seen.iter().map(|one| one.node.as_str()).collect();
            match nodes.iter().find(|node| !on.contains(node.as_str())) {
                Some(node) => Err(facts.unread_node(node)),
                None => Ok(seen),
            }
        }
    }
}

fn control_plane(facts: &Facts) -> Expected {
    let seen: BTreeSet<&str> = facts
        .components
        .rows
        .iter()
        .filter(|component| CONTROL_PLANE.contains(&component.kind))
        .map(|component| component.node.as_str())
        .collect();
    let nodes = names(facts, |node| {
        seen.contains(node.metadata.name.as_str())
            || CONTROL_PLANE_LABELS
                .iter()
                .any(|label| node.metadata.labels.contains_key(label))
    });
    if !nodes.is_empty() {
        return Expected::On(nodes);
    }
    match facts.cluster.distribution.value() {
        Some(name) if MANAGED.contains(&name.as_str()) => {
            Expected::Nowhere(format!("the provider runs the control plane ({name})"))
        }
        _ => Expected::Unclear(Gap::new(
            "the control plane, which shows itself neither as a node nor as pods",
            "",
            GapReason::Unreachable,
            "run with --node local on a control-plane machine",
        )),
    }
}

/// No kube-proxy anywhere, known from a complete list of what runs: another component does its work.
fn proxy_replaced(facts: &Facts) -> bool {
    let proxy = |name: &str| name.contains("kube-proxy");
    let read: BTreeSet<&str> = facts.hosts.rows.iter().map(|host| &*host.node).collect();
    facts.workloads.is_complete()
        && !facts
            .components
            .rows
            .iter()
            .any(|component| component.kind == ComponentKind::KubeProxy)
        && !facts
            .workloads
            .rows
            .iter()
            .any(|workload| proxy(&workload.name))
        && facts.asked.namespaces.is_empty()
        && facts
            .nodes
            .rows
            .iter()
            .all(|node| read.contains(&*node.metadata.name))
}

fn names(facts: &Facts, wanted: impl Fn(&Node) -> bool) -> Vec<String> {
    let nodes = facts.nodes.rows.iter().filter(|node| wanted(node));
    nodes.map(|node| node.metadata.name.clone()).collect()
}
