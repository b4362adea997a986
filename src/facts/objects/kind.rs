//! The kinds that are read: how each is addressed, and the table of all of them.

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};
use serde_json::Value;

use super::admit::Admit;
use super::reading::Lenient;
use super::*;

/// A kind of API object.
#[allow(
    private_bounds,
    reason = "only this module can say how a kind is redacted"
)]
pub trait Kind:
    prost::Message
    + Default
    + Clone
    + fmt::Debug
    + PartialEq
    + Serialize
    + DeserializeOwned
    + Lenient
    + Admit
{
    /// The API group; empty for the core group.
    const GROUP: &'static str;
    /// The version.
    const VERSION: &'static str;
    /// The plural, as in paths and in RBAC rules.
    const RESOURCE: &'static str;
    /// As in `kind:`.
    const KIND: &'static str;
    /// Whether its objects live in namespaces.
    const NAMESPACED: bool;

    /// Who the object is.
    fn metadata(&self) -> &ObjectMeta;

    /// Group and version as in `apiVersion:`.
    fn api_version() -> String {
        if Self::GROUP.is_empty() {
            Self::VERSION.to_owned()
        } else {
            format!("{}/{}", Self::GROUP, Self::VERSION)
        }
    }

    /// The path of the list: of all objects, or of those in `namespace`.
    fn path(namespace: Option<&str>) -> String {
        let root = if Self::GROUP.is_empty() {
            "api"
        } else {
            "apis"
        };
        let within = match namespace {
            Some(namespace) if Self::NAMESPACED => format!("namespaces/{namespace}/"),
            _ => String::new(),
        };
        format!("/{root}/{}/{within}{}", Self::api_version(), Self::RESOURCE)
    }
}

macro_rules! kinds {
    ($($kind:ident: $group:literal $version:literal $resource:literal $namespaced:literal;)*) => {
        $(impl Kind for $kind {
            const GROUP: &'static str = $group;
            const VERSION: &'static str = $version;
            const RESOURCE: &'static str = $resource;
            const KIND: &'static str = stringify!($kind);
            const NAMESPACED: bool = $namespaced;
            fn metadata(&self) -> &ObjectMeta {
                &self.metadata
            }
        })*

        /// An object of any kind that is read, as it comes out of a manifest.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object {
            $(
                #[doc = concat!("A ", stringify!($kind), ".")]
                $kind(Box<$kind>),
            )*
        }

        impl Object {
            /// The kind, as in `kind:`.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => stringify!($kind),)*
                }
            }

            /// Who the object is.
            pub fn metadata(&self) -> &ObjectMeta {
                match self {
                    $(Self::$kind(object) => &object.metadata,)*
                }
            }

            /// Whether objects of this kind are read in this version; `None` when the kind is not one of ours.
            pub(super) fn serves(api_version: &str, kind: &str) -> Option<bool> {
                let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
                match kind {
                    $(stringify!($kind) if group == $group => Some(version == $version),)*
                    _ => None,
                }
            }

            /// Reads a page of whatever kind it is: an entry of the crate's `fuzzing`.
            pub(crate) fn read_page(body: &[u8], encoding: Encoding) {
                $(match decode_page::<$kind>(body, encoding) {
                    Err(DecodeError::OtherKind { .. }) => {}
                    _ => return,
                })*
                $(match decode_object::<$kind>(body, encoding) {
                    Err(DecodeError::OtherKind { .. }) => {}
                    _ => return,
                })*
            }

            /// Reads and redacts an object; `None` when its kind is not one of ours.
            pub(super) fn read(kind: &str, value: Value) -> Option<Result<Self, serde_json::Error>> {
                match kind {
                    $(stringify!($kind) => {
                        Some($kind::deserialize(value).map(|mut object| {
                            object.admit();
                            Self::$kind(Box::new(object))
                        }))
                    })*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    Namespace: "" "v1" "namespaces" false;
    Node: "" "v1" "nodes" false;
    Pod: "" "v1" "pods" true;
    PodTemplate: "" "v1" "podtemplates" true;
    ServiceAccount: "" "v1" "serviceaccounts" true;
    Service: "" "v1" "services" true;
    ConfigMap: "" "v1" "configmaps" true;
    Secret: "" "v1" "secrets" true;
    LimitRange: "" "v1" "limitranges" true;
    PersistentVolume: "" "v1" "persistentvolumes" false;
    PersistentVolumeClaim: "" "v1" "persistentvolumeclaims" true;
    ReplicationController: "" "v1" "replicationcontrollers" true;
    Deployment: "apps" "v1" "deployments" true;
    ReplicaSet: "apps" "v1" "replicasets" true;
    DaemonSet: "apps" "v1" "daemonsets" true;
    StatefulSet: "apps" "v1" "statefulsets" true;
    Job: "batch" "v1" "jobs" true;
    CronJob: "batch" "v1" "cronjobs" true;
    Role: "rbac.authorization.k8s.io" "v1" "roles" true;
    ClusterRole: "rbac.authorization.k8s.io" "v1" "clusterroles" false;
    RoleBinding: "rbac.authorization.k8s.io" "v1" "rolebindings" true;
    ClusterRoleBinding: "rbac.authorization.k8s.io" "v1" "clusterrolebindings" false;
    NetworkPolicy: "networking.k8s.io" "v1" "networkpolicies" true;
    Ingress: "networking.k8s.io" "v1" "ingresses" true;
    EndpointSlice: "discovery.k8s.io" "v1" "endpointslices" true;
    ValidatingWebhookConfiguration: "admissionregistration.k8s.io" "v1" "validatingwebhookconfigurations" false;
    MutatingWebhookConfiguration: "admissionregistration.k8s.io" "v1" "mutatingwebhookconfigurations" false;
    ValidatingAdmissionPolicy: "admissionregistration.k8s.io" "v1" "validatingadmissionpolicies" false;
    ValidatingAdmissionPolicyBinding: "admissionregistration.k8s.io" "v1" "validatingadmissionpolicybindings" false;
    CustomResourceDefinition: "apiextensions.k8s.io" "v1" "customresourcedefinitions" false;
    APIService: "apiregistration.k8s.io" "v1" "apiservices" false;
    CertificateSigningRequest: "certificates.k8s.io" "v1" "certificatesigningrequests" false;
}
