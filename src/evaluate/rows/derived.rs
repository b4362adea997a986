//! What the engines computed, beside the facts it belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::access::{Principals, principals};
use super::authorities::Authorities;
use super::certificates::Certificates;
use super::endpoints::{Shown, by_node};
use super::expected::every;
use super::exposure::{WebhookMark, webhooks};
use super::hosts::{AskedFor, positions};
use super::objects::Surroundings;
use super::rbac::{BindingMark, CLUSTER_WIDE, RoleMark};
use super::requests::Decision;
use super::siblings::Siblings;
use crate::evaluate::engines::images::Images;
use crate::evaluate::engines::isolation::{Isolation, Network, PolicyEffect, effects, isolations};
use crate::evaluate::engines::memory::{Limits, Memory};
use crate::evaluate::engines::namespaces::{Beside, Contents, beside, contents};
use crate::evaluate::engines::node_paths::{NodePaths, VolumePath, Volumes};
use crate::evaluate::engines::pod_security::{
    Admission, Plugin, StandardVersion, Standing, refused, standings,
};
use crate::evaluate::engines::rbac::Rbac;
use crate::evaluate::engines::security::{Confinement, seccomp_default};
use crate::evaluate::engines::shipped::{Shipped, binding_standing, role_standing, shipped_role};
use crate::evaluate::engines::token::{Accounts, ApiAccess};
use crate::evaluate::judge::computed;
use crate::facts::component::{Component, ComponentKind};
use crate::facts::objects::{AggregationRule, Node, ObjectMeta, PolicyRule};
use crate::facts::workload::Workload;
use crate::facts::{Cell, Facts, Fields, Gap, GapReason, Lacking, Source};

/// One entry per fact, in the order of the listings.
pub(super) struct Derived {
    /// The position of each namespace, by name.
    pub(super) namespaces: BTreeMap<String, usize>,
    pub(super) isolation: Vec<Isolation>,
    /// Of network policies.
    pub(super) effects: Vec<PolicyEffect>,
    pub(super) network: Network,
    pub(super) admission: Vec<Admission>,
    pub(super) contents: Vec<Contents>,
    /// Of service accounts.
    pub(super) beside: Vec<Beside>,
    /// By workload, then template.
    pub(super) standings: Vec<Vec<Arc<Standing>>>,
    pub(super) certificates: Certificates,
    pub(super) requests: Vec<Decision>,
    /// Of processes in pods.
    pub(super) asked_for: Vec<AskedFor>,
    /// Of endpoints.
    pub(super) shown: Vec<Shown>,
    /// Of components.
    pub(super) siblings: Vec<Option<Box<Siblings>>>,
    /// Of components.
    pub(super) authorities: Vec<Option<Box<Authorities>>>,
    pub(super) surroundings: Surroundings,
    /// By workload, then template.
    pub(super) confinement: Vec<Vec<Confinement>>,
    /// By workload, then template.
    pub(super) access: Vec<Vec<ApiAccess>>,
    /// By workload, then template.
    pub(super) outfits: Vec<Vec<Outfit>>,
    /// Of PersistentVolumes.
    pub(super) volumes: Vec<VolumePath>,
    pub(super) webhooks: Vec<WebhookMark>,
    pub(super) principals: Principals,
    pub(super) roles: Vec<RoleMark>,
    pub(super) cluster_roles: Vec<RoleMark>,
    pub(super) role_bindings: Vec<BindingMark>,
    pub(super) cluster_role_bindings: Vec<BindingMark>,
}

impl Derived {
    /// What the engines say about the template `number` of the workload at `at`, in the order of the schema of workloads.
    pub(super) fn of_template(&self, at: usize, number: usize) -> [&dyn Fields; 6] {
        let outfit = &self.outfits[at][number];
        [
            &self.confinement[at][number],
            &self.access[at][number],
            &*self.standings[at][number],
            &outfit.images,
            &outfit.memory,
            &outfit.node_paths,
        ]
    }

    pub(super) fn compute(facts: &Facts, lacking: &Lacking, version: StandardVersion) -> Self {
        let namespaces = facts.namespaces.rows.iter();
        let names = namespaces
            .clone()
            .map(|namespace| namespace.metadata.name.clone());
        let components = facts.components.rows.iter();
        let processes = facts.pod_processes.rows.iter();
        let confinement = confinement(facts, lacking);
        let endpoints = facts.endpoints.rows.iter();
        let by_node = by_node(facts);
        let positions = positions(facts);
        let requests = facts.certificate_signing_requests.rows.iter();
        let rbac = Rbac::new(facts, lacking);
        let plugin = admission_plugin(facts, lacking);
        let standings = standings(facts, lacking, version);
        let mut admission: Vec<Admission> = namespaces
            .clone()
            .map(|namespace| Admission::of(facts, lacking, &plugin, namespace))
            .collect();
        refused(&mut admission, facts, &standings);
        Self {
            namespaces: names.zip(0..).collect(),
            beside: beside(facts, lacking),
            isolation: isolations(facts, lacking),
            effects: effects(facts, lacking),
            network: Network::of(facts, lacking),
            admission,
            standings,
            contents: namespaces
                .map(|namespace| contents(facts, lacking, namespace))
                .collect(),
            certificates: Certificates::of(facts, lacking),
            shown: endpoints
                .map(|endpoint| Shown::of(endpoint, &by_node, facts, lacking))
                .collect(),
            requests: requests
                .map(|request| Decision::of(request, lacking))
                .collect(),
            siblings: components
                .clone()
                .map(|component| Siblings::of(component, facts, lacking))
                .collect(),
            authorities: components
                .map(|component| Authorities::of(component, facts, lacking))
                .collect(),
            surroundings: Surroundings::of(facts, lacking),
            asked_for: processes
                .map(|row| AskedFor::of(row, &positions, lacking, &confinement))
                .collect(),
            confinement,
            access: access(facts, lacking, &rbac),
            outfits: outfits(facts, lacking),
            volumes: volumes(facts, lacking),
            webhooks: webhooks(facts, lacking),
            principals: principals(facts, lacking),
            roles: local_roles(facts, &rbac),
            cluster_roles: cluster_roles(facts, &rbac),
            role_bindings: role_bindings(facts, &rbac),
            cluster_role_bindings: cluster_role_bindings(facts, &rbac),
        }
    }
}

fn local_roles(facts: &Facts, rbac: &Rbac<'_>) -> Vec<RoleMark> {
    roles(rbac, &facts.roles.rows, "Role", |role| {
        (&role.metadata, &role.rules, None)
    })
}

fn cluster_roles(facts: &Facts, rbac: &Rbac<'_>) -> Vec<RoleMark> {
    roles(rbac, &facts.cluster_roles.rows, "ClusterRole", |role| {
        (&role.metadata, &role.rules, role.aggregation_rule.as_ref())
    })
}

fn role_bindings(facts: &Facts, rbac: &Rbac<'_>) -> Vec<BindingMark> {
    let bindings = facts.role_bindings.rows.iter();
    let mark = bindings.map(|one| {
        let (subjects, role) = (&one.subjects, &one.role_ref);
        let grants = rbac.grants(false, &one.metadata, subjects, role);
        let built_in = claim(rbac, || binding_standing(&one.metadata, subjects, role));
        BindingMark::of("RoleBinding", &one.metadata.namespace, built_in, grants)
    });
    mark.collect()
}

fn cluster_role_bindings(facts: &Facts, rbac: &Rbac<'_>) -> Vec<BindingMark> {
    let bindings = facts.cluster_role_bindings.rows.iter();
    let mark = bindings.map(|one| {
        let (subjects, role) = (&one.subjects, &one.role_ref);
        let grants = rbac.grants(true, &one.metadata, subjects, role);
        let built_in = claim(rbac, || binding_standing(&one.metadata, subjects, role));
        BindingMark::of(CLUSTER_WIDE, "", built_in, grants)
    });
    mark.collect()
}

/// What an object claims to be, unless the facts lack fields that the comparison needs.
fn claim(rbac: &Rbac<'_>, standing: impl FnOnce() -> Option<&'static str>) -> Cell<String> {
    let source = Source::computed(SHIPPED);
    match rbac.unread() {
        Some(gap) => Cell::Gap(gap.clone()),
        None => match standing() {
            Some(standing) => Cell::explicit(standing.to_owned(), source),
            None => Cell::Absent { source },
        },
    }
}

/// How claims are judged.
const SHIPPED: &str = "comparison with what Kubernetes ships";

/// What the API servers say about Pod Security admission.
pub(crate) fn admission_plugin(facts: &Facts, lacking: &Lacking) -> Plugin {
    let kind = ComponentKind::ApiServer;
    match components(facts, lacking, kind) {
        // Manifests are judged by the servers among them; without one, by what every server does unless told otherwise.
        Err(gap) if gap.reason == GapReason::Outside => {
            let declared = facts.components.rows.iter();
            let declared: Vec<_> = declared.filter(|one| one.kind == kind).collect();
            match declared.is_empty() {
                true => Plugin::usual(gap),
                false => Plugin::of(Ok(declared)),
            }
        }
        servers => Plugin::of(servers),
    }
}

/// What confines the containers, by workload, then template.
fn confinement(facts: &Facts, lacking: &Lacking) -> Vec<Vec<Confinement>> {
    let seccomp = kubelets(facts, lacking);
    let of = |template| Confinement::of(template, lacking, &seccomp);
    let workloads = facts.workloads.rows.iter();
    workloads
        .map(|workload| workload.templates.iter().map(of).collect())
        .collect()
}

/// What a pod is made of beside its confinement.
pub(super) struct Outfit {
    pub(super) images: Images,
    pub(super) memory: Memory,
    pub(super) node_paths: NodePaths,
}

fn outfits(facts: &Facts, lacking: &Lacking) -> Vec<Vec<Outfit>> {
    let (limits, volumes) = (Limits::new(facts, lacking), Volumes::new(facts, lacking));
    let of = |workload: &Workload| {
        let templates = workload.templates.iter();
        let outfits = templates.map(|template| Outfit {
            images: Images::of(&template.spec, lacking),
            memory: limits.of(workload, template),
            node_paths: volumes.of(workload, template),
        });
        outfits.collect()
    };
    facts.workloads.rows.iter().map(of).collect()
}

fn volumes(facts: &Facts, lacking: &Lacking) -> Vec<VolumePath> {
    let volumes = Volumes::new(facts, lacking);
    let rows = facts.persistent_volumes.rows.iter();
    rows.map(|volume| volumes.of_volume(volume)).collect()
}

/// What workloads may do with the API, by workload, then template.
fn access(facts: &Facts, lacking: &Lacking, rbac: &Rbac<'_>) -> Vec<Vec<ApiAccess>> {
    let accounts = Accounts::new(facts, lacking);
    let of = |workload: &Workload| {
        let templates = workload.templates.iter();
        let access = templates.map(|template| ApiAccess {
            token_mounted: accounts.token_mounted(workload, template),
            account_bound: rbac.granted(&workload.namespace, &template.spec.service_account_name),
        });
        access.collect()
    };
    facts.workloads.rows.iter().map(of).collect()
}

/// Every instance of `kind`; a gap when one is not known, or was recorded without a field.
pub(super) fn components<'f>(
    facts: &'f Facts,
    lacking: &Lacking,
    kind: ComponentKind,
) -> Result<Vec<&'f Component>, Gap> {
    match lacking.below(Component::schema(kind)) {
        Some(gap) => Err(gap.clone()),
        None => every(facts, kind),
    }
}

/// What the kubelets of Linux nodes apply to containers without a seccomp profile.
fn kubelets(facts: &Facts, lacking: &Lacking) -> Cell<String> {
    let kind = ComponentKind::Kubelet;
    if let Some(gap) = lacking
        .below(Component::schema(kind))
        .or_else(|| lacking.below(Node::schema()))
    {
        return Cell::Gap(gap.clone());
    }
    let nodes = facts.nodes.rows.iter();
    let windows: BTreeSet<&str> = nodes
        .filter(|node| node.status.node_info.operating_system == "windows")
        .map(|node| node.metadata.name.as_str())
        .collect();
    let rows = facts.components.rows.iter();
    let seen: Vec<&Component> = rows
        .filter(|component| component.kind == kind && !windows.contains(&*component.node))
        .collect();
    seccomp_default(&seen, every(facts, kind).map(|_| ()))
}

/// Marks roles, unless the facts lack fields that the comparison needs.
fn roles<T>(
    rbac: &Rbac<'_>,
    objects: &[T],
    kind: &str,
    parts: impl Fn(&T) -> (&ObjectMeta, &[PolicyRule], Option<&AggregationRule>),
) -> Vec<RoleMark> {
    let mark = |object| {
        let (metadata, rules, aggregation) = parts(object);
        let shipped = match rbac.unread() {
            Some(gap) => Cell::Gap(gap.clone()),
            None => {
                let same = shipped_role(metadata, rules, aggregation) == Shipped::Exactly;
                computed(same, SHIPPED)
            }
        };
        RoleMark {
            kind: kind.to_owned(),
            shipped,
            built_in: claim(rbac, || role_standing(metadata, rules, aggregation)),
        }
    };
    objects.iter().map(mark).collect()
}
