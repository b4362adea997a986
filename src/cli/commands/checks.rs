//! `checks list|show|test|lint`: the same treatment for shipped checks and for those of users.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::catalog::{Catalog, Check};
use crate::cli::catalog;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::sink::Sink;
use crate::cli::terminal::Terminal;
use crate::evaluate::examples::Prover;
use crate::evaluate::{Program, examples};
use crate::report::reference;

/// `checks list`
pub(crate) fn list(folders: &[PathBuf], terminal: &Terminal) -> Result<Exit, CliError> {
    let catalog = catalog::load(folders)?;
    Sink::open(None)?.fill(|out| reference::checks(&catalog, terminal.width(None), out))?;
    Ok(Exit::Done)
}

/// `checks show ID`
pub(crate) fn show(folders: &[PathBuf], id: &str, terminal: &Terminal) -> Result<Exit, CliError> {
    let catalog = catalog::load(folders)?;
    let check = find(&catalog, id)?;
    let program = Program::compile(check, &BTreeMap::new()).map_err(CliError::Checks)?;
    let facts: Vec<reference::Fact<'_>> = (program.facts().into_iter())
        .map(|(path, field)| reference::Fact {
            path,
            kind: field.kind.to_string(),
            doc: &field.doc,
        })
        .collect();
    let width = terminal.width(None);
    Sink::open(None)?.fill(|out| reference::check(&catalog, check, &facts, width, out))?;
    Ok(Exit::Done)
}

/// `checks lint`: what cannot be loaded, what cannot be typed, and what is not good enough to ship.
pub(crate) fn lint(folders: &[PathBuf], _terminal: &Terminal) -> Result<Exit, CliError> {
    let (catalog, mut problems) = Catalog::draft(folders)?;
    problems.extend(catalog.lints.iter().cloned());
    problems.extend(catalog::expressions(&catalog));
    if !problems.is_empty() {
        return Err(catalog::wrong(problems));
    }
    let (checks, profiles) = (catalog.checks.len(), catalog.profiles.len());
    Sink::open(None)?.fill(|out| {
        writeln!(
            out,
            "{checks} checks and {profiles} profiles are well-formed"
        )
    })?;
    Ok(Exit::Done)
}

/// `checks test [ID…]`: runs the examples, prints those that are answered differently.
pub(crate) fn test(
    folders: &[PathBuf],
    ids: &[String],
    _terminal: &Terminal,
) -> Result<Exit, CliError> {
    let (catalog, mut problems) = Catalog::draft(folders)?;
    let checks: Vec<&Check> = if ids.is_empty() {
        catalog.checks.values().collect()
    } else {
        ids.iter()
            .map(|id| find(&catalog, id))
            .collect::<Result<_, _>>()?
    };
    if !problems.is_empty() {
        problems.extend(catalog::expressions(&catalog));
    }
    let mut count = 0;
    for check in &checks {
        count += check.examples.len();
        problems.extend(examples::run(check));
    }
    let proof = Prover::new(&catalog).prove(&checks);
    problems.extend(proof.problems);
    if !problems.is_empty() {
        return Err(catalog::wrong(problems));
    }
    let checks = checks.len();
    Sink::open(None)?.fill(|out| {
        writeln!(
            out,
            "{count} examples of {checks} checks are answered as they say"
        )?;
        writeln!(
            out,
            "{} fixes are proven on them, {} say why they are not, {} are words for a person",
            proof.proven, proof.unproven, proof.by_hand
        )
    })?;
    Ok(Exit::Done)
}

pub(crate) fn find<'c>(catalog: &'c Catalog, id: &str) -> Result<&'c Check, CliError> {
    catalog.checks.get(id).ok_or_else(|| CliError::NoSuch {
        kind: "check",
        id: id.to_owned(),
        known: catalog.checks.keys().cloned().collect(),
    })
}
