//! Manifests: files, directories and standard input that would be applied to a cluster.
//!
//! Files are read and decoded on all cores and taken in the order of their paths, so the facts do not depend on who was
//! faster. A file or document that cannot be read is a gap that names it, and the next one goes on.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use jiff::Timestamp;

use crate::facts::objects::{Content, Document, decode_manifest_file};
use crate::facts::{Asked, Cluster, Facts, Gap, GapReason, Manifests};

/// The largest file that is read; the API server takes requests of 3 MiB.
const LARGEST: u64 = 64 << 20;

/// How many files one thread takes at a time.
const BATCH: usize = 32;

/// How many batches may wait to be taken in.
const WAITING: usize = 4;

/// Endings of files that are looked at in directories.
const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];

/// How deep directories are followed.
const DEEPEST: usize = 64;

/// Nothing of what was named can be read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// What was named is not there, or may not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// What was named.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory that was named holds nothing to read.
    #[error("there is no .yaml, .yml or .json file in {}", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
}

/// One file to read.
enum Input {
    Standard,
    File(PathBuf),
}

/// What one file holds, or why it could not be read.
type Held = (String, Result<Vec<Document>, Gap>);

/// Reads everything that `named` names; `-` is standard input.
///
/// # Errors
/// When something that was named itself cannot be read, or is a directory without manifests.
pub fn collect_manifests(named: &[PathBuf], now: Timestamp) -> Result<Facts, ManifestError> {
    let inputs = inputs(named)?;
    let mut facts = Facts::unrecorded(now, Asked::default(), Cluster::default());
    let mut taking = facts.take_manifests();
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    let (mut objects, mut broken) = (0, 0);
    each(&inputs, |(name, held)| match held {
        Err(gap) => {
            broken += 1;
            taking.lack(None, gap);
        }
        Ok(documents) => {
            for document in documents {
                let place = format!("{name}:{}", document.line);
                match document.content {
                    Content::Object(object) => {
                        objects += 1;
                        taking.object(object, place);
                    }
                    Content::Other { kind, .. } => *others.entry(kind).or_default() += 1,
                    Content::Broken {
                        line,
                        kind,
                        broken: why,
                    } => {
                        broken += 1;
                        let named = why.name.map(|name| format!(" {name}")).unwrap_or_default();
                        let what = format!("{}{named}", kind.as_deref().unwrap_or("document"));
                        let gap = unreadable(&what, &format!("{name}:{line}"), &why.why);
                        taking.lack(kind.as_deref(), gap);
                    }
                }
            }
        }
    });
    taking.finish(Manifests {
        named: named
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
        files: inputs.len() as u64,
        objects,
        broken,
        others: others
            .into_iter()
            .map(|(kind, number)| (kind, number as u64))
            .collect(),
    });
    Ok(facts)
}

fn unreadable(what: &str, place: &str, why: &str) -> Gap {
    Gap::new(
        format!("{what}: {why}"),
        place,
        GapReason::Unparsable,
        "mend it and run again",
    )
}

/// Every file to read, in the order of their paths below each name.
fn inputs(named: &[PathBuf]) -> Result<Vec<Input>, ManifestError> {
    let mut inputs = Vec::new();
    for path in named {
        if path.as_os_str() == "-" {
            inputs.push(Input::Standard);
            continue;
        }
        let broken = |source| ManifestError::Read {
            path: path.clone(),
            source,
        };
        if !fs::metadata(path).map_err(broken)?.is_dir() {
            inputs.push(Input::File(path.clone()));
            continue;
        }
        let mut files = Vec::new();
        walk(path, DEEPEST, &mut files).map_err(broken)?;
        if files.is_empty() {
            return Err(ManifestError::Empty { path: path.clone() });
        }
        files.sort();
        inputs.extend(files.into_iter().map(Input::File));
    }
    Ok(inputs)
}

/// The manifests below a directory. Hidden ones and links to directories are passed over, as kubectl does with the former.
fn walk(directory: &Path, deepest: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let ending = path.extension().and_then(|ending| ending.to_str());
        if hidden {
            continue;
        } else if kind.is_dir() && deepest > 0 {
            walk(&path, deepest - 1, files)?;
        } else if !kind.is_dir() && ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
            files.push(path);
        }
    }
    Ok(())
}

/// Reads and decodes every input on all cores, and hands them over in their order.
fn each(inputs: &[Input], mut take: impl FnMut(Held)) {
    let batches: Vec<&[Input]> = inputs.chunks(BATCH).collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (to, from) = mpsc::sync_channel::<(usize, Vec<Held>)>(WAITING);
        for _ in 0..workers.min(batches.len()) {
            let (to, next, batches) = (to.clone(), &next, &batches);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(batch) = batches.get(at) else { return };
                    let held = batch.iter().map(read).collect();
                    if to.send((at, held)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(to);
        let mut early: BTreeMap<usize, Vec<Held>> = BTreeMap::new();
        let mut turn = 0;
        for (at, held) in from {
            early.insert(at, held);
            while let Some(held) = early.remove(&turn) {
                held.into_iter().for_each(&mut take);
                turn += 1;
            }
        }
    });
}

fn read(input: &Input) -> Held {
    match input {
        Input::Standard => ("stdin".to_owned(), text(io::stdin().lock(), 0, "stdin")),
        Input::File(path) => {
            let name = path.display().to_string();
            let held = match fs::File::open(path) {
                Ok(file) => {
                    // A guess at what comes, so that it is read at once.
                    let size = file.metadata().map_or(0, |metadata| metadata.len());
                    text(file, size, &name)
                }
                Err(error) => Err(failed(&error, &name)),
            };
            (name, held)
        }
    }
}

fn text(from: impl Read, size: u64, name: &str) -> Result<Vec<Document>, Gap> {
    let room = size.min(LARGEST) + 1;
    let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or_default());
    from.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(&error, name))?;
    if bytes.len() as u64 > LARGEST {
        return Err(unreadable(
            "file",
            name,
            &format!("it is larger than {} MiB", LARGEST >> 20),
        ));
    }
    Ok(decode_manifest_file(&bytes))
}

fn failed(error: &io::Error, name: &str) -> Gap {
    let reason = match error.kind() {
        io::ErrorKind::PermissionDenied => GapReason::Forbidden,
        _ => GapReason::Unreachable,
    };
    Gap::new("file", name, reason, "give the right to read it")
}
