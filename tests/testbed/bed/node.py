"""A node seen from the machine: starting it, running things in it, filling it."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from bed import cgroups, login, network, rootfs, system
from bed.cache import Entry
from bed.console import BedError
from bed.node_init import ENVIRONMENT
from bed.plan import Bed, Node, Role, identity

_TESTBED = Path(__file__).resolve().parent.parent
_CONTAINERD_SOCKET = "run/containerd/containerd.sock"
_PATIENCE = 30.0

_SERVICES = {
    "containerd.service": [],
    # kubeadm writes these two before it would ask an init system to start the kubelet.
    "ssh.service": [],
    "kubelet.service": ["/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeadm-flags.env"],
}
"""Unit to the files that must exist before it starts."""


def _write_spec(bed: Bed, node: Node, entry: Entry) -> Path:
    sysctls = rootfs.create(bed, node, entry.image_references()["pause"])
    login.prepare(bed, node)
    spec = {
        "name": node.name,
        "root": str(node.root),
        "layer": str(entry.node_layer),
        "overlay_work": str(node.folder / "overlay"),
        "sysctls": sysctls,
        "hierarchies": [
            {
                "name": hierarchy.folder.name,
                "kind": hierarchy.kind,
                "options": hierarchy.options,
                "group": str(hierarchy.folder / node.cgroup),
            }
            for hierarchy in cgroups.hierarchies()
        ],
        "services": {
            unit: {"needs": needs, "log": str(node.logs / f"{unit.removesuffix('.service')}.log")}
            for unit, needs in _SERVICES.items()
            if node.role is not Role.GATE or unit == "ssh.service"
        },
    }
    path = node.folder / "init.json"
    path.write_text(json.dumps(spec, indent=1))
    return path


def start(bed: Bed, node: Node, entry: Entry) -> None:
    """Starts the node's init, connects it and waits until its services are under way."""
    spec = _write_spec(bed, node, entry)
    cgroups.create(node.cgroup)
    log = node.logs / "init.log"
    with log.open("wb") as errors:
        init = subprocess.Popen(
            [sys.executable, "-B", "-E", "-s", "-S", "-m", "bed.node_init", str(spec)],
            cwd=_TESTBED,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert init.stdin and init.stdout  # Both are pipes.
    with init.stdin, init.stdout:
        child = init.stdout.readline().strip()
        if child:
            node.process_file.write_text(child)
            network.connect(bed, node, int(child))
            init.stdin.write("go\n")
            init.stdin.flush()
        if init.stdout.readline().strip() != "ready":
            raise BedError(f"node {node.name} did not start:\n{log.read_text()[-2000:]}")
    init.wait()


def process_in(folder: Path, name: str) -> int:
    """The process id of the init of a bed's node, by the bed's folder."""
    try:
        found = int((folder / "nodes" / name / "pid").read_text())
        if f"{identity(folder)}-{name}" in Path(f"/proc/{found}/cgroup").read_text():
            return found
    except (FileNotFoundError, ProcessLookupError, ValueError):
        pass
    raise BedError(f"no node {name} is running in {folder}")


def process(node: Node) -> int:
    return process_in(node.folder.parent.parent, node.name)


def entering(process: int) -> list[str]:
    """The command line that runs what follows it inside the node with this init."""
    return ["nsenter", "-t", str(process), "-m", "-p", "-u", "-i", "-n", "-C", "-r", "-w"]


def clean_environment() -> list[str]:
    """Gives a command in a node the environment of a root login instead of the caller's."""
    settings = ENVIRONMENT | {"HOME": "/root", "TERM": os.environ.get("TERM", "dumb")}
    return ["env", "-i", *(f"{name}={value}" for name, value in settings.items())]


def call(node: Node, *command: str, seconds: float = 120) -> str:
    """Runs a command in the node and returns what it prints."""
    return system.call([*entering(process(node)), *clean_environment(), *command], seconds=seconds)


def wait_for_containerd(node: Node) -> None:
    path = f"/proc/{process(node)}/root/{_CONTAINERD_SOCKET}"
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                return
        except OSError:
            if time.monotonic() > deadline:
                raise BedError(f"containerd of {node.name} does not answer; see {node.logs}") from None
            time.sleep(0.05)


def import_image(node: Node, archive: Path) -> None:
    with archive.open("rb") as content:
        command = ["ctr", "--namespace", "k8s.io", "images", "import", "-"]
        system.call([*entering(process(node)), *clean_environment(), *command], stdin=content)
