//! Who shares a verdict that is not told one by one.

use std::cmp::Ordering;
use std::sync::Arc;

use super::Subject;

/// How many marks one number holds.
const BITS: usize = u64::BITS as usize;

/// Subjects in a list that evaluations may share.
#[derive(Clone, Debug, PartialEq)]
pub enum Many {
    /// Some of a list that all evaluations of a kind share: thousands of files are none of most checks' business.
    Among {
        /// Everybody.
        all: Arc<[Arc<Subject>]>,
        /// Who of them, one bit each.
        marked: Arc<[u64]>,
    },
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
    node: Option<&'s Arc<str>>,
}

impl Many {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Among { marked, .. } => {
                marked.iter().map(|bits| bits.count_ones() as usize).sum()
            }
            Self::OnNodes { nodes, .. } => nodes.len(),
        }
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their positions in the list behind.
    fn positions(&self) -> impl Iterator<Item = usize> {
        let most = match self {
            Self::Among { all, .. } => all.len(),
            Self::OnNodes { nodes, .. } => nodes.len(),
        };
        (0..most).filter(|at| match self {
            Self::Among { marked, .. } => marked[at / BITS] >> (at % BITS) & 1 == 1,
            Self::OnNodes { .. } => true,
        })
    }

    /// Each of them.
    pub fn subjects(&self) -> impl Iterator<Item = Arc<Subject>> {
        self.positions().map(|at| match self {
            Self::Among { all, .. } => all[at].clone(),
            Self::OnNodes { like, nodes } => Arc::new(like.on(&nodes[at])),
        })
    }

    /// Who they are, in the same order.
    pub fn who(&self) -> impl Iterator<Item = Who<'_>> {
        self.positions().map(|at| match self {
            Self::Among { all, .. } => Who::from(&*all[at]),
            Self::OnNodes { like, nodes } => Who {
                subject: like,
                node: Some(&nodes[at]),
            },
        })
    }
}

/// Marks somebody in a list, to be picked out of it.
#[derive(Clone, Debug)]
pub struct Marks(Vec<u64>);

impl Marks {
    /// For a list of this length, nobody marked.
    pub fn new(length: usize) -> Self {
        Self(vec![0; length.div_ceil(BITS)])
    }

    /// Marks who stands at this position of the list.
    pub fn set(&mut self, at: usize) {
        if let Some(bits) = self.0.get_mut(at / BITS) {
            *bits |= 1 << (at % BITS);
        }
    }

    /// Who is marked in `all`, which is the list.
    pub fn among(mut self, all: &Arc<[Arc<Subject>]>) -> Many {
        self.0.resize(all.len().div_ceil(BITS), 0);
        Many::Among {
            all: all.clone(),
            marked: self.0.into(),
        }
    }
}

impl Who<'_> {
    fn identity(&self) -> (Option<&str>, Option<&str>, &str, &str) {
        let subject = self.subject;
        let namespace = subject.namespace.as_deref();
        let node = self.node.map(|node| &**node);
        (namespace, node, &subject.name, &subject.kind)
    }
}

impl<'s> From<&'s Subject> for Who<'s> {
    fn from(subject: &'s Subject) -> Self {
        let node = subject.node.as_ref();
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
