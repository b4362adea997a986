//! Rows by subject, made once for all checks about their kind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::SAMPLE;
use super::rows::{Row, Rows};
use crate::facts::Gap;
use crate::outcome::Subject;

/// The rows of one kind, by subject.
pub(super) struct Crowd<'w> {
    pub(super) rows: Vec<Row<'w>>,
    /// In the order of their identities.
    pub(super) subjects: Vec<Member>,
    /// All of them but the first few, who are told one by one.
    pub(super) rest: Arc<[Arc<Subject>]>,
    /// What should be there and was not read.
    pub(super) unread: Absent,
    /// What was not read and is known to be like some rows.
    pub(super) hidden: Vec<(Vec<Row<'w>>, Absent)>,
    /// Why there is nothing at all.
    pub(super) none: String,
}

/// Somebody who was read.
pub(super) struct Member {
    pub(super) subject: Arc<Subject>,
    /// The positions of its rows: the distinct templates of one workload are several.
    pub(super) rows: Vec<u32>,
    /// Whether something of it was not read.
    pub(super) partial: bool,
}

/// Those who were not read.
pub(super) struct Absent {
    pub(super) all: Vec<Unread>,
    /// Those of them who are not told one by one: thousands of nodes that nobody read say the same, and each is named among
    /// the gaps.
    pub(super) crowd: Arc<[Arc<Subject>]>,
}

/// Somebody who was not read.
pub(super) struct Unread {
    pub(super) subject: Arc<Subject>,
    /// Why.
    pub(super) gap: Gap,
    /// Whether it is told by itself.
    pub(super) told: bool,
}

/// Namespace, node and name.
pub(super) type Identity<'s> = (Option<&'s str>, Option<&'s str>, &'s str);

pub(super) fn identity(subject: &Subject) -> Identity<'_> {
    let (namespace, node) = (subject.namespace.as_deref(), subject.node.as_deref());
    (namespace, node, &subject.name)
}

impl<'w> Crowd<'w> {
    pub(super) fn new(rows: Rows<'w>) -> Self {
        let mut by_identity: BTreeMap<Identity<'_>, Vec<u32>> = BTreeMap::new();
        for (at, row) in (0..).zip(&rows.rows) {
            let positions = by_identity.entry(identity(&row.subject));
            positions.or_insert_with(|| Vec::with_capacity(1)).push(at);
        }
        let mut partial: BTreeSet<u32> = BTreeSet::new();
        let mut unread = |unread: Vec<(Subject, Gap)>| -> Absent {
            let unread = unread.into_iter().enumerate();
            let unread = unread.map(|(number, (subject, gap))| {
                let known = by_identity.get(&identity(&subject));
                partial.extend(known.and_then(|rows| rows.first()));
                let partial = known.is_some();
                Unread {
                    told: number < SAMPLE || subject.node.is_none() || partial,
                    subject: Arc::new(subject),
                    gap,
                }
            });
            // Collected in place they would keep the room that the subjects took.
            let mut all: Vec<Unread> = Vec::with_capacity(unread.len());
            all.extend(unread);
            let crowd = all.iter().filter(|one| !one.told);
            let crowd = crowd.map(|one| one.subject.clone()).collect();
            Absent { all, crowd }
        };
        let missing = unread(rows.unread);
        let hidden = rows.hidden.into_iter();
        let hidden = hidden
            .map(|hidden| (hidden.like, unread(hidden.unread)))
            .collect();
        let subjects = by_identity.into_values().map(|positions| {
            let of_rows = positions.iter().map(|at| &rows.rows[*at as usize].subject);
            Member {
                subject: whole(of_rows),
                partial: positions.first().is_some_and(|at| partial.contains(at)),
                rows: positions,
            }
        });
        let subjects: Vec<Member> = subjects.collect();
        let rest = subjects.iter().skip(SAMPLE);
        Self {
            rest: rest.map(|member| member.subject.clone()).collect(),
            subjects,
            unread: missing,
            hidden,
            none: rows.none,
            rows: rows.rows,
        }
    }
}

impl Crowd<'_> {
    /// A list to keep: most often all say the same, and that list is stored once.
    pub(super) fn kept(&self, list: Vec<Arc<Subject>>) -> Arc<[Arc<Subject>]> {
        let mut pairs = list.iter().zip(self.rest.iter());
        let same = list.len() == self.rest.len() && pairs.all(|(a, b)| Arc::ptr_eq(a, b));
        match same {
            true => self.rest.clone(),
            false => list.into(),
        }
    }
}

/// One subject with the running copies of all its rows.
fn whole<'s>(mut rows: impl Iterator<Item = &'s Arc<Subject>>) -> Arc<Subject> {
    let mut subject = match rows.next() {
        Some(subject) => subject.clone(),
        None => Arc::new(Subject::new("", "")),
    };
    for more in rows {
        if let (Some(known), Some(more)) =
            (&mut Arc::make_mut(&mut subject).instances, &more.instances)
        {
            known.count += more.count;
            known.sample.extend(more.sample.iter().cloned());
            known.sample.truncate(SAMPLE);
        }
    }
    subject
}
