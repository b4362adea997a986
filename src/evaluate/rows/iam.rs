//! Rows of AWS identities that are users of the cluster.

use crate::facts::Cell;
use crate::facts::component::{Component, ComponentKind};
use crate::facts::objects::{AWS_AUTH, IamMapping};
use crate::facts::settings::Scalar;

use super::derived::components;
use super::objects::Identity;
use super::{Nothing, Row, Rows, Settled, Slot, World};
use crate::outcome::Subject;

/// What whoever answers for AWS identities is named by.
const WEBHOOK: &str = "authentication-token-webhook-config-file";

/// Distributions whose control plane a provider other than AWS runs.
const ELSEWHERE: [&str; 2] = ["aks", "gke"];

impl World<'_> {
    pub(super) fn iam_mappings(&self) -> Rows<'_> {
        let listing = &self.facts.iam_mappings;
        let (namespace, name) = AWS_AUTH;
        let identity = Identity {
            kind: "ConfigMap",
            namespace,
            name,
        };
        let source = identity.source();
        let places = self.facts.origins.of(identity.kind, namespace, name);
        let place = (!places.is_empty()).then(|| places.join(", "));
        let rows = listing.rows.iter().map(|mapping| {
            let mut subject = Subject::new("iammapping", title(mapping));
            subject.place = place.as_deref().map(Into::into);
            Row {
                subject: subject.into(),
                source: source.clone(),
                place: Settled::Nowhere,
                variables: vec![Slot::Fact(mapping), self.cluster_slot()],
            }
        });
        let (subject, kind) = ("iammapping", "mapped AWS identities");
        let mut rows = self.with_lacks(rows.collect(), listing, subject, kind);
        if rows.rows.is_empty()
            && !rows.unread.is_empty()
            && let Some(why) = self.without_iam()
        {
            rows.unread.clear();
            rows.none = Nothing::There(why);
        }
        rows
    }

    /// Why no AWS identity is a user of this cluster, whatever could not be read: who they are is told to the API server by
    /// a webhook, aws-iam-authenticator, which runs outside of EKS too (<https://github.com/kubernetes-sigs/aws-iam-authenticator>).
    fn without_iam(&self) -> Option<String> {
        self.facts.asked.api.as_ref()?;
        let made_by = self.facts.cluster.distribution.value();
        if let Some(name) = made_by.filter(|name| ELSEWHERE.contains(&name.as_str())) {
            return Some(format!("{name} knows no AWS identities"));
        }
        let servers = components(self.facts, self.lacking, ComponentKind::ApiServer).ok()?;
        let none = !servers.is_empty() && servers.into_iter().all(asks_no_webhook);
        none.then(|| "no API server asks a webhook who somebody is".to_owned())
    }
}

/// Whether an API server is known to ask no webhook about tokens.
fn asks_no_webhook(server: &Component) -> bool {
    match server.flags.get(WEBHOOK) {
        Some(Cell::Absent { .. }) => true,
        Some(Cell::Value {
            value: Scalar::Text(path),
            ..
        }) => path.is_empty(),
        _ => false,
    }
}

fn title(mapping: &IamMapping) -> String {
    let name = match mapping.arn.is_empty() {
        true => &mapping.username,
        false => &mapping.arn,
    };
    format!("AWS {} {name}", mapping.kind)
}
