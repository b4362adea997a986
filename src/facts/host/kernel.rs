//! The node itself: system, kernel settings, security modules.

use std::collections::BTreeMap;

use super::inquiry::{Inquiry, Look, found};
use super::{Body, Entry, Host, Identity, Process, Purpose, profiles};
use crate::facts::{Cell, Gap, GapReason, Place, Source};

/// The settings that the kubelet sets or, with `protectKernelDefaults`, demands
/// (`setupKernelTunables` in `pkg/kubelet/cm/container_manager_linux.go`).
const SYSCTLS: [&str; 6] = [
    "kernel.keys.root_maxbytes",
    "kernel.keys.root_maxkeys",
    "kernel.panic",
    "kernel.panic_on_oops",
    "vm.overcommit_memory",
    "vm.panic_on_oom",
];

/// Programs that run containers for a kubelet.
const RUNTIMES: [&str; 4] = ["containerd", "cri-dockerd", "crio", "dockerd"];

/// The facts about the node `name`.
pub(super) fn observe(inquiry: &mut Inquiry<'_>, name: &str) -> Host {
    let hostname = inquiry.hostname().map(|name| Some(name.to_owned()));
    let kernel = Source::from(Place::Kernel {
        node: name.to_owned(),
    });
    let file = |path: &str| {
        Source::from(Place::File {
            node: name.to_owned(),
            path: path.to_owned(),
        })
    };
    Host {
        node: name.to_owned(),
        hostname: cell(hostname, kernel.clone()),
        os: cell(
            inquiry
                .text("/etc/os-release", Purpose::OsRelease)
                .map(|text| text.map(str::to_owned)),
            file("/etc/os-release"),
        ),
        kernel_release: cell(
            line(inquiry, "/proc/sys/kernel/osrelease", "/proc/sys").map(own),
            kernel.clone(),
        ),
        sysctls: sysctls(inquiry, &kernel),
        app_armor: cell(
            line(
                inquiry,
                "/sys/module/apparmor/parameters/enabled",
                "/sys/module",
            )
            .map(|text| Some(text == Some("Y"))),
            kernel.clone(),
        ),
        se_linux: cell(se_linux(inquiry), kernel.clone()),
        seccomp: cell(
            line(
                inquiry,
                "/proc/sys/kernel/seccomp/actions_avail",
                "/proc/sys/kernel",
            )
            .map(|text| Some(text.is_some())),
            kernel.clone(),
        ),
        security_modules: cell(security_modules(inquiry), kernel.clone()),
        app_armor_profiles: profiles::of_app_armor(inquiry, &kernel),
        // Told by what runs, by the kubelet and by pods.
        distribution: Cell::default(),
        seccomp_profiles: Cell::default(),
        missing_profiles: Cell::default(),
        cgroup_version: cell(cgroup_version(inquiry), kernel.clone()),
        container_runtimes: cell(inquiry.processes().map(|all| Some(runtimes(all))), kernel),
        etcd_uid: cell(account(inquiry, "/etc/passwd"), file("/etc/passwd")),
        etcd_gid: cell(account(inquiry, "/etc/group"), file("/etc/group")),
        identity: Identity::default(),
    }
}

/// `/sys/kernel/security/lsm`: names with commas between them (kernel documentation, Linux Security Module Usage).
fn security_modules(inquiry: &mut Inquiry<'_>) -> Look<Vec<String>> {
    let path = "/sys/kernel/security/lsm";
    match inquiry.text(path, Purpose::Kernel)? {
        Some(text) => Ok(Some(text.split(',').map(str::to_owned).collect())),
        None => Err(Gap::new(
            "security modules of the kernel",
            path,
            GapReason::Unreachable,
            "mount securityfs at /sys/kernel/security",
        )),
    }
}

pub(super) fn cell<T>(look: Look<T>, source: Source) -> Cell<T> {
    match look {
        Ok(Some(value)) => Cell::explicit(value, source),
        Ok(None) => Cell::Absent { source },
        Err(gap) => Cell::Gap(gap),
    }
}

fn own(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

/// A line of a kernel file. It counts as not there only when `base`, which every kernel has, is: a root without its
/// `/proc` and `/sys` says nothing about its kernel.
fn line<'a>(inquiry: &mut Inquiry<'a>, path: &str, base: &str) -> Look<&'a str> {
    let text = inquiry.text(path, Purpose::Kernel)?;
    if text.is_none() && found(inquiry.stat(base))?.is_none() {
        return Err(unmounted(base));
    }
    Ok(text)
}

fn unmounted(base: &str) -> Gap {
    Gap::new(
        "state of the kernel",
        base,
        GapReason::Unreachable,
        "mount the node's /proc and /sys below the root",
    )
}

fn sysctls(inquiry: &mut Inquiry<'_>, kernel: &Source) -> BTreeMap<String, Cell<i64>> {
    SYSCTLS
        .iter()
        .map(|name| {
            let path = format!("/proc/sys/{}", name.replace('.', "/"));
            let value = line(inquiry, &path, "/proc/sys").and_then(|text| {
                text.map(|text| text.parse().map_err(|_| not_a_number(&path)))
                    .transpose()
            });
            ((*name).to_owned(), cell(value, kernel.clone()))
        })
        .collect()
}

fn not_a_number(path: &str) -> Gap {
    Gap::new(
        "kernel setting",
        path,
        GapReason::Unparsable,
        "look at it by hand: it is no number",
    )
}

fn se_linux(inquiry: &mut Inquiry<'_>) -> Look<String> {
    let enforce = line(inquiry, "/sys/fs/selinux/enforce", "/sys/fs")?;
    let mode = match enforce {
        Some("1") => "enforcing",
        Some(_) => "permissive",
        None => "disabled",
    };
    Ok(Some(mode.to_owned()))
}

fn cgroup_version(inquiry: &mut Inquiry<'_>) -> Look<i64> {
    if !matches!(
        inquiry.stat("/sys/fs/cgroup/cgroup.controllers"),
        Entry::NotFound
    ) {
        let unified = found(inquiry.stat("/sys/fs/cgroup/cgroup.controllers"))?;
        return Ok(unified.map(|_| 2));
    }
    match inquiry.names("/sys/fs/cgroup")? {
        Some(names) if !names.is_empty() => Ok(Some(1)),
        _ => Err(unmounted("/sys/fs/cgroup")),
    }
}

fn runtimes(processes: &[Process]) -> Vec<String> {
    let names: std::collections::BTreeSet<&str> = processes
        .iter()
        .filter(|process| process.depth == 0)
        .filter_map(Process::program)
        .filter(|program| RUNTIMES.contains(program))
        .collect();
    names.into_iter().map(str::to_owned).collect()
}

fn account(inquiry: &mut Inquiry<'_>, path: &str) -> Look<i64> {
    Ok(match inquiry.body(path, Purpose::Accounts)? {
        Some(Body::Ids(ids)) => ids.get("etcd").map(|id| i64::from(*id)),
        _ => None,
    })
}
