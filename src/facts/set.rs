//! All facts of one run. One table names the kinds; storage, snapshot and reference page follow from it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::certificate::Certificate;
use super::component::{Component, ComponentKind};
use super::host::{Endpoint, File, Host, PodProcesses};
use super::objects::{
    APIService, CertificateSigningRequest, ClusterRole, ClusterRoleBinding, ConfigMap,
    CustomResourceDefinition, IamMapping, Ingress, LimitRange, MutatingWebhookConfiguration,
    Namespace, NetworkPolicy, Node, PersistentVolume, PersistentVolumeClaim, Role, RoleBinding,
    Secret, Service, ServiceAccount, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
    ValidatingWebhookConfiguration,
};
use super::stored::StoredSecrets;
use super::workload::{PodSet, Workload};
use super::{Cell, Gap, GapReason, Lack, Listing, Origins, Record};

/// What a run was told to look at: absence of an answer from elsewhere is not a gap.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// The API server, by the URL in the kubeconfig; `None` when the API was not asked.
    #[serde(default)]
    pub api: Option<String>,
    /// The nodes whose files and processes were to be read.
    #[serde(default)]
    pub nodes: Vec<String>,
    /// The namespaces the run was limited to; empty means all.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// The manifests that were read instead of a cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifests: Option<Manifests>,
}

/// What was found in manifests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifests {
    /// What was named: files, directories, `-`.
    pub named: Vec<String>,
    /// How many files were read.
    pub files: u64,
    /// How many objects of kinds that are judged.
    pub objects: u64,
    /// How many files and documents could not be read.
    pub broken: u64,
    /// How many objects of other kinds, by kind.
    pub others: BTreeMap<String, u64>,
    /// How many documents that are no objects, as `values.yaml`.
    #[serde(default)]
    pub plain: u64,
    /// How many objects were written in a version that Kubernetes no longer serves, by kind and version.
    #[serde(default)]
    pub removed: BTreeMap<String, u64>,
}

super::record! {
    /// The cluster as a whole.
    #[derive(Debug, Default)]
    pub struct Cluster {
        /// Its name: from kubeadm's configuration, else from the kubeconfig.
        pub name: Cell<String>,
        /// The API server's version, as `1.36.3`.
        pub version: Cell<String>,
        /// What made the cluster: kubeadm, k3s, rke2, eks, …
        pub distribution: Cell<String>,
    }
}

/// One kind of fact: its name, the number of its schema, its records.
pub struct Kind {
    /// The name in the snapshot.
    pub name: &'static str,
    /// Raised when a field changes its meaning.
    pub schema: u32,
    /// The records a row may be.
    pub records: Vec<Arc<Record>>,
}

/// Something that is shown every listing in turn.
pub trait Visit {
    /// Takes the listing called `kind`.
    ///
    /// # Errors
    /// What the visitor's own writing gives.
    fn listing<T: Serialize>(&mut self, kind: &str, listing: &Listing<T>) -> io::Result<()>;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $field:ident as $name:literal, $schema:literal: $type:ty, $records:expr;)*) => {
        /// All facts of one run.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Facts {
            /// When the run began: `now` in expressions.
            pub observed_at: Timestamp,
            /// What the run was told to look at.
            pub asked: Asked,
            /// The cluster as a whole.
            pub cluster: Cluster,
            /// What was not read and belongs to no listing.
            pub unlisted: Vec<Gap>,
            /// In which files objects stand, and from which line on; empty for a cluster.
            pub origins: Origins,
            $($(#[$doc])* pub $field: Listing<$type>,)*
        }

        impl Facts {
            /// Facts with every kind "not asked".
            pub fn unrecorded(observed_at: Timestamp, asked: Asked, cluster: Cluster) -> Self {
                Self { observed_at, asked, cluster, unlisted: Vec::new(), origins: Origins::default(), $($field: Listing::missing(not_asked($name)),)* }
            }

            /// The kinds, in the order of the snapshot.
            pub fn kinds() -> Vec<Kind> {
                vec![$(Kind { name: $name, schema: $schema, records: $records }),*]
            }

            /// Shows every listing to `visitor`.
            ///
            /// # Errors
            /// The first error of the visitor.
            pub fn visit(&self, visitor: &mut impl Visit) -> io::Result<()> {
                $(visitor.listing($name, &self.$field)?;)*
                Ok(())
            }

            /// Empties the listings of `kinds`: their rows and lacks follow through [`Facts::take_row`].
            pub(super) fn hold<'a>(&mut self, kinds: impl Iterator<Item = &'a str>) {
                for kind in kinds {
                    match kind {
                        $($name => self.$field = Listing::complete(Vec::new()),)*
                        _ => {}
                    }
                }
            }

            /// Everything that is known to be missing, each gap once; what manifests cannot tell is none.
            pub fn gaps(&self) -> Vec<Gap> {
                let mut gaps = self.unlisted.clone();
                // What may be anything in manifests is named above, one by one.
                let all = self.asked.manifests.is_none();
                $({
                    let lacks = self.$field.lacks.iter().filter(|lack| all || lack.name.is_some());
                    gaps.extend(lacks.map(|lack| lack.gap.clone()));
                })*
                gaps.retain(|gap| gap.reason != GapReason::Outside);
                gaps.sort();
                gaps.dedup();
                gaps
            }

            /// Makes every kind of object one that may go on outside of what was read.
            pub(super) fn open(&mut self, gap: &Gap) {
                $(self.$field.lacks.push(Lack::any(gap.clone()));)*
            }

            /// Makes the listing called `kind` one that could not be read; false when there is none of that name.
            pub fn refuse(&mut self, kind: &str, gap: Gap) -> bool {
                match kind {
                    $($name => self.$field = Listing::missing(gap),)*
                    _ => return false,
                }
                true
            }

            /// Notes that one row of the listing called `kind` could not be read.
            pub(super) fn lack_row(&mut self, kind: &str, name: &str, gap: Gap) {
                let lack = Lack { namespace: None, name: Some(name.to_owned()), gap };
                match kind {
                    $($name => self.$field.lacks.push(lack),)*
                    _ => self.unlisted.push(lack.gap),
                }
            }

            /// Takes one recorded row or lack and says how many bytes it takes beside its text; a kind this version does not
            /// know is passed over.
            pub(super) fn take_row(&mut self, kind: &str, row: Option<&str>, lack: Option<Lack>)
                -> Result<usize, serde_json::Error> {
                match kind {
                    $($name => take(&mut self.$field, row, lack),)*
                    _ => Ok(0),
                }
            }
        }
    };
}

kinds! {
    /// The nodes that the API knows.
    nodes as "nodes", 1: Node, vec![Node::schema().clone()];
    /// The machines whose files were read.
    hosts as "hosts", 1: Host, vec![Host::schema().clone()];
    /// Running components.
    components as "components", 1: Component, ComponentKind::ALL.map(|kind| Component::schema(kind).clone()).to_vec();
    /// Files that components use.
    files as "files", 1: File, vec![File::schema().clone()];
    /// Certificates.
    certificates as "certificates", 1: Certificate, vec![Certificate::schema().clone()];
    /// Where components listen, and what they show there.
    endpoints as "endpoints", 1: Endpoint, vec![Endpoint::schema().clone()];
    /// What runs in pods, as the kernel sees it.
    pod_processes as "podProcesses", 1: PodProcesses, vec![PodProcesses::schema().clone()];
    /// How Secrets lie in etcd; empty unless a proof was asked for.
    stored_secrets as "storedSecrets", 1: StoredSecrets, vec![StoredSecrets::schema().clone()];
    /// Namespaces.
    namespaces as "namespaces", 1: Namespace, vec![Namespace::schema().clone()];
    /// Top controllers and bare pods with their distinct pod templates.
    workloads as "workloads", 1: Workload, vec![Workload::schema().clone()];
    /// Running pods by template and labels.
    pods as "pods", 1: PodSet, vec![PodSet::schema().clone()];
    /// Service accounts.
    service_accounts as "serviceAccounts", 1: ServiceAccount, vec![ServiceAccount::schema().clone()];
    /// Roles.
    roles as "roles", 1: Role, vec![Role::schema().clone()];
    /// ClusterRoles.
    cluster_roles as "clusterRoles", 1: ClusterRole, vec![ClusterRole::schema().clone()];
    /// RoleBindings.
    role_bindings as "roleBindings", 1: RoleBinding, vec![RoleBinding::schema().clone()];
    /// ClusterRoleBindings.
    cluster_role_bindings as "clusterRoleBindings", 1: ClusterRoleBinding, vec![ClusterRoleBinding::schema().clone()];
    /// Network policies.
    network_policies as "networkPolicies", 1: NetworkPolicy, vec![NetworkPolicy::schema().clone()];
    /// Webhooks that may refuse objects.
    validating_webhooks as "validatingWebhookConfigurations", 1: ValidatingWebhookConfiguration,
        vec![ValidatingWebhookConfiguration::schema().clone()];
    /// Webhooks that may change objects.
    mutating_webhooks as "mutatingWebhookConfigurations", 1: MutatingWebhookConfiguration,
        vec![MutatingWebhookConfiguration::schema().clone()];
    /// Policies that may refuse objects, once they are bound.
    validating_policies as "validatingAdmissionPolicies", 1: ValidatingAdmissionPolicy,
        vec![ValidatingAdmissionPolicy::schema().clone()];
    /// What binds them.
    validating_policy_bindings as "validatingAdmissionPolicyBindings", 1: ValidatingAdmissionPolicyBinding,
        vec![ValidatingAdmissionPolicyBinding::schema().clone()];
    /// Custom resource definitions: which other APIs are installed.
    custom_resource_definitions as "customResourceDefinitions", 1: CustomResourceDefinition,
        vec![CustomResourceDefinition::schema().clone()];
    /// Who answers for which part of the API.
    api_services as "apiServices", 1: APIService, vec![APIService::schema().clone()];
    /// Certificate signing requests.
    certificate_signing_requests as "certificateSigningRequests", 1: CertificateSigningRequest,
        vec![CertificateSigningRequest::schema().clone()];
    /// AWS identities that are users of the cluster, by the ConfigMap `kube-system/aws-auth`.
    iam_mappings as "iamMappings", 1: IamMapping, vec![IamMapping::schema().clone()];
    /// ConfigMaps of manifests; those of a cluster are not read.
    config_maps as "configMaps", 1: ConfigMap, vec![ConfigMap::schema().clone()];
    /// Secrets of manifests, without their values; those of a cluster are not read.
    secrets as "secrets", 1: Secret, vec![Secret::schema().clone()];
    /// Services.
    services as "services", 1: Service, vec![Service::schema().clone()];
    /// Ingresses.
    ingresses as "ingresses", 1: Ingress, vec![Ingress::schema().clone()];
    /// PersistentVolumes.
    persistent_volumes as "persistentVolumes", 1: PersistentVolume, vec![PersistentVolume::schema().clone()];
    /// Claims on PersistentVolumes.
    persistent_volume_claims as "persistentVolumeClaims", 1: PersistentVolumeClaim,
        vec![PersistentVolumeClaim::schema().clone()];
    /// LimitRanges.
    limit_ranges as "limitRanges", 1: LimitRange, vec![LimitRange::schema().clone()];
}

/// Kinds that are read in manifests alone: a cluster is never asked for them.
const OF_MANIFESTS: [&str; 2] = ["configMaps", "secrets"];

fn not_asked(kind: &str) -> Gap {
    if OF_MANIFESTS.contains(&kind) {
        return Gap::new(
            format!("list of {kind}"),
            "",
            GapReason::Outside,
            "audit their manifests with -f",
        );
    }
    Gap::new(
        format!("list of {kind}"),
        "",
        GapReason::NotAsked,
        "collect it: give access to the API, and to nodes with --node local",
    )
}

fn take<T: DeserializeOwned>(
    listing: &mut Listing<T>,
    row: Option<&str>,
    lack: Option<Lack>,
) -> Result<usize, serde_json::Error> {
    let lacks = usize::from(lack.is_some()) * size_of::<Lack>();
    listing.lacks.extend(lack);
    let Some(row) = row else { return Ok(lacks) };
    listing.rows.push(serde_json::from_str(row)?);
    Ok(lacks + size_of::<T>())
}
