//! What is said to the script on a node, and what it says back.
//!
//! A batch of requests is lines and a lone dot. An answer is records, each with its length in front, and an end that
//! counts them and repeats the word the batch began with: whatever else gets in between, or is cut off, is noticed.

use std::io::{self, BufRead};

use super::pool::{self, Share};
use super::record::{Record, record};

/// The most one node may say: the mount tables of its components, its processes and its configuration are far less.
const MOST: u64 = 64 << 20;
/// The longest line: what is read of a file is at most 4 MiB, in two digits a byte.
const LINE: u64 = 16 << 20;
/// How many lines may precede the script's own: a banner, what a login script prints.
const PREAMBLE: usize = 200;

/// One thing the script is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ask {
    /// To read the files that settings of these names lead to, whenever it comes across one.
    FollowFiles(Vec<&'static str>),
    /// To read the directories that settings of these names lead to.
    FollowDirectories(Vec<&'static str>),
    /// To keep of command lines and variables what is on these lists, each under a letter.
    Keep(char, Vec<&'static str>),
    /// The host name.
    Hostname,
    /// All processes.
    Processes,
    /// Kind, mode and owner.
    Stat(String),
    /// Content.
    Read(String),
    /// The lines of a container runtime's configuration that are looked for.
    ReadRuntime(String),
    /// What is kept of a static pod's manifest.
    ReadManifest(String),
    /// Names in a directory.
    List(String),
    /// Everything below a directory, so many levels deep.
    Below(String, u32),
    /// The same with the content of files and of what those name.
    All(String, u32),
}

impl Ask {
    /// Whether a line can hold it.
    pub(super) fn fits(&self) -> bool {
        match self {
            Self::Stat(path)
            | Self::Read(path)
            | Self::ReadRuntime(path)
            | Self::ReadManifest(path)
            | Self::List(path)
            | Self::Below(path, _)
            | Self::All(path, _) => path.starts_with('/') && !path.contains(char::is_control),
            _ => true,
        }
    }
}

/// An answer that is none.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The connection broke, or took too long.
    #[error("reading what the script on the node says")]
    Io(#[from] io::Error),
    /// It ended before its end record.
    #[error("the answer of the node is cut off{}", said(.0))]
    CutOff(String),
    /// Something else wrote into it.
    #[error("the answer of the node has something in it that is not of our script: `{0}`")]
    Polluted(String),
    /// It says too much.
    #[error("the answer of the node is over {} MiB", MOST >> 20)]
    TooLong,
    /// It says too much, or many do.
    #[error("the node says more than can be held: over {} MiB, or all together over twice that", pool::MOST >> 20)]
    TooMuch,
}

fn said(text: &str) -> String {
    match text.trim() {
        "" => String::new(),
        text => format!(" after it said: {text}"),
    }
}

/// The batch that asks for all of `asks`.
pub(super) fn batch(asks: &[Ask]) -> String {
    let line = |ask: &Ask| match ask {
        Ask::FollowFiles(names) => format!("F {}\n", names.join(" ")),
        Ask::FollowDirectories(names) => format!("D {}\n", names.join(" ")),
        Ask::Keep(list, names) => format!("K {list} {}\n", names.join(" ")),
        Ask::Hostname => "H\n".to_owned(),
        Ask::Processes => "P\n".to_owned(),
        Ask::Stat(path) => format!("S {path}\n"),
        Ask::Read(path) => format!("R {path}\n"),
        Ask::ReadRuntime(path) => format!("I {path}\n"),
        Ask::ReadManifest(path) => format!("M {path}\n"),
        Ask::List(path) => format!("L {path}\n"),
        Ask::Below(path, depth) => format!("T {depth} {path}\n"),
        Ask::All(path, depth) => format!("A {depth} {path}\n"),
    };
    asks.iter().map(line).collect::<String>() + ".\n"
}

/// Reads the records of a node.
pub(super) struct Records<R> {
    from: R,
    nonce: String,
    told: usize,
    taken: u64,
    /// What is held of them.
    share: Share,
}

impl<R: BufRead> Records<R> {
    /// Reads what precedes the script, and its first record. What was said before is returned with the script's uid.
    pub(super) fn begin(from: R, nonce: &str, share: Share) -> Result<(Self, u32), WireError> {
        let mut records = Self {
            from,
            nonce: nonce.to_owned(),
            told: 0,
            taken: 0,
            share,
        };
        let mut before = String::new();
        for _ in 0..PREAMBLE {
            let Some(line) = records.line()? else { break };
            // Output that lacks a line end of its own stands in front of our line.
            let ours = line.find(&format!("\tB\t{nonce}\t")).map(|at| {
                line[..at]
                    .trim_end_matches(|c: char| c.is_ascii_digit())
                    .len()
            });
            if let Some(Ok(Record::Begin(uid))) = ours.map(|at| records.parsed(&line[at..])) {
                records.told = 1;
                return Ok((records, uid));
            }
            before.extend(line.chars().take(400));
            before.push('\n');
        }
        Err(WireError::CutOff(before))
    }

    /// The records up to the next end, each handed to `take`.
    pub(super) fn read(&mut self, mut take: impl FnMut(Record)) -> Result<(), WireError> {
        loop {
            let line = self.line()?;
            let line = line.ok_or_else(|| WireError::CutOff(String::new()))?;
            match self.parsed(&line)? {
                Record::End(count) if count == self.told => {
                    self.told += 1;
                    return Ok(());
                }
                Record::End(_) | Record::Begin(_) => return Err(polluted(&line)),
                record => {
                    self.hold(line.len() + record.weight())?;
                    take(record);
                }
            }
            self.told += 1;
        }
    }

    /// Counts what else is held of what it says.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), WireError> {
        match self.share.hold(bytes) {
            true => Ok(()),
            false => Err(WireError::TooMuch),
        }
    }

    /// What is held until what it said is given up.
    pub(super) fn share(self) -> Share {
        self.share
    }

    fn line(&mut self) -> Result<Option<String>, WireError> {
        let mut bytes = Vec::new();
        let left = LINE.min(MOST - self.taken);
        let read = io::Read::take(&mut self.from, left).read_until(b'\n', &mut bytes)? as u64;
        self.taken += read;
        if read == left {
            return Err(WireError::TooLong);
        }
        if bytes.pop() != Some(b'\n') {
            return Ok(None);
        }
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn parsed(&self, line: &str) -> Result<Record, WireError> {
        let record = || {
            let (length, text) = line.split_once('\t')?;
            if length.parse::<usize>().ok()? != text.len() {
                return None;
            }
            record(text, &self.nonce)
        };
        record().ok_or_else(|| polluted(line))
    }
}

fn polluted(line: &str) -> WireError {
    WireError::Polluted(line.chars().take(80).collect())
}
