//! Rows of running components, one per instance that was seen and one unread subject per instance that was not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::SubjectKind;
use crate::facts::component::{Component, ComponentKind};
use crate::facts::host::{File, Role};
use crate::facts::{Gap, GapReason, Lack};
use crate::outcome::Subject;

use super::expected::{Expected, expected};
use super::{Nothing, Row, Rows, Slot, World, siblings};

fn component_kind(kind: SubjectKind) -> ComponentKind {
    match kind {
        SubjectKind::ControllerManager => ComponentKind::ControllerManager,
        SubjectKind::Scheduler => ComponentKind::Scheduler,
        SubjectKind::Etcd => ComponentKind::Etcd,
        SubjectKind::Kubelet => ComponentKind::Kubelet,
        SubjectKind::KubeProxy => ComponentKind::KubeProxy,
        _ => ComponentKind::ApiServer,
    }
}

/// The static pod manifests of one kind of component, by node.
type Manifests<'f> = BTreeMap<&'f str, &'f File>;

/// Where the settings of `component` are changed: its configuration file or manifest, as far as it is known.
fn place(component: &Component, manifests: &Manifests<'_>) -> String {
    let node = &component.node;
    let named = component
        .flags
        .get("config")
        .and_then(|cell| cell.value()?.as_text());
    if let Some(path) = named.filter(|path| !path.is_empty()) {
        return format!("{path} on {node}");
    }
    match manifests.get(node.as_str()) {
        Some(file) => format!("{} on {node}", file.path),
        None => format!("the command line of {} on {node}", component.kind.binary()),
    }
}

impl World<'_> {
    fn manifests(&self, kind: ComponentKind) -> Manifests<'_> {
        let role = Role::of_manifest(kind);
        let files = self.facts.files.rows.iter();
        let of_kind = files.filter(|file| file.role == role);
        // The first of a node counts.
        let backwards = of_kind.rev();
        backwards.map(|file| (&*file.node, file)).collect()
    }

    /// Why there is nothing about a component that is expected on `node`.
    fn not_seen(&self, kind: ComponentKind, node: &str) -> Gap {
        match self.nodes.get(node) {
            Some(known) => {
                if let Some(gap) = &known.unread {
                    return gap.clone();
                }
            }
            None if !self.facts.hosts.rows.iter().any(|host| host.node == node) => {
                return self.facts.unread_node(node);
            }
            None => {}
        }
        let what = format!("{} on node {node}, where none was found", kind.binary());
        let remedy = "start it, or read the machine on which it runs";
        Gap::new(what, "", GapReason::Unreachable, remedy)
    }

    pub(super) fn components(&self, subject: SubjectKind) -> Rows<'_> {
        let kind = component_kind(subject);
        let listing = &self.facts.components;
        let name: Arc<str> = kind.binary().into();
        let on = |node: &str| {
            let mut on = Subject::new(subject.name(), name.clone());
            on.node = (!node.is_empty()).then(|| self.node_name(node));
            on
        };
        let manifests = self.manifests(kind);
        let rows: Vec<Row<'_>> = listing
            .rows
            .iter()
            .zip(&self.derived.siblings)
            .zip(&self.derived.authorities)
            .map(|((component, siblings), authorities)| {
                (component, siblings.as_deref(), authorities.as_deref())
            })
            .filter(|(component, ..)| component.kind == kind)
            .map(|(component, siblings, authorities)| {
                let source = component.source.clone();
                let parts = siblings::parts(component, siblings, authorities);
                Row {
                    subject: on(&component.node).into(),
                    place: Some(place(component, &manifests).into()),
                    variables: vec![
                        self.joined(siblings::schema(kind), parts, source.clone()),
                        self.node_slot(&component.node),
                        Slot::Fact(&self.facts.cluster),
                    ],
                    source,
                }
            })
            .collect();
        let unseen = |lack: &Lack| {
            let name = lack.name.as_deref().unwrap_or("all components");
            (Subject::new(subject.name(), name), lack.gap.clone())
        };
        let lacks = listing.lacks.iter().filter(|lack| kind.may_be_lacked(lack));
        let mut unread: Vec<_> = lacks.map(unseen).collect();
        let mut none = format!("no {} runs here", kind.binary());
        match expected(self.facts, kind) {
            Expected::On(nodes) => {
                let seen = rows.iter().filter_map(|row| row.subject.node.as_deref());
                let seen: BTreeSet<&str> = seen.collect();
                let missing = nodes.into_iter().filter(|node| !seen.contains(&**node));
                unread.extend(missing.map(|node| (on(&node), self.not_seen(kind, &node))));
            }
            Expected::Unclear(gap) => unread.push((
                Subject::new(subject.name(), format!("every {}", kind.binary())),
                gap,
            )),
            Expected::Nowhere(why) => none = why,
        }
        Rows {
            rows,
            unread,
            none: Nothing::There(none),
            ..Rows::default()
        }
    }
}
