//! Containers and what confines them.
//!
//! Main, init and ephemeral containers are three lists on the wire and one list here, each container with its `role`.

use serde::Deserialize;

use super::env::{EnvFromSource, EnvVar};
use super::reading::{inlined, nullable, object};
use super::sorted::Amounts;
use super::values::Port;

object! {
    /// A container of a pod.
    pub struct Container {
        /// The name.
        #[prost(string, tag = "1")]
        pub name: String,
        /// The image as asked for.
        #[prost(string, tag = "2")]
        pub image: String,
        /// The program and its arguments, redacted.
        #[prost(string, repeated, tag = "3")]
        pub command: Vec<String>,
        /// Arguments, redacted: flag names, and the values of flags known to hold no secret.
        #[prost(string, repeated, tag = "4")]
        pub args: Vec<String>,
        /// Declared ports.
        #[prost(message, repeated, tag = "6")]
        pub ports: Vec<ContainerPort>,
        /// Environment variables, without their values.
        #[prost(message, repeated, tag = "7")]
        pub env: Vec<EnvVar>,
        /// Limits.
        #[prost(message, required, tag = "8")]
        pub resources: ResourceRequirements,
        /// What is mounted where.
        #[prost(message, repeated, tag = "9")]
        pub volume_mounts: Vec<VolumeMount>,
        /// Whether to restart it.
        #[prost(message, optional, boxed, tag = "10")]
        pub liveness_probe: Option<Box<Probe>>,
        /// Whether to send it traffic.
        #[prost(message, optional, boxed, tag = "11")]
        pub readiness_probe: Option<Box<Probe>>,
        /// What runs after its start and before its end.
        #[prost(message, optional, boxed, tag = "12")]
        pub lifecycle: Option<Box<Lifecycle>>,
        /// `Always`, `IfNotPresent` or `Never`.
        #[prost(string, tag = "14")]
        pub image_pull_policy: String,
        /// What confines it.
        #[prost(message, optional, boxed, tag = "15")]
        pub security_context: Option<Box<SecurityContext>>,
        /// Whether its standard input stays open.
        #[prost(bool, tag = "16")]
        pub stdin: bool,
        /// Whether it has a terminal.
        #[prost(bool, tag = "18")]
        pub tty: bool,
        /// ConfigMaps and Secrets that become environment variables.
        #[prost(message, repeated, tag = "19")]
        pub env_from: Vec<EnvFromSource>,
        /// Whether it has started.
        #[prost(message, optional, boxed, tag = "22")]
        pub startup_probe: Option<Box<Probe>>,
        /// `Always` makes an init container a sidecar.
        #[prost(string, optional, tag = "24")]
        pub restart_policy: Option<String>,
        /// `main`, `init`, `sidecar` or `ephemeral`.
        #[prost(string, tag = "1001")]
        pub role: String,
    }
}

/// A container added to a running pod, as on the wire: protobuf wraps a container, JSON adds fields to one.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(from = "Container")]
pub(in crate::facts) struct EphemeralContainer {
    #[prost(message, required, tag = "1")]
    pub(super) common: Container,
}

impl From<Container> for EphemeralContainer {
    fn from(common: Container) -> Self {
        Self { common }
    }
}

object! {
    /// A port of a container.
    pub struct ContainerPort {
        /// The name by which Services and NetworkPolicies may call it.
        #[prost(string, tag = "1")]
        pub name: String,
        /// The port of the node; 0 when none.
        #[prost(int32, tag = "2")]
        pub host_port: i32,
        /// The port of the pod.
        #[prost(int32, tag = "3")]
        pub container_port: i32,
        /// `TCP`, `UDP` or `SCTP`.
        #[prost(string, tag = "4")]
        pub protocol: String,
        /// The address of the node.
        #[prost(string, tag = "5")]
        pub host_ip as "hostIP": String,
    }
}

object! {
    /// What a container may use.
    pub struct ResourceRequirements {
        /// The most it may use, by resource.
        #[prost(message, required, tag = "1")]
        pub limits: Amounts,
    }
}

object! {
    /// A volume in a container.
    pub struct VolumeMount {
        /// The volume.
        #[prost(string, tag = "1")]
        pub name: String,
        /// Whether it cannot be written.
        #[prost(bool, tag = "2")]
        pub read_only: bool,
        /// Where it is.
        #[prost(string, tag = "3")]
        pub mount_path: String,
        /// The part of the volume.
        #[prost(string, tag = "4")]
        pub sub_path: String,
        /// `Bidirectional` lets mounts reach the node.
        #[prost(string, optional, tag = "5")]
        pub mount_propagation: Option<String>,
    }
}

object! {
    /// What confines a container.
    pub struct SecurityContext {
        /// Linux capabilities.
        #[prost(message, optional, tag = "1")]
        pub capabilities: Option<Capabilities>,
        /// Whether it is as mighty as root on the node.
        #[prost(bool, optional, tag = "2")]
        pub privileged: Option<bool>,
        /// SELinux context.
        #[prost(message, optional, boxed, tag = "3")]
        pub se_linux_options: Option<Box<SELinuxOptions>>,
        /// User id.
        #[prost(int64, optional, tag = "4")]
        pub run_as_user: Option<i64>,
        /// Whether the kubelet refuses to start it as root.
        #[prost(bool, optional, tag = "5")]
        pub run_as_non_root: Option<bool>,
        /// Whether its image is read-only.
        #[prost(bool, optional, tag = "6")]
        pub read_only_root_filesystem: Option<bool>,
        /// Whether a process may gain more than its parent has.
        #[prost(bool, optional, tag = "7")]
        pub allow_privilege_escalation: Option<bool>,
        /// Group id.
        #[prost(int64, optional, tag = "8")]
        pub run_as_group: Option<i64>,
        /// `Unmasked` shows all of /proc.
        #[prost(string, optional, tag = "9")]
        pub proc_mount: Option<String>,
        /// Windows.
        #[prost(message, optional, boxed, tag = "10")]
        pub windows_options: Option<Box<WindowsSecurityContextOptions>>,
        /// System-call filter.
        #[prost(message, optional, tag = "11")]
        pub seccomp_profile: Option<Profile>,
        /// AppArmor profile.
        #[prost(message, optional, tag = "12")]
        pub app_armor_profile: Option<Profile>,
    }
}

object! {
    /// Linux capabilities, without the prefix `CAP_`.
    pub struct Capabilities {
        /// Given beyond the runtime's own set.
        #[prost(string, repeated, tag = "1")]
        pub add: Vec<String>,
        /// Taken away.
        #[prost(string, repeated, tag = "2")]
        pub drop: Vec<String>,
    }
}

object! {
    /// An SELinux context.
    pub struct SELinuxOptions {
        /// User.
        #[prost(string, tag = "1")]
        pub user: String,
        /// Role.
        #[prost(string, tag = "2")]
        pub role: String,
        /// Type.
        #[prost(string, tag = "3")]
        pub type_ as "type": String,
        /// Level.
        #[prost(string, tag = "4")]
        pub level: String,
    }
}

object! {
    /// What confines a container on Windows.
    pub struct WindowsSecurityContextOptions {
        /// The user.
        #[prost(string, optional, tag = "3")]
        pub run_as_user_name: Option<String>,
        /// Whether it runs as a process of the node.
        #[prost(bool, optional, tag = "4")]
        pub host_process: Option<bool>,
    }
}

object! {
    /// A seccomp or AppArmor profile.
    pub struct Profile {
        /// `RuntimeDefault`, `Localhost` or `Unconfined`.
        #[prost(string, tag = "1")]
        pub type_ as "type": String,
        /// The profile's name on the node.
        #[prost(string, optional, tag = "2")]
        pub localhost_profile: Option<String>,
    }
}

object! {
    /// A question that the kubelet asks a container.
    pub struct Probe {
        /// How it asks.
        #[prost(message, required, tag = "1")]
        #[serde(flatten)]
        pub handler in parent: Handler,
    }
}

object! {
    /// Something the kubelet does to a container.
    pub struct Handler {
        /// Run a command in it.
        #[prost(message, optional, tag = "1")]
        pub exec: Option<ExecAction>,
        /// Ask over HTTP.
        #[prost(message, optional, tag = "2")]
        pub http_get: Option<HttpGetAction>,
        /// Connect.
        #[prost(message, optional, tag = "3")]
        pub tcp_socket: Option<TcpSocketAction>,
    }
}

object! {
    /// A command in a container.
    pub struct ExecAction {
        /// The command, redacted.
        #[prost(string, repeated, tag = "1")]
        pub command: Vec<String>,
    }
}

object! {
    /// An HTTP request of the kubelet.
    pub struct HttpGetAction {
        /// The port.
        #[prost(message, required, tag = "2")]
        pub port: Port,
        /// The host; absent when it is the pod itself.
        #[prost(string, tag = "3")]
        pub host: String,
        /// `HTTP` or `HTTPS`.
        #[prost(string, tag = "4")]
        pub scheme: String,
        hidden {
            #[prost(string, tag = "1")]
            #[serde(deserialize_with = "super::reading::read", skip_serializing)]
            path: String,
            #[prost(message, repeated, tag = "5")]
            #[serde(deserialize_with = "super::reading::read", skip_serializing)]
            http_headers: Vec<HttpHeader>,
        }
    }
}

/// A header of a request of the kubelet, which is read and never kept.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(in crate::facts) struct HttpHeader {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "super::reading::read")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "super::reading::read")]
    pub(super) value: String,
}

impl HttpGetAction {
    /// Path and headers, and none is left.
    pub(super) fn take_request(&mut self) -> (String, Vec<HttpHeader>) {
        let path = std::mem::take(&mut self.path);
        (path, std::mem::take(&mut self.http_headers))
    }
}

object! {
    /// A connection of the kubelet.
    pub struct TcpSocketAction {
        /// The port.
        #[prost(message, required, tag = "1")]
        pub port: Port,
        /// The host; absent when it is the pod itself.
        #[prost(string, tag = "2")]
        pub host: String,
    }
}

object! {
    /// What runs after the start and before the end of a container.
    pub struct Lifecycle {
        /// After its start.
        #[prost(message, optional, tag = "1")]
        pub post_start: Option<Handler>,
        /// Before its end.
        #[prost(message, optional, tag = "2")]
        pub pre_stop: Option<Handler>,
    }
}

nullable!(
    Container,
    EphemeralContainer,
    ContainerPort,
    ResourceRequirements,
    VolumeMount,
    SecurityContext,
    Capabilities,
    SELinuxOptions,
    WindowsSecurityContextOptions,
    Profile,
    Probe,
    ExecAction,
    HttpGetAction,
    HttpHeader,
    TcpSocketAction,
    Lifecycle
);
inlined!(Handler);
