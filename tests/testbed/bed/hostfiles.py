"""Leaves the files of a node as its condition wants them, when kubeadm has written all of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

from bed.console import BedError
from bed.plan import Access, Node


def _number(table: Path, name: str) -> int:
    """A user's or group's number by the node's own table."""
    for line in table.read_text().splitlines():
        fields = line.split(":")
        if fields[0] == name:
            return int(fields[2])
    raise BedError(f"{table} knows no {name}")


def _matches(node: Node, pattern: str) -> Iterator[Path]:
    found = [path for path in node.root.glob(pattern) if not path.is_symlink()]
    if not found:
        raise BedError(f"node {node.name} has no {pattern}, whose mode its condition sets")
    yield from found


def _give(node: Node, access: Access) -> None:
    user, group = access.owner.split(":")
    owner = (_number(node.root / "etc/passwd", user), _number(node.root / "etc/group", group))
    for pattern in access.paths:
        for path in _matches(node, pattern):
            os.chown(path, *owner)
            path.chmod(access.mode)


def settle(node: Node) -> None:
    """Sets modes and owners, and removes what must go."""
    for access in node.kind.access:
        _give(node, access)
    for name in node.kind.removed:
        (node.root / name).unlink()
