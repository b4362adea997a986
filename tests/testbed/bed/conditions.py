"""The conditions a test can ask for."""

from bed.console import USAGE, BedError
from bed.plan import Condition, NodeKind, Role

_CONDITIONS = (
    Condition(
        name="plain",
        summary="what kubeadm gives, with a few ordinary workloads",
        nodes=(NodeKind("cp1", Role.CONTROL_PLANE), NodeKind("w1", Role.WORKER)),
        workloads=("harbour.yaml",),
    ),
)


def listing() -> str:
    return "\n".join(f"    {condition.name:10} {condition.summary}" for condition in _CONDITIONS)


def find(name: str) -> Condition:
    for condition in _CONDITIONS:
        if condition.name == name:
            return condition
    raise BedError(f"there is no condition '{name}'; there are\n{listing()}", USAGE)
