//! `stored:` of an example: what values in etcd begin with.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::facts::host::HostFacts;
use crate::facts::stored::{StoredSecrets, written_with};
use crate::facts::{Gap, GapReason};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Stored {
    /// How many values begin like this.
    values: BTreeMap<String, i64>,
    /// How many etcd says it has; all, when it is not stated.
    expected: Option<i64>,
}

impl Stored {
    /// What reading them gives.
    pub(super) fn facts(&self, host: &HostFacts) -> StoredSecrets {
        let mut keys = BTreeMap::new();
        for (head, number) in &self.values {
            *keys.entry(written_with(head.as_bytes())).or_default() += number;
        }
        let all = keys.values().sum();
        let expected = self.expected.unwrap_or(all);
        let remedy = "this is an example";
        let cut = Gap::new("rest of etcd", "", GapReason::Timeout, remedy);
        let cut = (expected > all).then_some(&cut);
        let node = &host.host.node;
        StoredSecrets::of(node, expected, keys, StoredSecrets::write_key(host), cut)
    }
}
