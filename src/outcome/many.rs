//! Who shares a verdict that is not told one by one.

use std::cmp::Ordering;
use std::sync::Arc;

use super::Subject;

/// Subjects in a list that evaluations may share.
#[derive(Clone, Debug, PartialEq)]
pub enum Many {
    /// These.
    Each(Arc<[Arc<Subject>]>),
    /// One on each of these nodes: a cluster has thousands that nobody reads.
    OnNodes {
        /// What they are, whatever the node.
        like: Arc<Subject>,
        /// Their nodes.
        nodes: Arc<[Arc<str>]>,
    },
}

/// Who a subject is, whatever its running copies: ordered by namespace, node, name and kind.
#[derive(Clone, Copy, Debug)]
pub struct Who<'s> {
    subject: &'s Subject,
    node: Option<&'s str>,
}

impl Many {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Each(subjects) => subjects.len(),
            Self::OnNodes { nodes, .. } => nodes.len(),
        }
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each of them.
    pub fn subjects(&self) -> impl Iterator<Item = Arc<Subject>> {
        (0..self.len()).map(|at| match self {
            Self::Each(subjects) => subjects[at].clone(),
            Self::OnNodes { like, nodes } => Arc::new(like.on(&nodes[at])),
        })
    }

    /// Who they are, in the same order.
    pub fn who(&self) -> impl Iterator<Item = Who<'_>> {
        (0..self.len()).map(|at| match self {
            Self::Each(subjects) => Who::from(&*subjects[at]),
            Self::OnNodes { like, nodes } => Who {
                subject: like,
                node: Some(&nodes[at]),
            },
        })
    }
}

impl Who<'_> {
    fn identity(&self) -> (Option<&str>, Option<&str>, &str, &str) {
        let subject = self.subject;
        let namespace = subject.namespace.as_deref();
        (namespace, self.node, &subject.name, &subject.kind)
    }
}

impl<'s> From<&'s Subject> for Who<'s> {
    fn from(subject: &'s Subject) -> Self {
        let node = subject.node.as_deref();
        Self { subject, node }
    }
}

impl PartialEq for Who<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Who<'_> {}

impl PartialOrd for Who<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Who<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}
