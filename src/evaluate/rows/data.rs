//! Rows of what manifests declare beside workloads: ConfigMaps and Secrets. A cluster is never asked for them.

use super::objects::Identity;
use super::{Nothing, Row, Rows, Settled, Slot, World};
use crate::facts::objects::Kind;
use crate::facts::{Fields, Listing};

impl World<'_> {
    pub(super) fn config_maps(&self) -> Rows<'_> {
        let listing = &self.facts.config_maps;
        self.data(listing, "configmap", "ConfigMaps")
    }

    pub(super) fn secrets(&self) -> Rows<'_> {
        let listing = &self.facts.secrets;
        self.data(listing, "secret", "Secrets")
    }

    fn data<'w, K: Kind + Fields>(
        &'w self,
        listing: &'w Listing<K>,
        subject: &'static str,
        kind: &'static str,
    ) -> Rows<'w> {
        let parents = self.parents();
        let rows = listing.rows.iter().map(|object| {
            let metadata = object.metadata();
            let identity = Identity {
                kind: K::KIND,
                namespace: &metadata.namespace,
                name: &metadata.name,
            };
            Row {
                subject: identity.subject(subject).into(),
                source: identity.source(),
                place: Settled::Nowhere,
                variables: vec![
                    Slot::Fact(object),
                    parents.namespace(&metadata.namespace),
                    parents.cluster.clone(),
                ],
            }
        });
        let mut rows = self.with_lacks(rows.collect(), listing, subject, kind);
        if self.facts.asked.manifests.is_none() {
            rows.none = Nothing::There(format!(
                "the {kind} of a cluster are not read, only those of manifests"
            ));
        }
        rows
    }
}
