//! `certs`: every certificate the cluster lives on, and what is wrong with it.

use std::path::PathBuf;

use super::profiles;
use crate::cli::args::CertsArgs;
use crate::cli::catalog;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::output::Outputs;
use crate::cli::source;
use crate::cli::terminal::Terminal;
use crate::evaluate::{Judge, Keep, World, certificate_lines, tasks};
use crate::facts::Snapshot;
use crate::report::{Input, Report, render_certificates};
use crate::score::{Overlay, score};

/// The profile whose checks say what is wrong.
const PROFILE: &str = "certificates";

/// Lists certificates.
pub(crate) fn run(
    args: &CertsArgs,
    folders: &[PathBuf],
    terminal: &Terminal,
) -> Result<Exit, CliError> {
    let catalog = catalog::load(folders)?;
    let profile = profiles::find(&catalog, PROFILE)?;
    let tasks = tasks(&catalog, &[profile]).map_err(CliError::Checks)?;
    let outputs = Outputs::open(&args.output, None, terminal)?;
    let Snapshot { facts, lacking } = source::facts(&args.source, terminal)?;
    let lines = certificate_lines(&facts, &lacking);
    let world = World::new(&facts, &lacking);
    let judge = Judge::new(&world, &tasks);
    let judgement = judge.judge(Keep::Everything);
    let overlay = Overlay::default();
    let scorecard = score(profile, &catalog.checks, &judgement, &overlay);
    let report = Report::assemble(Input {
        version: env!("CARGO_PKG_VERSION"),
        observed_at: facts.observed_at,
        source: source::source(&facts),
        cluster: source::cluster(&facts),
        scorecards: &[scorecard],
        chosen: &Default::default(),
        judgement,
        checks: &catalog.checks,
        overlay: &overlay,
        gaps: &facts.gaps(),
        all: outputs.all(),
    });
    outputs
        .fill(|format, options, out| render_certificates(&lines, &report, format, options, out))?;
    // Whoever sees no certificate at all must not take that for good news.
    Ok(match lines.is_empty() {
        true => Exit::Incomplete,
        false => Exit::Done,
    })
}
