//! Secrets of manifests: which keys have a value. No value goes further than this module; a cluster is never asked for any.

use std::collections::BTreeMap;

use super::meta::ObjectMeta;
use super::reading::{nullable, object};
use crate::facts::redact;

object! {
    /// A Secret of a manifest.
    pub struct Secret {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What it is for, such as `kubernetes.io/tls`.
        #[prost(string, tag = "3")]
        pub type_ as "type": String,
        /// The keys that have a value in clear, which base64 is. Certificates are public, and what stands for a value elsewhere is none.
        #[prost(string, repeated, tag = "1001")]
        pub keys_in_clear: Vec<String>,
        hidden {
            #[prost(btree_map = "string, bytes", tag = "2")]
            #[serde(deserialize_with = "super::reading::texts", skip_serializing)]
            data: BTreeMap<String, Vec<u8>>,
            #[prost(btree_map = "string, string", tag = "4")]
            #[serde(deserialize_with = "super::reading::read", skip_serializing)]
            string_data: BTreeMap<String, String>,
        }
    }
}

nullable!(Secret);

/// How a certificate begins, as it is and in base64.
const CERTIFICATE: [&str; 2] = ["-----BEGIN CERTIFICATE", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FU"];

impl Secret {
    /// Lets go of the values, and keeps which keys have one.
    pub(super) fn take_values(&mut self) {
        let data = std::mem::take(&mut self.data).into_iter();
        let data = data.map(|(key, value)| (key, String::from_utf8_lossy(&value).into_owned()));
        let all = data.chain(std::mem::take(&mut self.string_data));
        let mut keys: Vec<String> = all
            .filter(|(key, value)| !names_who(key) && secret(value))
            .map(|(key, _)| key)
            .collect();
        keys.sort();
        keys.dedup();
        self.keys_in_clear = keys;
    }
}

/// Last words of keys that say who or where: what stands beside a secret, and is none.
const WHO: [&str; 10] = [
    "database", "db", "dbname", "email", "host", "hostname", "login", "port", "user", "username",
];

fn names_who(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let last = key.rsplit(|c: char| !c.is_ascii_alphanumeric()).next();
    last.is_some_and(|last| WHO.contains(&last))
}

fn secret(value: &str) -> bool {
    let value = value.trim();
    let public = CERTIFICATE.iter().any(|begin| value.starts_with(begin));
    let key = redact::pattern("", value) == Some("privateKey");
    redact::literal(value) && (key || !public)
}
