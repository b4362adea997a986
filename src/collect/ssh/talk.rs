//! The conversation with the script on one node, over whatever carries it.
//!
//! The first batch goes out with everything that most nodes are asked for, and the script follows by itself what the
//! node's components name. What the normaliser wants beyond that is asked for in further batches: one, in practice.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};

use super::pool::Share;
use super::seen::Seen;
use super::wire::{Ask, Records, WireError, batch};
use crate::facts::component::Told;
use crate::facts::host::{
    EndpointAnswer, HostTree, Purpose, Request, observe_as, printable, usual,
};

/// What runs on the node.
pub(super) const SCRIPT: &str = concat!(include_str!("keep.sh"), include_str!("probe.sh"));
/// How often a node is asked at most. A component leads to its configuration, that to manifests and kubeconfigs, those
/// to certificates, and the script follows most of that alone.
const TRIPS: usize = 16;

/// What was said on one node.
#[derive(Debug)]
pub(super) struct Talk {
    /// What it holds.
    pub(super) share: Share,
    /// The node as it was seen.
    pub(super) tree: HostTree,
    /// How many batches it took.
    pub(super) trips: usize,
    /// What its listeners showed, in the order of [`listeners`](crate::facts::host::listeners); empty before they are asked.
    pub(super) answers: Vec<EndpointAnswer>,
    /// The node that was asked.
    pub(super) node: Option<String>,
    /// The key by which the host proved who it is; empty until somebody knows.
    pub(super) key: Vec<u8>,
}

/// The command that runs the script, as root where `sudo` gives that without a question. It takes as many bytes from its
/// input as the script has and leaves the rest to it, and is one that the login shells of this world understand.
pub(super) fn command() -> String {
    let read = format!("eval \"$(dd bs=1 count={} 2>/dev/null)\"", SCRIPT.len());
    let choose = "if test \"$(id -u)\" != 0 && sudo -n /bin/sh -c : </dev/null >/dev/null 2>&1; \
        then exec sudo -n /bin/sh -c \"$0\"; else exec /bin/sh -c \"$0\"; fi";
    format!("/bin/sh -c '{choose}' '{read}'")
}

/// What is said to the script besides what is asked.
pub(super) struct Opening<'a> {
    /// A word nobody else knows.
    pub(super) nonce: &'a str,
    /// The user it runs as unless sudo made it root.
    pub(super) user: &'a str,
    /// What is known of the node's components from elsewhere.
    pub(super) told: &'a Told,
    /// The node that was asked, where the API says which that is.
    pub(super) node: Option<&'a str>,
}

/// Talks to a shell that runs [`command`].
pub(super) fn talk(
    from: impl BufRead,
    mut to: impl Write,
    opening: &Opening<'_>,
    share: Share,
) -> Result<Talk, WireError> {
    to.write_all(SCRIPT.as_bytes())?;
    converse(from, to, opening, share)
}

/// The same once the script is there.
pub(super) fn converse(
    from: impl BufRead,
    mut to: impl Write,
    opening: &Opening<'_>,
    share: Share,
) -> Result<Talk, WireError> {
    let Opening {
        nonce, user, node, ..
    } = *opening;
    to.write_all(format!("{nonce}\n{}", batch(&first())).as_bytes())?;
    to.flush()?;
    let (mut records, uid) = Records::begin(from, nonce, share)?;
    let remedy = format!(
        "log in as root, or write into /etc/sudoers.d/seaworthy there: {user} ALL=(root) NOPASSWD: /bin/sh"
    );
    let mut seen = Seen::new(nonce, (uid != 0).then_some(remedy));
    let mut tree = HostTree::default();
    let mut asked = Vec::new();
    let mut trips = 0;
    loop {
        trips += 1;
        records.read(|record| seen.take(record))?;
        let mut asks = conclude(&mut tree, &mut records, &seen, opening)?;
        // What was asked for and not told is not going to be, and a path that no line can hold cannot be asked for.
        asks.retain(|ask| !asked.contains(ask) && ask.fits());
        if asks.is_empty() || trips == TRIPS {
            break;
        }
        to.write_all(batch(&asks).as_bytes())?;
        to.flush()?;
        asked.extend(asks);
    }
    Ok(Talk {
        share: records.share(),
        tree,
        trips,
        answers: Vec::new(),
        node: node.map(str::to_owned),
        key: Vec::new(),
    })
}

/// What every node is asked for.
fn first() -> Vec<Ask> {
    let usual = usual();
    let mut asks = vec![
        Ask::FollowFiles(usual.files),
        Ask::FollowDirectories(usual.directories),
    ];
    asks.extend(lists());
    let below = usual.below.into_iter();
    asks.extend(usual.requests.iter().map(ask));
    asks.extend(below.map(|(path, depth)| Ask::All(path, depth)));
    asks
}

/// What of command lines and variables may leave a node.
pub(super) fn lists() -> [Ask; 9] {
    let lists = printable();
    let set = |names: &BTreeSet<&'static str>| names.iter().copied().collect();
    [
        Ask::Keep('v', set(&lists.valued)),
        Ask::Keep('b', set(&lists.switches)),
        Ask::Keep('n', set(&lists.nested)),
        Ask::Keep('s', set(&lists.secret)),
        Ask::Keep('p', lists.programs.clone()),
        Ask::Keep('x', lists.suffixes.to_vec()),
        Ask::Keep('w', set(&lists.words)),
        Ask::Keep('o', lists.others.to_vec()),
        Ask::Keep('e', lists.parts.to_vec()),
    ]
}

/// What to ask for a file that is read for a purpose.
pub(super) fn read(path: String, purpose: Purpose) -> Ask {
    match purpose {
        Purpose::Runtime => Ask::ReadRuntime(path),
        Purpose::Manifest => Ask::ReadManifest(path),
        _ => Ask::Read(path),
    }
}

pub(super) fn ask(request: &Request) -> Ask {
    let path = request.path().unwrap_or_default().to_owned();
    match request {
        Request::Hostname => Ask::Hostname,
        Request::Processes => Ask::Processes,
        Request::Stat(_) => Ask::Stat(path),
        Request::Read(_, purpose) => read(path, *purpose),
        Request::List(_) => Ask::List(path),
        Request::Tree(_, depth) => Ask::Below(path, *depth),
    }
}

/// Lets the normaliser look as far as what was seen reaches; returns what to ask for next.
fn conclude<R: BufRead>(
    tree: &mut HostTree,
    records: &mut Records<R>,
    seen: &Seen,
    opening: &Opening<'_>,
) -> Result<Vec<Ask>, WireError> {
    loop {
        let mut asks = Vec::new();
        let mut answered = false;
        for request in observe_as(tree, opening.told, opening.node).1 {
            match seen.answer(&request) {
                Ok(answer) => {
                    records.hold(answer.weight())?;
                    tree.insert(answer);
                    answered = true;
                }
                Err(missing) => asks.extend([ask(&request), missing]),
            }
        }
        if !answered {
            asks.sort_unstable();
            asks.dedup();
            return Ok(asks);
        }
    }
}
