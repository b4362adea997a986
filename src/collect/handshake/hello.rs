//! The greeting of old versions of TLS, which no library speaks any more (RFC 2246, RFC 4346).
//!
//! Only what the server answers to it is looked at; nothing is agreed on.

use std::io::{self, ErrorKind};

use super::Stream;

/// TLS 1.0, as it goes over the wire.
pub(super) const TLS_1_0: u16 = 0x0301;
/// TLS 1.1.
pub(super) const TLS_1_1: u16 = 0x0302;

const HANDSHAKE: u8 = 22;
const SERVER_HELLO: u8 = 2;

/// Cipher suites that servers of that time, and Go's that are told to, agree to.
const SUITES: [u16; 16] = [
    0xc009, 0xc00a, 0xc013, 0xc014, 0xc012, 0xc008, 0xc007, 0xc011, 0x0033, 0x0039, 0x0016, 0x002f,
    0x0035, 0x000a, 0x0005, 0x0004,
];

/// Whether the server goes on in `version`.
pub(super) fn accepted(stream: &mut dyn Stream, version: u16) -> io::Result<bool> {
    stream.write_all(&record(version))?;
    stream.flush()?;
    // Type, version and length of the record; type and length of the message; the version in it.
    let mut answer = [0; 11];
    match stream.read_exact(&mut answer) {
        Ok(()) => {}
        // An alert is shorter, and one that hangs up does not go on either.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset
            ) =>
        {
            return Ok(false);
        }
        Err(error) => return Err(error),
    }
    let chosen = u16::from_be_bytes([answer[9], answer[10]]);
    Ok(answer[0] == HANDSHAKE && answer[5] == SERVER_HELLO && chosen == version)
}

/// A client's greeting in one record.
fn record(version: u16) -> Vec<u8> {
    let mut hello = version.to_be_bytes().to_vec();
    // What is random elsewhere needs not be where nothing is encrypted.
    hello.extend([0x5e; 32]);
    hello.push(0);
    hello.extend(sized(
        SUITES
            .iter()
            .flat_map(|suite| suite.to_be_bytes())
            .collect(),
    ));
    hello.extend([1, 0]);
    // Curves P-256, P-384, P-521 and X25519, and points that are not compressed (RFC 8422).
    let curves = sized(vec![0, 23, 0, 24, 0, 25, 0, 29]);
    let extensions = [extension(10, curves), extension(11, vec![1, 0])].concat();
    hello.extend(sized(extensions));
    let mut message = vec![1, 0];
    message.extend(sized(hello));
    let mut record = vec![HANDSHAKE, 3, 1];
    record.extend(sized(message));
    record
}

fn extension(kind: u16, body: Vec<u8>) -> Vec<u8> {
    [kind.to_be_bytes().to_vec(), sized(body)].concat()
}

/// With the length, two bytes, in front; nothing here is longer than a few hundred bytes.
fn sized(body: Vec<u8>) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    [length.to_be_bytes().to_vec(), body].concat()
}
