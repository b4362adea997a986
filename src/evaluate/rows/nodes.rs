//! Rows of nodes, and of the files that lie on them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::facts::host::{File, Host, Role};
use crate::facts::objects::Node;
use crate::facts::{Cell, Fields, Gap, GapReason, Lacking, Place, Reading, Record, Source, View};
use crate::outcome::Subject;

use super::expected::{control_plane_nodes, is_on_workers};
use super::joined::join;
use super::objects::{gone, unread};
use super::{Hidden, Nothing, Row, Rows, Settled, Slot, World};

crate::facts::record! {
    /// What is known of the machine that answers for a node.
    #[derive(Debug)]
    pub struct Machine {
        /// What the machine that was asked says of itself against what the API says; absent when its id or its kubelet's
        /// certificate agrees with the API.
        pub conflict: Cell<String>,
    }
}

/// A node that the API knows, with the machine that answers for it.
pub(super) struct Known<'f> {
    node: &'f Node,
    machine: Machine,
    lacking: &'f Lacking,
    /// Its name, for all subjects on it.
    name: Arc<str>,
    /// Why nothing that lies or runs on it is known, if it was not read.
    pub(super) unread: Option<Gap>,
}

impl<'f> Known<'f> {
    /// With the machine that was read as this node, or why none was.
    pub(super) fn new(
        node: &'f Node,
        machine: Result<&'f Host, Gap>,
        lacking: &'f Lacking,
    ) -> Self {
        let conflict = match &machine {
            Ok(host) => conflict(node, host),
            Err(gap) if gap.reason == GapReason::UnverifiedEndpoint => {
                Cell::explicit(gap.place.to_string(), source(node))
            }
            Err(gap) => Cell::Gap(gap.clone()),
        };
        Self {
            node,
            machine: Machine { conflict },
            lacking,
            name: node.metadata.name.as_str().into(),
            unread: machine.err(),
        }
    }
}

fn source(node: &Node) -> Source {
    Source::from(Place::Api {
        path: format!("/api/v1/nodes/{}", node.metadata.name),
    })
}

/// What a machine that was read says against its node. One that says nothing of weight may be any machine.
fn conflict(node: &Node, host: &Host) -> Cell<String> {
    let (name, known) = (&node.metadata.name, &node.status.node_info);
    let told = host.identity();
    match told.conflict(name, known) {
        Some(why) => Cell::explicit(format!("the machine {why}"), source(node)),
        None if told.agrees(name, known) => Cell::Absent {
            source: source(node),
        },
        None => Cell::Gap(Gap::new(
            format!("what shows that the machine that was read is node {name}"),
            "machine id and kubelet certificate",
            GapReason::UnverifiedEndpoint,
            "compare /etc/machine-id with status.nodeInfo.machineID of the Node",
        )),
    }
}

pub(super) fn node_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let parts = [Node::schema(), Machine::schema()];
        join("node", &parts[0].doc, &parts)
    });
    SCHEMA.clone()
}

impl Fields for Known<'_> {
    fn record(&self) -> &Arc<Record> {
        static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(node_schema);
        &SCHEMA
    }

    fn field(&self, position: usize) -> Reading<'_> {
        let schema = Node::schema();
        match position.checked_sub(schema.fields.len()) {
            Some(beyond) => self.machine.field(beyond),
            None => match self.lacking.gap(schema, position) {
                Some(gap) => View::Gap(gap).into(),
                None => self.node.field(position),
            },
        }
    }

    fn source(&self) -> Option<&Source> {
        self.node.source()
    }
}

impl World<'_> {
    pub(super) fn nodes(&self) -> Rows<'_> {
        let listing = &self.facts.nodes;
        let rows = listing.rows.iter().map(|node| {
            let name = &node.metadata.name;
            let shared = self.node_name(name);
            let source = Source::from(Place::Object {
                kind: "Node".into(),
                namespace: String::new(),
                name: name.clone(),
            });
            let subject = Subject::on_node("node", shared.clone(), shared);
            Row {
                subject: subject.into(),
                source,
                place: Settled::Nowhere,
                variables: vec![self.node_slot(name), Slot::Fact(&self.facts.cluster)],
            }
        });
        Rows {
            rows: rows.collect(),
            unread: unread(listing, "node", "nodes").collect(),
            none: Nothing::There("the cluster has no nodes".to_owned()),
            ..Rows::default()
        }
    }

    /// The node called `name` as a parent: a gap when the API did not give it.
    pub(super) fn node_slot(&self, name: &str) -> Slot<'_> {
        match self.nodes.get(name) {
            Some(known) => Slot::Fact(known),
            None => Slot::Gap(
                self.facts
                    .nodes
                    .lack_in(None)
                    .cloned()
                    .unwrap_or_else(|| gone("Node", name)),
            ),
        }
    }

    /// The name of a node, which all subjects on it share.
    pub(super) fn node_name(&self, name: &str) -> Arc<str> {
        let known = self.nodes.get(name);
        known.map_or_else(|| name.into(), |known| known.name.clone())
    }

    /// A row about something on the node that `subject` names: that itself, its node, the cluster.
    pub(super) fn on_node<'w>(
        &'w self,
        subject: Subject,
        source: Source,
        own: Slot<'w>,
    ) -> Row<'w> {
        let node = self.node_slot(subject.node.as_deref().unwrap_or_default());
        Row {
            subject: subject.into(),
            source,
            place: Settled::Nowhere,
            variables: vec![own, node, self.cluster_slot()],
        }
    }

    pub(super) fn files(&self) -> Rows<'_> {
        let listing = &self.facts.files;
        // The same paths lie on thousands of nodes.
        let mut paths: HashMap<&str, Arc<str>> = HashMap::new();
        let rows = listing.rows.iter().map(|file| {
            let path = paths.entry(&file.path);
            let path = path.or_insert_with(|| file.path.as_str().into());
            let subject = Subject::on_node("file", path.clone(), self.node_name(&file.node));
            let source = file.seen().cloned();
            let source = source.unwrap_or_else(|| {
                Source::from(Place::File {
                    node: file.node.clone(),
                    path: file.path.clone(),
                })
            });
            Row {
                subject: subject.into(),
                place: Settled::AtSource,
                source,
                variables: vec![
                    Slot::Fact(file),
                    self.node_slot(&file.node),
                    Slot::Fact(&self.facts.cluster),
                ],
            }
        });
        let mut rows = Rows {
            rows: rows.collect(),
            unread: unread(listing, "file", "files").collect(),
            none: Nothing::There(
                "no file of this kind was found on the nodes that were read".to_owned(),
            ),
            ..Rows::default()
        };
        let unread = self.unread_nodes("file", "files").into_iter();
        // A version that did not record labels does not tell workers apart.
        let control_plane = match self.lacking.below(Node::schema()) {
            None => control_plane_nodes(self.facts),
            Some(_) => None,
        };
        let (workers, others): (Vec<_>, Vec<_>) = unread.partition(|(subject, _)| {
            let nodes = control_plane.as_ref().zip(subject.node.as_ref());
            nodes.is_some_and(|(nodes, node)| !nodes.iter().any(|known| **known == **node))
        });
        rows.unread.extend(others);
        rows.hidden.push(Hidden {
            like: self.hidden_files(),
            unread: workers,
        });
        rows
    }

    /// A file of every role that can lie on a worker, of which nothing else is known.
    fn hidden_files(&self) -> Vec<Row<'_>> {
        static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
            let roles = Role::ALL.iter().filter(|role| is_on_workers(**role));
            let gap = hidden();
            roles
                .map(|role| File::hidden("", "", *role, gap.clone()))
                .collect()
        });
        let nowhere = Source::from(Place::File {
            node: String::new(),
            path: String::new(),
        });
        let subject = Arc::new(Subject::new("file", ""));
        let row = |file: &'static File| Row {
            subject: subject.clone(),
            source: nowhere.clone(),
            place: Settled::Nowhere,
            variables: vec![
                Slot::Fact(file),
                Slot::Gap(hidden()),
                Slot::Fact(&self.facts.cluster),
            ],
        };
        FILES.iter().map(row).collect()
    }

    /// The nodes that the API knows and whose files were not read; one for all of them when the API could not say.
    pub(super) fn unread_nodes(&self, subject: &'static str, what: &str) -> Vec<(Subject, Gap)> {
        let facts = self.facts;
        if facts.asked.api.is_none() {
            return Vec::new();
        }
        if let Some(gap) = facts.nodes.lack_in(None) {
            return vec![(
                Subject::new(subject, format!("{what} of every node")),
                gap.clone(),
            )];
        }
        let what: Arc<str> = what.into();
        // In the order of the listing.
        let nodes = facts.nodes.rows.iter();
        nodes
            .filter_map(|node| {
                let known = self.nodes.get(node.metadata.name.as_str())?;
                let gap = known.unread.clone()?;
                Some((
                    Subject::on_node(subject, what.clone(), known.name.clone()),
                    gap,
                ))
            })
            .collect()
    }
}

/// Stands for whatever is not known of a file that is only thought of.
fn hidden() -> Gap {
    Gap::new("file of a node", "", GapReason::NotAsked, "")
}
