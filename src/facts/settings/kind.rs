//! What a setting can hold, and how its text is read.

use std::collections::BTreeMap;

use super::Scalar;
use super::syntax::{clean_urls, parse_bool, parse_csv, parse_duration, parse_int};
use crate::facts::Type;

/// The type of a setting, named after what its flag accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Go `ParseBool`; a bare flag is true.
    Bool,
    /// Go `ParseInt` with base 0.
    Int,
    /// A decimal, kept as it is written.
    Number,
    /// Any text; URLs in it lose user information and query.
    Text,
    /// A file; a relative one in a kubelet's main configuration file is relative to that file.
    Path,
    /// Go `ParseDuration`.
    Duration,
    /// pflag's string slice: comma separated with quotes, repeated flags add up.
    List,
    /// pflag's string array: each occurrence is one element.
    Items,
    /// etcd's lists: comma separated, the last occurrence wins.
    Words,
    /// `key=value` pairs separated by commas; a missing value is empty.
    Map,
    /// One `key=value` pair per occurrence.
    Pair,
    /// Thresholds `signal<quantity`.
    Limits,
    /// Feature gates; values are `true` or `false`, and the prefix `kube:` of a name is dropped.
    Gates,
    /// Never kept: it may hold a password, a token or a header.
    Secret,
}

impl Kind {
    /// The kind called `name` in a table.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "bool" => Self::Bool,
            "int" => Self::Int,
            "number" => Self::Number,
            "text" => Self::Text,
            "path" => Self::Path,
            "duration" => Self::Duration,
            "list" => Self::List,
            "items" => Self::Items,
            "words" => Self::Words,
            "map" => Self::Map,
            "pair" => Self::Pair,
            "limits" => Self::Limits,
            "gates" => Self::Gates,
            "secret" => Self::Secret,
            _ => return None,
        })
    }

    /// The static type of such a setting.
    pub fn type_of(self) -> Type {
        match self {
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Number | Self::Text | Self::Path | Self::Secret => Type::Text,
            Self::Duration => Type::Duration,
            Self::List | Self::Items | Self::Words => Type::list(Type::Text),
            Self::Map | Self::Pair | Self::Limits | Self::Gates => Type::map(Type::Text),
        }
    }

    /// Go's zero value.
    pub fn zero(self) -> Scalar {
        match self {
            Self::Bool => Scalar::Bool(false),
            Self::Int => Scalar::Int(0),
            Self::Number => Scalar::Text("0".to_owned()),
            Self::Text | Self::Path | Self::Secret => Scalar::Text(String::new()),
            Self::Duration => Scalar::Duration(jiff::SignedDuration::ZERO),
            Self::List | Self::Items | Self::Words => Scalar::List(Vec::new()),
            Self::Map | Self::Pair | Self::Limits | Self::Gates => Scalar::Map(BTreeMap::new()),
        }
    }

    /// Whether `value` is of this kind.
    pub fn holds(self, value: &Scalar) -> bool {
        std::mem::discriminant(&self.zero()) == std::mem::discriminant(value)
    }

    /// A default as a table writes it; empty is zero.
    pub(super) fn default(self, text: &str) -> Option<Scalar> {
        match (self, text) {
            (_, "") => Some(self.zero()),
            (Self::Secret, text) => Some(Scalar::Text(text.to_owned())),
            (Self::Limits | Self::Pair, text) => Self::Map.set(None, text),
            (_, text) => self.set(None, text),
        }
    }

    /// The value after one more occurrence of a flag with `text`; `None` when Go refuses the text.
    pub fn set(self, before: Option<Scalar>, text: &str) -> Option<Scalar> {
        Some(match self {
            Self::Bool => Scalar::Bool(parse_bool(text)?),
            Self::Int => Scalar::Int(parse_int(text)?),
            Self::Number => {
                text.parse::<f64>().ok()?;
                Scalar::Text(text.to_owned())
            }
            Self::Text | Self::Path => Scalar::Text(clean_urls(text)),
            // Not even its length, which a node does not tell.
            Self::Secret => Scalar::Text("‹redacted›".to_owned()),
            Self::Duration => Scalar::Duration(parse_duration(text)?),
            Self::List => appended(before, parse_csv(&clean_urls(text))?),
            Self::Items => appended(before, vec![clean_urls(text)]),
            Self::Words => {
                let text = clean_urls(text);
                let parts = text.split(',').filter(|part| !part.is_empty());
                appended(None, parts.map(str::to_owned).collect())
            }
            Self::Pair => inserted(before, [pair(text, '=')?]),
            Self::Map => inserted(before, entries(text, |part| Some(lenient(part)))?),
            Self::Limits => inserted(before, entries(text, |part| pair(part, '<'))?),
            Self::Gates => inserted(before, entries(text, gate)?),
        })
    }

    /// A value as `/flagz` shows it, which is the `String()` of the flag: lists in brackets, a missing address as
    /// `<nil>`.
    pub fn shown(self, text: &str) -> Option<Scalar> {
        let inner = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let inner = inner.unwrap_or(text);
        match self {
            Self::Text | Self::Path if text == "<nil>" => Some(self.zero()),
            Self::List | Self::Items => Self::List.set(None, inner),
            Self::Pair => Self::Map.set(None, inner),
            Self::Words | Self::Map | Self::Limits | Self::Gates => self.set(None, inner),
            Self::Secret if text.is_empty() => Some(self.zero()),
            _ => self.set(None, text),
        }
    }

    /// The value of a field of a configuration file or of `/configz`; `None` when the file has another type there.
    ///
    /// Kubernetes reads YAML 1.1, where `yes` and `off` are truth values; a running process proves that they were not
    /// quoted. etcd writes durations as nanoseconds and lists as comma separated text.
    pub fn json(self, json: &serde_json::Value) -> Option<Scalar> {
        use serde_json::Value;
        Some(match (self, json) {
            (Self::Bool, Value::Bool(value)) => Scalar::Bool(*value),
            (Self::Bool, Value::String(text)) => Scalar::Bool(yaml_bool(text)?),
            (Self::Int, Value::Number(number)) => Scalar::Int(number.as_i64()?),
            (Self::Duration, Value::Number(number)) => {
                Scalar::Duration(jiff::SignedDuration::from_nanos(number.as_i64()?))
            }
            (Self::Secret, json) => self.set(None, &json.to_string())?,
            (Self::Number | Self::Text | Self::Path, Value::Number(number)) => {
                Scalar::Text(number.to_string())
            }
            (Self::Duration | Self::Number | Self::Text | Self::Path, Value::String(text)) => {
                self.set(None, text)?
            }
            (Self::Words | Self::Gates, Value::String(text)) => self.set(None, text)?,
            (Self::List | Self::Items | Self::Words, Value::Array(items)) => {
                Scalar::List(items.iter().map(plain).collect::<Option<_>>()?)
            }
            (Self::Gates, Value::Object(map)) => {
                let gates = map.iter().map(|(key, value)| {
                    let on = Self::Bool.json(value)?;
                    Some((key.clone(), on.to_string()))
                });
                Scalar::Map(gates.collect::<Option<_>>()?)
            }
            (Self::Map, Value::Object(map)) => {
                let pairs = map
                    .iter()
                    .map(|(key, value)| Some((key.clone(), plain(value)?)));
                Scalar::Map(pairs.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }
}

/// A truth value of YAML 1.1, as go-yaml resolves it.
fn yaml_bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// A text or a number as text.
fn plain(json: &serde_json::Value) -> Option<String> {
    match json {
        serde_json::Value::String(text) => Some(clean_urls(text)),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn appended(before: Option<Scalar>, more: Vec<String>) -> Scalar {
    let mut all = match before {
        Some(Scalar::List(list)) => list,
        _ => Vec::new(),
    };
    all.extend(more.iter().map(|text| clean_urls(text)));
    Scalar::List(all)
}

fn inserted(before: Option<Scalar>, more: impl IntoIterator<Item = (String, String)>) -> Scalar {
    let mut all = match before {
        Some(Scalar::Map(map)) => map,
        _ => BTreeMap::new(),
    };
    all.extend(more);
    Scalar::Map(all)
}

type Entry = (String, String);

fn entries(text: &str, read: impl Fn(&str) -> Option<Entry>) -> Option<Vec<Entry>> {
    let parts = text.split(',').filter(|part| !part.trim().is_empty());
    parts.map(read).collect()
}

fn pair(text: &str, separator: char) -> Option<Entry> {
    let (key, value) = text.split_once(separator)?;
    Some((key.trim().to_owned(), clean_urls(value.trim())))
}

fn lenient(text: &str) -> Entry {
    pair(text, '=').unwrap_or_else(|| (text.trim().to_owned(), String::new()))
}

fn gate(text: &str) -> Option<Entry> {
    let (name, value) = pair(text, '=')?;
    let name = name.strip_prefix("kube:").unwrap_or(&name).to_owned();
    Some((name, parse_bool(&value)?.to_string()))
}
