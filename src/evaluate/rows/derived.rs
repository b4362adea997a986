//! What the engines computed, beside the facts it belongs to.

use std::collections::BTreeMap;

use super::expected::every;
use super::nodes::Remaining;
use super::objects::{Surroundings, WorkloadMark};
use super::rbac::RbacMark;
use crate::evaluate::engines::isolation::{Isolation, isolation};
use crate::evaluate::engines::pod_security::{Admission, Plugin};
use crate::evaluate::engines::security::{Confinement, seccomp_default};
use crate::evaluate::engines::shipped::{Shipped, shipped_binding, shipped_role};
use crate::evaluate::engines::token::{Accounts, ApiAccess};
use crate::evaluate::judge::computed;
use crate::facts::component::{Component, ComponentKind};
use crate::facts::objects::{ClusterRole, ClusterRoleBinding, Node};
use crate::facts::{Cell, Facts, Gap, Lacking};

/// One entry per fact, in the order of the listings.
pub(super) struct Derived {
    /// The position of each namespace, by name.
    pub(super) namespaces: BTreeMap<String, usize>,
    pub(super) isolation: Vec<Isolation>,
    pub(super) admission: Vec<Admission>,
    pub(super) remaining: Vec<Remaining>,
    pub(super) workloads: Vec<WorkloadMark>,
    pub(super) surroundings: Surroundings,
    /// By workload, then template.
    pub(super) confinement: Vec<Vec<Confinement>>,
    /// By workload, then template.
    pub(super) access: Vec<Vec<ApiAccess>>,
    pub(super) roles: Vec<RbacMark>,
    pub(super) cluster_roles: Vec<RbacMark>,
    pub(super) role_bindings: Vec<RbacMark>,
    pub(super) cluster_role_bindings: Vec<RbacMark>,
}

impl Derived {
    pub(super) fn compute(facts: &Facts, lacking: &Lacking) -> Self {
        let namespaces = facts.namespaces.rows.iter();
        let names = namespaces
            .clone()
            .map(|namespace| namespace.metadata.name.clone());
        let certificates = facts.certificates.rows.iter();
        let marks = Marks { lacking };
        let plugin = Plugin::of(components(facts, lacking, ComponentKind::ApiServer));
        let seccomp = kubelets(facts, lacking);
        let accounts = Accounts::new(facts, lacking);
        let workloads = facts.workloads.rows.iter();
        let Facts {
            roles,
            cluster_roles,
            role_bindings,
            cluster_role_bindings,
            ..
        } = facts;
        Self {
            namespaces: names.zip(0..).collect(),
            isolation: namespaces
                .clone()
                .map(|namespace| isolation(facts, lacking, &namespace.metadata.name))
                .collect(),
            admission: namespaces
                .clone()
                .map(|namespace| Admission::of(facts, lacking, &plugin, namespace))
                .collect(),
            remaining: certificates
                .map(|certificate| Remaining::compute(certificate, facts.observed_at, lacking))
                .collect(),
            workloads: workloads.clone().map(WorkloadMark::of).collect(),
            surroundings: Surroundings::of(facts, lacking),
            confinement: workloads
                .clone()
                .map(|workload| {
                    let templates = workload.templates.iter();
                    templates
                        .map(|template| Confinement::of(template, lacking, &seccomp))
                        .collect()
                })
                .collect(),
            access: workloads.map(|workload| accounts.of(workload)).collect(),
            roles: marks.each(&roles.rows, "Role", |role| {
                shipped_role(&role.metadata, &role.rules, None)
            }),
            cluster_roles: marks.each(&cluster_roles.rows, "ClusterRole", |role| {
                shipped_role(&role.metadata, &role.rules, role.aggregation_rule.as_ref())
            }),
            role_bindings: marks.each(&role_bindings.rows, "RoleBinding", |binding| {
                shipped_binding(&binding.metadata, &binding.subjects, &binding.role_ref)
            }),
            cluster_role_bindings: marks.each(
                &cluster_role_bindings.rows,
                "ClusterRoleBinding",
                |binding| shipped_binding(&binding.metadata, &binding.subjects, &binding.role_ref),
            ),
        }
    }
}

/// Every instance of `kind`; a gap when one is not known, or was recorded without a field.
fn components<'f>(
    facts: &'f Facts,
    lacking: &Lacking,
    kind: ComponentKind,
) -> Result<Vec<&'f Component>, Gap> {
    match lacking.below(Component::schema(kind)) {
        Some(gap) => Err(gap.clone()),
        None => every(facts, kind),
    }
}

/// What the kubelets of Linux nodes apply to containers without a seccomp profile.
fn kubelets(facts: &Facts, lacking: &Lacking) -> Cell<String> {
    let kind = ComponentKind::Kubelet;
    if let Some(gap) = lacking
        .below(Component::schema(kind))
        .or_else(|| lacking.below(Node::schema()))
    {
        return Cell::Gap(gap.clone());
    }
    let windows = |node: &str| {
        let mut nodes = facts.nodes.rows.iter();
        nodes.any(|known| {
            known.metadata.name == node && known.status.node_info.operating_system == "windows"
        })
    };
    let rows = facts.components.rows.iter();
    let seen: Vec<&Component> = rows
        .filter(|component| component.kind == kind && !windows(&component.node))
        .collect();
    seccomp_default(&seen, every(facts, kind).map(|_| ()))
}

/// Marks RBAC objects, unless the facts lack fields that the comparison needs.
struct Marks<'l> {
    lacking: &'l Lacking,
}

impl Marks<'_> {
    fn each<T>(&self, objects: &[T], kind: &str, compare: impl Fn(&T) -> Shipped) -> Vec<RbacMark> {
        let needed = [ClusterRole::schema(), ClusterRoleBinding::schema()];
        let gap = needed
            .into_iter()
            .find_map(|record| self.lacking.below(record));
        let shipped = |object: &T| match gap {
            Some(gap) => Cell::Gap(gap.clone()),
            None => computed(
                compare(object) == Shipped::Exactly,
                "comparison with what Kubernetes ships",
            ),
        };
        let mark = |object| RbacMark {
            kind: kind.to_owned(),
            shipped: shipped(object),
        };
        objects.iter().map(mark).collect()
    }
}
