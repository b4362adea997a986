//! A waiver file to start from: one entry per finding, to be filled in. Until it is, nothing reads it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use jiff::civil::Date;

use super::document::{Evaluation, Report};
use super::groups;
use super::safe::{is_hidden, safe};
use crate::catalog::{Pattern, yaml_text};
use crate::outcome::{Outcome, Subject};

/// Writes the waiver file of `report`, the gravest findings first; what is waived already, or exempt, is left out. The waivers end
/// on `expires`.
///
/// # Errors
/// What `out` gives.
pub fn starter(report: &Report, expires: Date, out: &mut dyn Write) -> io::Result<()> {
    let evaluations: BTreeMap<&str, &Evaluation> = report
        .evaluations
        .iter()
        .map(|evaluation| (evaluation.id.as_str(), evaluation))
        .collect();
    let mut findings: Vec<(&Evaluation, &Outcome)> = groups::open(report)
        .into_iter()
        .filter(|outcome| outcome.waiver().is_none())
        .filter_map(|one| Some((*evaluations.get(one.evaluation.as_ref())?, one)))
        .collect();
    findings.sort_by_key(|(evaluation, _)| (Reverse(evaluation.severity), &evaluation.check));

    let day = report.generated_at.strftime("%Y-%m-%d");
    writeln!(
        out,
        "# What fails on {}, {day}.",
        safe(&report.cluster.name)
    )?;
    writeln!(
        out,
        "# Keep what is accepted, say who answers for it and why, and delete the rest."
    )?;
    if findings.is_empty() {
        return writeln!(out, "waivers: []");
    }
    writeln!(out, "waivers:")?;
    let mut written = BTreeSet::new();
    for (evaluation, outcome) in findings {
        let subject = &outcome.subject;
        let selector = selector(subject);
        // The same check with other parameters may have found the same.
        if !written.insert((&evaluation.check, selector.clone())) {
            continue;
        }
        let words = outcome.told.words();
        let message = match words.message.as_str() {
            "" => &evaluation.title,
            message => message,
        };
        writeln!(out, "  # {}: {}", evaluation.severity.name(), safe(message))?;
        writeln!(out, "  - check: {}", evaluation.check)?;
        writeln!(out, "    subject: {{{selector}}}")?;
        writeln!(out, "    owner:")?;
        writeln!(out, "    reason:")?;
        writeln!(out, "    expires: {expires}")?;
    }
    Ok(())
}

/// The fields that select this very subject.
fn selector(subject: &Subject) -> String {
    let fields = [
        ("namespace", subject.namespace.as_deref()),
        ("node", subject.node.as_deref()),
        ("name", Some(&*subject.name)),
    ];
    let stated = fields.iter().filter_map(|(field, value)| {
        let pattern = Pattern::exact((*value)?);
        Some(format!("{field}: {}", scalar(pattern.as_str())))
    });
    stated.collect::<Vec<_>>().join(", ")
}

/// A text as YAML on one line; what a screen would hide or interpret is written as an escape.
fn scalar(text: &str) -> String {
    if !text.contains(is_hidden) {
        return yaml_text(text);
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            hidden if is_hidden(hidden) => quoted += &format!("\\U{:08X}", u32::from(hidden)),
            plain => quoted.push(plain),
        }
    }
    quoted + "\""
}
