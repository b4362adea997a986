//! One SSH connection: its socket, the host's key, the user's key.

use std::io;
use std::net::{IpAddr, Shutdown, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ssh2::{MethodType, Session};

use super::algorithms::{preferred, rsa_bits};
use super::error::SshError;
use super::host_lines::{fingerprint, kind_of, line};
use super::jump;
use super::keys::Passphrases;
use super::known_hosts::Verdict;
use super::route::Route;

/// How many keys are offered: sshd hangs up after six (`MaxAuthTries`).
const TRIES: usize = 5;

/// The sockets of one node, so that somebody else can end what hangs on them.
#[derive(Default)]
pub(super) struct Sockets(Mutex<Vec<TcpStream>>);

impl Sockets {
    fn keep(&self, socket: &TcpStream) -> io::Result<()> {
        let socket = socket.try_clone()?;
        let mut kept = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        kept.push(socket);
        Ok(())
    }

    /// Ends every connection: whoever waits for one gets an error.
    pub(super) fn end(&self) {
        let kept = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        for socket in kept.iter() {
            // One that is closed already is what is wanted.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

/// What connecting needs beside the route.
pub(super) struct Means<'a> {
    pub(super) sockets: &'a Sockets,
    pub(super) passphrases: &'a Passphrases,
    pub(super) deadline: Instant,
}

impl Means<'_> {
    /// What is left, at least a moment: a limit of zero would mean none.
    fn left(&self) -> Duration {
        let left = self.deadline.saturating_duration_since(Instant::now());
        left.max(Duration::from_millis(50))
    }
}

/// A session, and the socket it runs on.
pub(super) struct Connected {
    pub(super) session: Session,
    pub(super) wire: OwnedFd,
    /// The address that answered, where nobody is in between.
    pub(super) peer: Option<IpAddr>,
}

/// Connects to the host of `route` and logs in, through its jump hosts.
pub(super) fn connect(route: &Route, means: &Means<'_>) -> Result<Connected, SshError> {
    match &route.through {
        None => {
            let socket = dial(route, means)?;
            let peer = socket.peer_addr().ok().map(|peer| peer.ip());
            let mut connected = logged_in(route, socket, means)?;
            connected.peer = peer;
            Ok(connected)
        }
        Some(through) => {
            let way = connect(through, means)?;
            let socket = jump::through(way, &route.host, route.port, &through.label)?;
            logged_in(route, socket, means)
        }
    }
}

fn dial(route: &Route, means: &Means<'_>) -> Result<TcpStream, SshError> {
    let (host, port) = (route.host.clone(), route.port);
    let addresses = (host.as_str(), port).to_socket_addrs();
    let addresses = addresses.map_err(|source| SshError::Resolve {
        host: host.clone(),
        source,
    })?;
    let mut failure = io::ErrorKind::NotFound.into();
    for address in addresses {
        let connected = TcpStream::connect_timeout(&address, means.left()).and_then(|socket| {
            socket.set_nodelay(true)?;
            means.sockets.keep(&socket)?;
            Ok(socket)
        });
        match connected {
            Ok(socket) => return Ok(socket),
            Err(error) => failure = error,
        }
    }
    Err(SshError::Connect {
        host,
        port,
        source: failure,
    })
}

fn logged_in(
    route: &Route,
    socket: impl AsRawFd + AsFd + 'static,
    means: &Means<'_>,
) -> Result<Connected, SshError> {
    let protocol = |source| SshError::Protocol {
        host: route.label.clone(),
        source,
    };
    let wire = socket.as_fd().try_clone_to_owned();
    let wire = wire.map_err(SshError::Start)?;
    let mut session = Session::new().map_err(protocol)?;
    session.set_tcp_stream(socket);
    let limit = u32::try_from(means.left().as_millis()).unwrap_or(u32::MAX);
    session.set_timeout(limit);
    let known = route.known_hosts.kinds(&route.known_as, route.port);
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    session
        .method_pref(MethodType::HostKey, &preferred(&route.host_keys, &known))
        .map_err(protocol)?;
    session.handshake().map_err(protocol)?;
    let key = session.host_key().map(|(key, _)| key.to_vec());
    trusted(route, &key.unwrap_or_default())?;
    authenticate(&session, route, means.passphrases)?;
    Ok(Connected {
        session,
        wire,
        peer: None,
    })
}

/// Lets a known host pass, and a new one where that is wished for.
fn trusted(route: &Route, key: &[u8]) -> Result<(), SshError> {
    let (host, name, known) = (&route.label, &route.known_as, &route.known_hosts);
    let shown = format!("{} {}", kind_of(key).unwrap_or("key"), fingerprint(key));
    let add = line(name, route.port, key);
    let refuse = |reason: String, hint: String| Err(SshError::HostKey { reason, hint });
    if let Some(bits) = rsa_bits(key).filter(|bits| *bits < route.required_rsa) {
        let (reason, hint) = (
            format!(
                "{host} shows an RSA key of {bits} bits ({shown}), and RequiredRSASize asks for more"
            ),
            "give the host a longer key".to_owned(),
        );
        return refuse(reason, hint);
    }
    let mut verdict = known.judge(name, route.port, key);
    if verdict == Verdict::Unknown && route.accept_new {
        let accepted = known.accept(name, route.port, key);
        verdict = accepted.map_err(|error| SshError::HostKey {
            reason: format!("the key of {host} cannot be written down: {error}"),
            hint: format!("add the line to the known hosts by hand: {add}"),
        })?;
    }
    match verdict {
        Verdict::Known => Ok(()),
        Verdict::Revoked(at) => refuse(
            format!("{host} shows a key that is revoked ({shown}; {at})"),
            "find out who answers there: the key is in somebody else's hands".to_owned(),
        ),
        Verdict::Changed(at) => refuse(
            format!("{host} shows another key than the one that is known ({shown}; {at})"),
            format!("if the host was made anew, put this line in the place of {at}: {add}"),
        ),
        Verdict::Authority(at) => refuse(
            format!(
                "{host} is known by a certificate authority alone ({at}), which is not supported"
            ),
            format!("compare the fingerprint and add to the known hosts: {add}"),
        ),
        Verdict::Unknown => refuse(
            format!("nothing is known of {host}, which shows {shown}"),
            format!(
                "compare the fingerprint and add to the known hosts, or use --accept-new: {add}"
            ),
        ),
    }
}

/// Offers the agent's keys, then those in files.
fn authenticate(
    session: &Session,
    route: &Route,
    passphrases: &Passphrases,
) -> Result<(), SshError> {
    let mut tried = Vec::new();
    if let Some(socket) = &route.agent {
        of_agent(session, socket, route, &mut tried);
    }
    for key in &route.keys {
        if session.authenticated() || tried.len() >= TRIES {
            break;
        }
        let phrase = passphrases.get(key).map(|phrase| phrase.as_str());
        // A refusal, or a key that cannot be read, and the next has its turn.
        let offered = session.userauth_pubkey_file(&route.user, None, key, phrase);
        tried.push(match offered {
            Ok(()) => return Ok(()),
            Err(_) => key.display().to_string(),
        });
    }
    if session.authenticated() {
        return Ok(());
    }
    Err(SshError::Refused {
        host: route.label.clone(),
        user: route.user.clone(),
        tried: match (tried.is_empty(), route.missing.is_empty()) {
            (false, _) => tried.join(", "),
            (true, true) => "there is none".to_owned(),
            (true, false) => format!("there is none at {}", route.missing.join(", ")),
        },
    })
}

/// Offers every key of the agent, one after the other; those of the route alone where that is configured.
fn of_agent(session: &Session, socket: &Path, route: &Route, tried: &mut Vec<String>) {
    let Ok(mut agent) = session.agent() else {
        return;
    };
    // An agent that does not answer has no keys.
    let listed = agent
        .set_identity_path(socket)
        .and_then(|()| agent.connect())
        .and_then(|()| agent.list_identities())
        .and_then(|()| agent.identities());
    let own: Vec<Vec<u8>> = route.keys.iter().filter_map(|key| public(key)).collect();
    for identity in listed.unwrap_or_default() {
        if tried.len() >= TRIES {
            return;
        }
        if route.only_these && !own.iter().any(|key| key == identity.blob()) {
            continue;
        }
        match agent.userauth(&route.user, &identity) {
            Ok(()) => return,
            Err(_) => tried.push(format!("{} (agent)", fingerprint(identity.blob()))),
        }
    }
}

/// The public part of a key, which OpenSSH puts beside it.
fn public(key: &Path) -> Option<Vec<u8>> {
    let mut name = key.as_os_str().to_owned();
    name.push(".pub");
    let bytes = input::regular(Path::new(&name), input::SETTINGS).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    STANDARD.decode(text.split_whitespace().nth(1)?).ok()
}
use crate::input;
