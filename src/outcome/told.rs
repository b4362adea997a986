//! The words of a verdict, which are made from what was judged when they are read, and its identity.

use std::fmt;
use std::sync::Arc;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Evidence;

/// What a verdict says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Words {
    /// What was found, one sentence.
    pub message: String,
    /// The values the verdict rests on.
    pub evidence: Vec<Evidence>,
}

/// Somebody who still has what was judged.
pub trait Tell: Sync {
    /// What to say about the verdict of a task on a row.
    fn tell(&self, task: u32, row: u32) -> Words;
}

/// The words of a verdict, or who knows them.
#[derive(Clone)]
pub enum Told<'w> {
    /// They are known.
    Here(Arc<Words>),
    /// They are made when they are needed.
    Later {
        /// Who makes them.
        by: &'w dyn Tell,
        /// Of which task.
        task: u32,
        /// On which row.
        row: u32,
    },
}

impl Told<'_> {
    /// The words.
    pub fn words(&self) -> Arc<Words> {
        match self {
            Self::Here(words) => words.clone(),
            Self::Later { by, task, row } => Arc::new(by.tell(*task, *row)),
        }
    }
}

impl From<Words> for Told<'_> {
    fn from(words: Words) -> Self {
        Self::Here(Arc::new(words))
    }
}

impl PartialEq for Told<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.words() == other.words()
    }
}

impl fmt::Debug for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words().fmt(f)
    }
}

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.words().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Told<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Words::deserialize(deserializer).map(Self::from)
    }
}

/// Identity of a finding across runs: a hash of check id, parameters and subject without uid, pod hash and address, written as
/// 16 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = digits
            .then(|| u64::from_str_radix(&text, 16).ok())
            .flatten();
        number
            .map(Self)
            .ok_or_else(|| D::Error::custom("a fingerprint has 16 hex digits"))
    }
}
