//! Where components listen, and what shows to whoever connects.
//!
//! A flag says what should be; the handshake says what is: a port that speaks plain text, a certificate that is not the
//! one in the file, a client certificate that is asked for and not demanded.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use k8s_openapi::ByteString;

use super::HostFacts;
use crate::facts::certificate::Certificate;
use crate::facts::component::{Component, ComponentKind};
use crate::facts::settings::Scalar;
use crate::facts::{Cell, Gap, GapReason, Lack, Source, record};

record! {
    /// An address at which a component of a node listens, and what it shows to whoever connects from the node itself.
    #[derive(Debug)]
    pub struct Endpoint {
        /// The node.
        pub node: String,
        /// The component, such as `kube-apiserver`.
        pub component: String,
        /// What it is for: `serving`, `client`, `peer`, `metrics` or `readOnly`.
        pub purpose: String,
        /// The address that was connected to, such as `127.0.0.1:2379`.
        pub address: String,
        /// The address that the settings name: `0.0.0.0` and `::` are all of the node's.
        pub bound_to: String,
        /// Whether nobody but the node itself can connect.
        pub loopback: bool,
        /// Whether somebody accepts connections.
        pub answers: Cell<bool>,
        /// Whether it speaks TLS; absent when nobody answers.
        pub tls as "tls": Cell<bool>,
        /// The lowest version of TLS that it accepts: `1.0`, `1.1`, `1.2` or `1.3`; absent without TLS.
        pub lowest_version: Cell<String>,
        /// Whether it lets clients without a certificate in: `none` asked for, `requested` or `required`; absent without TLS.
        pub client_certificate: Cell<String>,
        /// SHA-256 of the certificate it shows, in hexadecimal; absent without TLS.
        pub certificate: Cell<String>,
    }
}

/// An address to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The component.
    pub component: ComponentKind,
    /// What it is for.
    pub purpose: &'static str,
    /// Where to connect, from the node itself.
    pub host: IpAddr,
    /// The port.
    pub port: u16,
    /// The address that the settings name.
    pub bound_to: String,
}

/// What connecting gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nobody listens there.
    Closed,
    /// Something that does not speak TLS.
    Plain,
    /// TLS.
    Tls {
        /// The lowest version that is accepted.
        lowest_version: Result<&'static str, Gap>,
        /// `none`, `requested` or `required`.
        client_certificate: Result<&'static str, Gap>,
        /// The certificates that were shown, the server's own first.
        chain: Vec<ByteString>,
    },
    /// It could not be found out.
    Unknown(Gap),
}

/// How settings say where a component listens.
enum At {
    /// URLs.
    Urls(&'static str),
    /// An address and a port, each as a flag or a field.
    Pair([&'static str; 2], [&'static str; 2]),
}

/// Where components listen (their reference pages; etcd's configuration options).
const LISTENERS: &[(ComponentKind, &str, At)] = &[
    (ComponentKind::ApiServer, "serving", SECURE),
    (ComponentKind::ControllerManager, "serving", SECURE),
    (ComponentKind::Scheduler, "serving", SECURE),
    (
        ComponentKind::Etcd,
        "client",
        At::Urls("listen-client-urls"),
    ),
    (
        ComponentKind::Etcd,
        "client",
        At::Urls("listen-client-http-urls"),
    ),
    (ComponentKind::Etcd, "peer", At::Urls("listen-peer-urls")),
    (
        ComponentKind::Etcd,
        "metrics",
        At::Urls("listen-metrics-urls"),
    ),
    (
        ComponentKind::Kubelet,
        "serving",
        At::Pair(["address", "address"], ["port", "port"]),
    ),
    (
        ComponentKind::Kubelet,
        "readOnly",
        At::Pair(["address", "address"], ["read-only-port", "readOnlyPort"]),
    ),
];
const SECURE: At = At::Pair(["bind-address", ""], ["secure-port", ""]);

/// Where the running components of a node listen, and what is not known of that.
pub fn listeners(facts: &HostFacts) -> (Vec<Listener>, Vec<Lack>) {
    let (mut found, mut lacks) = (Vec::new(), Vec::new());
    let running = |component: &&Component| component.pid.is_some();
    for component in facts.components.rows.iter().filter(running) {
        let rows = LISTENERS.iter().filter(|row| row.0 == component.kind);
        for (kind, purpose, at) in rows {
            match places(component, at) {
                Ok(places) => found.extend(places.into_iter().map(|(bound_to, port)| Listener {
                    component: *kind,
                    purpose,
                    host: reachable(&bound_to),
                    port,
                    bound_to: bound_to.to_string(),
                })),
                Err(gap) => lacks.push(Lack {
                    namespace: None,
                    name: Some(format!(
                        "{purpose} of {} on {}",
                        kind.binary(),
                        component.node
                    )),
                    gap,
                }),
            }
        }
    }
    (found, lacks)
}

fn places(component: &Component, at: &At) -> Result<Vec<(IpAddr, u16)>, Gap> {
    match at {
        At::Urls(name) => {
            let urls = match setting(component, name, name)? {
                Some(Scalar::List(urls)) => urls.clone(),
                Some(Scalar::Text(urls)) => urls.split(',').map(str::to_owned).collect(),
                _ => Vec::new(),
            };
            Ok(urls.iter().filter_map(|url| place(url)).collect())
        }
        At::Pair(address, port) => {
            let port = match setting(component, port[0], port[1])? {
                Some(Scalar::Int(port)) => u16::try_from(*port).unwrap_or(0),
                _ => 0,
            };
            let address = match setting(component, address[0], address[1])? {
                Some(Scalar::Text(address)) => address.parse().ok(),
                _ => None,
            };
            let all = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            Ok((port > 0)
                .then(|| (address.unwrap_or(all), port))
                .into_iter()
                .collect())
        }
    }
}

fn setting<'c>(
    component: &'c Component,
    flag: &str,
    field: &str,
) -> Result<Option<&'c Scalar>, Gap> {
    let Component { config, flags, .. } = component;
    let cell = config.get(field).or_else(|| config.get(flag));
    match cell.or_else(|| flags.get(flag)) {
        Some(Cell::Gap(gap)) => Err(gap.clone()),
        Some(Cell::Value { value, .. }) => Ok(Some(value)),
        Some(Cell::Absent { .. }) | None => Ok(None),
    }
}

/// `scheme://address:port`; a name other than `localhost` is not looked up, and a socket of the node has no port.
fn place(url: &str) -> Option<(IpAddr, u16)> {
    let (scheme, rest) = url.trim().split_once("://")?;
    if !matches!(scheme, "http" | "https") {
        return None;
    }
    let (host, port) = rest.trim_end_matches('/').rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host = match host {
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        "" => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        host => host.parse().ok()?,
    };
    Some((host, port.parse().ok()?))
}

/// Where to connect to what is bound to `address`.
fn reachable(address: &IpAddr) -> IpAddr {
    match address {
        // What is bound to all addresses of IPv6 is so to those of IPv4, unless the node has none.
        _ if address.is_unspecified() && address.is_ipv4() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        _ if address.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => *other,
    }
}

impl HostFacts {
    /// Takes what connecting to the node's [`listeners`] gave. A certificate that is shown and lies in no file is one that
    /// the cluster lives on, too.
    pub fn take_answers(&mut self, answers: Vec<(Listener, Answer)>, lacks: Vec<Lack>) {
        let node = self.host.node.clone();
        self.endpoints.lacks.extend(lacks);
        for (listener, answer) in answers {
            match &answer {
                Answer::Tls { chain, .. } => self.take_chain(&node, &listener, chain),
                // Which certificate is shown there is not known, either.
                Answer::Unknown(gap) => self.certificates.lacks.push(Lack {
                    namespace: None,
                    name: Some(format!("{} on {node}", listener.place())),
                    gap: gap.clone(),
                }),
                Answer::Closed | Answer::Plain => {}
            }
            self.endpoints
                .rows
                .push(Endpoint::of(&node, &listener, answer));
        }
    }

    fn take_chain(&mut self, node: &str, listener: &Listener, chain: &[ByteString]) {
        let place = listener.place();
        for (position, der) in (0..).zip(chain) {
            let Ok(mut certificate) = Certificate::from_der(&der.0) else {
                continue;
            };
            let known = &self.certificates.rows;
            if known
                .iter()
                .any(|one| one.fingerprint == certificate.fingerprint)
            {
                continue;
            }
            node.clone_into(&mut certificate.node);
            certificate.path.clone_from(&place);
            certificate.position = position;
            certificate.in_use = true;
            certificate.used_by.push(format!(
                "{} serving (as shown)",
                listener.component.binary()
            ));
            self.certificates.rows.push(certificate);
        }
    }

    /// Notes that nobody could connect to the node's listeners.
    pub fn lack_answers(&mut self, gap: Gap) {
        self.endpoints.lacks.push(Lack::any(gap));
    }
}

impl Listener {
    /// Address and port, as in URLs.
    pub fn address(&self) -> String {
        std::net::SocketAddr::new(self.host, self.port).to_string()
    }

    /// The component and its address.
    fn place(&self) -> String {
        format!("{} at {}", self.component.binary(), self.address())
    }

    /// A gap about it.
    pub fn gap(&self, reason: GapReason, remedy: &str) -> Gap {
        let what = format!("handshake with {}", self.component.binary());
        Gap::new(what, self.address(), reason, remedy)
    }
}

impl Endpoint {
    fn of(node: &str, listener: &Listener, answer: Answer) -> Self {
        let source = Source::Handshake {
            node: node.to_owned(),
            address: listener.address(),
        };
        let seen = |value: bool| Cell::explicit(value, source.clone());
        let text = |value: Result<&'static str, Gap>| match value {
            Ok(value) => Cell::explicit(value.to_owned(), source.clone()),
            Err(gap) => Cell::Gap(gap),
        };
        let mut endpoint = Self {
            node: node.to_owned(),
            component: listener.component.binary().to_owned(),
            purpose: listener.purpose.to_owned(),
            address: listener.address(),
            bound_to: listener.bound_to.clone(),
            loopback: listener.host.is_loopback() && listener.bound_to == listener.host.to_string(),
            answers: seen(true),
            tls: absent(&source),
            lowest_version: absent(&source),
            client_certificate: absent(&source),
            certificate: absent(&source),
        };
        match answer {
            Answer::Closed => endpoint.answers = seen(false),
            Answer::Plain => endpoint.tls = seen(false),
            Answer::Tls {
                lowest_version,
                client_certificate,
                chain,
            } => {
                endpoint.tls = seen(true);
                endpoint.lowest_version = text(lowest_version);
                endpoint.client_certificate = text(client_certificate);
                let own = chain.first().map(|der| Certificate::from_der(&der.0));
                endpoint.certificate = match own {
                    Some(Ok(own)) => Cell::explicit(own.fingerprint, source),
                    _ => {
                        let remedy = "look at the certificate by hand: none was shown that decodes";
                        Cell::Gap(listener.gap(GapReason::Unparsable, remedy))
                    }
                };
            }
            Answer::Unknown(gap) => {
                endpoint.answers = Cell::Gap(gap.clone());
                endpoint.tls = Cell::Gap(gap.clone());
                endpoint.lowest_version = Cell::Gap(gap.clone());
                endpoint.client_certificate = Cell::Gap(gap.clone());
                endpoint.certificate = Cell::Gap(gap);
            }
        }
        endpoint
    }
}

fn absent<T>(source: &Source) -> Cell<T> {
    Cell::Absent {
        source: source.clone(),
    }
}
