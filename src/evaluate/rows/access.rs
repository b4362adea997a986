//! Rows of principals: everybody to whom a binding that is not shipped grants something. And rows of network policies.

use std::sync::{Arc, LazyLock};

use super::joined::join;
use super::objects::{Identity, unread};
use super::{Nothing, Row, Rows, Settled, Slot, World};
use crate::evaluate::engines::isolation::PolicyEffect;
use crate::evaluate::engines::rbac::{Access, Graph, at_least};
use crate::facts::objects::NetworkPolicy;
use crate::facts::{AtLeast, Cell, Facts, Gap, GapReason, Lacking, Record, Source};
use crate::outcome::{PowerLine, Subject};

crate::facts::record! {
    /// A user, group or service account with what bindings grant it, those that Kubernetes ships left out.
    #[derive(Debug, Default)]
    pub struct PrincipalMark {
        /// `User`, `Group` or `ServiceAccount`.
        pub kind: String,
        /// The namespace of a service account.
        pub namespace: String,
        /// The name.
        pub name: String,
        /// Its powers, in the whole cluster or in a namespace; the names are those of `binding.grants`.
        pub powers: Cell<AtLeast<String>>,
        /// Those that it has in the whole cluster.
        pub cluster_powers: Cell<AtLeast<String>>,
        /// Whether a binding grants it everything in the whole cluster; for manifests, one of theirs.
        pub everything_granted: Cell<bool>,
        /// The fewest steps by which it comes to do everything in the whole cluster; empty when there is no way.
        pub path_to_cluster: Cell<Vec<String>>,
        /// The fewest steps by which a service account comes into another namespace; empty when there is no way.
        pub path_to_neighbour: Cell<Vec<String>>,
        /// Whether there is a way to everything in the whole cluster; for manifests, one through what they hold.
        pub cluster_reached: Cell<bool>,
    }
}

pub(super) fn network_policy_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let doc = "A NetworkPolicy, with the difference it makes.";
        join(
            "networkpolicy",
            doc,
            &[NetworkPolicy::schema(), PolicyEffect::schema()],
        )
    });
    SCHEMA.clone()
}

/// Everybody who holds something that is not shipped.
#[derive(Default)]
pub(super) struct Principals {
    marks: Vec<PrincipalMark>,
    /// Why nobody is known.
    unread: Option<Gap>,
}

/// Finds them, their powers and the ways these open.
pub(super) fn principals(facts: &Facts, lacking: &Lacking) -> Principals {
    let access = Access::new(facts, lacking);
    let graph = Graph::new(&access, lacking, &super::admission_plugin(facts, lacking));
    let list = access.holders(&graph);
    let gaps = access.all_gaps();
    let hidden = Gap::decisive(&gaps);
    let marks = list.into_iter().map(|line| mark(line, &graph, hidden));
    Principals {
        marks: marks.collect(),
        unread: access.unread().cloned(),
    }
}

fn mark(line: PowerLine, graph: &Graph<'_>, hidden: Option<&Gap>) -> PrincipalMark {
    let source = |engine: &'static str| Source::computed(engine);
    let held = |all: bool| {
        let powers = line
            .powers
            .iter()
            .filter(|power| all || power.within.is_empty());
        powers.map(|power| power.name.clone()).collect::<Vec<_>>()
    };
    const GRANTED: &str = "roles that bindings grant";
    const WAYS: &str = "paths through roles, pods and nodes";
    let granted = |names| Cell::explicit(at_least(names, hidden), source(GRANTED));
    // What the manifests open is known, whatever else the cluster holds.
    let known = |holds: bool, gap: Option<&Gap>, engine| {
        let gap = gap.filter(|gap| !holds && gap.reason != GapReason::Outside);
        gap.map_or_else(
            || Cell::explicit(holds, source(engine)),
            |gap| Cell::Gap(gap.clone()),
        )
    };
    let way = |(steps, gap): (Vec<String>, Option<&Gap>)| match gap {
        Some(gap) if steps.is_empty() => Cell::Gap(gap.clone()),
        _ => Cell::explicit(steps, source(WAYS)),
    };
    let everywhere = held(false);
    let everything = everywhere.iter().any(|name| name == "everything");
    let (ahead, closed) = graph.lines_to_cluster(&line.principal);
    PrincipalMark {
        kind: line.principal.kind.clone(),
        namespace: line.principal.namespace.clone().unwrap_or_default(),
        name: line.principal.name.clone(),
        everything_granted: known(everything, hidden, GRANTED),
        powers: granted(held(true)),
        cluster_powers: granted(everywhere),
        cluster_reached: known(!ahead.is_empty(), closed, WAYS),
        path_to_cluster: way((ahead, closed)),
        path_to_neighbour: way(graph.lines_to_neighbour(&line.principal)),
    }
}

impl World<'_> {
    pub(super) fn principals(&self) -> Rows<'_> {
        let source = Source::computed("roles that bindings grant");
        let cluster = self.cluster_slot();
        let rows = self.derived.principals.marks.iter().map(|mark| {
            let mut subject = Subject::new("principal", format!("{} {}", mark.kind, mark.name));
            subject.namespace =
                (!mark.namespace.is_empty()).then(|| mark.namespace.as_str().into());
            Row {
                subject: subject.into(),
                source: source.clone(),
                place: Settled::Nowhere,
                variables: vec![Slot::Fact(mark), cluster.clone()],
            }
        });
        let rows = rows.collect();
        let facts = self.facts;
        let mut rows = self.with_lacks(rows, &facts.role_bindings, "principal", "principals");
        let everywhere = &facts.cluster_role_bindings;
        rows.unread.extend(unread(
            everywhere,
            "principal",
            "principals with rights everywhere",
        ));
        let unread = self.derived.principals.unread.iter();
        let all = |gap: &Gap| (Subject::new("principal", "all principals"), gap.clone());
        rows.unread.extend(unread.map(all));
        if facts.role_bindings.is_complete() && everywhere.is_complete() {
            rows.none = Nothing::There("nobody has more than Kubernetes ships".to_owned());
        }
        rows
    }

    pub(super) fn network_policies(&self) -> Rows<'_> {
        let listing = &self.facts.network_policies;
        let parents = self.parents();
        let rows = listing.rows.iter().zip(&self.derived.effects);
        let rows = rows.map(|(policy, effect)| {
            let identity = Identity {
                kind: "NetworkPolicy",
                namespace: &policy.metadata.namespace,
                name: &policy.metadata.name,
            };
            let source = identity.source();
            let parts: Vec<&dyn crate::facts::Fields> = vec![policy, effect];
            Row {
                subject: identity.subject("networkpolicy").into(),
                place: Settled::AtSource,
                variables: vec![
                    self.joined(network_policy_schema(), parts, source.clone()),
                    parents.namespace(&policy.metadata.namespace),
                    parents.cluster.clone(),
                ],
                source,
            }
        });
        self.with_lacks(rows.collect(), listing, "networkpolicy", "network policies")
    }
}
