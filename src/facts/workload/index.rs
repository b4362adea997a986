//! Which template each running pod is made from, by its name: what nodes show of pods is joined by it.
//!
//! Kept only while a cluster is read, and only where nodes are read too; snapshots hold [`PodSet`](super::PodSet)s.

use std::collections::HashMap;
use std::hash::Hash;

/// All pods that run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodIndex {
    /// Names of namespaces and nodes.
    names: Vec<String>,
    /// The pods.
    pods: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    name: Box<str>,
    namespace: u32,
    node: u32,
    workload: u32,
    template: u32,
}

/// A pod of the index.
#[derive(Clone, Copy, Debug)]
pub struct IndexedPod<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// Its node; empty when it is still waiting for one.
    pub node: &'a str,
    /// The position of its workload among the workloads.
    pub workload: usize,
    /// The position of its template in the workload.
    pub template: usize,
}

impl PodIndex {
    /// How many pods there are.
    pub fn len(&self) -> usize {
        self.pods.len()
    }

    /// Whether there is no pod.
    pub fn is_empty(&self) -> bool {
        self.pods.is_empty()
    }

    /// All pods.
    pub fn pods(&self) -> impl Iterator<Item = IndexedPod<'_>> {
        self.pods.iter().filter_map(|entry| {
            Some(IndexedPod {
                name: &entry.name,
                namespace: self.names.get(entry.namespace as usize)?,
                node: self.names.get(entry.node as usize)?,
                workload: entry.workload as usize,
                template: entry.template as usize,
            })
        })
    }
}

/// A number for each distinct value, as they come.
#[derive(Debug)]
pub(super) struct Numbers<T>(HashMap<T, u32>);

impl<T: Eq + Hash> Numbers<T> {
    pub(super) fn number(&mut self, value: T) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(value).or_insert(next)
    }

    pub(super) fn into_vec(self) -> Vec<T> {
        let mut pairs: Vec<_> = self.0.into_iter().collect();
        pairs.sort_by_key(|(_, number)| *number);
        pairs.into_iter().map(|(value, _)| value).collect()
    }
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

/// A [`PodIndex`] in the making; workload and template are still the folder's own numbers.
#[derive(Debug, Default)]
pub(super) struct Building {
    names: Numbers<String>,
    pods: Vec<Entry>,
}

/// What the folder says about a pod.
pub(super) struct NewPod<'a> {
    pub name: String,
    pub namespace: &'a str,
    pub node: &'a str,
    pub group: u32,
    pub shape: u32,
}

impl Building {
    pub(super) fn add(&mut self, pod: NewPod<'_>) {
        let entry = Entry {
            name: pod.name.into(),
            namespace: self.names.number(pod.namespace.to_owned()),
            node: self.names.number(pod.node.to_owned()),
            workload: pod.group,
            template: pod.shape,
        };
        self.pods.push(entry);
    }

    /// Replaces the folder's numbers by positions among the workloads and their templates.
    pub(super) fn finish(self, position: impl Fn(u32, u32) -> Option<(usize, usize)>) -> PodIndex {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let place = |mut entry: Entry| {
            let (workload, template) = position(entry.workload, entry.template)?;
            (entry.workload, entry.template) = (narrow(workload), narrow(template));
            Some(entry)
        };
        PodIndex {
            names: self.names.into_vec(),
            pods: self.pods.into_iter().filter_map(place).collect(),
        }
    }
}
