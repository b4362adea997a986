//! A connection through another: what the next session takes for its socket, and a thread that carries bytes.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use ssh2::Channel;

use super::error::SshError;
use super::session::Connected;

/// How much is carried at once.
const PIECE: usize = 64 * 1024;

/// A stream to `host` that leads through another host, whose session lives as long as the stream does.
pub(super) fn through(
    way: Connected,
    host: &str,
    port: u16,
    label: &str,
) -> Result<UnixStream, SshError> {
    let protocol = |source| SshError::Protocol {
        host: format!("{host} through {label}"),
        source,
    };
    let Connected { session, wire, .. } = way;
    let channel = session
        .channel_direct_tcpip(host, port, None)
        .map_err(protocol)?;
    let (ours, theirs) = UnixStream::pair().map_err(SshError::Start)?;
    theirs.set_nonblocking(true).map_err(SshError::Start)?;
    session.set_blocking(false);
    thread::Builder::new()
        .name("ssh-jump".to_owned())
        .spawn(move || {
            // Whatever ends it, the other side sees a closed stream.
            let _ = carry(&wire, channel, theirs);
            drop(session);
        })
        .map_err(SshError::Start)?;
    Ok(ours)
}

/// Carries bytes both ways until one side has no more.
fn carry(wire: &OwnedFd, mut channel: Channel, mut stream: UnixStream) -> io::Result<()> {
    let mut inward = Pending::default();
    let mut outward = Pending::default();
    loop {
        let moved = [
            inward.fill(&mut channel)?,
            inward.drain(&mut stream)?,
            outward.fill(&mut stream)?,
            outward.drain(&mut channel)?,
        ];
        if inward.is_over() || outward.is_over() || channel.eof() {
            inward.drain(&mut stream)?;
            return Ok(());
        }
        if !moved.contains(&true) {
            wait(wire, &stream)?;
        }
    }
}

/// Waits until either side has something to say.
fn wait(wire: &OwnedFd, stream: &UnixStream) -> io::Result<()> {
    let moment = Timespec {
        tv_sec: 0,
        tv_nsec: 200_000_000,
    };
    let mut descriptors = [
        PollFd::new(wire, PollFlags::IN),
        PollFd::new(stream, PollFlags::IN),
    ];
    poll(&mut descriptors, Some(&moment))?;
    Ok(())
}

/// Bytes that were read and not yet written.
#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    ended: bool,
}

impl Pending {
    fn fill(&mut self, from: &mut impl Read) -> io::Result<bool> {
        if !self.bytes.is_empty() || self.ended {
            return Ok(false);
        }
        self.bytes.resize(PIECE, 0);
        let read = from.read(&mut self.bytes);
        self.bytes.truncate(*read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => {
                self.ended = true;
                Ok(true)
            }
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn drain(&mut self, to: &mut impl Write) -> io::Result<bool> {
        if self.bytes.is_empty() {
            return Ok(false);
        }
        match to.write(&self.bytes) {
            Ok(written) => {
                self.bytes.drain(..written);
                Ok(written > 0)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn is_over(&self) -> bool {
        self.ended && self.bytes.is_empty()
    }
}
