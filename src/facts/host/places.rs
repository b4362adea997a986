//! Where the files of a node are looked for: what settings name first, then the places tools use.

use super::file::unnamed;
use super::inquiry::found;
use super::instances::Instance;
use super::kubelet;
use super::mounts::below;
use super::roles::{Holds, NAMES, Names};
use super::settings::{Settings, flag_values};
use super::survey::{Because, Survey, User};
use super::{Body, Kind, Purpose, Role, units};
use crate::facts::component::{Component, ComponentKind};

/// Kubeconfigs of administrators, where distributions put them: kubeadm, K3s and RKE2 (also the supervisor's, of the group
/// system:masters), k0s, MicroK8s, minikube, OpenShift; and the place kubectl reads.
const ADMIN: [&str; 16] = [
    "/etc/kubernetes/admin.conf",
    "/etc/kubernetes/super-admin.conf",
    "/etc/rancher/k3s/k3s.yaml",
    "/var/lib/rancher/k3s/server/cred/admin.kubeconfig",
    "/var/lib/rancher/k3s/server/cred/supervisor.kubeconfig",
    "/etc/rancher/rke2/rke2.yaml",
    "/var/lib/rancher/rke2/server/cred/admin.kubeconfig",
    "/var/lib/rancher/rke2/server/cred/supervisor.kubeconfig",
    "/var/lib/k0s/pki/admin.conf",
    "/var/snap/microk8s/current/credentials/client.config",
    "/var/lib/minikube/kubeconfig",
    "/etc/kubernetes/static-pod-resources/kube-apiserver-certs/secrets/node-kubeconfigs/lb-ext.kubeconfig",
    "/etc/kubernetes/static-pod-resources/kube-apiserver-certs/secrets/node-kubeconfigs/lb-int.kubeconfig",
    "/etc/kubernetes/static-pod-resources/kube-apiserver-certs/secrets/node-kubeconfigs/localhost.kubeconfig",
    "/etc/kubernetes/static-pod-resources/kube-apiserver-certs/secrets/node-kubeconfigs/localhost-recovery.kubeconfig",
    "/root/.kube/config",
];
/// The same below the folder of a K3s that was told another one.
const ADMIN_OF_K3S: [&str; 2] = [
    "server/cred/admin.kubeconfig",
    "server/cred/supervisor.kubeconfig",
];

/// Where kubeadm puts certificates.
const KUBEADM_PKI: &str = "/etc/kubernetes/pki";
/// Sockets of container runtimes: containerd, CRI-O, Docker, cri-dockerd, and containerd of K3s and RKE2.
const SOCKETS: [&str; 5] = [
    "/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    "/run/docker.sock",
    "/run/cri-dockerd.sock",
    "/run/k3s/containerd/containerd.sock",
];
/// Below it lie the volumes of pods: files of the cluster, not of the node.
const POD_VOLUMES: &str = "/var/lib/kubelet/pods";

impl<'a> User<'a> {
    pub(super) fn of(instance: &'a Instance) -> Self {
        Self {
            component: instance.kind.binary(),
            runs: instance.process.is_some(),
            uid: instance.process.as_ref().and_then(|process| process.uid),
            started: instance
                .process
                .as_ref()
                .and_then(|process| process.started),
            setting: "",
        }
    }

    /// The same, where `setting` names the file.
    pub(super) fn by(self, setting: &'a str) -> Self {
        Self { setting, ..self }
    }
}

/// Everything that belongs to one component.
pub(super) fn of_component(survey: &mut Survey<'_>, instance: &Instance, component: &Component) {
    let settings = Settings::of(component);
    for names in NAMES.iter().filter(|names| names.kind == instance.kind) {
        named(survey, instance, &settings, names);
    }
    match instance.kind {
        ComponentKind::ApiServer => {
            sni(survey, instance, &settings);
            pki(survey, instance, &settings);
            if let Some(embedded) = &instance.embedded {
                for path in ADMIN_OF_K3S {
                    let path = format!("{}/{path}", embedded.home);
                    admin(survey, &path);
                }
            }
        }
        ComponentKind::Kubelet => {
            kubelet::drop_ins(survey, instance, &settings);
            kubelet::certificates(survey, instance, &settings);
            units::of_kubelet(survey, instance);
            socket(survey, instance, &settings);
            if let Some(embedded) = &instance.embedded {
                let directory = format!("{}/agent", embedded.home);
                pki_tree(survey, &directory, 1, User::of(instance));
            }
        }
        ComponentKind::Etcd => {
            if matches!(settings.values("data-dir", "data-dir"), Ok(None)) {
                let gap = unnamed("data directory of etcd", "etcd");
                survey.obscured("data-dir", &[Role::EtcdDataDirectory], &gap);
            }
        }
        _ => {}
    }
}

/// What one setting names.
fn named(survey: &mut Survey<'_>, instance: &Instance, settings: &Settings<'_>, names: &Names) {
    let setting = settings.name(names.flag, names.field);
    let user = User::of(instance).by(&setting);
    let values = match settings.values(names.flag, names.field) {
        Err(gap) => return survey.hidden(names.flag, names.role, names.holds, user, gap),
        Ok(Some(values)) => values,
        Ok(None) => Vec::new(),
    };
    for value in values
        .iter()
        .filter(|value| !value.is_empty() && *value != "-")
    {
        let (role, holds) = (names.role, names.holds);
        use_file(survey, instance, value, role, holds, names.usage, user);
    }
    if values.is_empty() && !names.fallback.is_empty() {
        let because = Because::Usual;
        survey.file(
            names.fallback,
            names.role,
            names.holds,
            names.usage,
            because,
            user,
        );
    }
}

pub(super) fn use_file(
    survey: &mut Survey<'_>,
    instance: &Instance,
    path: &str,
    role: Role,
    holds: Holds,
    usage: &str,
    user: User<'_>,
) {
    match instance.on_node(path) {
        Err(gap) => survey.hidden(path, role, holds, user, gap),
        Ok(host) if below(&host, POD_VOLUMES).is_some() => {}
        Ok(host) => survey.file(&host, role, holds, usage, Because::Named, user),
    }
}

/// `--tls-sni-cert-key=CERTIFICATE,KEY[:DOMAINS]`.
fn sni(survey: &mut Survey<'_>, instance: &Instance, settings: &Settings<'_>) {
    let pairs = settings.values("tls-sni-cert-key", "").ok().flatten();
    for pair in pairs.iter().flatten() {
        let files = pair.split(':').next().unwrap_or_default();
        if let Some((certificate, key)) = files.split_once(',') {
            let usage = "kube-apiserver serving by name";
            let user = User::of(instance).by("--tls-sni-cert-key");
            let (role, holds) = (Role::PkiCertificate, Holds::Certificates);
            use_file(survey, instance, certificate, role, holds, usage, user);
            use_file(survey, instance, key, Role::PkiKey, Holds::Key, "", user);
        }
    }
}

/// The socket by which the kubelet reaches its container runtime; one at the usual place has its row anyway.
fn socket(survey: &mut Survey<'_>, instance: &Instance, settings: &Settings<'_>) {
    let (flag, field) = ("container-runtime-endpoint", "containerRuntimeEndpoint");
    let (role, setting) = (Role::RuntimeSocket, settings.name(flag, field));
    let user = User::of(instance).by(&setting);
    match settings.values(flag, field) {
        Err(gap) => survey.obscured(flag, &[role], &gap),
        Ok(values) => {
            for value in values.iter().flatten() {
                let path = value.strip_prefix("unix://").unwrap_or(value);
                // `/var/run` is `/run` by another name.
                let path = path
                    .strip_prefix("/var")
                    .filter(|path| path.starts_with("/run/"))
                    .unwrap_or(path);
                if path.starts_with('/') {
                    use_file(survey, instance, path, role, Holds::Nothing, "", user);
                }
            }
        }
    }
}

/// The PKI directory: the one that holds the client CA, else the serving certificate (CIS 1.1.19).
fn pki(survey: &mut Survey<'_>, instance: &Instance, settings: &Settings<'_>) {
    if let Some(embedded) = &instance.embedded {
        let directory = format!("{}/server/tls", embedded.home);
        return pki_tree(survey, &directory, 4, User::of(instance));
    }
    let file = ["client-ca-file", "tls-cert-file"]
        .iter()
        .find_map(|flag| settings.values(flag, "").ok().flatten()?.pop())
        .and_then(|path| instance.on_node(&path).ok());
    let named = file.as_deref().and_then(|path| path.rsplit_once('/'));
    let directory = match named {
        Some((directory, _)) if !directory.is_empty() => directory,
        // Without any file of its own the API server makes certificates up: only what kubeadm put there can lie there.
        _ => KUBEADM_PKI,
    };
    pki_tree(survey, directory, 4, User::of(instance));
}

pub(super) fn pki_tree(survey: &mut Survey<'_>, directory: &str, depth: u32, user: User<'_>) {
    match survey.inquiry.below(directory, depth) {
        Err(gap) => {
            let roles = [
                Role::PkiDirectory,
                Role::PkiKey,
                Role::PkiCertificate,
                Role::PkiFile,
            ];
            survey.obscured(directory, &roles, &gap);
            survey.lack_certificate(directory, gap);
        }
        Ok(None) => {}
        Ok(Some(paths)) => {
            let (role, because) = (Role::PkiDirectory, Because::Named);
            survey.file(directory, role, Holds::Nothing, "", because, user);
            for path in paths {
                match found(survey.inquiry.stat(path)) {
                    Ok(Some(found)) if found.kind == Kind::Directory => {
                        survey.file(path, role, Holds::Nothing, "", because, user);
                    }
                    Ok(Some(found)) if found.kind == Kind::File => survey.pki_file(path, user),
                    Ok(_) => {}
                    Err(gap) => survey.lack_file(path, gap),
                }
            }
        }
    }
}

fn admin(survey: &mut Survey<'_>, path: &str) {
    let (role, holds) = (Role::AdminKubeconfig, Holds::Kubeconfig);
    survey.file(path, role, holds, "admin", Because::Usual, User::default());
}

/// What lies in the same place whatever runs here.
pub(super) fn of_node(survey: &mut Survey<'_>, runtimes: &[Vec<String>]) {
    for path in ADMIN {
        admin(survey, path);
    }
    for path in SOCKETS {
        let (role, because) = (Role::RuntimeSocket, Because::Usual);
        survey.file(path, role, Holds::Nothing, "", because, User::default());
    }
    for directory in cni_directories(survey, runtimes) {
        let is_config = |name: &str| {
            [".conf", ".conflist", ".json", "kubeconfig"]
                .iter()
                .any(|end| name.ends_with(end))
        };
        rows(survey, &directory, Role::CniConfig, is_config);
    }
    // The lock is 0750 by design.
    let is_state = |path: &str| !path.ends_with("/lock");
    rows(survey, "/var/lib/cni/networks", Role::CniState, is_state);
}

fn rows(survey: &mut Survey<'_>, directory: &str, role: Role, keep: impl Fn(&str) -> bool) {
    match survey.inquiry.below(directory, 2) {
        Err(gap) => survey.obscured(directory, &[role], &gap),
        Ok(paths) => {
            for path in paths.unwrap_or_default().iter().filter(|path| keep(path)) {
                if matches!(found(survey.inquiry.stat(path)), Ok(Some(found)) if found.kind == Kind::File)
                {
                    let because = Because::Named;
                    survey.file(path, role, Holds::Nothing, "", because, User::default());
                }
            }
        }
    }
}

/// What the container runtimes' configurations name, else the default of both.
fn cni_directories(survey: &mut Survey<'_>, runtimes: &[Vec<String>]) -> Vec<String> {
    let mut directories = Vec::new();
    for argv in runtimes {
        let config = ["config", "c"]
            .iter()
            .find_map(|flag| flag_values(argv, flag).pop());
        let default = match argv.first().and_then(|program| program.rsplit('/').next()) {
            Some("containerd") => "/etc/containerd/config.toml",
            Some("crio") => "/etc/crio/crio.conf",
            _ => continue,
        };
        let config = config.unwrap_or_else(|| default.to_owned());
        match survey.inquiry.body(&config, Purpose::Runtime) {
            Ok(Some(Body::Paths(paths))) => directories.extend(paths.iter().cloned()),
            Ok(_) => {}
            Err(gap) => survey.obscured(&config, &[Role::CniConfig], &gap),
        }
    }
    if directories.is_empty() {
        directories.push("/etc/cni/net.d".to_owned());
    }
    directories.sort_unstable();
    directories.dedup();
    directories
}
