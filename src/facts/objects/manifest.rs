//! Manifests: YAML or JSON text with any number of objects, each read alone so that a broken one does not hide the next.

use serde_json::Value;

use super::yaml::{self, Json};
use super::{Broken, Object};

/// One object of a manifest, or what stands in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The line of the text on which the content of its document starts, from 1.
    pub line: usize,
    /// What is there.
    pub content: Content,
}

/// What stands in a manifest.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// An object of a kind that is read.
    Object(Object),
    /// An object of a kind that is not read: Secrets, custom resources, removed versions.
    Other {
        /// Group and version.
        api_version: String,
        /// The kind.
        kind: String,
        /// Its namespace, if it has one.
        namespace: Option<String>,
        /// Its name, if it has one.
        name: Option<String>,
    },
    /// Something that could not be read.
    Broken {
        /// The line of the fault, as far as it is known, else that of the document.
        line: usize,
        /// The kind, if that much could be read.
        kind: Option<String>,
        /// What and why.
        broken: Broken,
    },
}

/// How deep lists may stand in lists.
const DEEPEST_LIST: usize = 8;

/// Reads a manifest from the bytes of a file, as kubectl does: marked UTF-16 too, and signs that are no UTF-8 hide nothing else.
pub fn decode_manifest_file(bytes: &[u8]) -> Vec<Document> {
    decode_manifest(&yaml::text(bytes))
}

/// Reads all objects of a manifest, redacted, in their order; lists are replaced by their items.
///
/// Where kubectl stops at what it cannot read, the next document goes on here.
pub fn decode_manifest(text: &str) -> Vec<Document> {
    let text = text.strip_prefix(yaml::MARK).unwrap_or(text);
    let (mut out, rest) = (Vec::new(), text.trim_start());
    let mut read = 0;
    if rest.starts_with('{') {
        // JSON objects stand one behind another; what follows them is YAML.
        let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Json>();
        let mut line = Lines::default();
        while let Some(Ok(Json(value))) = stream.next() {
            let start = text[read..].find('{').map_or(read, |at| read + at);
            out.extend(objects(line.at(text, start), value, DEEPEST_LIST));
            read = stream.byte_offset();
        }
    }
    let before = text[..read].matches('\n').count();
    for (line, part) in split(&text[read..]) {
        let line = before + line;
        let broken = |at: usize, why: String| Document {
            line,
            content: Content::Broken {
                line: line + at.saturating_sub(1),
                kind: None,
                broken: Broken {
                    why,
                    ..Broken::default()
                },
            },
        };
        match part {
            Part::Behind(at) => out.push(broken(at, BEHIND.to_owned())),
            Part::Document(document) => match yaml::value(document) {
                Ok(Value::Null) => {}
                Ok(value) => out.extend(objects(line + leading(document), value, DEEPEST_LIST)),
                Err(fault) => out.push(broken(fault.line, fault.why)),
            },
        }
    }
    out
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

/// Reads one value: an object, or a list of them.
fn objects(line: usize, mut value: Value, depth: usize) -> Vec<Document> {
    let said = |value: &Value, pointer: &str| {
        let text = value.pointer(pointer).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let kind = said(&value, "/kind");
    let api_version = said(&value, "/apiVersion").unwrap_or_default();
    let (namespace, name) = (
        said(&value, "/metadata/namespace"),
        said(&value, "/metadata/name"),
    );
    let broken = |why: &str| Content::Broken {
        line,
        kind: kind.clone(),
        broken: Broken {
            namespace: namespace.clone(),
            name: name.clone(),
            why: why.to_owned(),
        },
    };
    let Some(said_kind) = &kind else {
        let content = broken("it is no Kubernetes object: it has no kind");
        return vec![Document { line, content }];
    };
    if let (Some(item_kind), Some(items)) = (said_kind.strip_suffix("List"), value.get_mut("items"))
    {
        let items = match items.take() {
            _ if depth == 0 => {
                let content = broken("lists stand too deep in lists");
                return vec![Document { line, content }];
            }
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            _ => {
                let content = broken("its items are no list");
                return vec![Document { line, content }];
            }
        };
        let typed = |item| with_type(item, &api_version, item_kind);
        let items = items.into_iter().map(typed);
        return items
            .flat_map(|item| objects(line, item, depth - 1))
            .collect();
    }
    let content = match Object::read(&api_version, said_kind, value) {
        Some(Ok(object)) => Content::Object(object),
        Some(Err(error)) => broken(&super::page::reason(&error)),
        None => Content::Other {
            api_version,
            kind: said_kind.clone(),
            namespace,
            name,
        },
    };
    vec![Document { line, content }]
}

/// The items of a typed list (`PodList`) need not say what they are.
fn with_type(mut item: Value, api_version: &str, kind: &str) -> Value {
    if let Value::Object(fields) = &mut item
        && !kind.is_empty()
        && !fields.contains_key("kind")
    {
        fields.insert("kind".to_owned(), kind.into());
        fields.insert("apiVersion".to_owned(), api_version.into());
    }
    item
}
