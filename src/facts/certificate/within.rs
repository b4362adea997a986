//! Certificates within objects of the API: whom the API server trusts as webhooks and aggregated APIs, and what it issued.

use x509_parser::pem::Pem;

use super::Certificate;
use crate::facts::objects::WebhookClientConfig;
use crate::facts::{Facts, Gap, GapReason, Lack, Listing};

/// The certificates within the objects of `facts`, and what is not known of them. They are recorded with their objects, so
/// they are no facts of their own.
pub fn of_objects(facts: &Facts) -> Listing<Certificate> {
    let mut found = Listing::complete(Vec::new());
    for object in &facts.validating_webhooks.rows {
        for webhook in &object.webhooks {
            let kind = "ValidatingWebhookConfiguration";
            let place = format!("{kind} {}, {}", object.metadata.name, webhook.name);
            of_webhook(&mut found, &place, &webhook.client_config);
        }
    }
    for object in &facts.mutating_webhooks.rows {
        for webhook in &object.webhooks {
            let kind = "MutatingWebhookConfiguration";
            let place = format!("{kind} {}, {}", object.metadata.name, webhook.name);
            of_webhook(&mut found, &place, &webhook.client_config);
        }
    }
    for object in &facts.api_services.rows {
        let place = format!("APIService {}", object.metadata.name);
        take(
            &mut found,
            &place,
            &object.spec.ca_certificates,
            Some("aggregated API CA"),
        );
    }
    for object in &facts.certificate_signing_requests.rows {
        let place = format!("CertificateSigningRequest {}", object.metadata.name);
        take(&mut found, &place, &object.status.certificate_pem, None);
    }
    let lacks = [
        &facts.validating_webhooks.lacks,
        &facts.mutating_webhooks.lacks,
        &facts.api_services.lacks,
        &facts.certificate_signing_requests.lacks,
    ];
    // A run that did not ask the API audits nodes alone.
    if facts.asked.api.is_some() || facts.asked.manifests.is_some() {
        found.lacks.extend(lacks.into_iter().flatten().cloned());
    }
    found
}

fn of_webhook(found: &mut Listing<Certificate>, place: &str, config: &WebhookClientConfig) {
    take(found, place, &config.ca_certificates, Some("webhook CA"));
}

fn take(found: &mut Listing<Certificate>, place: &str, pem: &str, usage: Option<&str>) {
    for (position, block) in (0..).zip(Pem::iter_from_buffer(pem.as_bytes())) {
        let decoded = block.ok();
        let decoded = decoded.and_then(|block| Certificate::from_der(&block.contents).ok());
        let Some(mut certificate) = decoded else {
            let what = "certificate within an object";
            let remedy = "correct the object: a certificate in it does not decode";
            found.lacks.push(Lack {
                namespace: None,
                name: Some(place.to_owned()),
                gap: Gap::new(what, place, GapReason::Unparsable, remedy),
            });
            continue;
        };
        place.clone_into(&mut certificate.path);
        certificate.position = position;
        certificate.in_use = usage.is_some();
        certificate.used_by.extend(usage.map(str::to_owned));
        found.rows.push(certificate);
    }
}
