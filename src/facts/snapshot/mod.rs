//! The snapshot: everything one run observed, in one file that is judged anywhere, later, with newer checks.
//!
//! Gzip over JSON lines: a head, then one line per row or lack, then an end line with their number, so that a file cut
//! anywhere is recognised. The head names, per kind, its schema number and the fields that were recorded: what this
//! version knows beyond them is [`Lacking`], never a default.

mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Asked, Cluster, Facts, Gap, Lacking};

pub use read::read;
pub use write::write;

/// The format this version writes. Older ones stay readable; newer ones are refused.
pub const FORMAT: u32 = 1;

/// A snapshot may not unpack to more than this many bytes.
pub const LARGEST: u64 = 4 << 30;

/// The longest line, in bytes: everything that was read of one node takes less.
const LINE: u64 = 16 << 20;

/// The most JSON objects and lists in one line. Each may become a row of hundreds of bytes.
const NODES: usize = 200_000;

/// About how many bytes of memory the rows of a snapshot may take: some four thousand nodes whose files were read. What
/// compresses well is not much larger in the file however much of it there is.
const HELD: usize = 1 << 30;

/// What an item of a list within a row takes beside its text.
const ITEM: usize = 512;

/// Why a snapshot could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file could not be read, or its compression is broken.
    #[error("cannot read the snapshot")]
    Read(#[source] std::io::Error),
    /// The file could not be written.
    #[error("cannot write the snapshot")]
    Write(#[source] std::io::Error),
    /// It is some other file.
    #[error("this is not a seaworthy snapshot")]
    NotASnapshot,
    /// A newer version wrote it.
    #[error("the snapshot has format {found}, and this version reads up to format {FORMAT}")]
    Newer {
        /// The format of the file.
        found: u32,
    },
    /// It ends too early.
    #[error("the snapshot is cut off after {rows} rows")]
    Truncated {
        /// How many rows were read before the end.
        rows: u64,
    },
    /// A line makes no sense.
    #[error("the snapshot is damaged at line {line}: {what}")]
    Damaged {
        /// The line, from 1, of the unpacked text.
        line: u64,
        /// What is wrong with it; never a value.
        what: String,
    },
    /// It unpacks to too much.
    #[error("the snapshot unpacks to more than {LARGEST} bytes")]
    TooLarge,
    /// What it unpacks to becomes too much.
    #[error("the snapshot holds more than can be judged at once: {} MiB of facts", HELD >> 20)]
    TooMuch,
}

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    /// Says what the file is.
    seaworthy: u32,
    tool: String,
    observed_at: Timestamp,
    asked: Asked,
    cluster: Cluster,
    #[serde(default)]
    unlisted: Vec<Gap>,
    kinds: BTreeMap<String, HeldKind>,
}

/// What the file holds of one kind.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeldKind {
    schema: u32,
    /// Field names by record name, nested records included.
    records: BTreeMap<String, BTreeSet<String>>,
}

/// Facts with what they were recorded without.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The facts.
    pub facts: Facts,
    /// The fields that this version knows and the file does not hold.
    pub lacking: Lacking,
}
