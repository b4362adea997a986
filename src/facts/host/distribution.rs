//! What made a node, told by what is on it. The API tells of the cluster; this tells where it cannot be asked, and of
//! nodes that differ.

use super::Process;
use super::inquiry::{Inquiry, Look, found};
use crate::facts::{Cell, Place, Source};

/// A sign of a distribution.
enum Sign {
    /// A program that runs on the node itself.
    Program(&'static str),
    /// Something at a path.
    Path(&'static str),
    /// The beginning of the operating system's name.
    System(&'static str),
}

use Sign::{Path, Program, System};

/// Distributions by the signs that each leaves, the surest first; any one will do. Sources: the distributions' own
/// documentation of where they put things.
const TABLE: &[(&str, &[Sign])] = &[
    (
        "openshift",
        &[
            System("Red Hat Enterprise Linux CoreOS"),
            Path("/etc/kubernetes/static-pod-resources"),
        ],
    ),
    (
        "rke2",
        &[Program("rke2"), Path("/var/lib/rancher/rke2/agent")],
    ),
    ("k3s", &[Program("k3s"), Path("/var/lib/rancher/k3s/agent")]),
    ("k0s", &[Program("k0s"), Path("/var/lib/k0s/kubelet")]),
    (
        "microk8s",
        &[Program("kubelite"), Path("/var/snap/microk8s/current")],
    ),
    ("talos", &[System("Talos")]),
    ("eks", &[Path("/etc/eks"), System("Bottlerocket")]),
    ("gke", &[Path("/home/kubernetes/kubelet-config.yaml")]),
    ("aks", &[Path("/etc/kubernetes/azure.json")]),
    ("kops", &[Path("/opt/kops"), Path("/var/cache/nodeup")]),
    ("kubeadm", &[Path("/var/lib/kubelet/kubeadm-flags.env")]),
];

/// The distribution of this node; absent when it shows no sign of one that is known.
pub(super) fn detect(
    processes: &[Process],
    os: &Cell<String>,
    node: &str,
    inquiry: &mut Inquiry<'_>,
) -> Cell<String> {
    let source = Source::from(Place::Kernel {
        node: node.to_owned(),
    });
    let mut open = None;
    for (name, signs) in TABLE {
        for sign in *signs {
            match seen(sign, processes, os, inquiry) {
                Ok(Some(place)) => {
                    let source = Source::from(Place::File {
                        node: node.to_owned(),
                        path: place,
                    });
                    return Cell::explicit((*name).to_owned(), source);
                }
                Ok(None) => {}
                Err(gap) => open = Some(gap),
            }
        }
    }
    match open {
        Some(gap) => Cell::Gap(gap),
        None => Cell::Absent { source },
    }
}

/// Where a sign is seen.
fn seen(
    sign: &Sign,
    processes: &[Process],
    os: &Cell<String>,
    inquiry: &mut Inquiry<'_>,
) -> Look<String> {
    match sign {
        Program(name) => {
            let runs = |process: &&Process| process.depth == 0 && title(process) == Some(name);
            let process = processes.iter().find(runs);
            Ok(process.map(|process| format!("/proc/{}/cmdline", process.pid)))
        }
        Path(path) => Ok(found(inquiry.stat(path))?.map(|_| (*path).to_owned())),
        System(name) => match os {
            Cell::Gap(gap) => Err(gap.clone()),
            os => Ok(os
                .value()
                .filter(|os| os.starts_with(name))
                .map(|_| "/etc/os-release".to_owned())),
        },
    }
}

/// The program, also of one that writes its role into its title: `/usr/local/bin/k3s server`.
fn title(process: &Process) -> Option<&str> {
    process.program()?.split(' ').next()
}
