"""Turns prepared nodes into a cluster with kubeadm, as an administrator would."""

import re
from pathlib import Path

from bed import node as nodes
from bed import rootfs
from bed.console import BedError
from bed.plan import Bed, Node, pods_network
from bed.releases import KUBERNETES

_API_PORT = 6443
_PATIENCE = 240
# The checks before the work ask the kernel and an init system for things a node of the bed has not got.
_NO_PREFLIGHT = "preflight"
_NO_DNS = "addon/coredns"


def server(bed: Bed) -> str:
    """The API server's address as the machine and the nodes use it."""
    return f"{bed.control_plane.address}:{_API_PORT}"


def _write_config(node: Node, template: str, values: dict[str, str]) -> str:
    content = rootfs.fill(rootfs.FILES / "kubeadm" / template, values)
    path = Path("root") / "kubeadm.yaml"
    (node.root / path).write_text(content)
    (node.root / path).chmod(0o600)
    return f"/{path}"


def init(bed: Bed) -> dict[str, str]:
    """Makes the control plane, leaves its kubeconfigs in the bed's folder and returns what a worker needs to join."""
    node = bed.control_plane
    values = {"address": node.address, "name": node.name, "version": f"v{KUBERNETES}", "pods": pods_network()}
    config = _write_config(node, "init.yaml", values)
    skipped = f"--skip-phases={_NO_PREFLIGHT},{_NO_DNS}"
    said = nodes.call(node, "kubeadm", "init", "--config", config, skipped, seconds=_PATIENCE)
    for name in ("admin.conf", "super-admin.conf"):
        copy = kubeconfig(bed, name)
        copy.touch(mode=0o600)
        copy.write_bytes((node.root / "etc/kubernetes" / name).read_bytes())
    found = re.search(r"--token (\S+).*?--discovery-token-ca-cert-hash (\S+)", said, re.DOTALL)
    if not found:
        raise BedError(f"kubeadm init printed no join command but:\n{said}")
    return {"endpoint": server(bed), "token": found[1], "ca_hash": found[2]}


def kubeconfig(bed: Bed, name: str = "admin.conf") -> Path:
    return bed.folder / name


def wait_for_token(bed: Bed, token: str) -> None:
    """Returns when the token may be used: a join that comes earlier sleeps for seconds before it looks again."""
    signature = f"{{.data.jws-kubeconfig-{token.split('.')[0]}}}"
    command = "kubectl --kubeconfig /etc/kubernetes/admin.conf --namespace kube-public wait configmap/cluster-info"
    nodes.call(bed.control_plane, *command.split(), f"--for=jsonpath={signature}", f"--timeout={_PATIENCE}s")


def join(node: Node, values: dict[str, str]) -> None:
    """Makes a node a worker of the cluster."""
    config = _write_config(node, "join.yaml", values | {"name": node.name, "address": node.address})
    nodes.call(node, "kubeadm", "join", "--config", config, f"--skip-phases={_NO_PREFLIGHT}", seconds=_PATIENCE)
