//! What was observed: typed cells with provenance, gaps, completeness, redaction, and the snapshot file.
//!
//! Facts are pure data. Collectors fill them through the normalisers of this layer, and so do the examples inside check
//! files, so both see the same Kubernetes. Nothing here talks to a network; only the snapshot touches a file.

mod cell;
pub mod certificate;
pub mod component;
mod declared;
mod gap;
mod gather;
pub mod host;
mod lacking;
mod listing;
pub mod objects;
mod origins;
mod recent;
mod record;
pub mod redact;
mod schema;
pub(crate) mod semantics;
mod set;
pub mod settings;
pub mod snapshot;
mod source;
pub mod stored;
mod twice;
mod view;
pub mod workload;

pub use crate::record;
pub use cell::Cell;
pub use declared::sighting;
pub use gap::{Gap, GapReason};
pub use gather::Taking;
pub use lacking::Lacking;
pub use listing::{AtLeast, Lack, Listing};
pub use origins::Origins;
pub use schema::{Field, Record, Type};
pub use set::{Asked, Cluster, Facts, Kind, Manifests, Visit};
pub use snapshot::{Snapshot, SnapshotError};
pub use source::{Origin, Place, Source};
pub use view::{Entries, Fields, Items, Observed, Reading, View};

/// The name of a field in expressions: the stated one, else the Rust name in camelCase.
#[doc(hidden)]
pub fn field_name(rust: &str, stated: &[&str]) -> String {
    stated
        .first()
        .map_or_else(|| schema::camel_case(rust), |name| (*name).to_owned())
}
