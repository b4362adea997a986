"""Which releases the bed is made of, and how each program is built.

Pure data. A module's folder under modules/ holds the go.mod and go.sum that
pin everything below it; raising a version means changing both places.
"""

from dataclasses import dataclass

KUBERNETES = "1.36.3"
ETCD = "3.6.16"
CONTAINERD = "2.2.3"
RUNC = "1.3.4"
COREDNS = "1.14.2"

_COMPONENT_VERSION = "k8s.io/component-base/version"
_CLIENT_VERSION = "k8s.io/client-go/pkg/version"


@dataclass(frozen=True)
class Module:
    """One folder under modules/ and the programs built from it."""

    name: str
    pins: dict[str, str]
    """Go module to the release that its go.mod must ask for."""
    programs: dict[str, str]
    """Program name to Go package, one that begins with ./ lies in the module's own folder."""
    stamps: dict[str, str]
    """Go variables that carry the version."""
    tags: str = ""
    cgo: bool = False


def _kubernetes_stamps() -> dict[str, str]:
    major, minor, _ = KUBERNETES.split(".")
    values = {
        "gitVersion": f"v{KUBERNETES}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
    }
    packages = (_COMPONENT_VERSION, _CLIENT_VERSION)
    return {f"{package}.{name}": value for package in packages for name, value in values.items()}


MODULES = (
    Module(
        name="kubernetes",
        pins={"k8s.io/kubernetes": KUBERNETES},
        programs={
            name: f"k8s.io/kubernetes/cmd/{name}"
            for name in (
                "kube-apiserver",
                "kube-controller-manager",
                "kube-scheduler",
                "kube-proxy",
                "kubelet",
                "kubeadm",
                "kubectl",
            )
        },
        stamps=_kubernetes_stamps(),
    ),
    Module(
        name="etcd",
        pins={"go.etcd.io/etcd/server/v3": ETCD, "go.etcd.io/etcd/etcdctl/v3": ETCD},
        programs={
            "etcd": "go.etcd.io/etcd/server/v3",
            "etcdctl": "go.etcd.io/etcd/etcdctl/v3",
        },
        stamps={},
    ),
    Module(
        name="containerd",
        pins={"github.com/containerd/containerd/v2": CONTAINERD},
        programs={
            name: f"github.com/containerd/containerd/v2/cmd/{name}"
            for name in ("containerd", "ctr", "containerd-shim-runc-v2")
        },
        stamps={"github.com/containerd/containerd/v2/version.Version": f"v{CONTAINERD}"},
    ),
    Module(
        name="runc",
        pins={"github.com/opencontainers/runc": RUNC},
        programs={"runc": "github.com/opencontainers/runc"},
        stamps={"main.version": RUNC},
        tags="seccomp",
        cgo=True,
    ),
    Module(
        name="coredns",
        pins={"github.com/coredns/coredns": COREDNS},
        programs={"coredns": "./coredns"},
        stamps={},
    ),
)

NODE_PROGRAMS = (
    "kubelet",
    "kubeadm",
    "kubectl",
    "containerd",
    "ctr",
    "containerd-shim-runc-v2",
    "runc",
)
"""What a node has in /usr/bin; everything else runs from images."""

PAUSE_SOURCE = ("k8s.io/kubernetes", f"v{KUBERNETES}", "build/pause/linux/pause.c")
"""Module, version and file of the program that holds a pod's namespaces."""
