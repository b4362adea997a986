//! Rows by subject, made once for all checks about their kind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::SAMPLE;
use super::rows::Rows;
use crate::outcome::Subject;

/// The rows of one kind, by subject: the distinct templates of one workload are several rows.
pub(super) struct Crowd<'w> {
    pub(super) rows: Rows<'w>,
    /// Each subject with the positions of its rows, in the order of their identities.
    pub(super) subjects: Vec<(Arc<Subject>, Vec<usize>)>,
    /// The subjects that were not read, at least in part.
    pub(super) unread: BTreeSet<Identity>,
}

/// Namespace, node and name.
pub(super) type Identity = (Option<String>, Option<String>, String);

pub(super) fn identity(subject: &Subject) -> Identity {
    let (namespace, node) = (subject.namespace.clone(), subject.node.clone());
    (namespace, node, subject.name.clone())
}

impl<'w> Crowd<'w> {
    pub(super) fn new(rows: Rows<'w>) -> Self {
        let mut by_identity: BTreeMap<Identity, Vec<usize>> = BTreeMap::new();
        for (at, row) in rows.rows.iter().enumerate() {
            by_identity
                .entry(identity(&row.subject))
                .or_default()
                .push(at);
        }
        let subjects = by_identity.into_values().map(|positions| {
            let subject = whole(positions.iter().map(|at| &rows.rows[*at].subject));
            (Arc::new(subject), positions)
        });
        let hidden = rows.hidden.iter().flat_map(|hidden| &hidden.unread);
        let unread = rows.unread.iter().chain(hidden);
        Self {
            subjects: subjects.collect(),
            unread: unread.map(|(subject, _)| identity(subject)).collect(),
            rows,
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
