//! Bakes the shipped check and profile files into the binary: writes a table of (path, content) for `catalog`.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut files = Vec::new();
    for folder in ["checks", "profiles"] {
        // Cargo looks into the folder and everything below it.
        writeln!(io::stdout(), "cargo::rerun-if-changed={folder}")?;
        if root.join(folder).is_dir() {
            list(&root.join(folder), &mut files)?;
        }
    }
    files.sort();

    let mut table = String::from("&[\n");
    for file in files {
        let name = file
            .strip_prefix(&root)?
            .to_string_lossy()
            .replace('\\', "/");
        // Not the whole path: a build folder may outlive the place it was built at.
        table += &format!(
            "({name:?}, include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?}))),\n",
            format!("/{name}")
        );
    }
    table += "]\n";
    let shipped = Path::new(&env::var("OUT_DIR")?).join("shipped.rs");
    // A new file, never new content of an old one: copies of the build folder may be hard links to it.
    let _ = fs::remove_file(&shipped);
    fs::write(shipped, table)?;
    Ok(())
}

/// Appends the YAML files of `folder` and of the folders below it.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else if path.extension().is_some_and(|end| end == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}
