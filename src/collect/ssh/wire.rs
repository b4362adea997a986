//! What is said to the script on a node, and what it says back.
//!
//! A batch of requests is lines and a lone dot. An answer is records, each with its length in front, and an end that
//! counts them and repeats the word the batch began with: whatever else gets in between, or is cut off, is noticed.

use std::io::{self, BufRead};

/// The most one node may say: the mount tables of its components, its processes and its configuration are far less.
const MOST: u64 = 64 << 20;
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

/// One record of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// The script is there, and runs as this uid.
    Begin(u32),
    /// The host name.
    Hostname(String),
    /// A process.
    Process(Process),
    /// The arguments of processes, each with a NUL behind it.
    /// Nothing for one that ended before it was asked.
    Commands(Vec<(u32, Option<Vec<u8>>)>),
    /// All processes were told; with the time the machine was started, in seconds since 1970, and how many were left out.
    Processes(Result<(Option<i64>, usize), Refusal>),
    /// What is at a path.
    Stat(String, Result<Stat, Refusal>),
    /// The content of a file.
    Read(String, Result<Vec<u8>, Refusal>),
    /// The names in a directory.
    List(String, Result<Vec<String>, Refusal>),
    /// The end, with the number of records so far.
    End(usize),
}

/// A process as the script saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) uid: Option<u32>,
    pub(super) depth: u32,
    /// When it was started, in clock ticks after the machine.
    pub(super) start: Option<i64>,
    /// The mode of seccomp.
    pub(super) seccomp: Option<u32>,
    /// What the security module says.
    pub(super) label: Option<String>,
    /// Its control group, if that is one of a pod.
    pub(super) cgroup: String,
    pub(super) name: String,
    /// Whether it has arguments, which come together with those of all others.
    pub(super) argv: Result<bool, Refusal>,
}

/// What `stat` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    /// File type and permission bits, as in `st_mode`.
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) size: u64,
    /// Seconds since 1970.
    pub(super) modified: i64,
    /// The path without links, if there is one in it.
    pub(super) target: Option<String>,
}

/// Why something was not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing is there.
    NotFound,
    /// No right to it.
    Denied,
    /// Links that lead in a circle.
    Loop,
    /// Anything else.
    Failed,
}

impl Refusal {
    /// As the system says it on the machine itself.
    pub(super) fn error(self) -> io::Error {
        use rustix::io::Errno;
        match self {
            Self::NotFound => Errno::NOENT,
            Self::Denied => Errno::ACCESS,
            Self::Loop => Errno::LOOP,
            Self::Failed => Errno::IO,
        }
        .into()
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
}

impl<R: BufRead> Records<R> {
    /// Reads what precedes the script, and its first record. What was said before is returned with the script's uid.
    pub(super) fn begin(from: R, nonce: &str) -> Result<(Self, u32), WireError> {
        let mut records = Self {
            from,
            nonce: nonce.to_owned(),
            told: 0,
            taken: 0,
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
            if let Some(Ok(Record::Begin(uid))) = ours.map(|at| records.record(&line[at..])) {
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
            match self.record(&line)? {
                Record::End(count) if count == self.told => {
                    self.told += 1;
                    return Ok(());
                }
                Record::End(_) | Record::Begin(_) => return Err(polluted(&line)),
                record => take(record),
            }
            self.told += 1;
        }
    }

    fn line(&mut self) -> Result<Option<String>, WireError> {
        let mut bytes = Vec::new();
        let left = MOST - self.taken;
        let read = io::Read::take(&mut self.from, left).read_until(b'\n', &mut bytes)?;
        self.taken += read as u64;
        if self.taken >= MOST {
            return Err(WireError::TooLong);
        }
        if bytes.pop() != Some(b'\n') {
            return Ok(None);
        }
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn record(&self, line: &str) -> Result<Record, WireError> {
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

fn record(text: &str, nonce: &str) -> Option<Record> {
    let fields: Vec<&str> = text.split('\t').collect();
    Some(match fields[..] {
        ["B", word, uid] if word == nonce => Record::Begin(uid.parse().ok()?),
        ["E", word, count] if word == nonce => Record::End(count.parse().ok()?),
        ["H", name] => Record::Hostname(named(name)?),
        [
            "P",
            pid,
            uid,
            depth,
            start,
            seccomp,
            label,
            cgroup,
            name,
            argv,
        ] => Record::Process(Process {
            pid: pid.parse().ok()?,
            uid: uid.parse().ok(),
            depth: depth.parse().ok()?,
            start: start.parse().ok(),
            seccomp: seccomp.parse().ok(),
            label: Some(named(label)?).filter(|label| !label.is_empty()),
            cgroup: named(cgroup)?,
            name: named(name)?,
            argv: match argv {
                "" => Ok(false),
                "+" => Ok(true),
                reason => Err(refusal(reason)?),
            },
        }),
        ["C", lines] => Record::Commands(commands(&bytes(lines)?.ok()?)),
        ["Q", boot, left_out] => Record::Processes(Ok((boot.parse().ok(), left_out.parse().ok()?))),
        ["Q", reason] => Record::Processes(Err(refusal(reason)?)),
        ["S", path, reason] => Record::Stat(named(path)?, Err(refusal(reason)?)),
        ["S", path, mode, uid, gid, size, modified, ref target @ ..] if target.len() < 2 => {
            let stat = Stat {
                mode: u32::from_str_radix(mode, 16).ok()?,
                uid: uid.parse().ok()?,
                gid: gid.parse().ok()?,
                size: size.parse().ok()?,
                modified: modified.parse().ok()?,
                target: match target.first() {
                    Some(target) => Some(named(target)?),
                    None => None,
                },
            };
            Record::Stat(named(path)?, Ok(stat))
        }
        ["R", path, content] => Record::Read(named(path)?, bytes(content)?),
        ["L", path, names] => Record::List(
            named(path)?,
            match refusal(names) {
                Some(refusal) => Err(refusal),
                None => Ok(split(&named(names)?)),
            },
        ),
        _ => return None,
    })
}

fn refusal(reason: &str) -> Option<Refusal> {
    Some(match reason {
        "n" => Refusal::NotFound,
        "d" => Refusal::Denied,
        "l" => Refusal::Loop,
        "e" => Refusal::Failed,
        _ => return None,
    })
}

fn split(names: &str) -> Vec<String> {
    let mut names: Vec<String> = names
        .split('/')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    names.sort_unstable();
    names
}

/// Text that stands for itself, or `=` and hexadecimal digits.
fn named(field: &str) -> Option<String> {
    match field.strip_prefix('=') {
        Some(digits) => Some(String::from_utf8_lossy(&decoded(digits)?).into_owned()),
        None => Some(field.to_owned()),
    }
}

fn bytes(field: &str) -> Option<Result<Vec<u8>, Refusal>> {
    match field.strip_prefix('=') {
        Some(digits) => Some(Ok(decoded(digits)?)),
        None => Some(Err(refusal(field)?)),
    }
}

/// Command lines as the script lines them up: a mark and the process, then a word on each line. What ends a line of a word's
/// own is another mark.
fn commands(lines: &[u8]) -> Vec<(u32, Option<Vec<u8>>)> {
    let each = lines.split(|byte| *byte == 1).skip(1);
    let each = each.filter_map(|command| {
        let end = command.iter().position(|byte| *byte == b'\n')?;
        let pid = std::str::from_utf8(&command[..end]).ok()?.parse().ok()?;
        // The script ends the last word, which ended by itself or not.
        let words = command[end + 1..].strip_suffix(b"\n")?;
        let words = words.iter().map(|byte| match byte {
            b'\n' => 0,
            2 => b'\n',
            byte => *byte,
        });
        let ended = words.clone().any(|byte| byte == 3);
        Some((pid, (!ended).then(|| words.collect())))
    });
    each.collect()
}

fn decoded(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = digits.as_bytes().chunks(2).map(|pair| {
        let (high, low) = (digit(pair[0])?, digit(*pair.get(1)?)?);
        u8::try_from(high * 16 + low).ok()
    });
    pairs.collect()
}
