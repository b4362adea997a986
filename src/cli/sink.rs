//! Where output goes: standard output, or a file that appears whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::error::CliError;

/// An output whose place was tried before the work begins, so that a wrong path fails at once.
pub(crate) enum Sink {
    /// Standard output.
    Standard,
    /// A regular file, or nothing yet: written beside its place under another name, and renamed to it at the end.
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
        let target = match std::fs::metadata(path) {
            Ok(there) if there.is_dir() => return Err(failed(io::ErrorKind::IsADirectory.into())),
            Ok(there) if there.is_file() => named(path),
            Ok(_) => None,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Some(std::path::absolute(path).map_err(failed)?)
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
                let mut draft = Draft::create(&path)?;
                write(&mut draft.file)?;
                draft.file.flush()?;
                Ok(std::fs::rename(&draft.name, path)?)
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

/// A file on its way to its name.
struct Draft {
    name: PathBuf,
    file: BufWriter<File>,
}

impl Draft {
    fn create(path: &Path) -> io::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let name = PathBuf::from(name);
        let file = File::options().write(true).create_new(true).open(&name)?;
        let file = BufWriter::new(file);
        Ok(Self { name, file })
    }
}

impl Drop for Draft {
    /// A draft that was not finished is no report.
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = std::fs::remove_file(&self.name);
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
}
