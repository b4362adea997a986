//! Several records read as one, without copying any of them.
//!
//! A subject is often a fact plus what an engine computed about it, or an identity plus one of its templates. Checks
//! see one record; this keeps the parts where they are.

use std::sync::Arc;

use crate::facts::{Fields, Lacking, Reading, Record, Source, View};

/// The fields of all parts, in order, under one schema.
pub(crate) struct Joined<'f> {
    record: Arc<Record>,
    parts: Vec<&'f dyn Fields>,
    source: Source,
    lacking: &'f Lacking,
}

impl<'f> Joined<'f> {
    /// Joins `parts`, whose schemas were joined to `record` by [`join`].
    pub(crate) fn new(
        record: Arc<Record>,
        parts: Vec<&'f dyn Fields>,
        source: Source,
        lacking: &'f Lacking,
    ) -> Self {
        Self {
            record,
            parts,
            source,
            lacking,
        }
    }
}

impl Fields for Joined<'_> {
    fn record(&self) -> &Arc<Record> {
        &self.record
    }

    fn field(&self, position: usize) -> Reading<'_> {
        let mut rest = position;
        for part in &self.parts {
            let len = part.record().fields.len();
            if rest < len {
                // The joint schema has a name of its own, so what was not recorded is asked for under the part's.
                return match self.lacking.gap(part.record(), rest) {
                    Some(gap) => View::Gap(gap).into(),
                    None => part.field(rest),
                };
            }
            rest -= len;
        }
        View::Absent.into()
    }

    fn source(&self) -> Option<&Source> {
        Some(&self.source)
    }
}

/// One schema out of several; the parts must not share a field name.
pub(crate) fn join(name: &str, doc: &str, parts: &[&Arc<Record>]) -> Arc<Record> {
    Arc::new(Record {
        name: name.to_owned(),
        doc: doc.to_owned(),
        fields: parts
            .iter()
            .flat_map(|part| part.fields.iter().cloned())
            .collect(),
    })
}
