//! `checks schema`: the reference of what expressions can name, straight from the facts.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use crate::catalog::SubjectKind;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::sink::Sink;
use crate::cli::terminal::Terminal;
use crate::evaluate::{lang, variables};
use crate::facts::Record;

/// Prints the variables and fields of `kind` (`None`: of every kind), then the functions.
pub(crate) fn run(kind: Option<&str>, _terminal: &Terminal) -> Result<Exit, CliError> {
    let kinds: Vec<SubjectKind> = match kind {
        None => SubjectKind::ALL.to_vec(),
        Some(name) => vec![named(name)?],
    };
    Sink::open(None)?.fill(|out| {
        let mut described = BTreeSet::new();
        for kind in kinds {
            writeln!(out, "subject {}", kind.name())?;
            for (name, kind) in variables(kind) {
                writeln!(out, "  {name}: {kind}")?;
            }
            writeln!(
                out,
                "  params: the parameters of the check\n  now: timestamp\n"
            )?;
            for (_, kind) in variables(kind) {
                if let Some(record) = kind.record() {
                    describe(record, &mut described, out)?;
                }
            }
        }
        writeln!(out, "functions")?;
        for (signature, doc) in lang::functions() {
            writeln!(out, "  {signature}\n      {doc}")?;
        }
        Ok::<(), std::io::Error>(())
    })?;
    Ok(Exit::Done)
}

fn named(name: &str) -> Result<SubjectKind, CliError> {
    let found = SubjectKind::ALL.iter().find(|kind| kind.name() == name);
    found.copied().ok_or_else(|| CliError::NoSuch {
        kind: "kind of subject",
        id: name.to_owned(),
        known: SubjectKind::ALL
            .iter()
            .map(|kind| kind.name().to_owned())
            .collect(),
    })
}

/// Prints `record` and the records below it, each once.
fn describe(
    record: &Arc<Record>,
    described: &mut BTreeSet<String>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    if !described.insert(record.name.clone()) {
        return Ok(());
    }
    writeln!(out, "{}  {}", record.name, record.doc)?;
    let width = record
        .fields
        .iter()
        .map(|field| field.name.len())
        .max()
        .unwrap_or_default();
    for field in &record.fields {
        writeln!(out, "  {:width$}  {}", field.name, field.kind)?;
        writeln!(out, "  {:width$}      {}", "", field.doc)?;
    }
    writeln!(out)?;
    for field in &record.fields {
        if let Some(below) = field.kind.record() {
            describe(below, described, out)?;
        }
    }
    Ok(())
}
