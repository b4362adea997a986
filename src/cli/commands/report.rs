//! `report`: a saved report in another format.

use super::diff;
use crate::cli::args::ReportArgs;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::output::Outputs;
use crate::cli::terminal::Terminal;

/// Renders a saved report again.
pub(crate) fn run(args: ReportArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    let report = diff::report(&args.file)?;
    Outputs::open(&args.output, None, terminal)?.write(&report)?;
    Ok(Exit::Done)
}
