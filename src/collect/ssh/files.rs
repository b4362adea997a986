//! Files of this machine's user, read whole: a regular file of a sane size, or nothing.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustix::fs::{self, FileType, Mode, OFlags};

/// What files of known hosts, lists of keys and of configuration may hold; a thousand times what they do.
pub(super) const LIMIT: u64 = 16 << 20;

/// The content of a regular file of at most `limit` bytes, or of `/dev/null`. Nothing else is read: a pipe may never end, and
/// reading a device may act.
///
/// # Errors
/// What the system says; or that the file is another kind of thing, or too large, in words.
pub(super) fn whole(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let stat = fs::stat(path)?;
    if is_nothing(&stat) {
        return Ok(Vec::new());
    }
    let regular = |stat: &fs::Stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    if !regular(&stat) {
        return Err(io::Error::other("it is no regular file"));
    }
    let file = File::from(fs::open(path, flags, Mode::empty())?);
    // It may have become another since.
    if !regular(&fs::fstat(&file)?) {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let most = limit >> 20;
        return Err(io::Error::other(format!("it is over {most} MiB")));
    }
    Ok(bytes)
}

/// Whether it is `/dev/null`, which people name for "no file" (null(4): character device 1, 3).
fn is_nothing(stat: &fs::Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && (fs::major(stat.st_rdev), fs::minor(stat.st_rdev)) == (1, 3)
}
