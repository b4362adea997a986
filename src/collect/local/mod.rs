//! The native reader of one node: the machine this runs on, or one mounted below a directory.
//!
//! It answers what [`facts::host::observe`](crate::facts::host::observe) asks for, round by round, and concludes nothing
//! itself. The looking is done by a thread of its own, so that a file system that hangs costs the deadline and not the
//! audit: what it did not answer in time is a gap.

mod network;
mod processes;
mod proof;
mod root;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::collect::handshake;
use crate::facts::component::Told;
use crate::facts::host::{Answer, HostFacts, HostTree, Request, observe};
use crate::facts::{Gap, GapReason, Lack};
use crate::target::LocalNode;

use root::Root;

/// How often the normaliser may ask for more. A component leads to its configuration, that to manifests and kubeconfigs,
/// those to certificates: five rounds in practice.
const ROUNDS: usize = 16;

/// How long all handshakes together may take.
const HANDSHAKES: Duration = Duration::from_secs(15);

/// A node that could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The root directory cannot be opened: a wrong path, or no right to it.
    #[error("opening {} as the root of a node", path.display())]
    Root {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The system refused to start the reading thread.
    #[error("starting the reader of the node")]
    Thread(#[source] io::Error),
}

/// Reads a node whose files are at hand; `told` is what is known of its components from elsewhere.
///
/// # Errors
/// When its root cannot be opened. Everything smaller is a gap in the facts.
pub fn collect_local(node: &LocalNode, told: &Told) -> Result<HostFacts, LocalError> {
    let (root, limit) = (&node.root, node.time_limit);
    let deadline = Instant::now() + limit;
    let mut facts = observe(&read_tree(root, limit, told)?, told).0;
    match network::is_of_this_process(root) {
        true => handshake::from_here(&mut facts, deadline.min(Instant::now() + HANDSHAKES)),
        false => facts.lack_answers(&elsewhere()),
    }
    if let Some(limit) = node.proof_limit {
        match proof::prove(root, &facts, limit) {
            Ok(stored) => facts.stored_secrets.rows.push(stored),
            Err(gap) => facts.stored_secrets.lacks.push(Lack::any(gap)),
        }
    }
    Ok(facts)
}

fn elsewhere() -> Gap {
    Gap::new(
        "handshakes with what listens on the node",
        "",
        GapReason::NotAsked,
        "run in the node's own network (hostNetwork: true)",
    )
}

/// The raw tree of that node: what a fixture records.
///
/// # Errors
/// As [`collect_local`].
pub fn read_tree(root: &Path, limit: Duration, told: &Told) -> Result<HostTree, LocalError> {
    let deadline = Instant::now() + limit;
    let reader = Reader::start(root)?;
    let mut tree = HostTree::default();
    for _ in 0..ROUNDS {
        let requests = observe(&tree, told).1;
        if requests.is_empty() {
            return Ok(tree);
        }
        for request in requests {
            // Another answer of this round may have said it already.
            if !tree.answers(&request) {
                tree.insert(reader.ask(&request, deadline));
            }
        }
    }
    // What is still asked for stays unanswered, which the normaliser reports.
    Ok(tree)
}

/// A thread that looks at one node.
struct Reader {
    requests: Sender<(Request, Instant)>,
    answers: Receiver<Answer>,
}

impl Reader {
    fn start(path: &Path) -> Result<Self, LocalError> {
        let root = Root::open(path).map_err(|source| LocalError::Root {
            path: path.to_owned(),
            source,
        })?;
        let (requests, incoming) = channel::<(Request, Instant)>();
        let (outgoing, answers) = channel();
        thread::Builder::new()
            .name("node-reader".to_owned())
            .spawn(move || {
                for (request, deadline) in incoming {
                    if outgoing.send(serve(&root, &request, deadline)).is_err() {
                        return;
                    }
                }
            })
            .map_err(LocalError::Thread)?;
        Ok(Self { requests, answers })
    }

    /// One answer. After a timeout every further request times out too, since the thread is stuck in the first.
    fn ask(&self, request: &Request, deadline: Instant) -> Answer {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || self.requests.send((request.clone(), deadline)).is_err() {
            return request.refused(late(request));
        }
        self.answers
            .recv_timeout(left)
            .unwrap_or_else(|_| request.refused(late(request)))
    }
}

fn late(request: &Request) -> Gap {
    Gap::new(
        "part of a node",
        request.path().unwrap_or("/proc"),
        GapReason::Timeout,
        "raise --timeout",
    )
}

fn serve(root: &Root, request: &Request, deadline: Instant) -> Answer {
    match request {
        Request::Hostname => Answer::Hostname(root.hostname()),
        Request::Processes => match processes::list(root, deadline) {
            Ok((processes, left_out)) => Answer::Processes(Ok(processes), left_out),
            Err(gap) => Answer::Processes(Err(gap), None),
        },
        Request::Stat(path) => Answer::Entries(vec![(path.clone(), root.stat(path))]),
        Request::Read(path, purpose) => {
            Answer::Entries(vec![(path.clone(), root.read(path, *purpose))])
        }
        Request::List(path) => Answer::Entries(vec![(path.clone(), root.list(path))]),
        Request::Tree(path, depth) => Answer::Entries(root.tree(path, *depth, deadline)),
    }
}

/// One answer of the native reader: what other readers are measured by.
#[cfg(test)]
pub(in crate::collect) fn serve_at(root: &Path, request: &Request) -> Answer {
    let root = Root::open(root).unwrap();
    serve(&root, request, Instant::now() + Duration::from_secs(60))
}
