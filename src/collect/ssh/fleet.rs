//! Many nodes at once, each within its time.
//!
//! A node is read by a plain thread of its own, a bounded number at a time. Whoever takes too long has its connections
//! ended from outside and is left behind: nobody waits for a thread that hangs.

use std::collections::{BTreeMap, VecDeque};
use std::io::BufReader;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use ring::rand::{SecureRandom, SystemRandom};

use super::error::SshError;
use super::forward::Forwarded;
use super::keys::Passphrases;
use super::pool::{Pool, Share};
use super::route::Route;
use super::session::{Connected, Means, Sockets, connect};
use super::talk::{self, Opening, Talk};
use crate::collect::identity::Book;
use crate::collect::{Progress, handshake};
use crate::facts::component::Told;
use crate::facts::host::observe_as;

/// How long it takes at most until a wish to stop is heeded.
const HEED: Duration = Duration::from_millis(200);

/// A node that was read, or why not.
pub(super) struct Read {
    /// Its place in the order of the routes.
    pub(super) number: usize,
    pub(super) talk: Result<Talk, SshError>,
}

/// What is the same for all nodes.
pub(super) struct Common {
    pub(super) told: Told,
    /// Which node has which address.
    pub(super) book: Book,
    pub(super) passphrases: Passphrases,
    pub(super) parallel: usize,
    pub(super) limit: Duration,
    /// The memory for what they say.
    pub(super) pool: Arc<Pool>,
}

/// A node that is being read.
struct Running {
    label: String,
    sockets: Arc<Sockets>,
    deadline: Instant,
}

impl Running {
    fn new(route: &Route, common: &Common) -> Self {
        Self {
            label: route.label.clone(),
            sockets: Arc::default(),
            deadline: Instant::now() + common.limit,
        }
    }
}

/// Reads every node; `take` gets each as soon as it is done, in any order.
pub(super) fn read(
    routes: Vec<Route>,
    common: Common,
    progress: &dyn Progress,
    mut take: impl FnMut(Read),
) {
    let common = Arc::new(common);
    let (outgoing, incoming) = channel();
    let mut waiting: VecDeque<(usize, Route)> = routes.into_iter().enumerate().collect();
    let mut running: BTreeMap<usize, Running> = BTreeMap::new();
    let mut done = |number: usize, running: &mut BTreeMap<usize, Running>, talk| {
        // One that was given up on already has nothing more to say.
        if let Some(node) = running.remove(&number) {
            progress.finished(&node.label, &told_of(&talk));
            take(Read { number, talk });
        }
    };
    let stop = progress.stop();
    while !waiting.is_empty() || !running.is_empty() {
        if stop.is_asked() {
            running.extend(waiting.drain(..).map(|(number, route)| {
                let node = Running::new(&route, &common);
                (number, node)
            }));
            for number in running.keys().copied().collect::<Vec<_>>() {
                running[&number].sockets.end();
                done(number, &mut running, Err(SshError::Stopped));
            }
            return;
        }
        while running.len() < common.parallel.max(1) {
            let Some((number, route)) = waiting.pop_front() else {
                break;
            };
            let node = Running::new(&route, &common);
            progress.started(&node.label);
            let sockets = node.sockets.clone();
            let deadline = node.deadline;
            running.insert(number, node);
            let (common, outgoing) = (common.clone(), outgoing.clone());
            let started = thread::Builder::new()
                .name("ssh-node".to_owned())
                .spawn(move || one(number, &route, &common, &sockets, deadline, &outgoing));
            if let Err(error) = started {
                done(number, &mut running, Err(SshError::Start(error)));
            }
        }
        match next(&incoming, &running) {
            Some((number, talk)) => done(number, &mut running, talk),
            None => {
                for number in late(&running) {
                    let node = &running[&number];
                    node.sockets.end();
                    let error = SshError::Late {
                        host: node.label.clone(),
                        seconds: common.limit.as_secs(),
                    };
                    done(number, &mut running, Err(error));
                }
            }
        }
    }
}

/// What is said of a node that is done.
fn told_of(talk: &Result<Talk, SshError>) -> String {
    match talk {
        Ok(Talk { trips, answers, .. }) => {
            format!("{trips} round trips, {} handshakes", answers.len())
        }
        Err(error) => error.to_string(),
    }
}

type Answer = (usize, Result<Talk, SshError>);

/// The next node that is done; nothing when the time of one is over, or it is time to look around.
fn next(incoming: &Receiver<Answer>, running: &BTreeMap<usize, Running>) -> Option<Answer> {
    let first = running.values().map(|node| node.deadline).min()?;
    let left = first.saturating_duration_since(Instant::now());
    incoming.recv_timeout(left.min(HEED)).ok()
}

fn late(running: &BTreeMap<usize, Running>) -> Vec<usize> {
    let now = Instant::now();
    let late = running.iter().filter(|(_, node)| node.deadline <= now);
    late.map(|(number, _)| *number).collect()
}

fn one(
    number: usize,
    route: &Route,
    common: &Common,
    sockets: &Sockets,
    deadline: Instant,
    outgoing: &Sender<Answer>,
) {
    let means = Means {
        sockets,
        passphrases: &common.passphrases,
        deadline,
    };
    let talk = connect(route, &means).and_then(|way| {
        let peer = way.peer.map(|peer| peer.to_string());
        let by_peer = || common.book.node(peer.as_deref()?);
        let node = route.node.as_deref().or_else(by_peer);
        let mut talk = told(&way, route, common, node)?;
        let key = way.session.host_key();
        talk.key = key.map(|(key, _)| key.to_vec()).unwrap_or_default();
        let facts = observe_as(&talk.tree, &common.told, node).0;
        talk.answers = handshake::over(&Forwarded(&way.session), &facts, deadline);
        Ok(talk)
    });
    // Nobody listens any more when the time was over.
    let _ = outgoing.send((number, talk));
    // Closing may wait for a host that no longer answers.
    sockets.end();
}

/// Runs the script and talks to it.
fn told(
    way: &Connected,
    route: &Route,
    common: &Common,
    node: Option<&str>,
) -> Result<Talk, SshError> {
    let share = Share::of(&common.pool);
    let protocol = |source| SshError::Protocol {
        host: route.label.clone(),
        source,
    };
    let mut channel = way.session.channel_session().map_err(protocol)?;
    channel
        .handle_extended_data(ssh2::ExtendedData::Merge)
        .map_err(protocol)?;
    channel.exec(&talk::command()).map_err(protocol)?;
    let (from, to) = (BufReader::new(channel.stream(0)), channel.stream(0));
    let opening = Opening {
        nonce: &nonce(),
        user: &route.user,
        told: &common.told,
        node,
    };
    talk::talk(from, to, &opening, share).map_err(|source| SshError::Wire {
        host: route.label.clone(),
        source,
    })
}

/// A word that nobody else knows.
fn nonce() -> String {
    let mut bytes = [0_u8; 12];
    // Without randomness the word is still one that no banner says.
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
