//! Verdicts: every program on every row of its kind of subject.

use crate::facts::{Cell, Facts, Gap, GapReason, Lacking, Reading, Source, View};
use crate::outcome::{Evaluation, Evidence, Judgement, Outcome, Reason, Status, Subject};

use super::fingerprint::fingerprint;
use super::fix;
use super::lang::{Env, Expression, Trace, Unknown, Value};
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

/// Runs `tasks` on `facts`.
pub fn judge(facts: &Facts, lacking: &Lacking, tasks: &[Task<'_>]) -> Judgement {
    let world = World::new(facts, lacking);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = tasks.len().div_ceil(workers).max(1);
    let mut judged: Vec<(Evaluation, Vec<Outcome>)> = std::thread::scope(|scope| {
        let running: Vec<_> = tasks
            .chunks(share)
            .map(|share| {
                let world = &world;
                scope.spawn(move || {
                    share
                        .iter()
                        .map(|task| run(world, task))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        running
            .into_iter()
            .flat_map(|share| {
                share
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    judged.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    let mut judgement = Judgement::default();
    for (evaluation, outcomes) in judged {
        judgement.evaluations.push(evaluation);
        judgement.outcomes.extend(outcomes);
    }
    judgement
}

fn run(world: &World<'_>, task: &Task<'_>) -> (Evaluation, Vec<Outcome>) {
    let program = &task.program;
    let evaluation = Evaluation {
        id: task.id.clone(),
        check: program.check.id.value.clone(),
        params: program.params.texts(),
    };
    let rows = world.rows(program.check.subject);
    let bench = Bench {
        world,
        evaluation: &evaluation,
        program,
    };
    let mut outcomes: Vec<Outcome> = rows.rows.iter().map(|row| bench.verdict(row)).collect();
    outcomes.extend(
        rows.unread
            .iter()
            .map(|(subject, gap)| bench.unread(subject, gap)),
    );
    for hidden in rows
        .hidden
        .iter()
        .filter(|hidden| bench.concerns(&hidden.like))
    {
        outcomes.extend(
            hidden
                .unread
                .iter()
                .map(|(subject, gap)| bench.unread(subject, gap)),
        );
    }
    let mut outcomes = one_per_subject(outcomes);
    if outcomes.is_empty() {
        let subject = Subject::new(program.check.subject.name(), program.check.subject.name());
        outcomes.push(bench.outcome(
            Status::NotApplicable,
            subject,
            Vec::new(),
            Some(Reason {
                text: rows.none,
                remedy: String::new(),
            }),
        ));
    }
    (evaluation, outcomes)
}

/// A subject can have several rows (the distinct templates of one workload): the worst verdict is the subject's.
fn one_per_subject(mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let rank = |status: Status| {
        let order = Status::BY_PRECEDENCE;
        order.iter().position(|other| *other == status)
    };
    let identity = |outcome: &Outcome| {
        let subject = &outcome.subject;
        (
            subject.namespace.clone(),
            subject.node.clone(),
            subject.name.clone(),
        )
    };
    outcomes.sort_by_cached_key(|outcome| (identity(outcome), rank(outcome.status)));
    outcomes.dedup_by(|later, kept| {
        let same = identity(later) == identity(kept);
        if let (true, Some(more), Some(instances)) = (
            same,
            later.subject.instances.take(),
            kept.subject.instances.as_mut(),
        ) {
            instances.count += more.count;
            instances.sample.extend(more.sample);
            instances.sample.truncate(super::SAMPLE);
        }
        same
    });
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
                let status = match (holds, check.review) {
                    (true, false) => Status::Pass,
                    (true, true) => Status::Manual,
                    (false, _) => Status::Fail,
                };
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

fn reason(gap: &Gap) -> Reason {
    Reason {
        text: gap.to_string(),
        remedy: gap.remedy.clone(),
    }
}

/// The reads that justify a verdict, each with its own source or that of the row.
fn evidence(row: &Row<'_>, trace: Trace) -> Vec<Evidence> {
    let source = |source: Option<Source>| match source {
        Some(source) => source.to_string(),
        None => row.source.to_string(),
    };
    trace
        .reads
        .into_iter()
        .map(|read| Evidence {
            fact: read.path,
            value: read.value,
            source: source(read.source),
        })
        .collect()
}

/// What a further expression of `evidence:` shows; nothing where it is unknown.
fn shown(row: &Row<'_>, expression: &Expression, env: &Env<'_>) -> Vec<Evidence> {
    let (value, trace) = expression.explain(env);
    if value.is_ok() {
        evidence(row, trace)
    } else {
        Vec::new()
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
