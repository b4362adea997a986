//! The static side of facts: which fields exist and what type each has.
//!
//! Expressions in checks are typed against these records when a check is loaded, so a misspelt field is an error with a
//! position and never a value that happens to be missing. [`crate::facts::record!`] derives a [`Record`] from a struct.

use std::fmt;
use std::sync::Arc;

/// The type of a value that an expression can read.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// True or false.
    Bool,
    /// A signed 64-bit integer.
    Int,
    /// Unicode text.
    Text,
    /// A point in time.
    Time,
    /// A span of time.
    Duration,
    /// A sequence of values of one type.
    List(Box<Self>),
    /// Values of one type under text keys.
    Map(Box<Self>),
    /// Named fields.
    Record(Arc<Record>),
}

impl Type {
    /// A list of `item`.
    pub fn list(item: Self) -> Self {
        Self::List(Box::new(item))
    }

    /// A map from text to `value`.
    pub fn map(value: Self) -> Self {
        Self::Map(Box::new(value))
    }

    /// The record at the bottom of this type, through lists and maps.
    pub fn record(&self) -> Option<&Arc<Record>> {
        match self {
            Self::List(inner) | Self::Map(inner) => inner.record(),
            Self::Record(record) => Some(record),
            _ => None,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Text => f.write_str("string"),
            Self::Time => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::List(item) => write!(f, "list({item})"),
            Self::Map(value) => write!(f, "map(string, {value})"),
            Self::Record(record) => f.write_str(&record.name),
        }
    }
}

/// A named set of fields: the schema of one kind of fact or of a part of it.
#[derive(Debug, PartialEq)]
pub struct Record {
    /// What the record is called in messages and in `checks schema`.
    pub name: String,
    /// What it describes, one sentence.
    pub doc: String,
    /// The fields, in the order in which [`crate::facts::Fields::field`] counts them.
    pub fields: Vec<Field>,
}

impl Record {
    /// The position of the field called `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}

/// One field of a [`Record`].
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name in expressions: camelCase as in the Kubernetes API, or a flag's own name.
    pub name: String,
    /// What the field holds, with its unit.
    pub doc: String,
    /// Its type.
    pub kind: Type,
}

/// `snake_case` to the `camelCase` that Kubernetes uses for its fields.
pub(crate) fn camel_case(snake: &str) -> String {
    let mut out = String::with_capacity(snake.len());
    let mut upper = false;
    for c in snake.trim_start_matches("r#").chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                out.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => out.push(c),
        }
    }
    out
}
