//! Rows by subject, made once for all checks about their kind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::SAMPLE;
use super::rows::{Row, Rows};
use crate::facts::Gap;
use crate::outcome::Subject;

/// The rows of one kind, by subject: the distinct templates of one workload are several rows.
pub(super) struct Crowd<'w> {
    pub(super) rows: Vec<Row<'w>>,
    /// Each subject with the positions of its rows, in the order of their identities.
    pub(super) subjects: Vec<(Arc<Subject>, Vec<usize>)>,
    /// What should be there and was not read.
    pub(super) unread: Vec<Unread>,
    /// What was not read and is known to be like some rows.
    pub(super) hidden: Vec<(Vec<Row<'w>>, Vec<Unread>)>,
    /// The subjects that were read in part.
    pub(super) partial: BTreeSet<Identity>,
    /// Why there is nothing at all.
    pub(super) none: String,
}

/// Somebody who was not read, and why.
pub(super) type Unread = (Arc<Subject>, Gap);

/// Namespace, node and name.
pub(super) type Identity = (Option<String>, Option<String>, String);

pub(super) fn identity(subject: &Subject) -> Identity {
    let (namespace, node) = (subject.namespace.clone(), subject.node.clone());
    (namespace, node, subject.name.clone())
}

impl<'w> Crowd<'w> {
    pub(super) fn new(rows: Rows<'w>) -> Self {
        let shared = |unread: Vec<(Subject, Gap)>| -> Vec<Unread> {
            let unread = unread.into_iter();
            unread
                .map(|(subject, gap)| (Arc::new(subject), gap))
                .collect()
        };
        let unread = shared(rows.unread);
        let hidden: Vec<(Vec<Row<'w>>, Vec<Unread>)> = rows
            .hidden
            .into_iter()
            .map(|hidden| (hidden.like, shared(hidden.unread)))
            .collect();
        let rows_of = rows.rows;
        let mut by_identity: BTreeMap<Identity, Vec<usize>> = BTreeMap::new();
        for (at, row) in rows_of.iter().enumerate() {
            by_identity
                .entry(identity(&row.subject))
                .or_default()
                .push(at);
        }
        let missing = unread
            .iter()
            .chain(hidden.iter().flat_map(|(_, unread)| unread));
        let partial = missing.map(|(subject, _)| identity(subject));
        let partial = partial
            .filter(|subject| by_identity.contains_key(subject))
            .collect();
        let subjects = by_identity.into_values().map(|positions| {
            let subject = whole(positions.iter().map(|at| &rows_of[*at].subject));
            (Arc::new(subject), positions)
        });
        Self {
            subjects: subjects.collect(),
            unread,
            hidden,
            partial,
            none: rows.none,
            rows: rows_of,
        }
    }
}

/// One subject with the running copies of all its rows.
fn whole<'s>(mut rows: impl Iterator<Item = &'s Subject>) -> Subject {
    let mut subject = rows.next().cloned().unwrap_or_else(|| Subject::new("", ""));
    for more in rows {
        if let (Some(known), Some(more)) = (&mut subject.instances, &more.instances) {
            known.count += more.count;
            known.sample.extend(more.sample.iter().cloned());
            known.sample.truncate(SAMPLE);
        }
    }
    subject
}
