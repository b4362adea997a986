//! What the API says about control-plane components: mirror pods, and the API servers' own `/flagz` pages (KEP-4828).
//!
//! Only the structured form of `/flagz` is read (beta in Kubernetes 1.36); its text form is not meant for programs.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::credentials::Settings;
use super::instances::{self, Instance};
use super::rights::{Right, Verdict};
use super::session::Session;
use crate::facts::component::{Arguments, ComponentKind, Sighting, Via};
use crate::facts::objects::{Node, Pod};
use crate::facts::{Gap, GapReason, sighting};

/// The page.
pub(super) const PATH: &str = "/flagz";

/// The structured forms that are understood, the newest first.
const ACCEPT: &str = "application/json;as=Flagz;v=v1beta1;g=config.k8s.io, \
    application/json;as=Flagz;v=v1alpha1;g=config.k8s.io";

#[derive(Deserialize)]
struct Flagz {
    kind: String,
    flags: BTreeMap<String, String>,
}

/// A component and one place where it was seen.
pub type Seen = (ComponentKind, Sighting);

/// Asks every API server for its flags. An instance that does not tell is a gap.
pub(super) async fn api_servers(
    session: &Session,
    settings: &Settings,
    nodes: &[Node],
) -> (Vec<Seen>, Vec<Gap>) {
    let right = Right::Path(PATH);
    if right.review(session).await == Verdict::Denied {
        let mut gap = right.gap("flags of kube-apiserver", PATH);
        gap.remedy += "; or read the control-plane node with --node local";
        return (Vec::new(), vec![gap]);
    }
    let (mut seen, mut gaps) = (Vec::new(), Vec::new());
    for instance in instances::api_servers(session, settings).await {
        match flags(instance, nodes).await {
            Ok(sighting) => seen.push((ComponentKind::ApiServer, sighting)),
            Err(gap) => gaps.push(gap),
        }
    }
    (seen, gaps)
}

async fn flags(instance: Instance, nodes: &[Node]) -> Result<Sighting, Gap> {
    let Instance { name, session } = instance;
    let page = session?.get(PATH, ACCEPT).await;
    let page = page.and_then(|answer| answer.json::<Flagz>());
    let page = match page {
        Ok(page) if page.kind == "Flagz" => page,
        Ok(_) => return Err(not_served(&name)),
        Err(failure)
            if failure.code().is_some_and(|code| {
                code == http::StatusCode::NOT_FOUND || code == http::StatusCode::NOT_ACCEPTABLE
            }) =>
        {
            return Err(not_served(&name));
        }
        Err(failure) => return Err(instances::flags_gap(&failure, &name)),
    };
    // It knows best who it is: behind a load balancer its address is not the one that was asked.
    let address = page.flags.get("advertise-address").map(String::as_str);
    let asked = name
        .parse()
        .map(|asked: std::net::SocketAddr| asked.ip().to_string());
    let node = address
        .and_then(|address| instances::node_at(address, nodes))
        .or_else(|| instances::node_at(asked.as_deref().ok()?, nodes));
    Ok(Sighting {
        node: node.unwrap_or_default().to_owned(),
        via: Via::Flagz {
            instance: format!("kube-apiserver at {name}"),
        },
        arguments: Arguments::Flagz(page.flags),
        environment: Ok(BTreeMap::new()),
        version: None,
        image: None,
    })
}

fn not_served(instance: &str) -> Gap {
    Gap::new(
        "flags of kube-apiserver with their defaults",
        instance,
        GapReason::Unreachable,
        "it serves no structured /flagz (Kubernetes 1.36 does): read the control-plane node with --node local",
    )
}

/// What a mirror pod tells about the component in it.
pub(super) fn mirror_pod(pod: &Pod) -> Option<Seen> {
    let (container, argv) = pod.component().filter(|_| pod.is_mirror())?;
    let via = Via::MirrorPod {
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
    };
    sighting(&pod.spec.node_name, container, argv, via)
}
