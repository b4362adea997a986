//! Files that users and other files name, read with care: never more than is sensible, and never waiting where nobody
//! asked to.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

/// The most that a file of settings or credentials holds: kubeconfigs, certificates, tokens, inventories.
pub(crate) const SETTINGS: u64 = 4 << 20;

/// Reads a file that the user named, whatever it is: a pipe too, since process substitution makes one.
///
/// # Errors
/// What the system says; [`io::ErrorKind::FileTooLarge`] for more than `most` bytes.
pub(crate) fn named(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    capped(File::open(path)?, most)
}

/// Reads a regular file that another file names. A pipe would be waited for, a device might never end.
///
/// # Errors
/// As [`named`]; [`io::ErrorKind::InvalidInput`] for what is no regular file.
pub(crate) fn regular(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    // Opening a pipe without a writer waits, but for this flag; on a regular file it means nothing.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        let why = "it is no regular file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    capped(file, most)
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
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        )
        .unwrap();
        std::fs::write(&file, "12345").unwrap();
        let kind = |read: io::Result<Vec<u8>>| read.map_err(|error| error.kind());
        assert_eq!(kind(regular(&file, 5)), Ok(b"12345".to_vec()));
        assert_eq!(kind(regular(&file, 4)), Err(io::ErrorKind::FileTooLarge));
        assert_eq!(kind(regular(&pipe, 4)), Err(io::ErrorKind::InvalidInput));
        let device = Path::new("/dev/zero");
        assert_eq!(kind(regular(device, 4)), Err(io::ErrorKind::InvalidInput));
        assert_eq!(kind(named(device, 4)), Err(io::ErrorKind::FileTooLarge));
        let missing = folder.path().join("missing");
        assert_eq!(kind(named(&missing, 4)), Err(io::ErrorKind::NotFound));
    }
}
