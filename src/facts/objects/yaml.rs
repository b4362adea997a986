//! One YAML document as a JSON value: bounded, merge keys applied, keys as text, as Kubernetes reads manifests.
//!
//! The library bounds depth (128) and the number of aliases, not what they expand to: a list of 100,000 aliases to a list of
//! 100,000 items is a small file. So the size of the result is bounded here, relative to the text.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Why a document could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The line, counted from the start of the document, from 1; 0 when it is not known.
    pub line: usize,
    /// What is wrong, without any value.
    pub why: String,
}

/// The deepest nesting of flow collections (`[[[…`) that is handed to the library, whose scanner takes quadratic time in it.
const DEEPEST: usize = 512;

/// Reads one document.
pub(super) fn value(text: &str) -> Result<Value, Fault> {
    if text.bytes().filter(|b| matches!(b, b'[' | b'{')).count() > DEEPEST && too_deep(text) {
        return Err(Fault {
            line: 0,
            why: format!("it is nested deeper than {DEEPEST}"),
        });
    }
    let budget = Cell::new(Some(text.len() * 16 + 65_536));
    let seed = Node { budget: &budget };
    let read = seed.deserialize(serde_yaml::Deserializer::from_str(text));
    read.map_err(|error| {
        let line = error.location().map_or(0, |at| at.line());
        let text = error.to_string();
        let why = if budget.get().is_none() {
            "its aliases expand to too much".to_owned()
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

/// Marks the error texts that are written here, which carry no values.
const OURS: &str = "manifest: ";

/// Reads a node and takes what it holds from the budget; `None` in the budget means that it was overdrawn.
#[derive(Clone, Copy)]
struct Node<'a> {
    budget: &'a Cell<Option<usize>>,
}

impl Node<'_> {
    fn spend<E: Error>(self, amount: usize) -> Result<(), E> {
        let left = self.budget.get().and_then(|left| left.checked_sub(amount));
        self.budget.set(left);
        left.map(|_| ()).ok_or_else(|| E::custom(OURS))
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
        f.write_str("a YAML node without a tag of its own")
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.spend(1).map(|()| Value::Bool(value))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.spend(1).map(|()| value.into())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.spend(1).map(|()| value.into())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.spend(1).map(|()| value.into())
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.spend(1 + value.len()).map(|()| value.into())
    }
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.spend(1).map(|()| Value::Null)
    }
    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        self.spend(1)?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        self.spend(1)?;
        let mut fields = Map::new();
        let mut merges = Vec::new();
        while let Some(key) = access.next_key::<String>()? {
            self.spend(key.len())?;
            let value = access.next_value_seed(self)?;
            if key == "<<" {
                merges.push(value);
            } else if fields.insert(key, value).is_some() {
                return Err(A::Error::custom(format!(
                    "{OURS}a key stands twice in one mapping"
                )));
            }
        }
        for merge in merges {
            apply(&mut fields, merge).map_err(A::Error::custom)?;
        }
        Ok(Value::Object(fields))
    }
}

/// Applies a merge key (`<<`): what the mapping says itself wins, then the first source that has a field.
fn apply(fields: &mut Map<String, Value>, merge: Value) -> Result<(), String> {
    let sources = match merge {
        Value::Array(sources) => sources,
        source => vec![source],
    };
    for source in sources {
        let Value::Object(source) = source else {
            return Err(format!("{OURS}a merge key without a mapping"));
        };
        for (key, value) in source {
            fields.entry(key).or_insert(value);
        }
    }
    Ok(())
}
