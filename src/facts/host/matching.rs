//! Which components run on a node: processes and static pod manifests, matched.
//!
//! The control group of a process names its pod, and the directory of the kubelet's logs says which pod that is: so a
//! process belongs to its manifest, to another static pod, or to an ordinary pod in which somebody runs a control plane of
//! his own. Where no control group tells, equal command lines do, and what is left over where there is one of each. What
//! cannot be told apart is not judged: the listing lacks a row of that kind.

use super::inquiry::Inquiry;
use super::instances::Instance;
use super::manifest::StaticContainer;
use super::mounts::View;
use super::pods::{Pods, is_static, pod_uid};
use super::{Process, StaticPod};
use crate::facts::component::{ComponentKind, Start};
use crate::facts::{Gap, GapReason};

/// A container of a static pod, as its manifest declares it.
pub(super) struct Declared {
    /// The manifest.
    pub(super) path: String,
    /// The pod, without its containers.
    pub(super) pod: StaticPod,
    /// The container.
    pub(super) container: StaticContainer,
}

impl Declared {
    /// The containers of the pod whose manifest lies at `path`.
    pub(super) fn all<'p>(path: &'p str, pod: &'p StaticPod) -> impl Iterator<Item = Self> + 'p {
        pod.containers.iter().map(|container| Self {
            path: path.to_owned(),
            pod: StaticPod {
                containers: Vec::new(),
                ..pod.clone()
            },
            container: container.clone(),
        })
    }
}

/// The static pods of a node.
#[derive(Default)]
pub(super) struct Manifests {
    /// Their containers.
    pub(super) containers: Vec<Declared>,
    /// Whether every manifest was read and understood.
    pub(super) complete: bool,
}

/// Components that run and have no row.
#[derive(Default)]
pub(super) struct Strangers {
    /// Those that are known to be somebody else's, beside the node's own.
    pub(super) others: Vec<Gap>,
    /// Those that may be the node's own: the listing of components lacks a row of that kind.
    pub(super) lacked: Vec<(ComponentKind, Gap)>,
    /// Why files and addresses of the node's own may be missing, too.
    pub(super) unclear: Vec<Gap>,
}

/// Whose a running component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// The node's.
    Node,
    /// Another cluster's, or that of a node within this node.
    Other,
    /// Nobody can say.
    Unclear,
}

/// What may start a component that no manifest shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tie {
    /// A program on the node itself, called like it.
    Launched,
    /// A manifest that was not read or not understood.
    Possible,
    /// Nothing.
    None,
}

/// The kubelet of this node, and the one in a container where there is no other.
pub(super) fn kubelet(
    processes: &[Process],
    inquiry: &mut Inquiry<'_>,
) -> (Option<Instance>, Option<Gap>) {
    let kind = ComponentKind::Kubelet;
    let of_kind = |process: &&Process| process.starts().is_some_and(|(one, _)| one == kind);
    let all: Vec<&Process> = processes.iter().filter(of_kind).collect();
    let own = all.iter().filter(|process| process.depth == 0);
    let itself = own
        .clone()
        .find(|process| process.component() == Some(kind));
    match itself.or_else(|| own.clone().next()) {
        Some(process) => (Some(Instance::running(kind, process, inquiry)), None),
        None => (None, all.first().map(|process| unclear(kind, process.pid))),
    }
}

/// All other components, and those that run and are not among them.
pub(super) fn others(
    processes: &[Process],
    manifests: &Manifests,
    pods: &Pods<'_>,
    inquiry: &mut Inquiry<'_>,
) -> (Vec<Instance>, Strangers) {
    let mut instances = Vec::new();
    let mut strangers = Strangers::default();
    for kind in ComponentKind::ALL {
        if kind == ComponentKind::Kubelet {
            continue;
        }
        let (running, launched) = running(kind, processes, inquiry);
        let declared = manifests.containers.iter();
        let declared = declared.filter(|one| one.container.component() == Some(kind));
        let mut found = Found {
            kind,
            running,
            declared: declared.collect(),
            pods,
        };
        found.pair();
        let tied = match launched {
            true => Tie::Launched,
            false if !manifests.complete => Tie::Possible,
            false => Tie::None,
        };
        found.settle(tied, &mut instances, &mut strangers);
    }
    (instances, strangers)
}

/// The processes of one kind, and whether a program on the node itself starts one of them in a container. A process that
/// only starts a component counts where the component itself is not to be seen.
fn running(
    kind: ComponentKind,
    processes: &[Process],
    inquiry: &mut Inquiry<'_>,
) -> (Vec<Instance>, bool) {
    let of_kind = |process: &&Process| process.starts().is_some_and(|(one, _)| one == kind);
    let all: Vec<&Process> = processes.iter().filter(of_kind).collect();
    let (itself, starters): (Vec<&Process>, Vec<&Process>) = all
        .into_iter()
        .partition(|process| process.component() == Some(kind));
    let started = |starter: &Process| {
        let same = |one: &&Process| {
            let apart = !one.cgroup.is_empty()
                && !starter.cgroup.is_empty()
                && pod_uid(&one.cgroup) != pod_uid(&starter.cgroup);
            one.depth >= starter.depth && !apart
        };
        itself.iter().copied().find(same)
    };
    let launched = starters
        .iter()
        .any(|starter| starter.depth == 0 && started(starter).is_some_and(|one| one.depth > 0));
    let alone = starters.iter().filter(|starter| started(starter).is_none());
    let all = itself.iter().chain(alone);
    let all = all.map(|process| Instance::running(kind, process, inquiry));
    (all.collect(), launched)
}

/// What was found of one kind.
struct Found<'m> {
    kind: ComponentKind,
    running: Vec<Instance>,
    /// What no process was found for yet.
    declared: Vec<&'m Declared>,
    pods: &'m Pods<'m>,
}

impl Found<'_> {
    /// Gives processes their manifests: by their pods, by equal arguments, then whichever one of each is left.
    fn pair(&mut self) {
        let pods = self.pods;
        let in_pod = |process: &Process, one: &Declared| pods.is_of(process, &one.pod);
        self.match_by(|instance, one| instance.process.as_ref().is_some_and(|p| in_pod(p, one)));
        self.match_by(|instance, one| {
            let said = instance.argv.as_ref().ok().and_then(|argv| given(argv));
            said.is_some() && said == given(&one.container.argv)
        });
        let [declared] = self.declared[..] else {
            return;
        };
        let contained = |one: &Instance| one.view != View::Host;
        let may = |one: &&Instance| contained(one) && self.may_be(one, declared);
        if self.running.iter().filter(may).count() == 1 {
            self.match_by(|instance, _| contained(instance));
        }
    }

    /// Whether a process without a manifest may come from `declared`.
    fn may_be(&self, instance: &Instance, declared: &Declared) -> bool {
        let process = instance.process.as_ref();
        instance.manifest.is_none()
            && process.is_some_and(|process| self.pods.may_be_of(process, &declared.pod))
    }

    /// Matches processes with manifests that they may come from and for which `is_same` holds.
    fn match_by(&mut self, is_same: impl Fn(&Instance, &Declared) -> bool) {
        for at in 0..self.running.len() {
            let mut declared = self.declared.iter();
            let fits = |one: &&Declared| {
                self.may_be(&self.running[at], one) && is_same(&self.running[at], one)
            };
            if let Some(found) = declared.position(fits) {
                let found = self.declared.swap_remove(found);
                self.running[at].start_by(&found.path, &found.container);
            }
        }
    }

    /// Sorts out whose each one is; `tie` says what may start one that no manifest shows.
    fn settle(self, tie: Tie, instances: &mut Vec<Instance>, strangers: &mut Strangers) {
        let owners: Vec<Owner> = self.running.iter().map(|one| self.owner(one)).collect();
        let count = |owner: Owner| owners.iter().filter(|one| **one == owner).count();
        let alone = count(Owner::Node) == 0 && count(Owner::Unclear) == 1;
        // Where control groups tell of pods, one without is a container that the node's own keeper runs.
        let outside = self.pods.shown && !self.running.iter().any(in_pod);
        let certain = alone && (outside || tie == Tie::Launched);
        let judged = certain || alone && tie == Tie::Possible;
        let unclear = count(Owner::Unclear) > 0 && !judged;
        let own = count(Owner::Node) > 0 || (!unclear && !self.declared.is_empty());
        for (instance, owner) in self.running.into_iter().zip(owners) {
            let pid = instance.process.as_ref().map_or(0, |process| process.pid);
            match owner {
                Owner::Other if own => strangers.others.push(foreign(self.kind, pid)),
                Owner::Other => strangers.lacked.push((self.kind, foreign(self.kind, pid))),
                Owner::Unclear if !certain => {
                    let gap = self::unclear(self.kind, pid);
                    strangers.lacked.push((self.kind, gap.clone()));
                    strangers.unclear.push(gap);
                    instances.extend(judged.then_some(instance));
                }
                Owner::Node | Owner::Unclear => instances.push(instance),
            }
        }
        // While something runs that may come from it, a manifest does not say what runs.
        if !unclear {
            instances.extend(self.declared.into_iter().filter_map(|one| {
                let kind = one.container.component()?;
                Some(Instance::declared(kind, &one.path, &one.container))
            }));
        }
    }

    fn owner(&self, instance: &Instance) -> Owner {
        let Some(process) = &instance.process else {
            return Owner::Node;
        };
        if instance.manifest.is_some() || instance.view == View::Host {
            return Owner::Node;
        }
        if process.depth > 1 {
            return Owner::Other;
        }
        if self.kind == ComponentKind::KubeProxy {
            return Owner::Node;
        }
        match pod_uid(&process.cgroup) {
            // What a manifest or a URL starts has a digest for a uid, everything else a UUID (pkg/kubelet/config/common.go).
            Some(uid) if is_static(&uid) => Owner::Node,
            Some(uid) => match self.pods.named(&uid) {
                // A control plane that runs in pods of the cluster itself lies in a namespace of the system.
                Some((namespace, _)) if !is_system(namespace) => Owner::Other,
                _ => Owner::Unclear,
            },
            None if process.depth == 0 => Owner::Node,
            None => Owner::Unclear,
        }
    }
}

/// The arguments of the component in a command line.
fn given(argv: &[String]) -> Option<&[String]> {
    Start::of(argv)?.arguments
}

fn in_pod(instance: &Instance) -> bool {
    let process = instance.process.as_ref();
    process.is_some_and(|process| pod_uid(&process.cgroup).is_some())
}

fn is_system(namespace: &str) -> bool {
    namespace.starts_with("kube-") || namespace.starts_with("openshift-")
}

fn foreign(kind: ComponentKind, pid: u32) -> Gap {
    Gap::new(
        format!(
            "{} in a container that no static pod of this node starts",
            kind.binary()
        ),
        format!("process {pid}"),
        GapReason::NotAsked,
        "audit the cluster it belongs to",
    )
}

fn unclear(kind: ComponentKind, pid: u32) -> Gap {
    Gap::new(
        format!(
            "whether {} in a container is the one of this node",
            kind.binary()
        ),
        format!("process {pid}"),
        GapReason::Unreachable,
        "see what starts it: no static pod of this node is known to",
    )
}
