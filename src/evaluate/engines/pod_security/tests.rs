//! Every control of the Pod Security Standards, what breaks it and what does not, in each version that tells them apart.

use serde_json::{Value, json};

use super::standard::{LATEST, OLDEST};
use super::{Level, StandardVersion, broken};
use crate::facts::workload::{Folder, Template};

/// What is laid over a pod that breaks nothing (`pod`, `container` or `note`, an annotation) | which control that breaks, in
/// baseline and in restricted, and in which versions; `-` is never.
const CASES: &str = "
pod {} | - | -
pod {hostNetwork: true} | hostNamespaces | hostNamespaces
pod {hostPID: true} | hostNamespaces | hostNamespaces
pod {hostIPC: true} | hostNamespaces | hostNamespaces
pod {hostNetwork: false, shareProcessNamespace: true} | - | -
container {securityContext: {privileged: true}} | privileged | privileged
container {securityContext: {privileged: false}} | - | -
container {securityContext: {allowPrivilegeEscalation: true}} | - | allowPrivilegeEscalation
container {securityContext: {allowPrivilegeEscalation: null}} | - | allowPrivilegeEscalation
pod {os: {name: linux}, containers: [{name: c, image: i}]} | - | allowPrivilegeEscalation capabilities
pod {os: {name: windows}, containers: [{name: c, image: i}]} | - | allowPrivilegeEscalation -24 capabilities -24
pod {os: {name: windows}, securityContext: {seccompProfile: null}} | - | seccompProfile -24
container {securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}} | - | -
container {securityContext: {capabilities: {add: [CHOWN, KILL]}}} | - | capabilities
container {securityContext: {capabilities: {add: [NET_RAW]}}} | capabilities | capabilities
container {securityContext: {capabilities: {add: [chown]}}} | capabilities | capabilities
container {securityContext: {capabilities: {drop: [NET_RAW]}}} | - | capabilities
container {securityContext: {capabilities: {drop: [all]}}} | - | capabilities
pod {volumes: [{name: v, hostPath: {path: /}}]} | hostPathVolumes | restrictedVolumes
pod {volumes: [{name: v, emptyDir: {}}]} | - | -
pod {volumes: [{name: v, configMap: {name: m}}, {name: w, secret: {secretName: s}}, {name: x, downwardAPI: {}}]} | - | -
pod {volumes: [{name: v, projected: {}}, {name: w, persistentVolumeClaim: {claimName: p}}, {name: x, ephemeral: {}}]} | - | -
pod {volumes: [{name: v, csi: {driver: d}}]} | - | -
pod {volumes: [{name: v, image: {reference: i}}]} | - | -
pod {volumes: [{name: v, nfs: {server: s, path: /}}]} | - | restrictedVolumes
pod {volumes: [{name: v, iscsi: {targetPortal: t, iqn: i, lun: 0}}]} | - | restrictedVolumes
pod {volumes: [{name: v, gitRepo: {repository: r}}]} | - | restrictedVolumes
container {ports: [{containerPort: 80}]} | - | -
container {ports: [{containerPort: 80, hostPort: 0}]} | - | -
container {ports: [{containerPort: 80, hostPort: 80}]} | hostPorts | hostPorts
container {livenessProbe: {httpGet: {port: 80}}} | - | -
container {livenessProbe: {httpGet: {port: 80, host: ''}}} | - | -
container {livenessProbe: {httpGet: {port: 80, host: h}}} | hostProbesAndHostLifecycle 34- | hostProbesAndHostLifecycle 34-
container {readinessProbe: {tcpSocket: {port: 80, host: 127.0.0.1}}} | hostProbesAndHostLifecycle 34- | hostProbesAndHostLifecycle 34-
container {startupProbe: {httpGet: {port: 80, host: h}}} | hostProbesAndHostLifecycle 34- | hostProbesAndHostLifecycle 34-
container {startupProbe: {grpc: {port: 80}}} | - | -
container {lifecycle: {postStart: {httpGet: {port: 80, host: h}}}} | hostProbesAndHostLifecycle 34- | hostProbesAndHostLifecycle 34-
container {lifecycle: {preStop: {tcpSocket: {port: 80, host: h}}}} | hostProbesAndHostLifecycle 34- | hostProbesAndHostLifecycle 34-
container {lifecycle: {preStop: {exec: {command: [x]}}}} | - | -
container {securityContext: {procMount: Default}} | - | -
container {securityContext: {procMount: Unmasked}} | procMount | procMount
pod {hostUsers: true, containers: [{securityContext: {procMount: Unmasked}}]} | procMount | procMount allowPrivilegeEscalation capabilities
pod {hostUsers: false, containers: [{securityContext: {procMount: Unmasked}}]} | procMount -34 | procMount allowPrivilegeEscalation capabilities
note container.apparmor.security.beta.kubernetes.io/c=unconfined | appArmorProfile | appArmorProfile
note container.apparmor.security.beta.kubernetes.io/c=runtime/default | - | -
note container.apparmor.security.beta.kubernetes.io/c=localhost/own | - | -
note container.apparmor.security.beta.kubernetes.io/c= | - | -
pod {securityContext: {appArmorProfile: {type: Unconfined}}} | appArmorProfile | appArmorProfile
container {securityContext: {appArmorProfile: {type: Unconfined}}} | appArmorProfile | appArmorProfile
container {securityContext: {appArmorProfile: {type: Localhost, localhostProfile: own}}} | - | -
pod {securityContext: {seLinuxOptions: {type: container_t}}} | - | -
container {securityContext: {seLinuxOptions: {type: container_init_t, level: 's0:c1'}}} | - | -
container {securityContext: {seLinuxOptions: {type: container_kvm_t}}} | - | -
container {securityContext: {seLinuxOptions: {type: container_engine_t}}} | seLinuxOptions -30 | seLinuxOptions -30
container {securityContext: {seLinuxOptions: {type: spc_t}}} | seLinuxOptions | seLinuxOptions
pod {securityContext: {seLinuxOptions: {user: u}}} | seLinuxOptions | seLinuxOptions
pod {securityContext: {seLinuxOptions: {role: r}}} | seLinuxOptions | seLinuxOptions
pod {securityContext: {seccompProfile: null}} | - | seccompProfile
pod {securityContext: {seccompProfile: {type: Unconfined}}} | seccompProfile | seccompProfile
pod {securityContext: {seccompProfile: {type: Localhost, localhostProfile: own}}} | - | -
container {securityContext: {seccompProfile: {type: Unconfined}}} | seccompProfile | seccompProfile
container {securityContext: {seccompProfile: {type: RuntimeDefault}}} | - | -
pod {securityContext: {runAsNonRoot: null}} | - | runAsNonRoot
pod {securityContext: {runAsNonRoot: false}} | - | runAsNonRoot
container {securityContext: {runAsNonRoot: false}} | - | runAsNonRoot
container {securityContext: {runAsNonRoot: true}} | - | -
pod {hostUsers: false, securityContext: {runAsNonRoot: null}} | - | runAsNonRoot -34
pod {hostUsers: false, securityContext: {runAsNonRoot: false, runAsUser: 0}} | - | runAsNonRoot -34 runAsUser -34
pod {securityContext: {runAsUser: 0}} | - | runAsUser
container {securityContext: {runAsUser: 0}} | - | runAsUser
container {securityContext: {runAsUser: 1000}} | - | -
pod {hostUsers: false} | - | -
pod {securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: '0'}]}} | - | -
pod {securityContext: {sysctls: [{name: net.ipv4.ip_local_port_range, value: '1 2'}]}} | - | -
pod {securityContext: {sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: '0'}]}} | - | -
pod {securityContext: {sysctls: [{name: net.ipv4.ping_group_range, value: '1 0'}]}} | - | -
pod {securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '0'}]}} | - | -
pod {securityContext: {sysctls: [{name: net.ipv4.ip_local_reserved_ports, value: '1'}]}} | sysctls -26 | sysctls -26
pod {securityContext: {sysctls: [{name: net.ipv4.tcp_fin_timeout, value: '1'}]}} | sysctls -28 | sysctls -28
pod {securityContext: {sysctls: [{name: net.ipv4.tcp_keepalive_intvl, value: '1'}]}} | sysctls -28 | sysctls -28
pod {securityContext: {sysctls: [{name: net.ipv4.tcp_keepalive_probes, value: '1'}]}} | sysctls -28 | sysctls -28
pod {securityContext: {sysctls: [{name: net.ipv4.tcp_keepalive_time, value: '1'}]}} | sysctls -28 | sysctls -28
pod {securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: '1'}]}} | sysctls -31 | sysctls -31
pod {securityContext: {sysctls: [{name: net.ipv4.tcp_wmem, value: '1'}]}} | sysctls -31 | sysctls -31
pod {securityContext: {sysctls: [{name: net.ipv4.tcp_notsent_lowat, value: '1'}]}} | sysctls -36 | sysctls -36
pod {securityContext: {sysctls: [{name: net.ipv4.tcp_slow_start_after_idle, value: '0'}]}} | sysctls -36 | sysctls -36
pod {securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}} | sysctls | sysctls
pod {securityContext: {sysctls: [{name: net/ipv4/tcp_syncookies, value: '1'}]}} | sysctls | sysctls
pod {securityContext: {windowsOptions: {hostProcess: false}}} | - | -
pod {securityContext: {windowsOptions: {hostProcess: true}}} | windowsHostProcess | windowsHostProcess
container {securityContext: {windowsOptions: {hostProcess: true}}} | windowsHostProcess | windowsHostProcess
";

/// A pod that breaks nothing, with its one container in the list called `list` (and in `containers` anyway).
fn pod(over: &str, list: &str) -> Template {
    let container = json!({"name": "c", "image": "i", "securityContext": {
        "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}});
    let context = json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}});
    let mut spec = json!({"securityContext": context, "containers": [container.clone()]});
    spec[list] = json!([container]);
    let mut metadata = json!({"name": "p", "namespace": "quay"});
    let (what, text) = over.split_once(' ').unwrap();
    let value = || serde_yaml::from_str::<Value>(text).unwrap();
    match what {
        "pod" => lay(&mut spec, value()),
        "container" => lay(&mut spec[list][0], value()),
        _ => {
            let (key, value) = text.split_once('=').unwrap();
            metadata["annotations"] = json!({key: value});
        }
    }
    let pod = json!({"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": spec});
    let mut read = crate::facts::objects::decode_manifest(&pod.to_string());
    let mut folder = Folder::default();
    match read.remove(0).content {
        crate::facts::objects::Content::Object(crate::facts::objects::Object::Pod(pod)) => {
            folder.pod(*pod);
        }
        other => panic!("{other:?}"),
    }
    folder.finish().workloads.remove(0).templates.remove(0)
}

/// Puts the fields of one object into another, deep down; `null` takes away.
fn lay(below: &mut Value, over: Value) {
    match over {
        Value::Object(fields) if below.is_object() => {
            for (key, value) in fields {
                lay(&mut below[key], value);
            }
        }
        over => *below = over,
    }
}

/// The controls of `text` that are broken in a version: names, each with the versions if not in all.
fn expected(text: &str, minor: u32) -> Vec<&str> {
    let mut names: Vec<(&str, bool)> = Vec::new();
    for word in text.split_whitespace() {
        let bound = |text: &str, open| text.parse::<u32>().unwrap_or(open);
        match (word.split_once('-'), names.last_mut()) {
            (Some(("", "")), _) => {}
            (Some((since, until)), Some((_, held))) => {
                *held = (bound(since, 0)..=bound(until, u32::MAX)).contains(&minor);
            }
            _ => names.push((word, true)),
        }
    }
    let mut names: Vec<_> = names.into_iter().filter(|(_, held)| *held).collect();
    names.sort_unstable();
    names.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn every_control_in_every_version() {
    for line in CASES.lines().filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split(" | ").collect();
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            let template = pod(parts[0], list);
            for minor in OLDEST..=LATEST {
                for (level, text) in [(Level::Baseline, parts[1]), (Level::Restricted, parts[2])] {
                    let mut got = broken(level, minor, &template);
                    got.sort_unstable();
                    let expected = expected(text, minor);
                    assert_eq!(got, expected, "v1.{minor} {level:?} {list}: {line}");
                }
            }
        }
    }
}

#[test]
fn versions_are_written_as_in_the_label() {
    for (text, shown) in [
        ("latest", Some("v1.37")),
        ("v1.24", Some("v1.24")),
        ("1.30", Some("v1.30")),
        ("v1.23", None),
        ("v1.38", None),
        ("v2.30", None),
        ("v1.+30", None),
        ("", None),
    ] {
        let version = text.parse::<StandardVersion>().ok();
        let version = version.map(|version| version.to_string());
        assert_eq!(version.as_deref(), shown, "{text}");
    }
}
