//! What to fix first, and what is not known.
//!
//! A fix is never in a table: it stands on a line of its own, whole, so that it can be copied.

use std::io;

use super::page::{Page, Set, count};
use super::waived;
use crate::catalog::Severity;
use crate::outcome::{Change, Evidence, Precondition};
use crate::report::document::Report;
use crate::report::groups::{self, Cause, Finding};
use crate::report::ink::Ink;
use crate::report::safe::Safe;

/// How many findings and causes are shown unless all are asked for.
const SHOWN: usize = 10;

/// How many subjects, values, fixes and places of one finding are shown unless all are asked for.
const DETAILS: usize = 3;

/// The label of a line below a finding, and its indent.
const LABEL: [&str; 2] = ["    ", "          "];

pub(super) fn to_fix(
    findings: &[Finding<'_>],
    report: &Report,
    page: &mut Page<'_>,
) -> io::Result<()> {
    page.blank()?;
    if findings.is_empty() {
        let text = match report.totals.controls.judged() + report.totals.outcomes.judged() {
            0 => "Nothing could be judged",
            _ if report.totals.outcomes.fail > 0 => "Nothing to fix: all that fails is waived",
            _ => "Nothing to fix: nothing that was judged fails",
        };
        return page.line(&Safe::literal(text).paint(Ink::Bold));
    }
    page.line(&Safe::literal("What to fix first").paint(Ink::Bold))?;
    let shown = page.shown(findings.len(), SHOWN);
    let digits = shown.to_string().len().max(2);
    for (n, finding) in findings.iter().take(shown).enumerate() {
        page.blank()?;
        heading(n + 1, digits, finding, page)?;
        subjects(finding, page)?;
        expired(finding, page)?;
        if page.options.all {
            let why = page.whole(&finding.evaluation.why);
            paragraph("why", &why, page)?;
        }
        evidence(finding, page)?;
        fixes(finding, page)?;
    }
    rest(findings.len() - shown, ["finding", "findings"], page)
}

fn rest(left: usize, noun: [&'static str; 2], page: &mut Page<'_>) -> io::Result<()> {
    if left == 0 {
        return Ok(());
    }
    let more = Safe::literal("and ") + Safe::number(left as u64) + Safe::literal(" more ");
    let noun = Safe::literal(if left == 1 { noun[0] } else { noun[1] });
    page.blank()?;
    page.line(&(more + noun + Safe::literal(": --all shows them")).paint(Ink::Dim))
}

/// Number and title on the left, severity and gain on the right.
fn heading(n: usize, digits: usize, finding: &Finding<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let number = page.text(&format!("{n:>digits$}"));
    let before = LABEL[0].len().max(digits + 2);
    let gain = match (finding.cleared, finding.touched) {
        (0, 0) => None,
        (0, part) => Some(Safe::literal("part of ") + controls(part)),
        (clears, _) => Some(Safe::literal("clears ") + controls(clears)),
    };
    let severity = finding.evaluation.severity;
    let mut right = vec![Safe::literal(severity.name())];
    right.extend(gain);
    let right = Safe::join(&right, page.sign(" · ", ", "));
    let room = page.width.saturating_sub(before + 2 + right.width());
    let words = match finding.outcomes.as_slice() {
        [one] => one.told.words(),
        _ => Default::default(),
    };
    let title = match words.message.as_str() {
        "" => &finding.evaluation.title,
        message => message,
    };
    let mut lines = page.text(title).wrap(room).into_iter();
    let first = lines.next().unwrap_or_default();
    let gap = Safe::repeat(" ", before - number.width());
    let fill = Safe::repeat(" ", room - first.width().min(room) + 2);
    let right = match severity {
        Severity::Critical | Severity::High => right.paint(Ink::Red),
        Severity::Medium => right.paint(Ink::Yellow),
        Severity::Low | Severity::Info => right.paint(Ink::Dim),
    };
    page.line(&(number + gap + first.paint(Ink::Bold) + fill + right))?;
    for line in lines {
        page.line(&(Safe::repeat(" ", before) + line.paint(Ink::Bold)))?;
    }
    Ok(())
}

fn controls(number: usize) -> Safe {
    count(number as u64, "control", "controls")
}

/// A line below a heading; a second one of the same label has none.
fn labelled(label: &'static str, text: Safe) -> Safe {
    let fill = LABEL[1].len() - LABEL[0].len() - label.len();
    let label = Safe::literal(label).paint(Ink::Dim);
    Safe::literal(LABEL[0]) + label + Safe::repeat(" ", fill) + text
}

/// Text behind a label, in as many lines as it takes; nothing for no text.
fn paragraph(label: &'static str, text: &Safe, page: &mut Page<'_>) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let lines = text.wrap(page.width - LABEL[1].len());
    for (n, line) in lines.into_iter().enumerate() {
        page.line(&labelled(if n == 0 { label } else { "" }, line))?;
    }
    Ok(())
}

/// "3 of 214: a, b, c".
fn subjects(finding: &Finding<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let lead = &finding.evaluation.id;
    let of = finding.outcomes.iter();
    let of = of.filter(|one| *one.evaluation == **lead);
    let of: Vec<_> = of.collect();
    let names = page.list_of(&of, DETAILS, |one| page.text(&groups::name(&one.subject)));
    let text = match finding.judged {
        0 | 1 => names,
        judged => {
            let of = Safe::number(finding.failing) + Safe::literal(" of ");
            of + Safe::number(judged) + Safe::literal(": ") + names
        }
    };
    paragraph("on", &text, page)
}

/// That it was accepted, and is no more.
fn expired(finding: &Finding<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let ended = finding.outcomes.iter().filter_map(|one| {
        let waiver = one.expired_waiver()?;
        let name = groups::name(&one.subject);
        let terms = waived::terms(waiver);
        Some(format!("the waiver {terms} has expired ({name})"))
    });
    let mut said: Vec<String> = ended.collect();
    said.dedup();
    for text in &said[..page.shown(said.len(), DETAILS)] {
        paragraph("was", &page.text(text), page)?;
    }
    Ok(())
}

/// What was seen on the first subject: the value, and where it was read.
fn evidence(finding: &Finding<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(first) = finding.outcomes.first() else {
        return Ok(());
    };
    let words = first.told.words();
    let all = &words.evidence;
    let room = page.width - LABEL[1].len();
    let values: Vec<(Safe, Safe)> = all[..page.shown(all.len(), DETAILS)]
        .iter()
        .map(|one| {
            let value = page.brief(&value(one), room);
            (value, page.brief(&one.source, room - 2))
        })
        .collect();
    let column = values
        .iter()
        .map(|(value, _)| value.width())
        .max()
        .unwrap_or(0)
        + 3;
    let fits = |(_, source): &(Safe, Safe)| column + source.width() <= room;
    let beside = values.iter().all(fits);
    for (n, (value, source)) in values.into_iter().enumerate() {
        let label = if n == 0 { "seen" } else { "" };
        let fill = Safe::repeat(" ", column.saturating_sub(value.width()));
        let source = source.paint(Ink::Dim);
        if beside {
            page.line(&labelled(label, value + fill + source))?;
        } else {
            page.line(&labelled(label, value))?;
            page.line(&labelled("", Safe::literal("  ") + source))?;
        }
    }
    Ok(())
}

fn value(evidence: &Evidence) -> String {
    let Evidence { fact, value, .. } = evidence;
    if value == "not set" {
        format!("{fact} is not set")
    } else {
        format!("{fact} = {value}")
    }
}

fn fixes(finding: &Finding<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let fixes = finding.fixes();
    if fixes.is_empty() {
        let general = page.whole(&finding.evaluation.fix);
        return paragraph("fix", &general, page);
    }
    let shown = page.shown(fixes.len(), DETAILS);
    for (n, (fix, places)) in fixes[..shown].iter().enumerate() {
        self::fix(fix, page)?;
        let next = fixes[..shown].get(n + 1);
        if next.is_none_or(|(_, next)| next != places) {
            let named: Vec<&str> = places
                .iter()
                .copied()
                .filter(|place| !place.is_empty())
                .collect();
            paragraph("in", &page.list(&named, DETAILS), page)?;
        }
    }
    let left = fixes.len() - shown;
    if left > 0 {
        let left = Safe::literal("and ") + Safe::number(left as u64);
        let text = left + Safe::literal(" more like this: --all shows them");
        page.line(&labelled("", text.paint(Ink::Dim)))?;
    }
    Ok(())
}

/// The lines to copy, whole; the sentence where there is nothing to copy.
fn fix(fix: &Change, page: &mut Page<'_>) -> io::Result<()> {
    for step in &fix.before {
        for (n, line) in step.lines().iter().enumerate() {
            let label = if n == 0 { "first" } else { "" };
            match step {
                Precondition::Do { text } => paragraph(label, &page.whole(text), page)?,
                _ => {
                    let whole = Safe::whole(line, page.options.charset);
                    page.line(&labelled(label, whole))?;
                }
            }
        }
    }
    if fix.line.is_empty() {
        let summary = page.whole(&fix.summary);
        return paragraph("fix", &summary, page);
    }
    for (n, line) in fix.line.lines().enumerate() {
        let label = if n == 0 { "fix" } else { "" };
        let whole = Safe::whole(line, page.options.charset);
        page.line(&labelled(label, whole))?;
    }
    Ok(())
}

pub(super) fn not_known(
    causes: &[Cause<'_>],
    report: &Report,
    page: &mut Page<'_>,
) -> io::Result<()> {
    if causes.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let tally = report.totals.controls;
    let mut title = Safe::literal("Not known").paint(Ink::Bold);
    if tally.unknown > 0 {
        let unknown = Safe::number(tally.unknown) + Safe::literal(" of ");
        let of = unknown + count(tally.total(), "control", "controls");
        title = title + Safe::literal(": ") + of + Safe::literal(" could not be judged");
    }
    page.line(&title)?;
    page.blank()?;
    let shown = page.shown(causes.len(), SHOWN);
    let row = |cause: &Cause<'_>| {
        let more = match cause.more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let text = page.text(&format!("{}{more}", cause.text));
        vec![controls(cause.controls), text, page.text(cause.remedy)]
    };
    let rows = causes.iter().take(shown).map(row).collect();
    page.columns(&[Set::Right, Set::Flexible, Set::Flexible], rows)?;
    rest(causes.len() - shown, ["cause", "causes"], page)
}
