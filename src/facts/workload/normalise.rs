//! Takes out of a pod's spec what the cluster adds or generates, so that what runs equals what was declared.
//!
//! The API server fills a template and a pod alike except for what is listed here: `SetDefaults_Pod` in Kubernetes'
//! `defaults.go` and the admission plugins ServiceAccount, DefaultTolerationSeconds and TaintNodesByCondition; the rest is
//! what the StatefulSet, DaemonSet and Job controllers write into the pods they make.

use crate::facts::objects::{
    EnvVar, Labels, PersistentVolumeClaimVolumeSource, PodSecurityContext, PodSpec, Toleration,
    Volume, VolumeProjection,
};

/// Where the API server mounts the token of a pod's service account.
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Stands for the number of the pod in the name of a StatefulSet's claim.
pub const ORDINAL: &str = "‹ordinal›";

/// Annotations of a pod that confine its containers.
const CONFINING: &[&str] = &[
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
    "seccomp.security.alpha.kubernetes.io/pod",
];

/// What the name of a pod says about its spec.
#[derive(Clone, Copy)]
pub(super) enum Name<'a> {
    /// Nothing.
    Any,
    /// It is `{set}-{number}`, a pod of a StatefulSet.
    Ordinal {
        /// The pod.
        pod: &'a str,
        /// The StatefulSet.
        set: &'a str,
    },
}

/// Normalises a spec; says whether the API server had mounted a token of the service account into it.
pub(super) fn spec(spec: &mut PodSpec, name: Name<'_>) -> bool {
    let token = token(spec);
    if let Name::Ordinal { pod, set } = name {
        claims(spec, pod, set);
    }
    spec.volumes.sort_by(|a, b| a.name.cmp(&b.name));
    spec.node_name.clear();
    spec.hostname.clear();
    spec.tolerations.retain(|toleration| !added(toleration));
    spec.enable_service_links.get_or_insert(true);
    if spec.service_account_name.is_empty() {
        "default".clone_into(&mut spec.service_account_name);
    }
    if spec.security_context.as_deref() == Some(&PodSecurityContext::default()) {
        spec.security_context = None;
    }
    for container in &mut spec.containers {
        container.env.retain(|variable| !completion_index(variable));
        if spec.host_network && container.role != "ephemeral" {
            for port in &mut container.ports {
                port.host_port = port.container_port;
            }
        }
    }
    token
}

/// The annotations that belong to a template.
pub(super) fn annotations(mut annotations: Labels) -> Labels {
    annotations.retain(|key, _| CONFINING.iter().any(|prefix| key.starts_with(prefix)));
    annotations
}

/// Adds the volumes that a StatefulSet's claims become in each pod.
pub(super) fn declare_claims<'a>(
    spec: &mut PodSpec,
    set: &str,
    claims: impl Iterator<Item = &'a str>,
) {
    for claim in claims {
        spec.volumes.retain(|volume| volume.name != claim);
        let mut volume = Volume {
            name: claim.to_owned(),
            ..Volume::default()
        };
        let claim = PersistentVolumeClaimVolumeSource {
            claim_name: format!("{claim}-{set}-{ORDINAL}"),
            read_only: false,
        };
        volume.source.persistent_volume_claim = Some(claim.into());
        spec.volumes.push(volume);
    }
}

/// Takes out the volume that the service account admission adds, with its mounts. Only a volume that holds nothing but what
/// that plugin puts there counts: a name alone hides nothing.
fn token(spec: &mut PodSpec) -> bool {
    let injected: Vec<String> = spec
        .volumes
        .extract_if(.., |volume| generated(volume))
        .map(|volume| volume.name)
        .collect();
    for container in &mut spec.containers {
        container
            .volume_mounts
            .retain(|mount| !(mount.mount_path == TOKEN_PATH && injected.contains(&mount.name)));
    }
    !injected.is_empty()
}

fn generated(volume: &Volume) -> bool {
    let Some(projected) = &volume.source.projected else {
        return false;
    };
    let usual = |source: &VolumeProjection| {
        let token = source.service_account_token.as_ref();
        let map = source.config_map.as_ref();
        source.secret.is_none()
            && source.cluster_trust_bundle.is_none()
            && source.pod_certificate.is_none()
            && token.is_none_or(|token| token.audience.is_empty())
            && map.is_none_or(|map| map.reference.name == "kube-root-ca.crt")
    };
    volume.name.starts_with("kube-api-access-") && projected.sources.iter().all(usual)
}

/// Gives the claims of a StatefulSet's pod the name they have in every pod of the set.
fn claims(spec: &mut PodSpec, pod: &str, set: &str) {
    for volume in &mut spec.volumes {
        if let Some(claim) = &mut volume.source.persistent_volume_claim
            && claim.claim_name == format!("{}-{pod}", volume.name)
        {
            claim.claim_name = format!("{}-{set}-{ORDINAL}", volume.name);
        }
    }
}

/// Tolerations of conditions of the node, which admission and the DaemonSet controller add.
fn added(toleration: &Toleration) -> bool {
    toleration.operator == "Exists" && toleration.key.starts_with("node.kubernetes.io/")
}

/// The variable that the Job controller adds to the containers of an indexed Job.
fn completion_index(variable: &EnvVar) -> bool {
    let source = variable.value_from.as_ref();
    let field = source.and_then(|source| source.field_ref.as_ref());
    variable.name == "JOB_COMPLETION_INDEX"
        && field.is_some_and(|field| {
            field
                .field_path
                .contains("batch.kubernetes.io/job-completion-index")
        })
}
