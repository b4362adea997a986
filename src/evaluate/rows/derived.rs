//! What the engines computed, beside the facts it belongs to.

use std::collections::BTreeMap;

use super::nodes::Remaining;
use super::objects::WorkloadMark;
use super::rbac::RbacMark;
use crate::evaluate::engines::isolation::{Isolation, isolation};
use crate::evaluate::engines::shipped::{Shipped, shipped_binding, shipped_role};
use crate::evaluate::judge::computed;
use crate::facts::objects::{ClusterRole, ClusterRoleBinding};
use crate::facts::{Cell, Facts, Lacking};

/// One entry per fact, in the order of the listings.
pub(super) struct Derived {
    /// The position of each namespace, by name.
    pub(super) namespaces: BTreeMap<String, usize>,
    pub(super) isolation: Vec<Isolation>,
    pub(super) remaining: Vec<Remaining>,
    pub(super) workloads: Vec<WorkloadMark>,
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
                .map(|namespace| isolation(facts, lacking, &namespace.metadata.name))
                .collect(),
            remaining: certificates
                .map(|certificate| Remaining::compute(certificate, facts.observed_at, lacking))
                .collect(),
            workloads: facts.workloads.rows.iter().map(WorkloadMark::of).collect(),
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
