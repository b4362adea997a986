//! Writing a snapshot: the same facts give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};

use flate2::{Compression, GzBuilder};
use serde::Serialize;

use super::{FORMAT, Head, HeldKind, SnapshotError};
use crate::facts::{Facts, Kind, Lack, Listing, Record, Visit};

/// How many bytes are compressed at a time.
const PIECE: usize = 64 << 10;

/// Writes `facts` to `out`, compressed.
///
/// # Errors
/// [`SnapshotError::Write`] when `out` fails.
pub fn write(facts: &Facts, out: impl Write) -> Result<(), SnapshotError> {
    let packed = GzBuilder::new().write(BufWriter::new(out), Compression::best());
    // The library clears its buffer at each write, so it is given much at a time.
    let out = BufWriter::with_capacity(PIECE, packed);
    write_lines(facts, Lines { out, rows: 0 })
        .and_then(|lines| {
            let packed = lines.out.into_inner().map_err(|error| error.into_error())?;
            packed.finish()?.flush()
        })
        .map_err(SnapshotError::Write)
}

fn write_lines<W: Write>(facts: &Facts, mut lines: Lines<W>) -> io::Result<Lines<W>> {
    lines.line(&head(facts))?;
    facts.visit(&mut lines)?;
    let rows = lines.rows;
    lines.line(&serde_json::json!({ "end": rows }))?;
    Ok(lines)
}

fn head(facts: &Facts) -> Head {
    Head {
        seaworthy: FORMAT,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        observed_at: facts.observed_at,
        asked: facts.asked.clone(),
        cluster: facts.cluster.clone(),
        unlisted: facts.unlisted.clone(),
        kinds: Facts::kinds()
            .iter()
            .map(|kind| (kind.name.to_owned(), held(kind)))
            .collect(),
    }
}

fn held(kind: &Kind) -> HeldKind {
    let mut records = BTreeMap::new();
    for record in &kind.records {
        collect(record, &mut records);
    }
    HeldKind {
        schema: kind.schema,
        records,
    }
}

/// The fields of `record` and of the records below it.
fn collect(record: &Record, records: &mut BTreeMap<String, BTreeSet<String>>) {
    let fields = record.fields.iter().map(|field| field.name.clone());
    records
        .entry(record.name.clone())
        .or_default()
        .extend(fields);
    for field in &record.fields {
        if let Some(below) = field.kind.record() {
            collect(below, records);
        }
    }
}

/// A sink that writes one JSON text a line.
struct Lines<W> {
    out: W,
    rows: u64,
}

impl<W: Write> Lines<W> {
    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a, T> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<&'a T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lack: Option<&'a Lack>,
}

impl<W: Write> Visit for Lines<W> {
    fn listing<T: Serialize>(&mut self, kind: &str, listing: &Listing<T>) -> io::Result<()> {
        for row in &listing.rows {
            self.rows += 1;
            self.line(&Line {
                kind,
                row: Some(row),
                lack: None,
            })?;
        }
        for lack in &listing.lacks {
            self.rows += 1;
            self.line(&Line::<T> {
                kind,
                row: None,
                lack: Some(lack),
            })?;
        }
        Ok(())
    }
}
