//! Whose pod a process belongs to.
//!
//! A process belongs to the pod whose uid its control group names; the directory of the kubelet's logs says which pod has
//! that uid. A static pod's is a digest of its manifest, and it is called after its node.

use std::collections::BTreeMap;

use super::inquiry::Inquiry;
use super::{Process, StaticPod};
use crate::facts::component::Component;
use crate::facts::settings::Scalar;
use crate::facts::{Cell, Gap};

/// Namespace and name of pods, by uid.
pub(super) type Names = BTreeMap<String, (String, String)>;

/// Where a kubelet puts the logs of pods when its configuration does not say.
const LOGS: &str = "/var/log/pods";

/// The pods of a node.
pub(super) struct Pods<'n> {
    pub(super) node: &'n str,
    pub(super) names: &'n Names,
    /// Whether control groups tell of pods here, so that a process without one is in none.
    pub(super) shown: bool,
}

impl<'n> Pods<'n> {
    /// Those of the node called `node`, by the control groups of its processes.
    pub(super) fn new(node: &'n str, names: &'n Names, processes: &[Process]) -> Self {
        let mut groups = processes.iter().map(|process| &process.cgroup);
        Self {
            node,
            names,
            shown: groups.any(|group| pod_uid(group).is_some()),
        }
    }

    /// Namespace and name of the pod with this uid.
    pub(super) fn named(&self, uid: &str) -> Option<&(String, String)> {
        self.names.get(uid)
    }

    /// Whether `process` is known to run in the static pod `pod`.
    pub(super) fn is_of(&self, process: &Process, pod: &StaticPod) -> bool {
        pod_uid(&process.cgroup).is_some_and(|uid| self.tells(&uid, pod) == Some(true))
    }

    /// Whether `process` is not known to run elsewhere than in the static pod `pod`.
    pub(super) fn may_be_of(&self, process: &Process, pod: &StaticPod) -> bool {
        let Some(uid) = pod_uid(&process.cgroup) else {
            return process.depth <= 1 && !self.shown;
        };
        process.depth <= 1 && self.tells(&uid, pod).unwrap_or_else(|| is_static(&uid))
    }

    /// Whether the pod with this uid is `pod`; nothing when that is not known.
    fn tells(&self, uid: &str, pod: &StaticPod) -> Option<bool> {
        if !pod.uid.is_empty() {
            return Some(pod.uid == uid);
        }
        let (namespace, name) = self.named(uid)?;
        let declared = match pod.namespace.as_str() {
            "" => "default",
            namespace => namespace,
        };
        Some(namespace == declared && *name == format!("{}-{}", pod.name, self.node))
    }
}

/// Whether a uid is that of a static pod: the digest of a manifest, and no UUID.
pub(super) fn is_static(uid: &str) -> bool {
    uid.len() == 32
}

/// Namespace and name of each pod that has logs on the node of `kubelet`, by uid: `NAMESPACE_NAME_UID`.
pub(super) fn names(kubelet: &Component, inquiry: &mut Inquiry<'_>) -> Result<Names, Gap> {
    let directory = match kubelet.config.get("podLogsDir") {
        Some(Cell::Value {
            value: Scalar::Text(path),
            ..
        }) if !path.is_empty() => path.clone(),
        Some(Cell::Gap(gap)) => return Err(gap.clone()),
        _ => LOGS.to_owned(),
    };
    listed(&directory, inquiry)
}

/// The pods that have logs where they usually are. A uid is that of one pod only, so what is found there is true, even if
/// the kubelet may use another directory by now.
pub(super) fn usual_names(inquiry: &mut Inquiry<'_>) -> Names {
    listed(LOGS, inquiry).unwrap_or_default()
}

fn listed(directory: &str, inquiry: &mut Inquiry<'_>) -> Result<Names, Gap> {
    let names = inquiry.names(directory)?.unwrap_or_default();
    let parts = names.iter().filter_map(|name| {
        let (name, uid) = name.rsplit_once('_')?;
        let (namespace, pod) = name.split_once('_')?;
        Some((uid.to_owned(), (namespace.to_owned(), pod.to_owned())))
    });
    Ok(parts.collect())
}

/// The uid in the path of a pod's control group: `…/pod1234-…/…`, or with `_` for `-` in the names of systemd's slices.
pub(super) fn pod_uid(cgroup: &str) -> Option<String> {
    let segment = |segment: &str| {
        let name = segment.strip_suffix(".slice").unwrap_or(segment);
        let uid = name
            .rsplit_once("pod")
            .map(|(_, uid)| uid.replace('_', "-"))?;
        let digits = |c: char| c.is_ascii_hexdigit() || c == '-';
        (matches!(uid.len(), 32 | 36) && uid.chars().all(digits)).then_some(uid)
    };
    // The innermost: a node within a node has both.
    cgroup.split('/').rev().find_map(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_groups_name_their_pod() {
        let uid = "0f8fad5b-d9cb-469f-a165-70867728950e";
        for (cgroup, expected) in [
            (
                "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod0f8fad5b_d9cb_469f_a165_70867728950e.slice/cri-containerd-abc.scope",
                Some(uid),
            ),
            (
                "/kubepods/burstable/pod0f8fad5b-d9cb-469f-a165-70867728950e/abc",
                Some(uid),
            ),
            (
                "/kubepods/pod0123456789abcdef0123456789abcdef/x",
                Some("0123456789abcdef0123456789abcdef"),
            ),
            ("/kubepods/podman/x", None),
            ("/system.slice/kubelet.service", None),
            ("", None),
        ] {
            assert_eq!(pod_uid(cgroup).as_deref(), expected, "{cgroup}");
        }
    }
}
