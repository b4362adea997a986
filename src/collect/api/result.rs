//! What the API of one cluster told.

use std::collections::BTreeMap;

use crate::facts::objects::{
    APIService, CertificateSigningRequest, ClusterRole, ClusterRoleBinding,
    CustomResourceDefinition, IamMapping, Ingress, LimitRange, MutatingWebhookConfiguration,
    Namespace, NetworkPolicy, Node, PersistentVolume, PersistentVolumeClaim, Role, RoleBinding,
    Service, ServiceAccount, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
    ValidatingWebhookConfiguration,
};
use crate::facts::workload::{PodIndex, PodSet, Workload};
use crate::facts::{Cell, Gap, Listing};

use super::flagz::Seen;
use super::kubelets::Configz;

/// What the API of one cluster told.
#[derive(Debug)]
pub struct ApiFacts {
    /// The API server, by its URL without credentials.
    pub server: String,
    /// The API server's version, as `1.36.3`.
    pub version: Cell<String>,
    /// What the cluster is called: by kubeadm's configuration, else by the kubeconfig.
    pub name: Cell<String>,
    /// What made the cluster: kubeadm, k3s, eks, …
    pub distribution: Cell<String>,
    /// The objects.
    pub objects: Objects,
    /// Control-plane components, by mirror pod and by `/flagz`. A sighting whose node is empty is of an instance that
    /// runs on no node the API knows. Lacks what the list of pods of `kube-system` lacks.
    pub components: Listing<Seen>,
    /// The kubelets' own configuration, by node.
    pub kubelets: BTreeMap<String, Result<Configz, Gap>>,
    /// AWS identities that are users of the cluster.
    pub iam_mappings: Listing<IamMapping>,
    /// What could not be read beside that: the flags of API servers with their defaults.
    pub gaps: Vec<Gap>,
    /// What a reader of the facts should know and no gap says.
    pub notes: Vec<String>,
}

/// The objects of a cluster, each kind with what is missing of it.
#[derive(Debug)]
pub struct Objects {
    /// The nodes.
    pub nodes: Listing<Node>,
    /// Namespaces.
    pub namespaces: Listing<Namespace>,
    /// Top controllers and bare pods. Lacks whatever the lists of pods and controllers lack.
    pub workloads: Listing<Workload>,
    /// The pods that run, by template and labels; as complete as the workloads.
    pub pods: Vec<PodSet>,
    /// The pods that run, by name; empty unless asked for.
    pub pod_names: PodIndex,
    /// Service accounts.
    pub service_accounts: Listing<ServiceAccount>,
    /// Roles.
    pub roles: Listing<Role>,
    /// ClusterRoles.
    pub cluster_roles: Listing<ClusterRole>,
    /// RoleBindings.
    pub role_bindings: Listing<RoleBinding>,
    /// ClusterRoleBindings.
    pub cluster_role_bindings: Listing<ClusterRoleBinding>,
    /// Network policies.
    pub network_policies: Listing<NetworkPolicy>,
    /// Webhooks that may refuse objects.
    pub validating_webhooks: Listing<ValidatingWebhookConfiguration>,
    /// Webhooks that may change objects.
    pub mutating_webhooks: Listing<MutatingWebhookConfiguration>,
    /// Policies that may refuse objects, once they are bound.
    pub validating_policies: Listing<ValidatingAdmissionPolicy>,
    /// What binds them.
    pub validating_policy_bindings: Listing<ValidatingAdmissionPolicyBinding>,
    /// Custom resource definitions.
    pub custom_resource_definitions: Listing<CustomResourceDefinition>,
    /// Who answers for which part of the API.
    pub api_services: Listing<APIService>,
    /// Certificate signing requests.
    pub certificate_signing_requests: Listing<CertificateSigningRequest>,
    /// Services.
    pub services: Listing<Service>,
    /// Ingresses.
    pub ingresses: Listing<Ingress>,
    /// PersistentVolumes.
    pub persistent_volumes: Listing<PersistentVolume>,
    /// Claims on them.
    pub persistent_volume_claims: Listing<PersistentVolumeClaim>,
    /// LimitRanges.
    pub limit_ranges: Listing<LimitRange>,
}
