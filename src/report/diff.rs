//! What changed between two reports, finding by finding, by their fingerprints.
//!
//! A finding is fixed when it is known to be gone: one that the newer report could not judge is not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::document::{Evaluation, Report, SourceKind};
use super::groups;
use crate::catalog::Severity;
use crate::outcome::{Fingerprint, Outcome, Status, Subject};

/// What changed since an older report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// What fails now and did not then.
    pub new: Vec<Change>,
    /// What failed then and is known not to now.
    pub fixed: Vec<Change>,
    /// What failed then and is not judged now.
    pub not_known: Vec<Change>,
    /// How many findings are the same.
    pub unchanged: u64,
}

/// One finding of either report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// How bad it is.
    pub severity: Severity,
    /// The id of its evaluation.
    pub evaluation: Arc<str>,
    /// Who it is about.
    pub subject: Arc<Subject>,
    /// What was found.
    pub message: String,
    /// The identity of the finding.
    pub fingerprint: Fingerprint,
}

impl Comparison {
    /// Compares the open findings of two reports: what is waived or exempt in both is in neither.
    pub fn of(old: &Report, new: &Report) -> Self {
        let (before, now) = (open(old), open(new));
        let accepted: BTreeSet<Fingerprint> = failing(new).map(fingerprint).collect();
        let hidden = unknown(new);
        // Whoever looks at less sees less, and nothing of that is mended.
        let less = !(old.source.read.iter()).all(|part| new.source.read.contains(part));
        // Of manifests, what is not declared any more is gone; of a cluster, only what was looked at.
        let whole = new.source.kind == SourceKind::Manifests;
        let run = new.evaluations.iter().filter(|one| whole || !one.not_asked);
        let run: BTreeSet<&str> = run.map(|one| one.id.as_str()).collect();
        let mut comparison = Self::default();
        for (id, outcome) in &now {
            match before.contains_key(id) {
                true => comparison.unchanged += 1,
                false => comparison.new.push(change(outcome, new)),
            }
        }
        for (id, outcome) in before.iter().filter(|(id, _)| !now.contains_key(*id)) {
            let evaluation = outcome.evaluation.as_ref();
            let judged = !less && run.contains(evaluation) && !hidden.contains(evaluation);
            // What was accepted since fails still, but nobody has to act on it.
            let settled = judged || accepted.contains(id);
            let list = match settled {
                true => &mut comparison.fixed,
                false => &mut comparison.not_known,
            };
            list.push(change(outcome, old));
        }
        let Self {
            new,
            fixed,
            not_known,
            ..
        } = &mut comparison;
        for list in [new, fixed, not_known] {
            list.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cmp(b)));
        }
        comparison
    }

    /// The new findings of this severity or above.
    pub fn new_from(&self, severity: Severity) -> usize {
        from(&self.new, severity)
    }

    /// The findings of this severity or above of which nothing is known any more.
    pub fn not_known_from(&self, severity: Severity) -> usize {
        from(&self.not_known, severity)
    }
}

fn from(changes: &[Change], severity: Severity) -> usize {
    let changes = changes.iter();
    changes.filter(|one| one.severity >= severity).count()
}

fn open<'r, 'w>(report: &'r Report<'w>) -> BTreeMap<Fingerprint, &'r Outcome<'w>> {
    let open = groups::open(report).into_iter();
    open.map(|outcome| (fingerprint(outcome), outcome))
        .collect()
}

fn failing<'r, 'w>(report: &'r Report<'w>) -> impl Iterator<Item = &'r Outcome<'w>> {
    report
        .outcomes
        .verdicts()
        .filter(|outcome| outcome.status == Status::Fail)
}

/// The evaluations in which something is not known.
fn unknown<'r>(report: &'r Report<'_>) -> BTreeSet<&'r str> {
    let unknown = report
        .outcomes
        .verdicts()
        .filter(|outcome| outcome.status == Status::Unknown);
    unknown.map(|outcome| outcome.evaluation.as_ref()).collect()
}

fn fingerprint(outcome: &Outcome<'_>) -> Fingerprint {
    outcome.fingerprint
}

fn change(outcome: &Outcome, report: &Report) -> Change {
    let verdict = outcome;
    let message = &verdict.told.words().message;
    let known = |one: &&Evaluation| *one.id == *verdict.evaluation;
    let evaluation = report.evaluations.iter().find(known);
    Change {
        severity: evaluation.map_or(Severity::Critical, |one| one.severity),
        evaluation: verdict.evaluation.clone(),
        subject: verdict.subject.clone(),
        message: match (message.is_empty(), evaluation) {
            (true, Some(evaluation)) => evaluation.title.clone(),
            _ => message.clone(),
        },
        fingerprint: verdict.fingerprint,
    }
}
