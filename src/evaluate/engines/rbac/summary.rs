//! Who has which power where, beyond what is shipped.

use std::collections::{BTreeMap, BTreeSet};

use super::access::{Access, Grant, Who};
use super::paths::Graph;
use super::powers::powers;
use super::rules::{SIGNERS, covers};
use crate::facts::objects::PolicyRule;
use crate::outcome::{Power, PowerLine, PowerList};

impl Access<'_> {
    /// Everybody who holds something that is not shipped, the mightiest first.
    pub(crate) fn summary(&self, graph: &Graph<'_>) -> PowerList {
        let mut lines = self.holders(graph);
        let known = |line: &&PowerLine| self.grants.contains_key(&Who::from(&line.principal));
        let shipped = self.grants.len() - lines.iter().filter(known).count();
        let all = lines.len();
        lines.retain(|line| !line.powers.is_empty());
        lines.sort_by_cached_key(|line| {
            let far = line.steps_to_cluster.unwrap_or(usize::MAX);
            {
                let all = line.powers.iter().any(|power| power.name == EVERYTHING);
                let number = std::cmp::Reverse(line.powers.len());
                (far, !all, number, line.principal.clone())
            }
        });
        PowerList {
            others: all - lines.len(),
            lines,
            shipped,
            gaps: self.all_gaps(),
        }
    }

    /// The same in the order of their names: also those without a power, and those of whom a role was not read.
    pub(crate) fn holders(&self, graph: &Graph<'_>) -> Vec<PowerLine> {
        let pods = self.pods();
        let names: BTreeSet<&Who> = self.grants.keys().chain(self.unclear.keys()).collect();
        let line = |who: &Who| {
            let granted = self.grants.get(who).into_iter().flatten();
            let own: Vec<&Grant<'_>> = granted.filter(|grant| !grant.shipped).collect();
            let unclear = self.unclear.contains_key(who);
            (!own.is_empty() || unclear).then(|| PowerLine {
                principal: who.principal(),
                stands_for: who.stands_for(),
                powers: held(&own, &self.about_signers(who)),
                steps_to_cluster: graph.steps(who),
                pods: pods.get(who).copied().unwrap_or_default(),
            })
        };
        names.into_iter().filter_map(line).collect()
    }

    /// What is granted to somebody everywhere about signers, which some powers take besides.
    fn about_signers(&self, who: &Who) -> Vec<&PolicyRule> {
        let everywhere = self.grants_of(who).filter(|grant| grant.within.is_none());
        let rules = everywhere.flat_map(|grant| grant.rules.iter().copied());
        rules.filter(|rule| covers(rule, &SIGNERS)).collect()
    }

    /// How many running pods act as each service account.
    fn pods(&self) -> BTreeMap<Who, u64> {
        let mut pods = BTreeMap::new();
        for workload in &self.facts.workloads.rows {
            for template in &workload.templates {
                let name = template.spec.service_account_name.as_str();
                let who = Who::Account {
                    namespace: workload.namespace.clone(),
                    name: if name.is_empty() { "default" } else { name }.to_owned(),
                };
                let instances = u64::try_from(template.instances).unwrap_or_default();
                *pods.entry(who).or_default() += instances;
            }
        }
        pods
    }
}

/// The power that has all others in it.
const EVERYTHING: &str = "everything";

/// The powers of some grants; one that is held everywhere needs no namespaces.
fn held(grants: &[&Grant<'_>], beside: &[&PolicyRule]) -> Vec<Power> {
    let mut held: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
    for grant in grants {
        for name in powers(&grant.rules, grant.within.is_none(), beside) {
            let within = held.entry(name).or_insert_with(|| Some(BTreeSet::new()));
            match (grant.within, within.as_mut()) {
                (Some(namespace), Some(known)) => {
                    known.insert(namespace.to_owned());
                }
                (None, _) => *within = None,
                (Some(_), None) => {}
            }
        }
    }
    if held.get(EVERYTHING) == Some(&None) {
        held.retain(|name, _| name == EVERYTHING);
    }
    let power = |(name, within): (String, Option<BTreeSet<String>>)| Power {
        name,
        within: within.into_iter().flatten().collect(),
    };
    held.into_iter().map(power).collect()
}
