//! Waiver files of a run: the one it reads, and the one it writes to start from.

use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::error::CliError;
use super::sink::Sink;
use crate::catalog::{Catalog, MAX_WAIVER_FILE, Waiver};
use crate::input;
use crate::report::{Report, starter};

/// How long the waivers of a starter hold.
const DAYS: i64 = 90;

/// The waivers in the file that was named; none when none was.
pub(super) fn read(catalog: &Catalog, path: Option<&Path>) -> Result<Vec<Waiver>, CliError> {
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    let bytes = input::named(path, MAX_WAIVER_FILE).map_err(|source| CliError::Input {
        path: path.to_owned(),
        source,
    })?;
    let file = path.display().to_string();
    catalog.waivers(&file, &bytes).map_err(CliError::Waivers)
}

/// Opens the starter. A file that is there already may hold what people wrote, and is not touched.
pub(super) fn open(path: Option<&Path>) -> Result<Option<Sink>, CliError> {
    let Some(path) = path else { return Ok(None) };
    if path.symlink_metadata().is_ok() {
        let path = path.to_owned();
        return Err(CliError::Exists { path });
    }
    Sink::open(Some(path)).map(Some)
}

/// Writes the starter for the findings of `report`.
pub(super) fn write(sink: Sink, report: &Report) -> Result<(), CliError> {
    let expires = day(report.generated_at).saturating_add(DAYS.days());
    sink.fill(|out| starter(report, expires, out))
}

/// The day in UTC.
pub(super) fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}
