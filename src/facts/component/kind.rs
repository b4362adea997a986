//! Which components there are, and what each is called.

use serde::{Deserialize, Serialize};

use crate::facts::settings::{Parser, Table, tables};
use crate::facts::{Gap, Lack};

/// A component of Kubernetes that is configured by flags or files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ComponentKind {
    /// kube-apiserver.
    ApiServer,
    /// kube-controller-manager.
    ControllerManager,
    /// kube-scheduler.
    Scheduler,
    /// etcd.
    Etcd,
    /// The kubelet.
    Kubelet,
    /// kube-proxy.
    KubeProxy,
}

impl ComponentKind {
    /// All kinds, in the order of their subjects in reports.
    pub const ALL: [Self; 6] = [
        Self::ApiServer,
        Self::ControllerManager,
        Self::Scheduler,
        Self::Etcd,
        Self::Kubelet,
        Self::KubeProxy,
    ];

    /// The name of its binary.
    pub fn binary(self) -> &'static str {
        match self {
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Etcd => "etcd",
            Self::Kubelet => "kubelet",
            Self::KubeProxy => "kube-proxy",
        }
    }

    /// The component whose process the kernel calls `name`; it keeps 15 bytes of the name of a program.
    pub fn of_process(name: &str) -> Option<Self> {
        let kept = |kind: &Self| kind.binary().get(..15).unwrap_or(kind.binary()) == name;
        Self::ALL.into_iter().find(kept)
    }

    /// What a listing of components lacks where one of this kind runs of which nothing else is known.
    pub fn lack(self, gap: Gap) -> Lack {
        Lack {
            namespace: None,
            name: Some(format!("{} {}", self.binary(), gap.place)),
            gap,
        }
    }

    /// Whether a component of this kind may be what `lack` says is missing: only one that names another kind is not.
    pub fn may_be_lacked(self, lack: &Lack) -> bool {
        let name = lack.name.as_deref().filter(|_| lack.namespace.is_none());
        let first = name.and_then(|name| Some(name.split_once(' ')?.0));
        let named = |kind: &Self| Some(kind.binary()) == first;
        Self::ALL
            .into_iter()
            .find(named)
            .is_none_or(|kind| kind == self)
    }

    /// The name of its rows in checks.
    pub fn subject(self) -> &'static str {
        match self {
            Self::ApiServer => "apiserver",
            Self::ControllerManager => "controllermanager",
            Self::Scheduler => "scheduler",
            Self::Etcd => "etcd",
            Self::Kubelet => "kubelet",
            Self::KubeProxy => "kubeproxy",
        }
    }

    /// Its flags.
    pub fn flags(self) -> &'static Table {
        match self {
            Self::ApiServer => &tables::APISERVER,
            Self::ControllerManager => &tables::CONTROLLER_MANAGER,
            Self::Scheduler => &tables::SCHEDULER,
            Self::Etcd => &tables::ETCD,
            Self::Kubelet => &tables::KUBELET,
            Self::KubeProxy => &tables::KUBE_PROXY,
        }
    }

    /// Its effective configuration.
    pub fn config(self) -> &'static Table {
        match self {
            Self::ApiServer => &tables::APISERVER_CONFIG,
            Self::ControllerManager => &tables::CONTROLLER_MANAGER_CONFIG,
            Self::Scheduler => &tables::SCHEDULER_CONFIG,
            Self::Etcd => &tables::ETCD_CONFIG,
            Self::Kubelet => &tables::KUBELET_CONFIG,
            Self::KubeProxy => &tables::KUBE_PROXY_CONFIG,
        }
    }

    /// How it reads its command line.
    pub fn parser(self) -> Parser {
        match self {
            Self::Etcd => Parser::Flag,
            _ => Parser::Pflag,
        }
    }
}
