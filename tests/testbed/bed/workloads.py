"""What runs in the cluster, and waiting until it does."""

import time

from bed import kubeadm, rootfs, system
from bed.cache import Entry
from bed.console import BedError, say
from bed.images import BUSYBOX_REFERENCE
from bed.plan import Bed

_PATIENCE = 120
_NAMESPACE = "harbour"

_FINISHED = (
    f"wait --for=create serviceaccount/default --namespace {_NAMESPACE}",
    "wait --for=create serviceaccount/default --namespace default",
    "wait --for=create serviceaccount/default --namespace kube-system",
    "rollout status daemonset/kube-proxy --namespace kube-system",
    f"rollout status deployment/ferry --namespace {_NAMESPACE}",
    f"rollout status daemonset/beacon --namespace {_NAMESPACE}",
    f"wait --for=condition=Ready pod/buoy --namespace {_NAMESPACE}",
    f"wait --for=condition=Complete job/launch --namespace {_NAMESPACE}",
)


def kubectl(bed: Bed, entry: Entry, *arguments: str) -> str:
    """Runs kubectl on the machine as the cluster's administrator."""
    settings = ["--kubeconfig", str(kubeadm.kubeconfig(bed)), "--cache-dir", str(bed.folder / "kubectl-cache")]
    command = [str(entry.programs / "kubectl"), *settings, *arguments]
    return system.call(command, seconds=_PATIENCE + 10)


def apply(bed: Bed, entry: Entry) -> None:
    """Creates the condition's workloads; a bare pod is refused until its service account exists."""
    deadline = time.monotonic() + _PATIENCE
    for name in bed.condition.workloads:
        manifest = bed.folder / name
        manifest.write_text(rootfs.fill(rootfs.FILES / "workloads" / name, {"image": BUSYBOX_REFERENCE}))
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
    for node in bed.nodes:
        for condition in ("create", "condition=Ready"):
            kubectl(bed, entry, "wait", f"--for={condition}", f"node/{node.name}", f"--timeout={_PATIENCE}s")
        say(f"node {node.name} is ready")
    for line in _FINISHED:
        kubectl(bed, entry, *line.split(), f"--timeout={_PATIENCE}s")


def version(bed: Bed, entry: Entry) -> str:
    """The version the API server gives."""
    return kubectl(bed, entry, "get", "--raw", "/version").split('"gitVersion": "')[1].split('"')[0]
