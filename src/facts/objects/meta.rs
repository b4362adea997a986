//! Metadata, owners, and selectors: the parts all kinds share.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::reading::{nullable, object};
use super::sorted::Labels;
use super::values::Time;

object! {
    /// Who an object is.
    pub struct ObjectMeta {
        /// The name.
        #[prost(string, tag = "1")]
        pub name: String,
        /// The prefix of a name still to be chosen by the API server.
        #[prost(string, tag = "2")]
        pub generate_name: String,
        /// The namespace; absent for cluster-scoped objects.
        #[prost(string, tag = "3")]
        pub namespace: String,
        /// When it was created.
        #[prost(message, required, tag = "8")]
        pub creation_timestamp: Time,
        /// When it was asked to go.
        #[prost(message, optional, tag = "9")]
        pub deletion_timestamp: Option<Time>,
        /// All labels.
        #[prost(message, required, tag = "11")]
        pub labels: Labels,
        /// The annotations on the list of `facts::redact`; all others were dropped unread.
        #[prost(message, required, tag = "12")]
        pub annotations: Labels,
        /// What this object depends on.
        #[prost(message, repeated, tag = "13")]
        pub owner_references: Vec<OwnerReference>,
    }
}

object! {
    /// An object that another depends on.
    pub struct OwnerReference {
        /// Group and version of the owner.
        #[prost(string, tag = "5")]
        pub api_version: String,
        /// Its kind.
        #[prost(string, tag = "1")]
        pub kind: String,
        /// Its name.
        #[prost(string, tag = "3")]
        pub name: String,
        /// Whether it manages the dependant.
        #[prost(bool, optional, tag = "6")]
        pub controller: Option<bool>,
    }
}

object! {
    /// Which labels an object must have; without any demand it selects everything.
    pub struct LabelSelector {
        /// Labels with the value they must have.
        #[prost(btree_map = "string, string", tag = "1")]
        pub match_labels: BTreeMap<String, String>,
        /// Further demands.
        #[prost(message, repeated, tag = "2")]
        pub match_expressions: Vec<LabelSelectorRequirement>,
    }
}

object! {
    /// A demand on one label.
    pub struct LabelSelectorRequirement {
        /// The label.
        #[prost(string, tag = "1")]
        pub key: String,
        /// `In`, `NotIn`, `Exists`, `DoesNotExist`.
        #[prost(string, tag = "2")]
        pub operator: String,
        /// The values that `In` and `NotIn` compare with.
        #[prost(string, repeated, tag = "3")]
        pub values: Vec<String>,
    }
}

nullable!(
    ObjectMeta,
    OwnerReference,
    LabelSelector,
    LabelSelectorRequirement
);

impl ObjectMeta {
    /// Its name; of one that the API server is to choose, `PREFIX*`.
    pub fn title(&self) -> Cow<'_, str> {
        match self.name.is_empty() && !self.generate_name.is_empty() {
            true => format!("{}*", self.generate_name).into(),
            false => (&self.name).into(),
        }
    }

    /// The owner that manages this object.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references
            .iter()
            .find(|owner| owner.controller == Some(true))
    }
}
