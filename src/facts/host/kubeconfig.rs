//! What an audit may know of a kubeconfig: where it leads, with which certificate, by which kind of credentials.
//!
//! Contexts are not followed: a credential in the file is a credential of the file, used or not.

use k8s_openapi::ByteString;
use serde::{Deserialize, Serialize};

use super::reduce::pem;

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

impl Kubeconfig {
    /// Reads the parts that may be kept; nothing when it is no kubeconfig.
    pub fn parse(text: &str) -> Option<Self> {
        let file: File = serde_yaml::from_str(text).ok()?;
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
