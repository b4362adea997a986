//! Reading a snapshot: bounded, line by line, refusing what is damaged, cut or newer.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Read};

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{FORMAT, HELD, Head, HeldKind, ITEM, LARGEST, LINE, NODES, Snapshot, SnapshotError};
use crate::facts::component::Alike;
use crate::facts::{Facts, Gap, GapReason, Lack, Lacking, Record};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default, borrow)]
    row: Option<&'a RawValue>,
    #[serde(default)]
    lack: Option<Lack>,
    #[serde(default)]
    end: Option<u64>,
}

/// Reads a snapshot.
///
/// # Errors
/// Every [`SnapshotError`] but `Write`: a snapshot is taken whole or not at all.
pub fn read(input: impl Read) -> Result<Snapshot, SnapshotError> {
    read_within(HELD, input)
}

/// The same within so many bytes of memory.
fn read_within(most: usize, input: impl Read) -> Result<Snapshot, SnapshotError> {
    let unpacked = GzDecoder::new(input).take(LARGEST + 1);
    let mut lines = Lines {
        input: BufReader::new(unpacked),
        text: String::new(),
        number: 0,
        left: most,
        alike: Alike::default(),
    };
    if !lines.advance().map_err(not_a_snapshot)? {
        return Err(SnapshotError::NotASnapshot);
    }
    let head = lines.head()?;
    let mut facts = Facts::unrecorded(head.observed_at, head.asked, head.cluster);
    facts.unlisted = head.unlisted;
    facts.hold(head.kinds.keys().map(String::as_str));
    let mut rows = 0;
    loop {
        if !lines.advance().map_err(|error| broken(error, rows))? {
            return Err(SnapshotError::Truncated { rows });
        }
        if lines.take(&mut facts, rows)? {
            break;
        }
        rows += 1;
    }
    // Reading on to the end has the checksum verified; nothing may follow.
    if lines.advance().map_err(|error| broken(error, rows))? {
        return Err(lines.damaged("something follows the end"));
    }
    Ok(Snapshot {
        lacking: lacking(&head.kinds),
        facts,
    })
}

/// An end of the file within the compressed data is a cut, whatever the library calls it.
fn broken(error: io::Error, rows: u64) -> SnapshotError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => SnapshotError::Truncated { rows },
        _ => SnapshotError::Read(error),
    }
}

/// Broken compression at the very start means another kind of file.
fn not_a_snapshot(error: io::Error) -> SnapshotError {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => SnapshotError::NotASnapshot,
        io::ErrorKind::UnexpectedEof => SnapshotError::Truncated { rows: 0 },
        _ => SnapshotError::Read(error),
    }
}

struct Lines<R> {
    input: BufReader<io::Take<R>>,
    text: String,
    number: u64,
    /// How much memory more rows may take.
    left: usize,
    alike: Alike,
}

impl<R: Read> Lines<R> {
    /// Reads the next line; false at the end.
    fn advance(&mut self) -> io::Result<bool> {
        self.text.clear();
        self.number += 1;
        let mut line = self.input.by_ref().take(LINE + 1);
        Ok(line.read_line(&mut self.text)? > 0)
    }

    /// Whether the line is one that a cluster can fill.
    fn is_sensible(&self) -> bool {
        let begins = |byte: &u8| matches!(byte, b'{' | b'[');
        self.text.len() as u64 <= LINE && self.text.bytes().filter(|b| begins(b)).count() <= NODES
    }

    fn damaged(&self, what: impl Into<String>) -> SnapshotError {
        SnapshotError::Damaged {
            line: self.number,
            what: what.into(),
        }
    }

    fn head(&self) -> Result<Head, SnapshotError> {
        if !self.is_sensible() {
            return Err(SnapshotError::NotASnapshot);
        }
        #[derive(Deserialize)]
        struct Format {
            seaworthy: u32,
        }
        let format: Format =
            serde_json::from_str(&self.text).map_err(|_| SnapshotError::NotASnapshot)?;
        if format.seaworthy > FORMAT {
            return Err(SnapshotError::Newer {
                found: format.seaworthy,
            });
        }
        serde_json::from_str(&self.text).map_err(|error| self.damaged(place(&error)))
    }

    /// Takes the current line into `facts`; true when it was the end line.
    fn take(&mut self, facts: &mut Facts, rows: u64) -> Result<bool, SnapshotError> {
        if self.input.get_ref().limit() == 0 {
            return Err(SnapshotError::TooLarge);
        }
        if !self.is_sensible() {
            return Err(self.damaged("it is longer than any that is written"));
        }
        let line: Line<'_> =
            serde_json::from_str(&self.text).map_err(|error| self.damaged(place(&error)))?;
        match line {
            Line { end: Some(end), .. } if end == rows => Ok(true),
            Line { end: Some(_), .. } => {
                Err(self.damaged("the number of rows is not the one stated"))
            }
            Line {
                kind: Some(kind),
                row,
                lack,
                ..
            } => {
                let text = row.map(RawValue::get);
                let taken = facts.take_row(&kind, text, lack);
                let taken = taken.map_err(|error| self.damaged(place(&error)))?;
                if kind == "components"
                    && let Some(component) = facts.components.rows.last_mut()
                {
                    self.alike.share(component);
                }
                // What is passed over takes nothing.
                if taken > 0 {
                    let taken = taken + self.text.len() + items(&self.text) * ITEM;
                    let left = self.left.checked_sub(taken);
                    self.left = left.ok_or(SnapshotError::TooMuch)?;
                }
                Ok(false)
            }
            Line { .. } => Err(self.damaged("neither a row nor the end")),
        }
    }
}

/// How many items of lists are objects, counting what looks like it in texts too.
fn items(text: &str) -> usize {
    let mut before = 0;
    let mut number = 0;
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        number += usize::from(byte == b'{' && matches!(before, b'[' | b','));
        before = byte;
    }
    number
}

/// What a decoding error says, without the text it stumbled over.
fn place(error: &serde_json::Error) -> String {
    format!("column {}: not what is expected there", error.column())
}

/// What this version knows and `held` does not have.
fn lacking(held: &BTreeMap<String, HeldKind>) -> Lacking {
    let mut lacking = Lacking::default();
    let nothing = BTreeMap::new();
    for kind in Facts::kinds() {
        let records = held.get(kind.name).map_or(&nothing, |kind| &kind.records);
        for record in &kind.records {
            compare(record, records, &mut lacking);
        }
    }
    lacking
}

fn compare(record: &Record, held: &BTreeMap<String, BTreeSet<String>>, lacking: &mut Lacking) {
    let Some(fields) = held.get(&record.name) else {
        return; // all fields that lead here are lacking, or the whole kind is
    };
    for field in &record.fields {
        if !fields.contains(&field.name) {
            let what = format!(
                "{}.{}, which the snapshot was recorded without",
                record.name, field.name
            );
            let gap = Gap::new(
                what,
                "",
                GapReason::NotAsked,
                "collect again with this version",
            );
            lacking.insert(&record.name, &field.name, gap);
        }
        // Also below a field that is lacking: engines read what is there as a struct.
        if let Some(below) = field.kind.record() {
            compare(below, held, lacking);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that say nothing take memory all the same, and compress to nothing.
    #[test]
    fn rows_are_counted_by_what_they_become() {
        let facts = Facts::unrecorded(Default::default(), Default::default(), Default::default());
        let mut head = Vec::new();
        crate::facts::snapshot::write(&facts, &mut head).unwrap();
        let mut text = String::new();
        BufReader::new(GzDecoder::new(&head[..]))
            .read_line(&mut text)
            .unwrap();
        let read = |most, row: &str, rows: usize| {
            let rows = format!("{row}\n").repeat(rows) + &format!("{{\"end\":{rows}}}\n");
            let whole = text.clone() + &rows;
            let level = flate2::Compression::fast();
            read_within(most, flate2::read::GzEncoder::new(whole.as_bytes(), level))
        };
        let small = r#"{"kind":"namespaces","row":{}}"#;
        let wide = format!(
            r#"{{"kind":"clusterRoles","row":{{"rules":[{}{{}}]}}}}"#,
            "{}, ".repeat(1_000)
        );
        let unknown = r#"{"kind":"later","row":[{},{},{}]}"#;
        for (row, rows, fits) in [
            (small, 100, true),
            (small, 10_000, false),
            (&wide, 1, true),
            (&wide, 10, false),
            (unknown, 10_000, true),
        ] {
            let read = read(1 << 20, row, rows);
            match fits {
                true => assert!(read.is_ok(), "{row}"),
                false => assert!(matches!(read, Err(SnapshotError::TooMuch)), "{row}"),
            }
        }
    }
}
