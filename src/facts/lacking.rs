//! Fields that this version knows and a recorded snapshot does not hold.
//!
//! A plain field cannot say "I was not recorded" by itself; reading it would give a default. Whoever reads a fact by
//! field asks here first.

use std::collections::BTreeMap;

use super::{Gap, Record};

/// Fields that checks read one by one and no engine does: an older snapshot without them is judged all the same.
const NO_ENGINE: &[(&str, &str)] = &[("PodSpec", "secretsInClear")];

/// Which fields of which records the facts at hand were recorded without. Empty for a live run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lacking {
    /// By record, then field.
    records: BTreeMap<String, BTreeMap<String, Gap>>,
}

impl Lacking {
    /// Notes that `field` of `record` was not recorded.
    pub fn insert(&mut self, record: &str, field: &str, gap: Gap) {
        let fields = self.records.entry(record.to_owned()).or_default();
        fields.insert(field.to_owned(), gap);
    }

    /// Whether everything is held.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Why the field at `position` of `record` is not held; nothing when it is.
    pub fn gap(&self, record: &Record, position: usize) -> Option<&Gap> {
        if self.records.is_empty() {
            return None;
        }
        let field = record.fields.get(position)?;
        self.records.get(&record.name)?.get(&field.name)
    }

    /// Why one of the fields of `record` called `names` is not held. For engines that read a few fields of a struct.
    pub fn among(&self, record: &Record, names: &[&str]) -> Option<&Gap> {
        let fields = self.records.get(&record.name)?;
        names.iter().find_map(|name| fields.get(*name))
    }

    /// Why any field of `record`, or of a record below it, is not held. For engines, which read facts as structs.
    pub fn below(&self, record: &Record) -> Option<&Gap> {
        if self.records.is_empty() {
            return None;
        }
        (0..record.fields.len()).find_map(|position| {
            let field = record.fields.get(position)?;
            if NO_ENGINE.contains(&(record.name.as_str(), field.name.as_str())) {
                return None;
            }
            let own = self.gap(record, position);
            own.or_else(|| self.below(field.kind.record()?))
        })
    }
}
