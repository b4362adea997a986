//! The value of one setting.

use std::collections::BTreeMap;
use std::fmt;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::facts::{Observed, View};

/// A value that a flag or a configuration field can have, after Go's parsing and Kubernetes' defaulting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scalar {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A text, a path, or a number with a fraction as it was written.
    Text(String),
    /// A span of time.
    Duration(SignedDuration),
    /// Texts in order.
    List(Vec<String>),
    /// Texts by key; feature gates have the values `true` and `false`.
    Map(BTreeMap<String, String>),
}

impl Scalar {
    /// What an expression sees.
    pub fn view(&self) -> View<'_> {
        match self {
            Self::Bool(value) => View::Bool(*value),
            Self::Int(value) => View::Int(*value),
            Self::Text(value) => View::Text(value),
            Self::Duration(value) => View::Duration(*value),
            Self::List(value) => value.read().view,
            Self::Map(value) => value.read().view,
        }
    }

    /// Whether this is Go's zero value of its type.
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Bool(value) => !value,
            Self::Int(value) => *value == 0,
            Self::Text(value) => value.is_empty(),
            Self::Duration(value) => value.is_zero(),
            Self::List(value) => value.is_empty(),
            Self::Map(value) => value.is_empty(),
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
            Self::Duration(value) => write!(f, "{value:#}"),
            Self::List(values) => f.write_str(&values.join(",")),
            Self::Map(values) => {
                for (index, (key, value)) in values.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{key}={value}")?;
                }
                Ok(())
            }
        }
    }
}
