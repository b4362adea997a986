//! Verdicts: every program on every row of its kind of subject.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::catalog::SubjectKind;
use crate::facts::{Cell, Source};
use crate::outcome::{Evaluation, Judged, Judgement, Outcome, Quiet, Status, Subject, Tell, Words};

use super::bench::Bench;
use super::crowd::{Absent, Crowd, identity};
use super::program::Program;
use super::rows::World;

/// A program under the id that outcomes and controls refer to.
pub struct Task<'c> {
    /// The evaluation's id.
    pub id: String,
    /// What is run.
    pub program: Program<'c>,
}

impl Task<'_> {
    fn subject(&self) -> SubjectKind {
        self.program.check.subject
    }
}

/// How much is kept of verdicts that nobody has to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Each.
    Everything,
    /// The first of each evaluation; of the others, that they are.
    Samples,
}

/// Tasks with the rows they are about. It makes the verdicts, and afterwards the words of those that somebody reads.
pub struct Judge<'w> {
    world: &'w World<'w>,
    tasks: &'w [Task<'w>],
    crowds: BTreeMap<SubjectKind, Crowd<'w>>,
}

impl<'w> Judge<'w> {
    /// Makes the rows.
    pub fn new(world: &'w World<'w>, tasks: &'w [Task<'w>]) -> Self {
        let kinds: BTreeSet<SubjectKind> = tasks.iter().map(Task::subject).collect();
        let crowds = kinds.into_iter();
        Self {
            world,
            tasks,
            crowds: crowds
                .map(|kind| (kind, Crowd::new(world.rows(kind))))
                .collect(),
        }
    }

    /// Runs the tasks, on all cores.
    pub fn judge(&self, keep: Keep) -> Judgement<'_> {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let next = AtomicUsize::new(0);
        let work = || {
            let mut judged = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(task) = self.tasks.get(number) else {
                    return judged;
                };
                if let Some(crowd) = self.crowds.get(&task.subject()) {
                    judged.push(self.run(number, task, crowd, keep));
                }
            }
        };
        let mut judged: Judgement<'_> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..workers.min(self.tasks.len()).max(1))
                .map(|_| scope.spawn(work))
                .collect();
            let shares = running.into_iter().map(|share| {
                share
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            shares.flatten().collect()
        });
        judged.sort_by(|a, b| a.evaluation.id.cmp(&b.evaluation.id));
        judged
    }

    fn run<'j>(
        &'j self,
        number: usize,
        task: &'j Task<'_>,
        crowd: &'j Crowd<'_>,
        keep: Keep,
    ) -> Judged<'j> {
        let evaluation = Evaluation {
            id: task.id.clone(),
            check: task.program.check.id.value.clone(),
            params: task.program.params.texts(),
        };
        let teller = (self as &dyn Tell, u32::try_from(number).unwrap_or(u32::MAX));
        let mut bench = Bench::new(self.world, &task.program, &evaluation, teller);
        let mut outcomes = Vec::new();
        let mut calm: BTreeMap<Status, Vec<Arc<Subject>>> = BTreeMap::new();
        let mut kept: BTreeMap<Status, usize> = BTreeMap::new();
        for member in &crowd.subjects {
            let of_row = member
                .rows
                .iter()
                .map(|at| (bench.ruling(&crowd.rows[*at as usize]), *at));
            // The worst verdict of its rows is the subject's.
            let Some((ruling, at)) = of_row.min_by_key(|(ruling, _)| rank(ruling.status())) else {
                continue;
            };
            let (status, subject) = (ruling.status(), &member.subject);
            let kept = kept.entry(status).or_default();
            let quiet = matches!(status, Status::Pass | Status::NotApplicable)
                || status == Status::Unknown && subject.node.is_some();
            if keep == Keep::Samples && quiet && *kept >= super::SAMPLE && !member.partial {
                calm.entry(status).or_default().push(subject.clone());
                continue;
            }
            *kept += 1;
            let row = &crowd.rows[at as usize];
            outcomes.push(bench.outcome(&ruling, subject, row, at));
        }
        let calm = calm.into_iter();
        let mut quiet: Quiet = calm
            .map(|(status, all)| (status, vec![crowd.kept(all)]))
            .collect();
        unread(&mut bench, crowd, keep, &mut outcomes, &mut quiet);
        // Without what was not read they are one a subject, and in order.
        if !(crowd.unread.all.is_empty() && crowd.hidden.is_empty()) {
            outcomes = one_per_subject(outcomes);
        }
        if outcomes.is_empty() {
            outcomes.push(bench.nothing(&crowd.none));
        }
        outcomes.shrink_to_fit();
        Judged {
            evaluation,
            outcomes,
            quiet,
        }
    }
}

impl Tell for Judge<'_> {
    fn tell(&self, task: u32, row: u32) -> Words {
        let task = self.tasks.get(task as usize);
        let words = task.and_then(|task| {
            let row = self.crowds.get(&task.subject())?.rows.get(row as usize)?;
            Some(super::bench::words(self.world, &task.program, row))
        });
        words.unwrap_or_default()
    }
}

/// What was not read, as far as the check asks for it.
fn unread<'j>(
    bench: &mut Bench<'j>,
    crowd: &Crowd<'_>,
    keep: Keep,
    outcomes: &mut Vec<Outcome<'j>>,
    quiet: &mut Quiet,
) {
    let concerned = crowd.hidden.iter().filter(|(like, _)| bench.concerns(like));
    let hidden: Vec<&Absent> = concerned.map(|(_, absent)| absent).collect();
    for absent in [&crowd.unread].into_iter().chain(hidden) {
        let told = absent.all.iter();
        let told = told.filter(|unread| unread.told || keep == Keep::Everything);
        outcomes.extend(told.map(|unread| bench.unread(unread)));
        if keep == Keep::Samples && !absent.crowd.is_empty() {
            let unknown = quiet.entry(Status::Unknown).or_default();
            unknown.push(absent.crowd.clone());
        }
    }
}

fn rank(status: Status) -> Option<usize> {
    let order = Status::BY_PRECEDENCE;
    order.iter().position(|other| *other == status)
}

/// What was read and what was not can be one subject: the worst verdict is its own.
fn one_per_subject(mut outcomes: Vec<Outcome<'_>>) -> Vec<Outcome<'_>> {
    outcomes.sort_by(|a, b| {
        let key = |one: &Outcome<'_>| rank(one.status);
        let who = identity(&a.subject).cmp(&identity(&b.subject));
        who.then_with(|| key(a).cmp(&key(b)))
    });
    outcomes.dedup_by(|later, kept| identity(&later.subject) == identity(&kept.subject));
    outcomes
}

/// A cell of the engines' own making.
pub(super) fn computed<T>(value: T, engine: &'static str) -> Cell<T> {
    Cell::explicit(
        value,
        Source::Derived {
            engine: engine.into(),
        },
    )
}
