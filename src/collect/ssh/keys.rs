//! Private keys that are locked, and the words that open them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::input;

/// A passphrase; never shown.
#[derive(Clone)]
pub struct Passphrase(String);

impl Passphrase {
    /// Keeps `text` to itself.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// The passphrases of keys.
pub(super) type Passphrases = BTreeMap<PathBuf, Passphrase>;

/// Whether the key in `file` is encrypted.
pub(super) fn is_encrypted(file: &Path) -> bool {
    let bytes = input::regular(file, input::SETTINGS).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    if text.contains("ENCRYPTED") {
        // PKCS #8 and the older PEM say so themselves (RFC 7468, RFC 1421).
        return true;
    }
    let body: String = text
        .lines()
        .skip_while(|line| !line.contains("-----BEGIN OPENSSH PRIVATE KEY-----"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .collect();
    // OpenSSH's own form begins with its name and that of the cipher (PROTOCOL.key).
    let bytes = STANDARD.decode(body).unwrap_or_default();
    let cipher = bytes.strip_prefix(b"openssh-key-v1\0\0\0\0");
    cipher.is_some_and(|rest| !rest.starts_with(b"\x04none"))
}
