//! Where components listen, and what shows to whoever connects.
//!
//! A flag says what should be; the handshake says what is: a port that speaks plain text, a certificate that is not the
//! one in the file, a client certificate that is asked for and not demanded.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use k8s_openapi::ByteString;

use super::HostFacts;
use super::settings::Settings;
use crate::facts::certificate::Certificate;
use crate::facts::component::{Component, ComponentKind};
use crate::facts::settings::Scalar;
use crate::facts::{Cell, Gap, GapReason, Lack, Place, Source, record};

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

/// How many addresses of one node are connected to. A control-plane node has about fifteen.
const ADDRESSES: usize = 64;

/// Where the components of a node listen, and what is not known of that. Of too many, the first of each component and purpose
/// come before the second of any.
pub fn listeners(facts: &HostFacts) -> (Vec<Listener>, Vec<Lack>) {
    let (mut found, mut lacks) = (Vec::new(), Vec::new());
    let mut known = BTreeSet::new();
    // How many of each component and purpose there are so far.
    let mut counts: BTreeMap<(ComponentKind, &str), usize> = BTreeMap::new();
    for component in &facts.components.rows {
        let rows = LISTENERS.iter().filter(|row| row.0 == component.kind);
        for (kind, purpose, at) in rows {
            let places = places(component, at).unwrap_or_else(|gap| {
                let name = format!("{purpose} of {} on {}", kind.binary(), component.node);
                lacks.push(Lack {
                    namespace: None,
                    name: Some(name),
                    gap,
                });
                Vec::new()
            });
            for (bound_to, port) in places {
                if !known.insert((*kind, *purpose, bound_to, port)) {
                    continue;
                }
                let count = counts.entry((*kind, purpose)).or_default();
                let listener = Listener {
                    component: *kind,
                    purpose,
                    host: reachable(&bound_to),
                    port,
                    bound_to: bound_to.to_string(),
                };
                found.push((*count, listener));
                *count += 1;
            }
        }
    }
    let (found, more) = first_of(found);
    lacks.extend((more > 0).then(|| Lack::any(too_many(more, &facts.host.node))));
    (found, lacks)
}

/// As many as are connected to, the lowest ranks first, in the order they came in; and how many more there are.
fn first_of(mut found: Vec<(usize, Listener)>) -> (Vec<Listener>, usize) {
    let all = found.len();
    if all > ADDRESSES {
        let mut ranked: Vec<(usize, usize)> =
            (0..).zip(&found).map(|(at, (r, _))| (*r, at)).collect();
        ranked.sort_unstable();
        let kept: BTreeSet<usize> = ranked[..ADDRESSES].iter().map(|(_, at)| *at).collect();
        let mut at = 0..;
        found.retain(|_| at.next().is_some_and(|at| kept.contains(&at)));
    }
    let kept: Vec<Listener> = found.into_iter().map(|(_, listener)| listener).collect();
    let more = all - kept.len();
    (kept, more)
}

fn too_many(more: usize, node: &str) -> Gap {
    Gap::new(
        format!("handshakes with {more} more addresses that components listen at"),
        format!("on {node}"),
        GapReason::Unparsable,
        "connect by hand: so many are no component's",
    )
}

fn places(component: &Component, at: &At) -> Result<Vec<(IpAddr, u16)>, Gap> {
    let settings = Settings::of(component);
    match at {
        At::Urls(name) => {
            let urls = settings.values(name, name)?.unwrap_or_default();
            let urls = urls.iter().flat_map(|urls| urls.split(','));
            let places = urls.map(|url| place(url).map_err(|()| unclear(component, name, url)));
            let places: Vec<_> = places.collect::<Result<_, _>>()?;
            Ok(places.into_iter().flatten().collect())
        }
        At::Pair([flag, field], [port_flag, port_field]) => {
            let port = match settings.value(port_flag, port_field)? {
                Some(Scalar::Int(port)) => u16::try_from(*port).unwrap_or(0),
                _ => 0,
            };
            if port == 0 {
                return Ok(Vec::new());
            }
            let address = match settings.value(flag, field)? {
                Some(Scalar::Text(text)) if !text.is_empty() => text.clone(),
                _ => Ipv4Addr::UNSPECIFIED.to_string(),
            };
            match address.parse() {
                Ok(address) => Ok(vec![(address, port)]),
                Err(_) => Err(unclear(component, flag, &address)),
            }
        }
    }
}

fn unclear(component: &Component, setting: &str, value: &str) -> Gap {
    let what = format!("address that {} listens at", component.kind.binary());
    let place = format!("{setting} = {value}");
    let remedy = "state the address as a number";
    Gap::new(what, place, GapReason::Unparsable, remedy)
}

/// `scheme://address:port`; nothing for a socket of the node, which has no port. A name other than `localhost` is not
/// looked up.
fn place(url: &str) -> Result<Option<(IpAddr, u16)>, ()> {
    let (scheme, rest) = url.trim().split_once("://").ok_or(())?;
    if matches!(scheme, "unix" | "unixs") {
        return Ok(None);
    }
    let (host, port) = rest.trim_end_matches('/').rsplit_once(':').ok_or(())?;
    let host = match host.trim_start_matches('[').trim_end_matches(']') {
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        "" => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        host => host.parse().map_err(|_| ())?,
    };
    Ok(Some((host, port.parse().map_err(|_| ())?)))
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
        // Nor is known which certificates are shown where nobody looked.
        let any = lacks.iter().filter(|lack| lack.name.is_none());
        self.certificates.lacks.extend(any.cloned());
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
    pub fn lack_answers(&mut self, gap: &Gap) {
        let (listeners, lacks) = listeners(self);
        let unknown = |listener| (listener, Answer::Unknown(gap.clone()));
        self.take_answers(listeners.into_iter().map(unknown).collect(), lacks);
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
    pub fn gap(&self, reason: GapReason, remedy: &'static str) -> Gap {
        let what = format!("handshake with {}", self.component.binary());
        Gap::new(what, self.address(), reason, remedy)
    }
}

impl Endpoint {
    fn of(node: &str, listener: &Listener, answer: Answer) -> Self {
        let source = Source::from(Place::Handshake {
            node: node.to_owned(),
            address: listener.address(),
        });
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
