//! The tables themselves, parsed once.

use std::sync::LazyLock;

use super::Table;

macro_rules! tables {
    ($($(#[doc = $doc:literal])* $name:ident = $file:literal;)*) => {
        $(
            $(#[doc = $doc])*
            pub static $name: LazyLock<Table> = LazyLock::new(|| {
                Table::parse(include_str!(concat!("tables/", $file, ".tsv")))
                    .expect(concat!("internal error: table ", $file))
            });
        )*
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str)] =
            &[$(($file, include_str!(concat!("tables/", $file, ".tsv")))),*];
    };
}

tables! {
    /// Flags of kube-apiserver.
    APISERVER = "kube-apiserver";
    /// What kube-apiserver's flags and structured configuration files amount to.
    APISERVER_CONFIG = "kube-apiserver-config";
    /// Flags of kube-controller-manager.
    CONTROLLER_MANAGER = "kube-controller-manager";
    /// kube-controller-manager has no configuration file.
    CONTROLLER_MANAGER_CONFIG = "kube-controller-manager-config";
    /// Flags of kube-scheduler.
    SCHEDULER = "kube-scheduler";
    /// KubeSchedulerConfiguration.
    SCHEDULER_CONFIG = "kube-scheduler-config";
    /// Flags of etcd.
    ETCD = "etcd";
    /// The settings of etcd under the names of their flags, wherever they are set.
    ETCD_CONFIG = "etcd-config";
    /// Flags of the kubelet.
    KUBELET = "kubelet";
    /// KubeletConfiguration.
    KUBELET_CONFIG = "kubelet-config";
    /// Flags of kube-proxy.
    KUBE_PROXY = "kube-proxy";
    /// KubeProxyConfiguration.
    KUBE_PROXY_CONFIG = "kube-proxy-config";
}
