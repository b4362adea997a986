//! Rows of the addresses at which components listen.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::facts::certificate::Certificate;
use crate::facts::host::Endpoint;
use crate::facts::{Cell, Facts, Fields, Lacking, Place, Record, Source};
use crate::outcome::Subject;

use super::joined::join;
use super::objects::unread;
use super::{Nothing, Rows, World};
use crate::evaluate::judge::computed;

const ENGINE: &str = "certificates shown and certificates in files";

crate::facts::record! {
    /// What an address shows, beside what lies in files.
    #[derive(Debug, Default)]
    pub struct Shown {
        /// Whether the certificate it shows is one of those that its settings name; absent when they name none.
        pub from_file: Cell<bool>,
    }
}

impl Shown {
    pub(super) fn of(
        endpoint: &Endpoint,
        by_node: &ByNode<'_>,
        facts: &Facts,
        lacking: &Lacking,
    ) -> Self {
        Self {
            from_file: from_file(endpoint, by_node, facts, lacking),
        }
    }
}

/// Certificates by the node on which they lie.
type ByNode<'f> = BTreeMap<&'f str, Vec<&'f Certificate>>;

pub(super) fn by_node(facts: &Facts) -> ByNode<'_> {
    let mut by_node = ByNode::new();
    for certificate in &facts.certificates.rows {
        let here = by_node.entry(&certificate.node).or_default();
        here.push(certificate);
    }
    by_node
}

fn from_file(
    endpoint: &Endpoint,
    by_node: &ByNode<'_>,
    facts: &Facts,
    lacking: &Lacking,
) -> Cell<bool> {
    let fields = ["node", "usedBy", "fingerprint", "position"];
    if let Some(gap) = lacking.among(Certificate::schema(), &fields) {
        return Cell::Gap(gap.clone());
    }
    let shown = match &endpoint.certificate {
        Cell::Value { value, .. } => value,
        Cell::Absent { source } => {
            return Cell::Absent {
                source: source.clone(),
            };
        }
        Cell::Gap(gap) => return Cell::Gap(gap.clone()),
    };
    let usage = match endpoint.purpose.as_str() {
        "peer" => format!("{} peer", endpoint.component),
        _ => format!("{} serving", endpoint.component),
    };
    let by_name = format!("{usage} by name");
    let meant = |one: &&&Certificate| {
        let uses = |usage: &String| one.used_by.contains(usage);
        one.position == 0 && (uses(&usage) || uses(&by_name))
    };
    let here = by_node.get(&*endpoint.node).into_iter().flatten();
    let named: Vec<_> = here.filter(meant).collect();
    if named.iter().any(|one| one.fingerprint == *shown) {
        return computed(true, ENGINE);
    }
    match facts.certificates.lacks.first() {
        Some(lack) => Cell::Gap(lack.gap.clone()),
        None if !named.is_empty() => computed(false, ENGINE),
        None => Cell::Absent {
            source: Source::computed(ENGINE),
        },
    }
}

pub(super) fn endpoint_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let doc = "An address at which a component of a node listens, and what it shows to whoever connects.";
        join("endpoint", doc, &[Endpoint::schema(), Shown::schema()])
    });
    SCHEMA.clone()
}

impl World<'_> {
    pub(super) fn endpoints(&self) -> Rows<'_> {
        let listing = &self.facts.endpoints;
        let rows = listing.rows.iter().zip(&self.derived.shown);
        let rows = rows.map(|(endpoint, shown)| {
            let name = format!("{} at {}", endpoint.component, endpoint.address);
            let subject = Subject::on_node("endpoint", name, self.node_name(&endpoint.node));
            let source = Source::from(Place::Handshake {
                node: endpoint.node.clone(),
                address: endpoint.address.clone(),
            });
            let parts: Vec<&dyn Fields> = vec![endpoint, shown];
            let joined = self.joined(endpoint_schema(), parts, source.clone());
            self.on_node(subject, source, joined)
        });
        let mut rows = Rows {
            rows: rows.collect(),
            unread: unread(listing, "endpoint", "endpoints").collect(),
            none: Nothing::There("nothing listens on the nodes that were read".to_owned()),
            ..Rows::default()
        };
        rows.unread
            .extend(self.unread_nodes("endpoint", "endpoints"));
        rows
    }
}
