//! The identity of a finding across runs.

use ring::digest::{Context, SHA256};

use crate::outcome::{Evaluation, Fingerprint, Subject};

/// SHA-256 over check, parameters and the subject without what changes from run to run; its first 8 bytes count.
pub(super) struct Fingerprints(Context);

impl Fingerprints {
    /// Those of one evaluation.
    pub(super) fn of(evaluation: &Evaluation) -> Self {
        let mut prints = Self(Context::new(&SHA256));
        prints.take(&evaluation.check);
        for (name, value) in &evaluation.params {
            prints.take(name);
            prints.take(value);
        }
        prints
    }

    /// That of a subject.
    pub(super) fn on(&self, subject: &Subject) -> Fingerprint {
        let mut print = Self(self.0.clone());
        print.take(&subject.kind);
        print.take(subject.namespace.as_deref().unwrap_or_default());
        print.take(subject.node.as_deref().unwrap_or_default());
        print.take(&subject.name);
        let digest = print.0.finish();
        let first = digest.as_ref().iter().take(8);
        Fingerprint(first.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Lengths keep ("ab", "c") and ("a", "bc") apart.
    fn take(&mut self, part: &str) {
        self.0.update(&part.len().to_le_bytes());
        self.0.update(part.as_bytes());
    }
}
