//! The Pod Security Standards: every control of baseline and restricted, for each minor version since 1.24.
//!
//! Source: <https://kubernetes.io/docs/concepts/security/pod-security-standards/>, and for what the page leaves open the
//! answers of the API server, which the live suite compares with. A control has one entry for each reading of it: `since`
//! and `until` are minor versions, and a restricted control can stand in place of a baseline one.

use crate::facts::objects::{Container, Handler, Labels, PodSpec, Profile, SELinuxOptions};
use crate::facts::workload::Template;

/// A level that forbids something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What opens the node at once is forbidden.
    Baseline,
    /// All that is not needed must be given up, too.
    Restricted,
}

/// The newest minor version that brought a change.
pub(crate) const LATEST: u32 = 37;

/// The oldest minor version that is told apart.
pub(crate) const OLDEST: u32 = 24;

/// A pod under the standard of one version.
struct Pod<'p> {
    spec: &'p PodSpec,
    annotations: &'p Labels,
    minor: u32,
}

/// Under which levels an entry is asked.
#[derive(Clone, Copy, PartialEq)]
enum Asked {
    Always,
    /// Under restricted another entry takes its place.
    InBaseline,
    InRestricted,
}

struct Control {
    name: &'static str,
    asked: Asked,
    since: u32,
    until: u32,
    broken: fn(&Pod<'_>) -> bool,
}

const fn control(name: &'static str, asked: Asked, broken: fn(&Pod<'_>) -> bool) -> Control {
    Control {
        name,
        asked,
        since: 0,
        until: u32::MAX,
        broken,
    }
}

const CONTROLS: [Control; 20] = [
    Control {
        since: 8,
        ..control("allowPrivilegeEscalation", Asked::InRestricted, escalates)
    },
    control("appArmorProfile", Asked::Always, app_armor),
    control("capabilities", Asked::InBaseline, capabilities_added),
    Control {
        since: 22,
        ..control("capabilities", Asked::InRestricted, capabilities_kept)
    },
    control("hostNamespaces", Asked::Always, |pod| {
        pod.spec.host_network || pod.spec.host_pid || pod.spec.host_ipc
    }),
    control("hostPathVolumes", Asked::InBaseline, |pod| {
        let mut volumes = pod.spec.volumes.iter();
        volumes.any(|volume| volume.source.host_path.is_some())
    }),
    control("hostPorts", Asked::Always, host_ports),
    Control {
        since: 34,
        ..control("hostProbesAndHostLifecycle", Asked::Always, foreign_hosts)
    },
    control("privileged", Asked::Always, |pod| {
        pod.any(|one| one.security_context.as_ref()?.privileged)
    }),
    Control {
        until: 35,
        ..control("procMount", Asked::Always, proc_mount)
    },
    Control {
        since: 35,
        ..control("procMount", Asked::InBaseline, |pod| {
            !own_users(pod) && proc_mount(pod)
        })
    },
    Control {
        since: 35,
        ..control("procMount", Asked::InRestricted, proc_mount)
    },
    control("restrictedVolumes", Asked::InRestricted, volume_types),
    control("runAsNonRoot", Asked::InRestricted, |pod| {
        !relaxed(pod) && may_be_root(pod)
    }),
    Control {
        since: 23,
        ..control("runAsUser", Asked::InRestricted, |pod| {
            !relaxed(pod) && root_user(pod)
        })
    },
    control("seLinuxOptions", Asked::Always, se_linux),
    control("seccompProfile", Asked::InBaseline, seccomp_off),
    Control {
        since: 19,
        ..control("seccompProfile", Asked::InRestricted, seccomp_open)
    },
    control("sysctls", Asked::Always, sysctls),
    control("windowsHostProcess", Asked::Always, windows_host_process),
];

/// The controls of `level` that the template breaks, by name, under the standard of a minor version of Kubernetes.
pub fn broken(level: Level, minor: u32, template: &Template) -> Vec<&'static str> {
    let pod = Pod {
        spec: &template.spec,
        annotations: &template.annotations,
        minor: minor.clamp(OLDEST, LATEST),
    };
    let broken = asked(level, pod.minor).filter(|control| (control.broken)(&pod));
    broken.map(|control| control.name).collect()
}

/// The controls that the newest standard asks for under `level` and that of an older minor version does not, by name.
pub(super) fn unasked(level: Level, minor: u32) -> Vec<&'static str> {
    let known: Vec<_> = asked(level, minor).map(|control| control.name).collect();
    let newest = asked(level, LATEST).map(|control| control.name);
    newest.filter(|name| !known.contains(name)).collect()
}

/// What the standard of a minor version asks for under `level`.
fn asked(level: Level, minor: u32) -> impl Iterator<Item = &'static Control> {
    CONTROLS.iter().filter(move |control| {
        let level = match control.asked {
            Asked::Always => true,
            Asked::InBaseline => level == Level::Baseline,
            Asked::InRestricted => level == Level::Restricted,
        };
        level && (control.since..control.until).contains(&minor)
    })
}

impl Pod<'_> {
    /// Whether something holds of any container, whatever its role.
    fn any(&self, holds: impl Fn(&Container) -> Option<bool>) -> bool {
        let mut containers = self.spec.containers.iter();
        containers.any(|container| holds(container) == Some(true))
    }

    /// Most of what restricted asks for means nothing on Windows nodes: asked no more since 1.25.
    fn windows(&self) -> bool {
        self.minor >= 25 && self.spec.os.as_ref().is_some_and(|os| os.name == "windows")
    }
}

fn own_users(pod: &Pod<'_>) -> bool {
    pod.spec.host_users == Some(false)
}

/// Root of a pod with users of its own is nobody on the node: asked no more since 1.35.
fn relaxed(pod: &Pod<'_>) -> bool {
    pod.minor >= 35 && own_users(pod)
}

fn escalates(pod: &Pod<'_>) -> bool {
    let refused = |container: &Container| {
        let context = container.security_context.as_ref()?;
        Some(context.allow_privilege_escalation == Some(false))
    };
    !pod.windows() && pod.any(|container| Some(refused(container) != Some(true)))
}

/// A field that is there must say one of two types; what is not there is fine.
fn foreign(profile: Option<&Profile>) -> bool {
    profile
        .is_some_and(|profile| !["RuntimeDefault", "Localhost"].contains(&profile.type_.as_str()))
}

fn app_armor(pod: &Pod<'_>) -> bool {
    const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";
    let context = pod.spec.security_context.as_ref();
    let fine = |value: &str| {
        value.is_empty() || value == "runtime/default" || value.starts_with("localhost/")
    };
    let mut annotations = pod.annotations.iter();
    foreign(context.and_then(|context| context.app_armor_profile.as_ref()))
        || pod.any(|one| {
            Some(foreign(
                one.security_context.as_ref()?.app_armor_profile.as_ref(),
            ))
        })
        || annotations.any(|(key, value)| key.starts_with(ANNOTATION) && !fine(value))
}

/// What the common runtimes give by themselves.
const USUAL: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

fn capabilities_added(pod: &Pod<'_>) -> bool {
    pod.any(|container| {
        let capabilities = container.security_context.as_ref()?.capabilities.as_ref()?;
        let mut added = capabilities.add.iter();
        Some(added.any(|name| !USUAL.contains(&name.as_str())))
    })
}

fn capabilities_kept(pod: &Pod<'_>) -> bool {
    let given_up = |container: &Container| {
        let capabilities = container.security_context.as_ref()?.capabilities.as_ref()?;
        let all = capabilities.drop.iter().any(|name| name == "ALL");
        Some(
            all && capabilities
                .add
                .iter()
                .all(|name| name == "NET_BIND_SERVICE"),
        )
    };
    !pod.windows() && pod.any(|container| Some(given_up(container) != Some(true)))
}

fn host_ports(pod: &Pod<'_>) -> bool {
    pod.any(|container| Some(container.ports.iter().any(|port| port.host_port != 0)))
}

/// Probes and hooks that have the kubelet connect to another host than the pod.
fn foreign_hosts(pod: &Pod<'_>) -> bool {
    let foreign = |handler: &Handler| {
        let http = handler.http_get.as_ref().map(|get| &get.host);
        let tcp = handler.tcp_socket.as_ref().map(|socket| &socket.host);
        http.into_iter().chain(tcp).any(|host| !host.is_empty())
    };
    pod.any(|container| {
        let Container {
            liveness_probe,
            readiness_probe,
            startup_probe,
            lifecycle,
            ..
        } = container;
        let probes = [liveness_probe, readiness_probe, startup_probe];
        let probes = probes.into_iter().flatten().map(|probe| &probe.handler);
        let hooks = lifecycle
            .iter()
            .flat_map(|one| [&one.post_start, &one.pre_stop]);
        Some(probes.chain(hooks.flatten()).any(foreign))
    })
}

fn proc_mount(pod: &Pod<'_>) -> bool {
    pod.any(|container| {
        let mount = container.security_context.as_ref()?.proc_mount.as_ref()?;
        Some(mount != "Default")
    })
}

fn volume_types(pod: &Pod<'_>) -> bool {
    pod.spec.volumes.iter().any(|volume| {
        let source = &volume.source;
        let allowed = source.config_map.is_some()
            || source.csi.is_some()
            || source.downward_api.is_some()
            || source.empty_dir.is_some()
            || source.ephemeral.is_some()
            || source.image.is_some()
            || source.persistent_volume_claim.is_some()
            || source.projected.is_some()
            || source.secret.is_some();
        !allowed
    })
}

fn may_be_root(pod: &Pod<'_>) -> bool {
    let context = pod.spec.security_context.as_ref();
    let of_pod = context.and_then(|context| context.run_as_non_root);
    let refuses = |container: &Container| {
        let own = container
            .security_context
            .as_ref()
            .and_then(|own| own.run_as_non_root);
        own.or(of_pod)
    };
    of_pod == Some(false) || pod.any(|container| Some(refuses(container) != Some(true)))
}

fn root_user(pod: &Pod<'_>) -> bool {
    let context = pod.spec.security_context.as_ref();
    context.is_some_and(|context| context.run_as_user == Some(0))
        || pod.any(|one| Some(one.security_context.as_ref()?.run_as_user == Some(0)))
}

fn se_linux(pod: &Pod<'_>) -> bool {
    let foreign = |options: &SELinuxOptions| {
        let known = ["", "container_t", "container_init_t", "container_kvm_t"];
        let engine = pod.minor >= 31 && options.type_ == "container_engine_t";
        let known = known.contains(&options.type_.as_str()) || engine;
        !known || !options.user.is_empty() || !options.role.is_empty()
    };
    let context = pod.spec.security_context.as_ref();
    context
        .and_then(|context| context.se_linux_options.as_deref())
        .is_some_and(foreign)
        || pod.any(|one| {
            Some(foreign(
                one.security_context.as_ref()?.se_linux_options.as_ref()?,
            ))
        })
}

fn seccomp_off(pod: &Pod<'_>) -> bool {
    let context = pod.spec.security_context.as_ref();
    foreign(context.and_then(|context| context.seccomp_profile.as_ref()))
        || pod.any(|one| {
            Some(foreign(
                one.security_context.as_ref()?.seccomp_profile.as_ref(),
            ))
        })
}

fn seccomp_open(pod: &Pod<'_>) -> bool {
    let context = pod.spec.security_context.as_ref();
    let of_pod = context.and_then(|context| context.seccomp_profile.as_ref());
    let stated = |container: &Container| {
        let context = container.security_context.as_ref()?;
        context.seccomp_profile.as_ref().map(|_| true)
    };
    let silent = pod.any(|container| Some(stated(container).is_none()));
    !pod.windows() && (seccomp_off(pod) || (silent && of_pod.is_none()))
}

/// Kernel parameters that end at the pod's own namespaces, with the version that named them.
const SAFE: [(&str, u32); 14] = [
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
    ("net.ipv4.tcp_notsent_lowat", 37),
    ("net.ipv4.tcp_slow_start_after_idle", 37),
];

fn sysctls(pod: &Pod<'_>) -> bool {
    let context = pod.spec.security_context.iter();
    let mut set = context.flat_map(|context| &context.sysctls);
    set.any(|parameter| {
        let mut safe = SAFE.iter();
        !safe.any(|(name, since)| *name == parameter.name && *since <= pod.minor)
    })
}

fn windows_host_process(pod: &Pod<'_>) -> bool {
    let context = pod.spec.security_context.as_ref();
    let of_pod = context.and_then(|context| context.windows_options.as_ref()?.host_process);
    of_pod == Some(true)
        || pod.any(|one| {
            one.security_context
                .as_ref()?
                .windows_options
                .as_ref()?
                .host_process
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// pod-security-admission/policy: the minimum version of each control.
    #[test]
    fn old_versions_ask_for_less() {
        let lacking = |level, minor| unasked(level, minor).join(" ");
        let restricted = |minor| lacking(Level::Restricted, minor);
        let probes = "hostProbesAndHostLifecycle";
        assert_eq!(
            restricted(7),
            format!("allowPrivilegeEscalation capabilities {probes} runAsUser seccompProfile")
        );
        assert_eq!(restricted(21), format!("capabilities {probes} runAsUser"));
        assert_eq!(restricted(22), format!("{probes} runAsUser"));
        assert_eq!(restricted(33), probes);
        assert_eq!(restricted(LATEST), "");
        assert_eq!(lacking(Level::Baseline, 0), probes);
    }
}
