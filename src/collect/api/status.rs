//! What the API server says when it refuses: `meta/v1.Status`, in the encoding that was asked for.

use prost::Message;
use serde::Deserialize;

use crate::facts::objects::Encoding;

/// The part of a Status that is acted upon. Its message is left out: it repeats names of users and objects.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    #[prost(message, required, tag = "1")]
    metadata: Metadata,
    /// `NotFound`, `Expired`, `Forbidden`, …
    #[prost(string, tag = "4")]
    pub reason: String,
    #[prost(message, required, tag = "5")]
    details: Details,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
struct Details {
    #[prost(string, tag = "3")]
    kind: String,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
struct Metadata {
    #[prost(string, tag = "3")]
    r#continue: String,
}

/// `runtime.Unknown`, the envelope of protobuf bodies behind `k8s\0`.
#[derive(Clone, PartialEq, Message)]
struct Unknown {
    #[prost(message, required, tag = "1")]
    type_meta: TypeMeta,
    #[prost(bytes = "vec", tag = "2")]
    raw: Vec<u8>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
struct TypeMeta {
    #[prost(string, tag = "2")]
    kind: String,
}

impl Status {
    /// The Status in a body, if it is one.
    pub(super) fn read(body: &[u8], encoding: Encoding) -> Option<Self> {
        match encoding {
            Encoding::Json => {
                let kind: TypeMeta = serde_json::from_slice(body).ok()?;
                (kind.kind == "Status").then(|| serde_json::from_slice(body).ok())?
            }
            Encoding::Protobuf => {
                let unknown = Unknown::decode(body.strip_prefix(b"k8s\0")?).ok()?;
                (unknown.type_meta.kind == "Status").then(|| Self::decode(&unknown.raw[..]).ok())?
            }
        }
    }

    /// Whether it is the identity to act as that was refused, not what was asked for.
    pub(super) fn is_about_impersonation(&self) -> bool {
        const IDENTITIES: &[&str] = &["users", "groups", "serviceaccounts", "uids", "userextras"];
        self.reason == "Forbidden" && IDENTITIES.contains(&self.details.kind.as_str())
    }

    /// The token to go on with from a later state, which comes with `410 Gone`.
    pub(super) fn continue_token(&self) -> Option<&str> {
        Some(self.metadata.r#continue.as_str()).filter(|token| !token.is_empty())
    }
}
