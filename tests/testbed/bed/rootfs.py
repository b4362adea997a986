"""A node's root folder, as a freshly installed host has it.

/usr is the machine's, seen through an overlay whose upper layer is the root's
own usr folder: what the node adds there is visible from outside as well. The
rest is the node's own: files/node is copied, with $names filled in.
"""

import hashlib
import os
import shutil
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
"""Kernel parameters the kubelet sets though they are the whole machine's, as a fresh host has them."""


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


def _copy_files(root: Path, values: dict[str, str]) -> None:
    source = FILES / "node"
    for path in sorted(source.rglob("*")):
        target = root / path.relative_to(source)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.write_text(fill(path, values))
            target.chmod(0o644)


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
    _copy_files(node.root, _values(bed, node, pause_image))
    (node.folder / "overlay").mkdir()
    node.logs.mkdir()
    sysctls = {}
    for name, value in _SYSCTLS.items():
        if os.path.exists(f"/proc/sys/{name}"):
            file = node.folder / "sysctl" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{value}\n")
            sysctls[name] = str(file)
    return sysctls
