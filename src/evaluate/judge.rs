//! Verdicts: every program on every row of its kind of subject.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::SubjectKind;
use crate::cores::on_all_cores;
use crate::facts::{Cell, Source};
use crate::outcome::{
    Evaluation, Judged, Judgement, Marks, NotAsked, Outcome, Quiet, Status, Tell, Words,
};

use super::bench::{Bench, Court, Mark};
use super::crowd::{Absent, Crowd, identity};
use super::program::Program;
use super::rows::{Nothing, World};
use super::sheet::{Job, Sheet};

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
        let sheets = self.sheets();
        let judged = on_all_cores(self.tasks.len(), |number| {
            let task = &self.tasks[number];
            let (numbers, sheet) = sheets.get(&task.subject())?;
            let column = numbers.binary_search(&number).ok()?;
            let crowd = self.crowds.get(&task.subject())?;
            let mark = |subject| sheet.mark(column, subject);
            Some(self.run(number, crowd, keep, mark))
        });
        let mut judged: Judgement<'_> = judged.into_iter().flatten().collect();
        judged.sort_by(|a, b| a.evaluation.id.cmp(&b.evaluation.id));
        judged
    }

    /// The verdicts by kind of subject, with the numbers of the tasks.
    fn sheets(&self) -> BTreeMap<SubjectKind, (Vec<usize>, Sheet)> {
        let about = |kind: SubjectKind| {
            let numbers = 0..self.tasks.len();
            numbers.filter(move |number| self.tasks[*number].subject() == kind)
        };
        let courts: BTreeMap<SubjectKind, Vec<Court<'_>>> = (self.crowds.keys())
            .map(|kind| {
                let courts = about(*kind).map(|number| Court {
                    world: self.world,
                    program: &self.tasks[number].program,
                });
                (*kind, courts.collect())
            })
            .collect();
        let of = courts.iter().zip(self.crowds.values());
        let jobs = of.flat_map(|((_, courts), crowd)| Job::all(courts, crowd));
        let jobs: Vec<Job<'_>> = jobs.collect();
        let mut blocks = on_all_cores(jobs.len(), |number| jobs[number].judge()).into_iter();
        let crowds = self.crowds.iter();
        let sheet = crowds.map(|(kind, crowd)| {
            let subjects = crowd.subjects.len();
            let own = blocks.by_ref().take(Sheet::blocks(subjects));
            (
                *kind,
                (about(*kind).collect(), Sheet::new(subjects, own.collect())),
            )
        });
        sheet.collect()
    }

    fn run<'j>(
        &'j self,
        number: usize,
        crowd: &'j Crowd<'_>,
        keep: Keep,
        mark: impl Fn(usize) -> Mark,
    ) -> Judged<'j> {
        let task = &self.tasks[number];
        let evaluation = Evaluation {
            id: task.id.clone(),
            check: task.program.check.id.value.clone(),
            params: task.program.params.texts(),
        };
        let teller = (self as &dyn Tell, u32::try_from(number).unwrap_or(u32::MAX));
        let mut bench = Bench::new(self.world, &task.program, &evaluation, teller);
        let mut outcomes = Vec::new();
        let mut calm: BTreeMap<Status, Marks> = BTreeMap::new();
        let mut kept: BTreeMap<Status, usize> = BTreeMap::new();
        let mut not_asked = None;
        for (at, member) in crowd.subjects.iter().enumerate() {
            let (Mark { status, asked }, subject) = (mark(at), &member.subject);
            let first = !asked && not_asked.is_none();
            let kept = kept.entry(status).or_default();
            let quiet = matches!(status, Status::Pass | Status::NotApplicable)
                || status == Status::Unknown && subject.node.is_some();
            let told = *kept < super::SAMPLE || member.partial || first;
            if keep == Keep::Samples && quiet && !told {
                let marks = calm.entry(status);
                let marks = marks.or_insert_with(|| Marks::new(crowd.all.len()));
                marks.set(at);
                continue;
            }
            *kept += 1;
            outcomes.extend(bench.verdict(crowd, member, status));
            if first {
                not_asked = outcomes.last().and_then(|last| last.reason.clone());
            }
        }
        let calm = calm.into_iter();
        let mut quiet: Quiet = calm
            .map(|(status, marks)| (status, vec![marks.among(&crowd.all)]))
            .collect();
        unread(&mut bench, crowd, keep, &mut outcomes, &mut quiet);
        // Without what was not read they are one a subject, and in order.
        if !(crowd.unread.told.is_empty() && crowd.hidden.is_empty()) {
            outcomes = one_per_subject(outcomes);
        }
        if outcomes.is_empty() {
            let nothing = bench.nothing(&crowd.none);
            if let Nothing::Asked(..) = crowd.none {
                not_asked.clone_from(&nothing.reason);
            }
            outcomes.push(nothing);
        }
        outcomes.shrink_to_fit();
        let asked = (0..crowd.subjects.len()).any(|at| mark(at).asked);
        let unread = outcomes.iter().any(|one| one.status == Status::Unknown);
        Judged {
            evaluation,
            outcomes,
            quiet,
            not_asked: not_asked.map(|reason| NotAsked {
                reason,
                wholly: !asked && !unread,
            }),
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
        let told = absent.told.len();
        let one_by_one = match keep {
            Keep::Everything => usize::MAX,
            Keep::Samples => told,
        };
        let told = absent.all().take(one_by_one);
        outcomes.extend(told.map(|(subject, gap)| bench.unread(subject, gap)));
        if let (Keep::Samples, Some(crowd)) = (keep, &absent.crowd) {
            let unknown = quiet.entry(Status::Unknown).or_default();
            unknown.push(crowd.clone());
        }
    }
}

/// What was read and what was not can be one subject: the worst verdict is its own.
fn one_per_subject(mut outcomes: Vec<Outcome<'_>>) -> Vec<Outcome<'_>> {
    outcomes.sort_by(|a, b| {
        let key = |one: &Outcome<'_>| {
            let mut order = Status::BY_PRECEDENCE.iter();
            order.position(|other| *other == one.status)
        };
        let who = identity(&a.subject).cmp(&identity(&b.subject));
        who.then_with(|| key(a).cmp(&key(b)))
    });
    outcomes.dedup_by(|later, kept| identity(&later.subject) == identity(&kept.subject));
    outcomes
}

/// A cell of the engines' own making.
pub(super) fn computed<T>(value: T, engine: &'static str) -> Cell<T> {
    Cell::explicit(value, Source::computed(engine))
}
