//! What the system's answers mean, whichever reader met them.

use std::io;

use rustix::fs::FileType;
use rustix::io::Errno;

use crate::facts::host::{Body, Entry, Kind, Purpose, reduce};
use crate::facts::{Gap, GapReason};

/// What lies where `stat` gives this `st_mode`.
pub(super) fn kind_of(mode: u32) -> Kind {
    match FileType::from_raw_mode(mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Socket => Kind::Socket,
        _ => Kind::Other,
    }
}

/// What a look at `path` found when it failed.
pub(super) fn missing(path: &str, error: &io::Error) -> Entry {
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT | Errno::NOTDIR) => Entry::NotFound,
        _ => Entry::Gap(gap("file", path, error)),
    }
}

/// The gap of something that the system refused.
pub(super) fn gap(what: &str, path: &str, error: &io::Error) -> Gap {
    let (reason, remedy) = match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::ACCESS | Errno::PERM) => (GapReason::Forbidden, "run as root (sudo)"),
        Some(Errno::FBIG | Errno::TOOBIG) => (
            GapReason::Unparsable,
            "look at it by hand: it is too large to be what it should be",
        ),
        Some(Errno::NOSYS) => (
            GapReason::Unreachable,
            "read the node on itself: this kernel cannot confine paths to a root (openat2, Linux 5.6)",
        ),
        Some(Errno::NOENT) => (GapReason::Unreachable, "see whether the path is mounted"),
        None => (
            GapReason::Unparsable,
            "see what lies there: it is no regular file",
        ),
        Some(_) => (
            GapReason::Unreachable,
            "see whether the file system is healthy",
        ),
    };
    Gap::new(what, path, reason, remedy)
}

/// Keeps of `bytes`, read from `path`, what `purpose` may keep.
pub(super) fn body(path: &str, purpose: Purpose, bytes: &[u8]) -> Result<Body, Gap> {
    reduce(purpose, bytes).map_err(|error| {
        Gap::new(
            format!("content of a file: {error}"),
            path,
            GapReason::Unparsable,
            "correct the file",
        )
    })
}
