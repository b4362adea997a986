//! `collect`: facts into a file, without judging.

use crate::cli::args::CollectArgs;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::live;
use crate::cli::sink::Sink;
use crate::cli::terminal::Terminal;
use crate::facts::snapshot;

/// Collects and writes the snapshot.
pub(crate) fn run(args: CollectArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    let sink = Sink::open(Some(&args.output))?;
    let facts = live::facts(&args.target, &args.ssh, terminal)?;
    sink.fill(|out| {
        snapshot::write(&facts, out).map_err(|source| CliError::Snapshot {
            path: args.output.clone(),
            source,
        })
    })?;
    Ok(Exit::Done)
}
