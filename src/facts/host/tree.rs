//! The raw host tree: what a reader saw on one node, before anything is concluded from it.
//!
//! Any reader fills it the same way: the native one, a script over SSH, an example in a check file, a recorded fixture.
//! It is never stored in a snapshot, and what it holds of a file has passed [`super::reduce`] first, so no key, token or
//! password is ever in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Body, Purpose};
use crate::facts::{Gap, GapReason};

/// What was seen on one node so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostTree {
    /// The host name; `None` until it was asked for.
    #[serde(default)]
    pub hostname: Option<Result<String, Gap>>,
    /// The running processes; `None` until they were asked for.
    #[serde(default)]
    pub processes: Option<Result<Vec<Process>, Gap>>,
    /// Why the list of processes is not all of them.
    #[serde(default)]
    pub left_out: Option<Gap>,
    /// What is at a path, by absolute path as the node sees it.
    #[serde(default)]
    pub entries: BTreeMap<String, Entry>,
}

/// A running process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Process {
    /// Its id, as the node counts.
    pub pid: u32,
    /// Its command line; empty for a kernel thread.
    pub argv: Result<Vec<String>, Gap>,
    /// The name the kernel keeps (`comm`, at most 15 bytes): all that is known when argv is not readable.
    #[serde(default)]
    pub name: String,
    /// Its effective uid, as the node counts; `None` when not readable.
    #[serde(default)]
    pub uid: Option<u32>,
    /// When it was started, in seconds since 1970; `None` when not readable.
    #[serde(default)]
    pub started: Option<i64>,
    /// How many PID namespaces deep it runs, seen from the reader: 0 on the node itself, 1 in a pod of it.
    #[serde(default)]
    pub depth: u32,
    /// How the kernel filters its system calls: 0 not at all, 1 strictly, 2 by a filter; `None` when not readable.
    #[serde(default)]
    pub seccomp: Option<u32>,
    /// What the security module says of it; `None` when none does.
    #[serde(default)]
    pub label: Option<String>,
    /// Its control group, if that is one of a pod.
    #[serde(default)]
    pub cgroup: String,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Entry {
    /// Nothing.
    NotFound,
    /// It could not be looked at.
    Gap(Gap),
    /// Something.
    Found(Box<Found>),
}

/// A file, directory or other thing, symbolic links followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Permission bits, `0o7777` mask.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Size in bytes.
    #[serde(default)]
    pub size: u64,
    /// Last change of the content, in seconds since 1970.
    #[serde(default)]
    pub modified: i64,
    /// The path without symbolic links, where it differs from the one that was asked for.
    #[serde(default)]
    pub target: Option<String>,
    /// Every directory above the path, and above the target, each once.
    #[serde(default)]
    pub parents: Vec<Parent>,
    /// The reduced content, per purpose that was asked for.
    #[serde(default)]
    pub bodies: BTreeMap<Purpose, Result<Body, Gap>>,
    /// The names in a directory, when they were asked for.
    #[serde(default)]
    pub names: Option<Result<Vec<String>, Gap>>,
    /// The paths below a directory, when they were asked for; each has an entry of its own.
    #[serde(default)]
    pub below: Option<Result<Vec<String>, Gap>>,
}

/// A directory above a file: whoever can write to it can replace the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parent {
    /// Its path.
    pub path: String,
    /// Permission bits, `0o7777` mask.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A Unix socket.
    Socket,
    /// A pipe, a device: never opened.
    Other,
}

/// How many processes are looked at of those that are called like a component or what starts one, and as many of all others.
/// Nodes run some thousands.
pub const PROCESSES: usize = 4096;

/// How the programs that are looked for are called, as the kernel keeps it: by the beginning.
const SOUGHT: [&str; 11] = [
    "containerd",
    "cri-dockerd",
    "crio",
    "dockerd",
    "etcd",
    "hyperkube",
    "k0s",
    "k3s",
    "kube",
    "microshift",
    "rke2",
];

/// Chooses the processes that are looked at, by the names the kernel keeps; the rest is counted.
#[derive(Debug, Default)]
pub struct Choice {
    sought: usize,
    others: usize,
    left_out: usize,
}

impl Choice {
    /// Whether the next process is looked at.
    pub fn takes(&mut self, name: &str) -> bool {
        let sought = SOUGHT.iter().any(|start| name.starts_with(start));
        let count = if sought {
            &mut self.sought
        } else {
            &mut self.others
        };
        if *count == PROCESSES {
            self.left_out += 1;
            return false;
        }
        *count += 1;
        true
    }

    /// Why there are more, if there are.
    pub fn gap(&self) -> Option<Gap> {
        left_out(self.left_out)
    }
}

/// The gap of that many processes that were not looked at.
pub fn left_out(count: usize) -> Option<Gap> {
    (count > 0).then(|| {
        Gap::new(
            format!("{count} processes beyond those that are looked at"),
            "/proc",
            GapReason::Unparsable,
            "look at them by hand: a node runs some thousands",
        )
    })
}

/// One thing a reader is asked for. Answering is never more than looking.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Request {
    /// The host name.
    Hostname,
    /// Every process with its command line.
    Processes,
    /// Kind, mode and owner of a path and of the directories above it.
    Stat(String),
    /// Content, reduced for one purpose; and all that `Stat` gives.
    Read(String, Purpose),
    /// The names in a directory; and all that `Stat` gives.
    List(String),
    /// `Stat` of everything below a directory, so many levels deep; links to directories are not descended into.
    Tree(String, u32),
}

/// What a reader answers to a [`Request`].
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To [`Request::Hostname`].
    Hostname(Result<String, Gap>),
    /// To [`Request::Processes`]; with the reason where there are more.
    Processes(Result<Vec<Process>, Gap>, Option<Gap>),
    /// To everything else: what is at the path, and whatever else was seen on the way.
    Entries(Vec<(String, Entry)>),
}

impl Answer {
    /// About how many bytes it and what is concluded from it take, without the contents of files: a row of a listing is
    /// larger than what it is made of.
    pub fn weight(&self) -> usize {
        const ROW: usize = 1024;
        const TEXT: usize = 48;
        let words = |words: &[String]| words.iter().map(|word| TEXT + word.len()).sum::<usize>();
        match self {
            Self::Hostname(_) => ROW,
            Self::Processes(processes, _) => {
                let each = processes.iter().flatten();
                let each = each.map(|process| ROW + process.argv.as_deref().map_or(0, words));
                each.sum()
            }
            Self::Entries(entries) => {
                let each = entries.iter().map(|(path, entry)| {
                    let Entry::Found(found) = entry else {
                        return ROW + path.len();
                    };
                    let parents = found.parents.iter();
                    let parents: usize = parents.map(|parent| TEXT + parent.path.len()).sum();
                    let lists = [&found.names, &found.below].into_iter().flatten();
                    let lists: usize = lists.flatten().map(|list| words(list)).sum();
                    ROW + path.len() + parents + lists
                });
                each.sum()
            }
        }
    }
}

impl Request {
    /// The path it is about.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Hostname | Self::Processes => None,
            Self::Stat(path) | Self::Read(path, _) | Self::List(path) | Self::Tree(path, _) => {
                Some(path)
            }
        }
    }

    /// The answer of a reader that could not find out.
    pub fn refused(&self, gap: Gap) -> Answer {
        match self {
            Self::Hostname => Answer::Hostname(Err(gap)),
            Self::Processes => Answer::Processes(Err(gap), None),
            Self::Stat(path) | Self::Read(path, _) | Self::List(path) | Self::Tree(path, _) => {
                Answer::Entries(vec![(path.clone(), Entry::Gap(gap))])
            }
        }
    }
}

impl HostTree {
    /// Takes an answer in. What was known of a path stays; what is new is added.
    pub fn insert(&mut self, answer: Answer) {
        match answer {
            Answer::Hostname(name) => self.hostname = Some(name),
            Answer::Processes(processes, left_out) => {
                self.processes = Some(processes);
                self.left_out = left_out;
            }
            Answer::Entries(entries) => {
                for (path, entry) in entries {
                    self.insert_entry(path, entry);
                }
            }
        }
    }

    fn insert_entry(&mut self, path: String, entry: Entry) {
        use std::collections::btree_map::Entry::{Occupied, Vacant};
        match self.entries.entry(path) {
            Vacant(place) => {
                place.insert(entry);
            }
            Occupied(mut place) => match (place.get_mut(), entry) {
                (Entry::Found(old), Entry::Found(new)) => old.merge(*new),
                // The file is there but could not be looked at again: keep what is known, and note the gap where
                // something is still open.
                (Entry::Found(old), Entry::Gap(gap)) => old.close(&gap),
                (_, new) => {
                    place.insert(new);
                }
            },
        }
    }

    /// Whether `request` needs no further asking.
    pub fn answers(&self, request: &Request) -> bool {
        let found = match request {
            Request::Hostname => return self.hostname.is_some(),
            Request::Processes => return self.processes.is_some(),
            Request::Stat(path)
            | Request::Read(path, _)
            | Request::List(path)
            | Request::Tree(path, _) => match self.entries.get(path) {
                None => return false,
                Some(Entry::NotFound | Entry::Gap(_)) => return true,
                Some(Entry::Found(found)) => found,
            },
        };
        match request {
            Request::Read(_, purpose) => {
                found.kind != Kind::File || found.bodies.contains_key(purpose)
            }
            Request::List(_) => found.kind != Kind::Directory || found.names.is_some(),
            Request::Tree(..) => found.kind != Kind::Directory || found.below.is_some(),
            Request::Stat(_) | Request::Hostname | Request::Processes => true,
        }
    }
}

impl Found {
    /// Something with this kind, mode and owner, and nothing else known.
    pub fn new(kind: Kind, mode: u32, uid: u32, gid: u32) -> Self {
        Self {
            kind,
            mode: mode & 0o7777,
            uid,
            gid,
            size: 0,
            modified: 0,
            target: None,
            parents: Vec::new(),
            bodies: BTreeMap::new(),
            names: None,
            below: None,
        }
    }

    fn merge(&mut self, new: Self) {
        let old = std::mem::replace(self, new);
        for (purpose, body) in old.bodies {
            self.bodies.entry(purpose).or_insert(body);
        }
        self.names = self.names.take().or(old.names);
        self.below = self.below.take().or(old.below);
    }

    fn close(&mut self, gap: &Gap) {
        for purpose in Purpose::ALL {
            self.bodies.entry(purpose).or_insert(Err(gap.clone()));
        }
        self.names.get_or_insert(Err(gap.clone()));
        self.below.get_or_insert(Err(gap.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_processes_those_that_are_sought_stay() {
        let mut choice = Choice::default();
        let taken = (0..150_000).filter(|_| choice.takes("stress\n")).count();
        assert_eq!(taken, PROCESSES);
        assert!(choice.takes("kube-apiserver\n") && choice.takes("etcd\n"));
        let gap = choice.gap().unwrap();
        assert!(gap.what.starts_with("145904 processes"), "{}", gap.what);
        // Whoever calls many processes so leaves out no more than others.
        let taken = (0..150_000).filter(|_| choice.takes("etcd\n")).count();
        assert_eq!(taken, PROCESSES - 2);
        assert_eq!(left_out(0), None);
    }
}
