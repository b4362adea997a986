//! Manifests: YAML or JSON text with any number of objects, each read alone so that a broken one does not hide the next.

use serde_json::Value;

use super::Broken;
use super::document::{Content, Document, MOST, Place};
use super::yaml::{self, Json};

/// Reads a manifest from the bytes of a file as applying it would: as kubectl reads it (marked UTF-16 too, and signs that are
/// no UTF-8 hide nothing else), and with what the API server makes of it.
pub fn decode_manifest_file(bytes: &[u8]) -> Vec<Document> {
    decode(&yaml::text(bytes), true)
}

/// Reads all objects of a manifest, redacted, in their order; lists are replaced by their items.
pub fn decode_manifest(text: &str) -> Vec<Document> {
    decode(text, false)
}

/// Where kubectl stops at what it cannot read, the next document goes on here.
fn decode(text: &str, applied: bool) -> Vec<Document> {
    let text = text.strip_prefix(yaml::MARK).unwrap_or(text);
    let mut out = Vec::new();
    let mut read = 0;
    if text.trim_start().starts_with('{') {
        // JSON objects stand one behind another; what follows them is YAML.
        let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Json>();
        let mut line = Lines::default();
        while let Some(Ok(Json(value))) = stream.next() {
            let start = text[read..].find('{').map_or(read, |at| read + at);
            let end = stream.byte_offset();
            let line = line.at(text, start);
            let place = Place {
                first: line,
                line,
                text: &text[start..end],
                applied,
            };
            out.extend(place.objects(value));
            read = end;
            if out.len() >= MOST {
                out.push(too_many(line));
                return out;
            }
        }
    }
    let before = text[..read].matches('\n').count();
    for (line, part) in split(&text[read..]) {
        let line = before + line;
        if out.len() >= MOST {
            out.push(too_many(line));
            break;
        }
        match part {
            Part::Behind(at) => out.push(broken(line, at, BEHIND.to_owned())),
            Part::Document(text) => match yaml::value(text) {
                Ok(Value::Null) => {}
                Ok(value) => {
                    let place = Place {
                        first: line,
                        line: line + leading(text),
                        text,
                        applied,
                    };
                    out.extend(place.objects(value));
                }
                Err(fault) => out.push(broken(line, fault.line, fault.why)),
            },
        }
    }
    out
}

/// A document that begins at `line` and is broken at line `at` of its own.
fn broken(line: usize, at: usize, why: String) -> Document {
    let content = Content::Broken {
        line: line + at.saturating_sub(1),
        kind: None,
        broken: Broken {
            why,
            ..Broken::default()
        },
    };
    Document::new(line, content)
}

fn too_many(line: usize) -> Document {
    broken(
        line,
        1,
        format!("the file holds more than {MOST} objects: split it"),
    )
}

/// Counts lines on the way through a text.
#[derive(Default)]
struct Lines {
    read: usize,
    passed: usize,
}

impl Lines {
    /// The line on which this position stands; positions only grow.
    fn at(&mut self, text: &str, position: usize) -> usize {
        self.passed += text[self.read..position].matches('\n').count();
        self.read = position;
        self.passed + 1
    }
}

/// How many lines stand before the content of a document: comments, directives, nothing.
fn leading(document: &str) -> usize {
    let mut lines = document.lines();
    lines.position(|line| !is_silent(line)).unwrap_or_default()
}

fn is_silent(line: &str) -> bool {
    line.trim_start().is_empty() || line.trim_start().starts_with(['%', '#'])
}

/// A part of a manifest.
enum Part<'t> {
    Document(&'t str),
    /// Something behind the end of a document, so many lines behind it.
    Behind(usize),
}

/// Why that is not read.
const BEHIND: &str = "it stands behind the end of a document (...), where kubectl does not look";

/// What stands on a line behind the mark of a document, if it is one.
fn behind<'t>(line: &'t str, mark: &str) -> Option<&'t str> {
    let rest = line.strip_prefix(mark)?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then_some(rest.trim_start())
}

/// Splits at the lines that start a document (`---`), as kubectl does, and at those that end one (`...`), which YAML allows
/// nowhere else at the start of a line. Returns each part with the number of its first line.
fn split(text: &str) -> Vec<(usize, Part<'_>)> {
    let (mut parts, mut start, mut first, mut at, mut ended) = (Vec::new(), 0, 1, 0, false);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let next = at + line.len();
        if let Some(rest) = behind(line, "---") {
            parts.extend(part(first, &text[start..at], ended));
            // Its line belongs to the document only if more stands on it.
            let bare = rest.is_empty() || rest.starts_with('#');
            (start, first) = if bare {
                (next, index + 2)
            } else {
                (at, index + 1)
            };
            ended = false;
        } else if behind(line, "...").is_some() {
            parts.extend(part(first, &text[start..at], ended));
            (start, first, ended) = (next, index + 2, true);
        }
        at = next;
    }
    parts.extend(part(first, &text[start..], ended));
    parts
}

fn part(first: usize, text: &str, ended: bool) -> Option<(usize, Part<'_>)> {
    // A byte order mark may stand where a document starts.
    let text = text.strip_prefix(yaml::MARK).unwrap_or(text);
    let at = text.lines().position(|line| !is_silent(line))?;
    let part = if ended {
        Part::Behind(at + 1)
    } else {
        Part::Document(text)
    };
    Some((first, part))
}
