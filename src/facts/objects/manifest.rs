//! Manifests: YAML or JSON text with any number of objects, each read alone so that a broken one does not hide the next.

use serde_json::Value;

use super::yaml;
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

/// Reads all objects of a manifest, redacted, in their order; lists are replaced by their items.
pub fn decode_manifest(text: &str) -> Vec<Document> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{')
        && let Ok(value) = serde_json::from_str(text)
    {
        return read(1, value, DEEPEST_LIST);
    }
    let mut out = Vec::new();
    for (line, document) in split(text) {
        match yaml::value(document) {
            Ok(Value::Null) => {}
            Ok(value) => out.extend(read(line + leading(document), value, DEEPEST_LIST)),
            Err(fault) => out.push(Document {
                line,
                content: Content::Broken {
                    line: line + fault.line.saturating_sub(1),
                    kind: None,
                    broken: Broken {
                        why: fault.why,
                        ..Broken::default()
                    },
                },
            }),
        }
    }
    out
}

/// How many lines stand before the content of a document: its mark, comments, nothing.
fn leading(document: &str) -> usize {
    let content = |line: &str| {
        let line = line.trim();
        !(line.is_empty() || line == "---" || line.starts_with(['#', '%']))
    };
    document.lines().position(content).unwrap_or_default()
}

/// Splits at the lines that start a document (`---`) or end one (`...`), which YAML allows nowhere else at the start of a
/// line. Returns each part with the number of its first line.
fn split(text: &str) -> Vec<(usize, &str)> {
    let marks = |line: &str, mark: &str| {
        line.strip_prefix(mark)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    };
    let (mut parts, mut start, mut first, mut at) = (Vec::new(), 0, 1, 0);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let end = at + line.len();
        if marks(line, "---") {
            parts.push((first, &text[start..at]));
            (start, first) = (at, index + 1);
        } else if marks(line, "...") {
            parts.push((first, &text[start..at]));
            (start, first) = (end, index + 2);
        }
        at = end;
    }
    parts.push((first, &text[start..]));
    let directive = |line: &str| line.trim().is_empty() || line.starts_with(['%', '#']);
    parts.retain(|(_, part)| !part.lines().all(directive));
    parts
}

/// Reads one value: an object, or a list of them.
fn read(line: usize, mut value: Value, depth: usize) -> Vec<Document> {
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
        return items.flat_map(|item| read(line, item, depth - 1)).collect();
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
