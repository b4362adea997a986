//! Whether the instances of one component agree: a control plane is one, however many nodes it runs on.
//!
//! Whoever hardens one node of several leaves the others as they are, and requests go to any of them.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use super::authorities::Authorities;
use super::expected::every;
use super::joined::join;
use crate::evaluate::judge::computed;
use crate::facts::component::{Component, ComponentKind};
use crate::facts::settings::Scalar;
use crate::facts::{Cell, Facts, Fields, Gap, Lacking, Record};

/// Settings that name the node itself, or what only its own member is told.
const OF_NODE: [&str; 16] = [
    "advertise-address",
    "advertise-client-urls",
    "bind-address",
    "data-dir",
    "etcd-servers",
    "hostname-override",
    "initial-advertise-peer-urls",
    "initial-cluster",
    "initial-cluster-state",
    "initial-cluster-token",
    "listen-client-http-urls",
    "listen-client-urls",
    "listen-metrics-urls",
    "listen-peer-urls",
    "name",
    "wal-dir",
];

crate::facts::record! {
    /// How an instance of the control plane stands beside its siblings.
    #[derive(Debug, Default)]
    pub struct Siblings {
        /// How many other instances there are.
        pub siblings: Cell<i64>,
        /// Settings for which another instance has another value, such as `profiling: false here, true on cp2`. Those
        /// that name the node itself are left out.
        pub unlike_siblings: Cell<Vec<String>>,
    }
}

impl Siblings {
    /// Of `component`; of those that differ from node to node by design nothing is computed.
    pub(super) fn of(component: &Component, facts: &Facts, lacking: &Lacking) -> Option<Box<Self>> {
        has_siblings(component.kind).then(|| Self::compute(component, facts, lacking).into())
    }

    fn compute(component: &Component, facts: &Facts, lacking: &Lacking) -> Self {
        if let Some(gap) = lacking.below(Component::schema(component.kind)) {
            return Self {
                siblings: Cell::Gap(gap.clone()),
                unlike_siblings: Cell::Gap(gap.clone()),
            };
        }
        let rows = facts.components.rows.iter();
        let others: Vec<&Component> = rows
            .filter(|other| other.kind == component.kind && other.node != component.node)
            .collect();
        let engine = "comparison of instances";
        let mut open = every(facts, component.kind).err();
        let mut unlike = BTreeSet::new();
        for other in &others {
            compare(component, other, &mut unlike, &mut open);
        }
        Self {
            siblings: match every(facts, component.kind) {
                Err(gap) if others.is_empty() => Cell::Gap(gap),
                _ => computed(i64::try_from(others.len()).unwrap_or(i64::MAX), engine),
            },
            unlike_siblings: match open {
                // What differs does, whatever else is not known.
                Some(gap) if unlike.is_empty() => Cell::Gap(gap),
                _ => computed(unlike.into_iter().collect(), engine),
            },
        }
    }
}

fn has_siblings(kind: ComponentKind) -> bool {
    use ComponentKind::{ApiServer, ControllerManager, Etcd, Scheduler};
    matches!(kind, ApiServer | ControllerManager | Etcd | Scheduler)
}

/// Settings of `one` for which `other` has another value.
fn compare(
    one: &Component,
    other: &Component,
    unlike: &mut BTreeSet<String>,
    open: &mut Option<Gap>,
) {
    for (own, its) in [(&one.config, &other.config), (&one.flags, &other.flags)] {
        for (name, cell) in own.cells() {
            if OF_NODE.contains(&name) {
                continue;
            }
            match (cell, its.get(name)) {
                (Cell::Gap(gap), _) | (_, Some(Cell::Gap(gap))) => *open = Some(gap.clone()),
                (cell, there) => {
                    let there = there.and_then(Cell::value);
                    if cell.value() != there {
                        let here = text(cell.value());
                        let there = text(there);
                        let node = &other.node;
                        unlike.insert(format!("{name}: {here} here, {there} on {node}"));
                    }
                }
            }
        }
    }
}

fn text(value: Option<&Scalar>) -> String {
    match value.map(ToString::to_string) {
        Some(text) if !text.is_empty() => text,
        _ => "not set".to_owned(),
    }
}

/// The schema of a component of the control plane, with what is computed about it.
pub(super) fn schema(kind: ComponentKind) -> Arc<Record> {
    static SCHEMAS: LazyLock<Vec<(ComponentKind, Arc<Record>)>> = LazyLock::new(|| {
        let joined = |kind: ComponentKind| {
            let component = Component::schema(kind);
            let mut parts = vec![component];
            if has_siblings(kind) {
                parts.push(Siblings::schema());
            }
            if kind == ComponentKind::Etcd {
                parts.push(Authorities::schema());
            }
            (kind, join(kind.subject(), &component.doc, &parts))
        };
        ComponentKind::ALL.map(joined).into()
    });
    let found = SCHEMAS.iter().find(|(known, _)| *known == kind);
    found.map_or_else(
        || Component::schema(kind).clone(),
        |(_, schema)| schema.clone(),
    )
}

/// The parts of the same, in their order.
pub(super) fn parts<'a>(
    component: &'a Component,
    siblings: Option<&'a Siblings>,
    authorities: Option<&'a Authorities>,
) -> Vec<&'a dyn Fields> {
    let parts = [
        Some(component as &dyn Fields),
        siblings.map(|part| part as &dyn Fields),
        authorities.map(|part| part as &dyn Fields),
    ];
    let mut some = Vec::with_capacity(parts.iter().flatten().count());
    some.extend(parts.into_iter().flatten());
    some
}
