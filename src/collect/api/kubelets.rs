//! The kubelets' own `/configz` pages: the effective configuration of each, if it can prove who it is.
//!
//! A kubelet is asked directly, with the narrow right `get nodes/configz` (KEP-2862, Kubernetes 1.33); through the API
//! server it would take `nodes/proxy`, which is the right to run commands in every pod of the node. A client for a kubelet
//! trusts the cluster's authorities alone and never skips verification: TLS presents our credentials only after the
//! kubelet's certificate was verified for its address or name, so none reaches anybody else.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::credentials::{Settings, certificates};
use super::failure::Failure;
use super::harmless;
use super::rights::{Right, Scope, Verdict};
use super::session::{JSON, Session};
use crate::facts::objects::{Namespace, Node};
use crate::facts::settings::Version;
use crate::facts::{Gap, GapReason, Listing};

/// How many kubelets are asked at once.
const AT_ONCE: usize = 16;

/// The kubelet's port where the Node object does not tell.
const PORT: u16 = 10250;

/// The right, exactly.
const RIGHT: Right = Right::Resource {
    verb: "get",
    group: "",
    resource: "nodes/configz",
    scope: Scope::Cluster,
    name: None,
};

/// The first minor release whose kubelets honour it.
const SINCE: u32 = 33;

/// The `/configz` page of a kubelet. Not printable: a configuration may hold HTTP headers with credentials.
#[derive(Clone, PartialEq)]
pub struct Configz(pub Value);

impl fmt::Debug for Configz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Configz")
    }
}

/// Asks the kubelet of every node for its configuration.
pub(super) async fn configurations(
    session: &Session,
    settings: &Settings,
    nodes: &[Node],
    namespaces: &Listing<Namespace>,
) -> BTreeMap<String, Result<Configz, Gap>> {
    if settings.config.auth_info.impersonate.is_some() {
        return refused(nodes, acting);
    }
    // Whoever holds a node would hold the token. A certificate is safe: its key never leaves us.
    if shows_a_token(settings) && !harmless::is_harmless(session, namespaces).await {
        return refused(nodes, too_powerful);
    }
    if RIGHT.review(session).await == Verdict::Denied {
        return refused(nodes, denied);
    }
    let mut authorities = settings.authorities.clone();
    if !settings.config.accept_invalid_certs {
        authorities.extend(root_ca(session).await);
    }
    if authorities.is_empty() {
        return refused(nodes, unverified);
    }
    let mut config = settings.config.clone();
    config.root_cert = Some(authorities);
    config.root_cert_file = None;
    config.accept_invalid_certs = false;
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for node in nodes.iter().cloned() {
        // It is never closed, so there is always a permit to come; until then there is no task to keep.
        let permit = permits.clone().acquire_owned().await;
        let (session, config) = (session.clone(), config.clone());
        running.spawn(async move {
            let answer = ask(&session, config, &node).await;
            drop(permit);
            (node.metadata.name, answer)
        });
    }
    let mut found: BTreeMap<_, _> = BTreeMap::new();
    while let Some(done) = running.join_next().await {
        found.extend(done);
    }
    found
}

/// No kubelet is asked, for one reason.
fn refused(nodes: &[Node], why: fn(&str) -> Gap) -> BTreeMap<String, Result<Configz, Gap>> {
    let gap = |node: &Node| (node.metadata.name.clone(), Err(why(&node.metadata.name)));
    nodes.iter().map(gap).collect()
}

/// A kubelet does not know impersonation: it would answer to the user behind it.
fn acting(node: &str) -> Gap {
    gap(
        node,
        GapReason::NotAsked,
        "a kubelet is not asked with --as: leave it out, or audit the node with --node local",
    )
}

fn too_powerful(node: &str) -> Gap {
    let remedy = "a token that may do more than read kubelets' settings is not shown to nodes: use a client certificate, or audit the node with --ssh or --node local";
    gap(node, GapReason::NotAsked, remedy)
}

/// Whether requests carry something that the receiver could use itself.
fn shows_a_token(settings: &Settings) -> bool {
    let user = &settings.config.auth_info;
    user.token.is_some()
        || user.token_file.is_some()
        || user.password.is_some()
        || user.auth_provider.is_some()
}

fn denied(node: &str) -> Gap {
    let mut gap = RIGHT.gap(what(), place(node));
    gap.remedy += "; or audit the node with --node local";
    gap
}

fn unverified(node: &str) -> Gap {
    gap(
        node,
        GapReason::UnverifiedEndpoint,
        "let the kubelet serve a cluster-signed certificate (serverTLSBootstrap), or audit the node with --node local",
    )
}

fn gap(node: &str, reason: GapReason, remedy: &'static str) -> Gap {
    Gap::new(what(), place(node), reason, remedy)
}

fn what() -> &'static str {
    "kubelet configuration"
}

fn place(node: &str) -> String {
    format!("kubelet on {node}")
}

#[derive(Deserialize)]
struct RootCa {
    data: RootCaData,
}

#[derive(Deserialize)]
struct RootCaData {
    #[serde(rename = "ca.crt")]
    pem: String,
}

/// The authority that the cluster itself tells every pod to trust. It comes over the verified connection.
async fn root_ca(session: &Session) -> Vec<Vec<u8>> {
    let path = "/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt";
    let read = session.get(path, JSON).await;
    match read.and_then(|answer| answer.json::<RootCa>()) {
        Ok(map) => certificates(map.data.pem.as_bytes()),
        // The authority of the kubeconfig remains.
        Err(_) => Vec::new(),
    }
}

async fn ask(session: &Session, config: kube::Config, node: &Node) -> Result<Configz, Gap> {
    let name = node.metadata.name.as_str();
    let version = Version::parse(&node.status.node_info.kubelet_version);
    if version.is_none_or(|version| version.minor < SINCE) {
        let why = "kubelets before 1.33 show it only to those who may run commands: audit the node with --node local";
        return Err(gap(name, GapReason::NotAsked, why));
    }
    let Some(address) = address(node) else {
        let why = "the Node object has no internal address: audit the node with --node local";
        return Err(gap(name, GapReason::Unreachable, why));
    };
    // Certificates that the kubelet requests itself carry its addresses and its name.
    let mut failure = None;
    for server_name in [None, Some(name.to_owned())] {
        let mut config = config.clone();
        config.tls_server_name = server_name;
        let url = format!("https://{address}").parse();
        config.cluster_url = url.map_err(|_| unverified(name))?;
        let client = kube::Client::try_from(config).map_err(|_| unverified(name))?;
        let page = session.with(client).get("/configz", JSON).await;
        match page.and_then(|answer| answer.json::<Value>()) {
            Ok(page) => return Ok(Configz(page)),
            Err(Failure::Untrusted(cause)) => failure = Some(Failure::Untrusted(cause)),
            Err(other) => {
                failure = Some(other);
                break;
            }
        }
    }
    Err(match failure {
        Some(Failure::Untrusted(_)) | None => unverified(name),
        Some(other) if other.code() == Some(StatusCode::FORBIDDEN) => denied(name),
        Some(other) => {
            let mut gap = other.gap(what(), place(name));
            gap.remedy += "; or audit the node with --node local";
            gap
        }
    })
}

fn address(node: &Node) -> Option<SocketAddr> {
    let internal = node
        .status
        .addresses
        .iter()
        .find(|one| one.type_ == "InternalIP")?;
    let address: IpAddr = internal.address.parse().ok()?;
    let port = u16::try_from(node.status.daemon_endpoints.kubelet_endpoint.port).ok();
    Some(SocketAddr::new(
        address,
        port.filter(|port| *port != 0).unwrap_or(PORT),
    ))
}
