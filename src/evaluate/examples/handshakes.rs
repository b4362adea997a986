//! `handshakes:` of an example: what connecting to the addresses of its node gives.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use serde::Deserialize;
use x509_parser::pem::Pem;

use crate::facts::host::{EndpointAnswer, HostFacts, Listener, listeners};
use crate::facts::{Gap, GapReason, Lack};

/// What connecting gives.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Handshake {
    Word(Word),
    Tls(Tls),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Word {
    /// Nobody accepts connections.
    Closed,
    /// Something other than TLS.
    Plain,
    /// Nobody answers in time.
    Timeout,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Tls {
    lowest_version: String,
    client_certificate: String,
    /// PEM.
    #[serde(default)]
    certificate: String,
}

/// Connects to everything that listens on `host`; an example that does not speak of handshakes could not connect.
pub(super) fn shake(
    host: &mut HostFacts,
    given: Option<&BTreeMap<String, Handshake>>,
) -> Result<(), String> {
    let (listeners, lacks) = listeners(host);
    let Some(given) = given else {
        // Of what listeners show only examples about that are to speak.
        let remedy = "this is an example";
        let gap = Gap::new("handshakes", "", GapReason::NotAsked, remedy);
        host.endpoints.lacks.push(Lack::any(gap));
        return Ok(());
    };
    let known: Vec<String> = listeners.iter().map(Listener::address).collect();
    if let Some(stray) = given.keys().find(|address| !known.contains(address)) {
        return Err(format!(
            "nothing listens at {stray}, only at {}",
            known.join(", ")
        ));
    }
    let mut answers = Vec::new();
    for listener in listeners {
        let answer = match given.get(&listener.address()) {
            Some(handshake) => handshake.answer(&listener)?,
            None => EndpointAnswer::Closed,
        };
        answers.push((listener, answer));
    }
    host.take_answers(answers, lacks);
    Ok(())
}

impl Handshake {
    fn answer(&self, listener: &Listener) -> Result<EndpointAnswer, String> {
        Ok(match self {
            Self::Word(Word::Closed) => EndpointAnswer::Closed,
            Self::Word(Word::Plain) => EndpointAnswer::Plain,
            Self::Word(Word::Timeout) => {
                EndpointAnswer::Unknown(listener.gap(GapReason::Timeout, "this is an example"))
            }
            Self::Tls(tls) => EndpointAnswer::Tls {
                lowest_version: Ok(one_of(&tls.lowest_version, &["1.0", "1.1", "1.2", "1.3"])?),
                client_certificate: Ok(one_of(
                    &tls.client_certificate,
                    &["none", "requested", "required"],
                )?),
                chain: Pem::iter_from_buffer(tls.certificate.as_bytes())
                    .filter_map(Result::ok)
                    .map(|block| ByteString(block.contents))
                    .collect(),
            },
        })
    }
}

fn one_of(text: &str, known: &[&'static str]) -> Result<&'static str, String> {
    let found = known.iter().find(|word| **word == text);
    found
        .copied()
        .ok_or_else(|| format!("`{text}` is none of {}", known.join(", ")))
}
