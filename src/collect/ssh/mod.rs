//! Nodes over SSH: one session a node, one script on its standard input, and nothing left behind.
//!
//! Known hosts and OpenSSH's configuration are read here; keys, the agent and the protocol are the library's. The
//! normaliser says what it wants to see, as for every other reader.

mod algorithms;
mod config;
mod config_files;
mod error;
mod files;
mod fleet;
mod forward;
mod glob;
mod host_lines;
mod jump;
mod keys;
mod known_hosts;
mod route;
mod seen;
mod session;
mod shelf;
mod talk;
#[cfg(test)]
mod tests;
mod tokens;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::PathBuf;

use crate::collect::Progress;
use crate::facts::component::Told;
use crate::facts::host::{HostFacts, listeners, observe};
use crate::facts::objects::Node;
use crate::facts::{Gap, GapReason};
use crate::target::{Ssh, SshHost};

pub use error::SshError;
pub use keys::Passphrase;
pub use wire::WireError;

use config_files::ConfigFiles;
use fleet::Common;
use keys::{Passphrases, is_encrypted};
use route::{Planner, Route, Surroundings};
use shelf::Shelf;

/// A node that was asked, and what became of it.
#[derive(Debug)]
pub struct Asked {
    /// The node's name in the API; `None` when no Node has this name or address.
    pub node: Option<String>,
    /// What it showed, or why nothing.
    pub host: Result<HostFacts, Gap>,
}

/// Reads the nodes that `ssh` names, and all of `nodes` where it says so; `told` is what is known of their components.
pub fn collect_nodes(
    ssh: &Ssh,
    nodes: &[Node],
    told: &Told,
    progress: &dyn Progress,
) -> Vec<Asked> {
    let around = Surroundings::of_process();
    let mut planner = Planner {
        ssh,
        around: &around,
        remarks: BTreeSet::new(),
        shelf: Shelf::default(),
        config: ConfigFiles::default(),
    };
    let mut asked = Vec::new();
    let (mut routes, mut named) = (Vec::new(), Vec::new());
    for (host, node) in hosts(ssh, nodes) {
        match planner.route(&host) {
            Ok(mut route) => {
                if let Some(node) = node.as_deref().filter(|node| *node != host.host) {
                    route.label = format!("node {node} ({host})");
                }
                routes.push(route);
                named.push((host, node));
            }
            Err(error) => asked.push(Asked {
                host: Err(unread(&host, node.as_deref(), &error)),
                node,
            }),
        }
    }
    for remark in planner.remarks {
        progress.note(&remark);
    }
    let common = Common {
        told: told.clone(),
        passphrases: passphrases(&routes, progress),
        parallel: ssh.parallel,
        limit: ssh.time_limit,
    };
    let mut done = BTreeMap::new();
    fleet::read(routes, common, progress, |read| {
        let (host, node) = &named[read.number];
        let host = match read.talk {
            Ok(talk) => {
                let mut facts = observe(&talk.tree, told).0;
                let (listeners, lacks) = listeners(&facts);
                facts.take_answers(listeners.into_iter().zip(talk.answers).collect(), lacks);
                Ok(facts)
            }
            Err(error) => Err(unread(host, node.as_deref(), &error)),
        };
        let node = node.clone();
        done.insert(read.number, Asked { node, host });
    });
    // Whoever answers first, the facts come in one order.
    asked.extend(done.into_values());
    asked
}

/// The hosts to read, each with the node that it is as far as the API knows.
fn hosts(ssh: &Ssh, nodes: &[Node]) -> Vec<(SshHost, Option<String>)> {
    let is = |node: &Node, host: &str| {
        node.metadata.name == host
            || node
                .status
                .addresses
                .iter()
                .any(|address| address.address == host)
    };
    let of = |host: &SshHost| nodes.iter().find(|node| is(node, &host.host));
    let mut hosts: Vec<(SshHost, Option<String>)> = ssh
        .hosts
        .iter()
        .map(|host| {
            (
                host.clone(),
                of(host).map(|node| node.metadata.name.clone()),
            )
        })
        .collect();
    if ssh.all {
        for node in nodes {
            let name = Some(node.metadata.name.clone());
            if hosts.iter().any(|(_, known)| *known == name) {
                continue;
            }
            let mut addresses = node.status.addresses.iter();
            let address = addresses.find(|address| address.type_ == "InternalIP");
            let host = address.map_or(&node.metadata.name, |address| &address.address);
            let host = SshHost {
                user: None,
                host: host.clone(),
                port: None,
            };
            hosts.push((host, name));
        }
    }
    hosts
}

/// The passphrases of all locked keys, each asked for once.
fn passphrases(routes: &[Route], progress: &dyn Progress) -> Passphrases {
    let mut keys: BTreeSet<&PathBuf> = BTreeSet::new();
    let mut open: Vec<&Route> = routes.iter().collect();
    while let Some(route) = open.pop() {
        keys.extend(&route.keys);
        open.extend(route.through.as_deref());
    }
    let locked = keys.into_iter().filter(|key| is_encrypted(key));
    let asked = locked.filter_map(|key| {
        let question = format!("passphrase of {}", key.display());
        Some((key.clone(), progress.secret(&question)?))
    });
    asked.collect()
}

/// The gap of a node that was not read.
fn unread(host: &SshHost, node: Option<&str>, error: &SshError) -> Gap {
    let mut reason = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        reason = format!("{reason}: {cause}");
        source = cause.source();
    }
    let kind = match error {
        SshError::Late { .. } => GapReason::Timeout,
        SshError::HostKey { .. } | SshError::Refused { .. } => GapReason::Forbidden,
        _ => GapReason::Unreachable,
    };
    let name = node.map_or_else(|| host.to_string(), str::to_owned);
    let what = format!("files and processes of node {name}");
    Gap::new(what, reason, kind, error.hint())
}
