//! Connections from the node itself to what listens there, through its sshd (RFC 4254, section 7.2).

use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::time::Duration;

use ssh2::{ErrorCode, Session};

use crate::collect::handshake::{Dial, Stream};

/// libssh2's `LIBSSH2_ERROR_CHANNEL_FAILURE`: the other side did not open the channel.
const NOT_OPENED: ErrorCode = ErrorCode::Session(-21);

/// A session that forwards.
pub(super) struct Forwarded<'s>(pub(super) &'s Session);

impl Dial for Forwarded<'_> {
    fn dial(&self, host: IpAddr, port: u16, limit: Duration) -> io::Result<Box<dyn Stream>> {
        self.0
            .set_timeout(u32::try_from(limit.as_millis()).unwrap_or(u32::MAX));
        let opened = self.0.channel_direct_tcpip(&host.to_string(), port, None);
        match opened {
            Ok(channel) => Ok(Box::new(channel)),
            // RFC 4254, section 5.1: why it was not opened, which the library only tells in words.
            Err(error)
                if error.code() == NOT_OPENED && error.message().contains("connect failed") =>
            {
                Err(ErrorKind::ConnectionRefused.into())
            }
            Err(error) if error.code() == NOT_OPENED => Err(ErrorKind::PermissionDenied.into()),
            Err(error) => Err(error.into()),
        }
    }
}
