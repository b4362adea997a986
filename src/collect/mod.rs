//! Collectors: they read a cluster and its nodes, and hand what they saw to the normalisers of `facts`.
//!
//! A collector can only look: GET, LIST and reviews of its own rights at an API, reading on a node.

pub mod api;
mod handshake;
mod identity;
pub mod local;
pub(crate) mod manifests;
mod procfs;
pub mod ssh;
mod stop;
mod system;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use jiff::Timestamp;

use crate::facts::component::Told;
use crate::facts::host::Host;
use crate::facts::objects::Node;
use crate::facts::workload::PodIndex;
use crate::facts::{Asked, Cell, Cluster, Facts, Gap, GapReason, Listing};
use crate::target::{Access, LocalNode, Ssh, Target};
use api::ApiFacts;
use identity::{Book, Met, Verdict};

pub use api::Progress;
pub use manifests::{ManifestError, collect_manifests};
pub use stop::Stop;

/// Nothing could be collected.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The API cannot be used at all.
    #[error(transparent)]
    Api(#[from] api::ApiError),
    /// The local node cannot be read at all.
    #[error(transparent)]
    Local(#[from] local::LocalError),
    /// The system refused what every network program needs.
    #[error("starting the network runtime")]
    Runtime(#[source] io::Error),
}

impl CollectError {
    /// Whether the target did not answer, which is nobody's mistake in asking.
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::Api(error) if error.silence().is_some())
    }

    /// What to try.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Api(error) => error.hint(),
            Self::Local(_) => {
                Some("name an existing directory with --root, and run as root".to_owned())
            }
            Self::Runtime(_) => None,
        }
    }
}

/// Collects from everything that `target` names: the API first, so that what it tells of a node's components is known
/// when the node is read.
///
/// # Errors
/// When nothing is left that could be read, or what was asked for makes no sense; everything smaller is a gap.
pub fn facts(
    target: &Target,
    now: Timestamp,
    progress: &dyn Progress,
) -> Result<Facts, CollectError> {
    let asked = Asked {
        api: None,
        nodes: Vec::new(),
        namespaces: target.namespaces.clone(),
        manifests: None,
    };
    let mut facts = Facts::unrecorded(now, asked, Cluster::default());
    facts.expect_nodes();
    let (told, pods) = match &target.api {
        Some(access) => answers(&mut facts, access, target, progress)?.unzip(),
        None => (None, None),
    };
    let told = told.unwrap_or_default();
    if let Some(node) = &target.local {
        read(&mut facts, node, &told, progress)?;
    }
    if let Some(ssh) = &target.ssh {
        log_in(&mut facts, ssh, &told, progress);
    }
    if facts.cluster.distribution.value().is_none() {
        // Without an API the nodes say what made them.
        let known = |host: &&Host| host.distribution.value().is_some();
        if let Some(host) = facts.hosts.rows.iter().find(known) {
            facts.cluster.distribution = host.distribution.clone();
        }
    }
    facts.take_told(&told);
    if let Some(pods) = pods {
        facts.take_pods(&pods);
    }
    Ok(facts)
}

/// Takes what the API answers. One that does not answer is a gap where nodes are asked too: they are judged without it.
fn answers(
    facts: &mut Facts,
    access: &Access,
    target: &Target,
    progress: &dyn Progress,
) -> Result<Option<(Told, PodIndex)>, CollectError> {
    let nodes = target.local.is_some() || target.ssh.is_some();
    match ask(access, &target.namespaces, nodes, progress) {
        Ok(answer) => {
            for note in &answer.notes {
                progress.note(note);
            }
            Ok(Some(take(facts, answer)))
        }
        Err(CollectError::Api(error)) if target.names_nodes() => {
            let Some((server, gap)) = error.silence() else {
                return Err(error.into());
            };
            progress.note(&error.with_causes());
            facts.no_answer(server, &gap);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Reads nodes by SSH; one that cannot be read, or is not who was asked, is a gap.
fn log_in(facts: &mut Facts, ssh: &Ssh, told: &Told, progress: &dyn Progress) {
    let asked = ssh::collect_nodes(ssh, &facts.nodes.rows, told, progress);
    let mut shown = Vec::new();
    let mut failed = BTreeSet::new();
    for ssh::Asked { asked, node, host } in asked {
        match host {
            Ok(host) => shown.push((asked, node, host)),
            Err(gap) => {
                failed.extend(node.clone());
                facts.lack_host(node, gap);
            }
        }
    }
    let met: Vec<Met<'_>> = shown
        .iter()
        .map(|(asked, node, host)| Met {
            asked,
            node: node.as_deref(),
            key: &host.key,
            told: host.facts.host.identity(),
        })
        .collect();
    let read = facts.hosts.rows.iter().map(|host| host.node.clone());
    let book = Book::new(&facts.nodes.rows);
    let verdicts = identity::settle(&book, &met, &read.collect(), &failed);
    for ((asked, _, host), verdict) in shown.into_iter().zip(verdicts) {
        match verdict {
            Verdict::Is(node) => match host.named(&node, told) {
                Some(host) => {
                    facts.asked.nodes.push(node);
                    facts.take_host(host);
                }
                None => facts.lack_host(None, unkept(&asked)),
            },
            Verdict::Twice(node) => progress.note(&format!(
                "{asked} is node {node}, which was read already; what it showed then counts"
            )),
            Verdict::Lacks(node, gap) => {
                progress.note(&gap.place);
                facts.lack_host(node, gap);
            }
        }
    }
}

/// What should not happen: a host that was read, and cannot be filed.
fn unkept(asked: &str) -> Gap {
    Gap::new(
        format!("files and processes of {asked}"),
        "",
        GapReason::Unparsable,
        "read it alone",
    )
}

/// Asks the API on a runtime of its own, which is left behind without waiting for what still hangs in it.
fn ask(
    access: &Access,
    namespaces: &[String],
    pod_names: bool,
    progress: &dyn Progress,
) -> Result<ApiFacts, CollectError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(CollectError::Runtime)?;
    let wanted = api::Wanted {
        namespaces: namespaces.to_vec(),
        pod_names,
    };
    let answer = runtime.block_on(api::collect_api(access, &wanted, progress));
    runtime.shutdown_background();
    Ok(answer?)
}

fn read(
    facts: &mut Facts,
    node: &LocalNode,
    told: &Told,
    progress: &dyn Progress,
) -> Result<(), CollectError> {
    progress.started("this machine");
    let host = local::collect_local(node, told)?;
    progress.finished("this machine", &host.host.node);
    if let Some(gap) = identity::stranger(&Book::new(&facts.nodes.rows), host.host.identity()) {
        progress.note(&gap.place);
        facts.lack_host(Some(host.host.node), gap);
        return Ok(());
    }
    facts.asked.nodes.push(host.host.node.clone());
    facts.take_host(host);
    Ok(())
}

/// Takes over what the API gave; returns what it tells of components, and the pods that run.
fn take(facts: &mut Facts, answer: ApiFacts) -> (Told, PodIndex) {
    let ApiFacts {
        server,
        version,
        name,
        distribution,
        objects,
        components,
        kubelets,
        iam_mappings,
        gaps,
        notes: _,
    } = answer;
    let told = told(&version, &objects.nodes.rows, components.rows, kubelets);
    facts.components.lacks = components.lacks;
    facts.unlisted = gaps;
    facts.iam_mappings = iam_mappings;
    facts.asked.api = Some(server);
    facts.cluster = Cluster {
        name,
        version,
        distribution,
    };
    facts.nodes = objects.nodes;
    facts.namespaces = objects.namespaces;
    facts.pods = Listing {
        rows: objects.pods,
        lacks: objects.workloads.lacks.clone(),
    };
    facts.workloads = objects.workloads;
    facts.service_accounts = objects.service_accounts;
    facts.roles = objects.roles;
    facts.cluster_roles = objects.cluster_roles;
    facts.role_bindings = objects.role_bindings;
    facts.cluster_role_bindings = objects.cluster_role_bindings;
    facts.network_policies = objects.network_policies;
    facts.validating_webhooks = objects.validating_webhooks;
    facts.mutating_webhooks = objects.mutating_webhooks;
    facts.validating_policies = objects.validating_policies;
    facts.validating_policy_bindings = objects.validating_policy_bindings;
    facts.custom_resource_definitions = objects.custom_resource_definitions;
    facts.api_services = objects.api_services;
    facts.certificate_signing_requests = objects.certificate_signing_requests;
    facts.services = objects.services;
    facts.ingresses = objects.ingresses;
    facts.persistent_volumes = objects.persistent_volumes;
    facts.persistent_volume_claims = objects.persistent_volume_claims;
    facts.limit_ranges = objects.limit_ranges;
    (told, objects.pod_names)
}

/// Word of components, in the form in which the normalisers of nodes take it.
fn told(
    version: &Cell<String>,
    nodes: &[Node],
    sightings: Vec<api::Seen>,
    kubelets: BTreeMap<String, Result<api::Configz, Gap>>,
) -> Told {
    let mut told = Told {
        server: version.value().cloned(),
        sightings,
        ..Told::default()
    };
    for node in nodes {
        let version = &node.status.node_info.kubelet_version;
        if !version.is_empty() {
            told.kubelets
                .insert(node.metadata.name.clone(), version.clone());
        }
    }
    for (node, answer) in kubelets {
        match answer {
            Ok(page) => {
                told.configz.insert(node, page.0);
            }
            Err(gap) => {
                told.closed.insert(node, gap);
            }
        }
    }
    told
}
