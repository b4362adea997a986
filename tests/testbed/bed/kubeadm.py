"""Turns prepared nodes into a cluster with kubeadm, as an administrator would."""

import base64
import re
import shutil
from pathlib import Path

from bed import certificates, rootfs
from bed import node as nodes
from bed.console import BedError
from bed.plan import Bed, Node, Role, pods_network
from bed.releases import KUBERNETES

_API_PORT = 6443
_AUTHORITY = "etc/kubernetes/pki/ca.crt"
_AUTHORITIES = tuple(
    f"{name}.{end}" for name in ("ca", "front-proxy-ca", "etcd/ca") for end in ("crt", "key")
) + ("sa.key", "sa.pub")
_PATIENCE = 240
# The checks before the work ask the kernel and an init system for things a node of the bed has not got.
_NO_PREFLIGHT = "preflight"
_NO_DNS = "addon/coredns"


def server(bed: Bed) -> str:
    """The API server's address as the machine and the nodes use it."""
    return f"{bed.control_plane.address}:{_API_PORT}"


def _run(node: Node, phase: str, values: dict[str, str], *arguments: str) -> str:
    """Runs kubeadm with the condition's files for this phase, which become the node's /root/kubeadm."""
    home = node.root / "root/kubeadm"
    home.mkdir(mode=0o700, exist_ok=True)
    own = rootfs.FILES / node.condition / "kubeadm" / phase
    files = own if own.exists() else rootfs.FILES / "plain/kubeadm" / phase
    rootfs.copy_files(files, home, values, 0o600)
    return nodes.call(node, "kubeadm", *arguments, "--config", "/root/kubeadm/kubeadm.yaml", seconds=_PATIENCE)


def _make_certificates(node: Node, values: dict[str, str]) -> None:
    """Makes the condition's own certificates, and the authorities for them if the node has these."""
    for authority in sorted({certificate.authority for certificate in node.kind.certificates} - {""}):
        _run(node, "init", values, "init", "phase", "certs", authority)
    for certificate in node.kind.certificates:
        certificates.make(node, certificate)


def init(bed: Bed) -> dict[str, str]:
    """Makes the control plane, leaves its kubeconfigs in the bed's folder and returns what a worker needs to join."""
    node = bed.control_plane
    values = {"address": node.address, "name": node.name, "version": f"v{KUBERNETES}", "pods": pods_network()}
    _make_certificates(node, values)
    # A certificate's phase bears its name, and refuses one that has expired.
    skipped = [_NO_PREFLIGHT, *(f"certs/{Path(made.path).name}" for made in node.kind.certificates)]
    skipped += [] if bed.condition.dns else [_NO_DNS]
    said = _run(node, "init", values, "init", f"--skip-phases={','.join(skipped)}")
    for name in ("admin.conf", "super-admin.conf"):
        copy = kubeconfig(bed, name)
        copy.touch(mode=0o600)
        copy.write_bytes((node.root / "etc/kubernetes" / name).read_bytes())
    found = re.search(r"--token (\S+).*?--discovery-token-ca-cert-hash (\S+)", said, re.DOTALL)
    if not found:
        raise BedError(f"kubeadm init printed no join command but:\n{said}")
    authority = base64.b64encode((node.root / _AUTHORITY).read_bytes()).decode()
    return {"endpoint": server(bed), "token": found[1], "ca_hash": found[2], "authority": authority}


def kubeconfig(bed: Bed, name: str = "admin.conf") -> Path:
    return bed.folder / name


def wait_for_token(bed: Bed, token: str) -> None:
    """Returns when the token may be used: a join that comes earlier sleeps for seconds before it looks again."""
    signature = f"{{.data.jws-kubeconfig-{token.split('.')[0]}}}"
    command = "kubectl --kubeconfig /etc/kubernetes/admin.conf --namespace kube-public wait configmap/cluster-info"
    nodes.call(bed.control_plane, *command.split(), f"--for=jsonpath={signature}", f"--timeout={_PATIENCE}s")


def _share_authorities(first: Node, node: Node) -> None:
    """Gives a further control plane what the first one has and kubeadm would have carried over by hand."""
    for name in _AUTHORITIES:
        copy = node.root / "etc/kubernetes/pki" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(first.root / "etc/kubernetes/pki" / name, copy)


def join(bed: Bed, node: Node, values: dict[str, str]) -> None:
    """Makes a node a worker of the cluster, or a further control plane."""
    values = values | {"name": node.name, "address": node.address}
    _make_certificates(node, values)
    phase = "join"
    if node.role is Role.CONTROL_PLANE:
        _share_authorities(bed.control_plane, node)
        phase = "join-control-plane"
    _run(node, phase, values, "join", f"--skip-phases={_NO_PREFLIGHT}")
