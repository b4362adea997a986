"""What a test bed is: its nodes, their names and addresses. Pure data.

All names on the machine (links, cgroups) derive from the bed's folder, so
that two beds never meet and a killed run can be found again.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from pathlib import Path

_PODS = IPv4Network("10.244.0.0/16")
_FIRST_HOST = 10


class Role(StrEnum):
    CONTROL_PLANE = "control-plane"
    WORKER = "worker"
    GATE = "gate"
    """No node of the cluster: a host to go through."""


@dataclass(frozen=True)
class Access:
    """Who may do what with some of a node's files once the cluster stands."""

    mode: int
    paths: tuple[str, ...]
    """Patterns below the node's root; each must match something."""
    owner: str = "root:root"
    """By the node's own /etc/passwd and /etc/group."""


@dataclass(frozen=True)
class Certificate:
    """A certificate whose dates kubeadm would not give, made before kubeadm comes, which takes it as its own."""

    path: str
    """Below the node's root, without .crt and .key."""
    subject: str
    usage: str
    """clientAuth or serverAuth; with the latter the node's name is in it."""
    begins: int
    """In days from now, as is the end."""
    ends: int
    authority: str = ""
    """The one of kubeadm's authorities that signs it; empty: itself."""


@dataclass(frozen=True)
class NodeKind:
    """One node as a condition describes it."""

    name: str
    role: Role
    certificates: tuple[Certificate, ...] = ()
    access: tuple[Access, ...] = ()
    """In the order in which it is given."""
    removed: tuple[str, ...] = ()
    """Files that go when the cluster stands."""
    busybox: bool = False
    """Whether the tools of its shell are busybox, and there is no bash."""
    behind: str = ""
    """The host from which alone its sshd is reached."""


@dataclass(frozen=True)
class Condition:
    """A state of the world to audit: which nodes there are and what runs on them.

    The files of a condition are in files/NAME: kubeadm/init, kubeadm/join and kubeadm/join-control-plane become
    /root/kubeadm of the first node, of a worker and of a further control plane (plain's where there are none), nodes/all and nodes/NODE lie over their root.
    """

    name: str
    summary: str
    nodes: tuple[NodeKind, ...]
    workloads: tuple[str, ...]
    """Manifests below files/, applied when all nodes have joined."""
    ready: tuple[str, ...]
    """kubectl command lines that return once the workloads run."""
    objects: tuple[str, ...] = ()
    """Manifests below files/, applied as soon as the API server answers."""
    last: tuple[str, ...] = ()
    """kubectl command lines run at the end."""
    dns: bool = False
    """Whether CoreDNS runs."""
    serving_certificates: bool = False
    """Whether kubelets ask for serving certificates, which somebody must approve."""


@dataclass(frozen=True)
class Node:
    """One node of one bed."""

    kind: NodeKind
    condition: str
    bed: str
    folder: Path
    address: str
    pod_subnet: str

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def role(self) -> Role:
        return self.kind.role

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def logs(self) -> Path:
        return self.folder / "log"

    @property
    def process_file(self) -> Path:
        """Holds the process id of the node's init, as the machine counts."""
        return self.folder / "pid"

    @property
    def link(self) -> str:
        """The machine's end of the node's network cable."""
        return f"{self.bed}-{self.name}"

    @property
    def cgroup(self) -> str:
        return f"{self.bed}-{self.name}"


@dataclass(frozen=True)
class Bed:
    """A condition in a folder, on a subnet."""

    folder: Path
    identity: str
    condition: Condition
    subnet: IPv4Network

    @property
    def bridge(self) -> str:
        return self.identity

    @property
    def gateway(self) -> str:
        return str(self.subnet[1])

    @property
    def nodes(self) -> tuple[Node, ...]:
        pods = list(_PODS.subnets(new_prefix=24))
        return tuple(
            Node(
                kind=kind,
                condition=self.condition.name,
                bed=self.identity,
                folder=self.folder / "nodes" / kind.name,
                address=str(self.subnet[_FIRST_HOST + index]),
                pod_subnet=str(pods[index]),
            )
            for index, kind in enumerate(self.condition.nodes)
        )

    @property
    def control_plane(self) -> Node:
        """The node that the cluster begins with."""
        return next(node for node in self.nodes if node.role is Role.CONTROL_PLANE)

    @property
    def joining(self) -> tuple[Node, ...]:
        """Every other node of the cluster."""
        return tuple(node for node in self.nodes if node.role is not Role.GATE and node != self.control_plane)


def identity(folder: Path) -> str:
    """A short name for a folder; with '-' and a node's name it fits a link's 15 characters."""
    return "sw" + hashlib.sha256(str(folder).encode()).hexdigest()[:8]


def pods_network() -> str:
    return str(_PODS)
