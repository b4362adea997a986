//! Where output goes: standard output, or a file that appears whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::error::CliError;

/// An output that is open before the work begins, so that a wrong path fails at once.
pub(crate) enum Sink {
    /// Standard output.
    Standard,
    /// A temporary file beside `path`, renamed to it at the end.
    File {
        /// The name it will get.
        path: PathBuf,
        /// The name it has until then.
        draft: PathBuf,
        /// Its content so far.
        file: BufWriter<File>,
    },
}

impl Sink {
    /// Opens the output for `path`; `None` is standard output.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, CliError> {
        let Some(path) = path else {
            return Ok(Self::Standard);
        };
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let draft = PathBuf::from(name);
        let created = File::options().write(true).create_new(true).open(&draft);
        match created {
            Ok(file) => Ok(Self::File {
                path: path.to_owned(),
                draft,
                file: BufWriter::new(file),
            }),
            Err(source) => Err(CliError::Output {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Lets `write` fill the output and finishes it.
    pub(crate) fn fill<E>(
        mut self,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<(), CliError>
    where
        CliError: From<E>,
    {
        match &mut self {
            Self::Standard => {
                let mut out = BufWriter::new(io::stdout().lock());
                write(&mut out)?;
                out.flush().map_err(CliError::Standard)
            }
            Self::File { path, draft, file } => {
                write(file)?;
                let done = file.flush().and_then(|()| std::fs::rename(&*draft, &*path));
                done.map_err(|source| CliError::Output {
                    path: path.clone(),
                    source,
                })
            }
        }
    }
}

impl Drop for Sink {
    /// A draft that was not finished is no report.
    fn drop(&mut self) {
        if let Self::File { draft, .. } = self {
            // After a rename there is nothing left to remove.
            let _ = std::fs::remove_file(draft);
        }
    }
}
