//! What runs in pods, as the kernel sees it: under which user, with which filter of system calls, under which profile.
//!
//! A process belongs to the pod whose uid its control group names; the directory of the kubelet's logs says which pod has
//! that uid. Under the name of which workload the pod runs, only the API can say.

use std::collections::BTreeMap;

use super::Process;
use super::pods::{Names, pod_uid};
use crate::facts::component::Component;
use crate::facts::settings::Scalar;
use crate::facts::{Cell, Gap, GapReason, Lack, Listing, Place, Source, record, redact};

record! {
    /// Processes of one pod that the kernel confines alike.
    #[derive(Debug)]
    pub struct PodProcesses {
        /// The node.
        pub node: String,
        /// The namespace of the pod.
        pub namespace: String,
        /// The pod.
        pub pod: String,
        /// The workload that the pod belongs to, such as `Deployment web`.
        pub workload: Cell<String>,
        /// Which of the workload's distinct templates it runs, from 0.
        pub template: Cell<i64>,
        /// Names of up to five of their programs.
        pub programs: Vec<String>,
        /// How many they are.
        pub count: i64,
        /// Their effective uid, as the node counts: 0 is root of the node.
        pub uid as "uid": Cell<i64>,
        /// Whether their system calls are filtered.
        pub seccomp: Cell<bool>,
        /// The AppArmor profile they run under, without its mode, or their SELinux label; absent when there is none.
        pub label: Cell<String>,
    }
}

/// Names of programs are no longer.
const LONGEST: usize = 32;
/// How many programs are named.
const PROGRAMS: usize = 5;
/// The program that only holds a pod's namespaces open; it is given what the pod states, not its containers.
const SANDBOX: &str = "/pause";

/// The processes in pods of the node `node`.
pub(super) fn pod_processes(
    processes: &[Process],
    node: &str,
    kubelet: Option<&Component>,
    pods: &Result<Names, Gap>,
) -> Listing<PodProcesses> {
    let mut listing = Listing::complete(Vec::new());
    let Some(kubelet) = kubelet else {
        return listing;
    };
    if let Err(gap) = grouped(kubelet) {
        listing.lacks.push(Lack::any(gap));
    }
    let pods = match pods {
        Ok(pods) => pods,
        Err(gap) => {
            listing.lacks.push(Lack::any(gap.clone()));
            return listing;
        }
    };
    let mut rows: BTreeMap<_, PodProcesses> = BTreeMap::new();
    for process in processes {
        let Some(uid) = pod_uid(&process.cgroup) else {
            continue;
        };
        let sandbox = |argv: &Vec<String>| argv.first().is_some_and(|first| first == SANDBOX);
        if process.argv.as_ref().is_ok_and(sandbox) {
            continue;
        }
        let Some((namespace, pod)) = pods.get(&uid) else {
            listing.lacks.push(strange(&uid, node));
            continue;
        };
        let key = (namespace, pod, process.uid, process.seccomp, &process.label);
        let row = rows
            .entry(key)
            .or_insert_with(|| PodProcesses::of(node, namespace, pod, process));
        row.count += 1;
        row.name(&title(process));
    }
    listing.rows = rows.into_values().collect();
    listing.lacks.dedup();
    listing
}

/// Whether the kubelet gives each pod a control group of its own; without, nothing says whose a process is.
fn grouped(kubelet: &Component) -> Result<(), Gap> {
    match kubelet.config.get("cgroupsPerQOS") {
        Some(Cell::Value {
            value: Scalar::Bool(false),
            source,
            ..
        }) => {
            let remedy = "let the kubelet make control groups for pods (cgroupsPerQOS)";
            let what = "pods of the processes in containers";
            Err(Gap::new(
                what,
                source.to_string(),
                GapReason::Unreachable,
                remedy,
            ))
        }
        _ => Ok(()),
    }
}

fn strange(uid: &str, node: &str) -> Lack {
    let what = format!("processes of a pod with the uid {uid}");
    let remedy = "see what runs there: the kubelet has no logs of such a pod";
    Lack {
        namespace: None,
        name: Some(format!("pod {uid} on {node}")),
        gap: Gap::new(what, node, GapReason::Unreachable, remedy),
    }
}

impl PodProcesses {
    fn of(node: &str, namespace: &str, pod: &str, process: &Process) -> Self {
        let kernel = Source::from(Place::Kernel {
            node: node.to_owned(),
        });
        let place = format!("/proc/{}/status", process.pid);
        let closed = |what: &str| Gap::new(what, &*place, GapReason::Forbidden, "run as root");
        let unlisted = || {
            let remedy = "give access to the API, too";
            Gap::new("workload of a pod", pod, GapReason::NotAsked, remedy)
        };
        Self {
            node: node.to_owned(),
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            workload: Cell::Gap(unlisted()),
            template: Cell::Gap(unlisted()),
            programs: Vec::new(),
            count: 0,
            uid: match process.uid {
                Some(uid) => Cell::explicit(uid.into(), kernel.clone()),
                None => Cell::Gap(closed("user of a process")),
            },
            seccomp: match process.seccomp {
                // 0 is none, 1 strict, 2 a filter (proc(5)).
                Some(mode) => Cell::explicit(mode != 0, kernel.clone()),
                None => Cell::Gap(closed("seccomp mode of a process")),
            },
            label: match process.label.as_deref().map(profile) {
                Some(profile) if !profile.is_empty() => Cell::explicit(profile.to_owned(), kernel),
                _ => Cell::Absent { source: kernel },
            },
        }
    }

    fn name(&mut self, program: &str) {
        let known = self.programs.iter().any(|known| known == program);
        if !known && self.programs.len() < PROGRAMS {
            self.programs.push(program.to_owned());
            self.programs.sort_unstable();
        }
    }
}

/// What a process is called. A program may write anything over its command line, passwords included: the first word, and
/// that only where it looks like the name of a program.
fn title(process: &Process) -> String {
    let name = match &process.argv {
        Ok(argv) => argv.first().unwrap_or(&process.name),
        Err(_) => &process.name,
    };
    let word = name.split(' ').next().unwrap_or_default();
    let word = word
        .trim_end_matches(':')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    match word.len() <= LONGEST && word.chars().all(plain) {
        true => word.to_owned(),
        false => redact::redacted(name),
    }
}

/// `cri-containerd.apparmor.d (enforce)` without its mode.
fn profile(label: &str) -> &str {
    let label = label.trim_end_matches('\0').trim();
    label.split(" (").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_hold_no_more_than_a_name() {
        for (title_of, expected) in [
            ("/usr/sbin/nginx", "nginx"),
            ("nginx: master process /usr/sbin/nginx -g x", "nginx"),
            ("postgres: app hunter2 10.0.0.1(4711) idle", "postgres"),
            ("worker --broker=redis://:hunter2@cache/hunter2", "worker"),
            ("token=hunter2", "‹redacted, 13 bytes›"),
        ] {
            let process: Process =
                serde_json::from_value(serde_json::json!({"pid": 1, "argv": {"Ok": [title_of]}}))
                    .unwrap();
            assert_eq!(title(&process), expected, "{title_of}");
        }
    }

    #[test]
    fn a_label_is_read_without_its_mode() {
        assert_eq!(
            profile("cri-containerd.apparmor.d (enforce)\n"),
            "cri-containerd.apparmor.d"
        );
        assert_eq!(profile("unconfined"), "unconfined");
        assert_eq!(profile("\0"), "");
    }
}
