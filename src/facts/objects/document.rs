//! One document of a manifest: an object, a list of them, or nothing of Kubernetes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::carried::carried;
use super::{Broken, Object, defaults, items, removed};

/// One object of a manifest, or what stands in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The line of the text on which its content starts, from 1.
    pub line: usize,
    /// What is there.
    pub content: Content,
    /// Group and version as written, where Kubernetes no longer serves them and the object was read all the same.
    pub removed: Option<String>,
}

impl Document {
    pub(super) fn new(line: usize, content: Content) -> Self {
        Self {
            line,
            content,
            removed: None,
        }
    }
}

/// What stands in a manifest.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// An object of a kind that is read.
    Object(Object),
    /// An object of a kind that is not read: Secrets, custom resources.
    Other {
        /// The kind.
        kind: String,
        /// Its name, if it has one.
        name: Option<String>,
        /// The kinds of what it carries: `Pod` for containers, and those of objects that are written down in it.
        carries: BTreeSet<String>,
    },
    /// Something well-formed that is no Kubernetes object: `values.yaml`, a list of patches.
    Plain,
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

/// What starts a place that a template engine (Helm, Go, Jinja) fills in.
const TEMPLATE: &str = "{{";

/// Where a document stands.
pub(super) struct Place<'t> {
    /// The line on which its text starts.
    pub(super) first: usize,
    /// The line on which its content starts.
    pub(super) line: usize,
    pub(super) text: &'t str,
    /// Whether it is taken as it would be applied.
    pub(super) applied: bool,
}

/// The most objects of one file: as many as a large cluster has pods. What each leaves behind is what takes the memory.
pub(super) const MOST: usize = 200_000;

impl Place<'_> {
    /// The object that a document is, or those of a list.
    pub(super) fn objects(&self, value: Value) -> Vec<Document> {
        let mut out = Vec::new();
        let content = match &value {
            Value::Array(_) => Some(Content::Plain),
            Value::Object(fields) if !fields.contains_key("kind") => Some(Content::Plain),
            _ => None,
        };
        match content {
            Some(content) => out.push(Document::new(self.line, content)),
            None => self.read(self.line, value, DEEPEST_LIST, &mut out),
        }
        out
    }

    fn read(&self, line: usize, mut value: Value, depth: usize, out: &mut Vec<Document>) {
        let head = Head::of(&value, line);
        let room = MOST.saturating_sub(out.len());
        let mut add = |content| out.push(Document::new(line, content));
        if head.kind.is_empty() {
            return add(head.broken("it is no Kubernetes object: it has no kind"));
        }
        if let (Some(kind), Some(items)) = (head.kind.strip_suffix("List"), value.get_mut("items"))
        {
            let items = match items.take() {
                _ if depth == 0 => return add(head.broken("lists stand too deep in lists")),
                Value::Array(items) if items.len() > room => {
                    // Whatever the list says of itself, they may be of any kind.
                    let head = Head {
                        kind: String::new(),
                        ..head
                    };
                    return add(head.broken(&format!("it holds more than {MOST} objects")));
                }
                Value::Array(items) => items,
                Value::Null => Vec::new(),
                _ => return add(head.broken("its items are no list")),
            };
            let outer = depth == DEEPEST_LIST && !items.is_empty();
            let lines = if outer {
                items::lines(self.text)
            } else {
                Vec::new()
            };
            for (at, item) in items.into_iter().enumerate() {
                let line = lines.get(at).map_or(line, |line| self.first + line - 1);
                self.read(
                    line,
                    with_type(item, &head.api_version, kind),
                    depth - 1,
                    out,
                );
            }
            return;
        }
        out.push(self.object(head, value));
    }

    fn object(&self, head: Head, mut value: Value) -> Document {
        let line = head.line;
        if self.applied && head.is_template(&value) {
            return Document::new(line, head.broken("it is a template that was not rendered"));
        }
        let now = removed::current(&head.api_version, &head.kind);
        let version = now.unwrap_or(&head.api_version);
        let content = match Object::serves(version, &head.kind) {
            Some(true) => {
                if now.is_some() {
                    removed::rewrite(&head.kind, &mut value);
                }
                if self.applied {
                    defaults::apply(&mut value);
                }
                match Object::read(&head.kind, value) {
                    Some(Ok(object)) => {
                        let content = Content::Object(object);
                        let removed = now.is_some().then_some(head.api_version);
                        return Document {
                            line,
                            content,
                            removed,
                        };
                    }
                    Some(Err(error)) => head.broken(&super::page::reason(&error)),
                    None => head.broken("its kind is not known here"),
                }
            }
            Some(false) => head.broken("its version is not known here"),
            None => Content::Other {
                carries: carried(&value),
                kind: head.kind,
                name: head.name,
            },
        };
        Document::new(line, content)
    }
}

/// What an object says of itself.
struct Head {
    line: usize,
    api_version: String,
    kind: String,
    namespace: Option<String>,
    name: Option<String>,
}

impl Head {
    fn of(value: &Value, line: usize) -> Self {
        let said = |pointer: &str| {
            let text = value.pointer(pointer).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Self {
            line,
            api_version: said("/apiVersion").unwrap_or_default(),
            kind: said("/kind").unwrap_or_default(),
            namespace: said("/metadata/namespace"),
            name: said("/metadata/name"),
        }
    }

    fn broken(&self, why: &str) -> Content {
        Content::Broken {
            line: self.line,
            kind: (!self.kind.is_empty()).then(|| self.kind.clone()),
            broken: Broken {
                namespace: self.namespace.clone(),
                name: self.name.clone(),
                why: why.to_owned(),
            },
        }
    }

    /// Whether who it is, or which images it runs, is still to be filled in: no API server would take that.
    fn is_template(&self, value: &Value) -> bool {
        let open = |text: &str| text.contains(TEMPLATE);
        let own = [&self.api_version, &self.kind].into_iter();
        let named = self.namespace.iter().chain(&self.name);
        own.chain(named).any(|text| open(text)) || defaults::images(value).any(open)
    }
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
