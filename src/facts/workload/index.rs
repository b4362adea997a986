//! What NetworkPolicy needs to know of each pod, in little memory: labels and names are stored once.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use serde::{Deserialize, Serialize};

/// All pods that run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodIndex {
    /// Names of namespaces and nodes.
    names: Vec<String>,
    /// Distinct sets of labels.
    labels: Vec<BTreeMap<String, String>>,
    /// The pods.
    pods: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    #[serde(rename = "n")]
    name: Box<str>,
    #[serde(rename = "ns")]
    namespace: u32,
    #[serde(rename = "l")]
    labels: u32,
    #[serde(rename = "no")]
    node: u32,
    #[serde(rename = "ip")]
    addresses: Box<[Box<str>]>,
    #[serde(rename = "w")]
    workload: u32,
    #[serde(rename = "t")]
    template: u32,
}

/// A pod of the index.
#[derive(Clone, Copy, Debug)]
pub struct IndexedPod<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// Its labels.
    pub labels: &'a BTreeMap<String, String>,
    /// Its node; empty when it is still waiting for one.
    pub node: &'a str,
    /// Its addresses.
    addresses: &'a [Box<str>],
    /// The position of its workload among the workloads.
    pub workload: usize,
    /// The position of its template in the workload.
    pub template: usize,
}

impl<'a> IndexedPod<'a> {
    /// Its addresses; none when it has not been given any yet.
    pub fn addresses(&self) -> impl Iterator<Item = &'a str> {
        self.addresses.iter().map(AsRef::as_ref)
    }
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

    /// All pods whose entry is whole (a damaged snapshot may hold others).
    pub fn pods(&self) -> impl Iterator<Item = IndexedPod<'_>> {
        self.pods.iter().filter_map(|entry| {
            Some(IndexedPod {
                name: &entry.name,
                namespace: self.names.get(entry.namespace as usize)?,
                labels: self.labels.get(entry.labels as usize)?,
                node: self.names.get(entry.node as usize)?,
                addresses: &entry.addresses,
                workload: entry.workload as usize,
                template: entry.template as usize,
            })
        })
    }
}

/// A value for each distinct key, numbered as they come.
#[derive(Debug)]
struct Numbers<T>(HashMap<T, u32>);

impl<T: Eq + Hash> Numbers<T> {
    fn number(&mut self, value: T) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(value).or_insert(next)
    }

    fn into_vec(self) -> Vec<T> {
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
    labels: Numbers<BTreeMap<String, String>>,
    pods: Vec<Entry>,
}

/// What the folder says about a pod.
pub(super) struct NewPod {
    pub name: String,
    pub namespace: String,
    pub labels: BTreeMap<String, String>,
    pub node: String,
    pub addresses: Vec<String>,
    pub group: u32,
    pub spec: u32,
}

impl Building {
    pub(super) fn add(&mut self, pod: NewPod) {
        let entry = Entry {
            name: pod.name.into(),
            namespace: self.names.number(pod.namespace),
            labels: self.labels.number(pod.labels),
            node: self.names.number(pod.node),
            addresses: pod.addresses.into_iter().map(Into::into).collect(),
            workload: pod.group,
            template: pod.spec,
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
            labels: self.labels.into_vec(),
            pods: self.pods.into_iter().filter_map(place).collect(),
        }
    }
}
