//! What the script told about a node, and how that answers what the normaliser asks.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use rustix::io::Errno;

use super::record::{self, Record, Refusal, Stat};
use super::talk::read;
use super::wire::Ask;
use crate::collect::procfs::{arguments, started};
use crate::collect::system::{body, gap, kind_of, missing};
use crate::facts::host::{Answer, Entry, Found, Kind, Parent, Process, Purpose, Request, left_out};
use crate::facts::{Gap, GapReason};

/// Everything told so far. Contents are as they came from the node; only reduced ones leave.
#[derive(Default)]
pub(super) struct Seen {
    /// Put behind a content that could not be read to its end.
    broken: Vec<u8>,
    /// What would let the user read what only root may; nothing when root has read.
    remedy: Option<String>,
    hostname: Option<String>,
    processes: Vec<record::Process>,
    commands: BTreeMap<u32, Option<Vec<u8>>>,
    /// The time the machine was started, and how many processes were left out.
    told: Option<Result<(Option<i64>, usize), Refusal>>,
    stats: BTreeMap<String, Result<Stat, Refusal>>,
    contents: BTreeMap<String, Result<Vec<u8>, Refusal>>,
    names: BTreeMap<String, Result<Vec<String>, Refusal>>,
}

impl Seen {
    /// Nothing yet, on a node whose answers carry `nonce`; `remedy` is what would let the user read what only root may.
    pub(super) fn new(nonce: &str, remedy: Option<String>) -> Self {
        Self {
            broken: format!("{nonce}\n").into_bytes(),
            remedy,
            ..Self::default()
        }
    }

    /// The gap of something that the system refused there.
    fn gap(&self, what: &str, path: &str, error: &io::Error) -> Gap {
        let mut gap = gap(what, path, error);
        if let (GapReason::Forbidden, Some(remedy)) = (gap.reason, &self.remedy) {
            gap.remedy = remedy.clone().into();
        }
        gap
    }

    fn missing(&self, path: &str, refusal: Refusal) -> Entry {
        let error = refusal.error();
        match missing(path, &error) {
            Entry::Gap(_) => Entry::Gap(self.gap("file", path, &error)),
            entry => entry,
        }
    }

    /// Takes a record in.
    pub(super) fn take(&mut self, record: Record) {
        match record {
            Record::Begin(_) | Record::End(_) => {}
            Record::Hostname(name) => self.hostname = Some(name),
            Record::Process(process) => self.processes.push(process),
            Record::Commands(commands) => self.commands.extend(commands),
            Record::Processes(told) => self.told = Some(told),
            Record::Stat(path, stat) => {
                self.stats.insert(path, stat);
            }
            Record::Read(path, content) => {
                self.contents.insert(path, content);
            }
            Record::List(path, names) => {
                self.names.insert(path, names);
            }
        }
    }

    /// The answer to `request`, or what the script has to be asked for it.
    pub(super) fn answer(&self, request: &Request) -> Result<Answer, Ask> {
        match request {
            Request::Hostname => match &self.hostname {
                Some(name) => Ok(Answer::Hostname(Ok(name.trim().to_owned()))),
                None => Err(Ask::Hostname),
            },
            Request::Processes => self
                .told
                .map(|told| Answer::Processes(self.processes(told), more(told)))
                .ok_or(Ask::Processes),
            Request::Stat(path) => self.stat(path).map(|entry| one(path, entry)),
            Request::Read(path, purpose) => self.read(path, *purpose).map(|entry| one(path, entry)),
            Request::List(path) => {
                let mut entry = self.stat(path)?;
                if let Entry::Found(found) = &mut entry
                    && found.kind == Kind::Directory
                {
                    found.names = Some(self.list(path)?);
                }
                Ok(one(path, entry))
            }
            Request::Tree(path, depth) => self.tree(path, *depth),
        }
    }

    fn processes(&self, told: Result<(Option<i64>, usize), Refusal>) -> Result<Vec<Process>, Gap> {
        let told = told.map_err(|refusal| self.gap("processes", "/proc", &refusal.error()));
        let (boot, _) = told?;
        let mut processes = Vec::new();
        for process in &self.processes {
            let argv = match process.argv {
                Ok(false) => Ok(Vec::new()),
                Ok(true) => match self.commands.get(&process.pid) {
                    Some(Some(words)) => Ok(arguments(words)),
                    // It ended before it was asked.
                    Some(None) => continue,
                    None => Err(untold(process.pid)),
                },
                Err(refusal) => {
                    let path = format!("/proc/{}/cmdline", process.pid);
                    Err(self.gap("command line", &path, &refusal.error()))
                }
            };
            if let (Err(gap), "") = (&argv, process.name.as_str()) {
                return Err(gap.clone());
            }
            processes.push(Process {
                pid: process.pid,
                argv,
                name: process.name.clone(),
                uid: process.uid,
                started: started(boot, process.start),
                depth: process.depth,
                seccomp: process.seccomp,
                label: process.label.clone(),
                cgroup: process.cgroup.clone(),
            });
        }
        processes.sort_by_key(|process| process.pid);
        Ok(processes)
    }

    fn stat(&self, path: &str) -> Result<Entry, Ask> {
        let told = self
            .stats
            .get(path)
            .ok_or_else(|| Ask::Stat(path.to_owned()))?;
        let stat = match told {
            Ok(stat) => stat,
            Err(refusal) => return Ok(self.missing(path, *refusal)),
        };
        let mut found = Found::new(kind_of(stat.mode), stat.mode, stat.uid, stat.gid);
        found.size = stat.size;
        found.modified = stat.modified;
        found.target.clone_from(&stat.target);
        found.target = found.target.filter(|target| target != path);
        let mut parents = BTreeSet::new();
        for path in std::iter::once(path).chain(found.target.as_deref()) {
            for above in ancestors(path) {
                match self.stats.get(above) {
                    Some(Ok(stat)) => parents.insert(Parent {
                        path: above.to_owned(),
                        mode: stat.mode & 0o7777,
                        uid: stat.uid,
                        gid: stat.gid,
                    }),
                    Some(Err(refusal)) => return Ok(self.missing(path, *refusal)),
                    None => return Err(Ask::Stat(above.to_owned())),
                };
            }
        }
        found.parents = parents.into_iter().collect();
        Ok(Entry::Found(Box::new(found)))
    }

    fn read(&self, path: &str, purpose: Purpose) -> Result<Entry, Ask> {
        let mut entry = self.stat(path)?;
        if let Entry::Found(found) = &mut entry
            && found.kind == Kind::File
        {
            let told = self.contents.get(path);
            let told = told.ok_or_else(|| read(path.to_owned(), purpose))?;
            let content = match told {
                Ok(bytes) => self.whole(bytes, found.size, purpose),
                Err(refusal) => Err(refusal.error()),
            };
            let kept = match content {
                Ok(bytes) if purpose == Purpose::EtcdEnvironment => {
                    // Lines on the wire; the kernel ends variables with NUL.
                    let bytes: Vec<u8> = bytes
                        .iter()
                        .map(|byte| match byte {
                            b'\n' => 0,
                            2 => b'\n',
                            byte => *byte,
                        })
                        .collect();
                    body(path, purpose, &bytes)
                }
                Ok(bytes) => body(path, purpose, bytes),
                Err(error) => Err(self.gap("content of a file", path, &error)),
            };
            found.bodies.insert(purpose, kept);
        }
        Ok(entry)
    }

    /// A content that is neither too long nor cut off.
    fn whole<'a>(&self, bytes: &'a [u8], size: u64, purpose: Purpose) -> io::Result<&'a [u8]> {
        let limit = purpose.limit();
        if bytes.len() > limit || size > limit as u64 {
            return Err(Errno::FBIG.into());
        }
        // Files of the kernel have no size, others are not empty when they have one.
        if bytes.ends_with(&self.broken) || (bytes.is_empty() && size > 0) {
            return Err(Errno::IO.into());
        }
        Ok(bytes)
    }

    fn list(&self, path: &str) -> Result<Result<Vec<String>, Gap>, Ask> {
        let told = self.names.get(path);
        let told = told.ok_or_else(|| Ask::List(path.to_owned()))?;
        Ok(told
            .clone()
            .map_err(|refusal| self.gap("names in a directory", path, &refusal.error())))
    }

    fn tree(&self, path: &str, depth: u32) -> Result<Answer, Ask> {
        let ask = |_| Ask::Below(path.to_owned(), depth);
        let mut top = match self.stat(path).map_err(ask)? {
            Entry::Found(found) if found.kind == Kind::Directory => found,
            other => return Ok(one(path, other)),
        };
        let mut entries = Vec::new();
        let mut open = vec![(path.to_owned(), 0)];
        let mut cut = None;
        while let Some((directory, level)) = open.pop() {
            let names = match self.list(&directory).map_err(ask)? {
                Ok(names) => names,
                Err(gap) => {
                    cut = Some(gap);
                    continue;
                }
            };
            for name in names {
                let child = format!("{}/{name}", directory.trim_end_matches('/'));
                let entry = self.stat(&child).map_err(ask)?;
                if let Entry::Found(found) = &entry
                    && found.kind == Kind::Directory
                    && level + 1 < depth
                    && found.target.is_none()
                {
                    open.push((child.clone(), level + 1));
                }
                entries.push((child, entry));
            }
        }
        top.below = Some(match cut {
            None => Ok(entries.iter().map(|(path, _)| path.clone()).collect()),
            Some(gap) => Err(gap),
        });
        entries.push((path.to_owned(), Entry::Found(top)));
        Ok(Answer::Entries(entries))
    }
}

/// Why there are more processes than were told, if there are.
fn more(told: Result<(Option<i64>, usize), Refusal>) -> Option<Gap> {
    left_out(told.map_or(0, |(_, count)| count))
}

/// A tool on the node gave no sound answer.
fn untold(pid: u32) -> Gap {
    Gap::new(
        "command line",
        format!("/proc/{pid}/cmdline"),
        GapReason::Unparsable,
        "see whether awk, tr and od work on the node",
    )
}

fn one(path: &str, entry: Entry) -> Answer {
    Answer::Entries(vec![(path.to_owned(), entry)])
}

/// The directories above a path, the nearest first.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let above = std::path::Path::new(path).ancestors().skip(1);
    above.filter_map(|path| path.to_str())
}
