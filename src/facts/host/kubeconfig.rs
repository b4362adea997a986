//! What an audit may know of a kubeconfig: where it leads, with which certificate, by which kind of credentials.
//!
//! Contexts are not followed: a credential in the file is a credential of the file, used or not.

use k8s_openapi::ByteString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reduce::{pem, says_nothing};
use crate::facts::objects::{document_text, first_document};

/// A kubeconfig without its secrets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kubeconfig {
    /// The API servers' addresses, without user information.
    pub servers: Vec<String>,
    /// CA bundles by path, absolute or relative to the kubeconfig.
    pub authority_files: Vec<String>,
    /// CA certificates within the file, as DER.
    pub authorities: Vec<ByteString>,
    /// Client certificates by path.
    pub certificate_files: Vec<String>,
    /// Client certificates within the file, as DER.
    pub certificates: Vec<ByteString>,
    /// Client keys by path.
    pub key_files: Vec<String>,
    /// The kinds of credentials: `clientCertificate`, `clientKeyFile`, `clientKeyData`, `token`, `tokenFile`,
    /// `password`, `exec`, `authProvider`.
    pub credentials: Vec<String>,
    /// Whether a server's certificate is not verified.
    pub skips_verification: bool,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    clusters: Vec<NamedCluster>,
    #[serde(default)]
    users: Vec<NamedUser>,
}

#[derive(Deserialize)]
struct NamedCluster {
    #[serde(default)]
    cluster: Cluster,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Cluster {
    #[serde(default)]
    server: String,
    certificate_authority: Option<String>,
    certificate_authority_data: Option<ByteString>,
    #[serde(default)]
    insecure_skip_tls_verify: bool,
}

#[derive(Deserialize)]
struct NamedUser {
    #[serde(default)]
    user: User,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct User {
    client_certificate: Option<String>,
    client_certificate_data: Option<ByteString>,
    client_key: Option<String>,
    client_key_data: Option<serde::de::IgnoredAny>,
    token: Option<serde::de::IgnoredAny>,
    #[serde(rename = "tokenFile")]
    token_file: Option<serde::de::IgnoredAny>,
    password: Option<serde::de::IgnoredAny>,
    exec: Option<serde::de::IgnoredAny>,
    auth_provider: Option<serde::de::IgnoredAny>,
}

/// The document in a kubeconfig as client-go reads it (tools/clientcmd): the first one, `null` as if it were not there, base64
/// over several lines. `null` when there is none.
///
/// # Errors
/// When it is none; the line, where it is known.
pub fn document(bytes: &[u8]) -> Result<Value, Option<u64>> {
    let text = document_text(bytes);
    if says_nothing(&text) {
        return Ok(Value::Null);
    }
    let read = first_document(&text);
    let line = |at: usize| u64::try_from(at).ok().filter(|line| *line > 0);
    let mut document = read.map_err(|fault| line(fault.line))?;
    settle(&mut document);
    match document {
        Value::Null | Value::Object(_) => Ok(document),
        _ => Err(None),
    }
}

/// What is `null` is not set, and Go's reader of base64 passes over line breaks.
fn settle(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            for (name, value) in fields {
                match value {
                    Value::String(text) if name.ends_with("-data") => {
                        text.retain(|letter| !matches!(letter, '\n' | '\r'));
                    }
                    value => settle(value),
                }
            }
        }
        Value::Array(items) => {
            items.retain(|item| !item.is_null());
            items.iter_mut().for_each(settle);
        }
        _ => {}
    }
}

impl Kubeconfig {
    /// Reads the parts that may be kept; nothing when it is no kubeconfig.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let document = document(bytes).ok().filter(Value::is_object)?;
        let file: File = serde_json::from_value(document).ok()?;
        let mut kept = Self::default();
        for NamedCluster { cluster } in file.clusters {
            kept.servers.push(without_userinfo(&cluster.server));
            kept.authority_files.extend(cluster.certificate_authority);
            if let Some(data) = cluster.certificate_authority_data {
                kept.authorities.extend(pem(&data.0).certificates);
            }
            kept.skips_verification |= cluster.insecure_skip_tls_verify;
        }
        for NamedUser { user } in file.users {
            kept.take_user(user);
        }
        kept.credentials.sort_unstable();
        kept.credentials.dedup();
        Some(kept)
    }

    fn take_user(&mut self, user: User) {
        let kinds = [
            (
                "clientCertificate",
                user.client_certificate.is_some() || user.client_certificate_data.is_some(),
            ),
            ("clientKeyFile", user.client_key.is_some()),
            ("clientKeyData", user.client_key_data.is_some()),
            ("token", user.token.is_some()),
            ("tokenFile", user.token_file.is_some()),
            ("password", user.password.is_some()),
            ("exec", user.exec.is_some()),
            ("authProvider", user.auth_provider.is_some()),
        ];
        let present = kinds.iter().filter(|(_, present)| *present);
        self.credentials
            .extend(present.map(|(kind, _)| (*kind).to_owned()));
        self.certificate_files.extend(user.client_certificate);
        self.key_files.extend(user.client_key);
        if let Some(data) = user.client_certificate_data {
            self.certificates.extend(pem(&data.0).certificates);
        }
    }
}

/// `https://user:password@host/` → `https://host/`.
fn without_userinfo(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    if scheme.is_empty() {
        format!("{host}{path}")
    } else {
        format!("{scheme}://{host}{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::certificate::samples;

    #[test]
    fn a_kubeconfig_is_read_as_its_component_reads_it() {
        let encoded = serde_json::to_value(ByteString(samples::NODE.as_bytes().to_vec())).unwrap();
        let data = encoded.as_str().unwrap();
        let (start, end) = data.split_at(70);
        let user = |data: &str| {
            format!("users: [{{name: u, user: {{client-certificate-data: {data}}}}}]\n")
        };
        let wrapped = format!(
            "users:\n- name: u\n  user:\n    client-certificate-data: |\n      {start}\n      {end}\n"
        );
        for (text, certificates) in [
            (user(data), Some(1)),
            (wrapped.clone(), Some(1)),
            (wrapped.replace('\n', "\r\n"), Some(1)),
            (
                format!("clusters: null\ncontexts: null\n{}", user(data)),
                Some(1),
            ),
            (format!("{}---\nusers: [\n", user(data)), Some(1)),
            (format!("\u{feff}{}", user(data)), Some(1)),
            (format!("users: []\n{}", user(data)), Some(1)),
            (format!("{}users: null\n", user(data)), Some(0)),
            ("users: [{name: u, user: null}, null]\n".to_owned(), Some(0)),
            (
                "users: [{name: u, user: {client-certificate-data: null}}]".to_owned(),
                Some(0),
            ),
            // Go's reader of base64 takes no blank, so the component does not start with this.
            (user(&format!("'{start} {end}'")), None),
            ("users: {}\n".to_owned(), None),
            ("# nothing\n".to_owned(), None),
            ("- a\n".to_owned(), None),
        ] {
            let kept = Kubeconfig::parse(text.as_bytes());
            assert_eq!(
                kept.map(|kept| kept.certificates.len()),
                certificates,
                "{text}"
            );
        }
    }
}
