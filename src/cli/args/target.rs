//! Options that say what is audited, with kubectl's names for kubectl's things.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::target::SshHost;

/// What is judged: a live cluster, or one that was recorded.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) ssh: SshArgs,
    /// Judge this snapshot instead of a live cluster
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["demo", "TargetArgs", "SshArgs"],
        help_heading = "Target"
    )]
    pub(crate) snapshot: Option<PathBuf>,
    /// Judge these manifests instead of a cluster: files, directories, or - for standard input; may be repeated
    #[arg(
        short,
        long = "filename",
        value_name = "FILE|DIR|-",
        conflicts_with_all = ["demo", "snapshot", "TargetArgs", "SshArgs"],
        help_heading = "Target"
    )]
    pub(crate) filenames: Vec<PathBuf>,
    /// Judge the cluster that was recorded into this program
    #[arg(long, conflicts_with_all = ["TargetArgs", "SshArgs"], help_heading = "Target")]
    pub(crate) demo: bool,
}

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
    /// Read from etcd how every Secret is written, with the API server's own key: on a control-plane node alone
    #[arg(long, requires = "node")]
    pub(crate) prove_encryption: bool,
    /// Do not ask the Kubernetes API: only the nodes that are named are audited
    #[arg(long, conflicts_with = "ssh_all")]
    pub(crate) no_api: bool,
}

/// How nodes are read over SSH. What is not said here, ssh_config says.
#[derive(Debug, Args)]
#[command(next_help_heading = "Nodes over SSH")]
pub(crate) struct SshArgs {
    /// Read these nodes, separated by commas; may be repeated
    #[arg(long, value_name = "[USER@]HOST[:PORT]", value_delimiter = ',')]
    pub(crate) ssh: Vec<SshHost>,
    /// Read the nodes in this file, one a line
    #[arg(long, value_name = "FILE")]
    pub(crate) ssh_inventory: Option<PathBuf>,
    /// Read every node of the cluster, at the address that the API gives
    #[arg(long)]
    pub(crate) ssh_all: bool,
    /// The user to log in as [default: ssh_config, then you]
    #[arg(long, value_name = "USER")]
    pub(crate) ssh_user: Option<String>,
    /// Offer this private key first; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) ssh_key: Vec<PathBuf>,
    /// Go through these hosts, the first one first
    #[arg(long, value_name = "[USER@]HOST[:PORT]", value_delimiter = ',')]
    pub(crate) ssh_jump: Vec<SshHost>,
    /// The OpenSSH configuration [default: ~/.ssh/config and /etc/ssh/ssh_config]
    #[arg(long, value_name = "FILE")]
    pub(crate) ssh_config: Option<PathBuf>,
    /// The file of known host keys [default: those of ssh_config]
    #[arg(long, value_name = "FILE")]
    pub(crate) ssh_known_hosts: Option<PathBuf>,
    /// Trust hosts that nothing is known of, and write their keys down
    #[arg(long)]
    pub(crate) accept_new: bool,
    /// How many nodes are read at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) ssh_parallel: u16,
    /// How long one node may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) ssh_timeout: u64,
}

/// The nodes that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NodeTarget {
    /// This machine.
    Local,
}
