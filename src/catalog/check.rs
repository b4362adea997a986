//! A check: one predicate about one kind of subject, with its reason, its fix and its examples.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ExpressionText, Fix, Spot};

/// A check file, validated.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The name of the bad state, kebab-case; it never changes.
    pub id: Spot<String>,
    /// The bad state as a statement.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it judges; one outcome per subject of this kind.
    pub subject: SubjectKind,
    /// When it applies: false is `notApplicable`, not known is `unknown`.
    pub when: Option<ExpressionText>,
    /// What must hold.
    pub assert: ExpressionText,
    /// What to say about a subject that fails, an expression of type string.
    pub message: Option<ExpressionText>,
    /// Further expressions whose values belong to the evidence.
    pub evidence: Vec<ExpressionText>,
    /// What an attacker gains.
    pub why: String,
    /// How to mend it.
    pub fix: Fix,
    /// Thresholds that a profile may override.
    pub params: BTreeMap<String, Spot<Param>>,
    /// Whether a person has the last word: an assertion that holds is `manual`, one that does not is `fail`.
    pub review: bool,
    /// Where to read on, https.
    pub references: Vec<String>,
    /// What it says about small worlds; run by `checks test`.
    pub examples: Vec<Example>,
}

/// How bad a failed check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Little gain for an attacker.
    Low,
    /// A step on the way.
    Medium,
    /// One step from the cluster or a node.
    High,
    /// The cluster or a node is open.
    Critical,
}

impl Severity {
    /// All severities, the lowest first.
    pub const ALL: [Self; 5] = [
        Self::Info,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// The name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

macro_rules! subject_kinds {
    ($($(#[$doc:meta])* $variant:ident => $name:literal),* $(,)?) => {
        /// The kinds of things that checks judge.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum SubjectKind { $($(#[$doc])* $variant),* }

        impl SubjectKind {
            /// All kinds, in the order of the reference page.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in check files, and of the variable in their expressions.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

subject_kinds! {
    /// The cluster as a whole.
    Cluster => "cluster",
    /// A node.
    Node => "node",
    /// A kube-apiserver.
    ApiServer => "apiserver",
    /// A kube-controller-manager.
    ControllerManager => "controllermanager",
    /// A kube-scheduler.
    Scheduler => "scheduler",
    /// An etcd member.
    Etcd => "etcd",
    /// A kubelet.
    Kubelet => "kubelet",
    /// A kube-proxy.
    KubeProxy => "kubeproxy",
    /// A file on a node that a component uses.
    File => "file",
    /// An X.509 certificate.
    Certificate => "certificate",
    /// An address at which a component listens.
    Endpoint => "endpoint",
    /// What etcd really holds, read from it.
    Storage => "storage",
    /// A node as a machine: its kernel and what it has to confine containers with.
    Host => "host",
    /// What runs in a pod, as the kernel sees it.
    Process => "process",
    /// A request to sign a certificate.
    SigningRequest => "signingrequest",
    /// Who answers for an API group and version.
    ApiService => "apiservice",
    /// A NetworkPolicy.
    NetworkPolicy => "networkpolicy",
    /// A Service.
    Service => "service",
    /// An Ingress.
    Ingress => "ingress",
    /// A ValidatingWebhookConfiguration or MutatingWebhookConfiguration.
    Webhook => "webhook",
    /// A PersistentVolume.
    PersistentVolume => "persistentvolume",
    /// An AWS identity that is a user of the cluster, by the ConfigMap kube-system/aws-auth.
    IamMapping => "iammapping",
    /// Somebody to whom a binding grants something that Kubernetes does not ship.
    Principal => "principal",
    /// A namespace.
    Namespace => "namespace",
    /// A top controller or bare pod, per distinct pod template.
    Workload => "workload",
    /// A ConfigMap of a manifest.
    ConfigMap => "configmap",
    /// A Secret of a manifest.
    Secret => "secret",
    /// A service account.
    ServiceAccount => "serviceaccount",
    /// A Role or ClusterRole.
    Role => "role",
    /// A RoleBinding or ClusterRoleBinding.
    Binding => "binding",
}

impl SubjectKind {
    /// Whether manifests can tell of such subjects; the others only run.
    pub fn is_declared(self) -> bool {
        matches!(
            self,
            Self::Cluster
                | Self::ApiServer
                | Self::ControllerManager
                | Self::Scheduler
                | Self::Etcd
                | Self::Kubelet
                | Self::KubeProxy
                | Self::Certificate
                | Self::ApiService
                | Self::NetworkPolicy
                | Self::Service
                | Self::Ingress
                | Self::Webhook
                | Self::PersistentVolume
                | Self::IamMapping
                | Self::Principal
                | Self::Namespace
                | Self::Workload
                | Self::ConfigMap
                | Self::Secret
                | Self::ServiceAccount
                | Self::Role
                | Self::Binding
        )
    }
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Param {
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A text; in expressions also the argument of `duration()`.
    Text(String),
    /// Texts.
    List(Vec<String>),
}

/// A small world and what the check must say about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// What is special about it.
    pub name: Spot<String>,
    /// What a collector would see; its shape depends on the kind of subject.
    pub given: Spot<String>,
    /// The verdict.
    pub expect: Expectation,
    /// Why the fix alone does not clear it, when a person has to do what stands before it.
    pub by_hand: Option<String>,
}

/// The verdict that an example asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// `pass`
    Pass,
    /// `fail`
    Fail,
    /// `manual`
    Manual,
    /// `unknown`
    Unknown,
    /// `notApplicable`
    NotApplicable,
}

impl Expectation {
    /// All verdicts that an example can ask for.
    pub const ALL: [Self; 5] = [
        Self::Pass,
        Self::Fail,
        Self::Manual,
        Self::Unknown,
        Self::NotApplicable,
    ];

    /// The name in check files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Manual => "manual",
            Self::Unknown => "unknown",
            Self::NotApplicable => "notApplicable",
        }
    }
}

impl Param {
    /// What kind of value it is, as messages say it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "true or false",
            Self::Int(_) => "an integer",
            Self::Text(_) => "text",
            Self::List(_) => "a list of texts",
        }
    }
}
