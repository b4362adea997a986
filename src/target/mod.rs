//! What is audited, and how it is reached. Pure data: nothing here talks to anything.

mod access;
mod ssh;

use std::path::PathBuf;
use std::time::Duration;

pub use access::Access;
pub use ssh::{NoHost, Ssh, SshHost, inventory};

/// What one run looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The Kubernetes API; `None` when only nodes are read.
    pub api: Option<Access>,
    /// The machine this runs on, as a node.
    pub local: Option<LocalNode>,
    /// The nodes that are read by SSH.
    pub ssh: Option<Ssh>,
    /// The namespaces it is limited to; empty means all.
    pub namespaces: Vec<String>,
}

impl Target {
    /// Whether nodes are named that can be read without the API's list of them.
    pub fn names_nodes(&self) -> bool {
        let listed = |ssh: &Ssh| !ssh.hosts.is_empty();
        self.local.is_some() || self.ssh.as_ref().is_some_and(listed)
    }
}

/// A node whose files are at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalNode {
    /// Where its root directory is.
    pub root: PathBuf,
    /// How long reading it may take; what is missing by then is a gap.
    pub time_limit: Duration,
    /// How long reading every Secret in etcd may take, when that is asked for.
    pub proof_limit: Option<Duration>,
}
