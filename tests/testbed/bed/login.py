"""The ways into a node by SSH: keys of the host, keys of those who may log in, and what sudo lets them do."""

import os
import subprocess
from pathlib import Path

from bed import system
from bed.plan import Bed, Node

USERS = {"root": 0, "pilot": 1000, "guest": 1001}
"""Who may log in, with the uid: `pilot` may become root by sudo, `guest` may not."""
_PRIVATE = {"etc/sudoers": 0o440, "etc/ssh/sshd_config": 0o600}


def folder(bed: Bed) -> Path:
    """Where the user's key and the list of known hosts are."""
    return bed.folder / "ssh"


def _make_key(path: Path, comment: str) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], check=True)
    return path.with_name(f"{path.name}.pub").read_text()


def make_keys(bed: Bed) -> None:
    """Makes the one key that opens all nodes."""
    folder(bed).mkdir(mode=0o700)
    _make_key(folder(bed) / "id_ed25519", "testbed")
    (folder(bed) / "known_hosts").touch(0o600)


def prepare(bed: Bed, node: Node) -> None:
    """Gives a node its own host key, and lets the bed's key in."""
    host = _make_key(node.root / "etc/ssh/ssh_host_ed25519_key", node.name)
    with (folder(bed) / "known_hosts").open("a") as known:
        known.write(f"{node.address} {' '.join(host.split()[:2])}\n")
    key = (folder(bed) / "id_ed25519.pub").read_text()
    for name, user in USERS.items():
        home = node.root / ("root" if user == 0 else f"home/{name}")
        (home / ".ssh").mkdir(mode=0o700, parents=True)
        (home / ".ssh/authorized_keys").write_text(key)
        for path in (home, home / ".ssh", home / ".ssh/authorized_keys"):
            os.chown(path, user, user)
    for name, mode in _PRIVATE.items():
        (node.root / name).chmod(mode)


def fence(bed: Bed, node: Node) -> None:
    """Lets nobody in by SSH but the host that the node is behind."""
    if not node.kind.behind:
        return
    gate = next(other for other in bed.nodes if other.name == node.kind.behind)
    rules = (
        "add table ip fence",
        "add chain ip fence input { type filter hook input priority 0 ; }",
        f"add rule ip fence input ip saddr != {gate.address} tcp dport 22 drop",
    )
    for rule in rules:
        system.call(["nsenter", "-t", node.process_file.read_text(), "-n", "nft", rule])
