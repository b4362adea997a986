//! The catalog of a command: all checks and profiles, or every mistake in all of their files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::error::CliError;
use crate::catalog::{Catalog, Problem};
use crate::evaluate::Program;

/// The shipped checks and profiles, and those in `folders`.
pub(crate) fn load(folders: &[PathBuf]) -> Result<Catalog, CliError> {
    let (catalog, mut problems) = Catalog::draft(folders)?;
    if problems.is_empty() {
        return Ok(catalog);
    }
    // A file that is broken hides no mistake of another one.
    problems.extend(expressions(&catalog));
    Err(wrong(problems))
}

/// Every mistake in every expression.
pub(crate) fn expressions(catalog: &Catalog) -> Vec<Problem> {
    let checks = catalog.checks.values();
    let compiled = checks.map(|check| Program::compile(check, &BTreeMap::new()));
    compiled.filter_map(Result::err).flatten().collect()
}

/// Mistakes as the end of a command, ordered by place.
pub(crate) fn wrong(mut problems: Vec<Problem>) -> CliError {
    problems.sort();
    problems.dedup();
    CliError::Checks(problems)
}
