//! `profiles list|show`.

use std::path::PathBuf;

use crate::catalog::{Catalog, Profile};
use crate::cli::catalog;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::sink::Sink;
use crate::cli::terminal::Terminal;
use crate::report::reference;

/// `profiles list`
pub(crate) fn list(folders: &[PathBuf], terminal: &Terminal) -> Result<Exit, CliError> {
    let catalog = catalog::load(folders)?;
    Sink::open(None)?.fill(|out| reference::profiles(&catalog, terminal.width(None), out))?;
    Ok(Exit::Done)
}

/// `profiles show ID`
pub(crate) fn show(folders: &[PathBuf], id: &str, terminal: &Terminal) -> Result<Exit, CliError> {
    let catalog = catalog::load(folders)?;
    let profile = find(&catalog, id)?;
    Sink::open(None)?
        .fill(|out| reference::profile(&catalog, profile, terminal.width(None), out))?;
    Ok(Exit::Done)
}

/// The profile called `id`.
pub(crate) fn find<'c>(catalog: &'c Catalog, id: &str) -> Result<&'c Profile, CliError> {
    catalog.profiles.get(id).ok_or_else(|| CliError::NoSuch {
        kind: "profile",
        id: id.to_owned(),
        known: catalog.profiles.keys().cloned().collect(),
    })
}
