//! Values that the API writes in a form of their own: times, quantities, and ports by number or name.

use std::fmt;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::reading::{nullable, object};
use crate::facts::{Observed, Reading, Type, View};

/// A point in time, to the second as the API keeps it. The zero value is "not set".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, prost::Message)]
pub struct Time {
    /// Seconds since 1970 (UTC).
    #[prost(int64, tag = "1")]
    pub seconds: i64,
}

impl Time {
    /// The time stamp; `None` when none is set, or when it lies outside the years -9999 to 9999.
    pub fn timestamp(&self) -> Option<Timestamp> {
        let set = self.seconds != 0;
        Timestamp::from_second(self.seconds).ok().filter(|_| set)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.timestamp().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time: Timestamp = text
            .parse()
            .map_err(|_| D::Error::custom("a text, expected an RFC 3339 time"))?;
        Ok(Self {
            seconds: time.as_second(),
        })
    }
}

impl Observed for Time {
    fn kind() -> Type {
        Type::Time
    }
    fn read(&self) -> Reading<'_> {
        self.timestamp().map_or(View::Absent, View::Time).into()
    }
}

/// An amount of a resource, as it was written: `500m`, `1Gi`, `2`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Quantity {
    /// The text.
    #[prost(string, tag = "1")]
    pub text: String,
}

impl Quantity {
    /// Whether it is nothing: `0` in whatever form, or not set. The kubelet takes a limit of that for none.
    pub fn is_zero(&self) -> bool {
        let number = self.text.trim().trim_start_matches(['+', '-']);
        let digits = number.find(|c: char| c != '.' && !c.is_ascii_digit());
        let digits = &number[..digits.unwrap_or(number.len())];
        !digits.contains(|c: char| ('1'..='9').contains(&c))
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => return Err(D::Error::custom("another type, expected a quantity")),
        };
        Ok(Self { text })
    }
}

impl Observed for Quantity {
    fn kind() -> Type {
        Type::Text
    }
    fn read(&self) -> Reading<'_> {
        View::Text(&self.text).into()
    }
}

object! {
    /// A port, by number or by name (`IntOrString`).
    #[serde(from = "NumberOrName", into = "NumberOrName")]
    pub struct Port {
        /// The number; 0 when the port is given by name.
        #[prost(int32, tag = "2")]
        pub number: i32,
        /// The name; empty when the port is given by number.
        #[prost(string, tag = "3")]
        pub name: String,
    }
}

impl Port {
    /// The port with this number.
    pub fn numbered(number: i32) -> Self {
        Self {
            number,
            name: String::new(),
        }
    }

    /// The port with this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            number: 0,
            name: name.into(),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            write!(f, "{}", self.number)
        } else {
            f.write_str(&self.name)
        }
    }
}

/// What JSON writes for a [`Port`].
struct NumberOrName(Port);

impl From<NumberOrName> for Port {
    fn from(NumberOrName(port): NumberOrName) -> Self {
        port
    }
}

impl From<Port> for NumberOrName {
    fn from(port: Port) -> Self {
        Self(port)
    }
}

impl Serialize for NumberOrName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.name.is_empty() {
            serializer.serialize_i32(self.0.number)
        } else {
            serializer.serialize_str(&self.0.name)
        }
    }
}

impl<'de> Deserialize<'de> for NumberOrName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
        match (number, value) {
            (Some(number), _) => Ok(Self(Port::numbered(number))),
            (None, Value::String(name)) => Ok(Self(Port::named(name))),
            _ => Err(D::Error::custom("another type, expected a port")),
        }
    }
}

nullable!(Time, Quantity, Port);
