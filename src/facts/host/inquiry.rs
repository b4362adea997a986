//! Looking things up in a raw tree, and noting what it does not hold yet.
//!
//! What is not there yet reads as a gap, so a round of observation needs no second path through the code: it is repeated
//! when the reader has answered, and a gap that stays is what the reader never answered.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::{Body, Entry, Found, HostTree, Kind, Process, Purpose, Request};
use crate::facts::{Gap, GapReason};

static UNASKED: LazyLock<Gap> = LazyLock::new(|| {
    Gap::new(
        "part of a node",
        "",
        GapReason::NotAsked,
        "collect the node again",
    )
});
static UNASKED_ENTRY: LazyLock<Entry> = LazyLock::new(|| Entry::Gap(UNASKED.clone()));

/// A tree, and what to ask for next.
pub(super) struct Inquiry<'a> {
    tree: &'a HostTree,
    wanted: BTreeSet<Request>,
}

/// What a look-up gives: something, nothing there, or a gap.
pub(super) type Look<T> = Result<Option<T>, Gap>;

impl<'a> Inquiry<'a> {
    pub(super) fn new(tree: &'a HostTree) -> Self {
        Self {
            tree,
            wanted: BTreeSet::new(),
        }
    }

    /// What the reader should look at next.
    pub(super) fn into_requests(self) -> Vec<Request> {
        self.wanted.into_iter().collect()
    }

    pub(super) fn hostname(&mut self) -> Result<&'a str, Gap> {
        self.want(Request::Hostname);
        match &self.tree.hostname {
            Some(Ok(name)) => Ok(name),
            Some(Err(gap)) => Err(gap.clone()),
            None => Err(UNASKED.clone()),
        }
    }

    pub(super) fn processes(&mut self) -> Result<&'a [Process], Gap> {
        self.want(Request::Processes);
        match &self.tree.processes {
            Some(Ok(processes)) => Ok(processes),
            Some(Err(gap)) => Err(gap.clone()),
            None => Err(UNASKED.clone()),
        }
    }

    /// What is at `path`.
    pub(super) fn stat(&mut self, path: &str) -> &'a Entry {
        self.entry(Request::Stat(path.to_owned()))
    }

    /// What `purpose` keeps of the file at `path`; nothing when there is no file.
    pub(super) fn body(&mut self, path: &str, purpose: Purpose) -> Look<&'a Body> {
        let entry = self.entry(Request::Read(path.to_owned(), purpose));
        let Some(found) = found(entry)? else {
            return Ok(None);
        };
        match found.bodies.get(&purpose) {
            Some(Ok(body)) => Ok(Some(body)),
            Some(Err(gap)) => Err(gap.clone()),
            None if found.kind == Kind::File => Err(UNASKED.clone()),
            None => Err(Gap::new(
                "content of a file",
                path,
                GapReason::Unparsable,
                "see what lies there: it is no regular file",
            )),
        }
    }

    /// Text kept of the file at `path`.
    pub(super) fn text(&mut self, path: &str, purpose: Purpose) -> Look<&'a str> {
        Ok(match self.body(path, purpose)? {
            Some(Body::Text(text)) => Some(text),
            _ => None,
        })
    }

    /// The names in the directory at `path`; nothing when there is no directory.
    pub(super) fn names(&mut self, path: &str) -> Look<&'a [String]> {
        let entry = self.entry(Request::List(path.to_owned()));
        listed(entry, |found| &found.names)
    }

    /// The paths below the directory at `path`; nothing when there is no directory.
    pub(super) fn below(&mut self, path: &str, depth: u32) -> Look<&'a [String]> {
        let entry = self.entry(Request::Tree(path.to_owned(), depth));
        listed(entry, |found| &found.below)
    }

    fn entry(&mut self, request: Request) -> &'a Entry {
        let tree = self.tree;
        let entry = request
            .path()
            .and_then(|path| tree.entries.get(path))
            .unwrap_or(&UNASKED_ENTRY);
        self.want(request);
        entry
    }

    fn want(&mut self, request: Request) {
        if !self.tree.answers(&request) {
            self.wanted.insert(request);
        }
    }
}

/// What an entry holds; nothing when there is none.
pub(super) fn found(entry: &Entry) -> Look<&Found> {
    match entry {
        Entry::NotFound => Ok(None),
        Entry::Gap(gap) => Err(gap.clone()),
        Entry::Found(found) => Ok(Some(found)),
    }
}

fn listed(
    entry: &Entry,
    part: impl Fn(&Found) -> &Option<Result<Vec<String>, Gap>>,
) -> Look<&[String]> {
    let Some(found) = found(entry)? else {
        return Ok(None);
    };
    match part(found) {
        Some(Ok(names)) => Ok(Some(names)),
        Some(Err(gap)) => Err(gap.clone()),
        None if found.kind == Kind::Directory => Err(UNASKED.clone()),
        None => Ok(None),
    }
}
