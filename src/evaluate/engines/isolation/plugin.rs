//! Which network plugin runs, and whether it enforces NetworkPolicy at all: known by the images of what runs.
//!
//! Sources: the documentation of each plugin; <https://kubernetes.io/docs/concepts/cluster-administration/addons/>.

use std::collections::BTreeMap;

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

/// Whether a plugin enforces policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Enforces {
    /// Whatever it is told.
    Always,
    Never,
    /// What a flag says that is true or false, and this where it is not given.
    Switched(&'static str, bool),
    /// What the agent's flags say, which win over a ConfigMap that is not read. Cilium:
    /// <https://docs.cilium.io/en/stable/security/network/policyenforcement/>.
    Cilium,
}

use Enforces::{Always, Cilium, Never, Switched};

/// How the path of an image ends, the plugin, and whether it enforces policies.
const KNOWN: [(&str, &str, Enforces); 23] = [
    ("calico/node", "calico", Always),
    ("calico-node", "calico", Always),
    ("cilium/cilium", "cilium", Cilium),
    ("cilium/cilium-ci", "cilium", Cilium),
    ("antrea/antrea-agent-ubuntu", "antrea", Always),
    ("antrea/antrea-agent-ubi", "antrea", Always),
    ("antrea/antrea-ubuntu", "antrea", Always),
    ("weaveworks/weave-npc", "weave", Always),
    (
        "cloudnativelabs/kube-router",
        "kube-router",
        Switched("run-firewall", true),
    ),
    ("kubeovn/kube-ovn", "kube-ovn", Always),
    ("ovn-kubernetes", "ovn-kubernetes", Always),
    ("ovn-kube-u", "ovn-kubernetes", Always),
    ("containernetworking/azure-npm", "azure npm", Always),
    (
        "networking/kube-network-policies",
        "kube-network-policies",
        Always,
    ),
    ("contiv/vswitch", "contiv", Always),
    ("romana/agent", "romana", Always),
    ("noironetworks/aci-containers-host", "aci", Always),
    ("flannel-io/flannel", "flannel", Never),
    ("flannelcni/flannel", "flannel", Never),
    ("coreos/flannel", "flannel", Never),
    (
        "amazon/aws-network-policy-agent",
        "aws network policy agent",
        Switched(AWS, false),
    ),
    (
        "eks/aws-network-policy-agent",
        "aws network policy agent",
        Switched(AWS, false),
    ),
    ("amazon-k8s-cni", "amazon vpc", Switched(AWS, false)),
];

/// The agent of AWS runs on every node and does nothing until it is switched on.
const AWS: &str = "enable-network-policy";

/// What decides, in containers whose image is not known: nothing is concluded from them.
const TOLD: [&str; 2] = [AWS, "run-firewall"];

/// DaemonSets of a platform whose images are named by digest alone: namespace, name, plugin.
const PLATFORM: [(&str, &str, &str); 1] =
    [("openshift-ovn-kubernetes", "ovnkube-node", "ovn-kubernetes")];

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
        let mut found: BTreeMap<&str, Result<bool, Gap>> = BTreeMap::new();
        let mut undecided = false;
        for (workload, container) in running(facts) {
            let platform = platform(workload).map(|plugin| (plugin, Always));
            let Some((plugin, enforces)) = platform.or_else(|| known(&container.image)) else {
                undecided |= TOLD.iter().any(|flag| given(container, flag).is_some());
                continue;
            };
            let answer = enforces.by(container);
            let all = found.entry(plugin).or_insert(Ok(true));
            // Where one part of a plugin does not, it does not.
            *all = match (all.clone(), answer) {
                (Ok(false), _) | (_, Ok(false)) => Ok(false),
                (Err(gap), _) | (_, Err(gap)) => Err(gap),
                _ => Ok(true),
            };
        }
        let names = found.keys().map(|name| (*name).to_owned()).collect();
        let enforces = found.values().any(|answer| *answer == Ok(true));
        let gap = facts.workloads.lack_in(None).cloned();
        let gap = gap.or_else(|| found.values().find_map(|answer| answer.clone().err()));
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

/// The containers, but for those that only prepare, of what runs on nodes or for the whole cluster.
fn running(facts: &Facts) -> impl Iterator<Item = (&Workload, &Container)> {
    let workloads = facts.workloads.rows.iter();
    workloads
        .filter(|workload| workload.kind == "DaemonSet" || workload.kind == "Deployment")
        .flat_map(move |workload| {
            let templates = workload.templates.iter();
            let running = templates
                .filter(move |template| template.running || facts.asked.manifests.is_some());
            let containers = running.flat_map(|template| &template.spec.containers);
            containers.map(move |container| (workload, container))
        })
        .filter(|(_, container)| container.role != "init")
}

fn platform(workload: &Workload) -> Option<&'static str> {
    let is = |(namespace, name, _): &&(&str, &str, &str)| {
        workload.kind == "DaemonSet" && workload.namespace == *namespace && workload.name == *name
    };
    PLATFORM.iter().find(is).map(|(_, _, plugin)| *plugin)
}

/// What a flag says in a container: its last value, empty where it has none. Nothing where it is not given.
fn given<'c>(container: &'c Container, flag: &str) -> Option<&'c str> {
    let words: Vec<&str> = container
        .command
        .iter()
        .chain(&container.args)
        .map(String::as_str)
        .collect();
    let mut values = words.iter().enumerate().filter_map(|(at, word)| {
        let rest = word.strip_prefix("--")?.strip_prefix(flag)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value),
            None if !rest.is_empty() => None,
            None => Some(
                words
                    .get(at + 1)
                    .filter(|next| !next.starts_with('-'))
                    .copied()
                    .unwrap_or_default(),
            ),
        }
    });
    values.next_back()
}

/// The value of a flag that is true or false, as Go reads it; the default where it is not given.
fn switch(container: &Container, flag: &str, default: bool) -> Result<bool, Gap> {
    match given(container, flag) {
        None => Ok(default),
        // A word after such a flag is not its value.
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
        Some(word) if !word.starts_with('\u{2039}') => Ok(true),
        Some(_) => Err(unread(flag)),
    }
}

impl Enforces {
    fn by(self, container: &Container) -> Result<bool, Gap> {
        match self {
            Always => Ok(true),
            Never => Ok(false),
            Switched(flag, default) => switch(container, flag, default),
            Cilium => cilium(container),
        }
    }
}

/// Whatever the agent's flags leave open is in a ConfigMap.
fn cilium(container: &Container) -> Result<bool, Gap> {
    let policies = given(container, "enable-policy");
    let audit = given(container, "policy-audit-mode")
        .map(|_| switch(container, "policy-audit-mode", false));
    let objects = switch(container, "enable-k8s-networkpolicy", true);
    if policies == Some("never") || audit == Some(Ok(true)) || objects == Ok(false) {
        return Ok(false);
    }
    match (policies, audit) {
        (Some("default" | "always"), Some(Ok(false))) => objects,
        _ => Err(unread(
            "enable-policy and policy-audit-mode, which may stand in the ConfigMap cilium-config",
        )),
    }
}

fn unread(what: &str) -> Gap {
    Gap::new(
        format!("settings of the network plugin: {what}"),
        "",
        GapReason::NotAsked,
        "look at them, or try it: two pods, a policy that denies, and a connection between them",
    )
}

/// The plugin of an image, and whether it enforces policies.
fn known(image: &str) -> Option<(&'static str, Enforces)> {
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
        let enforces = date.starts_with("v20") && date >= KINDNET.1;
        return Some(("kindnet", if enforces { Always } else { Never }));
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
            ("docker.io/calico/node:v3.30.1", Some(("calico", Always))),
            (
                "quay.io/cilium/cilium:v1.18@sha256:00",
                Some(("cilium", Cilium)),
            ),
            (
                "registry:5000/mirror/cilium/cilium",
                Some(("cilium", Cilium)),
            ),
            (
                "ghcr.io/flannel-io/flannel:v0.27.0",
                Some(("flannel", Never)),
            ),
            (
                "kindest/kindnetd:v20230511-dc714da8",
                Some(("kindnet", Never)),
            ),
            (
                "kindest/kindnetd:v20250512-df8de77b",
                Some(("kindnet", Always)),
            ),
            ("kindest/kindnetd:latest", Some(("kindnet", Never))),
            ("example.com/notcalico/node", None),
            ("nginx:1.29", None),
        ];
        for (image, expected) in cases {
            assert_eq!(known(image), expected, "{image}");
        }
    }

    #[test]
    fn what_a_plugin_is_told_decides() {
        let by = |image: &str, args: &[&str]| {
            let container = Container {
                args: args.iter().map(|&word| word.to_owned()).collect(),
                ..Container::default()
            };
            known(image).map(|(_, enforces)| enforces.by(&container).ok())
        };
        let agent =
            "602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon/aws-network-policy-agent:v1.2";
        let router = "docker.io/cloudnativelabs/kube-router";
        let cilium = "quay.io/cilium/cilium:v1.18";
        for (image, args, wanted) in [
            (agent, &[][..], Some(false)),
            (agent, &["--enable-network-policy=true"], Some(true)),
            (agent, &["--enable-network-policy", "--v=1"], Some(true)),
            (
                agent,
                &["--enable-network-policy=true", "--enable-network-policy=F"],
                Some(false),
            ),
            (
                agent,
                &["--enable-network-policy=‹redacted, 4 bytes›"],
                None,
            ),
            (router, &[], Some(true)),
            (router, &["--run-firewall=false"], Some(false)),
            (cilium, &[], None),
            (cilium, &["--config-dir=/tmp/cilium/config-map"], None),
            (cilium, &["--enable-policy=never"], Some(false)),
            (cilium, &["--enable-policy", "never"], Some(false)),
            (cilium, &["--policy-audit-mode"], Some(false)),
            (cilium, &["--enable-k8s-networkpolicy=false"], Some(false)),
            (cilium, &["--enable-policy=always"], None),
            (
                cilium,
                &["--enable-policy=default", "--policy-audit-mode=false"],
                Some(true),
            ),
        ] {
            assert_eq!(by(image, args), Some(wanted), "{image} {args:?}");
        }
    }
}
