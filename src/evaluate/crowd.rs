//! Rows by subject, made once for all checks about their kind.

use std::ops::Range;
use std::sync::Arc;

use super::SAMPLE;
use super::rows::{Nothing, Row, Rows};
use crate::facts::Gap;
use crate::outcome::{Many, Subject};

/// The rows of one kind, by subject.
pub(super) struct Crowd<'w> {
    /// In the order of their subjects.
    pub(super) rows: Vec<Row<'w>>,
    /// In the order of their identities.
    pub(super) subjects: Vec<Member>,
    /// The same without their rows.
    pub(super) all: Arc<[Arc<Subject>]>,
    /// What should be there and was not read.
    pub(super) unread: Absent,
    /// What was not read and is known to be like some rows.
    pub(super) hidden: Vec<(Vec<Row<'w>>, Absent)>,
    /// Why there is nothing at all.
    pub(super) none: Nothing,
}

/// Somebody who was read.
pub(super) struct Member {
    pub(super) subject: Arc<Subject>,
    /// The positions of its rows: the distinct templates of one workload are several.
    pub(super) rows: Range<usize>,
    /// Whether something of it was not read.
    pub(super) partial: bool,
}

/// Those who were not read.
#[derive(Default)]
pub(super) struct Absent {
    /// Who is told one by one, and why they were not read.
    pub(super) told: Vec<(Arc<Subject>, Gap)>,
    /// Who is not: thousands of nodes that nobody read say the same, and each is named among the gaps.
    pub(super) crowd: Option<Many>,
    /// Why those were not read, in their order.
    pub(super) gaps: Vec<Gap>,
}

impl Absent {
    /// `known` tells of whom something was read all the same.
    fn new(unread: Vec<(Subject, Gap)>, mut known: impl FnMut(&Subject) -> bool) -> Self {
        let mut absent = Self::default();
        let (mut like, mut nodes) = (None, Vec::new());
        for (number, (mut subject, gap)) in unread.into_iter().enumerate() {
            let alone = known(&subject) || number < SAMPLE;
            match subject.node.take() {
                Some(node) if !alone && *like.get_or_insert_with(|| subject.clone()) == subject => {
                    nodes.push(node);
                    absent.gaps.push(gap);
                }
                node => {
                    let subject = Arc::new(Subject { node, ..subject });
                    absent.told.push((subject, gap));
                }
            }
        }
        absent.crowd = like.map(|like| Many::OnNodes {
            like: like.into(),
            nodes: nodes.into(),
        });
        absent
    }

    /// All of them with why they were not read, one by one.
    pub(super) fn all(&self) -> impl Iterator<Item = (Arc<Subject>, &Gap)> {
        let told = self.told.iter();
        let told = told.map(|(subject, gap)| (subject.clone(), gap));
        let crowd = self.crowd.iter().flat_map(Many::subjects);
        told.chain(crowd.zip(&self.gaps))
    }
}

/// Namespace, node and name; of what manifests declare also where, as it may be declared twice.
pub(super) type Identity<'s> = (Option<&'s str>, Option<&'s str>, &'s str, Option<&'s str>);

pub(super) fn identity(subject: &Subject) -> Identity<'_> {
    let (namespace, node) = (subject.namespace.as_deref(), subject.node.as_deref());
    (namespace, node, &subject.name, subject.place.as_deref())
}

impl<'w> Crowd<'w> {
    pub(super) fn new(rows: Rows<'w>) -> Self {
        let Rows {
            mut rows,
            unread,
            hidden,
            none,
        } = rows;
        rows.sort_by(|a, b| identity(&a.subject).cmp(&identity(&b.subject)));
        let mut subjects = Vec::with_capacity(rows.len());
        for own in rows.chunk_by(|a, b| identity(&a.subject) == identity(&b.subject)) {
            let start = subjects.last().map_or(0, |member: &Member| member.rows.end);
            subjects.push(Member {
                subject: whole(own.iter().map(|row| &row.subject)),
                rows: start..start + own.len(),
                partial: false,
            });
        }
        let mut known = |subject: &Subject| {
            let order = |member: &Member| identity(&member.subject).cmp(&identity(subject));
            let found = subjects.binary_search_by(order);
            found.is_ok_and(|at| {
                subjects[at].partial = true;
                true
            })
        };
        let missing = Absent::new(unread, &mut known);
        let hidden = hidden.into_iter();
        let hidden = hidden.map(|hidden| (hidden.like, Absent::new(hidden.unread, &mut known)));
        let hidden = hidden.collect();
        let all = subjects.iter().map(|member| member.subject.clone());
        Self {
            all: all.collect(),
            subjects,
            unread: missing,
            hidden,
            none,
            rows,
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
