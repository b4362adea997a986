"""Approves the serving certificates that kubelets ask for: by design no controller of Kubernetes does."""

import json
import time

from bed import workloads
from bed.cache import Entry
from bed.console import BedError, say
from bed.plan import Bed

_PATIENCE = 60
_SIGNER = "kubernetes.io/kubelet-serving"
_CURRENT = "var/lib/kubelet/pki/kubelet-server-current.pem"


def _pending(bed: Bed, entry: Entry) -> list[str]:
    """The open requests of the bed's own nodes."""
    users = {f"system:node:{node.name}" for node in bed.nodes}
    requests = json.loads(workloads.kubectl(bed, entry, "get", "certificatesigningrequests", "--output=json"))
    return [
        request["metadata"]["name"]
        for request in requests["items"]
        if request["spec"]["signerName"] == _SIGNER
        and request["spec"]["username"] in users
        and not request["status"].get("conditions")
    ]


def approve(bed: Bed, entry: Entry) -> None:
    """Returns when every node has its certificate."""
    deadline = time.monotonic() + _PATIENCE
    while lacking := [node.name for node in bed.nodes if not (node.root / _CURRENT).is_symlink()]:
        if time.monotonic() > deadline:
            raise BedError(f"no serving certificate came to {', '.join(lacking)}")
        if pending := _pending(bed, entry):
            workloads.kubectl(bed, entry, "certificate", "approve", *pending)
        time.sleep(0.2)
    say("the kubelets have their serving certificates")
