//! The identity of a finding across runs.

use crate::outcome::{Evaluation, Subject};

/// SHA-256 over check, parameters and the subject without what changes from run to run, as 16 hex digits.
pub(super) fn fingerprint(evaluation: &Evaluation, subject: &Subject) -> String {
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    let mut take = |part: &str| {
        // Lengths keep ("ab", "c") and ("a", "bc") apart.
        hash.update(&part.len().to_le_bytes());
        hash.update(part.as_bytes());
    };
    take(&evaluation.check);
    for (name, value) in &evaluation.params {
        take(name);
        take(value);
    }
    take(&subject.kind);
    take(subject.namespace.as_deref().unwrap_or_default());
    take(subject.node.as_deref().unwrap_or_default());
    take(&subject.name);
    hash.finish()
        .as_ref()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
