//! Where container runtimes take orders: a rule by the names that runtimes give their sockets, the places where they keep
//! them, and what the kubelets themselves say.
//!
//! A socket is a runtime's wherever it lies, and a folder above one is as good as the socket.

use std::collections::BTreeSet;

use crate::facts::component::ComponentKind;
use crate::facts::settings::Scalar;
use crate::facts::{Facts, Gap};

/// The programs that start containers for whoever may write to their socket, build daemons and the runtimes' plugin
/// interface included.
const RUNTIMES: [&str; 14] = [
    "buildkit",
    "buildkitd",
    "containerd",
    "cri-dockerd",
    "cri-o",
    "crio",
    "docker",
    "dockerd",
    "dockershim",
    "frakti",
    "isulad",
    "nri",
    "podman",
    "pouchcri",
];

/// Folders that belong to a runtime, or to a distribution that keeps its runtime's socket there: what ends in `.sock` there
/// is one, and `run/` with one of these names holds one.
const FOLDERS: [&str; 9] = [
    "buildkit",
    "containerd",
    "cri-dockerd",
    "crio",
    "docker",
    "k0s",
    "k3s",
    "nri",
    "podman",
];

/// Where sockets lie by default, for the folders above them; `*` stands for any one name. Sources: the runtimes' own
/// documentation, and that of K3s, k0s, MicroK8s, BOSH and Bottlerocket.
const PLACES: [&str; 19] = [
    "run/containerd/containerd.sock",
    "run/crio/crio.sock",
    "run/docker.sock",
    "run/cri-dockerd.sock",
    "run/podman/podman.sock",
    "run/buildkit/buildkitd.sock",
    "run/docker/containerd/containerd.sock",
    "run/dockershim.sock",
    "run/frakti.sock",
    "run/isulad.sock",
    "run/nri/nri.sock",
    "run/k3s/containerd/containerd.sock",
    "run/k0s/containerd.sock",
    "run/host-containerd/containerd.sock",
    "run/user/*/docker.sock",
    "run/user/*/podman/podman.sock",
    "system/run/containerd/containerd.sock",
    "var/snap/microk8s/common/run/containerd.sock",
    "var/vcap/data/sys/run/docker/docker.sock",
];

/// The sockets of the container runtimes of a cluster.
pub(crate) struct Sockets {
    /// Those that the kubelets use, as parts of their paths.
    own: BTreeSet<Vec<String>>,
    /// Why the distribution of the nodes is not known.
    distribution: Option<Gap>,
}

impl Sockets {
    pub(crate) fn new(facts: &Facts) -> Self {
        let rows = facts.components.rows.iter();
        let kubelets = rows.filter(|component| component.kind == ComponentKind::Kubelet);
        let endpoints = kubelets.filter_map(|kubelet| {
            match kubelet.config.get("containerRuntimeEndpoint")?.value()? {
                Scalar::Text(endpoint) => Some(endpoint.clone()),
                _ => None,
            }
        });
        let paths = endpoints.map(|endpoint| {
            let path = endpoint
                .split_once("://")
                .map_or(&*endpoint, |(_, path)| path);
            parts(path).into_iter().map(str::to_owned).collect()
        });
        Self {
            own: paths
                .filter(|parts: &Vec<String>| !parts.is_empty())
                .collect(),
            distribution: facts.cluster.distribution.gap().cloned(),
        }
    }

    /// The socket that `path` of a node is, or that lies below it.
    ///
    /// # Errors
    /// Where it depends on a distribution that is not known.
    pub(crate) fn at(&self, path: &str) -> Result<Option<String>, Gap> {
        let parts = parts(path);
        if is_socket(&parts) {
            return Ok(Some(shown(&parts)));
        }
        let own = self.own.iter().find(|own| {
            own.len() >= parts.len() && own.iter().zip(&parts).all(|(own, part)| own == part)
        });
        if let Some(own) = own {
            return Ok(Some(format!("/{}", own.join("/"))));
        }
        let place = PLACES.iter().find_map(|place| below(place, &parts));
        // All of /var holds one on nodes of a few distributions alone.
        let far = matches!(parts[..], [one] if one != "run");
        match (place, &self.distribution) {
            (Some(_), Some(gap)) if far => Err(gap.clone()),
            (Some(_), None) if far => Ok(None),
            (Some(place), _) => Ok(Some(place)),
            (None, _) => Ok(match parts[..] {
                [.., "run", folder] if FOLDERS.contains(&folder) => Some(shown(&parts)),
                _ => None,
            }),
        }
    }
}

/// The path with which `place` continues `parts`, where it does.
fn below(place: &str, parts: &[&str]) -> Option<String> {
    let place: Vec<&str> = place.split('/').collect();
    let mut pairs = place.iter().zip(parts);
    if place.len() < parts.len() || !pairs.all(|(known, part)| known == part || *known == "*") {
        return None;
    }
    let rest = place.get(parts.len()..).unwrap_or_default();
    Some(shown(&[parts, rest].concat()))
}

fn shown(parts: &[&str]) -> String {
    format!("/{}", parts.join("/"))
}

/// The parts of a path on a node, without what leads nowhere: empty ones and dots, the way through the root of a process,
/// and the link from `/var/run` to `/run`.
pub(crate) fn parts(path: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
        match parts[..] {
            ["proc", _, "root"] | ["proc", _, "task", _, "root"] => parts.clear(),
            ["var", "run"] => {
                parts.remove(0);
            }
            _ => {}
        }
    }
    parts
}

/// Whether the name is that of a runtime's socket, or of any socket in a runtime's own folder. On Windows a pipe does it.
fn is_socket(parts: &[&str]) -> bool {
    match *parts {
        ["pipe", name] => is_of_runtime(name),
        [.., folder, name] if FOLDERS.contains(&folder) => name.contains(".sock"),
        [.., name] => name.contains(".sock") && is_of_runtime(name),
        [] => false,
    }
}

fn is_of_runtime(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    RUNTIMES.iter().any(|runtime| {
        let rest = name.strip_prefix(runtime);
        rest.is_some_and(|rest| rest.starts_with(['.', '-', '_']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sockets(own: &[&str], distribution: Option<Gap>) -> Sockets {
        let own = own
            .iter()
            .map(|path| parts(path).into_iter().map(str::to_owned).collect());
        Sockets {
            own: own.collect(),
            distribution,
        }
    }

    #[test]
    fn a_runtime_is_known_by_the_name_of_its_socket() {
        let known = sockets(&[], None);
        for path in [
            "/var/run/docker.sock",
            "/run/containerd/containerd.sock",
            "/run/containerd/containerd.sock.ttrpc",
            "/run/containerd/debug.sock",
            "/run/k0s/containerd.sock",
            "/var/snap/microk8s/common/run/containerd.sock",
            "/run/user/1000/docker.sock",
            "/run/user/0/podman/podman.sock",
            "/run/buildkit/buildkitd.sock",
            "/home/me/.docker/desktop/docker.sock",
            "/srv/anywhere/crio.sock",
            "/var/run/docker.sock.raw",
            "/run/cri-dockerd.sock/",
            "/proc/1/root/run/docker.sock",
            "/proc/self/task/7/root/var/run/docker.sock",
            "/etc/../run//./docker.sock",
            "\\\\.\\pipe\\docker_engine",
            "\\\\.\\pipe\\containerd-containerd",
        ] {
            assert!(known.at(path).unwrap().is_some(), "{path}");
        }
    }

    #[test]
    fn a_folder_above_a_socket_is_as_good_as_the_socket() {
        let known = sockets(&["/opt/runtime/x.sock"], None);
        for (path, socket) in [
            ("/", "/opt/runtime/x.sock"),
            ("/opt", "/opt/runtime/x.sock"),
            ("/run", "/run/containerd/containerd.sock"),
            ("/var/run/", "/run/containerd/containerd.sock"),
            ("/proc/1/root", "/opt/runtime/x.sock"),
            ("/run/containerd", "/run/containerd/containerd.sock"),
            ("/var/run/k0s", "/run/k0s/containerd.sock"),
            ("/run/k3s", "/run/k3s/containerd/containerd.sock"),
            ("/run/user/1000", "/run/user/1000/docker.sock"),
            (
                "/var/snap/microk8s",
                "/var/snap/microk8s/common/run/containerd.sock",
            ),
            ("/data/run/docker", "/data/run/docker"),
            ("/opt/runtime/x.sock", "/opt/runtime/x.sock"),
        ] {
            assert_eq!(known.at(path).unwrap().as_deref(), Some(socket), "{path}");
        }
    }

    #[test]
    fn other_places_hold_none() {
        let known = sockets(&[], None);
        for path in [
            "/etc",
            "/usr/lib",
            "/var",
            "/var/lib",
            "/var/lib/docker/containers",
            "/run/xtables.lock",
            "/run/dbus/system_bus_socket",
            "/run/udev",
            "/var/lib/kubelet/plugins/driver/csi.sock",
            "/run/dockerized/app.sock",
            "/srv/docker",
            "/run/containerd/io.containerd.runtime.v2.task",
            "/run/user/1000/bus",
            "\\\\.\\pipe\\csi-proxy",
        ] {
            assert_eq!(known.at(path).unwrap(), None, "{path}");
        }
        let any = sockets(&[], Some(Gap::not_collected()));
        assert!(any.at("/var").is_err(), "it may be MicroK8s");
        assert_eq!(any.at("/var/lib").unwrap(), None);
    }
}
