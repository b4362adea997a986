//! Files that users and other files name, read with care: never more than is sensible, and never waiting where nobody
//! asked to.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustix::fs::{self, FileType, Mode, OFlags, Stat};

/// The most that a file of settings or credentials holds: kubeconfigs, certificates, tokens, inventories.
pub(crate) const SETTINGS: u64 = 4 << 20;

/// Reads a file that the user named, whatever it is: a pipe too, since process substitution makes one.
///
/// # Errors
/// What the system says; [`io::ErrorKind::FileTooLarge`] for more than `most` bytes.
pub(crate) fn named(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    capped(File::open(path)?, most)
}

/// Reads a regular file that another file names, or `/dev/null`. A pipe would be waited for, a device might never end, and
/// reading one may act.
///
/// # Errors
/// As [`named`]; [`io::ErrorKind::InvalidInput`] for what is no regular file.
pub(crate) fn regular(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let found = fs::stat(path)?;
    if is_nothing(&found) {
        return Ok(Vec::new());
    }
    is_regular(&found)?;
    // Opening a pipe without a writer waits, but for this flag; on a regular file it means nothing.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(fs::open(path, flags, Mode::empty())?);
    // It may have become another since.
    is_regular(&fs::fstat(&file)?)?;
    capped(file, most)
}

fn is_regular(found: &Stat) -> io::Result<()> {
    let why = "it is no regular file";
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => Ok(()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, why)),
    }
}

/// Whether it is `/dev/null`, which people name for "no file" (null(4): character device 1, 3).
fn is_nothing(found: &Stat) -> bool {
    FileType::from_raw_mode(found.st_mode) == FileType::CharacterDevice
        && (fs::major(found.st_rdev), fs::minor(found.st_rdev)) == (1, 3)
}

/// Reads what is open already.
///
/// # Errors
/// As [`named`].
pub(crate) fn capped(from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let why = format!("it is larger than {} KiB", most >> 10);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_waited_for_and_nothing_is_endless() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, file) = (folder.path().join("pipe"), folder.path().join("file"));
        fs::mknodat(fs::CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        std::fs::write(&file, "12345").unwrap();
        let kind = |read: io::Result<Vec<u8>>| read.map_err(|error| error.kind());
        assert_eq!(kind(regular(&file, 5)), Ok(b"12345".to_vec()));
        assert_eq!(kind(regular(&file, 4)), Err(io::ErrorKind::FileTooLarge));
        assert_eq!(kind(regular(&pipe, 4)), Err(io::ErrorKind::InvalidInput));
        assert_eq!(kind(regular(Path::new("/dev/null"), 4)), Ok(Vec::new()));
        let device = Path::new("/dev/zero");
        assert_eq!(kind(regular(device, 4)), Err(io::ErrorKind::InvalidInput));
        assert_eq!(kind(named(device, 4)), Err(io::ErrorKind::FileTooLarge));
        let missing = folder.path().join("missing");
        assert_eq!(kind(named(&missing, 4)), Err(io::ErrorKind::NotFound));
    }
}
