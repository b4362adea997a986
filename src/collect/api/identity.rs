//! Which cluster this is: its name and what made it.

use http::StatusCode;
use serde::Deserialize;

use super::credentials::Settings;
use super::distribution::{Evidence, detect};
use super::session::{JSON, PROTOBUF, Session};
use crate::facts::objects::{ConfigMap, Kind, Node, decode_object};
use crate::facts::{Cell, Gap, GapReason, Listing, Place, Source};

/// The name and the distribution of a cluster.
pub(super) struct Identity {
    pub name: Cell<String>,
    pub distribution: Cell<String>,
}

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
}

/// The part of kubeadm's configuration that is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kubeadm {
    cluster_name: Option<String>,
}

/// Finds out which cluster this is. `control_plane` says whether pods of one run in it, if that is known.
pub(super) async fn identify(
    session: &Session,
    settings: &Settings,
    version: &Cell<String>,
    nodes: &Listing<Node>,
    control_plane: Option<bool>,
) -> Identity {
    let (kubeadm, groups) = tokio::join!(kubeadm_config(session), groups(session));
    let evidence = Evidence {
        version: version.value().map(String::as_str),
        host: settings.config.cluster_url.host().unwrap_or_default(),
        nodes,
        groups: groups.as_deref(),
        kubeadm: kubeadm.as_ref().map(Option::is_some),
        control_plane_pods: control_plane,
    };
    Identity {
        distribution: detect(&evidence),
        name: name(kubeadm.flatten(), settings),
    }
}

async fn groups(session: &Session) -> Option<Vec<String>> {
    let answer = session.get("/apis", JSON).await.ok()?;
    let list: Groups = answer.json().ok()?;
    Some(list.groups.into_iter().map(|group| group.name).collect())
}

/// kubeadm's ConfigMap: nothing inside when there is none, nothing at all when that cannot be known.
async fn kubeadm_config(session: &Session) -> Option<Option<ConfigMap>> {
    let path = format!("{}/kubeadm-config", ConfigMap::path(Some("kube-system")));
    match session.get(&path, PROTOBUF).await {
        Ok(answer) => decode_object(&answer.body, answer.encoding).ok().map(Some),
        Err(failure) if failure.code() == Some(StatusCode::NOT_FOUND) => Some(None),
        Err(_) => None,
    }
}

fn name(kubeadm: Option<ConfigMap>, settings: &Settings) -> Cell<String> {
    let configured = kubeadm.and_then(|map| {
        let text = map.data.get("ClusterConfiguration")?;
        let kubeadm: Kubeadm = serde_yaml::from_str(text).ok()?;
        kubeadm.cluster_name.filter(|name| !name.is_empty())
    });
    if let Some(name) = configured {
        let source = Source::from(Place::Object {
            kind: ConfigMap::KIND.into(),
            namespace: "kube-system".to_owned(),
            name: "kubeadm-config".to_owned(),
        });
        return Cell::explicit(name, source);
    }
    match &settings.cluster_name {
        Some(name) => {
            let source = Source::computed("cluster of the kubeconfig");
            Cell::explicit(name.clone(), source)
        }
        None => Cell::Gap(Gap::new(
            "name of the cluster",
            "kube-system/kubeadm-config",
            GapReason::NotAsked,
            "clusters have no name of their own: use a kubeconfig, whose name for it is taken",
        )),
    }
}
