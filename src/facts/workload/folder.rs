//! Folds pods and controllers into workloads, page by page and in any order.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::sync::Arc;

use prost::Message;

use super::index::{Building, NewPod};
use super::owners::{self, Identity};
use super::sets::Sets;
use super::{Controller, PodIndex, PodSet, Template, Workload, normalise};
use crate::facts::objects::{Kind, Labels, Pod, PodSpec};

/// How many pods of a template are named.
const SAMPLE: usize = 20;

/// How many owners are followed; Kubernetes' own chains have two.
const CHAIN: usize = 8;

/// Collects pods and controllers.
#[derive(Debug, Default)]
pub struct Folder {
    shapes: Shapes,
    groups: Vec<Group>,
    numbers: HashMap<Identity, u32>,
    sets: Sets,
    index: Option<Building>,
    /// Of manifests, where what is declared counts as pods: how many objects of each name there are.
    declared: Option<HashMap<Identity, u32>>,
}

/// What a [`Folder`] made of all it was given.
#[derive(Debug)]
pub struct Folded {
    /// The workloads, in the order of namespace, kind and name.
    pub workloads: Vec<Workload>,
    /// The pods that run, by template and labels.
    pub sets: Vec<PodSet>,
    /// The pods that run, by name; empty unless asked for.
    pub index: PodIndex,
}

/// The distinct normalised specs, each stored once: looked up by a keyed hash, decided by equality.
#[derive(Debug, Default)]
struct Shapes {
    all: Vec<Shape>,
    by_hash: HashMap<u64, Vec<u32>>,
    scratch: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Shape {
    annotations: Labels,
    spec: PodSpec,
}

/// An object that was listed, or named as an owner.
#[derive(Debug)]
struct Group {
    identity: Identity,
    /// Whether the object itself was seen.
    seen: bool,
    /// Its controller.
    owner: Option<u32>,
    /// What it declares.
    declares: Vec<u32>,
    /// What runs, by shape.
    runs: BTreeMap<u32, Runs>,
}

#[derive(Debug, Default)]
struct Runs {
    instances: i64,
    tokens: i64,
    sample: Vec<Arc<str>>,
}

impl Folder {
    /// A folder that also keeps the name of every pod, to join what nodes show of them.
    pub fn indexing() -> Self {
        Self {
            index: Some(Building::default()),
            ..Self::default()
        }
    }

    /// A folder of manifests: nothing runs, all that is declared counts as what policies and bindings are for, and objects
    /// of one name are as many.
    pub fn declaring() -> Self {
        Self {
            declared: Some(HashMap::new()),
            ..Self::default()
        }
    }

    /// Takes in a controller.
    pub fn controller<C: Controller>(&mut self, controller: C) {
        let owner = Identity::controller(controller.metadata()).map(|owner| self.group(owner));
        let number = self.declared(Identity::of(&controller));
        let idle = self.declared.is_none() && controller.is_idle();
        let declares = (!idle).then(|| {
            let (spec, meta) = owners::declared(controller);
            let annotations = normalise::annotations(meta.annotations);
            let shape = self.shapes.number(Shape { annotations, spec });
            if self.declared.is_some() {
                self.sets.declare(number, shape, meta.labels);
            }
            shape
        });
        let group = &mut self.groups[number as usize];
        group.seen = true;
        group.owner = owner;
        group
            .declares
            .extend(declares.filter(|shape| !group.declares.contains(shape)));
    }

    /// Takes in a pod. One that has ended does not run; one without a phase comes from a manifest and is only declared.
    pub fn pod(&mut self, pod: Pod) {
        let phase = pod.status.phase.as_str();
        if phase == "Succeeded" || phase == "Failed" {
            return;
        }
        let declared_only = phase.is_empty();
        let owner = Identity::controller(&pod.metadata).filter(|owner| !owner.is_node());
        let name = match &owner {
            Some(owner) if owner.kind == "StatefulSet" => normalise::Name::Ordinal {
                pod: &pod.metadata.name,
                set: &owner.name,
            },
            _ => normalise::Name::Any,
        };
        let mut spec = pod.spec;
        let node = spec.node_name.clone();
        let token = normalise::spec(&mut spec, name);
        let title = pod.metadata.title().into_owned();
        let annotations = normalise::annotations(pod.metadata.annotations);
        let shape = self.shapes.number(Shape { annotations, spec });
        let bare = owner.is_none();
        let identity = owner.unwrap_or_else(|| Identity {
            namespace: pod.metadata.namespace.clone(),
            kind: Pod::KIND.to_owned(),
            name: title,
            group: Pod::GROUP.to_owned(),
            copy: 0,
        });
        let number = if bare {
            self.declared(identity)
        } else {
            self.group(identity)
        };
        let group = &mut self.groups[number as usize];
        group.seen |= bare;
        if declared_only {
            if !group.declares.contains(&shape) {
                group.declares.push(shape);
            }
            if self.declared.is_some() {
                self.sets.declare(number, shape, pod.metadata.labels);
            }
            return;
        }
        group
            .runs
            .entry(shape)
            .or_default()
            .add(&pod.metadata.name, token);
        if let Some(index) = &mut self.index {
            index.add(NewPod {
                name: pod.metadata.name,
                namespace: &pod.metadata.namespace,
                node: &node,
                group: number,
                shape,
            });
        }
        self.sets.add(number, shape, pod.metadata.labels, node);
    }

    /// The workloads and the pods.
    pub fn finish(self) -> Folded {
        let tops: Vec<u32> = (0..self.groups.len()).map(|at| self.top(at)).collect();
        let mut found: BTreeMap<&Identity, Found> = BTreeMap::new();
        for (group, top) in self.groups.iter().zip(&tops) {
            let top = &self.groups[*top as usize];
            let entry = found.entry(&top.identity).or_default();
            entry.add(group, top, self.note(group, top));
        }
        // A spec moves into the last template that is made from it: most are used once, and they are all there is.
        let mut left = vec![0u32; self.shapes.all.len()];
        for found in found.values() {
            found
                .order()
                .iter()
                .for_each(|shape| left[*shape as usize] += 1);
        }
        let mut shapes = self.shapes.all;
        let mut take = |number: u32| {
            let (left, shape) = (&mut left[number as usize], &mut shapes[number as usize]);
            *left -= 1;
            match left {
                0 => std::mem::take(shape),
                _ => shape.clone(),
            }
        };
        let mut positions: HashMap<&Identity, (usize, Vec<u32>)> = HashMap::new();
        let mut workloads = Vec::new();
        for (identity, found) in found {
            let (templates, shapes) = found.templates(&mut take);
            if templates.is_empty() {
                continue;
            }
            positions.insert(identity, (workloads.len(), shapes));
            workloads.push(Workload {
                namespace: identity.namespace.clone(),
                api_group: identity.group.clone(),
                kind: identity.kind.clone(),
                name: identity.name.clone(),
                note: found.note,
                templates,
            });
        }
        let position = |group: u32, shape: u32| {
            let top = *tops.get(group as usize)?;
            let (workload, shapes) = positions.get(&self.groups[top as usize].identity)?;
            let template = shapes.iter().position(|known| *known == shape)?;
            Some((*workload, template))
        };
        let index = self.index.map(|index| index.finish(position));
        let sets = self.sets.finish(|group, shape| {
            let (at, template) = position(group, shape)?;
            let workload: &Workload = workloads.get(at)?;
            let (kind, name) = (workload.kind.clone(), workload.name.clone());
            Some((workload.namespace.clone(), kind, name, template))
        });
        Folded {
            workloads,
            sets,
            index: index.unwrap_or_default(),
        }
    }

    /// The number of the group of an object itself: in manifests, each is one of its own.
    fn declared(&mut self, mut identity: Identity) -> u32 {
        if let Some(declared) = &mut self.declared {
            let next = declared.entry(identity.clone()).or_default();
            identity.copy = *next;
            *next += 1;
        }
        self.group(identity)
    }

    /// The number of the group of this object.
    fn group(&mut self, identity: Identity) -> u32 {
        if let Some(number) = self.numbers.get(&identity) {
            return *number;
        }
        let number = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        self.numbers.insert(identity.clone(), number);
        self.groups.push(Group {
            identity,
            seen: false,
            owner: None,
            declares: Vec::new(),
            runs: BTreeMap::new(),
        });
        number
    }

    /// Follows owners to the subject.
    fn top(&self, at: usize) -> u32 {
        let mut at = u32::try_from(at).unwrap_or(u32::MAX);
        for _ in 0..CHAIN {
            let group = &self.groups[at as usize];
            match group.owner {
                Some(owner) if group.identity.passes_on() => at = owner,
                _ => break,
            }
        }
        at
    }

    /// What is not known about the owners of a group.
    fn note(&self, group: &Group, top: &Group) -> Option<String> {
        let unseen = [group, top]
            .into_iter()
            .find(|group| !group.seen && group.identity.is_listed_kind())?;
        let Identity { kind, name, .. } = &unseen.identity;
        Some(format!("{kind} {name} was not listed"))
    }
}

impl Runs {
    fn add(&mut self, pod: &str, token: bool) {
        self.instances += 1;
        self.tokens += i64::from(token);
        if self.sample.len() < SAMPLE {
            self.sample.push(pod.into());
        }
    }

    fn merge(&mut self, other: &Self) {
        self.instances += other.instances;
        self.tokens += other.tokens;
        self.sample.extend(other.sample.iter().cloned());
        self.sample.sort();
        self.sample.truncate(SAMPLE);
    }
}

/// What is known of one subject.
#[derive(Default)]
struct Found {
    note: Option<String>,
    declares: Vec<u32>,
    runs: BTreeMap<u32, Runs>,
}

impl Found {
    fn add(&mut self, group: &Group, top: &Group, note: Option<String>) {
        self.note = self.note.take().or(note);
        // What stands between the subject and its pods repeats the subject's own declaration, perhaps an older one.
        let speaks = group.identity == top.identity || top.declares.is_empty();
        for shape in group.declares.iter().filter(|_| speaks) {
            if !self.declares.contains(shape) {
                self.declares.push(*shape);
            }
        }
        for (shape, runs) in &group.runs {
            self.runs.entry(*shape).or_default().merge(runs);
        }
    }

    /// The shapes: those that run first, in the order of their number of pods.
    fn order(&self) -> Vec<u32> {
        let mut order: Vec<u32> = self.runs.keys().copied().collect();
        order.sort_by_key(|shape| {
            (
                std::cmp::Reverse(self.runs[shape].instances),
                &self.runs[shape].sample,
            )
        });
        let idle = self
            .declares
            .iter()
            .filter(|shape| !self.runs.contains_key(shape));
        order.extend(idle);
        order
    }

    /// The templates in that order, with the shape of each.
    fn templates(&self, take: &mut impl FnMut(u32) -> Shape) -> (Vec<Template>, Vec<u32>) {
        let order = self.order();
        let template = |number: &u32| {
            let shape = take(*number);
            let runs = self.runs.get(number);
            Template {
                annotations: shape.annotations,
                spec: shape.spec,
                declared: self.declares.contains(number),
                running: runs.is_some(),
                instances: runs.map_or(0, |runs| runs.instances),
                sample: runs.map(|runs| runs.sample.clone()).unwrap_or_default(),
                token_instances: runs.map_or(0, |runs| runs.tokens),
            }
        };
        (order.iter().map(template).collect(), order)
    }
}

impl Shapes {
    fn number(&mut self, shape: Shape) -> u32 {
        self.scratch.clear();
        // Writing to a vector cannot run out of room.
        let _ = shape.spec.encode(&mut self.scratch);
        let hash = self
            .by_hash
            .hasher()
            .hash_one((&self.scratch, &shape.annotations));
        let same = self.by_hash.entry(hash).or_default();
        if let Some(known) = same
            .iter()
            .find(|known| self.all[**known as usize] == shape)
        {
            return *known;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        same.push(number);
        // A clone takes no more room than it needs; what was decoded has room to grow.
        self.all.push(shape.clone());
        number
    }
}
