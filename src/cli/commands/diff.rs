//! `diff`: what changed between two reports, or two recorded clusters.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::audit;
use crate::catalog::Catalog;
use crate::cli::args::DiffArgs;
use crate::cli::catalog;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::output::Outputs;
use crate::cli::selection::Selection;
use crate::cli::source::broken;
use crate::cli::terminal::Terminal;
use crate::evaluate::tasks;
use crate::facts::snapshot;
use crate::input;
use crate::report::{Comparison, Report, View, render_view};

/// A file that is larger than this is neither.
const LARGEST: u64 = 1 << 30;

/// How every snapshot begins: gzip, RFC 1952.
const SNAPSHOT: [u8; 2] = [0x1f, 0x8b];

/// Compares.
pub(crate) fn run(
    args: &DiffArgs,
    folders: &[PathBuf],
    terminal: &Terminal,
) -> Result<Exit, CliError> {
    let outputs = Outputs::open(&args.output, None, terminal)?;
    let catalog = catalog::load(folders)?;
    let selection = Selection::new(&catalog, &args.selection, false)?;
    let comparison = read(&args.old, &catalog, &selection, |old| {
        read(&args.new, &catalog, &selection, |new| {
            Ok(Comparison::of(old, new))
        })
    })?;
    let view = View::Comparison(comparison);
    outputs.fill(|format, options, out| render_view(&view, format, options, out))?;
    Ok(Exit::Done)
}

/// Does something with the report in a file, or with that on the cluster recorded in it.
fn read<T>(
    path: &Path,
    catalog: &Catalog,
    selection: &Selection<'_>,
    then: impl FnOnce(&Report<'_>) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let bytes = bytes(path)?;
    if !bytes.starts_with(&SNAPSHOT) {
        let report = parse(path, &bytes)?;
        drop(bytes);
        return then(&report);
    }
    let recorded = snapshot::read(&bytes[..]).map_err(|source| broken(path, source))?;
    drop(bytes);
    let tasks = tasks(catalog, &selection.candidates()).map_err(CliError::Checks)?;
    audit::judged(&recorded, catalog, selection, tasks, &[], false, |judged| {
        then(&judged.report)
    })
}

/// The saved report in a file.
pub(super) fn report(path: &Path) -> Result<Report<'static>, CliError> {
    parse(path, &bytes(path)?)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Report<'static>, CliError> {
    Report::read(bytes).map_err(|source| CliError::Report {
        path: path.to_owned(),
        source,
    })
}

fn bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    let read = match path == Path::new("-") {
        true => begun(std::io::stdin().lock()),
        false => File::open(path).and_then(|file| begun(BufReader::new(file))),
    };
    read.map_err(|source| CliError::Input {
        path: path.to_owned(),
        source,
    })
}

/// All of it where it begins like a report or a snapshot, and else its beginning, which is refused as what it is.
fn begun(mut from: impl BufRead) -> io::Result<Vec<u8>> {
    let beginning = from.fill_buf()?;
    match beginning.trim_ascii_start().first() {
        Some(first) if [b'{', SNAPSHOT[0]].contains(first) => input::capped(from, LARGEST),
        _ => Ok(beginning.to_vec()),
    }
}
