//! What made the cluster, told by evidence: the rows of one table, the first that holds wins.
//!
//! No single string decides where it can mislead: `-eks-` in a version is also EKS Anywhere, whose control plane belongs
//! to the user, so the provider's nodes and the absence of control-plane pods are asked for as well.

use crate::facts::objects::{Kind, Node};
use crate::facts::{Cell, Gap, GapReason, Listing, Place, Source};

/// What is known about the cluster; `None` where it could not be read.
pub(super) struct Evidence<'a> {
    /// The API server's version.
    pub version: Option<&'a str>,
    /// The host of the API server.
    pub host: &'a str,
    /// The nodes.
    pub nodes: &'a Listing<Node>,
    /// The names of the API groups.
    pub groups: Option<&'a [String]>,
    /// Whether kubeadm's ConfigMap exists.
    pub kubeadm: Option<bool>,
    /// Whether pods of a control plane run in the cluster.
    pub control_plane_pods: Option<bool>,
}

/// One piece of evidence.
enum Signal {
    /// A part of the version of the API server or of a kubelet.
    Version(&'static str),
    /// A label of a node.
    Label(&'static str),
    /// The beginning of a node's operating system.
    System(&'static str),
    /// The beginning of what the cloud calls a node.
    Provider(&'static str),
    /// An API group.
    Group(&'static str),
    /// The end of the host of the API server.
    Host(&'static str),
    /// kubeadm's ConfigMap.
    KubeadmConfig,
    /// No control plane runs in the cluster.
    NoControlPlane,
}

use Signal::{Group, Host, KubeadmConfig, Label, NoControlPlane, Provider, System, Version};

/// Distributions in the order of their certainty, each with the sets of signals of which one has to hold entirely.
/// Sources: the distributions' own documentation of labels, versions and provider ids.
const TABLE: &[(&str, &[&[Signal]])] = &[
    ("openshift", &[&[Group("config.openshift.io")]]),
    ("rke2", &[&[Version("+rke2r")]]),
    ("k3s", &[&[Version("+k3s")]]),
    ("k0s", &[&[Version("+k0s")]]),
    ("microk8s", &[&[Label("microk8s.io/cluster")]]),
    ("talos", &[&[System("Talos")]]),
    (
        "eks",
        &[
            &[Host(".eks.amazonaws.com")],
            &[Version("-eks-"), Provider("aws:///"), NoControlPlane],
        ],
    ),
    (
        "gke",
        &[&[Version("-gke."), Provider("gce://"), NoControlPlane]],
    ),
    (
        "aks",
        &[
            &[Host(".azmk8s.io")],
            &[
                Label("kubernetes.azure.com/cluster"),
                Provider("azure://"),
                NoControlPlane,
            ],
        ],
    ),
    ("kind", &[&[Provider("kind://")]]),
    ("kubeadm", &[&[KubeadmConfig]]),
];

/// The distribution with its evidence; `generic` when everything was read and nothing fits.
pub(super) fn detect(evidence: &Evidence<'_>) -> Cell<String> {
    let mut unknown = false;
    for (name, sets) in TABLE {
        for signals in *sets {
            match holds(signals, evidence) {
                Some(Some(source)) => return Cell::explicit((*name).to_owned(), source),
                Some(None) => {}
                None => unknown = true,
            }
        }
    }
    if unknown {
        return Cell::Gap(Gap::new(
            "distribution of the cluster",
            "",
            GapReason::Forbidden,
            "grant the rights to list nodes and pods, to get /apis and the ConfigMap kube-system/kubeadm-config",
        ));
    }
    let source = Source::computed("no sign of a known distribution");
    Cell::explicit("generic".to_owned(), source)
}

/// Whether all signals hold: the source of the first if so, nothing inside if not, nothing at all if it is not known.
fn holds(signals: &[Signal], evidence: &Evidence<'_>) -> Option<Option<Source>> {
    let seen: Vec<_> = signals.iter().map(|signal| signal.seen(evidence)).collect();
    if seen.iter().any(|one| matches!(one, Some(None))) {
        return Some(None);
    }
    let all: Option<Vec<_>> = seen.into_iter().collect();
    all.map(|sources| sources.into_iter().next().flatten())
}

impl Signal {
    /// Where this is seen: nothing inside when it is not there, nothing at all when that is not known.
    fn seen(&self, evidence: &Evidence<'_>) -> Option<Option<Source>> {
        let api = |path: &str| {
            Source::from(Place::Api {
                path: path.to_owned(),
            })
        };
        let when = |holds: bool, source: Source| holds.then_some(source);
        match self {
            Version(part)
                if evidence
                    .version
                    .is_some_and(|version| version.contains(part)) =>
            {
                Some(Some(api("/version")))
            }
            Version(part) => {
                let found = node(evidence, |node| {
                    node.status.node_info.kubelet_version.contains(part)
                });
                // The kubelets can have another origin than the API server, but one of the two has to be known.
                found.filter(|found| found.is_some() || evidence.version.is_some())
            }
            Label(key) => node(evidence, |node| node.metadata.labels.contains_key(key)),
            System(start) => node(evidence, |node| {
                node.status.node_info.os_image.starts_with(start)
            }),
            Provider(start) => node(evidence, |node| node.spec.provider_id.starts_with(start)),
            Group(name) => {
                let groups = evidence.groups?;
                Some(when(groups.iter().any(|group| group == name), api("/apis")))
            }
            Host(end) => Some(when(evidence.host.ends_with(end), api("/"))),
            KubeadmConfig => {
                let source = Source::from(Place::Object {
                    kind: "ConfigMap".into(),
                    namespace: "kube-system".to_owned(),
                    name: "kubeadm-config".to_owned(),
                });
                evidence.kubeadm.map(|there| when(there, source))
            }
            NoControlPlane => {
                let running = evidence.control_plane_pods?;
                Some(when(!running, api("/api/v1/pods")))
            }
        }
    }
}

/// The first node that fits; nothing at all when none does and some may be missing.
fn node(evidence: &Evidence<'_>, fits: impl Fn(&Node) -> bool) -> Option<Option<Source>> {
    let found = evidence.nodes.rows.iter().find(|node| fits(node));
    let source = found.map(|node| {
        Source::from(Place::Object {
            kind: "Node".into(),
            namespace: String::new(),
            name: node.metadata().name.clone(),
        })
    });
    (source.is_some() || evidence.nodes.is_complete()).then_some(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUPS: Option<&str> = Some("apps");

    /// Kubelet version, provider id, kubeadm-config, control-plane pods, an API group; the distribution.
    type Case = (
        &'static str,
        &'static str,
        Option<bool>,
        Option<bool>,
        Option<&'static str>,
        Option<&'static str>,
    );

    const EKS: &str = "v1.34.2-eks-113cf36";
    const AWS: &str = "aws:///eu-west-1a/i-0";
    const OPENSHIFT: Option<&str> = Some("config.openshift.io");
    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);

    #[rustfmt::skip]
    const CASES: &[Case] = &[
        ("v1.33.1+k3s1", "k3s://n1", NO, NO, GROUPS, Some("k3s")),
        (EKS, AWS, NO, NO, GROUPS, Some("eks")),
        // EKS Anywhere: the control plane belongs to the user.
        (EKS, AWS, YES, YES, GROUPS, Some("kubeadm")),
        (EKS, AWS, NO, None, GROUPS, None),
        ("v1.36.3", "", YES, YES, GROUPS, Some("kubeadm")),
        ("v1.36.3", "", NO, YES, GROUPS, Some("generic")),
        ("v1.36.3", "", None, YES, GROUPS, None),
        ("v1.36.3", "", YES, YES, None, Some("kubeadm")),
        ("v1.36.3", "", NO, YES, OPENSHIFT, Some("openshift")),
        ("v1.34.0", "kind://docker/a/b", YES, YES, GROUPS, Some("kind")),
    ];

    #[test]
    fn each_distribution_shows_by_its_own_evidence() {
        for case in CASES {
            let (kubelet, provider, kubeadm, control_plane_pods, group, wanted) = *case;
            let node = serde_json::json!({
                "metadata": {"name": "n1"},
                "spec": {"providerID": provider},
                "status": {"nodeInfo": {"kubeletVersion": kubelet}},
            });
            let nodes = Listing::complete(vec![serde_json::from_value(node).unwrap()]);
            let groups = group.map(|group| vec![group.to_owned()]);
            let evidence = Evidence {
                version: Some("1.34.2"),
                host: "10.0.0.1",
                nodes: &nodes,
                groups: groups.as_deref(),
                kubeadm,
                control_plane_pods,
            };
            let found = detect(&evidence);
            assert_eq!(found.value().map(String::as_str), wanted, "{case:?}");
        }
    }
}
