//! Rows: what the expressions of a check see, one row per subject, with the parents it may name.
//!
//! Which rows *should* be there is decided here too: a kubelet per node, an API server per control-plane node. One that
//! was not read is an unread subject, never a missing row.

mod access;
mod authorities;
mod certificates;
mod components;
mod data;
mod derived;
mod endpoints;
mod expected;
mod exposure;
mod hosts;
mod iam;
mod joined;
mod nodes;
mod objects;
mod rbac;
mod requests;
mod schemas;
mod siblings;
mod storage;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use crate::catalog::SubjectKind;
use crate::evaluate::engines::pod_security::StandardVersion;
use crate::facts::host::Host;
use crate::facts::objects::Node;
use crate::facts::{Facts, Fields, Gap, GapReason, Lacking, Place, Reading, Source, Type, View};
use crate::outcome::Subject;

pub use certificates::certificate_lines;
pub(super) use derived::admission_plugin;

use derived::Derived;
use joined::Joined;
use nodes::Known;
use objects::Marked;

/// What asks for all that manifests do not hold.
const CLUSTER_ITSELF: &str = "audit the cluster itself";

/// The facts with what the engines computed about them.
pub struct World<'f> {
    pub(super) facts: &'f Facts,
    pub(super) lacking: &'f Lacking,
    derived: Derived,
    /// In the order of the listing.
    marked: Vec<Marked<'f>>,
    /// The nodes of the API, by name.
    nodes: BTreeMap<&'f str, Known<'f>>,
}

/// One subject as expressions see it.
pub(super) struct Row<'f> {
    /// Who it is.
    pub(super) subject: Arc<Subject>,
    /// Where it was read, for evidence without a source of its own.
    pub(super) source: Source,
    /// The file or unit in which its settings are changed.
    place: Settled,
    /// What the variables of [`variables`] hold, in their order.
    variables: Vec<Slot<'f>>,
}

/// Where the settings of a subject are changed.
enum Settled {
    /// That is not known.
    Nowhere,
    /// Where it was read.
    AtSource,
    /// Here.
    At(Arc<str>),
}

/// What one variable holds; rows share their parents.
#[derive(Clone)]
enum Slot<'f> {
    Fact(&'f dyn Fields),
    Joined(Arc<Joined<'f>>),
    Gap(Gap),
}

impl Row<'_> {
    /// The file or unit in which its settings are changed; empty where that is not known.
    pub(super) fn place(&self) -> Arc<str> {
        match &self.place {
            Settled::Nowhere => Arc::default(),
            Settled::AtSource => self.source.to_string().into(),
            Settled::At(place) => place.clone(),
        }
    }

    /// Why nothing can be said for what it leaves open: a template that states no containers, a patch of another one.
    pub(super) fn doubt(&self) -> Option<Gap> {
        static CONTAINERS: LazyLock<Option<usize>> = LazyLock::new(|| {
            let schema = schemas::workload_schema();
            let mut fields = schema.fields.iter();
            fields.position(|field| field.name == "containers")
        });
        if self.subject.kind != SubjectKind::Workload.name() {
            return None;
        }
        let (Some(Slot::Joined(workload)), Some(at)) = (self.variables.first(), *CONTAINERS) else {
            return None;
        };
        let View::List(containers) = workload.field(at).view else {
            return None;
        };
        containers.is_empty().then(|| {
            Gap::new(
                format!("{}: no containers stated", self.subject.name),
                "",
                GapReason::Outside,
                "audit what it is a patch of",
            )
        })
    }

    /// The readings of the variables of [`variables`], in their order.
    pub(super) fn readings(&self) -> impl Iterator<Item = Reading<'_>> {
        self.variables.iter().map(|slot| match slot {
            Slot::Fact(fact) => View::Record(*fact).into(),
            Slot::Joined(joined) => View::Record(&**joined).into(),
            Slot::Gap(gap) => View::Gap(gap).into(),
        })
    }
}

/// The rows of one kind of subject.
#[derive(Default)]
pub(super) struct Rows<'f> {
    /// What can be judged.
    pub(super) rows: Vec<Row<'f>>,
    /// What should be there and was not read.
    pub(super) unread: Vec<(Subject, Gap)>,
    /// What was not read and is known to be one of a few things at most.
    pub(super) hidden: Vec<Hidden<'f>>,
    /// Why there is nothing at all, for `notApplicable`; said only when all lists are empty.
    pub(super) none: Nothing,
}

/// Why no subject of a kind is there.
pub(super) enum Nothing {
    /// There is none, which is known: the sentence says how.
    There(String),
    /// This run did not ask: why, and what would.
    Asked(String, &'static str),
}

impl Nothing {
    /// Manifests were asked, and do not hold such subjects.
    fn outside() -> Self {
        Self::Asked("manifests alone do not tell".to_owned(), CLUSTER_ITSELF)
    }
}

impl Default for Nothing {
    fn default() -> Self {
        Self::There(String::new())
    }
}

/// Subjects that were not read, of which it is known what they can be: a check whose `when` holds for none of that does not
/// ask for them.
pub(super) struct Hidden<'f> {
    /// What they can be.
    pub(super) like: Vec<Row<'f>>,
    /// Who they are, and why they were not read.
    pub(super) unread: Vec<(Subject, Gap)>,
}

impl<'f> World<'f> {
    /// Computes what the rows need beyond the facts, pods held to the newest Pod Security Standards.
    pub fn new(facts: &'f Facts, lacking: &'f Lacking) -> Self {
        Self::held_to(StandardVersion::default(), facts, lacking)
    }

    /// The same, pods held to `version` of the Pod Security Standards.
    pub fn held_to(version: StandardVersion, facts: &'f Facts, lacking: &'f Lacking) -> Self {
        let hosts = facts.hosts.rows.iter();
        let hosts: HashMap<&str, &Host> = hosts.map(|host| (&*host.node, host)).collect();
        let known = |node: &'f Node| {
            let name = node.metadata.name.as_str();
            let machine = hosts.get(name).copied();
            let machine = machine.ok_or_else(|| facts.unread_node(name));
            (name, Known::new(node, machine, lacking))
        };
        Self {
            facts,
            lacking,
            derived: Derived::compute(facts, lacking, version),
            marked: facts.workloads.rows.iter().map(Marked).collect(),
            nodes: facts.nodes.rows.iter().map(known).collect(),
        }
    }

    /// The rows of `kind`.
    pub(super) fn rows(&self, kind: SubjectKind) -> Rows<'_> {
        if self.facts.asked.manifests.is_some() && !kind.is_declared() {
            return Rows {
                none: Nothing::outside(),
                ..Rows::default()
            };
        }
        let mut rows = self.rows_of(kind);
        self.locate(&mut rows.rows);
        rows
    }

    /// Says of every row in which file it stands.
    fn locate(&self, rows: &mut [Row<'_>]) {
        let origins = &self.facts.origins;
        if origins.is_empty() {
            return;
        }
        // Rows of one name come in the order in which their objects were read.
        let mut copies: HashMap<&Source, usize> = HashMap::new();
        for row in rows {
            let Row {
                subject, source, ..
            } = row;
            let source = &*source;
            let Place::Object {
                kind,
                namespace,
                name,
            } = &**source
            else {
                continue;
            };
            let places = origins.of(kind, namespace, name);
            if subject.place.is_some() || places.is_empty() {
                continue;
            }
            let copy = copies.entry(source).or_default();
            let place = places.get(*copy).map(|place| Arc::from(&**place));
            *copy += 1;
            Arc::make_mut(subject).place = place;
        }
    }

    fn rows_of(&self, kind: SubjectKind) -> Rows<'_> {
        match kind {
            SubjectKind::Cluster => self.cluster(),
            SubjectKind::Node => self.nodes(),
            SubjectKind::ApiServer
            | SubjectKind::ControllerManager
            | SubjectKind::Scheduler
            | SubjectKind::Etcd
            | SubjectKind::Kubelet
            | SubjectKind::KubeProxy => self.components(kind),
            SubjectKind::File => self.files(),
            SubjectKind::Certificate => self.certificates(),
            SubjectKind::Endpoint => self.endpoints(),
            SubjectKind::Storage => self.storage(),
            SubjectKind::Host => self.hosts(),
            SubjectKind::Process => self.processes(),
            SubjectKind::SigningRequest => self.signing_requests(),
            SubjectKind::ApiService => self.api_services(),
            SubjectKind::NetworkPolicy => self.network_policies(),
            SubjectKind::Service => self.services(),
            SubjectKind::Ingress => self.ingresses(),
            SubjectKind::Webhook => self.webhooks(),
            SubjectKind::PersistentVolume => self.persistent_volumes(),
            SubjectKind::IamMapping => self.iam_mappings(),
            SubjectKind::Principal => self.principals(),
            SubjectKind::Namespace => self.namespaces(),
            SubjectKind::Workload => self.workloads(),
            SubjectKind::ConfigMap => self.config_maps(),
            SubjectKind::Secret => self.secrets(),
            SubjectKind::ServiceAccount => self.service_accounts(),
            SubjectKind::Role => self.roles(),
            SubjectKind::Binding => self.bindings(),
        }
    }
}

/// The variables that a check about `kind` can name, with their types: the subject, then its parents.
pub fn variables(kind: SubjectKind) -> Vec<(String, Type)> {
    let mut variables = vec![(kind.name().to_owned(), Type::Record(subject_schema(kind)))];
    let mut parent = |kind: SubjectKind| {
        variables.push((kind.name().to_owned(), Type::Record(subject_schema(kind))));
    };
    match kind {
        SubjectKind::Cluster => {}
        SubjectKind::Node
        | SubjectKind::Namespace
        | SubjectKind::Role
        | SubjectKind::Binding
        | SubjectKind::SigningRequest
        | SubjectKind::ApiService
        | SubjectKind::Webhook
        | SubjectKind::PersistentVolume
        | SubjectKind::IamMapping
        | SubjectKind::Principal => {
            parent(SubjectKind::Cluster);
        }
        SubjectKind::Workload
        | SubjectKind::ConfigMap
        | SubjectKind::Secret
        | SubjectKind::ServiceAccount
        | SubjectKind::NetworkPolicy
        | SubjectKind::Service
        | SubjectKind::Ingress => {
            parent(SubjectKind::Namespace);
            parent(SubjectKind::Cluster);
        }
        _ => {
            parent(SubjectKind::Node);
            parent(SubjectKind::Cluster);
        }
    }
    variables
}

/// The schema of the subject's own variable.
fn subject_schema(kind: SubjectKind) -> Arc<crate::facts::Record> {
    use crate::facts::component::ComponentKind;
    use crate::facts::host::File;
    use crate::facts::objects::{APIService, ConfigMap, IamMapping, Ingress, Secret, Service};
    match kind {
        SubjectKind::Cluster => schemas::cluster_schema(),
        SubjectKind::Node => nodes::node_schema(),
        SubjectKind::ApiServer => siblings::schema(ComponentKind::ApiServer),
        SubjectKind::ControllerManager => siblings::schema(ComponentKind::ControllerManager),
        SubjectKind::Scheduler => siblings::schema(ComponentKind::Scheduler),
        SubjectKind::Etcd => siblings::schema(ComponentKind::Etcd),
        SubjectKind::Kubelet => siblings::schema(ComponentKind::Kubelet),
        SubjectKind::KubeProxy => siblings::schema(ComponentKind::KubeProxy),
        SubjectKind::File => File::schema().clone(),
        SubjectKind::Certificate => certificates::certificate_schema(),
        SubjectKind::Endpoint => endpoints::endpoint_schema(),
        SubjectKind::Storage => crate::facts::stored::StoredSecrets::schema().clone(),
        SubjectKind::Host => crate::facts::host::Host::schema().clone(),
        SubjectKind::Process => hosts::process_schema(),
        SubjectKind::SigningRequest => requests::signing_request_schema(),
        SubjectKind::ApiService => APIService::schema().clone(),
        SubjectKind::NetworkPolicy => access::network_policy_schema(),
        SubjectKind::Service => Service::schema().clone(),
        SubjectKind::Ingress => Ingress::schema().clone(),
        SubjectKind::Webhook => exposure::WebhookMark::schema().clone(),
        SubjectKind::PersistentVolume => exposure::persistent_volume_schema(),
        SubjectKind::IamMapping => IamMapping::schema().clone(),
        SubjectKind::Principal => access::PrincipalMark::schema().clone(),
        SubjectKind::Namespace => schemas::namespace_schema(),
        SubjectKind::Workload => schemas::workload_schema(),
        SubjectKind::ConfigMap => ConfigMap::schema().clone(),
        SubjectKind::Secret => Secret::schema().clone(),
        SubjectKind::ServiceAccount => schemas::service_account_schema(),
        SubjectKind::Role => rbac::role_schema(),
        SubjectKind::Binding => rbac::binding_schema(),
    }
}
