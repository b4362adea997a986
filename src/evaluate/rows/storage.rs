//! Rows of what etcd really holds.

use crate::facts::Source;
use crate::outcome::Subject;

use super::objects::unread;
use super::{Nothing, Rows, Slot, World};

impl World<'_> {
    pub(super) fn storage(&self) -> Rows<'_> {
        let listing = &self.facts.stored_secrets;
        let rows = listing.rows.iter().map(|stored| {
            let subject =
                Subject::on_node("storage", "Secrets in etcd", self.node_name(&stored.node));
            let source = Source::computed("values below /registry/secrets");
            self.on_node(subject, source, Slot::Fact(stored))
        });
        Rows {
            rows: rows.collect(),
            unread: unread(listing, "storage", "Secrets in etcd").collect(),
            none: Nothing::Asked(
                "nobody asked how Secrets lie in etcd".to_owned(),
                "--prove-encryption on a control-plane node",
            ),
            ..Rows::default()
        }
    }
}
