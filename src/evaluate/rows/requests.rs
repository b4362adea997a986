//! Rows of requests to sign certificates, and of the APIs that others answer for.

use std::sync::{Arc, LazyLock};

use crate::facts::objects::CertificateSigningRequest;
use crate::facts::{Cell, Lacking, Record};

use super::joined::join;
use super::objects::Identity;
use super::{Row, Rows, Settled, Slot, World};
use crate::evaluate::judge::computed;

crate::facts::record! {
    /// What became of a signing request.
    #[derive(Debug, Default)]
    pub struct Decision {
        /// Whether nobody has approved or denied it, and signing has not failed.
        pub pending: Cell<bool>,
    }
}

impl Decision {
    pub(super) fn of(request: &CertificateSigningRequest, lacking: &Lacking) -> Self {
        let schema = CertificateSigningRequest::schema();
        let pending = match lacking.below(schema) {
            Some(gap) => Cell::Gap(gap.clone()),
            None => computed(request.status.conditions.is_empty(), "decision"),
        };
        Self { pending }
    }
}

pub(super) fn signing_request_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let doc = "A request to sign a certificate, and what became of it.";
        let parts = [CertificateSigningRequest::schema(), Decision::schema()];
        join("signingrequest", doc, &parts)
    });
    SCHEMA.clone()
}

impl World<'_> {
    pub(super) fn signing_requests(&self) -> Rows<'_> {
        let listing = &self.facts.certificate_signing_requests;
        let rows = listing.rows.iter().zip(&self.derived.requests);
        let rows = rows.map(|(request, decision)| {
            let identity = Identity {
                kind: "CertificateSigningRequest",
                namespace: "",
                name: &request.metadata.name,
            };
            let source = identity.source();
            let parts: Vec<&dyn crate::facts::Fields> = vec![request, decision];
            let joined = self.joined(signing_request_schema(), parts, source.clone());
            Row {
                subject: identity.subject("signingrequest").into(),
                source,
                place: Settled::Nowhere,
                variables: vec![joined, self.cluster_slot()],
            }
        });
        let (subject, kind) = ("signingrequest", "signing requests");
        self.with_lacks(rows.collect(), listing, subject, kind)
    }

    pub(super) fn api_services(&self) -> Rows<'_> {
        let listing = &self.facts.api_services;
        let rows = listing.rows.iter().map(|service| {
            let identity = Identity {
                kind: "APIService",
                namespace: "",
                name: &service.metadata.name,
            };
            Row {
                subject: identity.subject("apiservice").into(),
                source: identity.source(),
                place: Settled::Nowhere,
                variables: vec![Slot::Fact(service), self.cluster_slot()],
            }
        });
        self.with_lacks(rows.collect(), listing, "apiservice", "APIServices")
    }
}
