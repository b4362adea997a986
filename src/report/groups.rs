//! What to fix first, and what is not known: views of the document, computed from it alone, so that a saved report shows
//! the same.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::document::{Control, Entry, Evaluation, Report};
use super::joint::join;
use crate::catalog::Severity;
use crate::outcome::{Change, Fingerprint, Outcome, Remediation, Status, Subject, Target};
use crate::score::{control_name, is_exempt};

/// Findings with one cause: those of equal fix target, and targets that need the same change for the same checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding<'a> {
    /// The gravest of its evaluations.
    pub evaluation: &'a Evaluation,
    /// Its verdicts, those of `evaluation` first.
    pub outcomes: Vec<&'a Outcome<'a>>,
    /// How many subjects of `evaluation` fail here.
    pub failing: u64,
    /// How many subjects of `evaluation` were judged at all.
    pub judged: u64,
    /// How many failing controls fail no more once it is fixed.
    pub cleared: usize,
    /// How many failing controls it is a part of, those included.
    pub touched: usize,
}

impl<'a> Finding<'a> {
    /// The different fixes: each line with the places it belongs into, the gravest evaluation's first. Items that one flag
    /// of one place is to hold are one line.
    pub fn fixes(&self) -> Vec<(Change, Vec<&'a str>)> {
        let mut fixes: Vec<(Change, Vec<&str>)> = Vec::new();
        let (mut lines, mut known) = (HashMap::new(), HashSet::new());
        let leads = |one: &&&Outcome<'_>| *one.evaluation == *self.evaluation.id;
        let first = self.outcomes.iter().filter(leads);
        let removed: HashSet<_> = first
            .filter(|one| removes(one))
            .map(|one| object(one))
            .collect();
        // What is taken away needs no other change.
        let of = self.outcomes.iter();
        let of = of.filter(|one| leads(one) || !removed.contains(&object(one)));
        for Remediation { change, place, .. } in of.filter_map(|one| one.fix.as_ref()) {
            let at = *lines
                .entry((&change.line, &change.summary, &change.before))
                .or_insert(fixes.len());
            if at == fixes.len() {
                fixes.push((Change::clone(change), Vec::new()));
            }
            if known.insert((at, &**place)) {
                fixes[at].1.push(place);
            }
        }
        let mut merged: Vec<(Change, Vec<&str>)> = Vec::new();
        for (fix, places) in fixes {
            let both = merged
                .iter_mut()
                .filter(|(_, at)| *at == places)
                .any(|(other, _)| join(other, &fix));
            if !both {
                merged.push((fix, places));
            }
        }
        merged
    }
}

/// The object that a verdict is about.
fn object<'o>(outcome: &'o Outcome<'_>) -> (&'o str, &'o str, Option<&'o str>) {
    let Subject {
        kind,
        name,
        namespace,
        ..
    } = &*outcome.subject;
    (kind, name, namespace.as_deref())
}

/// Whether what mends this takes the object away.
fn removes(outcome: &Outcome<'_>) -> bool {
    let fix = outcome.fix.as_ref();
    fix.is_some_and(|fix| fix.change.removes())
}

/// Reasons why something is not known that one thing would resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause<'a> {
    /// The reason; of several, the one that leaves most controls open.
    pub text: &'a str,
    /// How many further reasons the same thing would resolve.
    pub more: usize,
    /// What would resolve it; may be empty.
    pub remedy: &'a str,
    /// How many controls it leaves open, wholly or in part.
    pub controls: usize,
}

/// The controls of a report, by number.
struct Controls<'a> {
    /// Each under its name across profiles.
    all: Vec<(String, &'a Control)>,
    /// By the evaluations that they refer to.
    of: HashMap<&'a str, Vec<usize>>,
    /// The evaluations in the order in which they are first referred to.
    order: HashMap<&'a str, usize>,
}

impl<'a> Controls<'a> {
    fn new(report: &'a Report<'_>) -> Self {
        let (mut all, mut of): (Vec<_>, HashMap<_, Vec<usize>>) = Default::default();
        let mut order = HashMap::new();
        for profile in &report.profiles {
            let sections = profile.sections.iter();
            for control in sections.flat_map(|section| &section.controls) {
                for evaluation in &control.evaluations {
                    of.entry(evaluation.as_str()).or_default().push(all.len());
                    let next = order.len();
                    order.entry(evaluation.as_str()).or_insert(next);
                }
                all.push((control_name(&profile.id, &control.id), control));
            }
        }
        Self { all, of, order }
    }

    /// Where an evaluation stands among equals: the profiles begin with what explains the others.
    fn asked<'e>(&self, evaluation: &'e str) -> (usize, &'e str) {
        let place = self.order.get(evaluation).copied();
        (place.unwrap_or(usize::MAX), evaluation)
    }

    /// The controls that fail, or are open, by this outcome; nothing when it is accepted or exempt wherever it counts.
    fn failing(&self, outcome: &Outcome<'_>) -> Option<Cow<'_, [usize]>> {
        let all: &[usize] = self.of.get(&*outcome.evaluation).map_or(&[], Vec::as_slice);
        if outcome.laid.is_none() {
            return Some(Cow::Borrowed(all));
        }
        let accepted = |number: usize| {
            let (name, _) = &self.all[number];
            let waiver = outcome.waiver();
            waiver.is_some_and(|waiver| waiver.holds_for(name))
                || is_exempt(outcome.exemptions(), name)
        };
        let open = all.iter().copied().filter(|number| !accepted(*number));
        let open: Vec<usize> = open.collect();
        let counts = !open.is_empty() || (all.is_empty() && outcome.waiver().is_none());
        counts.then_some(Cow::Owned(open))
    }
}

/// Findings by cause: by severity, then by the controls that really become clear, then by number of subjects and name.
pub fn findings<'a>(report: &'a Report<'a>) -> Vec<Finding<'a>> {
    let controls = Controls::new(report);
    let evaluations: BTreeMap<&str, &Evaluation> = report
        .evaluations
        .iter()
        .map(|evaluation| (evaluation.id.as_str(), evaluation))
        .collect();
    let failed: Vec<&Outcome> = failed(report, &controls).collect();
    let mut per_control = vec![0; controls.all.len()];
    for outcome in &failed {
        for number in controls.failing(outcome).iter().flat_map(|all| all.iter()) {
            per_control[*number] += 1;
        }
    }
    let judged = judged(report);
    let groups = group(&failed, &evaluations, &controls).into_values();
    let mut findings: Vec<Finding<'_>> = groups
        .filter_map(|outcomes| {
            let known = |outcome: &&'a Outcome<'a>| {
                let evaluation = *evaluations.get(outcome.evaluation.as_ref())?;
                Some((removes(outcome), evaluation))
            };
            let of = outcomes.iter().filter_map(known);
            let gravest = |(removes, one): &(bool, &'a Evaluation)| {
                (Reverse(one.severity), !removes, controls.asked(&one.id))
            };
            let (_, evaluation) = of.min_by_key(gravest)?;
            Some(finding(
                evaluation,
                outcomes,
                &controls,
                &per_control,
                &judged,
            ))
        })
        .collect();
    findings.sort_by(|a, b| {
        rank(b)
            .cmp(&rank(a))
            .then_with(|| name_order(a).cmp(&name_order(b)))
    });
    findings
}

/// The verdicts by which something fails.
pub(super) fn open<'r, 'w>(report: &'r Report<'w>) -> Vec<&'r Outcome<'w>> {
    failed(report, &Controls::new(report)).collect()
}

fn failed<'r, 'w>(
    report: &'r Report<'w>,
    controls: &Controls<'r>,
) -> impl Iterator<Item = &'r Outcome<'w>> {
    report
        .outcomes
        .verdicts()
        .filter(|outcome| outcome.status == Status::Fail && controls.failing(outcome).is_some())
}

fn rank(finding: &Finding<'_>) -> (Severity, usize, u64) {
    let severity = finding.evaluation.severity;
    (severity, finding.cleared, finding.failing)
}

fn name_order<'a>(finding: &Finding<'a>) -> (&'a str, Option<&'a Subject>) {
    let first = finding.outcomes.first();
    (&finding.evaluation.id, first.map(|one| &*one.subject))
}

/// How many subjects each evaluation decided about.
fn judged<'r>(report: &'r Report<'_>) -> BTreeMap<&'r str, u64> {
    let mut judged: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in report.outcomes.iter() {
        let (evaluation, status, count) = match entry {
            Entry::Summary(summary) => (&summary.evaluation, summary.status, summary.count),
            Entry::One(outcome) => (&outcome.evaluation, outcome.status, 1),
        };
        if matches!(status, Status::Pass | Status::Fail | Status::Waived) {
            *judged.entry(evaluation).or_default() += count;
        }
    }
    judged
}

/// First by target (a finding without a fix is its own; what takes the object away stands for everything of it that is not
/// graver), then targets by the evaluations that fail there.
fn group<'a>(
    failed: &[&'a Outcome<'a>],
    evaluations: &BTreeMap<&str, &Evaluation>,
    controls: &Controls<'_>,
) -> BTreeMap<BTreeSet<&'a str>, Vec<&'a Outcome<'a>>> {
    let severity = |one: &Outcome<'_>| {
        let evaluation = evaluations.get(one.evaluation.as_ref());
        evaluation.map(|evaluation| evaluation.severity)
    };
    let mut removed: HashMap<_, &Outcome<'_>> = HashMap::new();
    for outcome in failed.iter().filter(|one| removes(one)) {
        let known = removed.entry(object(outcome)).or_insert(outcome);
        let order =
            |one: &'a Outcome<'a>| (Reverse(severity(one)), controls.asked(&one.evaluation));
        if order(outcome) < order(known) {
            *known = outcome;
        }
    }
    let mut targets: BTreeMap<Result<Target<'_>, Fingerprint>, Vec<&Outcome<'_>>> = BTreeMap::new();
    for outcome in failed {
        let by = removed.get(&object(outcome)).copied();
        let by = by.filter(|by| severity(by) >= severity(outcome));
        let key = match &by.unwrap_or(outcome).fix {
            Some(fix) => Ok(fix.target()),
            None => Err(outcome.fingerprint),
        };
        targets.entry(key).or_default().push(outcome);
    }
    let mut groups: BTreeMap<BTreeSet<&str>, Vec<&Outcome<'_>>> = BTreeMap::new();
    for outcomes in targets.into_values() {
        let evaluations = outcomes.iter().map(|one| one.evaluation.as_ref());
        groups
            .entry(evaluations.collect())
            .or_default()
            .extend(outcomes);
    }
    groups
}

fn finding<'a>(
    evaluation: &'a Evaluation,
    mut outcomes: Vec<&'a Outcome<'a>>,
    controls: &Controls<'a>,
    per_control: &[usize],
    judged: &BTreeMap<&str, u64>,
) -> Finding<'a> {
    let leads = |one: &&Outcome<'_>| *one.evaluation == *evaluation.id;
    outcomes.sort_by_key(|one| !leads(one));
    let mut here: BTreeMap<usize, usize> = BTreeMap::new();
    for outcome in &outcomes {
        for number in controls.failing(outcome).iter().flat_map(|all| all.iter()) {
            *here.entry(*number).or_default() += 1;
        }
    }
    let cleared = here
        .iter()
        .filter(|(number, count)| per_control[**number] == **count);
    Finding {
        evaluation,
        failing: outcomes.iter().filter(|one| leads(one)).count() as u64,
        judged: judged.get(evaluation.id.as_str()).copied().unwrap_or(0),
        cleared: cleared.count(),
        touched: here.len(),
        outcomes,
    }
}

/// Why things are not known, the cause that leaves most controls open first, then by text.
pub fn causes<'r>(report: &'r Report<'_>) -> Vec<Cause<'r>> {
    let controls = Controls::new(report);
    let mut open: BTreeMap<(&str, &str), BTreeSet<usize>> = BTreeMap::new();
    let verdicts = report.outcomes.verdicts();
    for outcome in verdicts.filter(|outcome| outcome.status == Status::Unknown) {
        let reason = outcome.reason.as_ref();
        let cause = reason.map_or(("no reason is given", ""), |reason| {
            (&reason.text, &reason.remedy)
        });
        if let Some(numbers) = controls.failing(outcome) {
            open.entry(cause).or_default().extend(numbers.iter());
        }
    }
    for (number, (_, control)) in controls.all.iter().enumerate() {
        if let (Status::Unknown, Some(reason)) = (control.status, &control.reason) {
            let cause = (reason.text.as_str(), &*reason.remedy);
            open.entry(cause).or_default().insert(number);
        }
    }
    let mut causes: BTreeMap<(&str, &str), Vec<Open<'_>>> = BTreeMap::new();
    for ((text, remedy), controls) in open {
        // What nothing would resolve stands for itself.
        let own = if remedy.is_empty() { text } else { "" };
        causes
            .entry((remedy, own))
            .or_default()
            .push((text, controls));
    }
    let mut causes: Vec<Cause<'_>> = causes.into_iter().map(together).collect();
    causes.sort_by_key(|cause| (Reverse(cause.controls), cause.text));
    causes
}

/// A reason, and the controls that it leaves open.
type Open<'a> = (&'a str, BTreeSet<usize>);

fn together<'a>(((remedy, _), mut reasons): ((&'a str, &str), Vec<Open<'a>>)) -> Cause<'a> {
    reasons.sort_by_key(|(_, controls)| Reverse(controls.len()));
    let text = reasons.first().map_or("", |(text, _)| text);
    let more = reasons.len().saturating_sub(1);
    let controls: BTreeSet<_> = reasons.into_iter().flat_map(|(_, all)| all).collect();
    Cause {
        text,
        more,
        remedy,
        controls: controls.len(),
    }
}

/// A subject as a person would say it: with its namespace and its node, unless the name says so already.
pub(super) fn name(subject: &Subject) -> String {
    let mut name = subject.name.to_string();
    let said = |name: &str, part: &str| {
        name.split(|c: char| c.is_whitespace() || c == '/')
            .any(|word| word == part)
    };
    for (before, part) in [(" in ", &subject.namespace), (" on ", &subject.node)] {
        if let Some(part) = part.as_deref().filter(|part| !said(&subject.name, part)) {
            name = name + before + part;
        }
    }
    if let Some(place) = &subject.place {
        name = format!("{name} ({place})");
    }
    name
}
