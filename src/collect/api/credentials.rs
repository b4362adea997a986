//! From the choice in a kubeconfig to the settings of the client: addresses, trust, credentials.
//!
//! Everything that can block or take time (files on slow disks, pipes, credential plugins) happens here, on a thread that
//! the caller can give up on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::Uri;
use jiff::Timestamp;
use k8s_openapi::ByteString;
use kube::config::{AuthInfo, Cluster, ExecAuthCluster, ExecConfig};
use secrecy::ExposeSecret;
use serde_json::Value;
use x509_parser::pem::Pem;

use super::error::{ApiError, Cause};
use super::kubeconfig::{Chosen, Environment, Found, find};
use super::{plugin, proxy};
use crate::facts::redact;
use crate::input;
use crate::target::Access;

/// How long connecting may take, TLS included.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The settings of a connection, with all credentials in hand.
pub(super) struct Settings {
    /// For the client. Holds credentials: never printed.
    pub config: kube::Config,
    /// The API server, printable.
    pub server: String,
    /// The proxy, printable.
    pub proxy: Option<String>,
    /// The name of the cluster in the kubeconfig.
    pub cluster_name: Option<String>,
    /// Whether there are credentials that are not sent, since everybody on the way could read and use them.
    pub withheld: bool,
    /// The certificates that the server's chains to; none when it is not verified or by the system's own.
    pub authorities: Vec<Vec<u8>>,
}

/// Finds and reads everything that a client for `access` needs.
///
/// # Errors
/// When settings are missing or wrong, or there are no valid credentials.
pub(super) fn settle(access: &Access, environment: &Environment) -> Result<Settings, ApiError> {
    if access.impersonate.is_none() && !access.impersonate_groups.is_empty() {
        return Err(ApiError::GroupWithoutUser);
    }
    let mut withheld = false;
    let (mut config, cluster_name) = match find(access, environment)? {
        Found::Pod => {
            let config = kube::Config::incluster().map_err(|error| ApiError::InCluster {
                source: Cause::of(&error),
            })?;
            (config, None)
        }
        Found::Kubeconfig(chosen) => {
            let name = chosen.cluster_name.clone();
            let plain = chosen
                .cluster
                .server
                .iter()
                .any(|url| url.starts_with("http:"));
            withheld = plain && identifies(&chosen.user);
            (configure(*chosen, access, environment)?, Some(name))
        }
    };
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    // Retries are ours: bounded in number and time.
    config.default_retry = false;
    if let Some(user) = &access.impersonate {
        config.auth_info.impersonate = Some(user.clone());
        let groups = access.impersonate_groups.clone();
        config.auth_info.impersonate_groups = (!groups.is_empty()).then_some(groups);
        // The rest of the file's identity would make a mixture of two users.
        config.auth_info.impersonate_uid = None;
        config.auth_info.impersonate_user_extra = None;
    }
    let trusted = config
        .root_cert
        .clone()
        .filter(|_| !config.accept_invalid_certs);
    Ok(Settings {
        server: shown(&config.cluster_url),
        proxy: config.proxy_url.as_ref().map(shown),
        cluster_name,
        withheld,
        authorities: trusted.unwrap_or_default(),
        config,
    })
}

/// A URL that may be printed: without user and password.
fn shown(url: &Uri) -> String {
    redact::url(&url.to_string())
        .trim_end_matches('/')
        .to_owned()
}

fn configure(
    chosen: Chosen,
    access: &Access,
    environment: &Environment,
) -> Result<kube::Config, ApiError> {
    let Chosen {
        cluster_name,
        cluster,
        user_name,
        user,
    } = chosen;
    let setting = |field| ApiError::Setting {
        field,
        of: format!("cluster {cluster_name:?}"),
    };
    let server = cluster.server.clone().filter(|server| !server.is_empty());
    let server = server.ok_or_else(|| setting("server"))?;
    // client-go takes a server without a scheme as well.
    let server = if server.contains("://") {
        server
    } else {
        format!("https://{server}")
    };
    let server: Uri = server.parse().map_err(|_| setting("server"))?;
    if server.host().is_none_or(str::is_empty) {
        return Err(setting("server"));
    }
    let proxy = proxy::for_server(&server, cluster.proxy_url.as_deref(), environment);
    let proxy = proxy.map(str::parse::<Uri>).transpose();
    let mut config = kube::Config::new(server);
    config.proxy_url = proxy.map_err(|_| setting("proxy-url"))?;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.tls_server_name = cluster
        .tls_server_name
        .clone()
        .filter(|name| !name.is_empty());
    let place = Place {
        kind: "cluster",
        name: &cluster_name,
    };
    let authority = place.read(
        "certificate-authority",
        cluster.certificate_authority_data.as_deref(),
        cluster.certificate_authority.as_deref(),
    )?;
    if let Some(pem) = authority {
        let found = certificates(&pem);
        if found.is_empty() {
            return Err(setting("certificate-authority"));
        }
        config.root_cert = Some(found);
    }
    // kubectl does not send them over plain HTTP either.
    if config.cluster_url.scheme_str() != Some("http") {
        config.auth_info = log_in(user, &user_name, &cluster, access.login_timeout)?;
    }
    Ok(config)
}

/// The credentials of a user as values: plugins have run, files that need care are read, certificates are valid now.
fn log_in(
    mut user: AuthInfo,
    name: &str,
    cluster: &Cluster,
    limit: Duration,
) -> Result<AuthInfo, ApiError> {
    let of = || format!("user {name:?}");
    if let Some(provider) = &user.auth_provider
        && provider.name != "oidc"
    {
        return Err(ApiError::RemovedAuthProvider {
            user: of(),
            provider: provider.name.clone(),
        });
    }
    let place = Place { kind: "user", name };
    let explicit = user.token.is_some() || user.username.is_some() || user.auth_provider.is_some();
    if let Some(path) = user.token_file.take_if(|path| !path.is_empty())
        && !explicit
    {
        take_token(&mut user, &place, path)?;
    }
    if let Some(exec) = user.exec.take()
        && !explicit
        && user.token.is_none()
        && user.token_file.is_none()
    {
        ask_plugin(&mut user, exec, cluster, limit, of)?;
    }
    let other = explicit || user.token.is_some() || user.token_file.is_some();
    let certificate = place.read(
        "client-certificate",
        user.client_certificate_data.as_deref(),
        user.client_certificate.as_deref(),
    )?;
    if let Some(pem) = certificate {
        valid_now(&pem, &place, other)?;
    }
    sendable(&user, &place)?;
    Ok(user)
}

/// Whether there is anything in it that says who the user is.
fn identifies(user: &AuthInfo) -> bool {
    user.token.is_some()
        || user.token_file.is_some()
        || user.username.is_some()
        || user.exec.is_some()
        || user.auth_provider.is_some()
}

/// Whether what identifies the user can stand in the header of a request (RFC 9110, section 5.5).
fn sendable(user: &AuthInfo, place: &Place<'_>) -> Result<(), ApiError> {
    let token = user.token.as_ref().map(|token| token.expose_secret());
    let password = user.password.as_ref().map(|one| one.expose_secret());
    let fields = [
        ("token", token),
        ("username", user.username.as_deref()),
        ("password", password),
    ];
    for (field, value) in fields {
        let odd = |value: &&str| value.chars().any(char::is_control);
        if value.filter(odd).is_some() {
            return Err(place.setting(field));
        }
    }
    Ok(())
}

/// The token in a file.
fn take_token(user: &mut AuthInfo, place: &Place<'_>, path: String) -> Result<(), ApiError> {
    let token = place.file("tokenFile", &path)?;
    let token = String::from_utf8(token).map_err(|_| place.setting("tokenFile"))?;
    // client-go takes a file that ends in a newline; the header does not. Such a file is not read again later.
    if token.trim() == token {
        user.token_file = Some(path);
    } else {
        user.token = Some(token.trim().to_owned().into());
    }
    Ok(())
}

/// The credentials that a plugin gives.
fn ask_plugin(
    user: &mut AuthInfo,
    mut exec: ExecConfig,
    cluster: &Cluster,
    limit: Duration,
    of: impl FnOnce() -> String,
) -> Result<(), ApiError> {
    if exec.provide_cluster_info {
        exec.cluster = ExecAuthCluster::try_from(cluster).ok();
    }
    let given = plugin::run(&exec, limit).map_err(|source| ApiError::Plugin {
        user: of(),
        command: exec.command.clone().unwrap_or_default(),
        install_hint: exec.install_hint.clone(),
        source,
    })?;
    let token = given.token.filter(|token| !token.is_empty());
    user.token = token.map(Into::into);
    if let (Some(certificate), Some(key)) = (given.client_certificate_data, given.client_key_data) {
        user.client_certificate_data = Some(base64(certificate));
        user.client_key_data = Some(base64(key).into());
    }
    Ok(())
}

/// Whether a client certificate can be used now; beside another credential a stale one does not matter.
fn valid_now(pem: &[u8], place: &Place<'_>, other: bool) -> Result<(), ApiError> {
    let unusable = || place.setting("client-certificate");
    let der = certificates(pem).into_iter().next().ok_or_else(unusable)?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).map_err(|_| unusable())?;
    let validity = certificate.validity();
    let time = |seconds| Timestamp::from_second(seconds).map_err(|_| unusable());
    let from = time(validity.not_before.timestamp())?;
    let until = time(validity.not_after.timestamp())?;
    if !other && !(from..=until).contains(&Timestamp::now()) {
        return Err(ApiError::ClientCertificate {
            user: format!("user {:?}", place.name),
            from,
            until,
        });
    }
    Ok(())
}

/// The certificates of a PEM text, DER.
pub(super) fn certificates(pem: &[u8]) -> Vec<Vec<u8>> {
    Pem::iter_from_buffer(pem)
        .filter_map(Result::ok)
        .filter(|block| block.label == "CERTIFICATE")
        .map(|block| block.contents)
        .collect()
}

/// A cluster or user of the kubeconfig, whose fields may stand there or in files.
struct Place<'a> {
    kind: &'static str,
    name: &'a str,
}

impl Place<'_> {
    fn setting(&self, field: &'static str) -> ApiError {
        ApiError::Setting {
            field,
            of: format!("{} {:?}", self.kind, self.name),
        }
    }

    /// A field that stands in the kubeconfig as base64, or in a file that it names.
    fn read(
        &self,
        field: &'static str,
        data: Option<&str>,
        path: Option<&str>,
    ) -> Result<Option<Vec<u8>>, ApiError> {
        match (data, path) {
            (Some(data), _) if !data.is_empty() => {
                let decoded = serde_json::from_value(Value::String(data.to_owned()));
                let ByteString(bytes) = decoded.map_err(|_| self.setting(field))?;
                Ok(Some(bytes))
            }
            (_, Some(path)) if !path.is_empty() => self.file(field, path).map(Some),
            _ => Ok(None),
        }
    }

    fn file(&self, field: &'static str, path: &str) -> Result<Vec<u8>, ApiError> {
        let read = input::regular(Path::new(path), input::SETTINGS);
        read.map_err(|source| ApiError::ReadReferenced {
            field,
            of: format!("{} {:?}", self.kind, self.name),
            path: PathBuf::from(path),
            source,
        })
    }
}

/// As the fields of a kubeconfig are written.
fn base64(text: String) -> String {
    match serde_json::to_value(ByteString(text.into_bytes())) {
        Ok(Value::String(encoded)) => encoded,
        _ => String::new(),
    }
}
