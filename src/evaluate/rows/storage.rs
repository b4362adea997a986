//! Rows of what etcd really holds.

use crate::facts::Source;
use crate::facts::stored::StoredSecrets;
use crate::outcome::Subject;

use super::objects::unread;
use super::{Row, Rows, Slot, World};

impl World<'_> {
    pub(super) fn storage(&self) -> Rows<'_> {
        let listing = &self.facts.stored_secrets;
        let row = |stored: &'_ StoredSecrets| {
            let mut subject = Subject::new("storage", "Secrets in etcd");
            subject.node = Some(stored.node.clone());
            subject
        };
        let rows = listing.rows.iter().map(|stored| Row {
            subject: row(stored),
            source: Source::Derived {
                engine: "values below /registry/secrets".to_owned(),
            },
            place: None,
            variables: vec![
                Slot::Fact(stored),
                self.node_slot(&stored.node),
                self.cluster_slot(),
            ],
        });
        Rows {
            rows: rows.collect(),
            unread: unread(listing, "storage", "Secrets in etcd").collect(),
            none: "nobody asked to read etcd (--prove-encryption on a control-plane node)"
                .to_owned(),
            ..Rows::default()
        }
    }
}
