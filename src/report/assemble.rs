//! From a judgement to the document.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::document::{
    self, Cluster, Control, Entry, Gap, Profile, Report, SCHEMA_VERSION, Sample, Section, Source,
    Summary, Tool, Totals, Weight,
};
use crate::catalog::{Check, Severity};
use crate::facts;
use crate::outcome::{Judged, Judgement, Many, Outcome, Status, Subject, Words};
use crate::score::{ControlScore, Fraction, Overlay, Scorecard, SectionScore};

/// How many of the verdicts that need no action are shown per evaluation.
const SAMPLE: usize = 20;

/// All that a report is made of.
#[derive(Clone, Debug)]
pub struct Input<'a, 'w> {
    /// The version of this program.
    pub version: &'a str,
    /// When the facts were observed.
    pub observed_at: Timestamp,
    /// Where the facts come from.
    pub source: Source,
    /// What was audited.
    pub cluster: Cluster,
    /// The profiles asked for, scored.
    pub scorecards: &'a [Scorecard],
    /// Why editions of benchmarks were chosen, by profile id.
    pub chosen: &'a BTreeMap<String, String>,
    /// What the scorecards were made of.
    pub judgement: Judgement<'w>,
    /// The checks by id.
    pub checks: &'a BTreeMap<String, Check>,
    /// The waivers that the scorecards were made with.
    pub overlay: &'a Overlay,
    /// What was not read.
    pub gaps: &'a [facts::Gap],
    /// Whether to write each outcome that passed or does not apply.
    pub all: bool,
}

impl<'w> Report<'w> {
    /// Puts a report together; the same input gives the same document.
    pub fn assemble(input: Input<'_, 'w>) -> Self {
        let mut judgement = input.judgement;
        judgement.sort_by(|a, b| a.evaluation.id.cmp(&b.evaluation.id));
        let evaluations = judgement.iter();
        let evaluations: Vec<_> = evaluations
            .map(|judged| describe(judged, input.checks))
            .collect();
        let gaps = gaps(input.gaps);
        let cards = input.scorecards;
        let totals = Totals {
            controls: cards
                .iter()
                .flat_map(Scorecard::controls)
                .map(|control| control.status)
                .collect(),
            outcomes: judgement.iter().flat_map(statuses).collect(),
            evaluations: evaluations.len() as u64,
            gaps: gaps.len() as u64,
        };
        let judged = judgement.into_iter();
        let outcomes = judged.map(|judged| entries(judged, input.overlay, input.all));
        Self {
            schema_version: SCHEMA_VERSION,
            tool: Tool {
                name: "seaworthy".into(),
                version: input.version.into(),
            },
            generated_at: input.observed_at,
            source: input.source,
            cluster: input.cluster,
            profiles: (cards.iter())
                .map(|card| profile(card, input.chosen.get(&card.id)))
                .collect(),
            evaluations,
            outcomes: outcomes.collect(),
            gaps,
            waivers: input.overlay.entries.clone(),
            comparison: None,
            totals,
        }
    }
}

/// The verdicts of an evaluation, whether they are told one by one or not.
fn statuses(judged: &Judged<'_>) -> impl Iterator<Item = Status> {
    let told = judged.outcomes.iter().map(|outcome| outcome.status);
    let quiet = judged.quiet.iter().flat_map(|(status, lists)| {
        let number = lists.iter().map(Many::len).sum();
        std::iter::repeat_n(*status, number)
    });
    told.chain(quiet)
}

fn percent(share: Option<Fraction>) -> Option<u8> {
    share.map(Fraction::percent)
}

fn profile(card: &Scorecard, chosen: Option<&String>) -> Profile {
    Profile {
        id: card.id.clone(),
        title: card.title.clone(),
        chosen: chosen.cloned(),
        score: percent(card.score),
        coverage: percent(card.coverage),
        weight: card.weight.map(|weight| Weight {
            judged: weight.judged,
            total: weight.total,
        }),
        pass_mark: card.pass_mark,
        passed: card.passed(),
        sections: card.sections.iter().map(section).collect(),
    }
}

fn section(score: &SectionScore) -> Section {
    Section {
        id: score.id.clone(),
        title: score.title.clone(),
        weight: score.weight,
        score: percent(score.score),
        coverage: percent(score.coverage),
        controls: score.controls.iter().map(control).collect(),
    }
}

fn control(score: &ControlScore) -> Control {
    Control {
        id: score.id.clone(),
        title: score.title.clone(),
        level: score.level,
        assessment: score.assessment,
        status: score.status,
        severity: score.severity,
        reason: score.reason.clone(),
        evaluations: score.evaluations.clone(),
        tally: score.tally,
    }
}

/// An evaluation in the words of its check. One whose check is not at hand keeps its name, and the highest severity so
/// that nothing hides behind the mistake.
fn describe(judged: &Judged<'_>, checks: &BTreeMap<String, Check>) -> document::Evaluation {
    let evaluation = &judged.evaluation;
    let check = checks.get(&evaluation.check);
    let text = |part: fn(&Check) -> &str| check.map_or("", part).to_owned();
    document::Evaluation {
        severity: check.map_or(Severity::Critical, |check| check.severity),
        title: check
            .map_or(&evaluation.check, |check| &check.title)
            .clone(),
        subject: text(|check| check.subject.name()),
        why: text(|check| &check.why),
        fix: text(|check| &check.fix.summary),
        references: check.map_or_else(Vec::new, |check| check.references.clone()),
        id: evaluation.id.clone(),
        check: evaluation.check.clone(),
        params: evaluation.params.clone(),
        not_asked: judged.not_asked.is_some(),
    }
}

fn gaps(gaps: &[facts::Gap]) -> Vec<Gap> {
    let document = gaps.iter().map(|gap| Gap {
        what: gap.what.clone(),
        place: gap.place.clone(),
        reason: gap.reason,
        remedy: gap.remedy.clone(),
    });
    let mut document: Vec<Gap> = document.collect();
    document.sort();
    document.dedup();
    document
}

/// The verdicts of one evaluation by subject; a summary stands where the first of its verdicts would.
fn entries<'w>(judged: Judged<'w>, overlay: &Overlay, all: bool) -> Vec<Entry<'w>> {
    let Judged {
        evaluation,
        mut outcomes,
        quiet,
        ..
    } = judged;
    let order = |a: &Outcome<'_>, b: &Outcome<'_>| {
        let rest = |one: &Outcome<'_>| (one.status, one.fingerprint);
        let subjects = a.subject.cmp(&b.subject);
        subjects.then_with(|| rest(a).cmp(&rest(b)))
    };
    outcomes.sort_by(order);
    let mut summaries: BTreeMap<Status, Summary<'w>> = BTreeMap::new();
    let evaluation: Arc<str> = evaluation.id.into();
    let new = |status| Summary {
        evaluation: evaluation.clone(),
        status,
        count: 0,
        sample: Vec::new(),
    };
    let calm = |status| !all && matches!(status, Status::Pass | Status::NotApplicable);
    for outcome in outcomes.iter().filter(|outcome| calm(outcome.status)) {
        let summary = summaries.entry(outcome.status);
        summary
            .or_insert_with_key(|status| new(*status))
            .add(outcome);
    }
    for (status, lists) in &quiet {
        let summary = summaries.entry(*status);
        let summary = summary.or_insert_with_key(|status| new(*status));
        if summary.sample.is_empty() {
            let first = lists.iter().flat_map(Many::subjects).next();
            summary.sample.extend(first.map(like_the_others));
        }
        summary.count += lists.iter().map(|list| list.len() as u64).sum::<u64>();
    }
    // Done in place: there can be a hundred thousand.
    let told = outcomes.into_iter().filter_map(|mut outcome| {
        if calm(outcome.status) {
            let summary = summaries.remove(&outcome.status)?;
            return Some(Entry::Summary(Box::new(summary)));
        }
        outcome.laid = overlay.laid(&outcome);
        Some(Entry::One(outcome))
    });
    let mut entries: Vec<Entry<'w>> = told.collect();
    let left = summaries.into_values();
    entries.extend(left.map(|summary| Entry::Summary(Box::new(summary))));
    entries
}

/// One of so many nodes of which something is not known that only the first are told one by one.
fn like_the_others<'w>(subject: Arc<Subject>) -> Sample<'w> {
    let words = Words {
        message: "not known either, see the gaps".to_owned(),
        evidence: Vec::new(),
    };
    Sample {
        subject,
        told: words.into(),
        reason: None,
    }
}

impl<'w> Summary<'w> {
    fn add(&mut self, outcome: &Outcome<'w>) {
        self.count += 1;
        if self.sample.len() < SAMPLE {
            self.sample.push(Sample {
                subject: outcome.subject.clone(),
                told: outcome.told.clone(),
                reason: outcome.reason.clone(),
            });
        }
    }
}
