//! What is not known, why, and what would make it known.
//!
//! A gap is a first-class answer: a check that touches one is `unknown` with the gap as its reason, never a pass.

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::recent::Recent;

/// Something that was not read. What many cells lack for one reason is stored once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap(Arc<Said>);

/// What a [`Gap`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    /// What is missing, as a noun: "kubelet configuration", "list of roles".
    pub what: String,
    /// Where it would have been read: a node, a file, an API path. Empty when there is no single place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// Why it is missing.
    pub reason: GapReason,
    /// What would fill it: a flag of ours, a right, a setting of the cluster.
    pub remedy: Cow<'static, str>,
}

/// What manifests cannot tell comes last: of several gaps the first is the reason, and that one weighs least.
impl Ord for Said {
    fn cmp(&self, other: &Self) -> Ordering {
        fn key(one: &Said) -> (bool, &str, &str, GapReason, &str) {
            let outside = one.reason == GapReason::Outside;
            (outside, &one.what, &one.place, one.reason, &one.remedy)
        }
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Said {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Gap {
    /// A gap with nothing left out.
    pub fn new(
        what: impl Into<String>,
        place: impl Into<String>,
        reason: GapReason,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Arc::new(Said {
            what: what.into(),
            place: place.into(),
            reason,
            remedy: remedy.into(),
        }))
    }
}

impl Gap {
    /// The gap that decides among several: what should have been read and was not, before what manifests never hold.
    pub fn decisive<'g>(gaps: impl IntoIterator<Item = &'g Self>) -> Option<&'g Self> {
        let outside = |gap: &&Self| gap.reason == GapReason::Outside;
        gaps.into_iter().min_by_key(outside)
    }
}

impl Deref for Gap {
    type Target = Said;

    fn deref(&self) -> &Said {
        &self.0
    }
}

impl DerefMut for Gap {
    /// Changes this gap alone.
    fn deref_mut(&mut self) -> &mut Said {
        Arc::make_mut(&mut self.0)
    }
}

impl Serialize for Gap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Gap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        thread_local! {
            static RECENT: RefCell<Recent<Said>> = const { RefCell::new(Recent::new()) };
        }
        let said = Said::deserialize(deserializer)?;
        Ok(Self(RECENT.with_borrow_mut(|recent| recent.shared(said))))
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if !self.place.is_empty() {
            write!(f, " ({})", self.place)?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GapReason {
    /// The credentials or the file mode do not allow it.
    Forbidden,
    /// Nobody answered, or the way there is broken.
    Unreachable,
    /// The time limit ran out.
    Timeout,
    /// An answer came and made no sense.
    Unparsable,
    /// The endpoint could not prove who it is, so nothing was sent to it.
    UnverifiedEndpoint,
    /// This run did not ask for it.
    NotAsked,
    /// It is not part of the manifests that are judged.
    Outside,
}

impl GapReason {
    /// Whether it was asked for and not had; the others were not asked for.
    pub fn is_failure(self) -> bool {
        !matches!(self, Self::NotAsked | Self::Outside)
    }
}

impl fmt::Display for GapReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forbidden => "forbidden",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timed out",
            Self::Unparsable => "not understood",
            Self::UnverifiedEndpoint => "endpoint not verified",
            Self::NotAsked => "not asked",
            Self::Outside => "outside the manifests",
        })
    }
}
