"""The nodes' cgroups: one folder per node in every hierarchy of the machine.

A node runs in a cgroup namespace whose root is its folder, so its kubelet
needs no special settings. The folders also tell, without doubt and without
process names, which processes belong to a node.
"""

import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from bed.console import BedError

_MOUNTS = Path("/sys/fs/cgroup")
_PATIENCE = 20.0


@dataclass(frozen=True)
class Hierarchy:
    """A mounted cgroup hierarchy and what it takes to mount it again."""

    folder: Path
    kind: str
    options: str


def hierarchies() -> list[Hierarchy]:
    """All hierarchies below /sys/fs/cgroup."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        folder = Path(before.split()[4])
        kind, _, options = after.split(" ", 2)
        if kind in ("cgroup", "cgroup2") and folder.parent == _MOUNTS:
            found.append(Hierarchy(folder, kind, _mount_options(kind, options)))
    if not any(hierarchy.kind == "cgroup" for hierarchy in found):
        raise BedError("this machine has no cgroup v1 hierarchies; the test bed knows no other way yet")
    return found


def _mount_options(kind: str, options: str) -> str:
    if kind == "cgroup2":
        return ""
    not_ours = ("rw", "ro", "xattr", "clone_children", "release_agent")
    words = [word for word in options.split(",") if word.split("=")[0] not in not_ours]
    named = any(word.startswith("name=") for word in words)
    return ",".join((["none"] if named else []) + words)


def create(name: str) -> None:
    for hierarchy in hierarchies():
        group = hierarchy.folder / name
        group.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            inherited = hierarchy.folder / setting
            if inherited.exists():
                (group / setting).write_text(inherited.read_text())


def _groups(name: str) -> list[Path]:
    """The node's folders in all hierarchies, children before parents."""
    tops = [hierarchy.folder / name for hierarchy in hierarchies()]
    return [Path(path) for top in tops for path, _, _ in os.walk(top, topdown=False)]


def _members(name: str) -> set[int]:
    members: set[int] = set()
    for group in _groups(name):
        try:
            members.update(int(pid) for pid in (group / "cgroup.procs").read_text().split())
        except OSError:
            continue  # Ended between the listing and the reading.
    return members


def _kill_members(name: str) -> set[int]:
    """Kills what is in the cgroup; a descriptor holds each process while its membership is checked."""
    members = _members(name)
    for pid in members:
        try:
            process = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if re.search(rf"/{name}(/|$)", Path(f"/proc/{pid}/cgroup").read_text(), re.MULTILINE):
                signal.pidfd_send_signal(process, signal.SIGKILL)
        except (ProcessLookupError, FileNotFoundError):
            pass
        finally:
            os.close(process)
    return members


def destroy(name: str) -> None:
    """Kills every process of a node and removes its folders."""
    deadline = time.monotonic() + _PATIENCE
    while members := _kill_members(name):
        if time.monotonic() > deadline:
            raise BedError(f"processes of cgroup {name} do not end: {sorted(members)}")
        time.sleep(0.02)
    while groups := _groups(name):
        for group in groups:
            try:
                group.rmdir()
            except OSError:
                if time.monotonic() > deadline:
                    raise BedError(f"cgroup {group} cannot be removed") from None
                time.sleep(0.02)
