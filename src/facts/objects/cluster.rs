//! Namespaces, nodes, service accounts, signing requests, and the few ConfigMaps that say how a cluster was set up.

use std::collections::BTreeMap;

use super::iam::IamMapping;
use super::in_clear::InClear;
use super::meta::ObjectMeta;
use super::reading::{nullable, object};
use super::values::Time;

object! {
    /// A namespace.
    pub struct Namespace {
        /// Who it is; pod security levels are labels.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// Its state.
        #[prost(message, required, tag = "3")]
        pub status: NamespaceStatus,
    }
}

object! {
    /// The state of a namespace.
    pub struct NamespaceStatus {
        /// `Active` or `Terminating`.
        #[prost(string, tag = "1")]
        pub phase: String,
    }
}

object! {
    /// A node, as the API knows it.
    pub struct Node {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// How pods are put on it.
        #[prost(message, required, tag = "2")]
        pub spec: NodeSpec,
        /// What it reports.
        #[prost(message, required, tag = "3")]
        pub status: NodeStatus,
    }
}

object! {
    /// How pods are put on a node.
    pub struct NodeSpec {
        /// The range of its pods' addresses.
        #[prost(string, tag = "1")]
        pub pod_cidr as "podCIDR": String,
        /// What the cloud calls it.
        #[prost(string, tag = "3")]
        pub provider_id as "providerID": String,
        /// Whether new pods stay away.
        #[prost(bool, tag = "4")]
        pub unschedulable: bool,
        /// What keeps pods away.
        #[prost(message, repeated, tag = "5")]
        pub taints: Vec<Taint>,
        /// The ranges of its pods' addresses.
        #[prost(string, repeated, tag = "7")]
        pub pod_cidrs as "podCIDRs": Vec<String>,
    }
}

object! {
    /// What keeps pods away from a node.
    pub struct Taint {
        /// The key.
        #[prost(string, tag = "1")]
        pub key: String,
        /// The value.
        #[prost(string, tag = "2")]
        pub value: String,
        /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
        #[prost(string, tag = "3")]
        pub effect: String,
    }
}

object! {
    /// What a node reports.
    pub struct NodeStatus {
        /// Its conditions.
        #[prost(message, repeated, tag = "4")]
        pub conditions: Vec<NodeCondition>,
        /// Its addresses.
        #[prost(message, repeated, tag = "5")]
        pub addresses: Vec<NodeAddress>,
        /// Its kubelet.
        #[prost(message, required, tag = "6")]
        pub daemon_endpoints: NodeDaemonEndpoints,
        /// Its versions.
        #[prost(message, required, tag = "7")]
        pub node_info: NodeSystemInfo,
    }
}

object! {
    /// A condition of a node.
    pub struct NodeCondition {
        /// Which: `Ready` and others.
        #[prost(string, tag = "1")]
        pub type_ as "type": String,
        /// `True`, `False` or `Unknown`.
        #[prost(string, tag = "2")]
        pub status: String,
    }
}

object! {
    /// An address of a node.
    pub struct NodeAddress {
        /// `InternalIP`, `ExternalIP`, `Hostname`, …
        #[prost(string, tag = "1")]
        pub type_ as "type": String,
        /// The address.
        #[prost(string, tag = "2")]
        pub address: String,
    }
}

object! {
    /// The endpoints of a node's own services.
    pub struct NodeDaemonEndpoints {
        /// The kubelet.
        #[prost(message, required, tag = "1")]
        pub kubelet_endpoint: DaemonEndpoint,
    }
}

object! {
    /// An endpoint of a node's own service.
    pub struct DaemonEndpoint {
        /// The port.
        #[prost(int32, tag = "1")]
        pub port as "Port": i32,
    }
}

object! {
    /// The versions of a node.
    pub struct NodeSystemInfo {
        /// The kernel.
        #[prost(string, tag = "4")]
        pub kernel_version: String,
        /// The distribution.
        #[prost(string, tag = "5")]
        pub os_image: String,
        /// The container runtime.
        #[prost(string, tag = "6")]
        pub container_runtime_version: String,
        /// The kubelet.
        #[prost(string, tag = "7")]
        pub kubelet_version: String,
        /// `linux` or `windows`.
        #[prost(string, tag = "9")]
        pub operating_system: String,
        /// The processor.
        #[prost(string, tag = "10")]
        pub architecture: String,
        hidden {
            // What tells its machine from others, for whoever reads the node.
            #[prost(string, tag = "1")]
            #[serde(rename = "machineID", skip_serializing_if = "super::reading::unset", deserialize_with = "super::reading::read")]
            machine_id: String,
            #[prost(string, tag = "3")]
            #[serde(rename = "bootID", skip_serializing_if = "super::reading::unset", deserialize_with = "super::reading::read")]
            boot_id: String,
        }
    }
}

impl NodeSystemInfo {
    /// The id of the machine and that of its boot, as the kubelet read them (`machine-id(5)`, `random(4)`); empty where it
    /// did not say.
    pub fn ids(&self) -> (&str, &str) {
        (&self.machine_id, &self.boot_id)
    }
}

object! {
    /// A service account.
    pub struct ServiceAccount {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// The Secrets it names.
        #[prost(message, repeated, tag = "2")]
        pub secrets: Vec<SecretReference>,
        /// Whether its pods get its token unless they say otherwise.
        #[prost(bool, optional, tag = "4")]
        pub automount_service_account_token: Option<bool>,
    }
}

object! {
    /// A Secret by name.
    pub struct SecretReference {
        /// The name.
        #[prost(string, tag = "3")]
        pub name: String,
    }
}

object! {
    /// A CertificateSigningRequest.
    pub struct CertificateSigningRequest {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What is asked for.
        #[prost(message, required, tag = "2")]
        pub spec: CertificateSigningRequestSpec,
        /// What came of it.
        #[prost(message, required, tag = "3")]
        pub status: CertificateSigningRequestStatus,
    }
}

object! {
    /// What is asked for.
    pub struct CertificateSigningRequestSpec {
        /// Who asks.
        #[prost(string, tag = "2")]
        pub username: String,
        /// Whose groups.
        #[prost(string, repeated, tag = "4")]
        pub groups: Vec<String>,
        /// What the certificate is for.
        #[prost(string, repeated, tag = "5")]
        pub usages: Vec<String>,
        /// Who is to sign.
        #[prost(string, tag = "7")]
        pub signer_name: String,
        /// How long it should be valid.
        #[prost(int32, optional, tag = "8")]
        pub expiration_seconds: Option<i32>,
        /// The request, PEM.
        #[prost(string, tag = "1001")]
        pub request_pem: String,
        hidden {
            #[prost(bytes = "vec", tag = "1")]
            #[serde(deserialize_with = "super::reading::bytes", skip_serializing)]
            request: Vec<u8>,
        }
    }
}

object! {
    /// What came of a signing request.
    pub struct CertificateSigningRequestStatus {
        /// Approved, denied or failed.
        #[prost(message, repeated, tag = "1")]
        pub conditions: Vec<CertificateSigningRequestCondition>,
        /// The certificate, PEM.
        #[prost(string, tag = "1001")]
        pub certificate_pem: String,
        hidden {
            #[prost(bytes = "vec", tag = "2")]
            #[serde(deserialize_with = "super::reading::bytes", skip_serializing)]
            certificate: Vec<u8>,
        }
    }
}

object! {
    /// A decision about a signing request.
    pub struct CertificateSigningRequestCondition {
        /// `Approved`, `Denied` or `Failed`.
        #[prost(string, tag = "1")]
        pub type_ as "type": String,
        /// When it was made.
        #[prost(message, required, tag = "4")]
        pub last_update_time: Time,
        /// `True`, or absent in old objects.
        #[prost(string, tag = "6")]
        pub status: String,
    }
}

object! {
    /// A ConfigMap: one that says how the cluster was set up, or any of a manifest.
    pub struct ConfigMap {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// The keys on the list of this module; all others were dropped unread.
        #[prost(btree_map = "string, string", tag = "2")]
        pub data: BTreeMap<String, String>,
        /// The keys whose values look like secrets, or have one in them.
        #[prost(message, repeated, tag = "1001")]
        pub secrets_in_clear: Vec<InClear>,
        hidden {
            #[prost(message, repeated, tag = "1002")]
            #[serde(skip)]
            iam_mappings: Vec<IamMapping>,
            #[prost(string, repeated, tag = "1003")]
            #[serde(skip)]
            iam_unread: Vec<String>,
        }
    }
}

nullable!(
    Namespace,
    NamespaceStatus,
    Node,
    NodeSpec,
    Taint,
    NodeStatus,
    NodeCondition,
    NodeAddress,
    NodeDaemonEndpoints,
    DaemonEndpoint,
    NodeSystemInfo,
    ServiceAccount,
    SecretReference,
    CertificateSigningRequest,
    CertificateSigningRequestSpec,
    CertificateSigningRequestStatus,
    CertificateSigningRequestCondition,
    ConfigMap
);
