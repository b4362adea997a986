//! Evidence: which cells an evaluation read, what was there, and where that was read.
//!
//! Reads are collected as links into the facts and become text only when the evaluation is over.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::facts::Source;

use super::value::{Seen, Spot, Value};

/// Most reads that a trace holds.
const MOST: usize = 50;
/// Longest text of a value or a path, in characters.
const LONGEST: usize = 200;

/// What an evaluation read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The cells that justify the result, in the order of reading, each once.
    pub reads: Vec<Read>,
    /// Whether there were more than a trace holds.
    pub cut: bool,
}

/// One cell that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The cell as a reader would write it: `workload.containers[1].image`.
    pub path: String,
    /// What was there; "not set" for absent.
    pub value: String,
    /// Where it was read: the cell's own source, else that of the nearest record around it that has one.
    pub source: Option<Source>,
}

/// A place in the facts, as the way to it.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) parent: Option<Rc<Self>>,
    pub(super) segment: Segment<'a>,
    pub(super) source: Option<&'a Source>,
}

/// The last part of the way.
#[derive(Debug)]
pub(super) enum Segment<'a> {
    Variable(&'a str),
    Field(&'a str),
    Key(String),
    Index(usize),
}

impl<'a> Place<'a> {
    fn source(&self) -> Option<&'a Source> {
        self.source
            .or_else(|| self.parent.as_ref().and_then(|parent| parent.source()))
    }

    /// What was seen here, for a reader: permission bits as `ls` and `chmod` have them.
    fn text(&self, seen: &Seen<'_>) -> String {
        match (&self.segment, seen) {
            (Segment::Field("mode" | "parentMode"), Seen::Value(Value::Int(mode))) => {
                format!("{mode:04o}")
            }
            _ => seen.text(LONGEST),
        }
    }

    fn write(&self, out: &mut String) {
        if let Some(parent) = &self.parent {
            parent.write(out);
        }
        match &self.segment {
            Segment::Variable(name) => out.push_str(name),
            Segment::Index(index) => out.push_str(&format!("[{index}]")),
            Segment::Field(name) => push_name(out, name),
            Segment::Key(key) => push_name(out, key),
        }
    }
}

/// Appends `.name`, or `['name']` where that is no identifier.
pub(super) fn push_name(out: &mut String, name: &str) {
    let identifier = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if identifier {
        out.push('.');
        out.push_str(name);
    } else {
        out.push_str(&format!("['{name}']"));
    }
}

/// Collects reads while an expression runs.
#[derive(Default)]
pub(super) struct Recorder<'a> {
    reads: Vec<(Rc<Place<'a>>, Seen<'a>)>,
}

impl<'a> Recorder<'a> {
    /// Notes that `spot` was read. Gaps are reasons, not evidence; records are read by their fields.
    pub(super) fn note(&mut self, spot: &Spot<'a>) {
        let leaf = !matches!(spot.seen, Seen::Gap(_) | Seen::Value(Value::Record(_)));
        if let (true, Some(place)) = (leaf, &spot.place) {
            self.reads.push((place.clone(), spot.seen.clone()));
        }
    }

    /// How many reads there are now.
    pub(super) fn mark(&self) -> usize {
        self.reads.len()
    }

    /// Whether something inside of `outer` was read since a mark.
    pub(super) fn read_within(&self, outer: &Rc<Place<'a>>, from: usize) -> bool {
        let inside = |(place, _): &(Rc<Place<'a>>, _)| {
            std::iter::successors(Some(place), |place| place.parent.as_ref())
                .any(|place| Rc::ptr_eq(place, outer))
        };
        self.reads.iter().skip(from).any(inside)
    }

    /// Drops the reads between two marks: something later decided alone.
    pub(super) fn forget(&mut self, from: usize, to: usize) {
        self.reads.drain(from..to);
    }

    /// The reads as text.
    pub(super) fn finish(self) -> Trace {
        let mut trace = Trace::default();
        let mut known = BTreeSet::new();
        for (place, seen) in self.reads {
            let mut path = String::new();
            place.write(&mut path);
            if let Some((end, _)) = path.char_indices().nth(LONGEST) {
                path.truncate(end);
                path.push('…');
            }
            if !known.insert(path.clone()) {
                continue;
            }
            if trace.reads.len() == MOST {
                trace.cut = true;
                break;
            }
            trace.reads.push(Read {
                path,
                value: place.text(&seen),
                source: place.source().cloned(),
            });
        }
        trace
    }
}
