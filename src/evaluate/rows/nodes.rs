//! Rows of nodes, and of the files and certificates that lie on them.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;

use crate::facts::certificate::Certificate;
use crate::facts::host::{File, Role};
use crate::facts::objects::Node;
use crate::facts::{Cell, Gap, GapReason, Lacking, Record, Source};
use crate::outcome::Subject;

use super::expected::{control_plane_nodes, is_on_workers};
use super::joined::{Joined, join};
use super::objects::{gone, unread};
use super::{Hidden, Row, Rows, Slot, World};
use crate::evaluate::judge::computed;

crate::facts::record! {
    /// How much of a certificate's life is left at the time of the observation.
    #[derive(Debug, Default)]
    pub struct Remaining {
        /// Whole days until it ends; negative when it has ended.
        pub days_left: Cell<i64>,
        /// The share of its lifetime that is left, in percent, rounded down; negative when it has ended.
        pub percent_left: Cell<i64>,
    }
}

const DAY: i64 = 24 * 60 * 60;

impl Remaining {
    pub(super) fn compute(certificate: &Certificate, now: Timestamp, lacking: &Lacking) -> Self {
        if let Some(gap) = lacking.among(Certificate::schema(), &["notBefore", "notAfter"]) {
            return Self {
                days_left: Cell::Gap(gap.clone()),
                percent_left: Cell::Gap(gap.clone()),
            };
        }
        let left = certificate
            .not_after
            .as_second()
            .saturating_sub(now.as_second());
        let lifetime = certificate
            .not_after
            .as_second()
            .saturating_sub(certificate.not_before.as_second());
        let engine = "remaining lifetime";
        let percent_left = if lifetime > 0 {
            let percent = i128::from(left) * 100;
            computed(
                i64::try_from(percent.div_euclid(i128::from(lifetime))).unwrap_or(i64::MAX),
                engine,
            )
        } else {
            let what = "lifetime of a certificate that ends before it begins";
            Cell::Gap(Gap::new(
                what,
                certificate.path.as_str(),
                GapReason::Unparsable,
                "replace the certificate",
            ))
        };
        Self {
            days_left: computed(left.div_euclid(DAY), engine),
            percent_left,
        }
    }
}

pub(super) fn certificate_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let doc = "An X.509 certificate that the cluster uses, with its remaining lifetime.";
        join(
            "certificate",
            doc,
            &[Certificate::schema(), Remaining::schema()],
        )
    });
    SCHEMA.clone()
}

impl World<'_> {
    pub(super) fn nodes(&self) -> Rows<'_> {
        let listing = &self.facts.nodes;
        let rows = listing.rows.iter().map(|node| {
            let name = &node.metadata.name;
            let mut subject = Subject::new("node", name);
            subject.node = Some(name.clone());
            Row {
                subject,
                source: Source::Object {
                    kind: "Node".to_owned(),
                    namespace: String::new(),
                    name: name.clone(),
                },
                place: None,
                variables: vec![Slot::Fact(node), Slot::Fact(&self.facts.cluster)],
            }
        });
        Rows {
            rows: rows.collect(),
            unread: unread(listing, "node", "nodes").collect(),
            none: "the cluster has no nodes".to_owned(),
            ..Rows::default()
        }
    }

    /// The node called `name` as a parent: a gap when the API did not give it.
    pub(super) fn node_slot(&self, name: &str) -> Slot<'_> {
        let nodes = &self.facts.nodes;
        match nodes.rows.iter().find(|node| node.metadata.name == name) {
            Some(node) => Slot::Fact(node),
            None => Slot::Gap(
                nodes
                    .lack_in(None)
                    .cloned()
                    .unwrap_or_else(|| gone("Node", name)),
            ),
        }
    }

    pub(super) fn files(&self) -> Rows<'_> {
        let listing = &self.facts.files;
        let rows = listing.rows.iter().map(|file| {
            let mut subject = Subject::new("file", &file.path);
            subject.node = Some(file.node.clone());
            Row {
                subject,
                source: Source::File {
                    node: file.node.clone(),
                    path: file.path.clone(),
                },
                place: Some(format!("{} on {}", file.path, file.node)),
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
            none: "no file of this kind was found on the nodes that were read".to_owned(),
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
            nodes.is_some_and(|(nodes, node)| !nodes.contains(node))
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
        let row = |file: &'static File| Row {
            subject: Subject::new("file", ""),
            source: Source::File {
                node: String::new(),
                path: String::new(),
            },
            place: None,
            variables: vec![
                Slot::Fact(file),
                Slot::Gap(hidden()),
                Slot::Fact(&self.facts.cluster),
            ],
        };
        FILES.iter().map(row).collect()
    }

    pub(super) fn certificates(&self) -> Rows<'_> {
        let listing = &self.facts.certificates;
        let rows =
            listing
                .rows
                .iter()
                .zip(&self.derived.remaining)
                .map(|(certificate, remaining)| {
                    let mut name = certificate.path.clone();
                    if certificate.position > 0 {
                        name = format!("{name} #{}", certificate.position + 1);
                    }
                    let mut subject = Subject::new("certificate", name);
                    subject.node = (!certificate.node.is_empty()).then(|| certificate.node.clone());
                    let source = Source::File {
                        node: certificate.node.clone(),
                        path: certificate.path.clone(),
                    };
                    let joined = Joined::new(
                        certificate_schema(),
                        vec![certificate, remaining],
                        source.clone(),
                        self.lacking,
                    );
                    Row {
                        subject,
                        source,
                        place: Some(certificate.path.clone()),
                        variables: vec![
                            Slot::Joined(joined),
                            self.node_slot(&certificate.node),
                            Slot::Fact(&self.facts.cluster),
                        ],
                    }
                });
        let mut rows = Rows {
            rows: rows.collect(),
            unread: unread(listing, "certificate", "certificates").collect(),
            none: "no certificate was found on the nodes that were read".to_owned(),
            ..Rows::default()
        };
        rows.unread
            .extend(self.unread_nodes("certificate", "certificates"));
        rows
    }

    /// The nodes that the API knows and whose files were not read; one for all of them when the API could not say.
    fn unread_nodes(&self, subject: &str, what: &str) -> Vec<(Subject, Gap)> {
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
        let read = |name: &str| facts.hosts.rows.iter().any(|host| host.node == name);
        let unread = facts
            .nodes
            .rows
            .iter()
            .filter(|node| !read(&node.metadata.name));
        unread
            .map(|node| {
                let name = &node.metadata.name;
                let mut subject = Subject::new(subject, what);
                subject.node = Some(name.clone());
                (subject, facts.unread_node(name))
            })
            .collect()
    }
}

/// Stands for whatever is not known of a file that is only thought of.
fn hidden() -> Gap {
    Gap::new("file of a node", "", GapReason::NotAsked, "")
}
