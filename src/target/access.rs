//! How the Kubernetes API is reached: what kubectl's flags of the same names say.

use std::path::PathBuf;
use std::time::Duration;

/// The way to the API of one cluster. The default is what kubectl does without flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The kubeconfig; `None` means `$KUBECONFIG`, else `~/.kube/config`, else the service account of the pod we run in.
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; `None` means its current one.
    pub context: Option<String>,
    /// The cluster of the kubeconfig, instead of the context's.
    pub cluster: Option<String>,
    /// The user of the kubeconfig, instead of the context's.
    pub user: Option<String>,
    /// The user to act as.
    pub impersonate: Option<String>,
    /// The groups to act as; only together with a user.
    pub impersonate_groups: Vec<String>,
    /// Whether to use the service account of the pod we run in even if there is a kubeconfig.
    pub in_cluster: bool,
    /// How long one request may take, answer included.
    pub request_timeout: Duration,
    /// How long getting credentials may take: reading files, and what a credential plugin does.
    pub login_timeout: Duration,
    /// How long the whole collection from this API may take; what is missing by then is a gap.
    pub time_limit: Duration,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            kubeconfig: None,
            context: None,
            cluster: None,
            user: None,
            impersonate: None,
            impersonate_groups: Vec::new(),
            in_cluster: false,
            request_timeout: Duration::from_secs(30),
            login_timeout: Duration::from_secs(60),
            time_limit: Duration::from_secs(600),
        }
    }
}
