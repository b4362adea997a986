//! Rows of API objects: an object joined with what the engines computed about it. RBAC has a file of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::facts::objects::{Namespace, Node};
use crate::facts::workload::Workload;
use crate::facts::{
    Cell, Facts, Fields, Gap, GapReason, Lacking, Listing, Observed, Place, Reading, Record,
    Source, View,
};
use crate::outcome::{Instances, Subject};

use super::joined::Joined;
use super::schemas::{cluster_schema, namespace_schema, service_account_schema, workload_schema};
use super::{CLUSTER_ITSELF, Nothing, Row, Rows, Settled, Slot, World};
use crate::evaluate::SAMPLE;
use crate::evaluate::judge::computed;

crate::facts::record! {
    /// A workload and one of the distinct templates it runs.
    #[derive(Debug, Default)]
    pub struct WorkloadMark {
        /// The kind of the top controller, or `Pod`.
        pub kind: String,
        /// Its namespace.
        pub namespace: String,
        /// Its name.
        pub name: String,
    }
}

/// The fields of a [`WorkloadMark`], read from the workload itself.
pub(super) struct Marked<'f>(pub(super) &'f Workload);

impl Fields for Marked<'_> {
    fn record(&self) -> &Arc<Record> {
        WorkloadMark::schema()
    }

    fn field(&self, position: usize) -> Reading<'_> {
        let Workload {
            kind,
            namespace,
            name,
            ..
        } = self.0;
        [kind, namespace, name]
            .get(position)
            .map_or(View::Absent.into(), |text| text.read())
    }
}

crate::facts::record! {
    /// What the cluster around a namespace or a workload is like.
    #[derive(Debug, Default)]
    pub struct Surroundings {
        /// Whether the cluster has Windows nodes.
        pub windows_nodes: Cell<bool>,
    }
}

impl Surroundings {
    pub(super) fn of(facts: &Facts, lacking: &Lacking) -> Self {
        let windows = |node: &Node| node.status.node_info.operating_system == "windows";
        let gap = lacking
            .below(Node::schema())
            .or_else(|| facts.nodes.lack_in(None));
        let seen = facts.nodes.rows.iter().any(windows);
        let windows_nodes = match gap {
            Some(gap) if !seen => Cell::Gap(gap.clone()),
            _ => computed(seen, "nodes of the cluster"),
        };
        Self { windows_nodes }
    }
}

/// Whether manifests declare both under one name.
fn is_copy(a: &Workload, b: &Workload) -> bool {
    a.name == b.name && a.kind == b.kind && a.namespace == b.namespace
}

/// What the API holds under a kind, a namespace and a name.
pub(super) struct Identity<'f> {
    pub(super) kind: &'f str,
    pub(super) namespace: &'f str,
    pub(super) name: &'f str,
}

impl Identity<'_> {
    pub(super) fn source(&self) -> Source {
        Source::from(Place::Object {
            kind: self.kind.to_owned().into(),
            namespace: self.namespace.to_owned(),
            name: self.name.to_owned(),
        })
    }

    pub(super) fn subject(&self, subject: &'static str) -> Subject {
        let mut subject = Subject::new(subject, format!("{} {}", self.kind, self.name));
        subject.namespace = (!self.namespace.is_empty()).then(|| self.namespace.into());
        subject
    }
}

impl<'f> World<'f> {
    pub(super) fn cluster_slot(&self) -> Slot<'_> {
        let parts: Vec<&dyn Fields> = vec![&self.facts.cluster, &self.derived.network];
        let path = "/".to_owned();
        self.joined(cluster_schema(), parts, Source::from(Place::Api { path }))
    }

    /// The parents that many rows share.
    pub(super) fn parents(&self) -> Parents<'_> {
        let slot = |(name, at): (&'_ String, &usize)| {
            let (slot, _) = self.namespace_at(*at)?;
            Some((name.clone(), slot))
        };
        Parents {
            cluster: self.cluster_slot(),
            namespaces: self.derived.namespaces.iter().filter_map(slot).collect(),
            listing: &self.facts.namespaces,
        }
    }

    pub(super) fn cluster(&self) -> Rows<'_> {
        let name = self
            .facts
            .cluster
            .name
            .value()
            .map_or("cluster", String::as_str);
        let source = Source::from(Place::Api {
            path: "/".to_owned(),
        });
        let row = Row {
            subject: Subject::new("cluster", name).into(),
            source,
            place: Settled::Nowhere,
            variables: vec![self.cluster_slot()],
        };
        Rows {
            rows: vec![row],
            ..Rows::default()
        }
    }

    pub(super) fn namespaces(&self) -> Rows<'_> {
        let listing = &self.facts.namespaces;
        let cluster = self.cluster_slot();
        let rows = (0..listing.rows.len()).filter_map(|position| {
            let (slot, identity) = self.namespace_at(position)?;
            let mut subject = identity.subject("namespace");
            subject.name = identity.name.into();
            subject.namespace = Some(subject.name.clone());
            Some(Row {
                subject: subject.into(),
                source: identity.source(),
                place: Settled::Nowhere,
                variables: vec![slot, cluster.clone()],
            })
        });
        let rows = rows.collect();
        self.with_lacks(rows, listing, "namespace", "namespaces")
    }

    /// The namespace at a position of the listing, with what the engines say about it.
    fn namespace_at(&self, position: usize) -> Option<(Slot<'_>, Identity<'_>)> {
        let namespace = self.facts.namespaces.rows.get(position)?;
        let isolation = self.derived.isolation.get(position)?;
        let admission = self.derived.admission.get(position)?;
        let contents = self.derived.contents.get(position)?;
        let identity = Identity {
            kind: "Namespace",
            namespace: "",
            name: &namespace.metadata.name,
        };
        let surroundings = &self.derived.surroundings;
        let parts: Vec<&dyn Fields> = vec![namespace, isolation, admission, contents, surroundings];
        let slot = self.joined(namespace_schema(), parts, identity.source());
        Some((slot, identity))
    }

    pub(super) fn workloads(&self) -> Rows<'_> {
        let listing = &self.facts.workloads;
        let parents = self.parents();
        let mut rows = Vec::with_capacity(listing.rows.len());
        let derived = &self.derived;
        let marked = listing.rows.iter().zip(&self.marked).enumerate();
        // Of several workloads of one name, which are neighbours: which one.
        let mut copy = 0;
        let mut before: Option<&Workload> = None;
        for (at, (workload, mark)) in marked {
            let same = before.is_some_and(|before| is_copy(before, workload));
            copy = if same { copy + 1 } else { 0 };
            before = Some(workload);
            let identity = Identity {
                kind: &workload.kind,
                namespace: &workload.namespace,
                name: &workload.name,
            };
            let source = identity.source();
            let place: Arc<str> = source.to_string().into();
            for (number, template) in workload.templates.iter().enumerate() {
                let mut subject = identity.subject("workload");
                subject.place = self.place(&identity, copy);
                let instances = Instances {
                    count: u64::try_from(template.instances).unwrap_or_default(),
                    sample: template.sample.iter().take(SAMPLE).cloned().collect(),
                };
                subject.instances = Some(instances.into());
                let mut parts: Vec<&dyn Fields> = vec![mark, &template.spec];
                parts.extend(derived.of_template(at, number));
                parts.push(&derived.surroundings);
                rows.push(Row {
                    subject: subject.into(),
                    source: source.clone(),
                    place: Settled::At(place.clone()),
                    variables: vec![
                        self.joined(workload_schema(), parts, source.clone()),
                        parents.namespace(&workload.namespace),
                        parents.cluster.clone(),
                    ],
                });
            }
        }
        self.with_lacks(rows, listing, "workload", "workloads")
    }

    /// Where the object of a name stands, or the one of several.
    fn place(&self, of: &Identity<'_>, copy: usize) -> Option<Arc<str>> {
        let places = self.facts.origins.of(of.kind, of.namespace, of.name);
        places.get(copy).map(|place| Arc::from(&**place))
    }

    pub(super) fn service_accounts(&self) -> Rows<'_> {
        let listing = &self.facts.service_accounts;
        let parents = self.parents();
        let rows = listing.rows.iter().zip(&self.derived.beside);
        let rows = rows.map(|(account, beside)| {
            let identity = Identity {
                kind: "ServiceAccount",
                namespace: &account.metadata.namespace,
                name: &account.metadata.name,
            };
            let source = identity.source();
            Row {
                subject: identity.subject("serviceaccount").into(),
                place: Settled::Nowhere,
                variables: vec![
                    self.joined(
                        service_account_schema(),
                        vec![account, beside],
                        source.clone(),
                    ),
                    parents.namespace(&account.metadata.namespace),
                    parents.cluster.clone(),
                ],
                source,
            }
        });
        let rows = rows.collect();
        self.with_lacks(rows, listing, "serviceaccount", "service accounts")
    }

    pub(super) fn joined<'w>(
        &'w self,
        schema: Arc<Record>,
        parts: Vec<&'w dyn Fields>,
        source: Source,
    ) -> Slot<'w> {
        let joined = Joined::new(schema, parts, source, self.lacking);
        Slot::Joined(Arc::new(joined))
    }

    /// The rows of one kind of object, with what is missing of them.
    pub(super) fn with_lacks<'w, T>(
        &self,
        rows: Vec<Row<'w>>,
        listing: &Listing<T>,
        subject: &'static str,
        kind: &str,
    ) -> Rows<'w> {
        let none = match &self.facts.asked.namespaces[..] {
            [] if self.facts.asked.manifests.is_some() => {
                Nothing::Asked(format!("the manifests have no {kind}"), CLUSTER_ITSELF)
            }
            [] => Nothing::There(format!("the cluster has no {kind}")),
            some => Nothing::There(format!("there are no {kind} in {}", some.join(", "))),
        };
        Rows {
            rows,
            unread: unread(listing, subject, kind).collect(),
            none,
            ..Rows::default()
        }
    }
}

/// The cluster and its namespaces, as parents of rows.
pub(super) struct Parents<'w> {
    pub(super) cluster: Slot<'w>,
    namespaces: BTreeMap<String, Slot<'w>>,
    listing: &'w Listing<Namespace>,
}

impl<'w> Parents<'w> {
    /// The namespace called `name`; a gap when it was not listed.
    pub(super) fn namespace(&self, name: &str) -> Slot<'w> {
        if let Some(gap) = self.listing.doubt("", name) {
            return Slot::Gap(gap.clone());
        }
        match (self.namespaces.get(name), self.listing.lack_in(Some(name))) {
            (Some(slot), _) => slot.clone(),
            (None, Some(gap)) => Slot::Gap(gap.clone()),
            (None, None) => Slot::Gap(gone("Namespace", name)),
        }
    }
}

/// Another object names this one, and the complete listing does not have it: it came or went during the run.
pub(super) fn gone(kind: &str, name: &str) -> Gap {
    Gap::new(
        format!("{kind} {name}, which another object names"),
        "",
        GapReason::Unparsable,
        "run the audit again: the cluster changed while it was read",
    )
}

/// One unread subject per lack: a row by its name, a namespace, or the kind as a whole.
pub(super) fn unread<'l, T>(
    listing: &'l Listing<T>,
    subject: &'static str,
    kind: &'l str,
) -> impl Iterator<Item = (Subject, Gap)> + 'l {
    let within = listing.lacks.iter();
    let within = within.filter(|lack| lack.gap.reason != GapReason::Outside);
    within.map(move |lack| {
        let name = match (&lack.name, &lack.namespace) {
            (Some(name), _) => name.clone(),
            (None, Some(namespace)) => format!("{kind} of namespace {namespace}"),
            (None, None) => format!("all {kind}"),
        };
        let mut unread = Subject::new(subject, name);
        unread.namespace = lack.namespace.as_deref().map(Arc::from);
        (unread, lack.gap.clone())
    })
}
