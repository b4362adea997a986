//! Everything that ends a command, with the advice that belongs to it. The only place with advice.

use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use crate::catalog::{CatalogError, Problem};
use crate::collect::CollectError;
use crate::facts::SnapshotError;
use crate::report::ReadError;
use crate::target::NoHost;

/// Why a command ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// Checks or profiles are wrong. The author's mistake.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Expressions in checks are wrong. The author's mistake.
    #[error("check files are wrong in {} place(s)", .0.len())]
    Checks(Vec<Problem>),
    /// Waivers are wrong or not filled in. The author's mistake.
    #[error("the waivers are wrong in {} place(s)", .0.len())]
    Waivers(Vec<Problem>),
    /// A file that people fill in is there already. The user's mistake.
    #[error("{} exists already", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// No such check or profile. The user's mistake.
    #[error("there is no {kind} `{id}`")]
    NoSuch {
        /// check or profile
        kind: &'static str,
        /// What was asked for.
        id: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Nothing could be collected.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// Manifests that were named cannot be read. The user's mistake.
    #[error(transparent)]
    Manifests(#[from] crate::collect::ManifestError),
    /// A snapshot is not usable, or could not be written.
    #[error("{}", path.display())]
    Snapshot {
        /// Which.
        path: PathBuf,
        /// Why.
        source: SnapshotError,
    },
    /// A file that was named cannot be read.
    #[error("cannot read {}", path.display())]
    Input {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line of an inventory names no host. The user's mistake.
    #[error("{}:{line}", path.display())]
    Inventory {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What is wrong with it.
        source: NoHost,
    },
    /// A principal is written in a way nobody knows. The user's mistake.
    #[error("`{0}` names nobody")]
    NoSubject(String),
    /// An end of a connection stands for nothing. The user's mistake.
    #[error(transparent)]
    NoSuchPods(#[from] crate::evaluate::Nobody),
    /// Neither an API nor a node is named. The user's mistake.
    #[error("nothing is left to ask without the API")]
    NothingToAsk,
    /// A file given to `report` is not a report of ours, or one of a newer version.
    #[error("{}", path.display())]
    Report {
        /// Which.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// An output file cannot be written.
    #[error("cannot write {}", path.display())]
    Output {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Two outputs would overwrite or interleave each other. The user's mistake.
    #[error("two outputs go to {}", place(.0.as_deref()))]
    SamePlace(Option<PathBuf>),
    /// Standard output cannot be written.
    #[error("cannot write to standard output")]
    Standard(#[source] io::Error),
}

fn place(path: Option<&Path>) -> String {
    path.map_or("standard output".to_owned(), |path| {
        path.display().to_string()
    })
}

impl From<io::Error> for CliError {
    /// Renderers only ever fail to write.
    fn from(source: io::Error) -> Self {
        Self::Standard(source)
    }
}

impl CliError {
    /// Whether the reader of our output went away, as `head` does: an end, not an error.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<io::Error>()
                && error.kind() == io::ErrorKind::BrokenPipe
            {
                return true;
            }
            cause = error.source();
        }
        false
    }

    /// How the command ended: that nobody answers is no mistake of whoever asked.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Collect(error) if error.is_silence() => Exit::Incomplete,
            _ => Exit::Error,
        }
    }

    /// The message with its causes, one line.
    pub(crate) fn message(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let more = error.to_string();
            if !text.ends_with(&more) {
                text.push_str(": ");
                text.push_str(&more);
            }
            cause = error.source();
        }
        text
    }

    /// The mistakes in files, one by one.
    pub(crate) fn problems(&self) -> &[Problem] {
        match self {
            Self::Catalog(CatalogError::Problems(problems))
            | Self::Checks(problems)
            | Self::Waivers(problems) => problems,
            _ => &[],
        }
    }

    /// What to try.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::NoSuch { known, .. } if !known.is_empty() => {
                Some(format!("there are {}", known.join(", ")))
            }
            Self::Collect(error) => error.hint(),
            Self::NoSuchPods(nobody) => Some(nobody.hint.clone()),
            Self::NoSubject(_) => Some(
                "write `user NAME`, `group NAME`, or NAMESPACE/NAME for a service account".to_owned(),
            ),
            Self::SamePlace(_) => Some("give each a file of its own: -o FORMAT=FILE".to_owned()),
            Self::Snapshot { source, .. } => match source {
                SnapshotError::Newer { .. } => Some("use the version that wrote it, or a newer one".to_owned()),
                SnapshotError::Truncated { .. } | SnapshotError::Damaged { .. } => {
                    Some("copy the file again, or collect again".to_owned())
                }
                SnapshotError::NotASnapshot => {
                    Some("`seaworthy collect -o FILE` makes one; a JSON report is read by `seaworthy report`".to_owned())
                }
                _ => None,
            },
            Self::NothingToAsk => Some("name nodes: --node local, --ssh HOST".to_owned()),
            Self::Exists { .. } => Some("somebody may have filled it in: choose another name, or remove it".to_owned()),
            Self::Report { .. } => Some("`seaworthy audit -o json=FILE` writes one".to_owned()),
            _ => None,
        }
    }
}
