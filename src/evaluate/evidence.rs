//! What a verdict shows: the values that were read, where, and why something is not known.

use super::lang::{Env, Expression, Trace};
use super::rows::Row;
use crate::facts::{Gap, Source};
use crate::outcome::{Evidence, Reason};

/// Why something is not known.
pub(super) fn reason(gap: &Gap) -> Reason {
    Reason {
        text: gap.to_string(),
        remedy: gap.remedy.clone(),
    }
}

/// The reads that justify a verdict, each with its own source or that of the row.
pub(super) fn evidence(row: &Row<'_>, trace: Trace) -> Vec<Evidence> {
    let source = |source: Option<Source>| match source {
        Some(source) => source.to_string(),
        None => row.source.to_string(),
    };
    trace
        .reads
        .into_iter()
        .map(|read| Evidence {
            fact: read.path,
            value: read.value,
            source: source(read.source),
        })
        .collect()
}

/// What a further expression of `evidence:` shows; nothing where it is unknown.
pub(super) fn shown(row: &Row<'_>, expression: &Expression, env: &Env<'_>) -> Vec<Evidence> {
    let (value, trace) = expression.explain(env);
    if value.is_ok() {
        evidence(row, trace)
    } else {
        Vec::new()
    }
}
