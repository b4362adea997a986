//! Running pods that are alike to everything that selects pods: one template, one set of labels.
//!
//! Labels that differ from pod to pod by design (ordinals, indices, the uid of a Job) are left out: with them every pod of
//! a StatefulSet would be a set of its own. [`UNCOUNTED`] names them, so that who selects by one knows that it cannot tell.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::index::Numbers;
use crate::facts::objects::Labels;
use crate::facts::record;

/// Labels that controllers make for each pod; [`PodSet::labels`] has none of them.
pub const UNCOUNTED: [&str; 5] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "controller-uid",
    "statefulset.kubernetes.io/pod-name",
];

record! {
    /// Running pods of one template with the same labels; of manifests, the pods that a template is for.
    #[derive(Debug, Default)]
    #[serde(default)]
    pub struct PodSet {
        /// The namespace.
        pub namespace: String,
        /// The kind of the workload.
        pub kind: String,
        /// The name of the workload.
        pub workload: String,
        /// The position of the template in the workload.
        pub template: i64,
        /// The labels, without those that differ from pod to pod by design.
        pub labels: Labels,
        /// How many pods; none of what manifests declare.
        pub instances: i64,
        /// The nodes they are on, those that wait for one left out.
        pub nodes: Vec<Arc<str>>,
    }
}

/// Pod sets in the making; workload and template are still the folder's own numbers.
#[derive(Debug, Default)]
pub(super) struct Sets {
    nodes: Numbers<Arc<str>>,
    labels: Numbers<Labels>,
    sets: HashMap<Key, Members>,
}

/// Group, shape and labels, by their numbers.
type Key = (u32, u32, u32);

#[derive(Debug, Default)]
struct Members {
    instances: i64,
    nodes: BTreeSet<u32>,
}

/// Where a pod set belongs: the workload as (namespace, kind, name), and the position of the template.
pub(super) type Place = (String, String, String, usize);

impl Sets {
    /// Takes in what does not run, and so has no pods to count.
    pub(super) fn declare(&mut self, group: u32, shape: u32, labels: Labels) {
        self.members(group, shape, labels);
    }

    fn members(&mut self, group: u32, shape: u32, mut labels: Labels) -> &mut Members {
        labels.retain(|key, _| !UNCOUNTED.contains(&key));
        let key = (group, shape, self.labels.number(labels));
        self.sets.entry(key).or_default()
    }

    pub(super) fn add(&mut self, group: u32, shape: u32, labels: Labels, node: String) {
        let node = (!node.is_empty()).then(|| self.nodes.number(node.into()));
        let members = self.members(group, shape, labels);
        members.instances += 1;
        if let Some(node) = node {
            members.nodes.insert(node);
        }
    }

    /// The sets, in the order of their places and labels.
    pub(super) fn finish(self, place: impl Fn(u32, u32) -> Option<Place>) -> Vec<PodSet> {
        let nodes = self.nodes.into_vec();
        let labels = self.labels.into_vec();
        let set = |((group, shape, label), members): (Key, Members)| {
            let (namespace, kind, workload, template) = place(group, shape)?;
            let names = members
                .nodes
                .iter()
                .filter_map(|at| nodes.get(*at as usize));
            let mut names: Vec<Arc<str>> = names.cloned().collect();
            names.sort_unstable();
            Some(PodSet {
                namespace,
                kind,
                workload,
                template: i64::try_from(template).unwrap_or(i64::MAX),
                labels: labels.get(label as usize)?.clone(),
                instances: members.instances,
                nodes: names,
            })
        };
        let mut sets: Vec<PodSet> = self.sets.into_iter().filter_map(set).collect();
        sets.sort_by(|a, b| {
            let key = |one: &PodSet| {
                (
                    one.namespace.clone(),
                    one.kind.clone(),
                    one.workload.clone(),
                )
            };
            key(a)
                .cmp(&key(b))
                .then(a.template.cmp(&b.template))
                .then_with(|| a.labels.cmp(&b.labels))
        });
        merge(sets)
    }
}

/// ReplicaSets of one Deployment can give sets that are equal.
fn merge(sets: Vec<PodSet>) -> Vec<PodSet> {
    let mut merged: Vec<PodSet> = Vec::with_capacity(sets.len());
    for set in sets {
        let same = |last: &&mut PodSet| {
            (
                &last.namespace,
                &last.kind,
                &last.workload,
                last.template,
                &last.labels,
            ) == (
                &set.namespace,
                &set.kind,
                &set.workload,
                set.template,
                &set.labels,
            )
        };
        match merged.last_mut().filter(|last| same(last)) {
            Some(last) => {
                last.instances += set.instances;
                last.nodes.extend(set.nodes);
                last.nodes.sort_unstable();
                last.nodes.dedup();
            }
            None => merged.push(set),
        }
    }
    merged
}
