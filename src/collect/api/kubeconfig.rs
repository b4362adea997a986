//! Finds and merges kubeconfigs as kubectl does, and chooses context, cluster and user.
//!
//! Rules: <https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/>. The kube crate reads a
//! file; which files count, and what a wrong name is answered with, is decided here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Cluster, Kubeconfig};

use super::error::ApiError;
use crate::facts::host::kubeconfig_document;
use crate::input;
use crate::target::Access;

/// The part of the environment that decides how the API is reached.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `$KUBECONFIG`: a list of files.
    pub kubeconfig: Option<OsString>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// Whether the variables of a pod are set.
    pub in_pod: bool,
    /// `$HTTPS_PROXY` or `$https_proxy`.
    pub https_proxy: Option<String>,
    /// `$HTTP_PROXY` or `$http_proxy`.
    pub http_proxy: Option<String>,
    /// `$NO_PROXY` or `$no_proxy`.
    pub no_proxy: Option<String>,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let either = |upper: &str, lower: &str| {
            [upper, lower]
                .into_iter()
                .filter_map(|name| std::env::var(name).ok())
                .find(|value| !value.is_empty())
        };
        Self {
            kubeconfig: std::env::var_os("KUBECONFIG"),
            home: std::env::home_dir(),
            in_pod: std::env::var_os("KUBERNETES_SERVICE_HOST").is_some(),
            https_proxy: either("HTTPS_PROXY", "https_proxy"),
            http_proxy: either("HTTP_PROXY", "http_proxy"),
            no_proxy: either("NO_PROXY", "no_proxy"),
        }
    }
}

/// What a kubeconfig says about one cluster and one user of it.
pub(super) struct Chosen {
    /// The name of the cluster in the file.
    pub cluster_name: String,
    /// How the cluster is reached.
    pub cluster: Cluster,
    /// The name of the user in the file; empty when there is none.
    pub user_name: String,
    /// The credentials.
    pub user: AuthInfo,
}

/// Where the settings come from.
pub(super) enum Found {
    /// From a kubeconfig.
    Kubeconfig(Box<Chosen>),
    /// From the pod that we run in.
    Pod,
}

/// Finds the settings that `access` asks for.
///
/// # Errors
/// When there are none, they cannot be read, or a name in them does not exist.
pub(super) fn find(access: &Access, environment: &Environment) -> Result<Found, ApiError> {
    if access.in_cluster {
        return Ok(Found::Pod);
    }
    if let Some(path) = &access.kubeconfig {
        let kubeconfig = read(path)?;
        return choose(kubeconfig, access).map(|chosen| Found::Kubeconfig(Box::new(chosen)));
    }
    let paths = candidates(environment);
    // A file that is listed and missing is passed over, as kubectl does.
    let present: Vec<&PathBuf> = paths.iter().filter(|path| path.exists()).collect();
    if present.is_empty() {
        let chosen_by_name = access.context.is_some() || access.cluster.is_some();
        return if environment.in_pod && !chosen_by_name {
            Ok(Found::Pod)
        } else {
            Err(ApiError::NoKubeconfig { looked: paths })
        };
    }
    let mut merged = Kubeconfig::default();
    for path in present {
        merged = merged
            .merge(read(path)?)
            .map_err(|_| ApiError::MixedKubeconfigs)?;
    }
    choose(merged, access).map(|chosen| Found::Kubeconfig(Box::new(chosen)))
}

fn candidates(environment: &Environment) -> Vec<PathBuf> {
    let listed: Vec<PathBuf> = environment
        .kubeconfig
        .as_ref()
        .map(|list| std::env::split_paths(list).collect())
        .unwrap_or_default();
    let listed: Vec<PathBuf> = listed
        .into_iter()
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    if listed.is_empty() {
        let home = environment.home.iter();
        return home.map(|home| home.join(".kube/config")).collect();
    }
    listed
}

/// Reads one file as kubectl does: the first document, the last of two equal keys, `null` for what is not set, base64 over
/// lines. The text of an error would show lines of the file, credentials included: only its place is kept.
fn read(path: &Path) -> Result<Kubeconfig, ApiError> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let bytes = match input::named(&path, input::SETTINGS) {
        Ok(bytes) => bytes,
        Err(source) => return Err(ApiError::ReadKubeconfig { path, source }),
    };
    parse(&path, &bytes)
}

/// Reads a kubeconfig and chooses what it says is current: an entry of the crate's `fuzzing`.
pub(crate) fn chosen(bytes: &[u8]) {
    if let Ok(kubeconfig) = parse(Path::new("/kubeconfig"), bytes) {
        let _ = choose(kubeconfig, &Access::default());
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Kubeconfig, ApiError> {
    let unreadable = |line| ApiError::ParseKubeconfig {
        path: path.to_owned(),
        line,
    };
    let document = kubeconfig_document(bytes).map_err(unreadable)?;
    if document.is_null() {
        return Ok(Kubeconfig::default());
    }
    let read = serde_json::from_value::<Kubeconfig>(document);
    let mut kubeconfig = read.map_err(|_| unreadable(None))?;
    kubeconfig.current_context.take_if(|name| name.is_empty());
    let clusters = kubeconfig.clusters.iter_mut();
    for cluster in clusters.filter_map(|one| one.cluster.as_mut()) {
        beside(path, &mut cluster.certificate_authority);
    }
    let users = kubeconfig.auth_infos.iter_mut();
    for user in users.filter_map(|one| one.auth_info.as_mut()) {
        beside(path, &mut user.client_certificate);
        beside(path, &mut user.client_key);
        beside(path, &mut user.token_file);
        // A program without a folder is one of the search path.
        if let Some(exec) = &mut user.exec
            && exec
                .command
                .as_ref()
                .is_some_and(|command| command.contains('/'))
        {
            beside(path, &mut exec.command);
        }
    }
    Ok(kubeconfig)
}

/// A relative path is seen from the folder of the kubeconfig that names it.
fn beside(kubeconfig: &Path, file: &mut Option<String>) {
    let relative = file
        .as_ref()
        .filter(|file| !file.is_empty() && !file.starts_with('/'));
    if let (Some(name), Some(folder)) = (relative, kubeconfig.parent()) {
        *file = Some(folder.join(name).to_string_lossy().into_owned());
    }
}

fn choose(kubeconfig: Kubeconfig, access: &Access) -> Result<Chosen, ApiError> {
    let known = || kubeconfig.contexts.iter().map(|one| one.name.clone());
    let current = kubeconfig.current_context.clone();
    let current = current.filter(|name| !name.is_empty());
    let context = match access.context.clone().or(current) {
        Some(name) => {
            let named = kubeconfig.contexts.iter().find(|one| one.name == name);
            let found = named.and_then(|named| named.context.clone());
            found.ok_or_else(|| unknown("context", &name, known()))?
        }
        // With the cluster and the user named, no context is needed.
        None if access.cluster.is_some() => kube::config::Context::default(),
        None => {
            return Err(ApiError::NoContext {
                known: known().collect(),
            });
        }
    };
    let cluster_name = access.cluster.clone().unwrap_or(context.cluster);
    let clusters = kubeconfig.clusters.iter();
    let cluster = clusters.clone().find(|one| one.name == cluster_name);
    let cluster = cluster.and_then(|one| one.cluster.clone()).ok_or_else(|| {
        let known = clusters.map(|one| one.name.clone());
        unknown("cluster", &cluster_name, known)
    })?;
    let user_name = access.user.clone().or(context.user).unwrap_or_default();
    let users = kubeconfig.auth_infos.iter();
    let user = users.clone().find(|one| one.name == user_name);
    let user = match user {
        Some(user) => user.auth_info.clone().unwrap_or_default(),
        None if user_name.is_empty() => AuthInfo::default(),
        None => {
            let known = users.map(|one| one.name.clone());
            return Err(unknown("user", &user_name, known));
        }
    };
    Ok(Chosen {
        cluster_name,
        cluster,
        user_name,
        user,
    })
}

fn unknown(kind: &'static str, name: &str, known: impl Iterator<Item = String>) -> ApiError {
    ApiError::Unknown {
        kind,
        name: name.to_owned(),
        known: known.collect(),
    }
}
