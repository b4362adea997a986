"""The wires: a bridge for the bed and a cable from it to every node.

The machine is on the bridge too, so whatever runs there reaches the nodes. A
cable's other end lies in the node's network namespace and goes with it.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network

from bed import system
from bed.console import BedError
from bed.plan import Bed, Node

_POOLS = (IPv4Network("10.213.0.0/16"), IPv4Network("172.30.0.0/16"))
_LINKS = "/sys/class/net"


@contextmanager
def subnets_locked() -> Iterator[None]:
    """Keeps two beds from choosing the same subnet; held until the bridge exists."""
    links = os.open(_LINKS, os.O_RDONLY)
    try:
        fcntl.flock(links, fcntl.LOCK_EX)
        yield
    finally:
        os.close(links)


def _taken() -> list[IPv4Network]:
    routes = json.loads(system.call(["ip", "-json", "-4", "route", "show", "table", "all"]))
    names = {route["dst"] for route in routes if route["dst"] != "default"}
    return [IPv4Network(name, strict=False) for name in names]


def free_subnet(identity: str) -> IPv4Network:
    """The first subnet that no route of the machine touches, starting where the identity points."""
    taken = _taken()
    start = int(identity.removeprefix("sw"), 16)
    for pool in _POOLS:
        candidates = list(pool.subnets(new_prefix=24))
        for offset in range(len(candidates)):
            candidate = candidates[(start + offset) % len(candidates)]
            if not any(candidate.overlaps(other) for other in taken):
                return candidate
    raise BedError(f"no free subnet in {' or '.join(map(str, _POOLS))}")


def create_bridge(bed: Bed) -> None:
    system.call(["ip", "link", "add", bed.bridge, "type", "bridge"])
    system.call(["ip", "address", "add", f"{bed.gateway}/{bed.subnet.prefixlen}", "dev", bed.bridge])
    system.call(["ip", "link", "set", bed.bridge, "up"])


def connect(bed: Bed, node: Node, process: int) -> None:
    """Lays the cable of a node whose init has the given process id, and routes to the others' pods."""
    cable = ["ip", "link", "add", node.link, "type", "veth", "peer", "name", "eth0", "netns", str(process)]
    system.call(cable)
    system.call(["ip", "link", "set", node.link, "master", bed.bridge, "up"])
    lines = [
        "link set lo up",
        f"address add {node.address}/{bed.subnet.prefixlen} dev eth0",
        "link set eth0 up",
        f"route add default via {bed.gateway}",
        *(f"route add {other.pod_subnet} via {other.address}" for other in (bed.control_plane, *bed.joining) if other != node),
    ]
    for line in lines:
        system.call(["nsenter", "-t", str(process), "-n", "ip", *line.split()])


def destroy(links: list[str]) -> None:
    """Removes those of the named links that are there; the kernel may be taking a dead node's away meanwhile."""
    for link in links:
        try:
            if os.path.exists(f"{_LINKS}/{link}"):
                system.call(["ip", "link", "delete", link])
        except BedError:
            if os.path.exists(f"{_LINKS}/{link}"):
                raise
