//! Workloads: what runs, as one fact per top controller or bare pod, with its distinct templates.
//!
//! A hundred thousand pods are a few thousand templates. Pods and controllers go into a [`Folder`] page by page, in any
//! order; memory grows with the distinct templates and with the distinct labels of what runs ([`PodSet`]).

mod folder;
mod index;
mod normalise;
mod owners;
mod sets;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::facts::objects::{Labels, PodSpec};
use crate::facts::record;

pub use folder::{Folded, Folder};
pub use index::{IndexedPod, PodIndex};
pub use normalise::ORDINAL;
pub use owners::Controller;
pub use sets::{PodSet, UNCOUNTED};

record! {
    /// A top controller or a bare pod, and what it runs.
    #[derive(Debug, Default)]
    #[serde(default)]
    pub struct Workload {
        /// The namespace.
        pub namespace: String,
        /// The API group of the kind; empty for the core group.
        pub api_group: String,
        /// The kind: `Deployment`, `DaemonSet`, `StatefulSet`, `CronJob`, `Job`, `Pod`, or any other that owns pods.
        pub kind: String,
        /// The name.
        pub name: String,
        /// What is not known about its owners: the kind and name of an object that was not listed.
        pub note: Option<String>,
        /// The distinct templates: what runs, and what is declared where nothing that runs is equal to it.
        pub templates: Vec<Template>,
    }
}

record! {
    /// What some pods of a workload have in common, without what the cluster generates for each pod.
    #[derive(Debug, Default)]
    #[serde(default)]
    pub struct Template {
        /// Annotations that confine containers (AppArmor and seccomp before they were fields).
        pub annotations: Labels,
        /// What runs.
        pub spec: PodSpec,
        /// Whether the controller, or the manifest, says so.
        pub declared: bool,
        /// Whether pods run so.
        pub running: bool,
        /// How many pods run so.
        pub instances: i64,
        /// The names of up to 20 of them.
        pub sample: Vec<Arc<str>>,
        /// How many of them have the API token of their service account mounted by the API server.
        pub token_instances: i64,
    }
}
