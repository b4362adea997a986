//! Where output goes: standard output, or a file that appears whole or not at all.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::NamedTempFile;

use super::error::CliError;

/// An output whose place was tried before the work begins, so that a wrong path fails at once.
pub(crate) enum Sink {
    /// Standard output.
    Standard,
    /// A regular file, or nothing yet: written beside its place under another name, and renamed to it at the end. It is for
    /// its owner alone.
    File {
        /// The name it will get; that of the target where a link was named.
        path: PathBuf,
    },
    /// A device, pipe or socket: written to, never replaced.
    Open {
        /// Its name.
        path: PathBuf,
        /// The way in.
        file: File,
    },
}

impl Sink {
    /// Tries the output for `path`; `None` is standard output. Nothing is left behind when the run ends before
    /// [`Sink::fill`].
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, CliError> {
        let Some(path) = path else {
            return Ok(Self::Standard);
        };
        let failed = |source| CliError::Output {
            path: path.to_owned(),
            source,
        };
        if is_planted(path) {
            let why = "it is a link in a folder that everybody may write to";
            return Err(failed(io::Error::new(io::ErrorKind::PermissionDenied, why)));
        }
        let target = match std::fs::metadata(path) {
            Ok(there) if there.is_dir() => return Err(failed(io::ErrorKind::IsADirectory.into())),
            Ok(there) if there.is_file() => named(path),
            Ok(_) => None,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let folder = folder(path).canonicalize().map_err(failed)?;
                path.file_name().map(|name| folder.join(name))
            }
            Err(error) => return Err(failed(error)),
        };
        let Some(path) = target else {
            let file = File::options().write(true).open(path).map_err(failed)?;
            let path = path.to_owned();
            return Ok(Self::Open { path, file });
        };
        let draft = Draft::create(&path).map_err(failed)?;
        drop(draft);
        Ok(Self::File { path })
    }

    /// Where it goes, to tell whether two outputs go to the same place.
    pub(crate) fn place(&self) -> Option<&Path> {
        match self {
            Self::Standard => None,
            Self::File { path } | Self::Open { path, .. } => Some(path),
        }
    }

    /// Lets `write` fill the output and finishes it.
    pub(crate) fn fill<E>(
        self,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<(), CliError>
    where
        CliError: From<E>,
    {
        let place = self.place().map(Path::to_owned);
        self.write_all(write).map_err(|error| match (error, place) {
            (CliError::Standard(source), Some(path)) => CliError::Output { path, source },
            (error, _) => error,
        })
    }

    fn write_all<E>(
        self,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<(), CliError>
    where
        CliError: From<E>,
    {
        match self {
            Self::Standard => {
                let mut out = BufWriter::new(io::stdout().lock());
                write(&mut out)?;
                Ok(out.flush()?)
            }
            Self::Open { file, .. } => {
                let mut out = BufWriter::new(file);
                write(&mut out)?;
                Ok(out.flush()?)
            }
            Self::File { path } => {
                let draft = Draft::create(&path)?;
                let mut out = BufWriter::new(draft.file.as_file());
                write(&mut out)?;
                out.flush()?;
                drop(out);
                Ok(draft.publish(&path)?)
            }
        }
    }
}

/// The regular file that `path` leads to; nothing when it has no name of its own, as behind `/dev/stdout`.
fn named(path: &Path) -> Option<PathBuf> {
    let target = path.canonicalize().ok()?;
    let there = std::fs::symlink_metadata(&target).ok()?;
    there.is_file().then_some(target)
}

/// Whether `path` is a link that anybody could have put there (as `fs.protected_symlinks` of Linux asks).
fn is_planted(path: &Path) -> bool {
    let link = std::fs::symlink_metadata(path);
    let Ok(link) = link.as_ref().map(std::fs::Metadata::file_type) else {
        return false;
    };
    let folder = folder(path).metadata().map(|folder| folder.mode());
    link.is_symlink() && folder.is_ok_and(|mode| mode & 0o002 != 0)
}

fn folder(path: &Path) -> &Path {
    let folder = path.parent();
    let named = folder.filter(|folder| !folder.as_os_str().is_empty());
    named.unwrap_or(Path::new("."))
}

/// The drafts that are not finished, to be removed when a signal ends the run.
static DRAFTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Removes the drafts of a run that ends now.
pub(super) fn discard() {
    let mut drafts = DRAFTS.lock().unwrap_or_else(PoisonError::into_inner);
    for draft in std::mem::take(&mut *drafts) {
        let _ = std::fs::remove_file(draft);
    }
}

/// A file on its way to its name, in the same folder under one that nobody else has.
struct Draft {
    file: NamedTempFile,
    /// What its owner may do with it in the end.
    mode: u32,
}

impl Draft {
    fn create(path: &Path) -> io::Result<Self> {
        let name = path.file_name().unwrap_or_default();
        let mut prefix = OsString::from(".");
        prefix.push(name.to_string_lossy().chars().take(64).collect::<String>());
        prefix.push(".");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".part");
        let file = builder.tempfile_in(folder(path))?;
        let mut drafts = DRAFTS.lock().unwrap_or_else(PoisonError::into_inner);
        drafts.insert(file.path().to_owned());
        // Reports name weaknesses: nobody but the owner reads them, and where there was less, less it stays.
        let before = std::fs::metadata(path).map(|there| there.mode());
        let mode = before.map_or(0o600, |mode| mode & 0o600);
        Ok(Self { file, mode })
    }

    /// Gives it its name, whole and on the disk.
    fn publish(self, path: &Path) -> io::Result<()> {
        let file = self.file.as_file();
        file.set_permissions(std::fs::Permissions::from_mode(self.mode))?;
        file.sync_all()?;
        let name = self.file.path().to_owned();
        self.file.persist(path).map_err(|error| error.error)?;
        let mut drafts = DRAFTS.lock().unwrap_or_else(PoisonError::into_inner);
        drafts.remove(&name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_file_and_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        std::fs::write(&path, "old").unwrap();
        let sink = Sink::open(Some(&path)).unwrap();
        let full = |_: &mut dyn Write| Err(io::Error::from(io::ErrorKind::StorageFull));
        let message = sink.fill(full).unwrap_err().message();
        assert!(message.contains(path.to_str().unwrap()), "{message}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_was_left_behind_blocks_nothing_and_only_the_owner_reads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        for stale in ["report.1.part", ".report.x.part"] {
            std::fs::write(folder.path().join(stale), "").unwrap();
        }
        let write = || {
            let sink = Sink::open(Some(&path)).unwrap();
            sink.fill(|out| out.write_all(b"new")).unwrap();
            std::fs::metadata(&path).unwrap().mode() & 0o777
        };
        assert_eq!(write(), 0o600);
        for (before, after) in [(0o644, 0o600), (0o400, 0o400), (0o666, 0o600)] {
            let mode = std::fs::Permissions::from_mode(before);
            std::fs::set_permissions(&path, mode).unwrap();
            assert_eq!(write(), after, "{before:o}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_link_is_followed_only_where_nobody_else_could_have_put_it() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link"), folder.path().join("target"));
        std::fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(Sink::open(Some(&link)).is_ok());
        let open = std::fs::Permissions::from_mode(0o1777);
        std::fs::set_permissions(folder.path(), open).unwrap();
        assert!(Sink::open(Some(&link)).is_err());
        assert!(Sink::open(Some(&target)).is_ok());
    }
}
