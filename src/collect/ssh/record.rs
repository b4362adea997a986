//! One record of what a node says: what it is, how it is read, and what it takes in memory.

use std::io;

/// What a record takes beside its text, and each of many texts in it.
const RECORD: usize = 512;
const TEXT: usize = 48;

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

impl Record {
    /// What it takes in memory beside its text.
    pub(super) fn weight(&self) -> usize {
        let words = |words: &[u8]| words.iter().filter(|byte| **byte == 0).count();
        let texts = match self {
            Self::Commands(commands) => {
                let each = commands.iter();
                each.map(|(_, argv)| 2 + argv.as_deref().map_or(0, words))
                    .sum()
            }
            Self::List(_, Ok(names)) => names.len(),
            _ => 0,
        };
        RECORD + TEXT * texts
    }
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

/// Reads a record; `nonce` is the word that only the script on the node knows.
pub(super) fn record(text: &str, nonce: &str) -> Option<Record> {
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
