//! OpenSSH's files of known host keys, read as OpenSSH reads them (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
//!
//! The library's own reader takes `@revoked` for a host name, so it accepts revoked keys, and loses what follows a line it
//! cannot read. Certificates of hosts are not supported: a host known by its authority alone is refused, and told so.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use ring::{digest, hmac};

use super::glob::matches;

/// What SSH listens on unless told otherwise.
pub(super) const PORT: u16 = 22;

/// The lines of all files.
#[derive(Debug, Default)]
pub(super) struct KnownHosts {
    lines: Vec<Line>,
    /// Keys that no host may show.
    revoked: Vec<(At, Vec<u8>)>,
    /// What could not be read, by file and line.
    pub(super) remarks: Vec<String>,
}

/// Where a line stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At {
    file: PathBuf,
    line: usize,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

#[derive(Debug)]
struct Line {
    at: At,
    marker: Marker,
    hosts: Hosts,
    kind: String,
    key: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marker {
    None,
    Revoked,
    Authority,
}

#[derive(Debug)]
enum Hosts {
    Patterns(Vec<String>),
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

/// What the files say about a key that a host showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the host's.
    Known,
    /// It must never be trusted again.
    Revoked(At),
    /// The host had another one of this type.
    Changed(At),
    /// The host is known by a certificate authority alone, which is not supported.
    Authority(At),
    /// Nothing is known of a key of this type.
    Unknown,
}

impl KnownHosts {
    /// Takes in the lines of a file.
    pub(super) fn add(&mut self, file: &Path, text: &str) {
        for (number, line) in text.lines().enumerate() {
            let at = At {
                file: file.to_owned(),
                line: number + 1,
            };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match Line::parse(line, at.clone()) {
                Some(line) => self.lines.push(line),
                None => self
                    .remarks
                    .push(format!("{at}: no line of known hosts, left out")),
            }
        }
    }

    /// Takes in a list of keys that no host may show (`RevokedHostKeys`), each as in a file with the ending `.pub`.
    ///
    /// # Errors
    /// The first line that is none: OpenSSH trusts nobody then.
    pub(super) fn revoke(&mut self, file: &Path, text: &str) -> Result<(), At> {
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let at = At {
                file: file.to_owned(),
                line: number + 1,
            };
            match public(line) {
                Some(key) => self.revoked.push((at, key)),
                None => return Err(at),
            }
        }
        Ok(())
    }

    /// Judges the key that `host` showed, as in SSH's own encoding (RFC 4253, section 6.6).
    pub(super) fn judge(&self, host: &str, port: u16, key: &[u8]) -> Verdict {
        if let Some((at, _)) = self.revoked.iter().find(|(_, revoked)| revoked == key) {
            return Verdict::Revoked(at.clone());
        }
        let name = name(host, port);
        if let Some(line) = self.of(&name).find(|line| line.is(Marker::Revoked, key)) {
            return Verdict::Revoked(line.at.clone());
        }
        let plain = || self.of(&name).filter(|line| line.marker == Marker::None);
        if plain().any(|line| line.key == key) {
            return Verdict::Known;
        }
        let kind = kind_of(key);
        if let Some(line) = plain().find(|line| Some(line.kind.as_str()) == kind) {
            return Verdict::Changed(line.at.clone());
        }
        // As OpenSSH: a host that is new at its port may be known without it.
        if port != PORT && self.judge(host, PORT, key) == Verdict::Known {
            return Verdict::Known;
        }
        let mut authorities = self
            .of(&name)
            .filter(|line| line.marker == Marker::Authority);
        match authorities.next() {
            Some(line) if plain().next().is_none() => Verdict::Authority(line.at.clone()),
            _ => Verdict::Unknown,
        }
    }

    /// The types of keys that `host` is known by, in the order of the files.
    pub(super) fn kinds(&self, host: &str, port: u16) -> Vec<&str> {
        let names = [name(host, port), name(host, PORT)];
        let of_host = |line: &&Line| {
            line.marker == Marker::None && names.iter().any(|name| line.hosts.hold(name))
        };
        let mut kinds = Vec::new();
        for line in self.lines.iter().filter(of_host) {
            if !kinds.contains(&line.kind.as_str()) {
                kinds.push(line.kind.as_str());
            }
        }
        kinds
    }

    fn of(&self, name: &str) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.hosts.hold(name))
    }
}

impl Line {
    fn parse(text: &str, at: At) -> Option<Self> {
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

    fn is(&self, marker: Marker, key: &[u8]) -> bool {
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

    fn hold(&self, name: &str) -> bool {
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
fn public(line: &str) -> Option<Vec<u8>> {
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
