//! Nodes over SSH: one session a node, one script on its standard input, and nothing left behind.
//!
//! Known hosts and OpenSSH's configuration are read here; keys, the agent and the protocol are the library's. The
//! normaliser says what it wants to see, as for every other reader.

mod algorithms;
mod config;
mod config_files;
mod error;
mod fleet;
mod forward;
pub(crate) mod fuzzing;
mod glob;
mod host_lines;
mod jump;
mod keys;
mod known_hosts;
mod pool;
mod record;
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
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::collect::Progress;
use crate::collect::identity::Book;
use crate::facts::component::{Alike, Told};
use crate::facts::host::{EndpointAnswer, HostFacts, HostTree, listeners, observe_as};
use crate::facts::objects::Node;
use crate::facts::{Gap, GapReason};
use crate::target::{Ssh, SshHost};

pub use error::SshError;
pub use keys::Passphrase;
pub use wire::WireError;

use config_files::ConfigFiles;
use fleet::Common;
use keys::{Passphrases, is_encrypted};
use pool::Pool;
use route::{Planner, Route, Surroundings};
use shelf::Shelf;
use talk::Talk;

/// A host that was asked, and what became of it.
pub struct Asked {
    /// What was asked, as it was named.
    pub(super) asked: String,
    /// The node that has this name or address in the API.
    pub(super) node: Option<String>,
    /// What it showed, or why nothing.
    pub(super) host: Result<Shown, Gap>,
}

/// What a host showed.
pub(super) struct Shown {
    /// The key by which it proved who it is.
    pub(super) key: Vec<u8>,
    /// Filed under the node that was asked, else under the name that the host goes by.
    pub(super) facts: HostFacts,
    /// What they were concluded from, where the name is not settled yet.
    kept: Option<Kept>,
}

/// A tree, small, and what its listeners showed.
struct Kept {
    tree: Vec<u8>,
    answers: Vec<EndpointAnswer>,
}

impl Shown {
    /// What a node said, in short.
    ///
    /// # Errors
    /// When that is more than can be kept.
    fn of(talk: Talk, told: &Told, pool: &Pool) -> Result<Self, WireError> {
        let facts = concluded(&talk.tree, talk.answers.clone(), told, talk.node.as_deref());
        let kept = talk.node.is_none().then(|| Kept {
            tree: packed(&talk.tree),
            answers: talk.answers,
        });
        drop(talk.share);
        match pool.keep(&facts) {
            true => Ok(Self {
                // Held by this thread: what one that ends leaves behind keeps its memory.
                key: talk.key.clone(),
                facts,
                kept,
            }),
            false => Err(WireError::TooMuch),
        }
    }

    /// The facts, filed under `name`.
    pub(super) fn named(self, name: &str, told: &Told) -> Option<HostFacts> {
        if self.facts.host.node == name {
            return Some(self.facts);
        }
        let Kept { tree, answers } = self.kept?;
        let tree = flate2::read::DeflateDecoder::new(&*tree);
        let tree: HostTree = serde_json::from_reader(BufReader::new(tree)).ok()?;
        Some(concluded(&tree, answers, told, Some(name)))
    }
}

fn concluded(
    tree: &HostTree,
    answers: Vec<EndpointAnswer>,
    told: &Told,
    node: Option<&str>,
) -> HostFacts {
    let mut facts = observe_as(tree, told, node).0;
    let (listeners, lacks) = listeners(&facts);
    facts.take_answers(listeners.into_iter().zip(answers).collect(), lacks);
    facts
}

/// A tree as compressed JSON; a fleet of trees would not fit otherwise.
fn packed(tree: &HostTree) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
    // What goes into memory does not fail; a tree that did would not be read again.
    let _ = serde_json::to_writer(&mut packer, tree);
    packer.finish().unwrap_or_default()
}

/// The ways to all hosts, as far as there is one.
struct Plans<'p> {
    planner: Planner<'p>,
    book: Book,
    routes: Vec<Route>,
    asked: Vec<Asked>,
    /// The nodes among them.
    nodes: BTreeSet<String>,
}

impl<'p> Plans<'p> {
    /// To the nodes that `ssh` names, and to all of `nodes` where it says so.
    fn of(ssh: &'p Ssh, nodes: &[Node], around: &'p Surroundings) -> Self {
        let mut plans = Self {
            planner: Planner {
                ssh,
                around,
                remarks: BTreeSet::new(),
                shelf: Shelf::default(),
                config: ConfigFiles::default(),
            },
            book: Book::new(nodes),
            routes: Vec::new(),
            asked: Vec::new(),
            nodes: BTreeSet::new(),
        };
        for host in &ssh.hosts {
            plans.add(host, None);
        }
        if ssh.all {
            plans.add_all(nodes);
        }
        plans
    }

    /// Plans the way to `host`, which is `node` where that is known.
    fn add(&mut self, host: &SshHost, node: Option<&str>) {
        let node = node.or_else(|| self.book.node(&host.host));
        let mut node = node.map(str::to_owned);
        match self.planner.route(host) {
            Ok(mut route) => {
                // What is configured for an alias may lead to the address of a node.
                node = node.or_else(|| self.book.node(&route.host).map(str::to_owned));
                if let Some(node) = node.as_ref().filter(|node| **node != host.host) {
                    route.label = format!("node {node} ({host})");
                }
                route.node.clone_from(&node);
                self.routes.push(route);
            }
            Err(error) => self.asked.push(Asked {
                asked: host.to_string(),
                host: Err(unread(&host.to_string(), node.as_deref(), &error)),
                node: node.clone(),
            }),
        }
        self.nodes.extend(node);
    }

    /// Plans the ways to the nodes that nobody named.
    fn add_all(&mut self, nodes: &[Node]) {
        for node in nodes {
            let name = &node.metadata.name;
            if self.nodes.contains(name) {
                continue;
            }
            let mut addresses = node.status.addresses.iter();
            let address = addresses.find(|address| address.type_ == "InternalIP");
            let host = SshHost {
                user: None,
                host: address.map_or(name, |address| &address.address).clone(),
                port: None,
            };
            self.add(&host, Some(name));
        }
    }
}

/// Reads the nodes that `ssh` names, and all of `nodes` where it says so; `told` is what is known of their components.
pub fn collect_nodes(
    ssh: &Ssh,
    nodes: &[Node],
    told: &Told,
    progress: &dyn Progress,
) -> Vec<Asked> {
    let around = Surroundings::of_process();
    let Plans {
        planner,
        book,
        routes,
        mut asked,
        ..
    } = Plans::of(ssh, nodes, &around);
    for remark in planner.remarks {
        progress.note(&remark);
    }
    let named: Vec<(String, Option<String>)> = routes
        .iter()
        .map(|route| (route.asked.clone(), route.node.clone()))
        .collect();
    let pool = Arc::new(Pool::default());
    let common = Common {
        pool: pool.clone(),
        told: told.clone(),
        book,
        passphrases: passphrases(&routes, progress),
        parallel: ssh.parallel,
        limit: ssh.time_limit,
    };
    let mut done = BTreeMap::new();
    let mut alike = Alike::default();
    fleet::read(routes, common, progress, |read| {
        let (host, node) = named[read.number].clone();
        let (node, shown) = match read.talk {
            Ok(talk) => (
                talk.node.clone(),
                shown(&host, talk, told, &pool, &mut alike),
            ),
            Err(error) => (node, Err(error)),
        };
        let asked = Asked {
            host: shown.map_err(|error| unread(&host, node.as_deref(), &error)),
            asked: host,
            node,
        };
        done.insert(read.number, asked);
    });
    // Whoever answers first, the facts come in one order.
    asked.extend(done.into_values());
    asked
}

/// What `host` showed, if there is room for it.
fn shown(
    host: &str,
    talk: Talk,
    told: &Told,
    pool: &Pool,
    alike: &mut Alike,
) -> Result<Shown, SshError> {
    let shown = Shown::of(talk, told, pool);
    let mut shown = shown.map_err(|source| SshError::Wire {
        host: host.to_owned(),
        source,
    })?;
    for component in &mut shown.facts.components.rows {
        alike.share(component);
    }
    Ok(shown)
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
fn unread(host: &str, node: Option<&str>, error: &SshError) -> Gap {
    let mut reason = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        reason = format!("{reason}: {cause}");
        source = cause.source();
    }
    let kind = match error {
        SshError::Late { .. } | SshError::Stopped => GapReason::Timeout,
        SshError::HostKey { .. } | SshError::Refused { .. } => GapReason::Forbidden,
        _ => GapReason::Unreachable,
    };
    let name = node.unwrap_or(host);
    let what = format!("files and processes of node {name}");
    Gap::new(what, reason, kind, error.hint())
}
