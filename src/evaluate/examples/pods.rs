//! `podProcesses:` of an example: what runs in the pods of its node.

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

/// The uid of the pod at `position`.
fn uid(position: usize) -> String {
    format!("{position:032x}")
}

/// The directories that the kubelet made.
pub(super) fn logs(processes: &[PodProcess]) -> Vec<String> {
    let name = |(position, process): (usize, &PodProcess)| {
        format!("{}_{}", process.pod.replace('/', "_"), uid(position))
    };
    processes.iter().enumerate().map(name).collect()
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
