//! OpenSSH's files of known host keys, read as OpenSSH reads them, each once for all nodes.
//!
//! The library's own reader takes `@revoked` for a host name, so it accepts revoked keys, and loses what follows a line it
//! cannot read. Certificates of hosts are not supported: a host known by its authority alone is refused, and told so.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::host_lines::{At, Line, Marker, PORT, kind_of, line, name, public};

/// What one file says, the keys of hosts that were met in this run included.
#[derive(Debug, Default)]
pub(super) struct KnownFile {
    /// Where it is; nothing where new hosts are kept in mind alone.
    path: Option<PathBuf>,
    table: RwLock<Table>,
    /// Held by whoever writes a new host down, from the look at the table to the line in it.
    writing: Mutex<()>,
}

/// Lines by the names that they are about.
#[derive(Debug, Default)]
struct Table {
    lines: Vec<Arc<Line>>,
    /// The lines that state a name in full.
    named: HashMap<Box<str>, Vec<usize>>,
    /// Those that have to be tried: with patterns, or with a hash in the place of a name.
    open: Vec<usize>,
    /// How many lines the file has, those that say nothing included.
    length: usize,
}

/// How many lines that cannot be read are named; of a file that is something else, all are such.
const REMARKS: usize = 20;

impl Table {
    fn take(&mut self, line: Line) {
        let number = self.lines.len();
        match line.hosts.names() {
            None => self.open.push(number),
            Some(names) => {
                for name in names {
                    let of_name = self.named.entry(name.as_str().into()).or_default();
                    // Twice on one line is once.
                    if of_name.last() != Some(&number) {
                        of_name.push(number);
                    }
                }
            }
        }
        self.lines.push(Arc::new(line));
    }

    /// The lines about `name`, in their order; and how many had to be tried for it.
    fn of(&self, name: &str) -> (Vec<Arc<Line>>, usize) {
        let named = self.named.get(name).map_or(&[][..], Vec::as_slice);
        let tried = self.open.iter().copied();
        let tried = tried.filter(|number| self.lines[*number].hosts.hold(name));
        let mut numbers: Vec<usize> = named.iter().copied().chain(tried).collect();
        numbers.sort_unstable();
        let lines = numbers.iter().map(|number| self.lines[*number].clone());
        (lines.collect(), named.len() + self.open.len())
    }
}

impl KnownFile {
    /// What the file at `path` says, and what of it could not be read.
    pub(super) fn new(path: &Path, text: &str) -> (Self, Vec<String>) {
        let file: Arc<Path> = path.into();
        let mut table = Table::default();
        let (mut remarks, mut more) = (Vec::new(), 0);
        for line in text.lines().map(str::trim) {
            table.length += 1;
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let at = At {
                file: file.clone(),
                line: table.length,
            };
            match Line::parse(line, at.clone()) {
                Some(line) => table.take(line),
                None if remarks.len() < REMARKS => {
                    remarks.push(format!("{at}: no line of known hosts, left out"));
                }
                None => more += 1,
            }
        }
        if more > 0 {
            let shown = path.display();
            remarks.push(format!(
                "{shown}: {more} more lines are none of known hosts, left out"
            ));
        }
        let known = Self {
            path: Some(path.to_owned()),
            table: RwLock::new(table),
            writing: Mutex::default(),
        };
        (known, remarks)
    }

    fn of(&self, name: &str) -> Vec<Arc<Line>> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.of(name).0
    }

    /// How many lines a look for `name` touches.
    #[cfg(test)]
    pub(super) fn touched(&self, name: &str) -> usize {
        self.table.read().unwrap().of(name).1
    }

    /// Writes `text` down as a line of its own, in the file and in the table.
    fn append(&self, text: &str) -> io::Result<()> {
        let place = self.path.as_deref();
        if let Some(path) = place {
            append(path, text).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })?;
        }
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.length += 1;
        let at = At {
            file: place.unwrap_or(Path::new("this run")).into(),
            line: table.length,
        };
        if let Some(line) = Line::parse(text, at) {
            table.take(line);
        }
        Ok(())
    }
}

/// Appends a line to a file that may lack the end of its last one, with one write: whoever else appends, or stops half-way,
/// glues no two lines together.
fn append(path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        let mut folders = std::fs::DirBuilder::new();
        folders.mode(0o700).recursive(true).create(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    let options = options.create(true).append(true).mode(0o600);
    let mut file = options.open(path)?;
    // What cannot be read may end anyhow: an empty line is none.
    let start = if ends_a_line(path).unwrap_or(false) {
        ""
    } else {
        "\n"
    };
    file.write_all(format!("{start}{text}\n").as_bytes())
}

/// Whether a file is empty or ends with the end of a line.
fn ends_a_line(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Keys that no host may show (`RevokedHostKeys`), each as in a file with the ending `.pub`.
#[derive(Debug, Default)]
pub(super) struct Revoked(Vec<(At, Vec<u8>)>);

impl Revoked {
    /// Reads such a list.
    ///
    /// # Errors
    /// The first line that is no key: OpenSSH trusts nobody then.
    pub(super) fn new(path: &Path, text: &str) -> Result<Self, At> {
        let file: Arc<Path> = path.into();
        let mut keys = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let at = At {
                file: file.clone(),
                line: number + 1,
            };
            match public(line) {
                Some(key) => keys.push((at, key)),
                None => return Err(at),
            }
        }
        Ok(Self(keys))
    }
}

/// What the files that count for one host say, in their order. Cheap to copy: the files are shared.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownHosts {
    /// The first takes new hosts in.
    pub(super) files: Vec<Arc<KnownFile>>,
    pub(super) revoked: Vec<Arc<Revoked>>,
}

/// What the files say about a key that a host showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the host's.
    Known,
    /// It must never be trusted again.
    Revoked(At),
    /// The host had another one of this type.
    Changed(At),
    /// The host is known by a certificate authority alone, which is not supported.
    Authority(At),
    /// Nothing is known of a key of this type.
    Unknown,
}

impl KnownHosts {
    /// Judges the key that `host` showed, as in SSH's own encoding (RFC 4253, section 6.6).
    pub(super) fn judge(&self, host: &str, port: u16, key: &[u8]) -> Verdict {
        let mut revoked = self.revoked.iter().flat_map(|list| &list.0);
        if let Some((at, _)) = revoked.find(|(_, revoked)| revoked == key) {
            return Verdict::Revoked(at.clone());
        }
        let lines = self.of(&name(host, port));
        let verdict = judged(&lines, key);
        if port == PORT || !matches!(verdict, Verdict::Unknown | Verdict::Authority(_)) {
            return verdict;
        }
        // As OpenSSH: a host that is new at its port may be known without it.
        match judged(&self.of(&name(host, PORT)), key) {
            without @ (Verdict::Known | Verdict::Revoked(_)) => without,
            _ => verdict,
        }
    }

    /// Takes the key of a host that nothing is known of for its own, and writes it down. The verdict is that of the moment:
    /// of two that show keys for one name at once, one is first.
    ///
    /// # Errors
    /// When the file cannot be written; the host stays unknown.
    pub(super) fn accept(&self, host: &str, port: u16, key: &[u8]) -> io::Result<Verdict> {
        let Some(first) = self.files.first() else {
            return Ok(Verdict::Unknown);
        };
        let writing = first.writing.lock();
        let _writing = writing.unwrap_or_else(PoisonError::into_inner);
        match self.judge(host, port, key) {
            Verdict::Unknown => {
                first.append(&line(host, port, key))?;
                Ok(Verdict::Known)
            }
            other => Ok(other),
        }
    }

    /// The types of keys that `host` is known by, in the order of the files.
    pub(super) fn kinds(&self, host: &str, port: u16) -> Vec<String> {
        let mut lines = self.of(&name(host, port));
        if port != PORT {
            lines.extend(self.of(&name(host, PORT)));
        }
        let mut kinds: Vec<String> = Vec::new();
        for line in lines {
            if line.marker == Marker::None && !kinds.contains(&line.kind) {
                kinds.push(line.kind.clone());
            }
        }
        kinds
    }

    fn of(&self, name: &str) -> Vec<Arc<Line>> {
        self.files.iter().flat_map(|file| file.of(name)).collect()
    }
}

/// What lines about one host say of a key.
fn judged(lines: &[Arc<Line>], key: &[u8]) -> Verdict {
    if let Some(line) = lines.iter().find(|line| line.is(Marker::Revoked, key)) {
        return Verdict::Revoked(line.at.clone());
    }
    let plain = || lines.iter().filter(|line| line.marker == Marker::None);
    if plain().any(|line| line.key == key) {
        return Verdict::Known;
    }
    let kind = kind_of(key);
    if let Some(line) = plain().find(|line| Some(line.kind.as_str()) == kind) {
        return Verdict::Changed(line.at.clone());
    }
    let mut authorities = lines.iter().filter(|line| line.marker == Marker::Authority);
    match authorities.next() {
        Some(line) if plain().next().is_none() => Verdict::Authority(line.at.clone()),
        _ => Verdict::Unknown,
    }
}
