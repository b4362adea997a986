//! Which paths of its node a pod gets at: by a hostPath volume, or by a claim on a PersistentVolume that lies on the node.
//!
//! In a cluster a claim is bound to the PersistentVolume that names it in `claimRef`; manifests may name either side, or
//! leave it to the class (<https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding>).

use super::memory::home;
use super::sockets::Sockets;
use crate::facts::objects::{
    LabelSelector, PersistentVolume, PersistentVolumeClaim, PodSpec, Volume,
};
use crate::facts::workload::{ORDINAL, Template, Workload};
use crate::facts::{Cell, Facts, Gap, Lacking, Source};

crate::facts::record! {
    /// A volume that lies on the node of its pod, or may.
    #[derive(Debug)]
    pub struct NodePath {
        /// The volume of the pod.
        pub volume: String,
        /// The path on the node; absent when the volume turned out to lie elsewhere, unknown when it is not known what its claim is bound to.
        pub path: Cell<String>,
        /// Whether the path is known, and what it holds.
        pub known: bool,
        /// The PersistentVolume behind the pod's claim.
        pub persistent_volume: Option<String>,
        /// The socket of a container runtime that the path is or holds.
        pub runtime_socket: Cell<String>,
    }
}

crate::facts::record! {
    /// What a pod gets at on its node.
    #[derive(Debug, Default)]
    pub struct NodePaths {
        /// Its hostPath volumes, and the volumes that are claims.
        pub node_paths: Cell<Vec<NodePath>>,
    }
}

crate::facts::record! {
    /// What a PersistentVolume is on its node.
    #[derive(Debug, Default)]
    pub struct VolumePath {
        /// The path on the node: of a `hostPath` or `local` source.
        pub path: Cell<String>,
        /// The socket of a container runtime that the path is or holds.
        pub runtime_socket: Cell<String>,
    }
}

/// The volumes of a cluster.
pub(crate) struct Volumes<'f> {
    facts: &'f Facts,
    lacking: &'f Lacking,
    sockets: Sockets,
}

/// What is behind a claim.
enum Behind<'f> {
    /// A PersistentVolume.
    Volume(&'f PersistentVolume),
    /// Nothing so far.
    Nothing,
    Unknown(Gap),
}

/// The names that a claim can have: the controllers put the pod's into them.
struct Name<'n> {
    prefix: &'n str,
    suffix: &'n str,
    middle: Middle,
}

/// What stands between prefix and suffix.
enum Middle {
    Nothing,
    Digits,
    Any,
}

impl Name<'_> {
    fn is(&self, name: &str) -> bool {
        let middle = name.strip_prefix(self.prefix);
        let middle = middle.and_then(|rest| rest.strip_suffix(self.suffix));
        middle.is_some_and(|middle| match self.middle {
            Middle::Nothing => middle.is_empty(),
            Middle::Digits => !middle.is_empty() && middle.chars().all(|c| c.is_ascii_digit()),
            Middle::Any => true,
        })
    }
}

impl<'f> Volumes<'f> {
    pub(crate) fn new(facts: &'f Facts, lacking: &'f Lacking) -> Self {
        Self {
            facts,
            lacking,
            sockets: Sockets::new(facts),
        }
    }

    /// What a template of `workload` gets at.
    pub(crate) fn of(&self, workload: &Workload, template: &Template) -> NodePaths {
        let gap = self
            .lacking
            .among(PodSpec::schema(), &["volumes"])
            .or_else(|| self.lacking.below(Volume::schema()));
        if let Some(gap) = gap {
            return NodePaths {
                node_paths: Cell::Gap(gap.clone()),
            };
        }
        let volumes = template.spec.volumes.iter();
        let paths = volumes.filter_map(|volume| self.volume(workload, volume));
        NodePaths {
            node_paths: Cell::explicit(paths.collect(), Source::computed("volumes of the pod")),
        }
    }

    /// What a PersistentVolume is.
    pub(crate) fn of_volume(&self, volume: &PersistentVolume) -> VolumePath {
        if let Some(gap) = self.lacking.below(PersistentVolume::schema()) {
            return VolumePath {
                path: Cell::Gap(gap.clone()),
                runtime_socket: Cell::Gap(gap.clone()),
            };
        }
        let path = volume.spec.source.path();
        let source = Source::computed("source of the volume");
        VolumePath {
            path: cell(Ok(path.map(str::to_owned)), &source),
            runtime_socket: cell(self.socket(path), &source),
        }
    }

    fn volume(&self, workload: &Workload, volume: &Volume) -> Option<NodePath> {
        let source = &volume.source;
        if let Some(host_path) = &source.host_path {
            return Some(self.path(volume, Ok(Some(&host_path.path)), None));
        }
        let ephemeral = format!("-{}", volume.name);
        let name = match &source.persistent_volume_claim {
            Some(claim) => match claim.claim_name.split_once(ORDINAL) {
                Some((prefix, suffix)) => Name {
                    prefix,
                    suffix,
                    middle: Middle::Digits,
                },
                None => Name {
                    prefix: &claim.claim_name,
                    suffix: "",
                    middle: Middle::Nothing,
                },
            },
            // The claim is named after the pod, and that after its controllers.
            None if source.ephemeral.is_some() => Name {
                prefix: &workload.name,
                suffix: &ephemeral,
                middle: Middle::Any,
            },
            None => return None,
        };
        Some(match self.behind(&workload.namespace, &name) {
            Behind::Volume(found) => {
                let path = found.spec.source.path();
                self.path(volume, Ok(path), Some(&found.metadata.name))
            }
            Behind::Nothing => self.path(volume, Ok(None), None),
            Behind::Unknown(gap) => self.path(volume, Err(gap), None),
        })
    }

    fn path(&self, volume: &Volume, path: Result<Option<&str>, Gap>, of: Option<&str>) -> NodePath {
        let source = Source::computed("volumes of the pod");
        let socket = path.clone().and_then(|path| self.socket(path));
        NodePath {
            volume: volume.name.clone(),
            known: path.is_ok() && socket.is_ok(),
            path: cell(path.map(|path| path.map(str::to_owned)), &source),
            persistent_volume: of.map(str::to_owned),
            runtime_socket: cell(socket, &source),
        }
    }

    fn socket(&self, path: Option<&str>) -> Result<Option<String>, Gap> {
        path.map_or(Ok(None), |path| self.sockets.at(path))
    }

    /// What the claims called so are bound to: one that lies on a node, if any does.
    fn behind(&self, namespace: &str, name: &Name<'_>) -> Behind<'f> {
        let (volumes, claims) = (
            &self.facts.persistent_volumes,
            &self.facts.persistent_volume_claims,
        );
        let schemas = [PersistentVolume::schema(), PersistentVolumeClaim::schema()];
        if let Some(gap) = schemas.into_iter().find_map(|one| self.lacking.below(one)) {
            return Behind::Unknown(gap.clone());
        }
        let place = home(namespace);
        let here = claims.rows.iter();
        let here = here.filter(|claim| home(&claim.metadata.namespace) == place);
        let here: Vec<_> = here.filter(|claim| name.is(&claim.metadata.name)).collect();
        let bound = |volume: &&PersistentVolume| {
            let reference = volume.spec.claim_ref.as_ref();
            let by_reference = reference
                .is_some_and(|claim| home(&claim.namespace) == place && name.is(&claim.name));
            by_reference || here.iter().any(|claim| self.may_bind(claim, volume))
        };
        let found: Vec<_> = volumes.rows.iter().filter(bound).collect();
        let on_node = found.iter().find(|one| one.spec.source.path().is_some());
        match (on_node, found.first()) {
            (Some(volume), _) => Behind::Volume(volume),
            // The one volume of the one claim is known.
            (None, Some(volume)) if matches!(name.middle, Middle::Nothing) => {
                Behind::Volume(volume)
            }
            _ => {
                // A bound volume names its claim; only manifests may leave that to the claim.
                let undecided = self.facts.asked.manifests.is_some();
                let claims = claims.lack_in(Some(place)).filter(|_| undecided);
                let lack = volumes.lack_in(None).or(claims);
                lack.map_or(Behind::Nothing, |gap| Behind::Unknown(gap.clone()))
            }
        }
    }

    /// Whether a claim names the volume, or, where no cluster has decided yet, is likely to be given it: the controller takes
    /// a volume that is there before it has one made.
    fn may_bind(&self, claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
        if !claim.spec.volume_name.is_empty() {
            return claim.spec.volume_name == volume.metadata.name;
        }
        let class = claim.spec.storage_class_name.as_deref().unwrap_or_default();
        let modes = claim.spec.access_modes.iter();
        let mut modes = modes.filter(|mode| !volume.spec.access_modes.contains(mode));
        self.facts.asked.manifests.is_some()
            && volume.spec.claim_ref.is_none()
            && class == volume.spec.storage_class_name
            && modes.next().is_none()
            && claim
                .spec
                .selector
                .as_ref()
                .is_none_or(|it| selects(it, volume))
    }
}

/// Whether the volume has the labels asked for; what is asked beyond equal ones is taken to hold.
fn selects(selector: &LabelSelector, volume: &PersistentVolume) -> bool {
    let mut wanted = selector.match_labels.iter();
    wanted.all(|(key, value)| volume.metadata.labels.get(key) == Some(value))
}

fn cell(value: Result<Option<String>, Gap>, source: &Source) -> Cell<String> {
    match value {
        Ok(Some(value)) => Cell::explicit(value, source.clone()),
        Ok(None) => Cell::Absent {
            source: source.clone(),
        },
        Err(gap) => Cell::Gap(gap),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::engines::fixture;

    /// The path of the first volume of the first workload; `?` when it is not known.
    fn path(objects: &[&str], refused: &[&str]) -> Option<String> {
        let facts = fixture::world(&objects.join("\n---\n"), refused);
        let lacking = Lacking::default();
        let workload = &facts.workloads.rows[0];
        let paths = Volumes::new(&facts, &lacking).of(workload, &workload.templates[0]);
        let first = &paths.node_paths.value().unwrap()[0];
        match &first.path {
            Cell::Gap(_) => Some("?".to_owned()),
            cell => cell.value().cloned(),
        }
    }

    fn volume(claim: &str, source: &str) -> String {
        format!(
            "{{apiVersion: v1, kind: PersistentVolume, metadata: {{name: pv}}, spec: {{{source}, claimRef: {{namespace: quay, name: {claim}}}}}}}"
        )
    }

    const STATEFUL: &str = "{apiVersion: v1, kind: Pod, metadata: {name: web-0, namespace: quay, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, controller: true}]}, spec: {containers: [{name: c}], volumes: [{name: d, persistentVolumeClaim: {claimName: d-web-0}}]}, status: {phase: Running}}";
    const EPHEMERAL: &str = "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: quay}, spec: {containers: [{name: c}], volumes: [{name: d, ephemeral: {volumeClaimTemplate: {spec: {}}}}]}, status: {phase: Running}}";

    #[test]
    fn claims_that_controllers_name_are_followed() {
        let source = "hostPath: {path: /srv}";
        for (pod, claim, found) in [
            (STATEFUL, "d-web-7", Some("/srv")),
            (STATEFUL, "d-web-x-0", None),
            (STATEFUL, "d-web-", None),
            (EPHEMERAL, "web-d", Some("/srv")),
            (EPHEMERAL, "other-d", None),
        ] {
            let volume = volume(claim, source);
            assert_eq!(path(&[pod, &volume], &[]).as_deref(), found, "{claim}");
            let refused = path(&[pod], &["persistentVolumes"]);
            assert_eq!(refused.as_deref(), Some("?"));
        }
    }

    #[test]
    fn a_cluster_has_decided_what_is_bound() {
        let pod = STATEFUL
            .replace("d-web-0", "data")
            .replace("StatefulSet", "Set");
        let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, namespace: quay}, spec: {}}";
        let free = "{apiVersion: v1, kind: PersistentVolume, metadata: {name: pv}, spec: {hostPath: {path: /srv}}}";
        assert_eq!(path(&[&pod, claim, free], &[]), None, "not bound yet");
        let named = claim.replace("spec: {}", "spec: {volumeName: pv}");
        assert_eq!(path(&[&pod, &named, free], &[]).as_deref(), Some("/srv"));
        let local = volume("data", "local: {path: /mnt}");
        let refused = ["persistentVolumeClaims"];
        assert_eq!(path(&[&pod, &local], &refused).as_deref(), Some("/mnt"));
        let far = volume("data", "nfs: {server: s, path: /srv}");
        assert_eq!(path(&[&pod, &far], &refused), None);
    }
}
