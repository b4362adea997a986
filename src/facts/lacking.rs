//! Fields that this version knows and a recorded snapshot does not hold.
//!
//! A plain field cannot say "I was not recorded" by itself; reading it would give a default. Whoever reads a fact by
//! field asks here first.

use std::collections::BTreeMap;

use super::{Gap, Record};

/// Which fields of which records the facts at hand were recorded without. Empty for a live run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lacking {
    fields: BTreeMap<(String, String), Gap>,
}

impl Lacking {
    /// Notes that `field` of `record` was not recorded.
    pub fn insert(&mut self, record: &str, field: &str, gap: Gap) {
        self.fields
            .insert((record.to_owned(), field.to_owned()), gap);
    }

    /// Whether everything is held.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Why the field at `position` of `record` is not held; nothing when it is.
    pub fn gap(&self, record: &Record, position: usize) -> Option<&Gap> {
        if self.fields.is_empty() {
            return None;
        }
        let field = record.fields.get(position)?;
        self.fields.get(&(record.name.clone(), field.name.clone()))
    }
}
