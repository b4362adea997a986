//! The files that say whom to trust, each read once however many hosts they count for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::SshError;
use super::known_hosts::{KnownFile, Revoked};
use super::route::unsupported;
use crate::input;
use crate::target::SshHost;

/// What files of known hosts and lists of keys may hold; a thousand times what they do.
const LIMIT: u64 = 16 << 20;

/// What a key revocation list begins with (OpenSSH, PROTOCOL.krl).
const KRL: &[u8] = b"SSHKRL\n\0";

/// The files that were read.
#[derive(Default)]
pub(super) struct Shelf {
    known: BTreeMap<PathBuf, Arc<KnownFile>>,
    revoked: BTreeMap<PathBuf, Arc<Revoked>>,
    /// Takes in new hosts where no file does.
    nowhere: Option<Arc<KnownFile>>,
}

impl Shelf {
    /// A file of known hosts. One that is not there knows nobody, and neither does one that may not be read, which is said.
    ///
    /// # Errors
    /// When it is no regular file, or too large to be one of known hosts.
    pub(super) fn known(
        &mut self,
        path: &Path,
        remarks: &mut BTreeSet<String>,
    ) -> Result<Arc<KnownFile>, SshError> {
        if let Some(known) = self.known.get(path) {
            return Ok(known.clone());
        }
        // What a shell handed over (`<(…)`) may be a pipe: whoever named it writes into it.
        let read = match path.starts_with("/dev/fd") {
            true => input::named(path, LIMIT),
            false => input::regular(path, LIMIT),
        };
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) if error.raw_os_error().is_some() => {
                remarks.insert(format!("{}: {error}, left out", path.display()));
                Vec::new()
            }
            Err(error) => {
                return Err(SshError::File {
                    path: path.to_owned(),
                    reason: error.to_string(),
                });
            }
        };
        let (known, unread) = KnownFile::new(path, &String::from_utf8_lossy(&bytes));
        remarks.extend(unread);
        let known = Arc::new(known);
        self.known.insert(path.to_owned(), known.clone());
        Ok(known)
    }

    /// A table that no file stands behind: what is new is known for this run.
    pub(super) fn nowhere(&mut self) -> Arc<KnownFile> {
        self.nowhere.get_or_insert_default().clone()
    }

    /// What `RevokedHostKeys` names.
    ///
    /// # Errors
    /// As with OpenSSH, nobody is trusted when it cannot be read.
    pub(super) fn revoked(
        &mut self,
        path: &Path,
        host: &SshHost,
    ) -> Result<Arc<Revoked>, SshError> {
        if let Some(revoked) = self.revoked.get(path) {
            return Ok(revoked.clone());
        }
        let refuse = |reason: String| SshError::HostKey {
            reason: format!("which keys {host} must not show is not known: {reason}"),
            hint: "correct what RevokedHostKeys names, or the configuration".to_owned(),
        };
        let shown = path.display();
        let bytes =
            input::regular(path, LIMIT).map_err(|error| refuse(format!("{shown}: {error}")))?;
        if bytes.starts_with(KRL) {
            let part = format!("a key revocation list ({shown})");
            return Err(unsupported(host, "RevokedHostKeys", part));
        }
        let list = Revoked::new(path, &String::from_utf8_lossy(&bytes));
        let list = Arc::new(list.map_err(|at| refuse(format!("{at} is no key")))?);
        self.revoked.insert(path.to_owned(), list.clone());
        Ok(list)
    }
}
