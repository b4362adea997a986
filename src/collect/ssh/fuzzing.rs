//! What comes from nodes and from files of OpenSSH, read from bytes alone: entries of the crate's `fuzzing`.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::config::Reader;
use super::config_files::ConfigFiles;
use super::host_lines::{fingerprint, kind_of, line};
use super::known_hosts::{KnownFile, KnownHosts, Revoked};
use super::pool::Share;
use super::talk::{Opening, converse};
use crate::facts::component::Told;
use crate::facts::host::{listeners, observe};

/// The word with which the script of a node begins; files for the fuzzer hold it.
const NONCE: &str = "nonce";

/// What a node says: as it came, and as lines that are put into sound records, so that what is in them is reached.
pub(crate) fn frames(bytes: &[u8]) {
    said(bytes);
    let mut sound = Vec::new();
    let mut told = 0;
    let mut record = |text: &[u8], told: &mut usize| {
        sound.extend(format!("{}\t", text.len()).into_bytes());
        sound.extend(text);
        sound.push(b'\n');
        *told += 1;
    };
    record(format!("B\t{NONCE}\t0").as_bytes(), &mut told);
    for text in String::from_utf8_lossy(bytes).lines() {
        match text {
            "E" => record(format!("E\t{NONCE}\t{told}").as_bytes(), &mut told),
            text => record(text.as_bytes(), &mut told),
        }
    }
    record(format!("E\t{NONCE}\t{told}").as_bytes(), &mut told);
    said(&sound);
}

fn said(bytes: &[u8]) {
    let told = Told::default();
    let opening = Opening {
        nonce: NONCE,
        user: "user",
        told: &told,
        node: None,
    };
    if let Ok(talk) = converse(bytes, io::sink(), &opening, Share::default()) {
        let facts = observe(&talk.tree, &told).0;
        let _ = listeners(&facts);
    }
}

/// A file of known hosts, of which some hosts and keys are asked.
pub(crate) fn known_hosts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let file = Path::new("/known_hosts");
    let key = bytes.get(..64).unwrap_or(bytes);
    let revoked = Revoked::new(file, &text).map(Arc::new);
    let known = KnownHosts {
        files: vec![Arc::new(KnownFile::new(file, &text).0)],
        revoked: revoked.into_iter().collect(),
    };
    for (host, port) in [("cp1", 22), ("10.0.0.1", 2222), ("fe80::1", 22)] {
        let _ = (known.judge(host, port, key), known.kinds(host, port));
    }
    let _ = (kind_of(key), fingerprint(key), line("cp1", 22, key));
}

/// A configuration of OpenSSH, of which every file that it includes is a copy.
pub(crate) fn config(bytes: &[u8]) {
    for (host, user) in [("cp1", None), ("10.0.0.1", Some("root"))] {
        let mut files = ConfigFiles::mirroring(bytes);
        let mut reader = Reader::new(host, user, Path::new("/home"), &mut files);
        if reader.read(Path::new("/home/.ssh/config")).is_ok() {
            let _ = reader.finish();
        }
    }
}
