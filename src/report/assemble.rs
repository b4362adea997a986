//! From a judgement to the document.

use std::collections::{BTreeMap, btree_map};

use jiff::Timestamp;

use super::document::{
    self, Cluster, Control, Entry, Gap, Profile, Report, SCHEMA_VERSION, Sample, Section, Source,
    Summary, Tool, Totals, Weight,
};
use crate::catalog::{Check, Severity};
use crate::facts;
use crate::outcome::{Evaluation, Judgement, Outcome, Quiet, Status, Subject};
use crate::score::{ControlScore, Fraction, Overlay, Scorecard, SectionScore};

/// How many of the verdicts that need no action are shown per evaluation.
const SAMPLE: usize = 20;

/// All that a report is made of.
#[derive(Clone, Debug)]
pub struct Input<'a> {
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
    pub judgement: Judgement,
    /// The checks by id.
    pub checks: &'a BTreeMap<String, Check>,
    /// The waivers that the scorecards were made with.
    pub overlay: &'a Overlay,
    /// What was not read.
    pub gaps: &'a [facts::Gap],
    /// Whether to write each outcome that passed or does not apply.
    pub all: bool,
}

impl Report {
    /// Puts a report together; the same input gives the same document.
    pub fn assemble(input: Input<'_>) -> Self {
        let Judgement {
            evaluations,
            outcomes,
            quiet,
        } = input.judgement;
        let more = more(&evaluations, &quiet);
        let mut evaluations: Vec<_> = evaluations
            .into_iter()
            .map(|evaluation| describe(evaluation, input.checks))
            .collect();
        evaluations.sort_by(|a, b| a.id.cmp(&b.id));
        let gaps = gaps(input.gaps);
        let cards = input.scorecards;
        let totals = Totals {
            controls: cards
                .iter()
                .flat_map(Scorecard::controls)
                .map(|control| control.status)
                .collect(),
            outcomes: (outcomes.iter().map(|outcome| outcome.status))
                .chain(quiet.iter().flatten().map(|(status, _)| *status))
                .collect(),
            evaluations: evaluations.len() as u64,
            gaps: gaps.len() as u64,
        };
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
            outcomes: entries(outcomes, &more, input.overlay, input.all),
            gaps,
            waivers: input.overlay.entries.clone(),
            comparison: None,
            totals,
        }
    }
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
        status: score.status,
        severity: score.severity,
        reason: score.reason.clone(),
        evaluations: score.evaluations.clone(),
        tally: score.tally,
    }
}

/// An evaluation in the words of its check. One whose check is not at hand keeps its name, and the highest severity so
/// that nothing hides behind the mistake.
fn describe(evaluation: Evaluation, checks: &BTreeMap<String, Check>) -> document::Evaluation {
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
        id: evaluation.id,
        check: evaluation.check,
        params: evaluation.params,
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

fn order(outcome: &Outcome) -> (&str, &Subject, Status, &str) {
    let Outcome {
        evaluation,
        subject,
        status,
        fingerprint,
        ..
    } = outcome;
    (evaluation, subject, *status, fingerprint)
}

/// How many verdicts there are of each evaluation and status beside those that were kept, and about whom the first is.
type More<'q> = BTreeMap<(String, Status), (u64, &'q Subject)>;

fn more<'q>(evaluations: &[Evaluation], quiet: &'q [Vec<Quiet>]) -> More<'q> {
    let mut more = More::new();
    for (evaluation, quiet) in evaluations.iter().zip(quiet) {
        let mut counts: BTreeMap<Status, (u64, &Subject)> = BTreeMap::new();
        for (status, subject) in quiet {
            counts.entry(*status).or_insert((0, subject)).0 += 1;
        }
        let named = counts.into_iter();
        more.extend(named.map(|(status, known)| ((evaluation.id.clone(), status), known)));
    }
    more
}

/// What is not known of so many nodes that only the first are told one by one.
fn crowds(more: &More<'_>) -> impl Iterator<Item = Entry> {
    let unknown = more
        .iter()
        .filter(|((_, status), _)| *status == Status::Unknown);
    unknown.map(|((evaluation, status), (count, subject))| {
        let sample = Sample {
            subject: (*subject).clone(),
            message: "not known either, see the gaps".to_owned(),
            evidence: Vec::new(),
            reason: None,
        };
        Entry::Summary(Summary {
            evaluation: evaluation.clone(),
            status: *status,
            count: *count,
            sample: vec![sample],
        })
    })
}

/// The verdicts, by evaluation, then subject; a summary stands where the first of its verdicts would.
fn entries(
    mut outcomes: Vec<Outcome>,
    more: &More<'_>,
    overlay: &Overlay,
    all: bool,
) -> Vec<Entry> {
    outcomes.sort_by(|a, b| order(a).cmp(&order(b)));
    let mut entries = Vec::new();
    let mut summaries: BTreeMap<(String, Status), usize> = BTreeMap::new();
    for outcome in outcomes {
        if all || !matches!(outcome.status, Status::Pass | Status::NotApplicable) {
            entries.push(Entry::One(Box::new(document::Outcome {
                waiver: overlay.waiver(&outcome).cloned(),
                expired_waiver: overlay.expired(&outcome).cloned(),
                exemptions: overlay.exemptions(&outcome).to_vec(),
                verdict: outcome,
            })));
            continue;
        }
        match summaries.entry((outcome.evaluation.clone(), outcome.status)) {
            btree_map::Entry::Occupied(known) => {
                if let Some(Entry::Summary(summary)) = entries.get_mut(*known.get()) {
                    summary.add(outcome);
                }
            }
            btree_map::Entry::Vacant(new) => {
                let count = more.get(new.key()).map_or(0, |(count, _)| *count);
                new.insert(entries.len());
                let mut summary = Summary {
                    evaluation: outcome.evaluation.clone(),
                    status: outcome.status,
                    count,
                    sample: Vec::new(),
                };
                summary.add(outcome);
                entries.push(Entry::Summary(summary));
            }
        }
    }
    entries.extend(crowds(more));
    entries
}

impl Summary {
    fn add(&mut self, outcome: Outcome) {
        self.count += 1;
        if self.sample.len() < SAMPLE {
            self.sample.push(Sample {
                subject: outcome.subject,
                message: outcome.message,
                evidence: outcome.evidence,
                reason: outcome.reason,
            });
        }
    }
}
