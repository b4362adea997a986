//! A listing: the rows of one kind that were seen, and what is known to be missing from them.

use serde::{Deserialize, Serialize};

use super::{Gap, GapReason, Items, Observed, Reading, Type, View};

/// Rows of one kind with their completeness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing<T> {
    /// What was seen.
    pub rows: Vec<T>,
    /// What was not: empty means that the rows are all there is.
    #[serde(default)]
    pub lacks: Vec<Lack>,
}

/// A hole in a [`Listing`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lack {
    /// The namespace that could not be listed; `None` when it may be any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The one row that is known to exist and could not be read; `None` when any number may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why.
    pub gap: Gap,
}

impl<T> Listing<T> {
    /// `rows`, and what is known to be missing beside them.
    pub fn known(rows: Vec<T>, lacks: &[Lack]) -> Self {
        Self {
            rows,
            lacks: lacks.to_vec(),
        }
    }

    /// All there is.
    pub fn complete(rows: Vec<T>) -> Self {
        Self {
            rows,
            lacks: Vec::new(),
        }
    }

    /// Nothing was seen, for one reason.
    pub fn missing(gap: Gap) -> Self {
        Self {
            rows: Vec::new(),
            lacks: vec![Lack::any(gap)],
        }
    }

    /// Whether the rows are all there is.
    pub fn is_complete(&self) -> bool {
        self.lacks.is_empty()
    }

    /// Why rows of `namespace` may be missing (`None`: of any namespace); nothing when they are all there.
    pub fn lack_in(&self, namespace: Option<&str>) -> Option<&Gap> {
        let concerned = self
            .lacks
            .iter()
            .filter(|lack| match (&lack.namespace, namespace) {
                (Some(lacking), Some(wanted)) => lacking == wanted,
                _ => true,
            });
        Gap::decisive(concerned.map(|lack| &lack.gap))
    }

    /// Why the row of this name is not known to be what it will be, though there is one.
    pub fn doubt(&self, namespace: &str, name: &str) -> Option<&Gap> {
        let about = |lack: &&Lack| {
            lack.name.as_deref() == Some(name)
                && lack.namespace.as_deref().unwrap_or_default() == namespace
        };
        self.lacks.iter().find(about).map(|lack| &lack.gap)
    }

    /// Takes over the rows and the lacks of `other`.
    pub fn extend(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.lacks.extend(other.lacks);
    }
}

impl Lack {
    /// Any number of rows may be missing.
    pub fn any(gap: Gap) -> Self {
        Self {
            namespace: None,
            name: None,
            gap,
        }
    }
}

/// Items of which some are known, and why there may be more: one that is there decides, that none is does only without.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AtLeast<T> {
    /// Those that are known.
    pub known: Vec<T>,
    /// Why there may be more; nothing when they are all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<Gap>,
}

impl<T: Observed + Sync> Observed for AtLeast<T> {
    fn kind() -> Type {
        Type::list(T::kind())
    }
    fn read(&self) -> Reading<'_> {
        View::List(self).into()
    }
}

impl<T: Observed + Sync> Items for AtLeast<T> {
    fn len(&self) -> usize {
        self.known.len()
    }
    fn item(&self, index: usize) -> Option<Reading<'_>> {
        self.known.get(index).map(Observed::read)
    }
    fn missing(&self) -> Option<&Gap> {
        self.more.as_ref()
    }
}

/// A kind nobody asked for is not an empty kind.
impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self::missing(Gap::new(
            "a kind of fact that was not collected",
            "",
            GapReason::NotAsked,
            "collect again, with access to the API and the nodes",
        ))
    }
}
