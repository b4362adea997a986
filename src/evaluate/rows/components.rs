//! Rows of running components, one per instance that was seen and one unread subject per instance that was not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::SubjectKind;
use crate::facts::component::{Component, ComponentKind};
use crate::facts::host::{File, Role};
use crate::facts::{Gap, GapReason, Lack, Place};
use crate::outcome::Subject;

use super::expected::{Expected, expected};
use super::objects::Identity;
use super::{Nothing, Row, Rows, Settled, Slot, World, siblings};

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

    /// The instance of a component on a node; all of them share its name.
    fn instance(&self, subject: SubjectKind, name: &Arc<str>, node: &str) -> Subject {
        let mut on = Subject::new(subject.name(), name.clone());
        on.node = (!node.is_empty()).then(|| self.node_name(node));
        on
    }

    /// The object of manifests that declares a component.
    fn declared(&self, component: &Component, subject: SubjectKind) -> Option<Subject> {
        self.facts.asked.manifests.as_ref()?;
        let Place::Object {
            kind,
            namespace,
            name,
        } = &*component.source
        else {
            return None;
        };
        let object = Identity {
            kind,
            namespace,
            name,
        };
        Some(object.subject(subject.name()))
    }

    pub(super) fn components(&self, subject: SubjectKind) -> Rows<'_> {
        let kind = component_kind(subject);
        let listing = &self.facts.components;
        let name: Arc<str> = kind.binary().into();
        let on = |node: &str| self.instance(subject, &name, node);
        let manifests = self.manifests(kind);
        let derived = self.derived.siblings.iter().zip(&self.derived.authorities);
        let all = listing.rows.iter().zip(derived);
        let rows: Vec<Row<'_>> = all
            .filter(|(component, _)| component.kind == kind)
            .map(|(component, (siblings, authorities))| {
                let parts = siblings::parts(component, siblings.as_deref(), authorities.as_deref());
                let source = component.source.clone();
                let (subject, place) = match self.declared(component, subject) {
                    Some(subject) => (subject, source.to_string()),
                    None => (on(&component.node), place(component, &manifests)),
                };
                Row {
                    subject: subject.into(),
                    place: Settled::At(place.into()),
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
        let lacks = listing.lacks.iter();
        let lacks =
            lacks.filter(|lack| kind.may_be_lacked(lack) && lack.gap.reason != GapReason::Outside);
        let mut unread: Vec<_> = lacks.map(unseen).collect();
        let mut none = Nothing::There(format!("no {} runs here", kind.binary()));
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
            Expected::Nowhere(_) if self.facts.asked.manifests.is_some() => {
                none = Nothing::outside();
            }
            Expected::Nowhere(why) => none = Nothing::There(why),
        }
        Rows {
            rows,
            unread,
            none,
            ..Rows::default()
        }
    }
}
