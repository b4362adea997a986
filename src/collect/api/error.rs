//! Why the API could not be asked at all. What only part of the answers is missing for becomes a gap instead.
//!
//! Messages say what was being done to what; the cause is in `source`; advice is in [`ApiError::hint`]. No text holds a
//! credential: what plugins print and what files contain never becomes part of an error.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

use super::plugin::PluginError;
use crate::facts::{Gap, GapReason};

/// Nothing could be read from the API.
#[derive(Debug, Error)]
pub enum ApiError {
    /// The user has no kubeconfig, and we do not run in a pod.
    #[error("no kubeconfig: looked for {}", list(looked))]
    NoKubeconfig {
        /// Where one was looked for.
        looked: Vec<PathBuf>,
    },
    /// The kubeconfig is missing or may not be read.
    #[error("reading the kubeconfig {}", path.display())]
    ReadKubeconfig {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no kubeconfig.
    #[error("the kubeconfig {} is not valid YAML of a kubeconfig{}", path.display(), at(*line))]
    ParseKubeconfig {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1, if known.
        line: Option<u64>,
    },
    /// The files of `$KUBECONFIG` are of different kinds.
    #[error("the files of $KUBECONFIG do not fit together: kind or apiVersion differ")]
    MixedKubeconfigs,
    /// No context is chosen.
    #[error("the kubeconfig has no current context; it has {}", names(known))]
    NoContext {
        /// The contexts it has.
        known: Vec<String>,
    },
    /// The context, cluster or user does not exist.
    #[error("the kubeconfig has no {kind} {name:?}; it has {}", names(known))]
    Unknown {
        /// `context`, `cluster` or `user`.
        kind: &'static str,
        /// The name that was asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A setting of the kubeconfig makes no sense.
    #[error("{field} of {of} in the kubeconfig is missing or not usable")]
    Setting {
        /// The field, as in the file.
        field: &'static str,
        /// The cluster or user.
        of: String,
    },
    /// A file that the kubeconfig names cannot be read.
    #[error("reading {} ({field} of {of} in the kubeconfig)", path.display())]
    ReadReferenced {
        /// The field, as in the file.
        field: &'static str,
        /// The cluster or user.
        of: String,
        /// The file that it names.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The client certificate is not valid now.
    #[error("the client certificate of {user} {}", validity(*from, *until))]
    ClientCertificate {
        /// The user of the kubeconfig.
        user: String,
        /// When it becomes valid.
        from: Timestamp,
        /// When it ends.
        until: Timestamp,
    },
    /// A way of logging in that Kubernetes removed in 1.26.
    #[error("{user} logs in with the auth-provider {provider:?}, which Kubernetes has removed")]
    RemovedAuthProvider {
        /// The user of the kubeconfig.
        user: String,
        /// The provider.
        provider: String,
    },
    /// The credential plugin gave no credentials.
    #[error("getting credentials from the plugin {command:?} of {user}")]
    Plugin {
        /// The user of the kubeconfig.
        user: String,
        /// The command, without its arguments.
        command: String,
        /// What is told to a user who lacks it.
        install_hint: Option<String>,
        /// What went wrong.
        source: PluginError,
    },
    /// Files or plugins took too long.
    #[error("getting credentials took longer than {limit:?}")]
    LoginTimeout {
        /// The limit.
        limit: Duration,
    },
    /// Somebody wished it.
    #[error("the run was stopped before the API server answered")]
    Stopped,
    /// A group without a user.
    #[error("acting as a group needs a user to act as")]
    GroupWithoutUser,
    /// The service account of the pod is not there.
    #[error("reading the service account of this pod")]
    InCluster {
        /// Why.
        source: Cause,
    },
    /// The client could not be set up with these settings.
    #[error("setting up the connection to {server}")]
    Setup {
        /// The API server.
        server: String,
        /// Why.
        source: Cause,
    },
    /// Nobody answers.
    #[error("connecting to the API server {server}{}", through(proxy))]
    Unreachable {
        /// The API server.
        server: String,
        /// The proxy, if there is one.
        proxy: Option<String>,
        /// Why.
        source: Cause,
    },
    /// No answer in time.
    #[error(
        "the API server {server} did not answer within {limit:?}{}",
        through(proxy)
    )]
    Timeout {
        /// The API server.
        server: String,
        /// The proxy, if there is one.
        proxy: Option<String>,
        /// The limit.
        limit: Duration,
    },
    /// The server could not prove who it is.
    #[error("the certificate of the API server {server} is not trusted")]
    Untrusted {
        /// The API server.
        server: String,
        /// Why.
        source: Cause,
    },
    /// The credentials are not accepted.
    #[error("the API server {server} does not accept the credentials (401 Unauthorized)")]
    Unauthorized {
        /// The API server.
        server: String,
    },
    /// The impersonation is not allowed.
    #[error("the API server {server} does not allow acting as {user}")]
    ImpersonationRefused {
        /// The API server.
        server: String,
        /// The user that was to be acted as.
        user: String,
    },
    /// The server is there and cannot serve.
    #[error("the API server {server} cannot serve ({answer})")]
    Unavailable {
        /// The API server.
        server: String,
        /// The status it answers with.
        answer: String,
    },
    /// Something else answers.
    #[error("{server} does not answer like a Kubernetes API server ({answer})")]
    NotKubernetes {
        /// The address.
        server: String,
        /// What came instead: a status, a content type.
        answer: String,
    },
    /// A namespace that the run was limited to does not exist.
    #[error("there is no namespace {name:?} in this cluster")]
    NoNamespace {
        /// The name that was given.
        name: String,
    },
}

impl ApiError {
    /// What the user can do about it; `None` when the message says all there is.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoKubeconfig { .. } => {
                "name one with --kubeconfig FILE, or look at the demo cluster with --demo"
            }
            Self::NoContext { .. } => "choose one with --context NAME",
            Self::Stopped => return None,
            Self::ClientCertificate { .. } => {
                "renew it: on a kubeadm control plane `kubeadm certs renew admin.conf`"
            }
            Self::RemovedAuthProvider { .. } => {
                "log in with the provider's credential plugin: gke-gcloud-auth-plugin, kubelogin"
            }
            Self::Plugin {
                install_hint: Some(hint),
                source: PluginError::Missing,
                ..
            } => return Some(hint.clone()),
            Self::Plugin { source, .. } => source.hint(),
            Self::LoginTimeout { .. } => "log in before, for example with `kubectl version`",
            Self::GroupWithoutUser => "add --as USER",
            Self::InCluster { .. } => "give the pod a service account token, or use --kubeconfig",
            Self::Unreachable { proxy: Some(_), .. } => {
                "check the proxy: proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY"
            }
            Self::Unreachable { proxy: None, .. } => {
                "check the server address of the kubeconfig, and that the cluster runs"
            }
            Self::Timeout { .. } => {
                "check the way to the server, or allow more with --request-timeout"
            }
            Self::Untrusted { .. } => {
                "check certificate-authority and tls-server-name in the kubeconfig; nothing was sent to this server"
            }
            Self::Unauthorized { server } if server.starts_with("http:") => {
                "credentials are not sent over plain HTTP: name the server with https:// in the kubeconfig"
            }
            Self::Unauthorized { .. } => {
                "log in again: the token or certificate is wrong or has expired"
            }
            Self::ImpersonationRefused { .. } => {
                "the right to impersonate this user and its groups is needed"
            }
            Self::Unavailable { .. } => "try again when it is less busy, or look at its log",
            Self::NotKubernetes { .. } => {
                "check the server address of the kubeconfig, with its path"
            }
            Self::ReadKubeconfig { .. }
            | Self::ParseKubeconfig { .. }
            | Self::MixedKubeconfigs
            | Self::Unknown { .. }
            | Self::Setting { .. }
            | Self::ReadReferenced { .. }
            | Self::Setup { .. }
            | Self::NoNamespace { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

impl ApiError {
    /// The server that gave no usable answer, and the gap that this leaves; nothing where the mistake lies in what was asked.
    pub fn silence(&self) -> Option<(&str, Gap)> {
        let (server, reason) = match self {
            Self::Unreachable { server, .. } | Self::Unavailable { server, .. } => {
                (server, GapReason::Unreachable)
            }
            Self::Timeout { server, .. } => (server, GapReason::Timeout),
            Self::Untrusted { server, .. } => (server, GapReason::UnverifiedEndpoint),
            Self::Unauthorized { server } => (server, GapReason::Forbidden),
            Self::NotKubernetes { server, .. } => (server, GapReason::Unparsable),
            _ => return None,
        };
        let remedy = self.hint().unwrap_or_default();
        let gap = Gap::new("answers of the API server", server, reason, remedy);
        Some((server, gap))
    }

    /// The message with its causes, one line.
    pub fn with_causes(&self) -> String {
        let texts: Vec<String> = chain(self).map(ToString::to_string).collect();
        texts.join(": ")
    }
}

/// The innermost cause of an error of a library whose errors repeat their sources in their own text.
#[derive(Debug)]
pub struct Cause(String);

impl Cause {
    /// The innermost cause of `error`.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        Self(chain(error).last().unwrap_or(error).to_string())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Cause {}

/// An error and what caused it, outermost first. An [`io::Error`] around another error is looked into: its own `source`
/// skips that one.
pub(super) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| within(*error)).take(32)
}

fn within<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(outer) => outer.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    }
}

fn list(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    shown.join(", ")
}

fn names(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn at(line: Option<u64>) -> String {
    line.map(|line| format!(" (line {line})"))
        .unwrap_or_default()
}

fn through(proxy: &Option<String>) -> String {
    proxy
        .as_ref()
        .map(|proxy| format!(" through the proxy {proxy}"))
        .unwrap_or_default()
}

fn validity(from: Timestamp, until: Timestamp) -> String {
    if Timestamp::now() < from {
        format!("is not valid before {from}")
    } else {
        format!("expired on {until}")
    }
}
