//! Pods and their templates.

use std::collections::BTreeMap;

use super::container::{
    Container, EphemeralContainer, Profile, ResourceRequirements, SELinuxOptions,
    WindowsSecurityContextOptions,
};
use super::in_clear::InClear;
use super::meta::ObjectMeta;
use super::reading::{nullable, object};
use super::volume::Volume;
use crate::facts::redact::Unprinted;

object! {
    /// A pod.
    pub struct Pod {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What runs.
        #[prost(message, required, tag = "2")]
        pub spec: PodSpec,
        /// Where it runs.
        #[prost(message, required, tag = "3")]
        pub status: PodStatus,
        hidden {
            #[prost(message, required, tag = "1001")]
            #[serde(skip)]
            component_argv: Unprinted,
            #[prost(uint32, tag = "1002")]
            #[serde(skip)]
            component_at: u32,
        }
    }
}

object! {
    /// What the pods of a controller are made from.
    pub struct PodTemplateSpec {
        /// Their labels and annotations.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What runs.
        #[prost(message, required, tag = "2")]
        pub spec: PodSpec,
        hidden {
            #[prost(message, required, tag = "1001")]
            #[serde(skip)]
            component_argv: Unprinted,
            #[prost(uint32, tag = "1002")]
            #[serde(skip)]
            component_at: u32,
        }
    }
}

object! {
    /// A template that is kept for whoever makes pods from it.
    pub struct PodTemplate {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// The pods.
        #[prost(message, required, tag = "2")]
        pub template: PodTemplateSpec,
    }
}

object! {
    /// What runs in a pod.
    pub struct PodSpec {
        /// Its volumes.
        #[prost(message, repeated, tag = "1")]
        pub volumes: Vec<Volume>,
        /// All its containers: main, init, sidecar and ephemeral.
        #[prost(message, repeated, tag = "2")]
        pub containers: Vec<Container>,
        /// `Always`, `OnFailure` or `Never`.
        #[prost(string, tag = "3")]
        pub restart_policy: String,
        /// Where names are looked up.
        #[prost(string, tag = "6")]
        pub dns_policy: String,
        /// Labels that its node must have.
        #[prost(btree_map = "string, string", tag = "7")]
        pub node_selector: BTreeMap<String, String>,
        /// Who it is to the API server.
        #[prost(string, tag = "8")]
        pub service_account_name: String,
        /// The node it runs on.
        #[prost(string, tag = "10")]
        pub node_name: String,
        /// Whether it uses the node's network.
        #[prost(bool, tag = "11")]
        pub host_network: bool,
        /// Whether it sees the node's processes.
        #[prost(bool, tag = "12")]
        pub host_pid as "hostPID": bool,
        /// Whether it shares the node's IPC.
        #[prost(bool, tag = "13")]
        pub host_ipc as "hostIPC": bool,
        /// What confines all its containers.
        #[prost(message, optional, boxed, tag = "14")]
        pub security_context: Option<Box<PodSecurityContext>>,
        /// The name it gives itself.
        #[prost(string, tag = "16")]
        pub hostname: String,
        /// Whether a token of its service account is mounted.
        #[prost(bool, optional, tag = "21")]
        pub automount_service_account_token: Option<bool>,
        /// Taints it puts up with.
        #[prost(message, repeated, tag = "22")]
        pub tolerations: Vec<Toleration>,
        /// Lines in its /etc/hosts.
        #[prost(message, repeated, tag = "23")]
        pub host_aliases: Vec<HostAlias>,
        /// Whether its containers see each other's processes.
        #[prost(bool, optional, tag = "27")]
        pub share_process_namespace: Option<bool>,
        /// The container runtime, such as a sandbox.
        #[prost(string, optional, tag = "29")]
        pub runtime_class_name: Option<String>,
        /// Whether Services become environment variables.
        #[prost(bool, optional, tag = "30")]
        pub enable_service_links: Option<bool>,
        /// The operating system.
        #[prost(message, optional, tag = "36")]
        pub os: Option<PodOs>,
        /// False: root in the pod is nobody on the node.
        #[prost(bool, optional, tag = "37")]
        pub host_users: Option<bool>,
        /// What all its containers together may use, where it says so itself.
        #[prost(message, optional, boxed, tag = "40")]
        pub resources: Option<Box<ResourceRequirements>>,
        /// What looks like a secret elsewhere than in a variable: on command lines, in headers and annotations.
        #[prost(message, repeated, tag = "1001")]
        pub secrets_in_clear: Vec<InClear>,
        hidden {
            #[prost(string, tag = "9")]
            #[serde(deserialize_with = "super::reading::read", skip_serializing)]
            service_account: String,
            #[prost(message, repeated, tag = "20")]
            #[serde(deserialize_with = "super::reading::read", skip_serializing)]
            init_containers: Vec<Container>,
            #[prost(message, repeated, tag = "34")]
            #[serde(deserialize_with = "super::reading::read", skip_serializing)]
            ephemeral_containers: Vec<EphemeralContainer>,
        }
    }
}

object! {
    /// What confines all containers of a pod.
    pub struct PodSecurityContext {
        /// SELinux context.
        #[prost(message, optional, boxed, tag = "1")]
        pub se_linux_options: Option<Box<SELinuxOptions>>,
        /// User id.
        #[prost(int64, optional, tag = "2")]
        pub run_as_user: Option<i64>,
        /// Whether the kubelet refuses to start containers as root.
        #[prost(bool, optional, tag = "3")]
        pub run_as_non_root: Option<bool>,
        /// Further group ids.
        #[prost(int64, repeated, packed = "false", tag = "4")]
        pub supplemental_groups: Vec<i64>,
        /// The group that owns volumes.
        #[prost(int64, optional, tag = "5")]
        pub fs_group: Option<i64>,
        /// Group id.
        #[prost(int64, optional, tag = "6")]
        pub run_as_group: Option<i64>,
        /// Kernel parameters.
        #[prost(message, repeated, tag = "7")]
        pub sysctls: Vec<Sysctl>,
        /// Windows.
        #[prost(message, optional, boxed, tag = "8")]
        pub windows_options: Option<Box<WindowsSecurityContextOptions>>,
        /// System-call filter.
        #[prost(message, optional, tag = "10")]
        pub seccomp_profile: Option<Profile>,
        /// AppArmor profile.
        #[prost(message, optional, tag = "11")]
        pub app_armor_profile: Option<Profile>,
    }
}

object! {
    /// A kernel parameter of a pod.
    pub struct Sysctl {
        /// Its name.
        #[prost(string, tag = "1")]
        pub name: String,
        /// Its value.
        #[prost(string, tag = "2")]
        pub value: String,
    }
}

object! {
    /// A taint that a pod puts up with.
    pub struct Toleration {
        /// The taint; absent with `Exists` means every taint.
        #[prost(string, tag = "1")]
        pub key: String,
        /// `Equal`, `Exists`, `Lt` or `Gt`; absent is `Equal`.
        #[prost(string, tag = "2")]
        pub operator: String,
        /// The taint's value.
        #[prost(string, tag = "3")]
        pub value: String,
        /// The taint's effect; absent means every effect.
        #[prost(string, tag = "4")]
        pub effect: String,
        /// For how long.
        #[prost(int64, optional, tag = "5")]
        pub toleration_seconds: Option<i64>,
    }
}

object! {
    /// A line in a pod's /etc/hosts.
    pub struct HostAlias {
        /// The address.
        #[prost(string, tag = "1")]
        pub ip: String,
        /// Its names.
        #[prost(string, repeated, tag = "2")]
        pub hostnames: Vec<String>,
    }
}

object! {
    /// The operating system of a pod.
    pub struct PodOs {
        /// `linux` or `windows`.
        #[prost(string, tag = "1")]
        pub name: String,
    }
}

object! {
    /// Where a pod runs.
    pub struct PodStatus {
        /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`; absent in manifests.
        #[prost(string, tag = "1")]
        pub phase: String,
        /// The address of its node.
        #[prost(string, tag = "5")]
        pub host_ip as "hostIP": String,
        /// Its own address.
        #[prost(string, tag = "6")]
        pub pod_ip as "podIP": String,
        /// Its addresses.
        #[prost(message, repeated, tag = "12")]
        pub pod_ips as "podIPs": Vec<PodIp>,
    }
}

object! {
    /// An address of a pod.
    pub struct PodIp {
        /// The address.
        #[prost(string, tag = "1")]
        pub ip: String,
    }
}

nullable!(
    Pod,
    PodTemplate,
    PodTemplateSpec,
    PodSpec,
    PodSecurityContext,
    Sysctl,
    Toleration,
    HostAlias,
    PodOs,
    PodStatus,
    PodIp
);
