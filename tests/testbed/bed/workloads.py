"""What runs in the cluster, and waiting until it does."""

import time
from pathlib import Path

from bed import kubeadm, rootfs, system
from bed.cache import Entry
from bed.console import BedError, say
from bed.images import BUSYBOX_REFERENCE
from bed.plan import Bed

_PATIENCE = 120

_EVERYWHERE = (
    "wait --for=create serviceaccount/default --namespace default",
    "wait --for=create serviceaccount/default --namespace kube-system",
    "rollout status daemonset/kube-proxy --namespace kube-system",
)
_DNS = "rollout status deployment/coredns --namespace kube-system"


def kubectl(bed: Bed, entry: Entry, *arguments: str) -> str:
    """Runs kubectl on the machine as the cluster's administrator."""
    settings = ["--kubeconfig", str(kubeadm.kubeconfig(bed)), "--cache-dir", str(bed.folder / "kubectl-cache")]
    command = [str(entry.programs / "kubectl"), *settings, *arguments]
    return system.call(command, seconds=_PATIENCE + 10)


def apply(bed: Bed, entry: Entry, manifests: tuple[str, ...]) -> None:
    """Creates what manifests below files/ ask for; a bare pod is refused until its service account exists."""
    deadline = time.monotonic() + _PATIENCE
    for name in manifests:
        manifest = bed.folder / Path(name).name
        manifest.write_text(rootfs.fill(rootfs.FILES / name, {"image": BUSYBOX_REFERENCE}))
        while True:
            try:
                kubectl(bed, entry, "apply", "--filename", str(manifest))
                break
            except BedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)


def wait(bed: Bed, entry: Entry) -> None:
    """Returns when every node is ready and everything that should run does."""
    for node in (bed.control_plane, *bed.joining):
        for condition in ("create", "condition=Ready"):
            kubectl(bed, entry, "wait", f"--for={condition}", f"node/{node.name}", f"--timeout={_PATIENCE}s")
        say(f"node {node.name} is ready")
    for line in (*_EVERYWHERE, *bed.condition.ready, *([_DNS] if bed.condition.dns else [])):
        kubectl(bed, entry, *line.split(), f"--timeout={_PATIENCE}s")


def finish(bed: Bed, entry: Entry) -> None:
    """Gives the condition's last orders."""
    for line in bed.condition.last:
        kubectl(bed, entry, *line.split())


def version(bed: Bed, entry: Entry) -> str:
    """The version the API server gives."""
    return kubectl(bed, entry, "get", "--raw", "/version").split('"gitVersion": "')[1].split('"')[0]
