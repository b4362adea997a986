//! Questions that commands ask the engines directly.

use super::engines::rbac::{Access, Graph, Request};
use super::rows::admission_plugin;
use crate::facts::{Facts, Lacking};
use crate::outcome::{Paths, PowerList, Principal, WhoCan};

/// Everybody to whom a binding allows `request`.
pub fn who_can(facts: &Facts, lacking: &Lacking, request: &Request) -> WhoCan {
    Access::new(facts, lacking).who_can(request)
}

/// The shortest paths to the whole cluster or to another namespace, of everybody or of those that `wanted` names; with `all`
/// also those that rest on nothing but what Kubernetes ships.
pub fn paths(facts: &Facts, lacking: &Lacking, wanted: Option<&[Principal]>, all: bool) -> Paths {
    let access = Access::new(facts, lacking);
    let graph = Graph::new(&access, lacking, &admission_plugin(facts, lacking));
    graph.paths(wanted, all)
}

/// Everybody with a power that is not shipped.
pub fn powers(facts: &Facts, lacking: &Lacking) -> PowerList {
    let access = Access::new(facts, lacking);
    let graph = Graph::new(&access, lacking, &admission_plugin(facts, lacking));
    access.summary(&graph)
}
