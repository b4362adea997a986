//! What ClusterRoles grant, those that collect the rules of others included.
//!
//! In a cluster a controller has written into such a role what it collects. In manifests it is what its selectors match
//! among them and among what Kubernetes ships, and perhaps more; the rules that it states itself are overwritten, so they
//! count for nothing (kubernetes/kubernetes#65171). Source:
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles>.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::super::isolation::selects;
use super::super::shipped::{Shipped, ShippedRole, shipped_role, shipped_roles};
use super::{Key, Known, known};
use crate::facts::objects::{AggregationRule, ClusterRole, Labels, PolicyRule};
use crate::facts::{Facts, Gap, GapReason, Source};

/// Every ClusterRole that is known, with what it grants.
pub(super) fn cluster_roles(facts: &Facts) -> Vec<(Key<'_>, Known<'_>)> {
    let declared = facts.cluster_roles.rows.iter();
    if facts.asked.manifests.is_none() {
        let whole = |role| as_written(role, role.rules.iter().collect(), None);
        return declared.map(whole).collect();
    }
    let lack = facts.cluster_roles.lack_in(None);
    let names: BTreeSet<&str> = declared
        .clone()
        .map(|role| role.metadata.name.as_str())
        .collect();
    // Whatever cluster manifests are for, it has the roles that Kubernetes ships.
    let outside = lack.is_some_and(|gap| gap.reason == GapReason::Outside);
    let shipped = shipped_roles().filter(|role| outside && !names.contains(role.name));
    let parts = declared.map(Part::of).chain(shipped.map(Part::shipped));
    let parts: Vec<Part<'_>> = parts.collect();
    parts.iter().map(|part| part.known(&parts, lack)).collect()
}

fn as_written<'f>(
    role: &'f ClusterRole,
    rules: Vec<&'f PolicyRule>,
    more: Option<Gap>,
) -> (Key<'f>, Known<'f>) {
    let aggregation = role.aggregation_rule.as_ref();
    let shipped = shipped_role(&role.metadata, &role.rules, aggregation);
    let shipped = shipped == Shipped::Exactly;
    known("ClusterRole", &role.metadata, rules, shipped, more)
}

/// A ClusterRole as others may collect it.
struct Part<'f> {
    name: &'f str,
    labels: Cow<'f, Labels>,
    /// What it grants by itself.
    rules: &'f [PolicyRule],
    collects: Option<&'f AggregationRule>,
    /// The manifest; nothing for what is only known to be shipped.
    declared: Option<&'f ClusterRole>,
}

impl<'f> Part<'f> {
    fn of(role: &'f ClusterRole) -> Self {
        let name = role.metadata.name.as_str();
        let collects = role.aggregation_rule.as_ref();
        let rules = match collects {
            None => role.rules.as_slice(),
            Some(_) => ShippedRole::called(name)
                .filter(|shipped| shipped.aggregation == collects)
                .map_or(&[][..], |shipped| shipped.rules),
        };
        Self {
            name,
            labels: Cow::Borrowed(&role.metadata.labels),
            rules,
            collects,
            declared: Some(role),
        }
    }

    fn shipped(role: ShippedRole) -> Self {
        Self {
            name: role.name,
            labels: Cow::Owned(role.labels()),
            rules: role.rules,
            collects: role.aggregation,
            declared: None,
        }
    }

    /// What it grants, with what it collects among `parts`.
    fn known(&self, parts: &[Self], lack: Option<&Gap>) -> (Key<'f>, Known<'f>) {
        let mut rules: Vec<&PolicyRule> = self.rules.iter().collect();
        let more = self.collects.and(lack).cloned();
        self.collect(parts, &mut BTreeSet::from([self.name]), &mut rules);
        match self.declared {
            Some(role) => as_written(role, rules, more),
            None => {
                let source = format!("ClusterRole {} as Kubernetes ships it", self.name);
                let known = Known {
                    rules: rules.into(),
                    shipped: true,
                    more,
                    source: Source::computed(source),
                };
                ((None, self.name), known)
            }
        }
    }

    /// Adds the rules of the parts that its selectors match, and of those that theirs do.
    fn collect<'p>(
        &self,
        parts: &'p [Self],
        seen: &mut BTreeSet<&'p str>,
        rules: &mut Vec<&'f PolicyRule>,
    ) where
        'f: 'p,
    {
        let Some(collects) = self.collects else {
            return;
        };
        for part in parts {
            let mut selectors = collects.cluster_role_selectors.iter();
            let matched = selectors.any(|one| selects(one, &part.labels) == Ok(true));
            if matched && seen.insert(part.name) {
                rules.extend(part.rules);
                part.collect(parts, seen, rules);
            }
        }
    }
}
