//! From what readers hand over to the listings of [`Facts`]: objects of an API or a manifest, and nodes.

use std::collections::{BTreeMap, BTreeSet};

use super::component::{Alike, Component, ComponentKind, Told, Unread};
use super::host::HostFacts;
use super::objects::Object;
use super::twice;
use super::workload::{Folded, Folder, PodIndex};
use super::{Cell, Cluster, Facts, Gap, GapReason, Lack, Listing, Manifests, Source, declared};

impl Facts {
    /// Takes `objects` as all that an API holds: every kind of object is complete afterwards.
    ///
    /// Returns the pods that run, for [`Facts::take_pods`].
    pub fn take_objects(&mut self, objects: Vec<Object>) -> PodIndex {
        self.complete_objects();
        let mut folder = Folder::indexing();
        for object in objects {
            self.take_object(&mut folder, object);
        }
        self.fold(folder)
    }

    fn fold(&mut self, folder: Folder) -> PodIndex {
        let Folded {
            workloads,
            sets,
            index,
        } = folder.finish();
        self.workloads = Listing::complete(workloads);
        self.pods = Listing::complete(sets);
        index
    }

    fn take_object(&mut self, folder: &mut Folder, object: Object) {
        match object {
            Object::Namespace(object) => self.namespaces.rows.push(*object),
            Object::Node(object) => self.nodes.rows.push(*object),
            Object::ServiceAccount(object) => self.service_accounts.rows.push(*object),
            Object::Service(object) => self.services.rows.push(*object),
            Object::Role(object) => self.roles.rows.push(*object),
            Object::ClusterRole(object) => self.cluster_roles.rows.push(*object),
            Object::RoleBinding(object) => self.role_bindings.rows.push(*object),
            Object::ClusterRoleBinding(object) => self.cluster_role_bindings.rows.push(*object),
            Object::NetworkPolicy(object) => self.network_policies.rows.push(*object),
            Object::Ingress(object) => self.ingresses.rows.push(*object),
            Object::PersistentVolume(object) => self.persistent_volumes.rows.push(*object),
            Object::PersistentVolumeClaim(object) => {
                self.persistent_volume_claims.rows.push(*object)
            }
            Object::LimitRange(object) => self.limit_ranges.rows.push(*object),
            Object::ValidatingWebhookConfiguration(object) => {
                self.validating_webhooks.rows.push(*object)
            }
            Object::MutatingWebhookConfiguration(object) => {
                self.mutating_webhooks.rows.push(*object)
            }
            Object::ValidatingAdmissionPolicy(object) => {
                self.validating_policies.rows.push(*object)
            }
            Object::ValidatingAdmissionPolicyBinding(object) => {
                self.validating_policy_bindings.rows.push(*object)
            }
            Object::CustomResourceDefinition(object) => {
                self.custom_resource_definitions.rows.push(*object)
            }
            Object::APIService(object) => self.api_services.rows.push(*object),
            Object::CertificateSigningRequest(object) => {
                self.certificate_signing_requests.rows.push(*object)
            }
            Object::Pod(object) => folder.pod(*object),
            Object::PodTemplate(object) => folder.controller(*object),
            Object::Deployment(object) => folder.controller(*object),
            Object::ReplicaSet(object) => folder.controller(*object),
            Object::DaemonSet(object) => folder.controller(*object),
            Object::StatefulSet(object) => folder.controller(*object),
            Object::ReplicationController(object) => folder.controller(*object),
            Object::Job(object) => folder.controller(*object),
            Object::CronJob(object) => folder.controller(*object),
            Object::ConfigMap(object) => {
                if let Some(found) = object.iam() {
                    self.iam_mappings.extend(found);
                }
                self.config_maps.rows.push(*object);
            }
            Object::Secret(object) => self.secrets.rows.push(*object),
            Object::EndpointSlice(_) => {}
        }
    }

    /// Starts taking manifests: what is outside of them stays open.
    pub fn take_manifests(&mut self) -> Taking<'_> {
        self.complete_objects();
        self.expect_nodes();
        Taking {
            facts: self,
            folder: Folder::declaring(),
            lacks: Vec::new(),
            unclear: Vec::new(),
        }
    }

    /// Makes the kinds that nodes give known to be asked for: what a node that was not read would add is expected of it
    /// by name, so nothing else can be missing.
    pub fn expect_nodes(&mut self) {
        self.hosts = Listing::complete(Vec::new());
        self.components = Listing::complete(Vec::new());
        self.files = Listing::complete(Vec::new());
        self.certificates = Listing::complete(Vec::new());
        self.endpoints = Listing::complete(Vec::new());
        self.stored_secrets = Listing::complete(Vec::new());
        self.pod_processes = Listing::complete(Vec::new());
    }

    /// Notes that the API at `server` was asked and gave no answer: nothing is known of its objects, nor how many nodes there
    /// are. Goes before the first node.
    pub fn no_answer(&mut self, server: &str, gap: &Gap) {
        self.asked.api = Some(server.to_owned());
        for kind in Self::kinds() {
            self.refuse(kind.name, gap.clone());
        }
        self.expect_nodes();
        self.cluster = Cluster {
            name: Cell::Gap(gap.clone()),
            version: Cell::Gap(gap.clone()),
            distribution: Cell::Gap(gap.clone()),
        };
    }

    /// Takes what was read on one node; [`Facts::expect_nodes`] goes before the first.
    pub fn take_host(&mut self, host: HostFacts) {
        self.unlisted.extend(host.gaps);
        self.hosts.rows.push(host.host);
        self.components.extend(host.components);
        self.files.extend(host.files);
        self.certificates.extend(host.certificates);
        self.endpoints.extend(host.endpoints);
        self.stored_secrets.extend(host.stored_secrets);
        self.pod_processes.extend(host.pod_processes);
    }

    /// Takes the pods that run, after every node: which workload their processes belong to, and which profiles they want
    /// of their node.
    pub fn take_pods(&mut self, pods: &PodIndex) {
        let workloads = &self.workloads;
        for host in &mut self.hosts.rows {
            host.take_pods(pods, workloads);
        }
        let known: BTreeMap<(&str, &str), _> = pods
            .pods()
            .map(|pod| ((pod.namespace, pod.name), pod))
            .collect();
        for row in &mut self.pod_processes.rows {
            let Some(pod) = known.get(&(row.namespace.as_str(), row.pod.as_str())) else {
                continue;
            };
            let Some(workload) = workloads.rows.get(pod.workload) else {
                continue;
            };
            let engine = "pods of workloads";
            let source = Source::computed(engine);
            let name = format!("{} {}", workload.kind, workload.name);
            row.workload = Cell::explicit(name, source.clone());
            let template = i64::try_from(pod.template).unwrap_or(i64::MAX);
            row.template = Cell::explicit(template, source);
        }
    }

    /// Notes that a node was asked for and not read; one that the API does not know may hold anything.
    pub fn lack_host(&mut self, node: Option<String>, gap: Gap) {
        if let Some(name) = node {
            self.hosts.lacks.push(Lack {
                namespace: None,
                name: Some(name),
                gap,
            });
            return;
        }
        self.hosts.lacks.push(Lack::any(gap.clone()));
        self.components.lacks.push(Lack::any(gap.clone()));
        self.files.lacks.push(Lack::any(gap.clone()));
        self.certificates.lacks.push(Lack::any(gap.clone()));
        self.endpoints.lacks.push(Lack::any(gap));
    }

    /// Why the files and processes of a node were not read.
    pub fn unread_node(&self, node: &str) -> Gap {
        let mut lacks = self.hosts.lacks.iter();
        let lack = lacks.find(|lack| lack.name.as_deref() == Some(node));
        lack.map_or_else(|| not_read(node), |lack| lack.gap.clone())
    }

    fn complete_objects(&mut self) {
        fn complete<T>(listing: &mut Listing<T>) {
            *listing = Listing::complete(Vec::new());
        }
        complete(&mut self.namespaces);
        complete(&mut self.nodes);
        complete(&mut self.service_accounts);
        complete(&mut self.services);
        complete(&mut self.roles);
        complete(&mut self.cluster_roles);
        complete(&mut self.role_bindings);
        complete(&mut self.cluster_role_bindings);
        complete(&mut self.network_policies);
        complete(&mut self.ingresses);
        complete(&mut self.persistent_volumes);
        complete(&mut self.persistent_volume_claims);
        complete(&mut self.limit_ranges);
        complete(&mut self.validating_webhooks);
        complete(&mut self.mutating_webhooks);
        complete(&mut self.validating_policies);
        complete(&mut self.validating_policy_bindings);
        complete(&mut self.custom_resource_definitions);
        complete(&mut self.api_services);
        complete(&mut self.certificate_signing_requests);
        complete(&mut self.iam_mappings);
        complete(&mut self.config_maps);
        complete(&mut self.secrets);
    }
}

/// Manifests on their way into facts.
pub struct Taking<'f> {
    facts: &'f mut Facts,
    folder: Folder,
    /// What rows of one listing could not be read.
    lacks: Vec<(&'static str, Gap)>,
    /// What may hold rows of any.
    unclear: Vec<Gap>,
}

impl Taking<'_> {
    /// Takes an object that stands at `place`, as `deploy/web.yaml:12`.
    pub fn object(&mut self, object: Object, place: String) {
        let metadata = object.metadata();
        let (namespace, name) = (&metadata.namespace, metadata.title());
        let origins = &mut self.facts.origins;
        origins.add(object.kind(), namespace, &name, place);
        let component = declared::component(&object, &outside());
        self.facts.components.rows.extend(component);
        self.facts.take_object(&mut self.folder, object);
    }

    /// Notes that something could not be read: an object of `kind`, or anything. What nothing is said about costs nothing.
    pub fn lack(&mut self, kind: Option<&str>, gap: Gap) {
        match kind.map(listing) {
            Some(Some(listing)) => self.lacks.push((listing, gap)),
            Some(None) => self.facts.unlisted.push(gap),
            None => self.unclear.push(gap),
        }
    }

    /// Ends it.
    pub fn finish(self, found: Manifests) {
        let Self {
            facts,
            folder,
            lacks,
            unclear,
        } = self;
        facts.fold(folder);
        facts.asked.manifests = Some(found);
        twice::note(facts);
        for (kind, gap) in lacks {
            if kind == "workloads" {
                facts.pods.lacks.push(Lack::any(gap.clone()));
            }
            if kind == "configMaps" {
                // It may be the one that says whom AWS identities are.
                facts.lack_row("iamMappings", &gap.place, gap.clone());
            }
            let name = gap.place.clone();
            facts.lack_row(kind, &name, gap);
        }
        // Thousands of documents are one reason, and each is named among the gaps.
        if let [first, .., last] = &unclear[..] {
            let all = Gap::new(
                format!("what {} documents of the manifests hold", unclear.len()),
                format!("{} … {}", first.place, last.place),
                GapReason::Unparsable,
                first.remedy.clone(),
            );
            facts.open(&all);
        } else if let [only] = &unclear[..] {
            facts.open(only);
        }
        facts.unlisted.extend(unclear);
        let outside = outside();
        facts.open(&outside);
        facts.cluster = Cluster {
            name: Cell::Gap(outside.clone()),
            version: Cell::Gap(outside.clone()),
            distribution: Cell::Gap(outside),
        };
    }
}

/// Why manifests are not all there is.
fn outside() -> Gap {
    Gap::new(
        "what the cluster holds beside the manifests",
        "",
        GapReason::Outside,
        "audit the cluster itself",
    )
}

/// The listing that objects of a kind belong to.
fn listing(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "Namespace" => "namespaces",
        "Node" => "nodes",
        "ServiceAccount" => "serviceAccounts",
        "Service" => "services",
        "Role" => "roles",
        "ClusterRole" => "clusterRoles",
        "RoleBinding" => "roleBindings",
        "ClusterRoleBinding" => "clusterRoleBindings",
        "NetworkPolicy" => "networkPolicies",
        "Ingress" => "ingresses",
        "PersistentVolume" => "persistentVolumes",
        "PersistentVolumeClaim" => "persistentVolumeClaims",
        "LimitRange" => "limitRanges",
        "ValidatingWebhookConfiguration" => "validatingWebhookConfigurations",
        "MutatingWebhookConfiguration" => "mutatingWebhookConfigurations",
        "ValidatingAdmissionPolicy" => "validatingAdmissionPolicies",
        "ValidatingAdmissionPolicyBinding" => "validatingAdmissionPolicyBindings",
        "CustomResourceDefinition" => "customResourceDefinitions",
        "APIService" => "apiServices",
        "CertificateSigningRequest" => "certificateSigningRequests",
        "ConfigMap" => "configMaps",
        "Secret" => "secrets",
        "Pod"
        | "PodTemplate"
        | "Deployment"
        | "ReplicaSet"
        | "DaemonSet"
        | "StatefulSet"
        | "Job"
        | "CronJob"
        | "ReplicationController" => "workloads",
        _ => return None,
    })
}

impl Facts {
    /// Takes the components that were told of and that no node read so far shows.
    pub fn take_told(&mut self, told: &Told) {
        let rows = self.components.rows.iter();
        let mut seen: BTreeSet<(ComponentKind, String)> =
            rows.map(|row| (row.kind, row.node.clone())).collect();
        let mut alike = Alike::default();
        for (kind, node) in told.instances() {
            if !seen.insert((kind, node.to_owned())) {
                continue;
            }
            let sightings = told.sightings(kind, node);
            let configz = told
                .configz
                .get(node)
                .filter(|_| kind == ComponentKind::Kubelet);
            let mut files = Unread(self.unread_node(node));
            let version = told.version(kind, node);
            let mut component =
                Component::observe(kind, node, version, &sightings, configz, &mut files);
            alike.share(&mut component);
            self.components.rows.push(component);
        }
        self.components.rows.shrink_to_fit();
    }
}

/// The gap of a node that nobody asked for: one cause, whatever is missing for it.
fn not_read(node: &str) -> Gap {
    Gap::new(
        format!("files and processes of node {node}"),
        "",
        GapReason::NotAsked,
        "read nodes too: --ssh HOST or --ssh-all, or --node local on the node itself",
    )
}
