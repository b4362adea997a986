//! The file system of a node below one directory, and never anything outside of it.
//!
//! Every path is resolved by the kernel as if that directory were `/`, symbolic links included (`openat2` with
//! `RESOLVE_IN_ROOT`, Linux 5.6). Nothing is opened for reading before it is known to be a regular file: opening a pipe
//! blocks and opening a device acts.

use std::collections::BTreeSet;
use std::ffi::{CStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::fs::{self, Dir, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::collect::system::{body, gap, kind_of, missing};
use crate::facts::host::{Entry, Found, Kind, Parent, Purpose};
use crate::facts::{Gap, GapReason};

/// How many names of one directory are taken in; `/proc` has one per process.
const NAMES: usize = 500_000;
/// How many paths below one directory are taken in.
const BELOW: usize = 5_000;

/// The root directory of a node.
pub(super) struct Root {
    directory: OwnedFd,
    /// What the kernel puts before the paths of files below it.
    prefix: PathBuf,
    /// Whether it is the reader's own root, which nothing leads out of.
    is_own: bool,
}

impl Root {
    /// Opens `path` as a root directory.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = fs::open(path, flags, Mode::empty())?;
        // Asked of the kernel, since links such as `/proc/PID/root` read as another directory than they lead to.
        let prefix = fd_path(&directory)?;
        let is_own = path == Path::new("/");
        Ok(Self {
            directory,
            prefix,
            is_own,
        })
    }

    /// The name of the machine. A mounted root is asked for its file, since the kernel answers with the name of the
    /// reader's own namespace.
    pub(super) fn hostname(&self) -> Result<String, Gap> {
        let path = if self.is_own {
            "/proc/sys/kernel/hostname"
        } else {
            "/etc/hostname"
        };
        let bytes = self
            .bytes(path, 1024)
            .map_err(|error| gap("host name", path, &error))?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// Kind, mode, owner and parents of what is at `path`.
    pub(super) fn stat(&self, path: &str) -> Entry {
        match self.found(path) {
            Ok(found) => Entry::Found(Box::new(found)),
            Err(error) => missing(path, &error),
        }
    }

    /// What is at `path` with its content, reduced for `purpose`.
    pub(super) fn read(&self, path: &str, purpose: Purpose) -> Entry {
        let mut found = match self.found(path) {
            Ok(found) => found,
            Err(error) => return missing(path, &error),
        };
        if found.kind == Kind::File {
            let kept = match self.bytes(path, purpose.limit()) {
                Ok(bytes) => body(path, purpose, &bytes),
                Err(error) => Err(gap("content of a file", path, &error)),
            };
            found.bodies.insert(purpose, kept);
        }
        Entry::Found(Box::new(found))
    }

    /// What is at `path` with the names in it.
    pub(super) fn list(&self, path: &str) -> Entry {
        let mut found = match self.found(path) {
            Ok(found) => found,
            Err(error) => return missing(path, &error),
        };
        if found.kind == Kind::Directory {
            found.names = Some(self.names(path));
        }
        Entry::Found(Box::new(found))
    }

    /// What is at `path` and at everything below it, `depth` levels deep.
    pub(super) fn tree(&self, path: &str, depth: u32, deadline: Instant) -> Vec<(String, Entry)> {
        let mut top = match self.stat(path) {
            Entry::Found(found) => found,
            other => return vec![(path.to_owned(), other)],
        };
        let mut entries = Vec::new();
        let mut open = vec![(path.to_owned(), 0)];
        let mut cut = None;
        while let Some((directory, level)) = open.pop() {
            let names = match self.names(&directory) {
                Ok(names) => names,
                Err(gap) => {
                    cut = Some(gap);
                    continue;
                }
            };
            for name in names {
                if entries.len() >= BELOW || Instant::now() >= deadline {
                    let reason = GapReason::Timeout;
                    cut = Some(Gap::new(
                        "rest of a directory",
                        &*directory,
                        reason,
                        "raise --timeout",
                    ));
                    open.clear();
                    break;
                }
                let child = format!("{}/{name}", directory.trim_end_matches('/'));
                let entry = self.stat(&child);
                if let Entry::Found(found) = &entry
                    && found.kind == Kind::Directory
                    && level + 1 < depth
                    && found.target.is_none()
                {
                    open.push((child.clone(), level + 1));
                }
                entries.push((child, entry));
            }
        }
        top.below = Some(match cut {
            None => Ok(entries.iter().map(|(path, _)| path.clone()).collect()),
            Some(gap) => Err(gap),
        });
        entries.push((path.to_owned(), Entry::Found(top)));
        entries
    }

    /// The names in the directory at `path`, sorted.
    pub(super) fn names(&self, path: &str) -> Result<Vec<String>, Gap> {
        let read = || -> io::Result<Vec<String>> {
            let directory = self.resolve(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
            let mut names = BTreeSet::new();
            for entry in Dir::new(directory)? {
                let name = text(entry?.file_name());
                if !matches!(&*name, "." | "..") {
                    names.insert(name);
                }
                if names.len() > NAMES {
                    return Err(Errno::TOOBIG.into());
                }
            }
            Ok(names.into_iter().collect())
        };
        read().map_err(|error| gap("names in a directory", path, &error))
    }

    /// The content of the regular file at `path`, which must not be longer than `limit` bytes.
    pub(super) fn bytes(&self, path: &str, limit: usize) -> io::Result<Vec<u8>> {
        let seen = fs::fstat(self.resolve(path, OFlags::PATH)?)?;
        if FileType::from_raw_mode(seen.st_mode) != FileType::RegularFile {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = File::from(self.resolve(path, flags)?);
        let opened = fs::fstat(&file)?;
        if (opened.st_dev, opened.st_ino) != (seen.st_dev, seen.st_ino) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut bytes = Vec::new();
        file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > limit {
            return Err(Errno::FBIG.into());
        }
        Ok(bytes)
    }

    fn found(&self, path: &str) -> io::Result<Found> {
        let opened = self.resolve(path, OFlags::PATH)?;
        let stat = fs::fstat(&opened)?;
        let target = self.path_of(&opened).filter(|target| target != path);
        let mut parents = BTreeSet::new();
        for path in std::iter::once(path).chain(target.as_deref()) {
            for parent in Path::new(path).ancestors().skip(1) {
                let parent = parent.to_string_lossy();
                let stat = fs::fstat(self.resolve(&parent, OFlags::PATH)?)?;
                parents.insert(Parent {
                    path: parent.into_owned(),
                    mode: stat.st_mode & 0o7777,
                    uid: stat.st_uid,
                    gid: stat.st_gid,
                });
            }
        }
        let mut found = Found::new(
            kind_of(stat.st_mode),
            stat.st_mode,
            stat.st_uid,
            stat.st_gid,
        );
        found.size = u64::try_from(stat.st_size).unwrap_or_default();
        found.modified = stat.st_mtime;
        found.target = target;
        found.parents = parents.into_iter().collect();
        Ok(found)
    }

    /// Opens `path` below the root, following links within it.
    fn resolve(&self, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::CLOEXEC;
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        // The kernel gives up when something is renamed meanwhile; so do we, at last.
        for _ in 0..8 {
            match fs::openat2(&self.directory, path, flags, Mode::empty(), resolve) {
                Err(Errno::AGAIN) => {}
                // On the machine itself there is nothing to leave.
                Err(Errno::NOSYS) if self.is_own => {
                    return Ok(fs::open(path, flags, Mode::empty())?);
                }
                other => return Ok(other?),
            }
        }
        Err(Errno::AGAIN.into())
    }

    /// The path of an open file as the node sees it; nothing when the kernel does not say.
    fn path_of(&self, file: &OwnedFd) -> Option<String> {
        let path = fd_path(file).ok()?;
        let inside = path.strip_prefix(&self.prefix).ok()?;
        Some(Path::new("/").join(inside).to_str()?.to_owned())
    }
}

fn fd_path(file: &OwnedFd) -> io::Result<PathBuf> {
    std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

fn text(name: &CStr) -> String {
    OsString::from_vec(name.to_bytes().to_vec())
        .to_string_lossy()
        .into_owned()
}
