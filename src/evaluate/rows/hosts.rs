//! Rows of nodes as machines, and of what runs in pods on them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::evaluate::engines::security::{Confinement, Effective};
use crate::facts::host::{Host, PodProcesses};
use crate::facts::{Cell, Facts, Fields, Gap, Lacking, Place, Record, Source};
use crate::outcome::Subject;

use super::joined::join;
use super::objects::{gone, unread};
use super::{Nothing, Rows, Slot, World};
use crate::evaluate::judge::computed;

const ENGINE: &str = "what the workload asks for";

crate::facts::record! {
    /// What the workload of a process asks for, in all of its containers.
    #[derive(Debug, Default)]
    pub struct AskedFor {
        /// Whether every container of its template has a filter of system calls.
        pub filter_asked: Cell<bool>,
        /// Whether no container of its template may run as root.
        pub root_refused: Cell<bool>,
        /// Whether every container of its template states an AppArmor profile.
        pub app_armor_asked: Cell<bool>,
    }
}

impl AskedFor {
    pub(super) fn of(
        row: &PodProcesses,
        positions: &Positions<'_>,
        lacking: &Lacking,
        confinement: &[Vec<Confinement>],
    ) -> Self {
        let all = || containers(row, positions, lacking, confinement);
        let seccomp = |one: &Effective| match &one.seccomp {
            Cell::Gap(gap) => Err(gap.clone()),
            other => Ok(other.value().is_some_and(|profile| profile != "Unconfined")),
        };
        let stated = |one: &Effective| {
            let profile = one.app_armor.as_deref();
            Ok(profile.is_some_and(|profile| profile != "Unconfined"))
        };
        Self {
            filter_asked: every(all(), seccomp),
            root_refused: every(all(), |one| Ok(!one.may_run_as_root)),
            app_armor_asked: every(all(), stated),
        }
    }
}

/// The positions of workloads, by namespace and the name that processes know them by.
type Positions<'f> = BTreeMap<(&'f str, String), usize>;

pub(super) fn positions(facts: &Facts) -> Positions<'_> {
    if facts.pod_processes.rows.is_empty() {
        return Positions::new();
    }
    let workloads = facts.workloads.rows.iter().enumerate();
    let named = workloads.map(|(at, one)| {
        let name = format!("{} {}", one.kind, one.name);
        ((one.namespace.as_str(), name), at)
    });
    // The first of a name counts.
    named.rev().collect()
}

/// What confines the containers of the template that a process belongs to.
fn containers<'c>(
    row: &PodProcesses,
    positions: &Positions<'_>,
    lacking: &Lacking,
    confinement: &'c [Vec<Confinement>],
) -> Result<&'c [Effective], Gap> {
    let fields = ["workload", "template", "namespace"];
    if let Some(gap) = lacking.among(PodProcesses::schema(), &fields) {
        return Err(gap.clone());
    }
    let (name, template) = match (&row.workload, &row.template) {
        (Cell::Gap(gap), _) | (_, Cell::Gap(gap)) => return Err(gap.clone()),
        (name, template) => (name.value(), template.value()),
    };
    let workload = name.and_then(|name| positions.get(&(&*row.namespace, name.clone())));
    let position = workload
        .copied()
        .zip(template.and_then(|template| usize::try_from(*template).ok()));
    let found = position.and_then(|(at, template)| confinement.get(at)?.get(template));
    match found.map(|found| &found.effective) {
        Some(Cell::Value { value, .. }) => Ok(value),
        Some(Cell::Gap(gap)) => Err(gap.clone()),
        _ => Err(gone("workload", name.map_or("", String::as_str))),
    }
}

/// Whether it holds for all: one for which it does not decides, whatever else is not known.
fn every(
    containers: Result<&[Effective], Gap>,
    holds: impl Fn(&Effective) -> Result<bool, Gap>,
) -> Cell<bool> {
    let containers = match containers {
        Ok(containers) => containers,
        Err(gap) => return Cell::Gap(gap),
    };
    let answers: Vec<_> = containers.iter().map(holds).collect();
    if answers.contains(&Ok(false)) {
        return computed(false, ENGINE);
    }
    match answers.into_iter().find_map(Result::err) {
        Some(gap) => Cell::Gap(gap),
        None => computed(true, ENGINE),
    }
}

pub(super) fn process_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let doc = "Processes of one pod that the kernel confines alike, beside what the workload asks for.";
        join(
            "process",
            doc,
            &[PodProcesses::schema(), AskedFor::schema()],
        )
    });
    SCHEMA.clone()
}

impl World<'_> {
    pub(super) fn hosts(&self) -> Rows<'_> {
        let listing = &self.facts.hosts;
        let rows = listing.rows.iter().map(|host: &Host| {
            let name = self.node_name(&host.node);
            let subject = Subject::on_node("host", name.clone(), name);
            self.on_node(subject, kernel(&host.node), Slot::Fact(host))
        });
        let mut rows = Rows {
            rows: rows.collect(),
            none: Nothing::There("no node was read".to_owned()),
            ..Rows::default()
        };
        // What is missing of the listing is a node that was not read.
        match self.facts.asked.api {
            Some(_) => rows.unread.extend(self.unread_nodes("host", "the machine")),
            None => rows.unread.extend(unread(listing, "host", "hosts")),
        }
        rows
    }

    pub(super) fn processes(&self) -> Rows<'_> {
        let listing = &self.facts.pod_processes;
        let rows = listing.rows.iter().zip(&self.derived.asked_for);
        let rows = rows.map(|(row, asked)| {
            let name = match row.workload.value() {
                Some(workload) => workload.clone(),
                None => format!("Pod {}", row.pod),
            };
            let programs = row.programs.join(", ");
            let name = format!("{programs} of {name}");
            let mut subject = Subject::on_node("process", name, self.node_name(&row.node));
            subject.namespace = Some(row.namespace.as_str().into());
            let parts: Vec<&dyn Fields> = vec![row, asked];
            let source = kernel(&row.node);
            let joined = self.joined(process_schema(), parts, source.clone());
            self.on_node(subject, source, joined)
        });
        let mut rows = Rows {
            rows: rows.collect(),
            unread: unread(listing, "process", "processes in pods").collect(),
            none: Nothing::There("nothing runs in pods of the nodes that were read".to_owned()),
            ..Rows::default()
        };
        rows.unread
            .extend(self.unread_nodes("process", "processes in pods"));
        rows
    }
}

fn kernel(node: &str) -> Source {
    Source::from(Place::Kernel {
        node: node.to_owned(),
    })
}
