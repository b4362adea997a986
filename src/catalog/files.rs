//! The files of a folder that a user named: what is there, what is read of it, and how much.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::load::CatalogError;

/// The largest file that is read, in bytes.
pub(super) const MAX_FILE: u64 = 256 * 1024;

/// The YAML files of `folder` and of the folders below it, in order; or `folder` itself when it is a file.
///
/// Names that start with a dot are passed over: version control, editors, and the hidden copies in a mounted ConfigMap.
/// A link to a file is read and a link to a folder is not followed, so no loop of links can be walked. Only regular files
/// count: opening a pipe would wait for its writer.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| CatalogError::Folder { path, source }
    };
    if folder.is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(failed(&folder))? {
            let entry = entry.map_err(failed(&folder))?;
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type().map_err(failed(&path))?.is_dir() {
                folders.push(path);
            } else if is_yaml(&path) && (path.is_file() || !path.exists()) {
                // What does not exist is a link that leads nowhere; reading it says so.
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end == "yaml" || end == "yml")
}

/// The content of `path`, at most one byte more than [`MAX_FILE`].
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_FILE + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
