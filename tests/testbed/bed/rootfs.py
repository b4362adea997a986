"""A node's root folder, as a freshly installed host has it.

/usr is the machine's, seen through an overlay whose upper layer is the root's
own usr folder: what the node adds there is visible from outside as well. The
rest is the node's own: files/node is copied, with $names filled in, and over it
what the bed's condition has for all nodes and for this one.
"""

import hashlib
import os
import shutil
import stat
from pathlib import Path
from string import Template

from bed.plan import Bed, Node

FILES = Path(__file__).resolve().parent.parent / "files"

_FOLDERS = {
    "dev": 0o755,
    "etc/kubernetes/manifests": 0o755,
    "etc/ssl/certs": 0o755,
    "home": 0o755,
    "mnt": 0o755,
    "opt": 0o755,
    "proc": 0o755,
    "root": 0o700,
    "run": 0o755,
    "sys": 0o755,
    "tmp": 0o1777,
    "usr": 0o755,
    "var/lib/kubelet": 0o755,
    "var/log": 0o755,
    "var/tmp": 0o1777,
}
_LINKS = {
    "bin": "usr/bin",
    "sbin": "usr/sbin",
    "lib": "usr/lib",
    "lib64": "usr/lib64",
    "var/run": "/run",
    "etc/mtab": "../proc/self/mounts",
    "etc/os-release": "../usr/lib/os-release",
}
_SYSCTLS = {
    "kernel/keys/root_maxbytes": "20000",
    "kernel/keys/root_maxkeys": "200",
    "kernel/panic": "0",
    "kernel/panic_on_oops": "0",
    "vm/overcommit_memory": "0",
    "vm/panic_on_oom": "0",
}
"""Kernel parameters the kubelet sets though they are the whole machine's, as a fresh host has them.

What the node's /etc/sysctl.d says comes on top.
"""


_TOOLS = ("awk", "cat", "dd", "grep", "head", "id", "od", "ps", "readlink", "sed", "stat", "tr")


def _values(bed: Bed, node: Node, pause_image: str) -> dict[str, str]:
    return {
        "name": node.name,
        "hosts": "\n".join(f"{other.address}\t{other.name}" for other in bed.nodes),
        "machine_id": hashlib.md5(f"{bed.identity} {node.name}".encode()).hexdigest(),
        "pod_subnet": node.pod_subnet,
        "pause_image": pause_image,
    }


def fill(template: Path, values: dict[str, str]) -> str:
    """A file of the test bed with the given $names filled in, others left alone."""
    return Template(template.read_text()).safe_substitute(values)


def copy_files(source: Path, target: Path, values: dict[str, str], mode: int = 0o644) -> None:
    """Copies a folder of the test bed over another, with the given $names filled in."""
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_dir():
            copy.mkdir(exist_ok=True)
        else:
            copy.touch(mode)
            copy.write_text(fill(path, values))
            copy.chmod(mode)


def _sysctls(root: Path) -> dict[str, str]:
    """The node's own kernel parameters with the values it boots with."""
    values = dict(_SYSCTLS)
    for file in sorted(root.glob("etc/sysctl.d/*.conf")):
        for line in file.read_text().splitlines():
            name, separator, value = line.partition("=")
            if separator and (path := name.strip().replace(".", "/")) in values:
                values[path] = value.strip()
    return {name: value for name, value in values.items() if os.path.exists(f"/proc/sys/{name}")}


def _use_busybox(programs: Path) -> None:
    """Puts busybox in the place of the tools that scripts use, and takes bash away."""
    programs.mkdir(exist_ok=True)
    for name in _TOOLS:
        (programs / name).symlink_to("busybox")
    # A whiteout: what the layer below has under this name is gone.
    os.mknod(programs / "bash", stat.S_IFCHR, os.makedev(0, 0))


def create(bed: Bed, node: Node, pause_image: str) -> dict[str, str]:
    """Makes the folder and returns the node's own kernel parameters: name to the file that backs it."""
    for name, mode in _FOLDERS.items():
        folder = node.root / name
        folder.mkdir(parents=True)
        folder.chmod(mode)
    for name, target in _LINKS.items():
        (node.root / name).symlink_to(target)
    # Programs of the machine's /usr are reached through these links (awk, for one).
    shutil.copytree("/etc/alternatives", node.root / "etc/alternatives", symlinks=True)
    values = _values(bed, node, pause_image)
    for source in (FILES / "node", *(FILES / node.condition / "nodes" / name for name in ("all", node.name))):
        copy_files(source, node.root, values)
    if node.kind.busybox:
        _use_busybox(node.root / "usr/bin")
    (node.folder / "overlay").mkdir()
    node.logs.mkdir()
    sysctls = {}
    for name, value in _sysctls(node.root).items():
        file = node.folder / "sysctl" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{value}\n")
        sysctls[name] = str(file)
    return sysctls
