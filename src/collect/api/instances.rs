//! Where the API servers of the cluster are: the addresses behind the service `kubernetes`.
//!
//! Each is asked for its own `/flagz`, not the load balancer before them, which would answer for one of them at random.

use std::net::IpAddr;

use serde::Deserialize;

use super::credentials::Settings;
use super::failure::Failure;
use super::rights::Right;
use super::session::{JSON, Session};
use crate::facts::objects::{Kind, Node};
use crate::facts::{Gap, GapReason};

/// EndpointSlices of the service `kubernetes`, which the API servers keep up to date themselves.
const PATH: &str = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices\
    ?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes&limit=500";

#[derive(Deserialize)]
struct Slices {
    items: Vec<Slice>,
}

#[derive(Deserialize)]
struct Slice {
    #[serde(default)]
    endpoints: Option<Vec<Endpoint>>,
    #[serde(default)]
    ports: Option<Vec<Port>>,
}

#[derive(Deserialize)]
struct Endpoint {
    addresses: Vec<IpAddr>,
}

#[derive(Deserialize)]
struct Port {
    name: Option<String>,
    port: Option<u16>,
}

/// An API server and the way to it.
pub(super) struct Instance {
    /// How it is called in evidence: address and port, or the server of the kubeconfig.
    pub name: String,
    /// The way to it; an instance that cannot be verified is not asked.
    pub session: Result<Session, Gap>,
}

/// The API servers of the cluster; the one we talk to, if that is all that can be known.
pub(super) async fn api_servers(session: &Session, settings: &Settings) -> Vec<Instance> {
    let addresses = addresses(session).await.unwrap_or_default();
    let connected = settings.config.cluster_url.host().unwrap_or_default();
    let connected = connected.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    if addresses.len() < 2 {
        let name = match addresses.first() {
            Some((address, port)) => shown(*address, *port),
            None => settings.server.clone(),
        };
        return vec![Instance {
            name,
            session: Ok(session.clone()),
        }];
    }
    let instance = |(address, port): (IpAddr, u16)| Instance {
        name: shown(address, port),
        session: if connected == Some(address) {
            Ok(session.clone())
        } else {
            directly(session, settings, address, port)
        },
    };
    addresses.into_iter().map(instance).collect()
}

fn shown(address: IpAddr, port: u16) -> String {
    std::net::SocketAddr::new(address, port).to_string()
}

async fn addresses(session: &Session) -> Result<Vec<(IpAddr, u16)>, Failure> {
    let slices: Slices = session.get(PATH, JSON).await?.json()?;
    let mut found = Vec::new();
    for slice in slices.items {
        let ports = slice.ports.unwrap_or_default();
        let https = ports
            .iter()
            .find(|port| port.name.as_deref() == Some("https"));
        let Some(port) = https.or(ports.first()).and_then(|port| port.port) else {
            continue;
        };
        for endpoint in slice.endpoints.unwrap_or_default() {
            found.extend(
                endpoint
                    .addresses
                    .into_iter()
                    .map(|address| (address, port)),
            );
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// A way to one API server past the load balancer. Its certificate must chain to the same authority and be for the name
/// `kubernetes`, which every API server's certificate carries; the client verifies it before it sends anything.
fn directly(
    session: &Session,
    settings: &Settings,
    address: IpAddr,
    port: u16,
) -> Result<Session, Gap> {
    let name = shown(address, port);
    let unverified = || {
        Gap::new(
            "flags of kube-apiserver",
            &name,
            GapReason::UnverifiedEndpoint,
            "give the kubeconfig the cluster's certificate-authority, or read the node with --node local",
        )
    };
    if settings.authorities.is_empty() {
        return Err(unverified());
    }
    let mut config = settings.config.clone();
    config.cluster_url = format!("https://{name}")
        .parse()
        .map_err(|_| unverified())?;
    config.tls_server_name = Some("kubernetes".to_owned());
    let client = kube::Client::try_from(config).map_err(|_| unverified())?;
    Ok(session.with(client))
}

/// The gap of the flags of an instance that could not be asked.
pub(super) fn flags_gap(failure: &Failure, instance: &str) -> Gap {
    let mut gap = match failure.code() {
        Some(http::StatusCode::FORBIDDEN) => {
            Right::Path(super::flagz::PATH).gap("flags of kube-apiserver", instance)
        }
        _ => failure.gap("flags of kube-apiserver", instance),
    };
    gap.remedy += "; or read the control-plane node with --node local";
    gap
}

/// The name of the node that has this address.
pub(super) fn node_at<'a>(address: &str, nodes: &'a [Node]) -> Option<&'a str> {
    let has = |node: &&Node| {
        node.status
            .addresses
            .iter()
            .any(|one| one.address == address)
    };
    nodes
        .iter()
        .find(has)
        .map(|node| node.metadata().name.as_str())
}
