//! `podProcesses:` and `containers:` of an example: what runs in the pods of its node.

use serde::Deserialize;

use crate::facts::host::Process;

/// Where the example's kubelet keeps the logs of pods.
pub(super) const LOGS: &str = "/var/log/pods";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PodProcess {
    /// `NAMESPACE/NAME`
    pod: String,
    program: String,
    uid: Option<u32>,
    seccomp: Option<u32>,
    label: Option<String>,
}

/// `containers:` of an example: a command line, or one with the pod it runs in.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Container {
    Argv(Vec<String>),
    InPod(InPod),
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct InPod {
    argv: Vec<String>,
    /// `NAMESPACE/NAME`; without it, what control groups say of pods does not hold for it.
    pod: Option<String>,
    /// Whether a file or a URL starts the pod, and not the API.
    #[serde(default, rename = "static")]
    is_static: bool,
    /// Whether it runs in a container within a container.
    #[serde(default)]
    nested: bool,
}

impl Container {
    pub(super) fn argv(&self) -> &Vec<String> {
        match self {
            Self::Argv(argv) => argv,
            Self::InPod(container) => &container.argv,
        }
    }

    pub(super) fn depth(&self) -> u32 {
        match self {
            Self::InPod(InPod { nested: true, .. }) => 2,
            _ => 1,
        }
    }

    /// The control group of the container at `position`.
    pub(super) fn cgroup(&self, position: usize) -> String {
        let uid = self.pod(position).map(|(_, uid)| uid);
        uid.map_or_else(String::new, |uid| format!("/kubepods/pod{uid}/container"))
    }

    /// Its pod, and the uid of that: a digest of a file, or a UUID.
    fn pod(&self, position: usize) -> Option<(&str, String)> {
        let Self::InPod(InPod { pod, is_static, .. }) = self else {
            return None;
        };
        let uid = match is_static {
            true => format!("{:032x}", 4096 + position),
            false => format!("00000000-0000-4000-8000-{position:012x}"),
        };
        Some((pod.as_deref()?, uid))
    }
}

/// The uid of the pod at `position`.
fn uid(position: usize) -> String {
    format!("{position:032x}")
}

/// The directories that the kubelet made.
pub(super) fn logs(processes: &[PodProcess], containers: &[Container]) -> Vec<String> {
    let name = |pod: &str, uid: String| format!("{}_{uid}", pod.replace('/', "_"));
    let shown = processes.iter().enumerate();
    let shown = shown.map(|(at, process)| name(&process.pod, uid(at)));
    let contained = containers.iter().enumerate();
    let contained = contained.filter_map(|(at, one)| one.pod(at));
    shown
        .chain(contained.map(|(pod, uid)| name(pod, uid)))
        .collect()
}

/// The processes.
pub(super) fn processes(processes: &[PodProcess]) -> impl Iterator<Item = Process> {
    processes
        .iter()
        .enumerate()
        .map(|(position, process)| Process {
            pid: 5000 + u32::try_from(position).unwrap_or_default(),
            argv: Ok(vec![process.program.clone()]),
            name: process.program.clone(),
            uid: process.uid,
            started: None,
            depth: 1,
            seccomp: process.seccomp,
            label: process.label.clone(),
            cgroup: format!("/kubepods/pod{}/container", uid(position)),
        })
}
