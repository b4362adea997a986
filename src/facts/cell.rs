//! A cell: one observed value, or the honest absence of it.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{Gap, Origin, Source};

/// One observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cell<T> {
    /// It was read, or is the documented default.
    Value {
        /// The value.
        value: T,
        /// Whether somebody set it.
        origin: Origin,
        /// Where it was read.
        source: Source,
    },
    /// The place was read, and nothing is set there.
    Absent {
        /// Where it was looked for.
        source: Source,
    },
    /// It could not be read.
    Gap(Gap),
}

impl<T> Cell<T> {
    /// A value that somebody wrote down at `source`.
    pub fn explicit(value: T, source: Source) -> Self {
        Self::Value {
            value,
            origin: Origin::Explicit,
            source,
        }
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value { value, .. } => Some(value),
            Self::Absent { .. } | Self::Gap(_) => None,
        }
    }

    /// The gap, if that is what this is.
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Gap(gap) => Some(gap),
            Self::Value { .. } | Self::Absent { .. } => None,
        }
    }

    /// The same cell with its value converted; absence and gaps stay what they are.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Cell<U> {
        match self {
            Self::Value {
                value,
                origin,
                source,
            } => Cell::Value {
                value: convert(value),
                origin,
                source,
            },
            Self::Absent { source } => Cell::Absent { source },
            Self::Gap(gap) => Cell::Gap(gap),
        }
    }
}

/// A cell nobody filled in is a gap, never a value: this is what a field that an older snapshot lacks becomes.
impl<T> Default for Cell<T> {
    fn default() -> Self {
        Self::Gap(Gap::not_collected())
    }
}

impl Gap {
    /// The gap of a fact that the snapshot at hand was recorded without.
    pub fn not_collected() -> Self {
        static GAP: LazyLock<Gap> = LazyLock::new(|| {
            Gap::new(
                "a fact that was not collected",
                "",
                super::GapReason::NotAsked,
                "collect again with this version",
            )
        });
        GAP.clone()
    }
}
