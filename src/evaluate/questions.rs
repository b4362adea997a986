//! Questions that commands ask the engines directly.

use super::engines::isolation::{self, Endpoint, Network, Nobody};
use super::engines::rbac::{Access, Graph, Request};
use super::rows::admission_plugin;
use crate::facts::{Facts, Lacking};
use crate::outcome::{Connections, Paths, Postures, PowerList, Principal, WhoCan};

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

/// What network policies leave to the pods of these namespaces, or of all.
pub fn postures(facts: &Facts, lacking: &Lacking, namespaces: &[String]) -> Postures {
    isolation::list(facts, lacking, namespaces)
}

/// Whether one end may connect to a port of another, for each pair of pods that they stand for.
///
/// # Errors
/// When one of them stands for nothing that runs.
pub fn connections(
    facts: &Facts,
    lacking: &Lacking,
    [from, to]: [&Endpoint; 2],
    (protocol, port): (&str, i32),
) -> Result<Connections, Nobody> {
    for end in [from, to] {
        if let Some(nobody) = isolation::nobody(end, facts) {
            return Err(nobody);
        }
    }
    Ok(Connections {
        connections: isolation::can(facts, lacking, from, to, protocol, port),
        enforced: isolation::enforced(&Network::of(facts, lacking)),
        outside: isolation::reservation(facts),
    })
}
