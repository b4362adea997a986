//! Who has which power where, beyond what is shipped.

use std::collections::{BTreeMap, BTreeSet};

use super::access::{Access, Grant, Who};
use super::paths::Graph;
use super::powers::powers;
use crate::outcome::{Power, PowerLine, PowerList};

impl Access<'_> {
    /// Everybody who holds something that is not shipped, the mightiest first.
    pub(crate) fn summary(&self, graph: &Graph<'_>) -> PowerList {
        let pods = self.pods();
        let (mut lines, mut shipped, mut others) = (Vec::new(), 0, 0);
        for (who, grants) in &self.grants {
            let own: Vec<&Grant<'_>> = grants.iter().filter(|grant| !grant.shipped).collect();
            let held = held(&own);
            match (own.is_empty(), held.is_empty()) {
                (true, _) => shipped += 1,
                (false, true) => others += 1,
                (false, false) => lines.push(PowerLine {
                    principal: who.principal(),
                    stands_for: who.stands_for(),
                    powers: held,
                    steps_to_cluster: graph.steps(who),
                    pods: pods.get(who).copied().unwrap_or_default(),
                }),
            }
        }
        lines.sort_by_cached_key(|line| {
            let far = line.steps_to_cluster.unwrap_or(usize::MAX);
            (
                far,
                std::cmp::Reverse(line.powers.len()),
                line.principal.clone(),
            )
        });
        PowerList {
            lines,
            others,
            shipped,
            gaps: self.all_gaps(),
        }
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
fn held(grants: &[&Grant<'_>]) -> Vec<Power> {
    let mut held: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
    for grant in grants {
        for name in powers(grant.rules, grant.within.is_none()) {
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
