//! Verdicts: every program on every row of its kind of subject.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::catalog::SubjectKind;
use crate::facts::{Cell, Facts, Gap, GapReason, Lacking, Reading, Source, View};
use crate::outcome::{Evaluation, Evidence, Judgement, Outcome, Quiet, Reason, Status, Subject};

use super::crowd::{Crowd, identity};
use super::evidence::{evidence, reason, shown};
use super::fingerprint::fingerprint;
use super::fix;
use super::lang::{Env, Trace, Unknown, Value};
use super::program::Program;
use super::rows::{Row, World};

/// Steps one expression may take on one row; far beyond any honest check.
const BUDGET: u64 = 1_000_000;

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
    /// Evidence and all.
    Everything,
    /// That of the first of each evaluation; of the others, that they are.
    Samples,
}

/// What one task gave.
type Judged = (Evaluation, Vec<Outcome>, Vec<Quiet>);

/// Runs `tasks` on `facts`, on all cores.
pub fn judge(facts: &Facts, lacking: &Lacking, tasks: &[Task<'_>], keep: Keep) -> Judgement {
    let world = World::new(facts, lacking);
    let kinds: BTreeSet<SubjectKind> = tasks.iter().map(Task::subject).collect();
    let crowds: BTreeMap<SubjectKind, Crowd<'_>> = kinds
        .into_iter()
        .map(|kind| (kind, Crowd::new(world.rows(kind))))
        .collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut judged = Vec::new();
        while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(crowd) = crowds.get(&task.subject()) {
                judged.push(run(&world, crowd, task, keep));
            }
        }
        judged
    };
    let mut judged: Vec<Judged> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers.min(tasks.len()).max(1))
            .map(|_| scope.spawn(work))
            .collect();
        let shares = running.into_iter().map(|share| {
            share
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        shares.flatten().collect()
    });
    judged.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    let mut judgement = Judgement::default();
    for (evaluation, outcomes, quiet) in judged {
        judgement.evaluations.push(evaluation);
        judgement.outcomes.extend(outcomes);
        judgement.quiet.push(quiet);
    }
    judgement
}

fn run(world: &World<'_>, crowd: &Crowd<'_>, task: &Task<'_>, keep: Keep) -> Judged {
    let program = &task.program;
    let evaluation = Evaluation {
        id: task.id.clone(),
        check: program.check.id.value.clone(),
        params: program.params.texts(),
    };
    let bench = Bench {
        world,
        evaluation: &evaluation,
        program,
    };
    let (mut outcomes, mut quiet) = (Vec::new(), Vec::new());
    let mut kept: BTreeMap<Status, usize> = BTreeMap::new();
    for (subject, positions) in &crowd.subjects {
        let of_row = positions
            .iter()
            .map(|at| (bench.status(&crowd.rows[*at]), *at));
        // The worst verdict of its rows is the subject's.
        let Some((status, at)) = of_row.min_by_key(|(status, _)| rank(*status)) else {
            continue;
        };
        let kept = kept.entry(status).or_default();
        let calm = matches!(status, Status::Pass | Status::NotApplicable)
            || status == Status::Unknown && subject.node.is_some();
        let brief = keep == Keep::Samples && calm && *kept >= super::SAMPLE;
        if brief && !crowd.partial.contains(&identity(subject)) {
            quiet.push((status, subject.clone()));
            continue;
        }
        *kept += 1;
        let mut outcome = bench.verdict(&crowd.rows[at]);
        outcome.subject = Subject::clone(subject);
        outcomes.push(outcome);
    }
    unread(&bench, crowd, keep, &mut outcomes, &mut quiet);
    // Without what was not read they are one a subject, and in order.
    if !(crowd.unread.is_empty() && crowd.hidden.is_empty()) {
        outcomes = one_per_subject(outcomes);
    }
    if outcomes.is_empty() {
        outcomes.push(bench.nothing(&crowd.none));
    }
    quiet.shrink_to_fit();
    (evaluation, outcomes, quiet)
}

/// What was not read, as far as the check asks for it.
fn unread(
    bench: &Bench<'_>,
    crowd: &Crowd<'_>,
    keep: Keep,
    outcomes: &mut Vec<Outcome>,
    quiet: &mut Vec<Quiet>,
) {
    let concerned = crowd.hidden.iter().filter(|(like, _)| bench.concerns(like));
    let unread = crowd
        .unread
        .iter()
        .chain(concerned.flat_map(|(_, unread)| unread));
    for (number, (subject, gap)) in unread.enumerate() {
        // Thousands of nodes that nobody read say the same; each is named among the gaps.
        let crowded = keep == Keep::Samples && number >= super::SAMPLE && subject.node.is_some();
        if crowded && !crowd.partial.contains(&identity(subject)) {
            quiet.push((Status::Unknown, subject.clone()));
        } else {
            outcomes.push(bench.unread(subject, gap));
        }
    }
}

fn rank(status: Status) -> Option<usize> {
    let order = Status::BY_PRECEDENCE;
    order.iter().position(|other| *other == status)
}

/// What was read and what was not can be one subject: the worst verdict is its own.
fn one_per_subject(mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
    outcomes.sort_by_cached_key(|outcome| (identity(&outcome.subject), rank(outcome.status)));
    outcomes.dedup_by(|later, kept| identity(&later.subject) == identity(&kept.subject));
    outcomes
}

/// One program at work.
struct Bench<'b> {
    world: &'b World<'b>,
    evaluation: &'b Evaluation,
    program: &'b Program<'b>,
}

impl Bench<'_> {
    /// What the expressions see of a row.
    fn readings<'r>(&'r self, row: &'r Row<'_>) -> Vec<Reading<'r>> {
        let mut readings: Vec<Reading<'_>> = row.readings().collect();
        readings.push(View::Record(&self.program.params).into());
        readings.push(View::Time(self.world.facts.observed_at).into());
        readings
    }

    fn env<'r>(&'r self, readings: &'r [Reading<'r>]) -> Env<'r> {
        Env {
            readings,
            lacking: self.world.lacking,
            budget: BUDGET,
        }
    }

    /// Whether the check asks for one of these rows, as far as is known.
    fn concerns(&self, rows: &[Row<'_>]) -> bool {
        let Some(when) = &self.program.when else {
            return true;
        };
        rows.iter().any(|row| {
            let readings = self.readings(row);
            !matches!(truth(when.evaluate(&self.env(&readings))), Ok(false))
        })
    }

    /// The verdict alone.
    fn status(&self, row: &Row<'_>) -> Status {
        let readings = self.readings(row);
        let env = self.env(&readings);
        let open = |unknown: Unknown| match unknown {
            Unknown::Gap(gap) if gap.reason == GapReason::Outside => Status::NotApplicable,
            _ => Status::Unknown,
        };
        if let Some(when) = &self.program.when {
            match truth(when.evaluate(&env)) {
                Ok(true) => {}
                Ok(false) => return Status::NotApplicable,
                Err(unknown) => return open(unknown),
            }
        }
        match truth(self.program.assert.evaluate(&env)) {
            Ok(holds) => held(holds, self.program.check.review),
            Err(unknown) => open(unknown),
        }
    }

    fn verdict(&self, row: &Row<'_>) -> Outcome {
        let check = self.program.check;
        let readings = self.readings(row);
        let env = self.env(&readings);
        if let Some(when) = &self.program.when {
            let (applies, trace) = when.explain(&env);
            match truth(applies) {
                Ok(true) => {}
                Ok(false) => {
                    let reason = Reason {
                        text: format!("does not hold here: {}", when.source()),
                        remedy: String::new(),
                    };
                    let evidence = evidence(row, trace);
                    return self.outcome(
                        Status::NotApplicable,
                        row.subject.clone(),
                        evidence,
                        Some(reason),
                    );
                }
                Err(unknown) => return self.unknown(row, &unknown, trace),
            }
        }
        let (holds, trace) = self.program.assert.explain(&env);
        match truth(holds) {
            Err(unknown) => self.unknown(row, &unknown, trace),
            Ok(holds) => {
                let status = held(holds, check.review);
                let fix =
                    (status == Status::Fail).then(|| fix::remediation(check, row, &trace.reads));
                let mut evidence = evidence(row, trace);
                for further in &self.program.evidence {
                    evidence.extend(shown(row, further, &env));
                }
                let mut outcome = self.outcome(status, row.subject.clone(), evidence, None);
                if status == Status::Fail {
                    outcome.message = self.message(&env);
                    outcome.fix = fix;
                }
                outcome
            }
        }
    }

    /// What to say about a failure; the title where the check's own words need something unknown.
    fn message(&self, env: &Env<'_>) -> String {
        let own = self.program.message.as_ref();
        match own.map(|message| message.evaluate(env)) {
            Some(Ok(Value::Text(text))) => text.into_owned(),
            _ => self.program.check.title.clone(),
        }
    }

    fn unknown(&self, row: &Row<'_>, unknown: &Unknown, trace: Trace) -> Outcome {
        if let Unknown::Gap(gap) = unknown
            && gap.reason == GapReason::Outside
        {
            let (subject, evidence) = (row.subject.clone(), evidence(row, trace));
            let reason = Some(reason(gap));
            return self.outcome(Status::NotApplicable, subject, evidence, reason);
        }
        let reason = match unknown {
            Unknown::Gap(gap) => reason(gap),
            Unknown::Error { .. } | Unknown::Budget => Reason {
                text: format!("the check could not be evaluated: {unknown}"),
                remedy: format!("mend the check {}", self.program.check.id.value),
            },
        };
        self.outcome(
            Status::Unknown,
            row.subject.clone(),
            evidence(row, trace),
            Some(reason),
        )
    }

    fn unread(&self, subject: &Subject, gap: &Gap) -> Outcome {
        self.outcome(
            Status::Unknown,
            subject.clone(),
            Vec::new(),
            Some(reason(gap)),
        )
    }

    /// There is no such subject, which is known.
    fn nothing(&self, why: &str) -> Outcome {
        let kind = self.program.check.subject.name();
        let reason = Reason {
            text: why.to_owned(),
            remedy: String::new(),
        };
        let subject = Subject::new(kind, kind);
        self.outcome(Status::NotApplicable, subject, Vec::new(), Some(reason))
    }

    fn outcome(
        &self,
        status: Status,
        subject: Subject,
        evidence: Vec<Evidence>,
        reason: Option<Reason>,
    ) -> Outcome {
        let message = match &reason {
            Some(reason) => reason.text.clone(),
            None => String::new(),
        };
        Outcome {
            evaluation: self.evaluation.id.clone(),
            status,
            message,
            evidence,
            reason,
            fix: None,
            fingerprint: fingerprint(self.evaluation, &subject),
            subject,
        }
    }
}

fn held(holds: bool, review: bool) -> Status {
    match (holds, review) {
        (true, false) => Status::Pass,
        (true, true) => Status::Manual,
        (false, _) => Status::Fail,
    }
}

fn truth(value: Result<Value<'_>, Unknown>) -> Result<bool, Unknown> {
    match value? {
        Value::Bool(value) => Ok(value),
        _ => Err(Unknown::Error {
            message: "the result is not a truth value".to_owned(),
            line: 1,
            column: 1,
        }),
    }
}

/// A cell of the engines' own making.
pub(super) fn computed<T>(value: T, engine: &str) -> Cell<T> {
    Cell::explicit(
        value,
        Source::Derived {
            engine: engine.to_owned(),
        },
    )
}
