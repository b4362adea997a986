//! A static pod's manifest: what it starts, and which directories of the node its containers see.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::command::masked_container;
use super::mounts::{View, join};
use super::reduce::etcd_variables;
use crate::facts::component::{container_argv, document};
use crate::facts::redact::image;

/// What is kept of a static pod.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StaticPod {
    /// Its name in the manifest; the mirror pod's has the node's name added.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its uid, if the manifest states one.
    #[serde(default)]
    pub uid: String,
    /// Its containers, without init containers.
    pub containers: Vec<StaticContainer>,
}

/// A container of a [`StaticPod`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StaticContainer {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// `command` and `args`, as far as they may be kept; variables in them are not expanded.
    pub argv: Vec<String>,
    /// The variables etcd takes for flags.
    pub environment: BTreeMap<String, String>,
    /// Directories and files of the node: (path inside, path on the node).
    pub binds: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Pod {
    kind: String,
    #[serde(default)]
    metadata: Metadata,
    spec: Spec,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    uid: String,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(default)]
    containers: Vec<Container>,
    #[serde(default)]
    volumes: Vec<Volume>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    #[serde(default)]
    name: String,
    #[serde(default)]
    image: String,
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: Vec<Variable>,
    #[serde(default)]
    volume_mounts: Vec<VolumeMount>,
}

#[derive(Deserialize)]
struct Variable {
    name: String,
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VolumeMount {
    name: String,
    mount_path: String,
    #[serde(default)]
    sub_path: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume {
    name: String,
    host_path: Option<HostPath>,
}

#[derive(Deserialize)]
struct HostPath {
    path: String,
}

impl StaticPod {
    /// Reads the parts that may be kept; nothing when it is no Pod.
    pub fn parse(text: &str) -> Option<Self> {
        let pod: Pod = serde_json::from_value(stated(document(text)?)).ok()?;
        if pod.kind != "Pod" {
            return None;
        }
        let volumes: BTreeMap<String, String> = pod
            .spec
            .volumes
            .into_iter()
            .filter_map(|volume| Some((volume.name, volume.host_path?.path)))
            .collect();
        Some(Self {
            name: pod.metadata.name,
            namespace: pod.metadata.namespace,
            uid: pod.metadata.uid,
            containers: pod
                .spec
                .containers
                .into_iter()
                .map(|container| container.keep(&volumes))
                .collect(),
        })
    }
}

/// `value` without what is null: to Go that is the same as not there.
fn stated(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let set = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(set.map(|(key, value)| (key, stated(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(stated).collect()),
        value => value,
    }
}

impl Container {
    fn keep(self, volumes: &BTreeMap<String, String>) -> StaticContainer {
        let argv = container_argv(&self.name, &self.image, &self.command, &self.args);
        StaticContainer {
            name: self.name,
            image: image(&self.image).to_owned(),
            argv: masked_container(&argv),
            environment: etcd_variables(
                self.env
                    .iter()
                    .filter_map(|variable| Some((&*variable.name, variable.value.as_deref()?))),
            ),
            binds: self
                .volume_mounts
                .into_iter()
                .filter_map(|mount| {
                    let host = volumes.get(&mount.name)?;
                    Some((mount.mount_path, join(host, &mount.sub_path)))
                })
                .collect(),
        }
    }
}

impl StaticContainer {
    /// How the container's paths relate to the node's.
    pub(super) fn view(&self) -> View {
        View::Binds(self.binds.clone())
    }
}
