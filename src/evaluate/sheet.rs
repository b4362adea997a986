//! The verdicts alone: of all tasks about one kind on all its subjects.
//!
//! They are made a few subjects at a time, whose facts stay near while one task after the other looks at them.

use std::ops::Range;

use super::bench::{Court, Mark};
use super::crowd::{Crowd, Member};
use crate::outcome::Status;

/// How many subjects are judged at a time.
const BLOCK: usize = 32;

/// The verdicts of some tasks on one crowd.
pub(super) struct Sheet {
    subjects: usize,
    /// By block, then task, then subject.
    blocks: Vec<Vec<Mark>>,
}

/// One block of one crowd.
pub(super) struct Job<'j> {
    pub(super) courts: &'j [Court<'j>],
    pub(super) crowd: &'j Crowd<'j>,
    block: usize,
}

impl<'j> Job<'j> {
    /// All blocks of a crowd.
    pub(super) fn all(courts: &'j [Court<'j>], crowd: &'j Crowd<'j>) -> impl Iterator<Item = Self> {
        let blocks = 0..Sheet::blocks(crowd.subjects.len());
        blocks.map(move |block| Self {
            courts,
            crowd,
            block,
        })
    }

    pub(super) fn judge(&self) -> Vec<Mark> {
        let members = &self.crowd.subjects[range(self.block, self.crowd.subjects.len())];
        let courts = self.courts.iter();
        let each = |court: &'j Court<'j>| {
            let members = members.iter();
            members.map(move |member| worst(court, self.crowd, member))
        };
        courts.flat_map(each).collect()
    }
}

/// The worst verdict on the rows of a subject is its own.
fn worst(court: &Court<'_>, crowd: &Crowd<'_>, member: &Member) -> Mark {
    let rows = crowd.rows[member.rows.clone()].iter();
    let of_rows = rows.map(|row| court.ruling(row).mark());
    of_rows.min_by_key(|mark| mark.rank()).unwrap_or(Mark {
        status: Status::Unknown,
        asked: true,
    })
}

fn range(block: usize, subjects: usize) -> Range<usize> {
    let first = block * BLOCK;
    first..subjects.min(first + BLOCK)
}

impl Sheet {
    /// How many blocks so many subjects are.
    pub(super) fn blocks(subjects: usize) -> usize {
        subjects.div_ceil(BLOCK)
    }

    /// The sheet of a crowd of so many subjects, from what its jobs gave.
    pub(super) fn new(subjects: usize, blocks: Vec<Vec<Mark>>) -> Self {
        Self { subjects, blocks }
    }

    /// The verdict of a task on a subject, both by position.
    pub(super) fn mark(&self, task: usize, subject: usize) -> Mark {
        let block = subject / BLOCK;
        let width = range(block, self.subjects).len();
        self.blocks[block][task * width + subject % BLOCK]
    }
}
