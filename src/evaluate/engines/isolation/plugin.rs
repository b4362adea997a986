//! Which network plugin runs, and whether it enforces NetworkPolicy at all: known by the images of what runs.
//!
//! Sources: the documentation of each plugin; <https://kubernetes.io/docs/concepts/cluster-administration/addons/>.

use crate::facts::objects::Container;
use crate::facts::workload::Workload;
use crate::facts::{Cell, Facts, Gap, GapReason, Lacking, Source};

crate::facts::record! {
    /// The network of the cluster.
    #[derive(Debug, Default)]
    pub struct Network {
        /// The network plugins that run, such as `calico`; absent when none is known among what runs.
        pub network_plugins: Cell<Vec<String>>,
        /// Whether anything enforces network policies, as its defaults have it.
        pub network_policies_enforced: Cell<bool>,
    }
}

/// How the path of an image ends, the plugin, and whether it enforces policies unless told otherwise.
const KNOWN: [(&str, &str, bool); 21] = [
    ("calico/node", "calico", true),
    ("calico-node", "calico", true),
    ("cilium/cilium", "cilium", true),
    ("cilium/cilium-ci", "cilium", true),
    ("antrea/antrea-agent-ubuntu", "antrea", true),
    ("antrea/antrea-ubuntu", "antrea", true),
    ("weaveworks/weave-npc", "weave", true),
    ("cloudnativelabs/kube-router", "kube-router", true),
    ("kubeovn/kube-ovn", "kube-ovn", true),
    ("ovn-kubernetes", "ovn-kubernetes", true),
    ("ovn-kube-u", "ovn-kubernetes", true),
    ("containernetworking/azure-npm", "azure npm", true),
    (
        "networking/kube-network-policies",
        "kube-network-policies",
        true,
    ),
    ("contiv/vswitch", "contiv", true),
    ("romana/agent", "romana", true),
    ("noironetworks/aci-containers-host", "aci", true),
    ("flannel-io/flannel", "flannel", false),
    ("flannelcni/flannel", "flannel", false),
    ("coreos/flannel", "flannel", false),
    ("eks/amazon-k8s-cni", "amazon vpc", false),
    ("amazon-k8s-cni", "amazon vpc", false),
];

/// Parts that enforce policies or not as they are told: whoever has one of these flags is not known to.
///
/// The agent of AWS runs on every node and does nothing until it is switched on; kube-router's firewall can be off.
const TOLD: [&str; 2] = ["--enable-network-policy", "--run-firewall"];

/// kindnet enforces policies since this release; its images are tagged `vYYYYMMDD-COMMIT`.
const KINDNET: (&str, &str) = ("kindest/kindnetd", "v20240813");

impl Network {
    pub(crate) fn of(facts: &Facts, lacking: &Lacking) -> Self {
        if let Some(gap) = lacking.below(Workload::schema()) {
            return Self {
                network_plugins: Cell::Gap(gap.clone()),
                network_policies_enforced: Cell::Gap(gap.clone()),
            };
        }
        let plain = running(facts).filter(|container| !told(container));
        let mut found: Vec<(&str, bool)> = plain
            .filter_map(|container| known(&container.image))
            .collect();
        found.sort_unstable();
        found.dedup();
        let names = found.iter().map(|(name, _)| (*name).to_owned()).collect();
        let enforces = found.iter().any(|(_, enforces)| *enforces);
        let undecided = running(facts).any(told);
        let gap = facts.workloads.lack_in(None).cloned();
        let gap = gap.or_else(|| (found.is_empty() || undecided).then(unrecognised));
        Self {
            network_plugins: match &gap {
                Some(gap) if found.is_empty() => Cell::Gap(gap.clone()),
                _ => Cell::explicit(names, source()),
            },
            network_policies_enforced: match gap {
                Some(gap) if !enforces => Cell::Gap(gap),
                _ => Cell::explicit(enforces, source()),
            },
        }
    }
}

/// The containers of what runs on nodes or for the whole cluster.
fn running(facts: &Facts) -> impl Iterator<Item = &Container> {
    let workloads = facts.workloads.rows.iter();
    workloads
        .filter(|workload| workload.kind == "DaemonSet" || workload.kind == "Deployment")
        .flat_map(|workload| &workload.templates)
        .filter(move |template| template.running || facts.asked.manifests.is_some())
        .flat_map(|template| &template.spec.containers)
}

/// Whether a flag decides, whose value is not looked at.
fn told(container: &Container) -> bool {
    let mut words = container.command.iter().chain(&container.args);
    words.any(|word| TOLD.iter().any(|flag| word.starts_with(flag)))
}

/// The plugin of an image, and whether it enforces policies.
fn known(image: &str) -> Option<(&'static str, bool)> {
    let name = image.split('@').next().unwrap_or(image);
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (name, ""),
    };
    let ends = |known: &str| {
        let rest = path.strip_suffix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    if ends(KINDNET.0) {
        let date = tag.get(..KINDNET.1.len()).unwrap_or_default();
        return Some(("kindnet", date.starts_with("v20") && date >= KINDNET.1));
    }
    let plugin = KNOWN.iter().find(|(known, _, _)| ends(known));
    plugin.map(|(_, plugin, enforces)| (*plugin, *enforces))
}

fn unrecognised() -> Gap {
    Gap::new(
        "whether the network plugin enforces policies",
        "",
        GapReason::NotAsked,
        "try it: two pods, a policy that denies, and a connection between them",
    )
}

fn source() -> Source {
    Source::computed("images of the network plugin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_are_known_by_their_images() {
        let cases = [
            ("docker.io/calico/node:v3.30.1", Some(("calico", true))),
            (
                "quay.io/cilium/cilium:v1.18@sha256:00",
                Some(("cilium", true)),
            ),
            ("registry:5000/mirror/cilium/cilium", Some(("cilium", true))),
            (
                "ghcr.io/flannel-io/flannel:v0.27.0",
                Some(("flannel", false)),
            ),
            (
                "kindest/kindnetd:v20230511-dc714da8",
                Some(("kindnet", false)),
            ),
            (
                "kindest/kindnetd:v20250512-df8de77b",
                Some(("kindnet", true)),
            ),
            ("kindest/kindnetd:latest", Some(("kindnet", false))),
            ("example.com/notcalico/node", None),
            ("nginx:1.29", None),
        ];
        for (image, expected) in cases {
            assert_eq!(known(image), expected, "{image}");
        }
    }
}
