//! `report`: a saved report in another format.

use std::io::Read;
use std::path::Path;

use crate::cli::args::ReportArgs;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::output::Outputs;
use crate::cli::terminal::Terminal;
use crate::report::Report;

/// A report that is larger than this is none.
const LARGEST: u64 = 1 << 30;

/// Renders a saved report again.
pub(crate) fn run(args: ReportArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    let bytes = bytes(&args.file).map_err(|source| CliError::Input {
        path: args.file.clone(),
        source,
    })?;
    let report = Report::read(&bytes).map_err(|source| CliError::Report {
        path: args.file,
        source,
    })?;
    Outputs::open(&args.output, None, terminal)?.write(&report)?;
    Ok(Exit::Done)
}

fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(LARGEST).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?
            .take(LARGEST)
            .read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
