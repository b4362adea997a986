//! One YAML or JSON document as a JSON value, as Go reads it for Kubernetes (sigs.k8s.io/yaml over go.yaml.in/yaml/v2):
//! the last of two equal keys wins, scalars by YAML 1.1 ([`plain`]), merge keys in their place, keys as text.
//!
//! The library bounds depth (128) and the number of aliases, not what they expand to: a list of 100,000 aliases to a list of
//! 100,000 items is a small file. So the size of the result is bounded here, in bytes, and before that what the library would
//! make of the text: it holds some 150 bytes for every scalar, and for the beginning and the end of every collection. It gives texts without
//! their style, but borrowed from the source wherever they stand there word for word, so what stands before one tells
//! whether it was quoted.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use serde_json::{Map, Value};

use super::plain;

/// Why a document could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The line, counted from the start of the document, from 1; 0 when it is not known.
    pub line: usize,
    /// What is wrong, without any value.
    pub why: String,
}

/// The deepest nesting of flow collections (`[[[…`) that is handed to the library, whose scanner takes quadratic time in it.
const DEEPEST: usize = 512;

/// The most bytes that the value of one document may take.
const VALUE: usize = 160 << 20;

/// What a node of the value takes beside its text.
const NODE: usize = size_of::<Value>();

/// The most marks that begin or end a node in one document of YAML: some 400,000 lines. JSON is read without them.
const MARKS: usize = 800_000;

/// What announces base64 that Go decodes, and what could announce it under another name.
const BINARY: [&str; 2] = ["!!binary", "tag:yaml.org"];

/// The text of a file as kubectl's and the components' readers see it: UTF-16 by its mark, else UTF-8 without its mark.
/// What is no UTF-8 becomes a sign of its own, as it does for kubectl.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks(2).map(|two| match *two {
            [a, b] => unit([a, b]),
            _ => u16::from_le_bytes([0xfd, 0xff]),
        });
        let read =
            char::decode_utf16(units).map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER));
        Cow::Owned(read.collect())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// The first document of a text, which is all that sigs.k8s.io/yaml reads: what a component sees of its configuration. An
/// empty one is `null`.
///
/// This is the lenient reading. Strict ones (the kubelet's and kube-proxy's configuration, the API server's files of
/// admission, audit, encryption, authentication and authorization) refuse a key that stands twice; the kubelet and
/// kube-proxy then fall back to the lenient one.
pub(crate) fn first_document(text: &str) -> Result<Value, Fault> {
    let text = text.strip_prefix(MARK).unwrap_or(text);
    if text.trim_start().starts_with('{')
        && let Ok(Json(value)) = serde_json::from_str(text)
    {
        return Ok(value);
    }
    read(text, |mut documents| match documents.next() {
        Some(first) => Ok(first),
        None => Err("it is empty"),
    })
}

/// Reads a text that is one document.
pub(super) fn value(text: &str) -> Result<Value, Fault> {
    read(text, Ok)
}

/// The byte order mark, which YAML's reader passes over at the start of a line too.
pub(super) const MARK: char = '\u{feff}';

fn read<'t>(
    text: &'t str,
    pick: impl FnOnce(
        serde_yaml::Deserializer<'t>,
    ) -> Result<serde_yaml::Deserializer<'t>, &'static str>,
) -> Result<Value, Fault> {
    let fault = |why: String| Fault { line: 0, why };
    if text.bytes().filter(|b| matches!(b, b'[' | b'{')).count() > DEEPEST && too_deep(text) {
        return Err(fault(format!("it is nested deeper than {DEEPEST}")));
    }
    if BINARY.iter().any(|tag| text.contains(tag)) {
        return Err(fault("a tag changes what it says".to_owned()));
    }
    if marks(text) > MARKS {
        return Err(fault(
            "it holds more than can be read at once: split it".to_owned(),
        ));
    }
    let budget = Cell::new(Some((text.len() * NODE + (2 << 20)).min(VALUE)));
    let seed = Node {
        budget: &budget,
        text,
    };
    let picked = pick(serde_yaml::Deserializer::from_str(text));
    let read = seed.deserialize(picked.map_err(|why| fault(why.to_owned()))?);
    read.map_err(|error| {
        let line = error.location().map_or(0, |at| at.line());
        let text = error.to_string();
        let why = if budget.get().is_none() {
            "it holds more than can be read at once, or its aliases expand to too much".to_owned()
        } else if let Some((_, why)) = text.split_once(OURS) {
            why.split(" at line ").next().unwrap_or_default().to_owned()
        } else {
            "it is not valid YAML".to_owned()
        };
        Fault { line, why }
    })
}

/// Whether brackets ever nest deeper than the limit, counting those in texts and comments too.
fn too_deep(text: &str) -> bool {
    let mut depth = 0usize;
    text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

/// An upper bound, but for a factor, of the events that the library makes of a text before it gives the first.
fn marks(text: &str) -> usize {
    let bytes = text.as_bytes();
    let after = bytes.iter().skip(1).chain([&b'\n']);
    let pairs = bytes.iter().zip(after);
    pairs
        .map(|(byte, after)| match byte {
            b'-' | b'?' if after.is_ascii_whitespace() => 2,
            b'[' | b'{' | b',' | b':' | b'\n' => 1,
            _ => 0,
        })
        .sum()
}

/// Marks the error texts that are written here, which carry no values.
const OURS: &str = "manifest: ";

fn ours<E: Error>(why: &str) -> E {
    E::custom(format!("{OURS}{why}"))
}

/// One JSON value, with numbers as Go writes them on: `1e3` is 1000.
pub(super) struct Json(pub(super) Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // JSON has no aliases, and quotes tell texts from all else.
        let (budget, text) = (&Cell::new(Some(VALUE)), "");
        Node { budget, text }.deserialize(deserializer).map(Self)
    }
}

/// Reads a node and takes what it holds from the budget; `None` in the budget means that it was overdrawn.
#[derive(Clone, Copy)]
struct Node<'a> {
    budget: &'a Cell<Option<usize>>,
    text: &'a str,
}

impl Node<'_> {
    fn spend<E: Error>(self, amount: usize) -> Result<(), E> {
        let left = self.budget.get();
        let left = left.and_then(|left| left.checked_sub(amount + NODE));
        self.budget.set(left);
        left.map(|_| ()).ok_or_else(|| E::custom(OURS))
    }

    /// Makes room for one more, which is twice what there is: as it moves, both are held. An item pays for its place once.
    fn grow<E: Error>(self, items: &mut Vec<Value>) -> Result<(), E> {
        let held = items.capacity();
        let more = held.max(4);
        let left = self.budget.get();
        let left = left.and_then(|left| left.checked_sub((held + more) * NODE));
        self.budget.set(left.map(|left| left + held * NODE));
        left.ok_or_else(|| E::custom(OURS))?;
        items.reserve_exact(more);
        Ok(())
    }

    /// Takes an item that has paid for itself into a list that has paid for its place.
    fn push<E: Error>(self, items: &mut Vec<Value>, item: Value) -> Result<(), E> {
        if items.len() == items.capacity() {
            self.grow(items)?;
        }
        self.budget.set(self.budget.get().map(|left| left + NODE));
        items.push(item);
        Ok(())
    }

    /// Whether a text borrowed from the source stands there without quotes and without a tag.
    fn is_plain(self, value: &str) -> bool {
        let at = (value.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let Some(before) = self.text.get(..at) else {
            return false;
        };
        let between = |c: char| c.is_whitespace() || matches!(c, '[' | '{' | ',');
        let mut words = before
            .rsplit(between)
            .skip_while(|word| word.is_empty() || word.starts_with('&'));
        !before.ends_with(['"', '\'']) && !words.next().is_some_and(|word| word.starts_with('!'))
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML node")
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.spend(0).map(|()| Value::Bool(value))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.spend(0).map(|()| value.into())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.spend(0).map(|()| value.into())
    }
    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        self.visit_f64(value as f64)
    }
    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        self.visit_f64(value as f64)
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.spend(0)?;
        let number =
            plain::number(value).ok_or_else(|| ours("a number that JSON does not have"))?;
        Ok(Value::Number(number))
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.spend(value.len()).map(|()| value.into())
    }
    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Value, E> {
        match plain::resolve(value).filter(|_| self.is_plain(value)) {
            Some(read) => self.spend(0).map(|()| read),
            None => self.visit_str(value),
        }
    }
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.spend(0).map(|()| Value::Null)
    }
    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }

    /// A tag of somebody's own: Go passes over it, but takes a scalar for a text.
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let (IgnoredAny, tagged) = access.variant()?;
        let value = tagged.newtype_variant_seed(self)?;
        Ok(match value {
            Value::Bool(_) | Value::Number(_) => value.to_string().into(),
            value => value,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        self.spend(0)?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            self.push(&mut items, item)?;
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        self.spend(0)?;
        let mut fields = Map::new();
        while let Some(key) = access.next_key_seed(Name(self))? {
            let value = access.next_value_seed(self)?;
            match key {
                Key::Merge => merge(&mut fields, value).map_err(ours)?,
                Key::Field(name) => {
                    self.spend(name.len())?;
                    fields.insert(name, value);
                }
            }
        }
        Ok(Value::Object(fields))
    }
}

/// Takes in the mappings behind a merge key (`<<`). Go's reader sets their keys in its place: over what stands before it,
/// under what stands behind it; of several mappings the first wins.
fn merge(fields: &mut Map<String, Value>, sources: Value) -> Result<(), &'static str> {
    let sources = match sources {
        Value::Array(sources) => sources,
        source => vec![source],
    };
    for source in sources.into_iter().rev() {
        let Value::Object(source) = source else {
            return Err("a merge key without a mapping");
        };
        fields.extend(source);
    }
    Ok(())
}

/// A key of a mapping.
enum Key {
    Merge,
    Field(String),
}

/// Reads a key: JSON knows texts only, so numbers and truth values become some.
struct Name<'a>(Node<'a>);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Key;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }
    fn visit_str<E: Error>(self, name: &str) -> Result<Key, E> {
        Ok(Key::Field(name.to_owned()))
    }
    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Key, E> {
        let read = plain::any(name).filter(|_| self.0.is_plain(name));
        Ok(match read {
            None if name == "<<" && self.0.is_plain(name) => Key::Merge,
            None => Key::Field(name.to_owned()),
            Some(Value::Null) => return Err(ours("a key is null")),
            Some(read) => Key::Field(read.to_string()),
        })
    }
}
