//! One program at work: what it says about a row, and in which words.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalog::Check;
use crate::facts::{Gap, GapReason, Reading, View};
use crate::outcome::{
    Change, Evaluation, Outcome, Reason, Remediation, Status, Subject, Tell, Told, Words,
};

use super::crowd::{Crowd, Member};
use super::evidence::{evidence, reason, shown};
use super::fingerprint::Fingerprints;
use super::fix;
use super::lang::{Env, Unknown, Value};
use super::program::Program;
use super::rows::{Nothing, Row, World};

/// Steps one expression may take on one row; far beyond any honest check.
const BUDGET: u64 = 1_000_000;

/// What a program says about a row.
pub(super) enum Ruling {
    /// It was judged.
    Judged(Status),
    /// The check does not ask for it.
    Exempt,
    /// Something is missing.
    Open(Unknown),
}

/// A ruling in two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) status: Status,
    /// Whether this run asked for what decides; what it did not is not applicable without a proof of it.
    pub(super) asked: bool,
}

impl Mark {
    /// The position of the worst of several, which decides: the lower the worse.
    pub(super) fn rank(self) -> (Option<usize>, bool) {
        let order = Status::BY_PRECEDENCE;
        let position = order.iter().position(|other| *other == self.status);
        (position, self.asked)
    }
}

impl Ruling {
    pub(super) fn mark(&self) -> Mark {
        let (status, asked) = match self {
            Self::Judged(status) => (*status, true),
            Self::Exempt => (Status::NotApplicable, true),
            Self::Open(Unknown::Gap(gap)) if gap.reason == GapReason::Outside => {
                (Status::NotApplicable, false)
            }
            Self::Open(_) => (Status::Unknown, true),
        };
        Mark { status, asked }
    }
}

/// A program at work on the rows of a world.
pub(super) struct Court<'j> {
    pub(super) world: &'j World<'j>,
    pub(super) program: &'j Program<'j>,
}

/// A program with what its verdicts share.
pub(super) struct Bench<'j> {
    court: Court<'j>,
    id: Arc<str>,
    prints: Fingerprints,
    teller: (&'j dyn Tell, u32),
    changes: BTreeSet<Arc<Change>>,
    reasons: BTreeSet<Arc<Reason>>,
}

/// The one that is stored of equals.
fn one<T: Ord>(of: &mut BTreeSet<Arc<T>>, value: T) -> Arc<T> {
    if let Some(known) = of.get(&value) {
        return known.clone();
    }
    let new = Arc::new(value);
    of.insert(new.clone());
    new
}

impl<'j> Bench<'j> {
    pub(super) fn new(
        world: &'j World<'j>,
        program: &'j Program<'j>,
        evaluation: &Evaluation,
        teller: (&'j dyn Tell, u32),
    ) -> Self {
        Self {
            court: Court { world, program },
            id: evaluation.id.as_str().into(),
            prints: Fingerprints::of(evaluation),
            teller,
            changes: BTreeSet::new(),
            reasons: BTreeSet::new(),
        }
    }

    /// Whether the check asks for one of these rows, as far as is known.
    pub(super) fn concerns(&self, rows: &[Row<'_>]) -> bool {
        rows.iter().any(|row| {
            let readings = self.court.readings(row);
            !matches!(self.court.asks(&self.court.env(&readings)), Ok(false))
        })
    }

    /// The verdict on a subject, which is known to be this: with the row that decides it, and why.
    pub(super) fn verdict(
        &mut self,
        crowd: &Crowd<'_>,
        member: &Member,
        status: Status,
    ) -> Option<Outcome<'j>> {
        let mut rows = member.rows.clone();
        let (ruling, at) = match (rows.len(), status) {
            (1, Status::Pass | Status::Fail | Status::Manual) => {
                (Ruling::Judged(status), rows.next()?)
            }
            _ => {
                let rulings = rows.map(|at| (self.court.ruling(&crowd.rows[at]), at));
                rulings.min_by_key(|(ruling, _)| ruling.mark().rank())?
            }
        };
        Some(self.outcome(&ruling, &member.subject, &crowd.rows[at], at))
    }

    /// The verdict on a subject, by the row at this position.
    fn outcome(
        &mut self,
        ruling: &Ruling,
        subject: &Arc<Subject>,
        row: &Row<'_>,
        at: usize,
    ) -> Outcome<'j> {
        let status = ruling.mark().status;
        let reason = self.court.why(ruling);
        let fix = (status == Status::Fail).then(|| {
            let change = self.court.change(row);
            let alone = change.target == self.court.check().id.value;
            Remediation {
                change: one(&mut self.changes, change),
                place: row.place(),
                node: subject.node.clone().filter(|_| !alone),
            }
        });
        let (by, task) = self.teller;
        let told = Told::Later {
            by,
            task,
            row: u32::try_from(at).unwrap_or(u32::MAX),
        };
        Outcome {
            fix,
            ..self.about(status, subject.clone(), told, reason)
        }
    }

    /// Somebody was not read.
    pub(super) fn unread(&mut self, subject: Arc<Subject>, gap: &Gap) -> Outcome<'j> {
        let reason = reason(gap);
        let told = said(&reason);
        self.about(Status::Unknown, subject, told, Some(reason))
    }

    /// There is no such subject, or nobody asked for it.
    pub(super) fn nothing(&mut self, none: &Nothing) -> Outcome<'j> {
        let kind = self.court.check().subject.name();
        let (text, remedy) = match none {
            Nothing::There(why) => (why, ""),
            Nothing::Asked(why, remedy) => (why, *remedy),
        };
        let reason = Reason {
            text: text.clone(),
            remedy: remedy.into(),
        };
        let (subject, told) = (Arc::new(Subject::new(kind, kind)), said(&reason));
        self.about(Status::NotApplicable, subject, told, Some(reason))
    }

    fn about(
        &mut self,
        status: Status,
        subject: Arc<Subject>,
        told: Told<'j>,
        reason: Option<Reason>,
    ) -> Outcome<'j> {
        Outcome {
            evaluation: self.id.clone(),
            status,
            told,
            reason: reason.map(|reason| one(&mut self.reasons, reason)),
            fix: None,
            fingerprint: self.prints.on(&subject),
            laid: None,
            subject,
        }
    }
}

fn said(reason: &Reason) -> Told<'static> {
    let words = Words {
        message: reason.text.clone(),
        evidence: Vec::new(),
    };
    words.into()
}

/// The words of the verdict of `program` on `row`.
pub(super) fn words(world: &World<'_>, program: &Program<'_>, row: &Row<'_>) -> Words {
    Court { world, program }.words(row)
}

impl Court<'_> {
    fn check(&self) -> &Check {
        self.program.check
    }

    /// What the expressions see of a row.
    fn readings<'r>(&'r self, row: &'r Row<'_>) -> Vec<Reading<'r>> {
        let own = row.readings();
        let params = View::Record(&self.program.params).into();
        let time = View::Time(self.world.facts.observed_at).into();
        own.chain([params, time]).collect()
    }

    fn env<'r>(&'r self, readings: &'r [Reading<'r>]) -> Env<'r> {
        Env {
            readings,
            lacking: self.world.lacking,
            budget: BUDGET,
        }
    }

    /// Whether the check asks for a row.
    fn asks(&self, env: &Env<'_>) -> Result<bool, Unknown> {
        let when = self.program.when.as_ref();
        when.map_or(Ok(true), |when| truth(when.evaluate(env)))
    }

    pub(super) fn ruling(&self, row: &Row<'_>) -> Ruling {
        let readings = self.readings(row);
        let env = self.env(&readings);
        match self.asks(&env) {
            Ok(true) => self.judged(row, self.program.assert.evaluate(&env)),
            Ok(false) => Ruling::Exempt,
            Err(unknown) => Ruling::Open(unknown),
        }
    }

    fn judged(&self, row: &Row<'_>, assertion: Result<Value<'_>, Unknown>) -> Ruling {
        let status = match (truth(assertion), self.check().review) {
            (Ok(false), _) => return Ruling::Judged(Status::Fail),
            (Err(unknown), _) => return Ruling::Open(unknown),
            (Ok(true), false) => Status::Pass,
            (Ok(true), true) => Status::Manual,
        };
        match row.doubt() {
            Some(gap) => Ruling::Open(Unknown::Gap(gap)),
            None => Ruling::Judged(status),
        }
    }

    /// Why it could not be judged or does not apply.
    fn why(&self, ruling: &Ruling) -> Option<Reason> {
        match ruling {
            Ruling::Judged(_) => None,
            Ruling::Exempt => {
                let when = self.program.when.as_ref().map(|when| when.source());
                Some(Reason {
                    text: format!("does not hold here: {}", when.unwrap_or_default()),
                    remedy: "".into(),
                })
            }
            Ruling::Open(Unknown::Gap(gap)) => Some(reason(gap)),
            Ruling::Open(unknown @ (Unknown::Error { .. } | Unknown::Budget)) => Some(Reason {
                text: format!("the check could not be evaluated: {unknown}"),
                remedy: format!("mend the check {}", self.check().id.value).into(),
            }),
        }
    }

    /// What clears a failure.
    fn change(&self, row: &Row<'_>) -> Change {
        let readings = self.readings(row);
        let env = self.env(&readings);
        let fits = self.program.fits.as_ref();
        if !fits.is_none_or(|fits| matches!(truth(fits.evaluate(&env)), Ok(true))) {
            return fix::by_hand(self.check());
        }
        let version = self.world.facts.cluster.version.value();
        fix::change(self.check(), row, version.map(String::as_str), || {
            let (_, trace) = self.program.assert.explain(&env);
            trace.reads
        })
    }

    /// What was found, with the values the verdict rests on.
    fn words(&self, row: &Row<'_>) -> Words {
        let readings = self.readings(row);
        let env = self.env(&readings);
        let asked = self.program.when.as_ref().map(|when| when.explain(&env));
        let asked = asked.map(|(value, trace)| (truth(value), trace));
        let (ruling, trace) = match asked {
            None | Some((Ok(true), _)) => {
                let (value, trace) = self.program.assert.explain(&env);
                (self.judged(row, value), trace)
            }
            Some((Ok(false), trace)) => (Ruling::Exempt, trace),
            Some((Err(unknown), trace)) => (Ruling::Open(unknown), trace),
        };
        let mut evidence = evidence(row, trace);
        if let Ruling::Judged(_) = ruling {
            for further in &self.program.evidence {
                evidence.extend(shown(row, further, &env));
            }
        }
        let message = match (&ruling, self.why(&ruling)) {
            (_, Some(why)) => why.text,
            (Ruling::Judged(Status::Fail), None) => self.message(&env),
            (_, None) => String::new(),
        };
        Words { message, evidence }
    }

    /// What to say about a failure; the title where the check's own words need something unknown.
    fn message(&self, env: &Env<'_>) -> String {
        let own = self.program.message.as_ref();
        match own.map(|message| message.evaluate(env)) {
            Some(Ok(Value::Text(text))) => text.into_owned(),
            _ => self.check().title.clone(),
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
