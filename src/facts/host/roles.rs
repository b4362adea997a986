//! What files on a node are for, and which setting of which component names them.

use serde::{Deserialize, Serialize};

use crate::facts::component::ComponentKind;
use crate::facts::{Observed, Reading, Type, View};

macro_rules! roles {
    ($($(#[doc = $doc:expr])+ $role:ident = $name:literal,)*) => {
        /// What a file or directory on a node is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Role {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $role,)*
        }

        impl Role {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$role),*];

            /// Its name in expressions and snapshots.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$role => $name,)*
                }
            }
        }
    };
}

roles! {
    /// The static pod manifest of the API server (CIS 1.1.1, 1.1.2).
    ApiServerManifest = "apiServerManifest",
    /// The static pod manifest of the controller manager (CIS 1.1.3, 1.1.4).
    ControllerManagerManifest = "controllerManagerManifest",
    /// The static pod manifest of the scheduler (CIS 1.1.5, 1.1.6).
    SchedulerManifest = "schedulerManifest",
    /// The static pod manifest of etcd (CIS 1.1.7, 1.1.8).
    EtcdManifest = "etcdManifest",
    /// Any other file the kubelet takes for a static pod manifest, backup copies included.
    StaticPodManifest = "staticPodManifest",
    /// The directory the kubelet takes static pods from.
    StaticPodDirectory = "staticPodDirectory",
    /// A CNI configuration (CIS 1.1.9, 1.1.10).
    CniConfig = "cniConfig",
    /// An address that the host-local IPAM plugin handed out (CIS 1.1.9, 1.1.10).
    CniState = "cniState",
    /// A data directory of etcd (CIS 1.1.11, 1.1.12).
    EtcdDataDirectory = "etcdDataDirectory",
    /// A kubeconfig with administrator's rights (CIS 1.1.13, 1.1.14).
    AdminKubeconfig = "adminKubeconfig",
    /// A kubeconfig of the scheduler (CIS 1.1.15, 1.1.16).
    SchedulerKubeconfig = "schedulerKubeconfig",
    /// A kubeconfig of the controller manager (CIS 1.1.17, 1.1.18).
    ControllerManagerKubeconfig = "controllerManagerKubeconfig",
    /// The PKI directory or one below it (CIS 1.1.19).
    PkiDirectory = "pkiDirectory",
    /// A file of certificates alone (CIS 1.1.20).
    PkiCertificate = "pkiCertificate",
    /// A file with a private key (CIS 1.1.21).
    PkiKey = "pkiKey",
    /// Anything else in the PKI directory, such as a public key.
    PkiFile = "pkiFile",
    /// The kubelet's systemd unit, a drop-in or an environment file of it (CIS 4.1.1, 4.1.2).
    KubeletUnit = "kubeletUnit",
    /// kube-proxy's kubeconfig on the node (CIS 4.1.3, 4.1.4).
    ProxyKubeconfig = "proxyKubeconfig",
    /// The kubelet's kubeconfig (CIS 4.1.5, 4.1.6).
    KubeletKubeconfig = "kubeletKubeconfig",
    /// The kubeconfig a kubelet joined with; it may hold a token.
    BootstrapKubeconfig = "bootstrapKubeconfig",
    /// The kubelet's client CA bundle (CIS 4.1.7, 4.1.8).
    ClientCa = "clientCA",
    /// The kubelet's configuration file or a drop-in of it (CIS 4.1.9, 4.1.10).
    KubeletConfig = "kubeletConfig",
    /// The configuration file of another component.
    ComponentConfig = "componentConfig",
    /// The API server's audit policy.
    AuditPolicy = "auditPolicy",
    /// The API server's audit log.
    AuditLog = "auditLog",
    /// The API server's configuration of encryption at rest.
    EncryptionConfig = "encryptionConfig",
    /// The API server's admission configuration.
    AdmissionConfig = "admissionConfig",
    /// The API server's structured authentication configuration.
    AuthenticationConfig = "authenticationConfig",
    /// The API server's structured authorization configuration.
    AuthorizationConfig = "authorizationConfig",
    /// A file of static tokens.
    TokenAuthFile = "tokenAuthFile",
    /// The socket of a container runtime: whoever can write to it is root of the node.
    RuntimeSocket = "runtimeSocket",
    /// A kubeconfig by which the API server or the kubelet calls a webhook.
    WebhookKubeconfig = "webhookKubeconfig",
}

impl Observed for Role {
    fn kind() -> Type {
        Type::Text
    }
    fn read(&self) -> Reading<'_> {
        View::Text(self.name()).into()
    }
}

impl Role {
    /// The role of the manifest that starts a component.
    pub fn of_manifest(kind: ComponentKind) -> Self {
        match kind {
            ComponentKind::ApiServer => Self::ApiServerManifest,
            ComponentKind::ControllerManager => Self::ControllerManagerManifest,
            ComponentKind::Scheduler => Self::SchedulerManifest,
            ComponentKind::Etcd => Self::EtcdManifest,
            ComponentKind::Kubelet | ComponentKind::KubeProxy => Self::StaticPodManifest,
        }
    }
}

/// What is looked at in a file that a setting names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// Nothing.
    Nothing,
    /// Certificates.
    Certificates,
    /// A private key, or a pair of keys: never opened.
    Key,
    /// A kubeconfig.
    Kubeconfig,
}

/// Uses of a file of certificates that its component reads when it starts, and never again: the pools of authorities of
/// etcd (`go.etcd.io/etcd/client/pkg/transport`, `TLSInfo`), and the API server's towards it.
pub(super) const READ_ONCE: [&str; 3] = [
    "etcd client CA",
    "etcd peer CA",
    "kube-apiserver CA of etcd",
];

/// A setting that names a file.
pub(super) struct Names {
    /// Whose setting it is.
    pub(super) kind: ComponentKind,
    /// The flag.
    pub(super) flag: &'static str,
    /// The same in the component's configuration file; empty where there is no such field.
    pub(super) field: &'static str,
    /// What the file is for.
    pub(super) role: Role,
    /// What is in it.
    pub(super) holds: Holds,
    /// What certificates in it are used for.
    pub(super) usage: &'static str,
    /// Where tools put the file when nothing names it; a row only if it exists. Empty: nowhere.
    pub(super) fallback: &'static str,
}

macro_rules! names {
    ($($kind:ident { $($flag:literal $(/ $field:literal)? $(or $fallback:literal)? : $role:ident, $holds:ident $($usage:literal)?;)* })*) => {
        &[$($(Names {
            kind: ComponentKind::$kind,
            flag: $flag,
            field: concat!($($field)?),
            role: Role::$role,
            holds: Holds::$holds,
            usage: concat!($($usage)?),
            fallback: concat!($($fallback)?),
        },)*)*]
    };
}

/// Every setting that names a file, by component: flag / configuration field or fallback: role, content, use.
pub(super) const NAMES: &[Names] = names! {
    ApiServer {
        "client-ca-file": PkiCertificate, Certificates "kube-apiserver client CA";
        "tls-cert-file": PkiCertificate, Certificates "kube-apiserver serving";
        "tls-private-key-file": PkiKey, Key;
        "kubelet-client-certificate": PkiCertificate, Certificates "kube-apiserver client of kubelets";
        "kubelet-client-key": PkiKey, Key;
        "kubelet-certificate-authority": PkiCertificate, Certificates "kube-apiserver CA of kubelets";
        "etcd-cafile": PkiCertificate, Certificates "kube-apiserver CA of etcd";
        "etcd-certfile": PkiCertificate, Certificates "kube-apiserver client of etcd";
        "etcd-keyfile": PkiKey, Key;
        "proxy-client-cert-file": PkiCertificate, Certificates "kube-apiserver front proxy client";
        "proxy-client-key-file": PkiKey, Key;
        "requestheader-client-ca-file": PkiCertificate, Certificates "front proxy CA";
        "oidc-ca-file": PkiCertificate, Certificates "OIDC issuer CA";
        "service-account-key-file": PkiFile, Nothing;
        "service-account-signing-key-file": PkiKey, Key;
        "audit-policy-file": AuditPolicy, Nothing;
        "audit-log-path": AuditLog, Nothing;
        "audit-webhook-config-file": WebhookKubeconfig, Kubeconfig "audit webhook";
        "encryption-provider-config": EncryptionConfig, Nothing;
        "admission-control-config-file": AdmissionConfig, Nothing;
        "authentication-config": AuthenticationConfig, Nothing;
        "authorization-config": AuthorizationConfig, Nothing;
        "authentication-token-webhook-config-file": WebhookKubeconfig, Kubeconfig "authentication webhook";
        "authorization-webhook-config-file": WebhookKubeconfig, Kubeconfig "authorization webhook";
        "authorization-policy-file": AuthorizationConfig, Nothing;
        "token-auth-file": TokenAuthFile, Nothing;
        "egress-selector-config-file": ComponentConfig, Nothing;
        "tracing-config-file": ComponentConfig, Nothing;
    }
    ControllerManager {
        "kubeconfig" or "/etc/kubernetes/controller-manager.conf": ControllerManagerKubeconfig, Kubeconfig "kube-controller-manager";
        "authentication-kubeconfig": ControllerManagerKubeconfig, Kubeconfig "kube-controller-manager";
        "authorization-kubeconfig": ControllerManagerKubeconfig, Kubeconfig "kube-controller-manager";
        "client-ca-file": PkiCertificate, Certificates "kube-controller-manager client CA";
        "requestheader-client-ca-file": PkiCertificate, Certificates "front proxy CA";
        "root-ca-file": PkiCertificate, Certificates "cluster CA given to service accounts";
        "tls-cert-file": PkiCertificate, Certificates "kube-controller-manager serving";
        "tls-private-key-file": PkiKey, Key;
        "cluster-signing-cert-file": PkiCertificate, Certificates "cluster CA";
        "cluster-signing-key-file": PkiKey, Key;
        "cluster-signing-kubelet-client-cert-file": PkiCertificate, Certificates "cluster CA for kubelet clients";
        "cluster-signing-kubelet-client-key-file": PkiKey, Key;
        "cluster-signing-kubelet-serving-cert-file": PkiCertificate, Certificates "cluster CA for kubelet serving";
        "cluster-signing-kubelet-serving-key-file": PkiKey, Key;
        "cluster-signing-kube-apiserver-client-cert-file": PkiCertificate, Certificates "cluster CA for clients";
        "cluster-signing-kube-apiserver-client-key-file": PkiKey, Key;
        "service-account-private-key-file": PkiKey, Key;
    }
    Scheduler {
        "kubeconfig" / "clientConnection.kubeconfig" or "/etc/kubernetes/scheduler.conf": SchedulerKubeconfig, Kubeconfig "kube-scheduler";
        "authentication-kubeconfig": SchedulerKubeconfig, Kubeconfig "kube-scheduler";
        "authorization-kubeconfig": SchedulerKubeconfig, Kubeconfig "kube-scheduler";
        "config": ComponentConfig, Nothing;
        "client-ca-file": PkiCertificate, Certificates "kube-scheduler client CA";
        "tls-cert-file": PkiCertificate, Certificates "kube-scheduler serving";
        "tls-private-key-file": PkiKey, Key;
    }
    Etcd {
        "data-dir" / "data-dir": EtcdDataDirectory, Nothing;
        "wal-dir" / "wal-dir": EtcdDataDirectory, Nothing;
        "config-file": ComponentConfig, Nothing;
        "cert-file" / "client-transport-security.cert-file": PkiCertificate, Certificates "etcd serving";
        "key-file" / "client-transport-security.key-file": PkiKey, Key;
        "trusted-ca-file" / "client-transport-security.trusted-ca-file": PkiCertificate, Certificates "etcd client CA";
        "peer-cert-file" / "peer-transport-security.cert-file": PkiCertificate, Certificates "etcd peer";
        "peer-key-file" / "peer-transport-security.key-file": PkiKey, Key;
        "peer-trusted-ca-file" / "peer-transport-security.trusted-ca-file": PkiCertificate, Certificates "etcd peer CA";
    }
    Kubelet {
        "kubeconfig" or "/etc/kubernetes/kubelet.conf": KubeletKubeconfig, Kubeconfig "kubelet";
        "bootstrap-kubeconfig" or "/etc/kubernetes/bootstrap-kubelet.conf": BootstrapKubeconfig, Kubeconfig "kubelet bootstrap";
        "config": KubeletConfig, Nothing;
        "pod-manifest-path" / "staticPodPath": StaticPodDirectory, Nothing;
        "client-ca-file" / "authentication.x509.clientCAFile": ClientCa, Certificates "kubelet client CA";
        "tls-cert-file" / "tlsCertFile": PkiCertificate, Certificates "kubelet serving";
        "tls-private-key-file" / "tlsPrivateKeyFile": PkiKey, Key;
    }
    KubeProxy {
        "kubeconfig" / "clientConnection.kubeconfig": ProxyKubeconfig, Kubeconfig "kube-proxy";
        "config": ComponentConfig, Nothing;
    }
};
