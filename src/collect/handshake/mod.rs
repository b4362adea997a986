//! Handshakes with what listens on a node: who answers, which certificate is shown, who is let in.
//!
//! No certificate is verified here and none is shown; nothing is sent once a handshake is done, except to a server that
//! speaks TLS 1.3 alone, whose refusal comes only after that.

mod full;
mod hello;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use crate::facts::host::{EndpointAnswer as Answer, HostFacts, Listener, listeners};
use crate::facts::{Gap, GapReason};

use full::{Full, Version};

/// How long one connection may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often a server that hangs up is asked.
const TRIES: usize = 3;
/// What is left of a node's time for everything else.
const RESERVE: Duration = Duration::from_secs(2);

/// A connection.
pub(super) trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A connection that nobody can draw out by sending a byte now and then.
struct Bounded {
    stream: Box<dyn Stream>,
    until: Instant,
}

impl Bounded {
    fn in_time(&self) -> io::Result<()> {
        match Instant::now() < self.until {
            true => Ok(()),
            false => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.in_time()?;
        self.stream.read(buffer)
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.in_time()?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// A way to the listeners of a node.
pub(super) trait Dial {
    /// Connects; neither that nor reading nor writing takes much longer than `limit`.
    fn dial(&self, host: IpAddr, port: u16, limit: Duration) -> io::Result<Box<dyn Stream>>;
}

/// From this machine.
pub(super) struct Direct;

impl Dial for Direct {
    fn dial(&self, host: IpAddr, port: u16, limit: Duration) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect_timeout(&SocketAddr::new(host, port), limit)?;
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        Ok(Box::new(stream))
    }
}

/// Connects from this machine to everything that listens on the node of `facts`, all at once, and adds what that gave.
pub(super) fn from_here(facts: &mut HostFacts, deadline: Instant) {
    let (listeners, lacks) = listeners(facts);
    let (outgoing, incoming) = channel();
    for (number, listener) in listeners.iter().cloned().enumerate() {
        let outgoing = outgoing.clone();
        let probe = move || {
            // Nobody listens any more when the time was over.
            let _ = outgoing.send((number, answer(&Direct, &listener, deadline)));
        };
        let started = thread::Builder::new().name("handshake".to_owned());
        // What cannot be started is late.
        let _ = started.spawn(probe);
    }
    drop(outgoing);
    let mut answers: Vec<_> = listeners
        .into_iter()
        .map(|listener| (listener.clone(), Answer::Unknown(late(&listener))))
        .collect();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match incoming.recv_timeout(left) {
            Ok((number, answer)) => answers[number].1 = answer,
            Err(_) => break,
        }
    }
    facts.take_answers(answers, lacks);
}

/// Connects over `dial` to everything that listens on the node of `facts`, one after the other.
pub(super) fn over(dial: &dyn Dial, facts: &HostFacts, deadline: Instant) -> Vec<Answer> {
    let (listeners, _) = listeners(facts);
    let each = listeners.iter().map(|one| answer(dial, one, deadline));
    each.collect()
}

fn late(listener: &Listener) -> Gap {
    listener.gap(GapReason::Timeout, "look why it does not answer in time")
}

/// What a listener shows.
fn answer(dial: &dyn Dial, listener: &Listener, deadline: Instant) -> Answer {
    let probe = Probe {
        dial,
        listener,
        deadline,
    };
    match probe.run() {
        Ok(answer) => answer,
        Err(error) => Answer::Unknown(probe.gap(&error)),
    }
}

fn hung_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let kinds = [
        BrokenPipe,
        ConnectionAborted,
        ConnectionReset,
        UnexpectedEof,
    ];
    kinds.contains(&error.kind())
}

struct Probe<'p> {
    dial: &'p dyn Dial,
    listener: &'p Listener,
    deadline: Instant,
}

impl Probe<'_> {
    fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        // One wait may begin just before the time of the connection ends, and takes as long again.
        let limit = (left.saturating_sub(RESERVE) / 2).min(PATIENCE);
        if limit.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let Listener { host, port, .. } = self.listener;
        let until = Instant::now() + limit;
        let stream = self.dial.dial(*host, *port, limit)?;
        Ok(Box::new(Bounded { stream, until }))
    }

    fn run(&self) -> io::Result<Answer> {
        let stream = match self.connect() {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                return Ok(Answer::Closed);
            }
            other => other?,
        };
        let host = self.listener.host;
        let mut version = (Version::V1_2, "1.2");
        let mut shaken = full::shake(stream, host, version.0)?;
        if matches!(shaken, Full::Refused) {
            version = (Version::V1_3, "1.3");
            shaken = full::shake(self.connect()?, host, version.0)?;
        }
        let shown = match shaken {
            Full::Plain => return Ok(Answer::Plain),
            // It refuses both, so it may have nothing in common with us but older ways.
            Full::Refused => return Ok(Answer::Unknown(self.nothing_in_common())),
            Full::Tls(shown) => shown,
        };
        let client_certificate = self.insist(shown.client_certificate, version.0);
        Ok(Answer::Tls {
            lowest_version: self.lowest(version.1).map_err(|error| self.gap(&error)),
            client_certificate: client_certificate.map_err(|error| self.gap(&error)),
            chain: shown.chain,
        })
    }

    /// A server's refusal is lost when it hangs up fast. One that asks for a certificate and hangs up on a client without
    /// one every time demands it.
    fn insist(
        &self,
        mut said: io::Result<&'static str>,
        version: Version,
    ) -> io::Result<&'static str> {
        for _ in 1..TRIES {
            match said {
                Err(error) if hung_up(&error) => {
                    let again = full::shake(self.connect()?, self.listener.host, version)?;
                    let Full::Tls(shown) = again else {
                        return Err(error);
                    };
                    said = shown.client_certificate;
                }
                said => return said,
            }
        }
        match said {
            Err(error) if hung_up(&error) => Ok("required"),
            said => said,
        }
    }

    /// The lowest version that is accepted; `known` is.
    fn lowest(&self, known: &'static str) -> io::Result<&'static str> {
        for (version, name) in [(hello::TLS_1_0, "1.0"), (hello::TLS_1_1, "1.1")] {
            if hello::accepted(&mut *self.connect()?, version)? {
                return Ok(name);
            }
        }
        Ok(known)
    }

    fn nothing_in_common(&self) -> Gap {
        let remedy = "connect by hand: it accepts no cipher suite that is known here";
        self.listener.gap(GapReason::Unparsable, remedy)
    }

    fn gap(&self, error: &io::Error) -> Gap {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => late(self.listener),
            io::ErrorKind::PermissionDenied => {
                let remedy = "let sshd forward connections (AllowTcpForwarding local), or read the node with --node local";
                self.listener.gap(GapReason::Forbidden, remedy)
            }
            _ => {
                let remedy = "connect by hand to see what answers there";
                self.listener.gap(GapReason::Unreachable, remedy)
            }
        }
    }
}
