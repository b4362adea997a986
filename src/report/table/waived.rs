//! What is accepted: waived findings with who answers for them, the waivers that need a look, and what profiles exempt.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::page::{Page, Set, count};
use crate::outcome::{Outcome, Status, Waiver};
use crate::report::document::Report;
use crate::report::groups;
use crate::report::ink::Ink;
use crate::report::safe::Safe;
use crate::score::{WaiverEntry, WaiverState};

/// How many waivers are shown unless all are asked for.
const SHOWN: usize = 10;

/// How many subjects of one waiver are named unless all are asked for.
const SUBJECTS: usize = 3;

pub(super) fn render(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    accepted(report, page)?;
    to_review(report, page)?;
    exempt(report, page)
}

/// "of platform, until 2027-01-01, for cis-2.0.1/5.3.2".
pub(super) fn terms(waiver: &Waiver) -> String {
    let mut terms = format!("of {}", waiver.owner);
    if let Some(day) = &waiver.expires {
        terms += &format!(" until {day}");
    }
    if !waiver.controls.is_empty() {
        terms += &format!(" for {}", waiver.controls.join(", "));
    }
    terms
}

/// The findings that waivers in force cover: one row per check and waiver.
fn accepted(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let titles: BTreeMap<&str, &str> = report
        .evaluations
        .iter()
        .map(|evaluation| (evaluation.id.as_str(), evaluation.title.as_str()))
        .collect();
    let mut rows: Vec<(&str, &Waiver, Vec<&Outcome<'_>>)> = Vec::new();
    let mut findings = 0;
    for outcome in report.outcomes.verdicts() {
        let Some(waiver) =
            (outcome.waiver().map(|waiver| &**waiver)).filter(|_| outcome.status == Status::Fail)
        else {
            continue;
        };
        findings += 1;
        let evaluation = outcome.evaluation.as_ref();
        let same =
            |row: &&mut (&str, &Waiver, Vec<&Outcome<'_>>)| (row.0, row.1) == (evaluation, waiver);
        match rows.iter_mut().find(same) {
            Some((.., outcomes)) => outcomes.push(outcome),
            None => rows.push((evaluation, waiver, vec![outcome])),
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let title = Safe::literal("Waived").paint(Ink::Bold) + Safe::literal(": ");
    page.line(&(title + count(findings, "finding", "findings")))?;
    page.blank()?;
    let shown = page.shown(rows.len(), SHOWN);
    let cells = rows[..shown].iter().map(|(evaluation, waiver, outcomes)| {
        let names = outcomes.iter();
        let names: Vec<String> = names.map(|one| groups::name(&one.subject)).collect();
        let title = titles.get(evaluation).copied().unwrap_or(evaluation);
        vec![
            count(outcomes.len() as u64, "finding", "findings"),
            page.text(title) + Safe::literal(": ") + page.list(&names, SUBJECTS),
            page.text(&format!("waiver {}: {}", terms(waiver), waiver.reason)),
        ]
    });
    let cells = cells.collect();
    page.columns(&[Set::Right, Set::Flexible, Set::Flexible], cells)?;
    rest(rows.len() - shown, page)
}

/// The waivers that have ended, and those that there is no finding for.
fn to_review(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let of = |state| {
        let entries = report.waivers.iter();
        entries.filter(move |entry| entry.state == state)
    };
    let (expired, unmatched) = (of(WaiverState::Expired), of(WaiverState::Unmatched));
    let entries: Vec<&WaiverEntry> = expired.chain(unmatched).collect();
    if entries.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.line(&Safe::literal("Waivers to review").paint(Ink::Bold))?;
    page.blank()?;
    let shown = page.shown(entries.len(), SHOWN);
    let cells = entries[..shown].iter().map(|entry| {
        let state = match (entry.state, entry.findings) {
            (WaiverState::Expired, 1) => "expired: 1 finding fails again".to_owned(),
            (WaiverState::Expired, n) => format!("expired: {n} findings fail again"),
            _ => "matches no finding".to_owned(),
        };
        let fields = entry.subject.iter();
        let fields: Vec<String> = fields
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        let what = format!("{} for {}", entry.check, fields.join(", "));
        vec![
            page.text(&entry.place),
            page.text(&state),
            page.text(&format!("{what}; {}", terms(&entry.waiver))),
        ]
    });
    let cells = cells.collect();
    page.columns(&[Set::Flexible, Set::Flexible, Set::Flexible], cells)?;
    rest(entries.len() - shown, page)
}

/// What profiles do not ask, one row per reason.
fn exempt(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let mut rows: BTreeMap<&str, (u64, Vec<String>)> = BTreeMap::new();
    let mut verdicts = 0;
    for outcome in report.outcomes.verdicts() {
        let reasons: BTreeSet<&str> = (outcome.exemptions().iter())
            .map(|exemption| exemption.reason.as_str())
            .collect();
        verdicts += u64::from(!reasons.is_empty());
        for reason in reasons {
            let (count, subjects) = rows.entry(reason).or_default();
            *count += 1;
            let name = groups::name(&outcome.subject);
            if !subjects.contains(&name) {
                subjects.push(name);
            }
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let title = Safe::literal("Exempt by the profile").paint(Ink::Bold) + Safe::literal(": ");
    page.line(&(title + count(verdicts, "verdict", "verdicts")))?;
    page.blank()?;
    let cells = rows.iter().map(|(reason, (verdicts, subjects))| {
        vec![
            count(*verdicts, "verdict", "verdicts"),
            page.list(subjects, SUBJECTS),
            page.text(reason),
        ]
    });
    let cells = cells.collect();
    page.columns(&[Set::Right, Set::Flexible, Set::Flexible], cells)
}

fn rest(left: usize, page: &mut Page<'_>) -> io::Result<()> {
    if left == 0 {
        return Ok(());
    }
    let more = Safe::literal("and ") + Safe::number(left as u64);
    page.blank()?;
    page.line(&(more + Safe::literal(" more: --all shows them")).paint(Ink::Dim))
}
