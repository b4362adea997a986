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
use crate::facts::{Asked, Cluster, Facts, Gap, GapReason, Manifests, Taking};

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
    /// It was named itself, so it is read whatever it is: a pipe too.
    Named(PathBuf),
    /// It was found in a directory.
    Found(PathBuf),
    /// A part of a directory that cannot be read.
    Unread(PathBuf, io::Error),
}

/// What one file holds, or why it could not be read; an error where it was named itself.
type Held = Result<(String, Result<Vec<Document>, Gap>), ManifestError>;

/// Reads everything that `named` names; `-` is standard input.
///
/// # Errors
/// When something that was named itself cannot be read, or is a directory without manifests.
pub fn collect_manifests(named: &[PathBuf], now: Timestamp) -> Result<Facts, ManifestError> {
    let inputs = inputs(named)?;
    let mut facts = Facts::unrecorded(now, Asked::default(), Cluster::default());
    let mut taking = facts.take_manifests();
    let mut found = Manifests {
        named: named
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
        ..Manifests::default()
    };
    each(&inputs, |held| {
        let (name, held) = held?;
        match held {
            Err(gap) => {
                found.broken += 1;
                taking.lack(None, gap);
            }
            Ok(documents) => {
                found.files += 1;
                for document in documents {
                    take(document, &name, &mut taking, &mut found);
                }
            }
        }
        Ok(())
    })?;
    taking.finish(found);
    Ok(facts)
}

/// The facts in the bytes of a manifest: an entry of the crate's `fuzzing`.
pub(crate) fn facts_of(bytes: &[u8], now: Timestamp) -> Facts {
    let mut facts = Facts::unrecorded(now, Asked::default(), Cluster::default());
    let mut taking = facts.take_manifests();
    let mut found = Manifests::default();
    for document in decode_manifest_file(bytes) {
        take(document, "manifest", &mut taking, &mut found);
    }
    taking.finish(found);
    facts
}

/// Takes one document of the file called `name`.
fn take(document: Document, name: &str, taking: &mut Taking<'_>, found: &mut Manifests) {
    let Document {
        line,
        content,
        removed,
    } = document;
    let place = format!("{name}:{line}");
    match content {
        Content::Object(object) => {
            found.objects += 1;
            if let Some(version) = removed {
                let what = format!("{} of {version}", object.kind());
                *found.removed.entry(what).or_default() += 1;
            }
            taking.object(object, place);
        }
        Content::Plain => found.plain += 1,
        Content::Other {
            kind,
            name,
            carries,
        } => {
            if carries.is_empty() {
                *found.others.entry(kind).or_default() += 1;
                return;
            }
            found.broken += 1;
            let named = name.map(|name| format!(" {name}")).unwrap_or_default();
            let what: Vec<&str> = carries.iter().map(String::as_str).collect();
            let why = format!(
                "a kind that is not known here, and may become {}",
                what.join(", ")
            );
            let gap = unreadable(&format!("{kind}{named}"), &place, &why);
            for carried in &carries {
                taking.lack(Some(carried), gap.clone());
            }
        }
        Content::Broken { line, kind, broken } => {
            found.broken += 1;
            let named = broken
                .name
                .map(|name| format!(" {name}"))
                .unwrap_or_default();
            let what = format!("{}{named}", kind.as_deref().unwrap_or("document"));
            let gap = unreadable(&what, &format!("{name}:{line}"), &broken.why);
            taking.lack(kind.as_deref(), gap);
        }
    }
}

fn unreadable(what: &str, place: &str, why: &str) -> Gap {
    Gap::new(
        format!("{what}: {why}"),
        place,
        GapReason::Unparsable,
        "mend it, or judge what is made of it, and run again",
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
            inputs.push(Input::Named(path.clone()));
            continue;
        }
        let mut files = Vec::new();
        walk(path, DEEPEST, &mut files).map_err(broken)?;
        if files.is_empty() {
            return Err(ManifestError::Empty { path: path.clone() });
        }
        files.sort_by(|(a, _), (b, _)| a.cmp(b));
        inputs.extend(files.into_iter().map(|(path, error)| match error {
            Some(error) => Input::Unread(path, error),
            None => Input::Found(path),
        }));
    }
    Ok(inputs)
}

/// The manifests below a directory, those with a dot before their name too, and the directories below it that cannot be read.
/// Links to directories are not followed, as kubectl does not.
fn walk(
    directory: &Path,
    deepest: usize,
    files: &mut Vec<(PathBuf, Option<io::Error>)>,
) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let ending = path.extension().and_then(|ending| ending.to_str());
        if kind.is_dir() {
            let below = match deepest {
                0 => Err(io::Error::other(format!(
                    "it lies deeper than {DEEPEST} directories"
                ))),
                _ => walk(&path, deepest - 1, files),
            };
            if let Err(error) = below {
                files.push((path, Some(error)));
            }
        } else if ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
            files.push((path, None));
        }
    }
    Ok(())
}

/// Reads and decodes every input on all cores, and hands them over in their order, until the first error.
fn each(
    inputs: &[Input],
    mut take: impl FnMut(Held) -> Result<(), ManifestError>,
) -> Result<(), ManifestError> {
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
                held.into_iter().try_for_each(&mut take)?;
                turn += 1;
            }
        }
        Ok(())
    })
}

fn read(input: &Input) -> Held {
    let broken = |path: &Path| {
        let path = path.to_owned();
        |source| ManifestError::Read { path, source }
    };
    match input {
        Input::Standard => {
            let name = "stdin".to_owned();
            let held = text(io::stdin().lock(), 0, &name);
            Ok((name, held.map_err(broken(Path::new("standard input")))?))
        }
        Input::Named(path) => {
            let name = path.display().to_string();
            let held = open(path, &name).map_err(broken(path))?;
            Ok((name, held))
        }
        Input::Found(path) => {
            let name = path.display().to_string();
            // Opening a pipe waits for whoever writes into it.
            let held = match fs::metadata(path) {
                Ok(found) if !found.is_file() => {
                    Err(unreadable("file", &name, "it is no regular file"))
                }
                _ => open(path, &name).unwrap_or_else(|error| Err(failed("file", &error, &name))),
            };
            Ok((name, held))
        }
        Input::Unread(path, error) => {
            let name = path.display().to_string();
            let gap = failed("directory", error, &name);
            Ok((name, Err(gap)))
        }
    }
}

fn open(path: &Path, name: &str) -> io::Result<Result<Vec<Document>, Gap>> {
    let file = fs::File::open(path)?;
    // A guess at what comes, so that it is read at once.
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    text(file, size, name)
}

fn text(from: impl Read, size: u64, name: &str) -> io::Result<Result<Vec<Document>, Gap>> {
    let room = size.min(LARGEST) + 1;
    let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or_default());
    from.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        let why = format!("it is larger than {} MiB", LARGEST >> 20);
        return Ok(Err(unreadable("file", name, &why)));
    }
    Ok(Ok(decode_manifest_file(&bytes)))
}

fn failed(what: &str, error: &io::Error, name: &str) -> Gap {
    let (reason, remedy) = match error.kind() {
        io::ErrorKind::PermissionDenied => (GapReason::Forbidden, "give the right to read it"),
        _ => (GapReason::Unreachable, "mend it and run again"),
    };
    Gap::new(format!("{what}: {error}"), name, reason, remedy)
}
