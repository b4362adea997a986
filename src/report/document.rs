//! The report document, version 1: what every format shows and what a saved report holds.
//!
//! The contract is `reports/report-v1.schema.json`. Fields are only ever added; anything else is a new version.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::diff::Comparison;
use crate::catalog::{Assessment, Severity};
use crate::facts::GapReason;
use crate::outcome::{Outcome, Reason, Status, Subject, Told};
use crate::score::{Tally, WaiverEntry};

/// The version that this file describes.
pub const SCHEMA_VERSION: u32 = 1;

/// What a run says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report<'w> {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What wrote it.
    pub tool: Tool,
    /// When the facts were observed.
    pub generated_at: Timestamp,
    /// Where the facts come from.
    pub source: Source,
    /// What was audited.
    pub cluster: Cluster,
    /// The profiles, in the order asked for.
    pub profiles: Vec<Profile>,
    /// What was evaluated, by id.
    pub evaluations: Vec<Evaluation>,
    /// The verdicts, by evaluation, then subject.
    pub outcomes: Entries<'w>,
    /// What was not read.
    pub gaps: Vec<Gap>,
    /// The entries of the waiver file, in its order; absent when there was none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<WaiverEntry>,
    /// What changed since an older report; absent when none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// Sums.
    pub totals: Totals,
}

/// The program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Where the facts come from. A snapshot says what the run that recorded it said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// What was looked at.
    pub kind: SourceKind,
    /// How: "API", "node cp1"; of manifests, what was named.
    pub read: Vec<String>,
    /// What was found in manifests, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<String>,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SourceKind {
    /// A running cluster, or a node of it.
    Cluster,
    /// Files that would be applied to one.
    Manifests,
}

/// What was audited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// As its users name it.
    pub name: String,
    /// The API server's version, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// kubeadm, k3s, …, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<String>,
    /// The names of its nodes.
    pub nodes: Vec<String>,
}

/// A profile with its figures. Percentages are rounded down; null where nothing was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Why this edition was chosen; absent when it was asked for by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<String>,
    /// In percent.
    pub score: Option<u8>,
    /// In percent.
    pub coverage: Option<u8>,
    /// How much of its sections' weight was judged, where they have weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
    /// The score from which it counts as passed, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_mark: Option<u8>,
    /// Whether the mark is reached; absent while something that counts is not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
    /// Its sections, in order.
    pub sections: Vec<Section>,
}

/// Weights of sections, in the profile's own unit (percent).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Weight {
    /// Of the sections that have a score.
    pub judged: u64,
    /// Of all.
    pub total: u64,
}

/// A section with its figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Section {
    /// Its number or short name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its share of the profile's score, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u8>,
    /// In percent.
    pub score: Option<u8>,
    /// In percent.
    pub coverage: Option<u8>,
    /// Its controls, in order.
    pub controls: Vec<Control>,
}

/// A control with its status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Control {
    /// Its number.
    pub id: String,
    /// What it asks.
    pub title: String,
    /// The benchmark's level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// How the benchmark has it assessed; what a check decides is decided all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Assessment>,
    /// Its outcomes, folded.
    pub status: Status,
    /// The highest severity of its checks; absent when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Why, where no outcome says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The evaluations that answer it, by id.
    pub evaluations: Vec<String>,
    /// Its subjects per status.
    pub tally: Tally,
}

/// One check with one set of parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// Its id.
    pub id: String,
    /// The check's id.
    pub check: String,
    /// The parameters in force, as text.
    pub params: BTreeMap<String, String>,
    /// How bad a finding is.
    pub severity: Severity,
    /// The bad state as a statement.
    pub title: String,
    /// The kind of subject.
    pub subject: String,
    /// What an attacker gains.
    pub why: String,
    /// How to mend it, in general.
    pub fix: String,
    /// Where to read on.
    pub references: Vec<String>,
    /// Whether the run left out some of what it judges, by what it asked for: what it does not find is not gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_asked: bool,
}

/// A verdict, or the sum of many alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Entry<'w> {
    /// What passed, or is not there, of one evaluation.
    Summary(Box<Summary<'w>>),
    /// One verdict.
    One(Outcome<'w>),
}

impl Entry<'_> {
    fn evaluation(&self) -> &Arc<str> {
        match self {
            Self::Summary(summary) => &summary.evaluation,
            Self::One(outcome) => &outcome.evaluation,
        }
    }
}

/// The verdicts, evaluation by evaluation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entries<'w>(Vec<Vec<Entry<'w>>>);

impl<'w> Entries<'w> {
    /// Each in turn.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<'w>> {
        self.0.iter().flatten()
    }

    /// Each verdict that is told by itself.
    pub fn verdicts(&self) -> impl Iterator<Item = &Outcome<'w>> {
        self.iter().filter_map(|entry| match entry {
            Entry::One(outcome) => Some(outcome),
            Entry::Summary(_) => None,
        })
    }
}

impl<'w> FromIterator<Vec<Entry<'w>>> for Entries<'w> {
    fn from_iter<I: IntoIterator<Item = Vec<Entry<'w>>>>(evaluations: I) -> Self {
        let evaluations = evaluations.into_iter();
        Self(evaluations.filter(|one| !one.is_empty()).collect())
    }
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Entries<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut evaluations: Vec<Vec<Entry<'_>>> = Vec::new();
        for entry in Vec::<Entry<'_>>::deserialize(deserializer)? {
            let last = evaluations.last().and_then(|entries| entries.first());
            let same = last.is_some_and(|last| last.evaluation() == entry.evaluation());
            match evaluations.last_mut().filter(|_| same) {
                Some(last) => last.push(entry),
                None => evaluations.push(vec![entry]),
            }
        }
        Ok(Self(evaluations))
    }
}

/// Verdicts of one evaluation and status that nobody has to act on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary<'w> {
    /// The evaluation's id.
    pub evaluation: Arc<str>,
    /// `pass` or `notApplicable`; `unknown` of further nodes, the first being told one by one.
    pub status: Status,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub sample: Vec<Sample<'w>>,
}

/// One of the verdicts of a [`Summary`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample<'w> {
    /// What was judged.
    pub subject: Arc<Subject>,
    /// What was found, and the values the verdict rests on.
    #[serde(flatten)]
    pub told: Told<'w>,
    /// Why it does not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<Reason>>,
}

/// Something that was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// What is missing.
    pub what: String,
    /// Where it would have been read; empty when there is no single place.
    #[serde(rename = "where")]
    pub place: String,
    /// Why it is missing.
    pub reason: GapReason,
    /// What would fill it.
    pub remedy: Cow<'static, str>,
}

/// Sums over the whole report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Controls of all profiles, per status.
    pub controls: Tally,
    /// Verdicts per raw status.
    pub outcomes: Tally,
    /// Evaluations.
    pub evaluations: u64,
    /// Gaps.
    pub gaps: u64,
}

/// Why a saved report cannot be read. The person who names the file can mend each; none repeats what the file holds.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReadError {
    /// It is not a report: not JSON, no version, or a field that is missing or malformed.
    #[error("not a report of seaworthy: line {line}, column {column}")]
    NotAReport {
        /// From 1.
        line: usize,
        /// From 1; 0 at the end of a file.
        column: usize,
    },
    /// Another version wrote it.
    #[error("the report has format {found}; this version reads format {SCHEMA_VERSION}")]
    Version {
        /// The version it names.
        found: u32,
    },
}

impl Report<'_> {
    /// Reads a report that was saved as JSON. Fields it does not know are skipped.
    ///
    /// # Errors
    /// When it is of another version or no report at all.
    pub fn read(json: &[u8]) -> Result<Self, ReadError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Head {
            schema_version: u32,
        }
        let head: Head = serde_json::from_slice(json)?;
        if head.schema_version != SCHEMA_VERSION {
            return Err(ReadError::Version {
                found: head.schema_version,
            });
        }
        Ok(serde_json::from_slice(json)?)
    }
}

/// The cause's own text may quote the file, so only its position is kept.
impl From<serde_json::Error> for ReadError {
    fn from(error: serde_json::Error) -> Self {
        Self::NotAReport {
            line: error.line(),
            column: error.column(),
        }
    }
}
