//! NetworkPolicies, Services, Ingresses and EndpointSlices.

use super::meta::{LabelSelector, ObjectMeta};
use super::reading::{inlined, nullable, object};
use super::values::Port;

object! {
    /// A NetworkPolicy.
    pub struct NetworkPolicy {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// Whom it isolates, and what it still allows.
        #[prost(message, required, tag = "2")]
        pub spec: NetworkPolicySpec,
    }
}

object! {
    /// Whom a policy isolates, and what it still allows.
    pub struct NetworkPolicySpec {
        /// The pods it isolates.
        #[prost(message, required, tag = "1")]
        pub pod_selector: LabelSelector,
        /// What may come in.
        #[prost(message, repeated, tag = "2")]
        pub ingress: Vec<NetworkPolicyIngressRule>,
        /// What may go out.
        #[prost(message, repeated, tag = "3")]
        pub egress: Vec<NetworkPolicyEgressRule>,
        /// `Ingress`, `Egress`; absent: ingress, and egress when there are egress rules.
        #[prost(string, repeated, tag = "4")]
        pub policy_types: Vec<String>,
    }
}

object! {
    /// What may come in.
    pub struct NetworkPolicyIngressRule {
        /// To which ports; without any, to all.
        #[prost(message, repeated, tag = "1")]
        pub ports: Vec<NetworkPolicyPort>,
        /// From whom; without any, from everywhere.
        #[prost(message, repeated, tag = "2")]
        pub from: Vec<NetworkPolicyPeer>,
    }
}

object! {
    /// What may go out.
    pub struct NetworkPolicyEgressRule {
        /// To which ports; without any, to all.
        #[prost(message, repeated, tag = "1")]
        pub ports: Vec<NetworkPolicyPort>,
        /// To whom; without any, to everywhere.
        #[prost(message, repeated, tag = "2")]
        pub to: Vec<NetworkPolicyPeer>,
    }
}

object! {
    /// A port that traffic may use.
    pub struct NetworkPolicyPort {
        /// `TCP`, `UDP` or `SCTP`; absent is TCP.
        #[prost(string, optional, tag = "1")]
        pub protocol: Option<String>,
        /// The port; absent: all.
        #[prost(message, optional, tag = "2")]
        pub port: Option<Port>,
        /// The last port of a range.
        #[prost(int32, optional, tag = "3")]
        pub end_port: Option<i32>,
    }
}

object! {
    /// The other side of traffic.
    pub struct NetworkPolicyPeer {
        /// Pods.
        #[prost(message, optional, tag = "1")]
        pub pod_selector: Option<LabelSelector>,
        /// Namespaces.
        #[prost(message, optional, tag = "2")]
        pub namespace_selector: Option<LabelSelector>,
        /// Addresses.
        #[prost(message, optional, tag = "3")]
        pub ip_block: Option<IpBlock>,
    }
}

object! {
    /// A range of addresses.
    pub struct IpBlock {
        /// The range.
        #[prost(string, tag = "1")]
        pub cidr: String,
        /// Ranges within it that do not count.
        #[prost(string, repeated, tag = "2")]
        pub except: Vec<String>,
    }
}

object! {
    /// A Service.
    pub struct Service {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// How far it is exposed.
        #[prost(message, required, tag = "2")]
        pub spec: ServiceSpec,
    }
}

object! {
    /// How far a Service is exposed.
    pub struct ServiceSpec {
        /// Its ports.
        #[prost(message, repeated, tag = "1")]
        pub ports: Vec<ServicePort>,
        /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
        #[prost(string, tag = "4")]
        pub type_ as "type": String,
        /// Addresses that nodes accept for it.
        #[prost(string, repeated, tag = "5")]
        pub external_ips as "externalIPs": Vec<String>,
        /// Who may use the load balancer; without any, everybody.
        #[prost(string, repeated, tag = "9")]
        pub load_balancer_source_ranges: Vec<String>,
    }
}

object! {
    /// A port of a Service.
    pub struct ServicePort {
        /// The name.
        #[prost(string, tag = "1")]
        pub name: String,
        /// `TCP`, `UDP` or `SCTP`.
        #[prost(string, tag = "2")]
        pub protocol: String,
        /// The port of the Service.
        #[prost(int32, tag = "3")]
        pub port: i32,
        /// The port of every node; 0 when none.
        #[prost(int32, tag = "5")]
        pub node_port: i32,
    }
}

object! {
    /// An Ingress.
    pub struct Ingress {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What it routes.
        #[prost(message, required, tag = "2")]
        pub spec: IngressSpec,
    }
}

object! {
    /// What an Ingress routes.
    pub struct IngressSpec {
        /// Where everything else goes.
        #[prost(message, optional, tag = "1")]
        pub default_backend: Option<IngressBackend>,
        /// Which hosts are served over TLS.
        #[prost(message, repeated, tag = "2")]
        pub tls: Vec<IngressTls>,
        /// What goes where.
        #[prost(message, repeated, tag = "3")]
        pub rules: Vec<IngressRule>,
        /// The controller that serves it.
        #[prost(string, optional, tag = "4")]
        pub ingress_class_name: Option<String>,
    }
}

object! {
    /// Hosts served over TLS.
    pub struct IngressTls {
        /// The hosts; without any, all.
        #[prost(string, repeated, tag = "1")]
        pub hosts: Vec<String>,
        /// The Secret with the certificate.
        #[prost(string, tag = "2")]
        pub secret_name: String,
    }
}

object! {
    /// What happens to requests for a host.
    pub struct IngressRule {
        /// The host; absent: any.
        #[prost(string, tag = "1")]
        pub host: String,
        /// Where its paths go.
        #[prost(message, required, tag = "2")]
        #[serde(flatten)]
        pub value in parent: IngressRuleValue,
    }
}

object! {
    /// Where the paths of a host go.
    pub struct IngressRuleValue {
        /// Over HTTP.
        #[prost(message, optional, tag = "1")]
        pub http: Option<HttpIngressRuleValue>,
    }
}

object! {
    /// Where the paths of a host go.
    pub struct HttpIngressRuleValue {
        /// The paths.
        #[prost(message, repeated, tag = "1")]
        pub paths: Vec<HttpIngressPath>,
    }
}

object! {
    /// Where a path goes.
    pub struct HttpIngressPath {
        /// The path.
        #[prost(string, tag = "1")]
        pub path: String,
        /// Where it goes.
        #[prost(message, required, tag = "2")]
        pub backend: IngressBackend,
        /// `Exact`, `Prefix` or `ImplementationSpecific`.
        #[prost(string, optional, tag = "3")]
        pub path_type: Option<String>,
    }
}

object! {
    /// Where requests go.
    pub struct IngressBackend {
        /// A Service.
        #[prost(message, optional, tag = "4")]
        pub service: Option<IngressServiceBackend>,
    }
}

object! {
    /// A Service that answers requests.
    pub struct IngressServiceBackend {
        /// The Service.
        #[prost(string, tag = "1")]
        pub name: String,
        /// Its port.
        #[prost(message, required, tag = "2")]
        pub port: ServiceBackendPort,
    }
}

object! {
    /// A port of a Service.
    pub struct ServiceBackendPort {
        /// Its name.
        #[prost(string, tag = "1")]
        pub name: String,
        /// Its number; 0 when it is given by name.
        #[prost(int32, tag = "2")]
        pub number: i32,
    }
}

object! {
    /// An EndpointSlice.
    pub struct EndpointSlice {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// The endpoints.
        #[prost(message, repeated, tag = "2")]
        pub endpoints: Vec<Endpoint>,
        /// Their ports.
        #[prost(message, repeated, tag = "3")]
        pub ports: Vec<EndpointPort>,
        /// `IPv4`, `IPv6` or `FQDN`.
        #[prost(string, tag = "4")]
        pub address_type: String,
    }
}

object! {
    /// An endpoint of a Service.
    pub struct Endpoint {
        /// Its addresses.
        #[prost(string, repeated, tag = "1")]
        pub addresses: Vec<String>,
        /// Its state.
        #[prost(message, required, tag = "2")]
        pub conditions: EndpointConditions,
        /// The node it is on.
        #[prost(string, optional, tag = "6")]
        pub node_name: Option<String>,
    }
}

object! {
    /// The state of an endpoint.
    pub struct EndpointConditions {
        /// Whether it takes traffic; absent counts as true.
        #[prost(bool, optional, tag = "1")]
        pub ready: Option<bool>,
    }
}

object! {
    /// A port of endpoints.
    pub struct EndpointPort {
        /// Its name.
        #[prost(string, optional, tag = "1")]
        pub name: Option<String>,
        /// Its protocol.
        #[prost(string, optional, tag = "2")]
        pub protocol: Option<String>,
        /// Its number.
        #[prost(int32, optional, tag = "3")]
        pub port: Option<i32>,
    }
}

nullable!(
    NetworkPolicy,
    NetworkPolicySpec,
    NetworkPolicyIngressRule,
    NetworkPolicyEgressRule,
    NetworkPolicyPort,
    NetworkPolicyPeer,
    IpBlock,
    Service,
    ServiceSpec,
    ServicePort,
    Ingress,
    IngressSpec,
    IngressTls,
    IngressRule,
    HttpIngressRuleValue,
    HttpIngressPath,
    IngressBackend,
    IngressServiceBackend,
    ServiceBackendPort,
    EndpointSlice,
    Endpoint,
    EndpointConditions,
    EndpointPort
);
inlined!(IngressRuleValue);
