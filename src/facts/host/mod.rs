//! One node, from what a reader saw of it to facts.
//!
//! [`observe`] is a pure function of a [`HostTree`]. It says what it could conclude and what it wants to see next; a
//! reader answers and asks again until nothing is wanted. So the native reader, the script over SSH, recorded fixtures
//! and the examples in checks all go through the same code, and none of them knows what Kubernetes is.

mod command;
mod containers;
mod distribution;
mod embedded;
mod endpoint;
mod file;
mod files;
mod glob;
mod identity;
mod inquiry;
mod instances;
mod kernel;
mod kubeconfig;
mod kubelet;
mod manifest;
mod matching;
mod mounts;
mod node;
mod places;
mod pods;
mod profiles;
mod reduce;
mod renewal;
mod roles;
mod settings;
mod survey;
#[cfg(test)]
mod tests;
mod tree;
mod unit;
mod units;
mod usual;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::certificate::Certificate;
use crate::facts::component::{Component, ComponentKind, Told};
use crate::facts::stored::StoredSecrets;
use crate::facts::{Cell, Gap, Lack, Listing, record};

pub use command::{Printable, masked, printable};
pub use containers::PodProcesses;
pub use endpoint::{Answer as EndpointAnswer, Endpoint, Listener, listeners};
pub use file::File;
pub use identity::Identity;
pub use kubeconfig::{Kubeconfig, document as kubeconfig_document};
pub use manifest::{StaticContainer, StaticPod};
pub use mounts::Mount;
pub use reduce::{Body, PemFile, Purpose, Unreducible, reduce};
pub use roles::Role;
pub use tree::{
    Answer, Choice, Entry, Found, HostTree, Kind, PROCESSES, Parent, Process, Request, left_out,
};
pub(crate) use unit::fuzzed as unit_of_bytes;
pub use usual::{Usual, usual};

use inquiry::Inquiry;
use instances::Instance;
use matching::{Manifests, Strangers};
use pods::{Names, Pods};
use survey::Survey;

record! {
    /// A node itself: system, kernel, security modules.
    #[derive(Debug)]
    pub struct Host {
        /// The node.
        pub node: String,
        /// What the machine calls itself.
        pub hostname: Cell<String>,
        /// The operating system, as `/etc/os-release` names it.
        pub os: Cell<String>,
        /// What made the node: kubeadm, k3s, rke2, eks, …; absent when it shows no sign of one that is known.
        #[serde(default)]
        pub distribution: Cell<String>,
        /// The release of the running kernel.
        pub kernel_release: Cell<String>,
        /// The kernel settings that the kubelet sets or demands, by name.
        pub sysctls: BTreeMap<String, Cell<i64>>,
        /// Whether AppArmor is enabled.
        pub app_armor: Cell<bool>,
        /// SELinux: `enforcing`, `permissive` or `disabled`.
        pub se_linux as "selinux": Cell<String>,
        /// Whether the kernel filters system calls.
        pub seccomp: Cell<bool>,
        /// The security modules that are on, in their order, such as `apparmor`.
        #[serde(default)]
        pub security_modules: Cell<Vec<String>>,
        /// The AppArmor profiles that are loaded, with their mode: `enforce`, `complain`, `kill`, `unconfined`, `prompt`.
        #[serde(default)]
        pub app_armor_profiles: Cell<BTreeMap<String, String>>,
        /// The seccomp profiles that pods can name as `Localhost`: files below the kubelet's `seccomp` directory.
        #[serde(default)]
        pub seccomp_profiles: Cell<Vec<String>>,
        /// `Localhost` profiles that pods on this node name and the node does not have.
        #[serde(default)]
        pub missing_profiles: Cell<Vec<String>>,
        /// The version of control groups, 1 or 2.
        pub cgroup_version: Cell<i64>,
        /// The container runtimes that run, by program.
        pub container_runtimes: Cell<Vec<String>>,
        /// The uid of a user called etcd.
        pub etcd_uid as "etcdUID": Cell<i64>,
        /// The gid of a group called etcd.
        pub etcd_gid as "etcdGID": Cell<i64>,
        hidden {
            // Who the machine says it is, whatever its facts are filed under.
            #[serde(default)]
            identity: Identity,
        }
    }
}

impl Host {
    /// Who the machine says it is, whatever its facts are filed under.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// All facts about one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostFacts {
    /// The components that run on it.
    pub components: Listing<Component>,
    /// Its files.
    pub files: Listing<File>,
    /// Its certificates.
    pub certificates: Listing<Certificate>,
    /// Where its components listen.
    pub endpoints: Listing<Endpoint>,
    /// What runs in pods.
    pub pod_processes: Listing<PodProcesses>,
    /// How Secrets lie in the node's etcd, when that was asked for.
    pub stored_secrets: Listing<StoredSecrets>,
    /// The node itself.
    pub host: Host,
    /// What was not read and belongs to none of them.
    pub gaps: Vec<Gap>,
}

/// What `tree` says about its node, and what to look at next; nothing more is wanted when the list is empty. `told` is
/// what is known of this node's components from elsewhere.
pub fn observe(tree: &HostTree, told: &Told) -> (HostFacts, Vec<Request>) {
    observe_as(tree, told, None)
}

/// The same of a machine that was asked as the node `asked`: its facts are filed under that name, whatever it says it is
/// called.
pub fn observe_as(tree: &HostTree, told: &Told, asked: Option<&str>) -> (HostFacts, Vec<Request>) {
    let mut inquiry = Inquiry::new(tree);
    let mut unread = Vec::new();
    let processes = inquiry.processes().unwrap_or_else(|gap| {
        unread.push(gap);
        &[]
    });
    unread.extend(tree.left_out.clone());
    let mut built_in = embedded::k3s(processes, &mut inquiry);
    let of_kubelet = |instance: &mut Instance| instance.kind == ComponentKind::Kubelet;
    let (kubelet, nested) = matching::kubelet(processes, &mut inquiry);
    let kubelet = kubelet.or_else(|| built_in.extract_if(.., of_kubelet).next());
    if kubelet.is_none() && unread.is_empty() {
        unread.extend(node::dormant(&mut inquiry));
        unread.extend(embedded::hidden(processes));
    }
    let (name, certified) = named(kubelet.as_ref(), &mut inquiry);
    let identity = Identity::observe(&mut inquiry, name, certified);
    let node = asked.map_or_else(|| identity.name.clone(), str::to_owned);
    let mut host = kernel::observe(&mut inquiry, &node);
    host.identity = identity;
    let mut survey = Survey::new(inquiry, &node);
    let mut machine = Machine {
        node: &node,
        told,
        processes,
        built_in,
        unread,
    };
    let mut seen = machine.components(kubelet.as_ref(), &mut survey);
    let nested = nested.filter(|_| kubelet.is_none());
    let nested = nested.map(|gap| (ComponentKind::Kubelet, gap));
    seen.strangers.lacked.extend(nested);
    places::of_node(&mut survey, &node::runtimes(processes));
    let pods = surroundings(&mut host, &seen, processes, &mut survey.inquiry);
    let (files, certificates, inquiry) = survey.finish();
    // Without processes and manifests nobody knows what runs, listens, or runs in pods.
    let open = |gap: &Gap| Lack::any(survey::located(gap.clone(), &node));
    let lacks: Vec<Lack> = machine.unread.iter().map(open).collect();
    let lacked = seen.strangers.lacked.iter();
    let lacked = lacked.map(|(kind, gap)| kind.lack(survey::located(gap.clone(), &node)));
    let hidden = seen.strangers.unclear.iter().map(open);
    let gaps = machine.unread.iter().chain(&seen.strangers.others);
    let facts = HostFacts {
        components: Listing {
            rows: seen.components,
            lacks: lacks.iter().cloned().chain(lacked).collect(),
        },
        files,
        certificates,
        endpoints: Listing {
            rows: Vec::new(),
            lacks: lacks.iter().cloned().chain(hidden).collect(),
        },
        stored_secrets: Listing::complete(Vec::new()),
        gaps: gaps
            .map(|gap| survey::located(gap.clone(), &node))
            .collect(),
        pod_processes: Listing::known(pods.rows, &[pods.lacks, lacks].concat()),
        host,
    };
    (facts, inquiry.into_requests())
}

/// What is known of a machine before its components are.
struct Machine<'m> {
    node: &'m str,
    told: &'m Told,
    processes: &'m [Process],
    /// The components that another program has built in, without the kubelet.
    built_in: Vec<Instance>,
    /// Why any number of components may be missing.
    unread: Vec<Gap>,
}

/// The components of a node.
struct Seen {
    components: Vec<Component>,
    strangers: Strangers,
    /// The node's pods, by uid.
    names: Result<Names, Gap>,
}

impl Machine<'_> {
    /// The components, the kubelet first: it says where the others' manifests are.
    fn components(&mut self, kubelet: Option<&Instance>, survey: &mut Survey<'_>) -> Seen {
        let mut components = Vec::new();
        let mut manifests = Manifests::default();
        let mut names = Ok(Names::new());
        if let Some(kubelet) = kubelet {
            let component = kubelet.observe(self.node, self.told, &mut survey.inquiry);
            places::of_component(survey, kubelet, &component);
            match kubelet::static_pods(survey, kubelet, &component) {
                Ok(found) => manifests = found,
                Err(gap) => self.unread.push(gap),
            }
            names = pods::names(&component, &mut survey.inquiry);
            components.push(component);
        }
        // Without processes and manifests nobody knows which files are used: no list of them is complete.
        for gap in &self.unread {
            survey.lack_all(gap);
        }
        let inquiry = &mut survey.inquiry;
        let known = match &names {
            Ok(names) => names.clone(),
            Err(_) => pods::usual_names(inquiry),
        };
        let pods = Pods::new(self.node, &known, self.processes);
        let (mut instances, strangers) =
            matching::others(self.processes, &manifests, &pods, inquiry);
        instances.append(&mut self.built_in);
        for instance in &instances {
            let component = instance.observe(self.node, self.told, &mut survey.inquiry);
            places::of_component(survey, instance, &component);
            components.push(component);
        }
        for gap in &strangers.unclear {
            survey.lack_all(gap);
        }
        Seen {
            components,
            strangers,
            names,
        }
    }
}

/// What is known of the machine once its components are: what made it, which profiles it has, what runs in pods.
fn surroundings(
    host: &mut Host,
    seen: &Seen,
    processes: &[Process],
    inquiry: &mut Inquiry<'_>,
) -> Listing<PodProcesses> {
    let mut kubelets = seen.components.iter();
    let own = kubelets.find(|one| one.kind == ComponentKind::Kubelet);
    host.distribution = distribution::detect(processes, &host.os, &host.node, inquiry);
    host.seccomp_profiles = profiles::of_seccomp(own, &host.node, inquiry);
    containers::pod_processes(processes, &host.node, own, &seen.names)
}

/// The node's name, and the nodes it has certificates for. The kubelet's own settings may say it, and reading them needs no
/// name.
fn named(kubelet: Option<&Instance>, inquiry: &mut Inquiry<'_>) -> (String, Vec<String>) {
    let component = kubelet.map(|kubelet| kubelet.observe("", &Told::default(), inquiry));
    node::name(kubelet.zip(component.as_ref()), inquiry)
}
