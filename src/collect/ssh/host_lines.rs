//! One line of a file of known hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): whose key it is, and how keys are written.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use ring::{digest, hmac};

use super::glob::matches;

/// What SSH listens on unless told otherwise.
pub(super) const PORT: u16 = 22;

/// Where a line stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) file: Arc<Path>,
    pub(super) line: usize,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// A key, and the hosts that show it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) at: At,
    pub(super) marker: Marker,
    pub(super) hosts: Hosts,
    pub(super) kind: String,
    pub(super) key: Vec<u8>,
}

/// What stands before the hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    None,
    Revoked,
    Authority,
}

/// The hosts of a line.
#[derive(Debug)]
pub(super) enum Hosts {
    Patterns(Vec<String>),
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

impl Line {
    /// Reads a line; nothing when it is none.
    pub(super) fn parse(text: &str, at: At) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let mut first = words.next()?;
        let marker = match first {
            "@revoked" => Marker::Revoked,
            "@cert-authority" => Marker::Authority,
            other if other.starts_with('@') => return None,
            _ => Marker::None,
        };
        if marker != Marker::None {
            first = words.next()?;
        }
        let (kind, key) = (words.next()?, STANDARD.decode(words.next()?).ok()?);
        if kind_of(&key) != Some(kind) {
            return None;
        }
        Some(Self {
            at,
            marker,
            hosts: Hosts::parse(first)?,
            kind: kind.to_owned(),
            key,
        })
    }

    pub(super) fn is(&self, marker: Marker, key: &[u8]) -> bool {
        self.marker == marker && self.key == key
    }
}

impl Hosts {
    fn parse(text: &str) -> Option<Self> {
        let Some(hashed) = text.strip_prefix("|1|") else {
            let patterns = text.split(',').map(str::to_lowercase);
            return Some(Self::Patterns(patterns.collect()));
        };
        let (salt, hash) = hashed.split_once('|')?;
        Some(Self::Hashed {
            salt: STANDARD.decode(salt).ok()?,
            hash: STANDARD.decode(hash).ok()?,
        })
    }

    /// The names, where all are stated in full.
    pub(super) fn names(&self) -> Option<&[String]> {
        match self {
            Self::Patterns(names) if !names.iter().any(|name| name.contains(['*', '?', '!'])) => {
                Some(names)
            }
            _ => None,
        }
    }

    /// Whether `name` is one of them.
    pub(super) fn hold(&self, name: &str) -> bool {
        match self {
            Self::Patterns(patterns) => {
                let of = |negated: bool| {
                    patterns
                        .iter()
                        .any(|pattern| match pattern.strip_prefix('!') {
                            Some(pattern) => negated && matches(pattern, name),
                            None => !negated && matches(pattern, name),
                        })
                };
                of(false) && !of(true)
            }
            Self::Hashed { salt, hash } => {
                let salt = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, salt);
                hmac::verify(&salt, name.as_bytes(), hash).is_ok()
            }
        }
    }
}

/// The key of a line such as `ssh-ed25519 AAAA… comment`.
pub(super) fn public(line: &str) -> Option<Vec<u8>> {
    let mut words = line.split_ascii_whitespace();
    let (kind, key) = (words.next()?, STANDARD.decode(words.next()?).ok()?);
    (kind_of(&key) == Some(kind)).then_some(key)
}

/// A host as these files name it: with its port unless it is SSH's own.
pub(super) fn name(host: &str, port: u16) -> String {
    let host = host.to_lowercase();
    if port == PORT {
        host
    } else {
        format!("[{host}]:{port}")
    }
}

/// The type of a key, which its encoding begins with.
pub(super) fn kind_of(key: &[u8]) -> Option<&str> {
    let (length, rest) = key.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    std::str::from_utf8(rest.get(..length)?).ok()
}

/// The line that makes `key` known.
pub(super) fn line(host: &str, port: u16, key: &[u8]) -> String {
    let kind = kind_of(key).unwrap_or("unknown");
    format!("{} {kind} {}", name(host, port), STANDARD.encode(key))
}

/// The fingerprint of a key as OpenSSH shows it.
pub(super) fn fingerprint(key: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, key);
    format!("SHA256:{}", STANDARD_NO_PAD.encode(hash))
}
