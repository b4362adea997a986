//! Options that say what is audited, with kubectl's names for kubectl's things.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Which cluster and which nodes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetArgs {
    /// The kubeconfig file [default: $KUBECONFIG, then ~/.kube/config, then the pod's service account]
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The kubeconfig context
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// The kubeconfig cluster, instead of the context's
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// The kubeconfig user, instead of the context's
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// The user to impersonate
    #[arg(long = "as", value_name = "USER")]
    pub(crate) impersonate: Option<String>,
    /// A group to impersonate; may be repeated
    #[arg(long = "as-group", value_name = "GROUP", requires = "impersonate")]
    pub(crate) impersonate_groups: Vec<String>,
    /// How long one request to the API server may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) request_timeout: u64,
    /// Only these namespaces; may be repeated [default: all]
    #[arg(short, long = "namespace", value_name = "NAMESPACE")]
    pub(crate) namespaces: Vec<String>,
    /// Read this machine as a node, too
    #[arg(long, value_enum, value_name = "NODE")]
    pub(crate) node: Option<NodeTarget>,
    /// Where the node's file system is mounted; symbolic links stay inside
    #[arg(long, value_name = "DIR", requires = "node")]
    pub(crate) root: Option<PathBuf>,
    /// Do not ask the Kubernetes API; with --node local only this machine is audited
    #[arg(long, requires = "node")]
    pub(crate) no_api: bool,
}

/// The nodes that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NodeTarget {
    /// This machine.
    Local,
}
